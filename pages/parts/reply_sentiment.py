"""How sentiment is drawn: one text with the words that moved it, or a table with its shares and their course."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.rates import ENOUGH
from core.types import Reading, TableReading
from pages.parts import charts, charts_sentiment
from pages.parts.plain import Mark, marked
from pages.parts.reply_translate import name_of

SIGNS = {
    "negative": ("red", "trending_down"),
    "neutral": ("gray", "trending_flat"),
    "positive": ("blue", "trending_up"),
}
HUES = {"negative": "red", "neutral": "grey", "positive": "teal"}
SHOWN_DRIVERS = 12
LEAST_WEIGHT = 0.02
ROWS_SHOWN = 1_000


def draw_reading(reading: Reading, text: str, interaction_id: str) -> None:
    """Draw the label with its probabilities, and the text with its driving words set off."""
    colour, icon = SIGNS.get(reading.label, ("gray", "help"))
    share = reading.probabilities.get(reading.label, 0.0)
    language = name_of(reading.language.code) if reading.language.is_sure else "Language unsure"
    st.markdown(
        f"### :{colour}[:material/{icon}: {reading.label.capitalize()}] :small[:gray[{share:.0%} · {language}]]"
    )
    charts.draw(
        charts_sentiment.share_bar(reading.probabilities),
        f"sentiment_bar_{interaction_id}",
        ", ".join(f"{label} {probability:.0%}" for label, probability in reading.probabilities.items()),
    )
    st.caption(", ".join(f"{label} {reading.probabilities.get(label, 0.0):.0%}" for label in charts.LABELS))
    if text and reading.drivers:
        st.markdown(marked(text, _marks(reading)))
        st.caption(f"In {HUES[reading.label]}: words that speak for this reading. In italics: words against it.")


def draw_table(table: TableReading, interaction_id: str) -> None:
    """Draw the shares, the trend where there are dates, the rows, and the downloads."""
    counts = Counter(label for label in table.labels if label)
    read = sum(counts.values())
    said = ", ".join(f"{counts[label]:,} {label}" for label in charts.LABELS)
    empty = len(table.labels) - read
    st.markdown(f"**{read:,} texts read:** {said}." + (f" {empty:,} rows had no text." if empty else ""))
    left, right = st.columns(2, gap="large")
    with left:
        if read >= ENOUGH:
            charts.draw(charts_sentiment.label_shares(table.labels), f"sentiment_shares_{interaction_id}", said)
        else:
            st.caption(f"Not enough yet for shares: they need at least {ENOUGH} texts.")
    with right:
        figure = charts_sentiment.trend(table.labels, table.days) if table.date_column else None
        if figure is not None:
            charts.draw(figure, f"sentiment_trend_{interaction_id}", "Share of positive and negative texts over time")
        elif table.date_column:
            st.caption(f"Not enough yet for a trend: it needs at least {ENOUGH} texts with a date.")
    if table.texts:
        _rows(table, interaction_id)
    else:
        st.caption("The rows of earlier tables are not kept; their figures are.")


def _rows(table: TableReading, interaction_id: str) -> None:
    columns: dict[str, Sequence[Any]] = {"text": table.texts, "sentiment": table.labels}
    if table.days:
        columns = {"day": table.days, **columns}
    for place, label in enumerate(charts.LABELS):
        columns[label] = tuple(row[place] for row in table.probabilities)
    shown = {name: values[:ROWS_SHOWN] for name, values in columns.items()}
    percent = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1, width="small")
    st.dataframe(
        shown,
        hide_index=True,
        height=320,
        column_config={
            "text": st.column_config.TextColumn(width="large"),
            **dict.fromkeys(charts.LABELS, percent),
        },
        key=f"sentiment_rows_{interaction_id}",
        alt="Every text with its sentiment and probabilities",
    )
    if len(table.texts) > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN:,} of {len(table.texts):,} rows. The download holds all.")
    rows = [tuple(_cell(value) for value in row) for row in zip(*columns.values(), strict=True)]
    with st.container(horizontal=True):
        from core.tables import write_csv, write_xlsx

        for kind, write in (("csv", write_csv), ("xlsx", write_xlsx)):
            st.download_button(
                f"Download {kind.upper()}",
                partial(write, tuple(columns), rows),
                file_name=f"sentiment.{kind}",
                key=f"sentiment_{kind}_{interaction_id}",
                icon=":material/download:",
                on_click="ignore",
            )


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _marks(reading: Reading) -> list[Mark]:
    colour, _ = SIGNS.get(reading.label, ("gray", ""))
    strongest = sorted(reading.drivers, key=lambda driver: -abs(driver.weight))[:SHOWN_DRIVERS]
    return [
        Mark(driver.span.start, driver.span.end, f"{colour}-background")
        if driver.weight > 0
        else Mark(driver.span.start, driver.span.end, "gray-background", "*")
        for driver in strongest
        if abs(driver.weight) >= LEAST_WEIGHT
    ]
