"""A founder looks after the company's side: who may enter, where they are logged in, and what was done.

State: settings_tab, the open tab.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import member, sample_data, settings_audit, settings_members, settings_sessions, settings_survey
from pages.parts.plain import plain
from pages.parts.wiring import office

TABS = {
    "Members": settings_members.draw,
    "Sessions": settings_sessions.draw,
    "Audit log": settings_audit.draw,
    "Survey": settings_survey.draw,
    "Sample data": sample_data.control,
}

who = member.required()
st.title("Settings", anchor=False)
st.markdown(settings_members.headline(who))
chosen = st.segmented_control(
    "Settings", TABS, default="Members", required=True, key="settings_tab", label_visibility="collapsed"
)
try:
    TABS[chosen or "Members"](who)
    st.caption(" ".join(office().usage.kept(who)))
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
