"""A chart with what belongs to each: the uses behind its points, and the table behind it to read and take away.

Owns the session keys that begin with `point_`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.tables import write_csv
from core.types import Member, Scope
from pages.parts import uses_list
from pages.parts.plain import plain
from pages.parts.wiring import office

LIMIT = 200


@dataclass(frozen=True)
class Point:
    """What a point of a chart counted: uses of a scope with an outcome; `narrowed` as in `Usage.behind`."""

    label: str
    scope: Scope
    outcome: str = ""
    narrowed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A table behind a chart, all of it text."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def draw(
    who: Member, figure: go.Figure, key: str, description: str, points: Sequence[Point], sheet: Sheet | None
) -> None:
    """Draw a chart; a click on a point, or the field below for whoever has no mouse, opens the uses behind it.

    A trace of the figure names its points by `customdata`, whose first value is their place in `points`. Raises
    HearbackError.
    """
    figure.update_layout(clickmode="event+select")
    event = st.plotly_chart(
        figure,
        key=f"point_{key}",
        theme=None,
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False, "responsive": True},
        alt=description,
    )
    with st.container(horizontal=True, vertical_alignment="top", key=f"point_below_{key}"):
        by_field = st.selectbox(
            "Open the uses behind",
            range(len(points)),
            index=None,
            format_func=[point.label for point in points].__getitem__,
            placeholder="Open the uses behind a point",
            key=f"point_field_{key}",
            label_visibility="collapsed",
            width=330,
        )
        if sheet is not None:
            with st.popover("As a table", icon=":material/table:", key=f"point_table_{key}", type="tertiary"):
                table(sheet, key)
    chosen = by_field if by_field is not None else clicked(event)
    if chosen is not None and chosen < len(points):
        _open(who, points[chosen], key)


def table(sheet: Sheet, key: str) -> None:
    """Draw a table with its download."""
    st.dataframe(
        {name: [row[place] for row in sheet.rows] for place, name in enumerate(sheet.columns)},
        hide_index=True,
        key=f"point_sheet_{key}",
    )
    st.download_button(
        "Download as CSV",
        write_csv(sheet.columns, sheet.rows),
        file_name=f"{key}.csv",
        mime="text/csv",
        key=f"point_csv_{key}",
        icon=":material/download:",
        on_click="ignore",
    )


def _open(who: Member, point: Point, key: str) -> None:
    found = office().usage.behind(who, point.scope, point.outcome, limit=LIMIT, **point.narrowed)
    with st.container(border=True, key=f"point_uses_{key}"):
        newest = f"the newest {LIMIT}" if len(found) == LIMIT else f"{len(found)}"
        st.markdown(f"**{plain(point.label)}**: {newest} {'use' if len(found) == 1 else 'uses'}")
        uses_list.draw(who, found, key)


def clicked(event: Any) -> int | None:
    """Return the place of the point that was clicked, if one was."""
    for point in event.selection.points if event and event.selection else []:
        custom = point.get("customdata")
        if custom is not None:
            first = (
                custom[0]
                if isinstance(custom, list | tuple)
                else custom.get("0")
                if isinstance(custom, dict)
                else custom
            )
            return None if first is None else int(first)
    return None
