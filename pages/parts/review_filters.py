"""Which part of the review queue is looked at. Owns the session keys `review_state`, `review_reason`, `review_task`."""

from __future__ import annotations

import streamlit as st

from core.types import Member, Scope, Task
from pages.parts import sample_data, scope
from pages.parts.wiring import office

STATES = {
    "waiting": "Waiting",
    "held": "Held by a check",
    "skipped": "Skipped by me",
    "approved": "Approved",
    "rejected": "Not taken",
    "second": "Second opinion",
}
REASONS = {
    "": "Any reason",
    "repeated": "Said by several visitors",
    "disputed": "Disputed",
    "many": "Said by three or more",
    "new": "New this week",
    "uncorrected": "Rated not good, no correction",
}


def bar(who: Member) -> tuple[Scope, str, str]:
    """Draw the row of filters and return the scope, the state and the reason that are chosen."""
    with st.container(key="review_filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        has_real, has_sample = office().review.has(who)
        is_sample = scope.whose(has_sample, is_real_first=has_real)
        state = st.selectbox(
            "State",
            tuple(STATES),
            format_func=_state,
            key="review_state",
            persist_state="session",
            label_visibility="collapsed",
            width=180,
        )
        task = st.selectbox(
            "Task",
            ("", *Task),
            format_func=_task,
            key="review_task",
            persist_state="session",
            label_visibility="collapsed",
            width=150,
        )
        reason = st.selectbox(
            "Reason",
            tuple(REASONS),
            format_func=_reason,
            key="review_reason",
            persist_state="session",
            label_visibility="collapsed",
            width=250,
        )
    if is_sample:
        sample_data.mark()
    return Scope(task=Task(task) if task else None, is_sample=is_sample), state, reason


# Functions of the module, since a session keeps them with the choice.
def _state(state: str) -> str:
    return STATES[state]


def _task(task: str) -> str:
    return task.capitalize() or "All tasks"


def _reason(reason: str) -> str:
    return REASONS[reason]
