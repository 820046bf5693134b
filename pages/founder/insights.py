"""A founder wants to know who uses what and comes back, and how good it is.

State: none of its own; the scope is that of `pages.parts.scope`.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import member, scope
from pages.parts.plain import plain
from pages.parts.wiring import office

who = member.required()
st.title("Insights", anchor=False)

try:
    chosen = scope.bar(who)
    uses, visitors, repeat = office().usage.repeat_use(who, chosen)
    with st.container(horizontal=True):
        st.metric("Visitors", f"{visitors:,}", border=True)
        st.metric("Uses", f"{uses:,}", border=True)
        st.metric("Came back on another day", str(repeat), border=True)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
