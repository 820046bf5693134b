"""Two periods or two products side by side. Owns the session keys that begin `watch_compare_`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from core.office.monitors import Choice
from core.types import Member
from pages.parts.plain import plain_line
from pages.parts.watch_words import change_of, figure_of
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.monitors import Comparison, MonitorView

PERIODS, PRODUCTS = "Two periods", "Two products"


def draw(who: Member, view: MonitorView, product: str) -> None:
    """Let two sides be chosen and draw their difference, in all and by aspect."""
    kinds = [kind for kind, has in ((PERIODS, view.course.points), (PRODUCTS, len(view.products) > 1)) if has]
    if not kinds:
        st.caption("To compare, the texts need dates, or two products.")
        return
    kind = st.segmented_control("What to compare", kinds, default=kinds[0], required=True, key="watch_compare_kind")
    sides = _periods(view, product) if kind == PERIODS else _products(view)
    if sides is None:
        return
    (one_name, one), (other_name, other) = sides
    found = office().monitors.compare(who, view.monitor.monitor_id, one, other)
    whole = found.whole
    st.markdown(f"**{plain_line(other_name)} against {plain_line(one_name)}: {change_of(whole)}**")
    st.markdown(
        f"{plain_line(one_name)}: {figure_of(whole.before)}  \n{plain_line(other_name)}: {figure_of(whole.after)}"
    )
    raw = f"{whole.raw * 100:+.0f} points ({whole.raw_low * 100:+.0f} to {whole.raw_high * 100:+.0f})"
    st.caption(
        f"As labelled: {raw}, Newcombe's interval. The classifier errs alike on both sides, so its errors widen a "
        "difference and never make one; where the band covers zero, no difference is shown."
    )
    _draw_aspects(found, one_name, other_name)


def _draw_aspects(found: Comparison, one_name: str, other_name: str) -> None:
    if not found.aspects:
        return
    rows = [(aspect.name, change) for aspect, change in found.aspects]
    st.dataframe(
        {
            "aspect": [name for name, _ in rows],
            one_name: [str(change.before) for _, change in rows],
            other_name: [str(change.after) for _, change in rows],
            "difference": [
                f"{change.value * 100:+.0f} ({change.low * 100:+.0f} to {change.high * 100:+.0f})"
                if change.is_shown
                else "none shown"
                for _, change in rows
            ],
        },
        hide_index=True,
        alt="The difference by aspect",
    )


def _periods(view: MonitorView, product: str) -> tuple[tuple[str, Choice], tuple[str, Choice]] | None:
    first, last = view.course.points[0].start, view.recent.until or view.course.points[-1].end
    middle = first + (last - first) // 2
    left, right = st.columns(2)
    monitor_id = view.monitor.monitor_id
    one = left.date_input("Earlier", (first, middle), key=f"watch_compare_one_{monitor_id}")
    other = right.date_input("Later", (middle + timedelta(days=1), last), key=f"watch_compare_other_{monitor_id}")
    earlier, later = _whole(one), _whole(other)
    if earlier is None or later is None:
        st.caption("Choose a first and a last day on both sides.")
        return None
    (a, b), (c, d) = earlier, later
    return (
        (f"{a:%d %b %Y} to {b:%d %b %Y}", Choice(a.isoformat(), b.isoformat(), product)),
        (f"{c:%d %b %Y} to {d:%d %b %Y}", Choice(c.isoformat(), d.isoformat(), product)),
    )


def _whole(chosen: object) -> tuple[date, date] | None:
    return (chosen[0], chosen[1]) if isinstance(chosen, tuple) and len(chosen) == 2 else None


def _products(view: MonitorView) -> tuple[tuple[str, Choice], tuple[str, Choice]] | None:
    left, right = st.columns(2)
    one = left.selectbox("One", view.products, 0, key=f"watch_compare_left_{view.monitor.monitor_id}")
    other = right.selectbox("The other", view.products, 1, key=f"watch_compare_right_{view.monitor.monitor_id}")
    if one == other:
        st.caption("Choose two different products.")
        return None
    return (one, Choice(product=one)), (other, Choice(product=other))
