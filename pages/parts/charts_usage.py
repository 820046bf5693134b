"""Charts of use and quality: courses, shares with their intervals, the funnel, cohorts and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import plotly.graph_objects as go

from core.rates import ENOUGH, Rate
from core.types import Task
from pages.parts.charts import LIGHT, dressed, palette, tint

DASHES = {Task.SUPPORT: "solid", Task.TRANSLATE: "dash", Task.SUMMARIZE: "dot", Task.SENTIMENT: "dashdot"}


@dataclass(frozen=True)
class Line:
    """A course: values by day, with the place of each in the list of points, and its band if it has one."""

    name: str
    colour: str
    days: Sequence[date]
    values: Sequence[float | None]
    places: Sequence[int]
    notes: Sequence[str]
    band: Sequence[tuple[float, float]] = ()
    dash: str = "solid"
    is_enough: Sequence[bool] = ()


def task_colour(task: Task) -> str:
    """Return the colour of a task; its name and dash tell it as well."""
    colours = palette()
    return {
        Task.SUPPORT: colours.accent,
        Task.TRANSLATE: colours.warm,
        Task.SUMMARIZE: colours.ink,
        Task.SENTIMENT: colours.quiet,
    }[task]


def lines(title: str, subtitle: str, many: Sequence[Line], *, is_share: bool = False, unit: str = "") -> go.Figure:
    """Return courses over time, each named at its end; points that rest on too little are hollow."""
    figure = go.Figure()
    for line in many:
        if line.band:
            figure.add_scatter(
                x=[*line.days, *line.days[::-1]],
                y=[*(high for _, high in line.band), *(low for low, _ in reversed(line.band))],
                mode="lines",
                fill="toself",
                fillcolor=tint(line.colour, 0.14),
                line_width=0,
                hoverinfo="skip",
            )
        enough = line.is_enough or [True] * len(line.days)
        figure.add_scatter(
            x=list(line.days),
            y=list(line.values),
            mode="lines+markers",
            line={"color": line.colour, "width": 2.5, "dash": line.dash},
            marker={
                "size": 9,
                "color": [line.colour if one else palette().line for one in enough],
                "line": {"color": line.colour, "width": 1.5},
            },
            customdata=[[place] for place in line.places],
            text=list(line.notes),
            hovertemplate="%{text}<extra></extra>",
        )
    _name_ends(figure, many)
    height = 330
    figure.update_layout(height=height)
    figure.update_yaxes(rangemode="tozero", ticksuffix=unit, nticks=5)
    if is_share:
        highest = max((high for line in many for _, high in line.band), default=0.0)
        values = [value for line in many for value in line.values if value is not None]
        top = min(1.0, 1.15 * max([highest, *values, 0.05]))
        figure.update_yaxes(range=[0, top], tickformat=".0%")
    days = sorted({day for line in many for day in line.days})
    if days:
        ticks = days[:: max(1, -(-len(days) // 5))]
        figure.update_xaxes(tickvals=ticks, tickformat="%-d %b", tickangle=0)
        figure.update_xaxes(range=[days[0] - timedelta(days=1), days[-1] + timedelta(days=1)])
    return dressed(figure, title, subtitle, 92)


def _name_ends(figure: go.Figure, many: Sequence[Line]) -> None:
    """Write each line's name at its end, moved apart where ends are close."""
    ends = sorted(
        ((line.values[-1], line) for line in many if line.values and line.values[-1] is not None),
        key=lambda end: end[0] or 0.0,
    )
    span = max((value for line in many for value in line.values if value is not None), default=1.0) or 1.0
    last = float("-inf")
    for value, line in ends:
        place = max(value or 0.0, last + 0.085 * span)
        last = place
        figure.add_annotation(
            x=1.0,
            xref="paper",
            y=place,
            text=line.name,
            font={"color": line.colour, "size": 13},
            showarrow=False,
            xanchor="left",
            xshift=4,
        )


