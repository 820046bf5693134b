"""A founder keeps the handbook: what it does not answer yet, what it says, what rests on it, and how it was before.

State: knowledge_tab, the open tab; knowledge_seen, the state of the drafts that was last shown here.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import (
    knowledge_documents,
    knowledge_gaps,
    knowledge_passages,
    knowledge_revisions,
    knowledge_work,
    member,
    scope,
)
from pages.parts.plain import plain
from pages.parts.wiring import office

TABS = ("Gaps", "Documents", "Passages", "Revisions")

who = member.required()
st.title("Knowledge", anchor=False)

try:
    head = st.container()
    chosen = scope.bar(who, with_task=False, with_weights=False)
    with st.spinner("Reading the handbook and what it was asked", show_time=True):
        manuscript = office().knowledge.manuscript(who)
        gaps = office().knowledge.gaps.look(who, chosen)
    head.markdown(knowledge_gaps.headline(gaps))
    seen = st.session_state.get("knowledge_seen", manuscript.token)
    knowledge_work.draw(who)
    tab = st.segmented_control(
        "Knowledge", TABS, default="Gaps", required=True, key="knowledge_tab", label_visibility="collapsed"
    )
    if tab == "Documents":
        knowledge_documents.draw(who, chosen, manuscript, seen)
    elif tab == "Passages":
        knowledge_passages.draw(who, chosen)
    elif tab == "Revisions":
        knowledge_revisions.draw(who, manuscript)
    else:
        knowledge_gaps.draw(who, chosen, gaps, manuscript, seen)
    st.session_state["knowledge_seen"] = manuscript.token
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
