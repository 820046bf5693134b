"""What is remembered of corrections, and the glossary. Owns the session keys that begin with `memory_`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from core.types import Member
from pages.parts import charts, charts_memory, learning_memory_entries, learning_memory_glossary
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.store.memory_effect import Effect

PARTS = {"Corrections": learning_memory_entries.draw, "Glossary": learning_memory_glossary.draw}


def draw(who: Member) -> None:
    """Draw the section; raises HearbackError."""
    counts: dict[str, int] = {}
    for tally in office().memory.counts(who):
        counts[tally.state] = counts.get(tally.state, 0) + tally.count
    if counts:
        st.markdown(lead(counts))
        st.markdown(used(office().memory.effect(who)))
        _draw_course(who)
    else:
        _draw_empty()
    part = st.segmented_control(
        "Part", PARTS, key="memory_part", default="Corrections", required=True, label_visibility="collapsed"
    )
    PARTS[part or "Corrections"](who)


def lead(counts: Mapping[str, int]) -> str:
    """Return the sentence that matters: how much is remembered, and for whom it works."""
    total = sum(counts.values())
    for_whom = (
        ("shared", "{:,} for everybody"),
        ("own", "{:,} for their authors alone"),
        ("retired", "{:,} retired, because what serves knows them without"),
        ("off", "{:,} turned off"),
    )
    told = [words.format(counts[state]) for state, words in for_whom if counts.get(state)]
    return f"**{total:,} {'correction is' if total == 1 else 'corrections are'} remembered:** {', '.join(told)}."


def used(effect: Effect) -> str:
    """Return what the memory did in the last four weeks, and how often an error came again in spite of it."""
    if not effect.answers:
        return "None of them was used in the last four weeks yet."
    answers = "one answer" if effect.answers == 1 else f"{effect.answers:,} answers"
    visitors = "one visitor" if effect.visitors == 1 else f"{effect.visitors:,} visitors"
    return (
        f"In the last four weeks they were used in {answers} to {visitors}. "
        f"Repeated errors (judged answers that were not good, or corrected once more): {effect.repeated}."
    )


def _draw_course(who: Member) -> None:
    course = office().memory.course(who)
    if len(course) > 1:
        figure = charts_memory.course([(one.day, one.shared, one.retired) for one in course])
        charts.draw(figure, "memory_course", "Lines of shared and retired corrections by day")
        with st.popover("As a table", icon=":material/table:", type="tertiary", key="memory_course_table"):
            st.dataframe(
                {"day": [one.day for one in course], "shared": [one.shared for one in course],
                 "retired": [one.retired for one in course]},
                hide_index=True,
            )  # fmt: skip


def _draw_empty() -> None:
    with st.container(border=True):
        st.markdown(
            "**Nothing is remembered yet.** It fills by itself: whatever a visitor corrects works for that visitor at "
            "once, and for everybody when a reviewer approves it, a second visitor agrees, or a check can prove it."
        )
        with st.container(horizontal=True):
            st.page_link("founder/review.py", label="Go to Review", icon=":material/fact_check:")
