"""Somebody has more text than time: the sentences that matter, each with its place in the text.

State: `summarize_text`, `summarize_length`, `summarize_form`, all widgets that survive a page switch.
"""

from functools import partial

import streamlit as st

from core.errors import HearbackError
from core.limits import SUMMARY_CHARACTERS
from core.types import Task
from pages.parts import examples, intake, press, reply, running
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

LENGTHS = {"sentence": "One sentence", "short": "Short", "long": "Long"}
FORMS = {"text": "Text", "points": "Points"}

st.title("Summarize", anchor=False)
st.markdown("Get the sentences that matter, each with its place in the text.")

left, right = st.columns(2, gap="large")
try:
    visitor = visitor_id()
    with left:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            length = st.segmented_control(
                "Length", LENGTHS, format_func=LENGTHS.__getitem__, default="short", required=True,
                key="summarize_length", persist_state="session",
            )  # fmt: skip
            form = st.segmented_control(
                "As", FORMS, format_func=FORMS.__getitem__, default="text", required=True,
                key="summarize_form", persist_state="session",
            )  # fmt: skip
            intake.from_file(Task.SUMMARIZE)
        text = st.text_area(
            "Text to summarize", key="summarize_text", height=260, max_chars=SUMMARY_CHARACTERS,
            persist_state="session", label_visibility="collapsed",
            placeholder="Paste an article, minutes, or a conversation with a name and a colon before each line",
        )  # fmt: skip
        button = st.container()
        examples.offer(Task.SUMMARIZE)
    with button:
        is_asked = press.button("Summarize", key="summarize_start", type="primary")
    if is_asked or examples.taken(Task.SUMMARIZE):
        start = partial(desk().summarize, visitor, text or "", length or "short", form or "text")
        running.attach(Task.SUMMARIZE, start)

    with right:
        view = running.attached(Task.SUMMARIZE)
        reply.draw_view(view, "The summary will be here. Every sentence shows where in your text it stands.")
    reply.draw_earlier(Task.SUMMARIZE, without=view.interaction_id if view else "")
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
