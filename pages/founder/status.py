"""A founder wants to know whether everything works, and if not, what is wrong and what to do.

State: none.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import member, status
from pages.parts.plain import plain

who = member.required()
st.title("Status", anchor=False)

try:
    status.draw(who)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
