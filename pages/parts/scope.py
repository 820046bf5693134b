"""The row above every founder's figures: which period, task, segment and weights, and whose data.

Owns the session keys that begin with `scope_`; what is chosen on one page holds on the next.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial

import streamlit as st

from core.types import Member, Scope, Task
from pages.parts import sample_data
from pages.parts.wiring import office

DAYS, MONTH, QUARTER, ALL, OWN = "7 days", "4 weeks", "12 weeks", "All", "Own dates"
PERIODS = (DAYS, MONTH, QUARTER, ALL, OWN)
REAL, SAMPLE = "Your data", "Sample data"


def bar(who: Member, *, with_task: bool = True, with_segment: bool = True, with_weights: bool = True) -> Scope:
    """Draw the row and return what is chosen in it; raises HearbackError.

    Periods in weeks begin on a Monday. Those of the sample company end with its history, whenever it is looked at.
    """
    stock = office().usage.stock(who)
    with st.container(key="scope_bar", horizontal=True, vertical_alignment="center", gap="small"):
        is_sample = whose(stock.has_sample, is_real_first=stock.is_enough)
        choices = office().usage.choices(who, is_sample)
        today = datetime.now(UTC).date()
        since, until = _period(choices.last_on or today if is_sample else today)
    with st.container(key="scope_fields", horizontal=True, vertical_alignment="center", gap="small"):
        task = _one("All tasks", tuple(Task), "task", 150) if with_task else None
        segment = _one("All segments", choices.segments, "segment", 220) if with_segment else None
        weights = _one("All weights", choices.weights_ids, "weights", 200) if with_weights else None
    if is_sample:
        sample_data.mark()
    return Scope(since, until, Task(task) if task else None, segment or "", weights or "", is_sample)


def whose(has_sample: bool, *, is_real_first: bool) -> bool:
    """Draw the switch between real and sample data, where there is any, and return whether it stands on sample."""
    if not has_sample:
        return False
    # Once somebody has chosen, their choice holds; until then it follows from how much real use there is.
    chosen = st.segmented_control(
        "Whose data",
        (REAL, SAMPLE),
        default=REAL if is_real_first else SAMPLE,
        required=True,
        key="scope_data",
        persist_state="session",
        label_visibility="collapsed",
    )
    return chosen == SAMPLE


def _period(today: date) -> tuple[date | None, date | None]:
    chosen = st.segmented_control(
        "Period",
        PERIODS,
        default=MONTH,
        required=True,
        key="scope_period",
        persist_state="session",
        label_visibility="collapsed",
    )
    monday = today - timedelta(days=today.weekday())
    if chosen == OWN:
        own = st.date_input(
            "From and until",
            (monday - timedelta(weeks=3), today),
            max_value=max(today, datetime.now(UTC).date()),
            format="YYYY-MM-DD",
            key="scope_dates",
            persist_state="session",
            label_visibility="collapsed",
            width=230,
        )
        # While the second date is being picked there is only the first.
        return (own[0], own[-1]) if own else (None, None)
    since = {
        DAYS: today - timedelta(days=6),
        MONTH: monday - timedelta(weeks=3),
        QUARTER: monday - timedelta(weeks=11),
    }
    return since.get(chosen), today if chosen in since else None


def _one(everything: str, options: tuple[str, ...], name: str, width: int) -> str | None:
    """Draw a field with a choice for everything, and return what it is narrowed to; one that has gone is dropped."""
    key = f"scope_{name}"
    if st.session_state.get(key) not in (None, "", *options):
        del st.session_state[key]
    return st.selectbox(
        everything,
        ("", *options),
        format_func=partial(_label, everything),
        key=key,
        persist_state="session",
        label_visibility="collapsed",
        width=width,
    )


def _label(everything: str, option: str) -> str:
    return str(option) if option else everything
