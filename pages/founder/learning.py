"""A founder wants the answers to get better from what visitors corrected, and to be sure that they did.

State: `learning_section`, which part is open; what the parts own is said there.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import (
    learning_compare,
    learning_datasets,
    learning_live,
    learning_memory,
    learning_runs,
    member,
)
from pages.parts.plain import plain

SECTIONS = {
    "Live": learning_live.draw,
    "Memory": learning_memory.draw,
    "Datasets": learning_datasets.draw,
    "Training": learning_runs.draw,
    "Compare": learning_compare.draw,
}

who = member.required()
st.title("Learning", anchor=False)
st.markdown("From corrections to better answers: remembered at once, trained on this machine, live only if better.")

try:
    # Not as the default: parts lead from one to another by this key, and Streamlit wants one or the other.
    st.session_state.setdefault("learning_section", "Live")
    section = st.segmented_control(
        "Section", SECTIONS, key="learning_section", required=True, label_visibility="collapsed"
    )
    SECTIONS[section or "Live"](who)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
