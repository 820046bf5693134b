"""Charts of sentiment: the shares of one text, of a table, and their course over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import plotly.graph_objects as go

from core.rates import ENOUGH, wilson
from pages.parts.charts import LABELS, LIGHT, SIGNS, dressed, palette, tint


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
    unit, groups = _grouped(dated)
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


def _grouped(dated: Sequence[tuple[date, str]]) -> tuple[str, dict[date, list[str]]]:
    groups: dict[date, list[str]] = {}
    unit = "day"
    for unit in ("day", "week", "month"):
        groups = {}
        for day, label in dated:
            start = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[unit]
            groups.setdefault(start, []).append(label)
        if len(dated) >= ENOUGH * len(groups):
            break
    return unit, groups
