"""Which documents answer: the demo company's handbook, or the visitor's own. Owns the keys `documents_*`."""

from __future__ import annotations

import streamlit as st

from core.types import Knowledge
from pages.parts.plain import plain, plain_line
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

KINDS = ("md", "txt", "pdf", "docx", "csv")


def chosen() -> str:
    """Draw where answers come from, with the way to bring own documents; return their id, "" for the handbook."""
    own = st.session_state.get("documents_own")
    with st.container(horizontal=True, vertical_alignment="center", key="documents_row"):
        if own:
            st.markdown(f":blue-badge[:material/folder_open: Your documents] :small[{own['sentence']}]")
            if st.button("Back to the handbook", key="documents_back", type="tertiary", icon=":material/undo:"):
                st.session_state["documents_own"] = None
                st.rerun()
        else:
            book = desk().handbook()
            st.markdown(
                f":blue-badge[:material/menu_book: Demo handbook] "
                f":small[:gray[{len(book.documents)} documents of a made-up company]]"
            )
        with st.popover("Use my own documents", icon=":material/upload_file:", type="tertiary"):
            _bring()
    for problem in own["problems"] if own else ():
        st.warning(plain(problem), icon=":material/warning:")
    return str(own["knowledge_id"]) if own else ""


def _bring() -> None:
    st.caption("Held in memory for this visit only, and searched by nobody but you.")
    with st.form("documents_form", border=False, clear_on_submit=True):
        files = st.file_uploader(
            f"{', '.join(KINDS).upper()}, up to 10 MB each", type=KINDS, accept_multiple_files=True
        )
        is_sent = st.form_submit_button("Ask these documents", type="primary")
    if is_sent and files:
        knowledge = desk().bring_documents(visitor_id(), [(file.name, file.getvalue()) for file in files])
        if knowledge.knowledge_id:
            st.session_state["documents_own"] = _remembered(knowledge)
            st.rerun()
        for problem in knowledge.problems:
            st.warning(plain(problem), icon=":material/warning:")


def _remembered(knowledge: Knowledge) -> dict[str, object]:
    names = ", ".join(plain_line(name, 40) for name in knowledge.documents[:3])
    more = f" and {len(knowledge.documents) - 3} more" if len(knowledge.documents) > 3 else ""
    return {
        "knowledge_id": knowledge.knowledge_id,
        "sentence": f"{names}{more}: {knowledge.passages:,} passages",
        "problems": list(knowledge.problems),
    }
