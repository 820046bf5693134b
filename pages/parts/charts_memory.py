"""The chart of the memory: what works for everybody, and what the weights have learned, over time."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.parts.charts import dressed, palette


def course(days: Sequence[tuple[str, int, int]]) -> go.Figure:
    """Return both counts by day (ISO), each named at its end; they hold from one day to the next."""
    colours = palette()
    figure = go.Figure()
    dates = [day for day, _, _ in days]
    lines = (
        ("shared", [shared for _, shared, _ in days], colours.accent),
        ("retired", [retired for _, _, retired in days], colours.warm),
    )
    for name, values, colour in lines:
        figure.add_scatter(
            x=dates, y=values, mode="lines+markers", line={"color": colour, "width": 2, "shape": "hv"}, name=name,
            hovertemplate=f"%{{y:,}} {name}, %{{x|%d %b %Y}}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=dates[-1], y=values[-1], text=name, showarrow=False, xanchor="left", xshift=8, font_color=colour
        )
    n = days[-1][1] + days[-1][2]
    dressed(figure, "Memory, and what the weights know without it", f"Shared and retired corrections; n = {n:,}", 72)
    figure.update_layout(height=280)
    figure.update_yaxes(rangemode="tozero", tickformat=",d")
    figure.update_xaxes(type="date", tickformat="%d %b")
    return figure
