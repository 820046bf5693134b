"""The chart of a comparison: how much better or worse a candidate answers, in all and by group, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.rates import ENOUGH
from pages.parts.charts import dressed, mark, palette

ROW_PIXELS = 44


class Change(NamedTuple):
    """A mean difference in points with its 95 % interval, of `n` items."""

    name: str
    difference: float
    low: float
    high: float
    n: int


def differences(rows: Sequence[Change], title: str, subtitle: str) -> go.Figure:
    """Return each group's difference as a dot on its interval; hollow below n = 30, and the line of no difference."""
    colours = palette()
    names = [f"{row.name}  n = {row.n:,}" for row in rows]
    figure = go.Figure()
    for name, row in zip(names, rows, strict=True):
        told = f"{signed(row.difference)} ({signed(row.low)} to {signed(row.high)})"
        mark(figure, name, (row.low, row.high), row.difference, signed(row.difference), told, row.n >= ENOUGH)
    figure.add_vline(x=0, line={"color": colours.warm, "width": 2, "dash": "dash"}, layer="below")
    low = min([row.low for row in rows] + [-2.0])
    high = max([row.high for row in rows] + [2.0])
    room = 0.08 * (high - low)
    figure.update_layout(height=130 + ROW_PIXELS * len(names))
    figure.update_xaxes(range=[low - room, high + room], nticks=7)
    # Upside down, with room above the first dot for its label.
    figure.update_yaxes(range=[len(names) - 0.5, -0.8], showgrid=False, type="category")
    return dressed(figure, title, subtitle)


def signed(value: float) -> str:
    """Return a number of points with its sign."""
    return f"{value:+.1f}".replace("-", "−")
