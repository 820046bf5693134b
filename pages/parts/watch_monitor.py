"""One monitor: its reading in progress, the sentence that matters, its course, and what can be set.

Owns the session keys `watch_monitor`, `watch_product`, `watch_section` and those that begin with `watch_set_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.tables import write_csv
from core.types import Member
from pages.parts import (
    charts,
    charts_sentiment,
    running,
    table_intake,
    watch_aspects,
    watch_check,
    watch_compare,
    watch_list,
    watch_spikes,
    watch_texts,
)
from pages.parts.plain import plain, plain_line
from pages.parts.watch_words import basis, headline, percent
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.monitors import MonitorView

POLL_SECONDS = 0.5
SECTIONS = {
    "What stands out": watch_spikes.draw,
    "Aspects": watch_aspects.draw,
    "Compare": watch_compare.draw,
    "Texts": watch_texts.draw,
    "How sure": watch_check.draw,
}


def draw(who: Member, monitor_id: str) -> None:
    """Draw the monitor; raises HearbackError."""
    office().monitors.read_if_due(who, monitor_id)
    product = st.session_state.get(f"watch_product_{monitor_id}") or ""
    view = office().monitors.view(who, monitor_id, product)
    _draw_top(who, view)
    _draw_reading(who, view)
    watch_list.problems(view.monitor.settings.get("problems", []))
    if not view.monitor.texts - view.monitor.unread:
        return
    st.markdown(headline(view))
    st.caption(basis(view))
    _draw_readers(who, view)
    if view.products:
        st.pills("Product", view.products, key=f"watch_product_{monitor_id}", label_visibility="collapsed")
    _draw_line(view)
    _draw_course(view)
    section = st.pills(
        "Look at", tuple(SECTIONS), default="What stands out", required=True, key="watch_section",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    SECTIONS[section or "What stands out"](who, view, product)


def _draw_top(who: Member, view: MonitorView) -> None:
    monitor = view.monitor
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("All monitors", key="watch_back", icon=":material/arrow_back:", type="tertiary"):
            watch_list.open_monitor("")
        st.subheader(plain_line(monitor.name), anchor=False, width="stretch")
        if monitor.is_sample:
            st.badge("sample", color="gray")
        if monitor.kind == "folder":
            if st.button("Read again", key="watch_reread", icon=":material/refresh:"):
                office().monitors.read(who, monitor.monitor_id)
                st.rerun()
        else:
            with st.popover("Add rows", icon=":material/upload_file:"):
                _draw_append(who, view)
        with st.popover("Alert line", icon=":material/notifications:"):
            _draw_line_form(who, view)
        with st.popover("Delete", icon=":material/delete:", type="tertiary"):
            _confirm(who, view)


def _draw_readers(who: Member, view: MonitorView) -> None:
    """Offer to read all texts with the head that serves now, where another has read some: only then they compare."""
    others = sum(one.texts for one in view.readers if not one.is_live)
    job = office().monitors.progress(who, view.monitor.monitor_id)
    if not others or (job is not None and not job.is_over):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{others:,} texts were read by a head that does not serve any more.", width="content")
        if st.button("Read all again", key="watch_read_all", icon=":material/refresh:"):
            office().monitors.read_again(who, view.monitor.monitor_id)
            st.rerun()


def _confirm(who: Member, view: MonitorView) -> None:
    st.markdown(
        f"{plain_line(view.monitor.name)} goes with its {view.monitor.texts:,} texts, readings and corrections. "
        "This cannot be undone."
    )
    if st.button("Delete it", key="watch_delete_sure", type="primary"):
        office().monitors.remove(who, view.monitor.monitor_id)
        watch_list.open_monitor("")


def _draw_append(who: Member, view: MonitorView) -> None:
    monitor = view.monitor
    st.caption(f"With the column {plain_line(monitor.text_column)}. Rows that are here already are not taken twice.")
    file = st.file_uploader("CSV or XLSX", type=("csv", "xlsx", "tsv"), key=f"watch_set_file_{monitor.monitor_id}")
    if file is not None and st.button("Add what is new", key="watch_append", type="primary"):
        table = table_intake.read(file.name, file.getvalue())
        added = office().monitors.append(who, monitor.monitor_id, table, file.name)
        st.toast(f"{added:,} new rows, {len(table.rows) - added:,} were here or hold no text.")
        st.rerun()


def _draw_line_form(who: Member, view: MonitorView) -> None:
    monitor_id = view.monitor.monitor_id
    st.caption("Say from which share of negative texts on this needs you.")
    now = round((view.line or 0.3) * 100)
    line = st.number_input("Line in %", 1, 99, now, key=f"watch_set_line_{monitor_id}")
    with st.container(horizontal=True):
        if st.button("Set the line", key="watch_line_set", type="primary"):
            office().monitors.set_line(who, monitor_id, line / 100)
            st.rerun()
        if view.line is not None and st.button("No line", key="watch_line_none"):
            office().monitors.set_line(who, monitor_id, None)
            st.rerun()


def _draw_line(view: MonitorView) -> None:
    if view.line is None:
        return
    if view.above_since:
        st.warning(
            f"Above your line of {percent(view.line)} since {view.above_since:%d %b %Y}: since then the lower end of "
            "the band has stayed above it.",
            icon=":material/notification_important:",
        )
    else:
        st.caption(f"Not above your line of {percent(view.line)}: the lower end of the band is below it.")


def _draw_reading(who: Member, view: MonitorView) -> None:
    monitor_id = view.monitor.monitor_id
    job = office().monitors.progress(who, monitor_id)
    if job is not None and not job.is_over:
        _watch_reading(who, monitor_id)
        return
    if job is not None and job.state == "failed":
        st.error(plain(job.sentence), icon=":material/error:")
    if view.monitor.unread:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{view.monitor.unread:,} of {view.monitor.texts:,} texts wait to be read.", width="content")
            if st.button("Go on reading", key="watch_go_on", icon=":material/play_arrow:"):
                office().monitors.read(who, monitor_id)
                st.rerun()


@st.fragment(run_every=POLL_SECONDS)
def _watch_reading(who: Member, monitor_id: str) -> None:
    """Show how far the reading is until it is over, then draw the whole page once more."""
    job = office().monitors.progress(who, monitor_id)
    if job is None or job.is_over:
        st.rerun()
    running.draw_progress(job)
    if st.button("Stop", key=f"watch_stop_{monitor_id}", icon=":material/stop_circle:"):
        office().monitors.stop(who, monitor_id)
    st.caption("What is read stays; this goes on while you look at other pages.")


def _draw_course(view: MonitorView) -> None:
    points = view.course.points
    if len(points) < 2:
        if view.undated and not points:
            st.caption("These texts have no dates, so there is no course over time.")
        return
    figure = charts_sentiment.negative_share(view.course, view.line, view.recent.share.is_adjusted)
    charts.draw(figure, f"watch_course_{view.monitor.monitor_id}", "Share of negative texts over time with its band")
    undated = f" {view.undated:,} texts have no date and are not in it." if view.undated else ""
    lines = " Solid: set right for the classifier's errors. Dotted: as labelled."
    st.caption(
        "Triangles depart from the recent level beyond chance; grey points rest on fewer than 30 texts."
        + (lines if view.recent.share.is_adjusted else "")
        + undated
    )
    with st.expander("As a table"):
        rows = [
            (
                point.start.isoformat(),
                point.share.n,
                round(point.share.value, 4),
                round(point.share.low, 4),
                round(point.share.high, 4),
                round(point.share.raw, 4),
                {1: "up", -1: "down"}.get(point.direction, ""),
            )
            for point in points
        ]
        names = (view.course.unit, "n", "share", "low", "high", "as labelled", "departs")
        st.dataframe({name: [row[place] for row in rows] for place, name in enumerate(names)}, hide_index=True)
        st.download_button(
            "Download CSV",
            lambda: write_csv(names, [tuple(str(cell) for cell in row) for row in rows]),
            file_name="sentiment_watch.csv",
            key="watch_course_csv",
            icon=":material/download:",
            on_click="ignore",
        )
