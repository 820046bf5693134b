"""The rows of a dataset as they are trained on, and the figures of its card.

Owns the session keys that begin with `datasets_rows_`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.loop import LeftOut, Row, RowKind, Split
from core.office.datasets import Preview
from core.types import Member, Task
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

ROWS_A_PAGE = 6
SPLITS = {Split.TRAIN: "teach", Split.VALIDATION: "tune", Split.HELD_OUT: "examine"}
COLOURS = {Split.TRAIN: "green", Split.VALIDATION: "gray", Split.HELD_OUT: "orange"}
SOURCES = {
    "correction": "a visitor's correction",
    "rating": "an answer rated good",
    "company": "a reviewer's own answer",
    "monitor": "a label corrected in a monitor",
}
PLURALS = {
    "correction": "visitors' corrections",
    "rating": "answers rated good",
    "company": "reviewers' own answers",
    "monitor": "labels corrected in a monitor",
}
_CHARACTERS = 1_200
# What a founder can do about what was left out.
ADVICE = {
    LeftOut.NOT_APPROVED: "give a verdict under Review",
    LeftOut.HELD: "look at it under Review, Held",
    LeftOut.NO_PASSAGES: "the documents may lack it: see Knowledge",
}


def draw(who: Member, found: Preview) -> None:
    """Draw the preview: how rows are split, and each row in the form that is trained."""
    st.markdown(_shares(found.counts))
    if found.unsettled:
        st.caption(
            f"Of {found.unsettled:,} new {'row' if found.unsettled == 1 else 'rows'} the split is settled by freezing: "
            "texts that say nearly the same go together, so that nothing held out is ever taught."
        )
    with st.expander("Every row, as it is trained on", icon=":material/table_rows:", key="datasets_rows_all"):
        _browse(who, found)


def draw_left_out(left_out: Mapping[str, int]) -> None:
    """Draw what is not in it, and why."""
    if not left_out:
        return
    total = sum(left_out.values())
    with st.expander(f"{total:,} left out, and why", icon=":material/filter_alt_off:", key="datasets_rows_left_out"):
        for reason, count in left_out.items():
            advice = ADVICE.get(LeftOut(reason))
            st.markdown(f"- **{count:,}** {reason}" + (f" :gray[({advice})]" if advice else ""))


def draw_card(card: Mapping[str, Any]) -> None:
    """Draw the card of a dataset: what is in it, from whom, and what was left out."""
    visitors = card["visitors"]
    share = f"{visitors['most_share']:.0%}".replace("%", " %")
    st.markdown(
        f"{card['rows']:,} rows in {card['clusters']:,} clusters of texts that say nearly the same, by "
        f"{visitors['count']:,} visitors. The one who gave most gave {visitors['most_rows']:,} ({share}); "
        f"{visitors['cap']:,} was the most allowed. Personal data is masked in {card['masked']:,}."
    )
    tables = (
        ("Language", card["languages"]),
        ("From", {SOURCES.get(name, name): count for name, count in card["sources"].items()}),
        ("Label", card["labels"]),
        ("Segment", card["segments"]),
        ("Left out", card["left_out"]),
    )
    for title, counted in tables:
        if counted:
            st.dataframe(pd.DataFrame({title: list(counted), "Rows": list(counted.values())}), hide_index=True)


def _shares(counts: Mapping[Split, int]) -> str:
    return " ".join(f":{COLOURS[split]}-badge[{counts[split]:,} {word}]" for split, word in SPLITS.items())


def _browse(who: Member, found: Preview) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="datasets_rows_bar"):
        words = st.text_input(
            "Search",
            key="datasets_rows_words",
            placeholder="Search in all rows",
            label_visibility="collapsed",
            width=260,
        )
        split = st.selectbox(
            "Split",
            ("", *Split),
            format_func=_split_name,
            key="datasets_rows_split",
            label_visibility="collapsed",
            width=160,
        )
        room = office().datasets
        st.download_button(
            "Download",
            data=partial(room.export_preview, who, found.task, found.is_sample),
            file_name=f"hearback-{found.task.value}-preview.jsonl",
            mime="application/jsonl",
            key="datasets_rows_download",
            icon=":material/download:",
            on_click="ignore",
        )
    rows = _chosen(found.rows, words, split)
    if not rows:
        st.markdown(":gray[No row says that.]")
        return
    pages = -(-len(rows) // ROWS_A_PAGE)
    number = st.pagination(pages, key=f"datasets_rows_page_{hash((words, split, found.task))}") if pages > 1 else 1
    for row in rows[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]:
        with st.container(border=True, key=f"datasets_rows_{row.row_id}", gap="small"):
            _draw_row(row)


def _split_name(split: str) -> str:
    return f"To {SPLITS[Split(split)]}" if split else "All splits"


def _chosen(rows: Sequence[Row], words: str, split: str) -> list[Row]:
    wanted = words.casefold().strip()
    return [
        row
        for row in rows
        if (not split or row.split == split)
        and (not wanted or any(wanted in turn.content.casefold() for turn in row.messages))
    ]


def _draw_row(row: Row) -> None:
    languages = f"{row.source} → {row.target}" if row.target else row.language
    about = (SOURCES[row.source_kind], languages, row.segment, f"weight {row.weight:g}")
    st.markdown(
        f":{COLOURS[row.split]}-badge[{SPLITS[row.split]}] "
        + " · ".join(f":small[:gray[{plain_line(part)}]]" for part in about if part)
    )
    for turn in row.messages[:-1]:
        who = "Instruction" if turn.role == "system" else "Input"
        st.markdown(f":small[:gray[{who}]]\\\n{plain(_short(turn.content))}")
    right = "Label" if row.kind is RowKind.LABEL else "Right"
    st.markdown(f":small[:gray[{right}]]\\\n{plain(_short(row.output_text))}")
    if row.rejected:
        said = "Read as" if row.task is Task.SENTIMENT else "Not this"
        st.markdown(f":small[:gray[{said}]]\\\n:gray[{plain(_short(row.rejected))}]")


def _short(text: str) -> str:
    return text if len(text) <= _CHARACTERS else text[:_CHARACTERS].rstrip() + " …"
