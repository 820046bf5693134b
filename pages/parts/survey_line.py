"""The quiet line that asks for the survey, after an answer and never in the middle of anything.

Owns the session keys `survey_is_over` (asked no more in this session) and `survey_is_shown`.
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core.errors import HearbackError
from core.types import Task
from pages.parts import member, press
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

ASK = "You have used Hearback a few times. Two minutes to tell us how it does?"
PAGE = "survey.py"


def draw(page: str) -> None:
    """Ask below a page of use, where a visitor may be asked, nothing runs and nothing is being edited.

    It is never the reason for a page to fail.
    """
    if page not in list(Task) or st.session_state.get("survey_is_over") or _is_editing():
        return
    if member.known() is not None:  # what the company's own people say is no market
        return
    with suppress(HearbackError):
        _draw(visitor_id())


def note() -> None:
    """Say under Your feedback that there are answers to the survey, and lead to them."""
    state = desk().survey_state(visitor_id())
    if state.answered_at is not None:
        st.caption(f"You answered our survey on {state.answered_at:%d %B %Y}.")
        st.page_link(PAGE, label="See, change or take back my answers", icon=":material/ballot:")


def _draw(visitor: str) -> None:
    if not desk().survey_state(visitor).is_asked:
        return
    if not st.session_state.get("survey_is_shown"):
        desk().show_survey(visitor)
        st.session_state["survey_is_shown"] = True
    with st.container(key="survey_line", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(ASK)
        if press.button("Answer", key="survey_go", type="primary"):
            st.switch_page(PAGE)
        if press.button("Later", key="survey_later"):
            desk().snooze_survey(visitor)
            st.toast("We will ask again another day.", icon=":material/schedule:")
            st.rerun()
        if press.button("No, thanks", key="survey_decline", type="tertiary"):
            with press.undisturbed():
                desk().decline_survey(visitor)
                st.session_state["survey_is_over"] = True
            st.toast("You will not be asked again.", icon=":material/check:")
            st.rerun()


def _is_editing() -> bool:
    return any(str(key).startswith("rating_edit_") and value is True for key, value in st.session_state.items())
