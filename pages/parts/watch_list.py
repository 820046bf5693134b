"""All monitors, which are above their line, and how one begins. Owns the session keys that begin `watch_new_`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.limits import MONITOR_NAME_CHARACTERS, MONITOR_TEXTS
from core.office.monitors import Columns
from core.tables import guess_columns
from core.types import Member
from pages.parts import table_intake
from pages.parts.plain import plain, plain_line
from pages.parts.reply import empty
from pages.parts.watch_words import percent, range_of
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.monitors import MonitorView

SAMPLE_NAME = "Sample reviews"
NONE = ""
TABLE, FOLDER = "A table", "A folder"


def draw(who: Member) -> None:
    """Draw all monitors with their shares and lines, or what will be here, and the way to a new one."""
    views = office().monitors.all(who)
    if not views:
        empty("Your reviews, tickets or survey answers will be here: how many are negative, since when, and why.")
    else:
        st.markdown(_sentence(views))
        for view in views:
            _draw_row(view)
    has_sample = any(view.monitor.is_sample for view in views)
    if not has_sample and st.button(
        "Try it with sample reviews",
        key="watch_sample",
        icon=":material/science:",
        type="tertiary" if views else "primary",
    ):
        content = table_intake.SAMPLE.read_bytes()
        table = table_intake.read(table_intake.SAMPLE.name, content)
        columns = Columns("review", "date", "product")
        open_monitor(office().monitors.add_table(who, SAMPLE_NAME, table, columns, table_intake.SAMPLE.name, True))
    with st.expander("New monitor", icon=":material/add:", expanded=not views):
        _draw_new(who)


def open_monitor(monitor_id: str) -> None:
    """Show this monitor from now on."""
    st.session_state["watch_monitor"] = monitor_id
    st.rerun()


def _sentence(views: tuple[MonitorView, ...]) -> str:
    own = [view for view in views if not view.monitor.is_sample] or list(views)
    above = [view for view in own if view.is_above]
    lined = sum(view.line is not None for view in own)
    if above:
        worst = max(above, key=lambda view: view.recent.share.low)
        since = f", since {worst.above_since:%d %b %Y}" if worst.above_since else ""
        return (
            f"**{len(above)} of {len(own)} {'is' if len(above) == 1 else 'are'} above the line: "
            f"{plain_line(worst.monitor.name)}, {percent(worst.recent.share.value)} negative "
            f"({range_of(worst.recent.share)}, n = {worst.recent.share.n:,}){since}.**"
        )
    if lined:
        return f"**None of {lined} {'monitor' if lined == 1 else 'monitors'} with a line is above it.**"
    return (
        f"**{len(own)} {'monitor' if len(own) == 1 else 'monitors'}, none with an alert line yet.** Open one to set it."
    )


def _draw_row(view: MonitorView) -> None:
    monitor, share = view.monitor, view.recent.share
    with st.container(border=True):
        name, figure, line, read = st.columns([3, 3, 2, 2], vertical_alignment="center")
        with name:
            badge = " :gray-badge[sample]" if monitor.is_sample else ""
            st.markdown(f"**{plain_line(monitor.name)}**{badge}")
            if st.button("Open", key=f"watch_open_{monitor.monitor_id}", icon=":material/arrow_forward:"):
                open_monitor(monitor.monitor_id)
        if share.is_enough:
            figure.markdown(f"**{percent(share.value)} negative**\\\n:small[{range_of(share)}, n = {share.n:,}]")
        else:
            figure.markdown(f":gray[not enough yet, n = {share.n:,}]")
        if view.is_above:
            line.markdown(f":orange-badge[:material/notification_important: above {percent(view.line or 0)}]")
        else:
            line.markdown(f":gray[line {percent(view.line)}]" if view.line else ":gray[no line]")
        unread = f"\\\n{monitor.unread:,} to read" if monitor.unread else ""
        read.markdown(f":small[:gray[{monitor.texts:,} texts\\\nread {when(monitor.read_at)}{unread}]]")


def when(moment: datetime | None) -> str:
    """Return a time in UTC as people write it."""
    return f"{moment:%d %b %Y, %H:%M} UTC" if moment else "not yet"


def _draw_new(who: Member) -> None:
    st.caption(f"Texts of a table or of a folder on the server, up to {MONITOR_TEXTS:,}. A row is read once, ever.")
    kind = st.segmented_control(
        "Where the texts come from", (TABLE, FOLDER), default=TABLE, required=True, key="watch_new_kind"
    )
    if kind == TABLE:
        _draw_new_table(who)
    else:
        _draw_new_folder(who)


def _draw_new_table(who: Member) -> None:
    file = st.file_uploader("CSV or XLSX", type=("csv", "xlsx", "tsv"), key="watch_new_file")
    if file is None:
        return
    table = table_intake.read(file.name, file.getvalue())
    text_guess, date_guess = guess_columns(table)
    name = st.text_input(
        "Name", Path(file.name).stem[:MONITOR_NAME_CHARACTERS], MONITOR_NAME_CHARACTERS, key="watch_new_name"
    )
    maybe = (NONE, *table.columns)
    left, middle, right = st.columns(3)
    text = left.selectbox("Text", table.columns, table.columns.index(text_guess), key="watch_new_text")
    day = middle.selectbox("Date", maybe, maybe.index(date_guess), format_func=_or_none, key="watch_new_date")
    product = right.selectbox("Product", maybe, 0, format_func=_or_none, key="watch_new_product")
    if st.button(f"Watch these {len(table.rows):,} rows", key="watch_new_start", type="primary"):
        columns = Columns(str(text), day or "", product or "")
        open_monitor(office().monitors.add_table(who, name, table, columns, file.name))


def _draw_new_folder(who: Member) -> None:
    folders = office().monitors.folders(who)
    if not folders:
        st.markdown(
            "There is no folder to watch yet. Put one into `watch` in the data folder of this server, or say with "
            "`HEARBACK_WATCH` where such folders lie. Only folders in there can be chosen."
        )
        return
    st.caption(
        "Tables give a text a row; text, PDF and Word files a text a paragraph, dated by a 2026-03-01 in their name."
    )
    with st.form("watch_new_folder", border=False):
        folder = st.selectbox("Folder", folders)
        name = st.text_input("Name", max_chars=MONITOR_NAME_CHARACTERS, placeholder="Such as: Support inbox")
        left, middle, right = st.columns(3)
        text = left.text_input("Column with the text", "text", 80)
        day = middle.text_input("Column with the date", "date", 80)
        product = right.text_input("Column with the product", "", 80)
        if st.form_submit_button("Watch this folder", type="primary"):
            columns = Columns(text.strip(), day.strip(), product.strip())
            open_monitor(office().monitors.add_folder(who, name or str(folder), str(folder), columns))


def _or_none(column: str) -> str:
    return column or "None"


def problems(sentences: list[str]) -> None:
    """Say which files of a folder were left out, and why."""
    if sentences:
        listed = "\n".join(f"- {plain(sentence)}" for sentence in sentences[:10])
        st.warning(f"{len(sentences)} {'file was' if len(sentences) == 1 else 'files were'} left out:\n\n{listed}")
