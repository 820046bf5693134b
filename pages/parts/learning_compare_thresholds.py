"""What the gate asks for, each threshold with its reason, and the form that changes it with a reason of one's own."""

from __future__ import annotations

import streamlit as st

from core.types import Member
from pages.parts.plain import plain
from pages.parts.wiring import office

LEAST_REASON, MOST_REASON = 10, 500


def draw(who: Member) -> None:
    """Draw the thresholds; raises HearbackError."""
    with st.expander("What the gate asks for", icon=":material/tune:"):
        found = office().comparison.thresholds(who)
        with st.form("compare_thresholds", border=False):
            values: dict[str, float] = {}
            for name, (value, bounds) in found.items():
                is_whole = isinstance(value, int)
                kind = int if is_whole else float
                step = 1 if is_whole else 0.005 if bounds.high < 1 else 0.05
                values[name] = st.number_input(
                    bounds.label,
                    kind(bounds.low),
                    kind(bounds.high),
                    kind(value),
                    kind(step),
                    key=f"compare_threshold_{name}",
                    format="%d" if is_whole else "%.3f",
                )
                st.caption(plain(bounds.reason))
            reason = st.text_input("Why do you change them?", max_chars=MOST_REASON, key="compare_threshold_reason")
            is_sent = st.form_submit_button("Save", icon=":material/save:")
        if not is_sent:
            return
        changed = {name: value for name, value in values.items() if value != found[name][0]}
        if not changed:
            st.info("Nothing was changed.", icon=":material/info:")
        elif len(reason.strip()) < LEAST_REASON:
            st.info(f"Write at least {LEAST_REASON} characters of reason first.", icon=":material/info:")
        else:
            office().comparison.set_thresholds(who, changed, reason)
            st.toast("Saved; what was compared is judged by it now.", icon=":material/check:")
            st.rerun()
