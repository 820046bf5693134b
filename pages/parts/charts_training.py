"""The chart of a training: its loss by step, and that of rows that it does not learn from."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.parts.charts import dressed, palette, tint

Points = Sequence[tuple[int, float]]
_SMOOTHED_FROM = 12


def losses(learned: Points, validation: Points) -> go.Figure:
    """Return both courses, each named at its end; single steps of the first are faint, their running mean is drawn."""
    colours = palette()
    figure = go.Figure()
    steps = [step for step, _ in learned]
    values = [value for _, value in learned]
    is_many = len(learned) >= _SMOOTHED_FROM
    if is_many:
        _line(figure, steps, values, tint(colours.accent, 0.35), "", "loss of one step", 1)
    _line(figure, steps, _running_mean(values) if is_many else values, colours.accent, "learned", "loss", 2)
    if validation:
        _line(
            figure, [step for step, _ in validation], [value for _, value in validation], colours.warm,
            "validation", "validation loss", 2, "lines+markers",
        )  # fmt: skip
    subtitle = "In nats a token, lower is better"
    dressed(figure, "Loss by step", subtitle, margin_right=76)
    figure.update_layout(height=260)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _line(
    figure: go.Figure,
    steps: Sequence[int],
    values: Sequence[float],
    colour: str,
    name: str,
    told: str,
    width: int,
    mode: str = "lines",
) -> None:
    figure.add_scatter(
        x=list(steps), y=list(values), mode=mode, line={"color": colour, "width": width}, name=name,
        hovertemplate=f"{told} %{{y:.3f}} at step %{{x}}<extra></extra>",
    )  # fmt: skip
    if name:
        figure.add_annotation(
            x=steps[-1], y=values[-1], text=name, showarrow=False, xanchor="left", xshift=6, font_color=colour
        )


def _running_mean(values: Sequence[float], share: float = 0.2) -> list[float]:
    """Return the exponentially weighted mean so far, corrected for its beginning."""
    found, mean, weight = [], 0.0, 0.0
    for value in values:
        mean, weight = mean + share * (value - mean), weight + share * (1 - weight)
        found.append(mean / weight)
    return found
