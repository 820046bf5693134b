"""What stands out: the periods that depart from the recent level, with the quotes behind them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from core.office.monitors import Choice
from core.types import Member
from pages.parts.plain import plain, plain_line
from pages.parts.watch_words import figure_of, percent
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.insights.watch import Point
    from core.office.monitors import MonitorView, WatchedText

SPIKES_SHOWN = 6
QUOTES = 3


def draw(who: Member, view: MonitorView, product: str) -> None:
    """Draw each spike with its quotes and aspects, or the quotes of now where nothing stands out."""
    unit = view.course.unit
    if not view.course.points:
        _draw_quotes(who, view, Choice(product=product))
        return
    spikes = view.course.spikes
    if not spikes:
        st.markdown(f"**No {unit} departs from its recent level beyond chance.** The surest negative texts of now:")
        recent = view.recent
        if recent.since and recent.until:
            _draw_quotes(who, view, Choice(recent.since.isoformat(), recent.until.isoformat(), product))
    for point in spikes[:SPIKES_SHOWN]:
        with st.container(border=True):
            _draw_spike(who, view, point, product)
    st.caption(
        f"Each {unit} is held against the eight before it (Fisher's exact test on counts divided by how restless they "
        f"were, at 5 % shared by all {unit}s shown), so a monitor where nothing happens shows one in 20 times at most."
    )


def _draw_spike(who: Member, view: MonitorView, point: Point, product: str) -> None:
    sign, word = ("▲", "above") if point.direction > 0 else ("▼", "below")
    usual = f"{percent(point.usual.value)} of {point.usual.n:,}" if point.usual else "its level"
    colour = "orange" if point.direction > 0 else "blue"
    days, share = _days(point.start, point.end), figure_of(point.share)
    st.markdown(f"**:{colour}[{sign}] {days}: {share} negative**, {word} {usual} before")
    choice = Choice(point.start.isoformat(), point.end.isoformat(), product)
    _draw_quotes(who, view, choice)


def _draw_quotes(who: Member, view: MonitorView, choice: Choice) -> None:
    quotes = office().monitors.quotes(who, view.monitor.monitor_id, choice, QUOTES)
    if not quotes:
        st.caption("No text of these days reads as negative.")
    for quote in quotes:
        draw_quote(quote)
    told = office().monitors.aspect_counts(who, view.monitor.monitor_id, choice)
    if told:
        st.markdown(
            ":small[Negative mentions: "
            + ", ".join(f"{plain_line(aspect.name)} {negative} of {n}" for aspect, negative, n in told)
            + "]"
        )


def draw_quote(quote: WatchedText) -> None:
    """Draw a text as it was written, with its day, product and how sure its reading is."""
    told = " · ".join(part for part in (quote.day, plain_line(quote.product)) if part)
    text = quote.text if len(quote.text) <= 320 else quote.text[:319].rstrip() + "…"
    st.markdown(f"“{plain(text)}”\\\n:small[:gray[{told}{' · ' if told else ''}negative {quote.negative:.0%}]]")


def _days(start: date, end: date) -> str:
    if start == end:
        return f"{start:%d %b %Y}"
    return f"{start:%d %b} to {end:%d %b %Y}"
