"""A table of texts: from a file or from the sample, with the columns to read. Owns the keys `table_*`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import press

if TYPE_CHECKING:
    from core.tables import Table

SAMPLE = Path(__file__).resolve().parents[2] / "assets" / "sample_data" / "reviews.csv"
NO_DATE = ""


@st.cache_data(show_spinner="Reading the table", max_entries=8)
def read(name: str, content: bytes) -> Table:
    """Return the table in a file, read once; raises UnreadableFile, UnsupportedFile, TooManyRows, EmptyInput."""
    from core.tables import read_table

    return read_table(name, content)


def take() -> tuple[Table, str, str] | None:
    """Draw the intake; return the table, its text column and date column once they are to be read."""
    file = st.file_uploader("CSV or XLSX, up to 100,000 rows", type=("csv", "xlsx"), key="table_file")
    if st.button(
        "Take sample reviews instead", key="table_sample_start", type="tertiary", icon=":material/table_view:"
    ):
        st.session_state["table_sample"] = True
    if file is not None:
        st.session_state["table_sample"] = False
        name, content = file.name, file.getvalue()
    elif st.session_state.get("table_sample"):
        name, content = SAMPLE.name, SAMPLE.read_bytes()
    else:
        return None
    from core.tables import guess_columns

    table = read(name, content)
    text_guess, date_guess = guess_columns(table)
    left, right = st.columns(2)
    text_column = left.selectbox("Column with the text", table.columns, index=table.columns.index(text_guess))
    dates = (NO_DATE, *table.columns)
    date_column = right.selectbox("Column with the date", dates, index=dates.index(date_guess), format_func=_date_name)
    st.dataframe(
        {column: [row[place] for row in table.rows[:5]] for place, column in enumerate(table.columns)},
        hide_index=True,
        alt="The first rows of the table",
    )
    if press.button(f"Read {len(table.rows):,} rows", key="table_start", type="primary"):
        return table, str(text_column), str(date_column or "")
    return None


def _date_name(column: str) -> str:
    return column or "None"
