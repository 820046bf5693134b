"""Somebody wants to know how people feel: about one text with its reasons, or about a table with its course over time.

State: `sentiment_mode` and `sentiment_text`, widgets that survive a page switch.
"""

from functools import partial

import streamlit as st

from core.errors import HearbackError
from core.limits import SENTIMENT_CHARACTERS
from core.types import Task
from pages.parts import examples, press, reply, running, table_intake
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

MODES = ("One text", "A table")

st.title("Sentiment", anchor=False)
st.markdown("See how a text feels and which words say so, or read a whole table at once.")

try:
    visitor = visitor_id()
    mode = st.segmented_control(
        "What to read", MODES, default=MODES[0], key="sentiment_mode", required=True, persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    is_table = mode == MODES[1]
    left, right = (st.container(), st.container()) if is_table else st.columns(2, gap="large")
    with left:
        if is_table:
            if table := table_intake.take():
                running.attach(Task.SENTIMENT, partial(desk().read_table, visitor, *table))
        else:
            text = st.text_area(
                "Text to read", key="sentiment_text", height=160, max_chars=SENTIMENT_CHARACTERS,
                persist_state="session", label_visibility="collapsed", placeholder="A review, a message, a comment",
            )  # fmt: skip
            button = st.container()
            examples.offer(Task.SENTIMENT)
            with button:
                is_asked = press.button("Read it", key="sentiment_start", type="primary")
            if is_asked or examples.taken(Task.SENTIMENT):
                running.attach(Task.SENTIMENT, partial(desk().read_sentiment, visitor, text or ""))
    with right:
        view = running.attached(Task.SENTIMENT)
        reply.draw_view(view, "The reading will be here: the label, how sure it is, and the words that moved it.")
    reply.draw_earlier(Task.SENTIMENT, without=view.interaction_id if view else "")
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
