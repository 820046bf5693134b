"""A visitor wants to see what they said of the answers, what became of it, and to change what they allow.

State: none of its own.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import feedback_list, own_data, survey_line, visitor
from pages.parts.plain import plain
from pages.parts.wiring import desk

st.title("Your feedback", anchor=False)
st.markdown("What you rated and corrected, and what became of it.")

try:
    items = desk().feedback(visitor.visitor_id())
    left, right = st.columns([2, 1], gap="large")
    with left:
        if items:
            feedback_list.draw(items)
        else:
            feedback_list.draw_empty()
    with right:
        with st.container(border=True):
            st.subheader("What you allow", anchor=False)
            visitor.choices(desk().welcome(visitor.visitor_id()))
            survey_line.note()
        with st.container(border=True):
            own_data.draw()
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
