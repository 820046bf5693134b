"""Charts of market fit: shares against the line of 40 in a hundred, over time, and the matrix of fit by quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.rates import ENOUGH, Rate
from core.types import Task
from pages.parts.charts import dressed, mark, palette, tint

if TYPE_CHECKING:
    from core.office.market import Matrix, Moment

FIT_LINE = 0.4
ROW_PIXELS = 46


def fit_by(rates: Sequence[tuple[str, Rate]], title: str) -> go.Figure:
    """Return each part's share of very disappointed as a dot with its interval; hollow and grey below n = 30."""
    names = [f"{name}  n = {rate.n:,}" for name, rate in rates]
    figure = go.Figure()
    for name, (_, rate) in zip(names, rates, strict=True):
        low, high = rate.interval
        told = f"{rate.hits:,} of {rate.n:,}: %{{x:.0%}} ({low:.0%} to {high:.0%})"
        mark(figure, name, (low, high), rate.share, f"{rate.share:.0%}" if rate.is_enough else "", told, rate.is_enough)
    _mark_line(figure, is_upright=True)
    figure.update_layout(height=130 + ROW_PIXELS * len(names))
    figure.update_xaxes(range=[0, 1], tickformat=".0%", dtick=0.2)
    # Upside down, with room above the first dot for its label.
    figure.update_yaxes(range=[len(names) - 0.5, -0.8], showgrid=False, type="category")
    return dressed(figure, title, "95 % intervals; dashes: 40 %; hollow: n < 30")


def fit_over_time(unit: str, moments: Sequence[Moment]) -> go.Figure:
    """Return fit by the day, week or month of the answers, with its interval as a band; hollow below n = 30."""
    colours = palette()
    starts = [moment.start for moment in moments]
    lows, highs = zip(*(moment.fit.interval for moment in moments), strict=True)
    figure = go.Figure()
    figure.add_scatter(
        x=starts + starts[::-1],
        y=[*highs, *lows[::-1]],
        mode="lines",
        fill="toself",
        fillcolor=tint(colours.accent, 0.14),
        line_width=0,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=starts,
        y=[moment.fit.share for moment in moments],
        mode="lines+markers",
        line={"color": colours.accent, "width": 2.5},
        marker={
            "size": 10,
            "symbol": ["circle" if moment.fit.is_enough else "circle-open" for moment in moments],
            "color": [colours.accent if moment.fit.is_enough else colours.neutral for moment in moments],
        },
        customdata=[[moment.fit.hits, moment.fit.n] for moment in moments],
        hovertemplate="%{customdata[0]} of %{customdata[1]}: %{y:.0%}<extra>%{x|%d %b %Y}</extra>",
    )
    _mark_line(figure, is_upright=False)
    n = sum(moment.fit.n for moment in moments)
    figure.update_layout(height=290)
    figure.update_yaxes(range=[-0.08, 1], tickformat=".0%", dtick=0.2)
    figure.update_xaxes(tickformat="%b %Y" if unit == "month" else "%d %b", tickangle=0, nticks=6, showgrid=False)
    return dressed(figure, "Fit over time", f"n = {n:,}, by {unit}, 95 % band; hollow: n < 30")


def matrix(found: Matrix, rows: Sequence[str]) -> go.Figure:
    """Return people by use case: fit and n in each cell, warmer where better answers would win more; grey below 30.

    Unseen points lie on the cells, because a heat map cannot be clicked by cell; they name their cell's place.
    """
    colours = palette()
    columns = list(Task)
    places = {(cell.name, cell.task): place for place, cell in enumerate(found.cells)}
    most = max((cell.score for cell in found.cells), default=0.0) or 1.0
    solid: list[list[float | None]] = []
    grey: list[list[float | None]] = []
    texts: list[list[str]] = []
    for name in rows:
        cells = [found.cells[places[name, task]] if (name, task) in places else None for task in columns]
        solid.append([cell.score / most if cell and cell.fit.is_enough else None for cell in cells])
        grey.append([0.0 if cell and not cell.fit.is_enough else None for cell in cells])
        texts.append(
            [
                "" if cell is None else f"{cell.fit.share:.0%}<br>n = {cell.fit.n}" if cell.fit.is_enough else
                f"n = {cell.fit.n}"
                for cell in cells
            ]
        )  # fmt: skip
    names = [task.capitalize() for task in columns]
    figure = go.Figure()
    common = {
        "x": names,
        "y": [_broken(name) for name in rows],
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
        "hoverinfo": "skip",
    }
    figure.add_heatmap(z=grey, colorscale=[[0, tint(colours.line, 0.6)], [1, tint(colours.line, 0.6)]], **common)
    scale = [[0, tint(colours.accent, 0.1)], [0.02, tint(colours.warm, 0.12)], [1, tint(colours.warm, 0.5)]]
    figure.add_heatmap(z=solid, zmin=0, zmax=1, colorscale=scale, **common)
    spots = [
        (names[columns.index(cell.task)], cell.name, place)
        for place, cell in enumerate(found.cells)
        if cell.name in rows
    ]
    lines = {(name, row): texts[y][x] for y, row in enumerate(rows) for x, name in enumerate(names)}
    figure.add_scatter(
        x=[x for x, _, _ in spots],
        y=[_broken(y) for _, y, _ in spots],
        mode="markers+text",
        marker={"size": 40, "opacity": 0, "symbol": "square"},
        unselected={"marker": {"opacity": 0}, "textfont": {"color": colours.ink}},
        selected={"marker": {"opacity": 0}, "textfont": {"color": colours.ink}},
        text=[lines[x, y] for x, y, _ in spots],
        textfont={"color": [
            colours.ink if found.cells[place].fit.is_enough else colours.quiet for _, _, place in spots
        ], "size": 13},
        customdata=[[place] for _, _, place in spots],
        hovertext=[_told(found, place) for _, _, place in spots],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(height=116 + (ROW_PIXELS + 6) * len(rows), clickmode="event+select")
    figure.update_xaxes(side="top", showgrid=False, type="category", tickangle=0, tickfont_size=12, ticks="")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category", tickfont_size=13, ticks="")
    n = sum(cell.fit.n for cell in found.cells)
    shown = dressed(figure, "Fit by quality", f"n = {n:,}; warmer: more to win; grey: n < 30")
    return shown.update_layout(margin_t=112)


def _broken(name: str) -> str:
    return name.replace(", ", ",<br>")


def _told(found: Matrix, place: int) -> str:
    cell = found.cells[place]
    trouble = f"{cell.trouble.share:.0%} of {cell.trouble.n:,}" if cell.trouble.n >= ENOUGH else "not enough yet"
    return (
        f"{cell.name}, {cell.task}<br>fit {cell.fit}<br>on the fence {cell.fence}"
        f"<br>not good or corrected {trouble}<br>uses {cell.quality.uses:,}"
    )


def _mark_line(figure: go.Figure, is_upright: bool) -> None:
    """Draw the line of 40 in a hundred; upright it crosses its own tick, so that no label meets the dots."""
    colours = palette()
    line = {"color": colours.warm, "width": 2, "dash": "dash"}
    if is_upright:
        figure.add_vline(x=FIT_LINE, line=line, layer="below")
        return
    figure.add_hline(y=FIT_LINE, line=line)
    figure.add_annotation(
        x=1, xref="paper", y=FIT_LINE, text="40 %", font_color=colours.warm, showarrow=False, yshift=10, xanchor="right"
    )
