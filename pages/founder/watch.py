"""A founder wants to know whether what people say gets worse, since when, and what it is about.

State: `watch_monitor`, the id of the monitor that is open; what its parts own is said there.
"""

import streamlit as st

from core.errors import HearbackError, NotYours
from pages.parts import member, watch_list, watch_monitor
from pages.parts.plain import plain

who = member.required()
st.title("Sentiment watch", anchor=False)
st.markdown("Texts that keep coming in: how many are negative, since when, and what they are about.")

try:
    monitor_id = st.session_state.get("watch_monitor", "")
    if monitor_id:
        watch_monitor.draw(who, monitor_id)
    else:
        watch_list.draw(who)
except NotYours:
    st.session_state["watch_monitor"] = ""
    st.rerun()
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
