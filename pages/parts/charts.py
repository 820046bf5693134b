"""Charts: one look for all, in the colours of the theme, with n in the subtitle and intervals as bands."""

from __future__ import annotations

from dataclasses import dataclass

# Before plotly draws anything: it takes pandas for there as soon as another thread has begun to import it, and two
# visits right after a start then ended in an error.
import pandas  # noqa: F401
import plotly.graph_objects as go
import streamlit as st

LABELS = ("negative", "neutral", "positive")
SIGNS = {"negative": "▼", "neutral": "●", "positive": "▲"}


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as in .streamlit/config.toml."""

    ink: str
    quiet: str
    line: str
    negative: str
    neutral: str
    positive: str
    accent: str
    warm: str

    def of(self, label: str) -> str:
        """Return the colour of a sentiment label."""
        return {"negative": self.negative, "positive": self.positive}.get(label, self.neutral)


LIGHT = Palette("#1D2A2E", "#5E6260", "#DFD9CD", "#B0432F", "#9A968A", "#0F5F63", "#0F5F63", "#C77414")
DARK = Palette("#ECE8DF", "#B4B7AE", "#2E3A3D", "#E0806C", "#84898A", "#5DBDB8", "#5DBDB8", "#F0B254")


def palette() -> Palette:
    """Return the colours of the theme that the visitor sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def draw(figure: go.Figure, key: str, description: str) -> None:
    """Draw a chart without tools around it; `description` is what a screen reader says."""
    st.plotly_chart(figure, key=key, theme=None, config={"displayModeBar": False, "responsive": True}, alt=description)


def tint(colour: str, alpha: float) -> str:
    """Return a colour of the palette as see-through as `alpha`."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def mark(
    figure: go.Figure, name: str, interval: tuple[float, float], value: float, label: str, hover: str, is_enough: bool
) -> None:
    """Add a row with a dot on its interval, its label above; grey and hollow where there are not enough for a word."""
    colours = palette()
    colour = colours.accent if is_enough else colours.neutral
    figure.add_scatter(
        x=list(interval),
        y=[name, name],
        mode="lines",
        line={"color": tint(colour, 0.35), "width": 8},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[value],
        y=[name],
        mode="markers+text",
        marker={"size": 12, "color": colour, "symbol": "circle" if is_enough else "circle-open"},
        text=[label],
        textposition="top center",
        textfont={"color": colours.ink, "size": 13},
        hovertemplate=f"{hover}<extra></extra>",
    )


def dressed(figure: go.Figure, title: str = "", subtitle: str = "", margin_right: int = 8) -> go.Figure:
    """Return the figure in the look of the house, with its title, and its n in the subtitle."""
    colours = palette()
    figure.update_layout(
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Figtree, system-ui, sans-serif", "size": 14, "color": colours.ink},
        margin={"l": 0, "r": margin_right if title else 0, "t": 84 if title else 0, "b": 28 if title else 0},
        hoverlabel={"font_family": "Figtree, system-ui, sans-serif"},
        dragmode=False,
    )
    if title:
        figure.update_layout(
            title={
                "text": title,
                "x": 0,
                "xanchor": "left",
                "xref": "container",
                "font": {"size": 16, "weight": 600},
                "subtitle": {"text": subtitle, "font": {"size": 13, "color": colours.quiet}},
            }
        )
    figure.update_xaxes(gridcolor=colours.line, zeroline=False, tickfont_color=colours.quiet, fixedrange=True)
    figure.update_yaxes(gridcolor=colours.line, zeroline=False, fixedrange=True, automargin=True)
    return figure
