"""Fit by kind of people, by use case and over time, each with the table behind it. Owns the key `market_by`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.rates import Rate
from pages.parts import charts_market
from pages.parts.charts import draw as draw_chart
from pages.parts.insights_point import Sheet, table

if TYPE_CHECKING:
    from core.office.market import Fit, Part

BY = {"Use case": "", "Role": "role", "Company size": "company size", "Both": "role and company size"}
COLUMNS = ("Who", "Very disappointed", "Of", "Share", "From", "To", "On the fence", "No longer use it")


def draw(fit: Fit) -> None:
    """Draw fit by what the founder chooses, and beside it over time."""
    left, right = st.columns(2, gap="large")
    with left:
        chosen = st.segmented_control(
            "Fit by",
            BY,
            default="Use case",
            required=True,
            key="market_by",
            persist_state="session",
            label_visibility="collapsed",
        )
        parts = fit.parts[BY[chosen or "Use case"]]
        rates = [("Everybody", fit.whole), *((_name(part), part.fit) for part in parts)]
        draw_chart(
            charts_market.fit_by(rates, f"Fit by {(chosen or '').lower()}" if chosen != "Both" else "Fit by segment"),
            "market_fit_by",
            "Share of very disappointed with intervals against the line of 40 percent",
        )
        with st.popover("As a table", icon=":material/table:", type="tertiary"):
            table(Sheet(COLUMNS, _rows(fit, parts)), "fit_by")
    with right:
        if len(fit.moments) > 1:
            draw_chart(
                charts_market.fit_over_time(fit.unit, fit.moments),
                "market_fit_time",
                "Share of very disappointed over time with intervals against the line of 40 percent",
            )
            rows = [(f"{moment.start}", *_cells(moment.fit)) for moment in fit.moments]
            with st.popover("As a table", icon=":material/table:", type="tertiary"):
                table(Sheet((f"{fit.unit.capitalize()} from", *COLUMNS[1:6]), rows), "fit_over_time")
        else:
            st.markdown(":gray[Fit over time is shown once there are answers of more than one period.]")


def _rows(fit: Fit, parts: Sequence[Part]) -> list[tuple[str, ...]]:
    rows = [("Everybody", *_cells(fit.whole), str(fit.fence), str(fit.gone))]
    return rows + [(_name(part), *_cells(part.fit), str(part.fence), str(part.gone)) for part in parts]


def _cells(rate: Rate) -> tuple[str, ...]:
    low, high = rate.interval
    return str(rate.hits), str(rate.n), *(f"{share:.3f}" for share in (rate.share, low, high))


def _name(part: Part) -> str:
    return part.name or (part.task or "").capitalize()
