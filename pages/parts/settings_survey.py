"""Whom the survey asks, for founders to set. Owns the session keys that begin with `settings_survey_`."""

from __future__ import annotations

import streamlit as st

from core.limits import SURVEY_DAYS, SURVEY_SNOOZE_DAYS, SURVEY_USES
from core.types import Member, SurveyRule
from pages.parts.wiring import office


def draw(who: Member) -> None:
    """Draw the rule of the survey as a form, and save it; raises HearbackError."""
    rule = office().market.rule(who)
    st.markdown(
        "The survey asks each visitor once, in a quiet line after an answer, and never while something runs or is "
        "being edited. The company's own people, those who are logged in, are not asked."
    )
    with st.form("settings_survey", border=False):
        is_open = st.toggle("Ask visitors", value=rule.is_open, key="settings_survey_is_open")
        with st.container(horizontal=True):
            uses = _number("Uses before asking", rule.uses, SURVEY_USES, "settings_survey_uses")
            days = _number("Days from first use to asking", rule.days, SURVEY_DAYS, "settings_survey_days")
            snooze = _number("Days that Later holds", rule.snooze_days, SURVEY_SNOOZE_DAYS, "settings_survey_snooze")
        if st.form_submit_button("Save", type="primary"):
            office().market.set_rule(who, SurveyRule(is_open, uses, days, snooze))
            st.toast("Saved. It holds from now on.", icon=":material/check:")
            st.rerun()
    st.page_link("survey.py", label="See what visitors see", icon=":material/visibility:")


def _number(label: str, value: int, limits: tuple[int, int], key: str) -> int:
    low, high = limits
    return int(st.number_input(f"{label} ({low} to {high})", low, high, value, key=key, width=240) or low)
