"""A visitor who has used the four uses says what they are worth to them, and can take that back.

State: none of its own.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import member, survey_form
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

st.title("Two minutes for us", anchor=False)

try:
    survey_form.draw(desk().survey_state(visitor_id()), is_preview=member.known() is not None)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
