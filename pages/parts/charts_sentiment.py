"""Charts of sentiment: the shares of one text, of a table, and their course over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.periods import start_of, unit_for
from core.rates import ENOUGH, wilson
from pages.parts.charts import LABELS, LIGHT, SIGNS, Palette, dressed, palette, tint

if TYPE_CHECKING:
    from core.insights.prevalence import Share
    from core.insights.watch import Course, Point


def share_bar(probabilities: dict[str, float]) -> go.Figure:
    """Return one bar of three parts that sum to 1, each named inside or above it."""
    colours = palette()
    figure = go.Figure()
    for label in LABELS:
        share = probabilities.get(label, 0.0)
        figure.add_bar(
            x=[share],
            y=[""],
            orientation="h",
            marker_color=colours.of(label),
            marker_line_width=0,
            text=[f"{SIGNS[label]} {label} {share:.0%}" if share >= 0.2 else ""],
            textposition="inside",
            insidetextanchor="middle",
            textfont_color="#FFFFFF" if colours is LIGHT else "#11191B",
            hovertemplate=f"{label} %{{x:.1%}}<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0, height=44, yaxis_visible=False)
    figure.update_xaxes(visible=False, range=[0, 1])
    return dressed(figure)


def label_shares(labels: Sequence[str]) -> go.Figure:
    """Return the share of each label in a table with its 95 % interval."""
    colours = palette()
    counts = Counter(label for label in labels if label)
    n = sum(counts.values())
    figure = go.Figure()
    for label in LABELS:
        hits = counts[label]
        low, high = wilson(hits, n)
        share = hits / n if n else 0.0
        figure.add_bar(
            y=[f"{SIGNS[label]} {label}"],
            x=[share],
            orientation="h",
            marker_color=colours.of(label),
            error_x={"type": "data", "array": [high - share], "arrayminus": [share - low], "color": colours.quiet},
            hovertemplate=f"{hits:,} of {n:,}: %{{x:.1%}} ({low:.0%} to {high:.0%})<extra></extra>",
        )
        figure.add_annotation(
            y=f"{SIGNS[label]} {label}", x=high, text=f"{share:.0%}", showarrow=False, xanchor="left", xshift=8
        )
    figure.update_layout(height=240, bargap=0.35, xaxis={"range": [0, 1.08], "tickformat": ".0%", "dtick": 0.25})
    return dressed(figure, "How the texts read", f"n = {n:,}, lines show the 95 % interval")


def trend(labels: Sequence[str], days: Sequence[str]) -> go.Figure | None:
    """Return the share of positive and negative texts over time, or None where there are too few for a trend.

    Days are joined to weeks, and weeks to months, until a point rests on `ENOUGH` texts on average.
    """
    dated = [(date.fromisoformat(day[:10]), label) for day, label in zip(days, labels, strict=False) if day and label]
    unit = unit_for(Counter(day for day, _ in dated))
    groups: dict[date, list[str]] = {}
    for day, label in dated:
        groups.setdefault(start_of(day, unit), []).append(label)
    if len(groups) < 2 or len(dated) < ENOUGH:
        return None
    colours = palette()
    figure = go.Figure()
    starts = sorted(groups)
    for label in ("positive", "negative"):
        sizes = [len(groups[start]) for start in starts]
        hits = [groups[start].count(label) for start in starts]
        bands = [wilson(hit, size) for hit, size in zip(hits, sizes, strict=True)]
        shares = [hit / size for hit, size in zip(hits, sizes, strict=True)]
        figure.add_scatter(
            x=starts + starts[::-1],
            y=[high for _, high in bands] + [low for low, _ in bands][::-1],
            mode="lines",
            fill="toself",
            fillcolor=tint(colours.of(label), 0.16),
            line_width=0,
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=starts,
            y=shares,
            mode="lines+markers",
            line={"color": colours.of(label), "width": 2.5, "dash": "solid" if label == "positive" else "dash"},
            marker_size=6,
            customdata=[[size] for size in sizes],
            hovertemplate=f"{label} %{{y:.0%}}, n = %{{customdata[0]}}<extra>%{{x|%d %b %Y}}</extra>",
        )
        figure.add_annotation(
            x=starts[-1],
            y=shares[-1],
            text=f"{SIGNS[label]} {label}",
            font_color=colours.of(label),
            showarrow=False,
            xanchor="left",
            xshift=10,
        )
    figure.update_layout(yaxis={"range": [0, 1], "tickformat": ".0%", "dtick": 0.25})
    figure.update_layout(height=310)
    figure.update_xaxes(tickformat="%b %Y" if unit == "month" else "%d %b", tickangle=0, nticks=4)
    figure.update_xaxes(range=[starts[0], starts[-1]])
    return dressed(figure, "Over time", f"n = {len(dated):,} dated texts, by {unit}, bands show the 95 % interval", 88)


def negative_share(course: Course, line: float | None, is_adjusted: bool) -> go.Figure:
    """Return the share of negative texts over time with its band, the labels as they stand, spikes and the line."""
    colours = palette()
    points = course.points
    starts = [point.start for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=starts + starts[::-1],
        y=[point.share.high for point in points] + [point.share.low for point in points][::-1],
        mode="lines",
        fill="toself",
        fillcolor=tint(colours.negative, 0.16),
        line_width=0,
        hoverinfo="skip",
    )
    if is_adjusted:
        figure.add_scatter(
            x=starts,
            y=[point.share.raw for point in points],
            mode="lines",
            line={"color": colours.quiet, "width": 1.25, "dash": "dot"},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=starts,
        y=[point.share.value for point in points],
        mode="lines+markers",
        line={"color": colours.negative, "width": 2.5},
        marker={
            "size": [11 if point.direction else 7 for point in points],
            "symbol": [_SYMBOLS[point.direction] for point in points],
            "color": [_colour(point, colours) for point in points],
        },
        customdata=[[point.share.n, point.share.low, point.share.high, point.share.raw] for point in points],
        hovertemplate="%{y:.0%} negative (%{customdata[1]:.0%} to %{customdata[2]:.0%})<br>"
        "n = %{customdata[0]:,}, as labelled %{customdata[3]:.0%}<extra>%{x|%d %b %Y}</extra>",
    )
    if line is not None:
        figure.add_hline(y=line, line={"color": colours.warm, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            x=0, xref="paper", y=line, text=f"your line, {line:.0%}", font_color=colours.warm, showarrow=False,
            xanchor="left", yanchor="bottom",
        )  # fmt: skip
    top = max([0.4, *(point.share.high for point in points), (line or 0.0) + 0.08])
    figure.update_layout(height=340, yaxis={"range": [-0.015, min(1.02, top + 0.04)], "tickformat": ".0%"})
    room = timedelta(days={"day": 1, "week": 4, "month": 15}[course.unit])
    figure.update_xaxes(tickformat="%b %Y" if course.unit == "month" else "%d %b", tickangle=0, nticks=6)
    figure.update_xaxes(range=[starts[0] - room, starts[-1] + room])
    n = sum(point.share.n for point in points)
    return dressed(figure, f"Share of negative texts by {course.unit}", f"n = {n:,} dated texts, band: 95 % interval")


def aspect_shares(shares: Sequence[tuple[str, Share]]) -> go.Figure:
    """Return the share of negative mentions of each aspect with its 95 % interval, most negative on top."""
    colours = palette()
    figure = go.Figure()
    for name, share in sorted(shares, key=lambda one: one[1].value if one[1].is_enough else -1.0):
        told = f"{name} (n = {share.n:,})"
        figure.add_bar(
            y=[told],
            x=[share.value if share.is_enough else 0.0],
            orientation="h",
            marker_color=colours.negative,
            error_x={
                "type": "data",
                "array": [share.high - share.value if share.is_enough else 0.0],
                "arrayminus": [share.value - share.low if share.is_enough else 0.0],
                "color": colours.quiet,
            },
            hovertemplate=f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%})<extra></extra>",
        )
        figure.add_annotation(
            y=told,
            x=share.high if share.is_enough else 0.0,
            text=f"{share.value * 100:.0f} %" if share.is_enough else "not enough yet",
            font_color=colours.ink if share.is_enough else colours.quiet,
            showarrow=False,
            xanchor="left",
            xshift=8,
        )
    figure.update_layout(height=100 + 44 * len(shares), bargap=0.4)
    figure.update_xaxes(range=[0, 1.12], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    n = sum(share.n for _, share in shares)
    return dressed(figure, "Negative mentions", f"n = {n:,} mentions, lines show the 95 % interval")


_SYMBOLS = {0: "circle", 1: "triangle-up", -1: "triangle-down"}


def _colour(point: Point, colours: Palette) -> str:
    if point.direction:
        return colours.warm if point.direction > 0 else colours.positive
    return colours.negative if point.share.is_enough else colours.neutral
