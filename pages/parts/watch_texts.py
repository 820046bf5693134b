"""The texts of a monitor: searched, filtered, corrected, downloaded. Owns the keys that begin `watch_texts_`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.limits import MONITOR_TEXTS
from core.office.monitors import Choice
from core.tables import write_csv
from core.types import Member
from pages.parts.charts import LABELS, SIGNS
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.monitors import MonitorView, WatchedText

ON_A_PAGE = 10
COLUMNS = ("day", "product", "text", "read as", "corrected to", "negative")


def draw(who: Member, view: MonitorView, product: str) -> None:
    """Draw the texts that fit the filters, each with the way to correct its label, and the download of them all."""
    monitor_id = view.monitor.monitor_id
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Search", max_chars=100, key="watch_texts_words", icon=":material/search:", width=240)
        label = st.selectbox("Label", ("", *LABELS), format_func=_or_all, key="watch_texts_label", width=140)
        names = {one.aspect.aspect_id: one.aspect.name for one in view.aspects}
        aspect = st.selectbox(
            "Aspect", ("", *names), format_func=partial(_name, names), key="watch_texts_aspect", width=160
        )
        only = st.toggle("Corrected only", key="watch_texts_only")
    choice = Choice(product=product, aspect_id=aspect, label=label, words=words.strip(), only_said=only)
    total, _ = office().monitors.texts(who, monitor_id, choice, 0)
    pages = max(1, -(-total // ON_A_PAGE))
    page = min(int(st.session_state.get("watch_texts_page", 1)), pages)
    _, texts = office().monitors.texts(who, monitor_id, choice, ON_A_PAGE, (page - 1) * ON_A_PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{total:,} {'text' if total == 1 else 'texts'}**", width="content")
        if total:
            st.download_button(
                "Download CSV",
                lambda: _table(office().monitors.texts(who, monitor_id, choice, MONITOR_TEXTS)[1]),
                file_name="watched_texts.csv",
                key="watch_texts_csv",
                icon=":material/download:",
                on_click="ignore",
            )
    for text in texts:
        _draw_text(who, text)
    if pages > 1:
        st.pagination(pages, key="watch_texts_page")


def _draw_text(who: Member, text: WatchedText) -> None:
    with st.container(border=True):
        told = " · ".join(part for part in (text.day, plain_line(text.product)) if part)
        st.markdown(plain(text.text) + (f"\\\n:small[:gray[{told}]]" if told else ""))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if text.said and text.said != text.label:
                st.markdown(
                    f":small[~~{text.label}~~ **{SIGNS[text.stands]} {text.stands}**, corrected]", width="content"
                )
                if st.button("Undo", key=f"watch_undo_{text.text_id}", type="tertiary", icon=":material/undo:"):
                    office().monitors.correct(who, text.text_id, "")
                    st.rerun()
                return
            st.markdown(f":small[{SIGNS[text.label]} {text.label}, negative {text.negative:.0%}]", width="content")
            with st.popover("This label is wrong", type="tertiary", key=f"watch_wrong_{text.text_id}"):
                st.caption("It is really")
                for label in LABELS:
                    if label != text.label and st.button(
                        f"{SIGNS[label]} {label}", key=f"watch_fix_{label}_{text.text_id}"
                    ):
                        office().monitors.correct(who, text.text_id, label)
                        st.toast("Corrected; the chart counts it from now on.")
                        st.rerun()


def _table(texts: Sequence[WatchedText]) -> bytes:
    return write_csv(
        COLUMNS,
        [
            (
                one.day,
                one.product,
                one.text,
                one.label,
                one.said if one.said != one.label else "",
                f"{one.negative:.4f}",
            )
            for one in texts
        ],
    )


def _name(names: dict[str, str], aspect_id: str) -> str:
    return names.get(aspect_id, "All")


def _or_all(label: str) -> str:
    return label or "All"
