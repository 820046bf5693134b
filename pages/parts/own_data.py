"""What is kept of a visitor: to take along, or to be forgotten. Owns the session keys that begin with `own_data_`."""

from __future__ import annotations

import json

import streamlit as st

from core.errors import HearbackError
from pages.parts import press
from pages.parts.plain import plain
from pages.parts.visitor import begin_anew, visitor_id
from pages.parts.wiring import desk

WHAT_HAPPENS = (
    "**Deleted at once:** your texts and answers, ratings, corrections and their receipts, answers to the survey, "
    "requests for a person, and what you allowed.",
    "**What learned from you:** your corrections are used no more. Versions that already learned from them are marked, "
    "so that the company trains them again without you.",
    "**Not deleted:** counts without your name on them, and answers that other people were already given, even where "
    "those used your words.",
)


def draw() -> None:
    """Draw both ways, the harmless one first."""
    st.subheader("What we keep of you", anchor=False)
    visitor = visitor_id()
    st.download_button(
        "Download my data",
        lambda: json.dumps(desk().my_data(visitor), ensure_ascii=False, indent=2).encode(),
        file_name="my_hearback_data.json",
        mime="application/json",
        key="own_data_download",
        icon=":material/download:",
        on_click="ignore",
    )
    # A popover of a key of its own, so that it is closed for the fresh visit.
    key = f"own_data_forget_{visitor[-6:]}"
    with st.popover("Forget me", key=key, icon=":material/delete_forever:", type="tertiary"):
        _confirm()
    if st.session_state.pop("own_data_is_forgotten", False):
        st.toast("You are forgotten. This is a fresh visit.", icon=":material/check:")


def _confirm() -> None:
    """Say what goes and what cannot go, and forget."""
    for line in WHAT_HAPPENS:
        st.markdown(line)
    st.markdown("Nobody can undo this. Links to your receipts will only say that it is gone.")
    if press.button("Forget me for good", key="own_data_sure", type="primary", icon=":material/delete_forever:"):
        try:
            with press.undisturbed():
                desk().forget_me(visitor_id())
                begin_anew()
                st.session_state["own_data_is_forgotten"] = True
        except HearbackError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.rerun()
