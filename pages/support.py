"""A customer has a question; the answer comes from the documents with its sources, or a person is asked.

State: `support_hidden`, the uses that a new conversation leaves behind.
"""

import streamlit as st

from core.errors import HearbackError
from core.limits import QUESTION_CHARACTERS
from core.types import Task, Turn
from pages.parts import documents, examples, press, reply, running
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

st.title("Support", anchor=False)
st.markdown("Ask the documents. Every answer comes with its source, or not at all.")

try:
    knowledge_id = documents.chosen()
    view = running.attached(Task.SUPPORT)
    is_running = view is not None and not view.is_over
    hidden = st.session_state.setdefault("support_hidden", [])
    turns = [use for use in reversed(reply.earlier(Task.SUPPORT)) if use.interaction_id not in hidden]

    if not turns and not is_running:
        st.caption("Try one of these, or type your own question below.")
        examples.offer(Task.SUPPORT)
    for use in turns:
        st.chat_message("user", avatar=":material/person:").markdown(plain(use.input_text))
        with st.chat_message("assistant", avatar=reply.mark()):
            reply.draw(use)
    if view is not None and is_running:
        st.chat_message("user", avatar=":material/person:").markdown(plain(view.input_text))
        with st.chat_message("assistant", avatar=reply.mark()):
            running.watch(view.job_id)
    elif turns and st.button("New conversation", key="support_new", type="tertiary", icon=":material/add_comment:"):
        st.session_state["support_hidden"] = hidden + [use.interaction_id for use in turns]
        st.rerun()

    visitor = visitor_id()
    history = [turn for use in turns for turn in (Turn("user", use.input_text), Turn("assistant", use.text))]
    typed = press.chat_input(
        "Your question", key="support_question", max_chars=QUESTION_CHARACTERS, disabled=is_running
    )
    if question := typed or examples.taken(Task.SUPPORT):
        try:
            running.attach(Task.SUPPORT, lambda: desk().ask(visitor, question, history, knowledge_id))
        except HearbackError:
            st.chat_message("user", avatar=":material/person:").markdown(plain(question))  # it stays to be copied
            raise
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