def visitors(starts: Sequence[date], newcomers: Sequence[int | None], everybody: Sequence[int], unit: str) -> go.Figure:
    """Return bars of visitors by day or week, those who came for the first time set off below."""
    colours = palette()
    figure = go.Figure()
    width = (0.8 if unit == "day" else 5.6) * 86_400_000
    places = [[place] for place in range(len(starts))]
    for name, colour, values in (
        ("for the first time", tint(colours.accent, 0.45), [new or 0 for new in newcomers]),
        ("again", colours.accent, [all_ - (new or 0) for all_, new in zip(everybody, newcomers, strict=True)]),
    ):
        if unit == "day" and name != "again":
            continue
        figure.add_bar(
            x=list(starts),
            y=values,
            width=width,
            marker_color=colour,
            customdata=places,
            hovertemplate=f"%{{y:,}} {name if unit == 'week' else 'visitors'}<extra>%{{x|%-d %b}}</extra>",
        )
    figure.update_layout(barmode="stack", height=300, bargap=0.25)
    figure.update_xaxes(tickvals=list(starts)[:: max(1, -(-len(starts) // 6))], tickformat="%-d %b", tickangle=0)
    n = sum(everybody)
    subtitle = (
        f"dark: came before, light: new; n = {n:,} visitors counted once a week"
        if unit == "week"
        else f"n = {n:,} visitors counted once a day"
    )
    return dressed(figure, f"Visitors by {unit}", subtitle)


def shares(title: str, subtitle: str, rates: Sequence[tuple[str, Rate]]) -> go.Figure:
    """Return shares as dots with their 95 % intervals, one below the other; grey where n is below 30."""
    colours = palette()
    figure = go.Figure()
    for place, (name, rate) in enumerate(rates):
        low, high = rate.interval
        colour = colours.accent if rate.is_enough else colours.neutral
        figure.add_scatter(
            x=[rate.share],
            y=[name],
            mode="markers",
            marker={"size": 13, "color": colour, "symbol": "circle" if rate.is_enough else "circle-open"},
            error_x={
                "type": "data",
                "array": [high - rate.share],
                "arrayminus": [rate.share - low],
                "color": colour,
                "thickness": 2,
                "width": 0,
            },
            customdata=[[place]],
            hovertemplate=f"{rate.hits:,} of {rate.n:,}<extra></extra>",
        )
        text = f"{rate.share:.0%}  n = {rate.n:,}" if rate.is_enough else f"not enough yet, n = {rate.n:,}"
        figure.add_annotation(
            x=1.0, xref="paper", y=name, text=text, showarrow=False, xanchor="left", font_color=colours.quiet, xshift=4
        )
    top = max([min(1.0, rate.interval[1] * 1.1) for _, rate in rates if rate.is_enough], default=1.0)
    figure.update_layout(height=104 + 52 * len(rates))
    figure.update_xaxes(range=[-0.02 * top, top], tickformat=".0%", nticks=4)
    figure.update_yaxes(autorange="reversed")
    return dressed(figure, title, subtitle, 150)


def funnel(steps: Sequence[tuple[str, Rate]]) -> go.Figure:
    """Return the stages as bars from the left, each with how many got there and what share of all that is."""
    colours = palette()
    figure = go.Figure()
    figure.add_bar(
        y=[name for name, _ in steps],
        x=[rate.hits for _, rate in steps],
        orientation="h",
        marker_color=[colours.accent if rate.is_enough else colours.neutral for _, rate in steps],
        text=[f"{rate.hits:,}  {rate.share:.0%}" if rate.is_enough else f"{rate.hits:,}" for _, rate in steps],
        textposition="auto",
        insidetextfont_color="#FFFFFF" if colours is LIGHT else "#11191B",
        insidetextanchor="start",
        customdata=[[place] for place in range(len(steps))],
        hovertemplate="%{x:,} visitors<extra>%{y}</extra>",
    )
    figure.update_layout(height=330, bargap=0.3)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(autorange="reversed")
    n = steps[0][1].n if steps else 0
    return dressed(figure, "How far they got", f"n = {n:,} visitors who arrived in this period, until now")


def cohorts(starts: Sequence[date], sizes: Sequence[int], rows: Sequence[Sequence[float]]) -> go.Figure:
    """Return who stays as a heat map: cohorts downwards, weeks since the first use to the right; grey below 30."""
    colours = palette()
    wide = max((len(row) for row in rows), default=0)
    names = [f"{start:%-d %b}  n = {size:,}" for start, size in zip(starts, sizes, strict=True)]
    shown: list[list[float | None]] = [[*row, *[None] * (wide - len(row))] for row in rows]
    solid = [row if size >= ENOUGH else [None] * wide for row, size in zip(shown, sizes, strict=True)]
    grey = [
        [None if value is None or size >= ENOUGH else 0.0 for value in row]
        for row, size in zip(shown, sizes, strict=True)
    ]
    texts = [
        ["" if value is None or size < ENOUGH else f"{value:.0%}" for value in row]
        for row, size in zip(shown, sizes, strict=True)
    ]
    place = iter(range(10**6))
    places = [[next(place) if value is not None else None for value in row] for row in shown]
    figure = go.Figure()
    common = {"x": list(range(wide)), "y": names, "showscale": False, "xgap": 2, "ygap": 2}
    figure.add_heatmap(z=grey, colorscale=[[0, colours.line], [1, colours.line]], hoverinfo="skip", **common)
    figure.add_heatmap(
        z=solid,
        zmin=0,
        zmax=1,
        colorscale=[[0, tint(colours.accent, 0.06)], [1, colours.accent]],
        text=texts if wide <= 14 else None,
        texttemplate="%{text}" if wide <= 14 else None,
        hovertemplate="%{y}, week %{x}: %{z:.0%}<extra></extra>",
        **common,
    )
    # A heat map cannot be clicked cell by cell as points can, so unseen points lie on its cells.
    cells = [(x, names[y], at) for y, row in enumerate(places) for x, at in enumerate(row) if at is not None]
    figure.add_scatter(
        x=[x for x, _, _ in cells],
        y=[y for _, y, _ in cells],
        mode="markers",
        marker={"size": 22, "opacity": 0, "symbol": "square"},
        customdata=[[at] for _, _, at in cells],
        hoverinfo="skip",
    )
    figure.update_layout(height=110 + 30 * len(names))
    figure.update_xaxes(dtick=1 if wide <= 14 else 4, showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return dressed(figure, "Who stays", f"by first use, and weeks since; n = {sum(sizes):,}, grey below 30")


def times(rows: Sequence[tuple[str, float | None, float | None, int]], title: str, subtitle: str) -> go.Figure:
    """Return medians as dots with lines up to the 95th percentile, in seconds; grey where n is below 30."""
    colours = palette()
    figure = go.Figure()
    for place, (name, middle, high, n) in enumerate(rows):
        if middle is None or high is None:
            continue
        colour = colours.accent if n >= ENOUGH else colours.neutral
        figure.add_scatter(
            x=[middle, high],
            y=[name, name],
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={"size": [13, 9], "color": colour, "symbol": ["circle", "line-ns-open"]},
            customdata=[[place], [place]],
            hovertemplate="%{x:.2f} s<extra></extra>",
        )
        figure.add_annotation(
            x=1.0,
            xref="paper",
            y=name,
            text=f"{middle:.2g} s, {high:.2g} s" if n >= ENOUGH else f"not enough yet, n = {n}",
            showarrow=False,
            xanchor="left",
            font_color=colours.quiet,
            xshift=4,
        )
    figure.update_layout(height=104 + 52 * len(rows))
    figure.update_xaxes(rangemode="tozero", ticksuffix=" s", nticks=4)
    figure.update_yaxes(autorange="reversed", type="category")
    return dressed(figure, title, subtitle, 140)


def by_task(values: Mapping[Task, int]) -> str:
    """Return numbers by task in words, largest first."""
    return ", ".join(f"{task} {n:,}" for task, n in sorted(values.items(), key=lambda one: -one[1]))
