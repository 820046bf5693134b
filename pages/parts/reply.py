"""The one way to draw what came out of a task, fresh from a job or read back from the log."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import StoreError
from core.types import FileResult, Reading, Reply, Summary, TableReading, Task, Translation
from pages.parts import rating, running
from pages.parts.plain import plain, plain_line
from pages.parts.reply_origin import draw_origin
from pages.parts.reply_summary import draw_summary
from pages.parts.reply_support import draw_reply
from pages.parts.reply_translate import draw_file, draw_translation
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

if TYPE_CHECKING:
    from core.jobs import JobView
    from core.journal import HistoryItem

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass(frozen=True)
class Shown:
    """One use as it is drawn."""

    interaction_id: str
    task: Task
    input_text: str
    text: str
    result: Any
    sentence: str = ""
    seconds: float | None = None


def of_job(view: JobView) -> Shown:
    """Return a job that is over as it is drawn."""
    from core.journal import output_text_of

    text = output_text_of(view.result) if view.result is not None else view.text
    return Shown(view.interaction_id, view.task, view.input_text, text, view.result, view.sentence, view.seconds)


def of_history(item: HistoryItem) -> Shown:
    """Return an earlier use as it is drawn."""
    return Shown(item.interaction_id, item.task, item.input_text, item.output_text, item.result, item.error)


def earlier(task: Task, without: str = "", limit: int = 10) -> list[Shown]:
    """Return the visitor's earlier uses of a task, newest first: this visit's, then what may be kept of others.

    While the database is away, this visit's alone: a page must not end at what it can do without.
    """
    visitor = visitor_id()
    shown = {view.interaction_id: of_job(view) for view in desk().recent(visitor, task, limit) if view.is_over}
    with suppress(StoreError):
        for item in desk().history(visitor, task, limit):
            if item.input_text:
                shown.setdefault(item.interaction_id, of_history(item))
    return [use for use in shown.values() if use.interaction_id != without][:limit]


def draw(use: Shown) -> None:
    """Draw a result with what it rests on, where it came from, and the bar to rate and correct it."""
    if use.sentence:
        st.warning(plain(use.sentence), icon=":material/info:")
    match use.result:
        case Reply():
            draw_reply(use.result, use.interaction_id)
        case Translation():
            draw_translation(use.result, use.interaction_id)
        case FileResult():
            draw_file(use.result, use.interaction_id)
        case Summary():
            draw_summary(use.result, use.input_text, use.interaction_id)
        case Reading():
            from pages.parts.reply_sentiment import draw_reading  # brings plotly and pandas, which no title waits for

            draw_reading(use.result, use.input_text, use.interaction_id)
        case TableReading():
            from pages.parts.reply_sentiment import draw_table

            draw_table(use.result, use.interaction_id)
        case _ if use.text:
            with st.container(key=f"copyable_rest_{use.interaction_id}"):
                st.code(use.text, language=None, wrap_lines=True)
        case _:
            return
    if use.result is not None:
        if use.result.note:
            st.caption(plain(use.result.note))
        draw_origin(use.result.origin, use.seconds, use.interaction_id)
        rating.bar(use.interaction_id, use.task, use.result, use.text)


def mark() -> Path:
    """Return the picture beside an answer in a conversation."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    return ASSETS / f"mark_{theme}.svg"


def empty(sentence: str) -> None:
    """Say what will be here, where nothing is yet."""
    with st.container(border=True, key="empty", height=190, vertical_alignment="center"):
        st.markdown(f":gray[{sentence}]", text_alignment="center")


def draw_view(view: JobView | None, promise: str) -> None:
    """Draw what stands beside an input: what will be here, the work in progress, or what came out of it."""
    if view is None:
        empty(promise)
    elif not view.is_over:
        running.watch(view.job_id)
    else:
        draw(of_job(view))


def draw_earlier(task: Task, without: str = "") -> None:
    """Draw the earlier uses of this visit, closed, newest first."""
    uses = earlier(task, without)
    if not uses:
        return
    st.subheader("Earlier answers", anchor=False)
    for use in uses:
        title = plain_line(use.input_text or use.text, 90) or "Without text"
        with st.expander(title, key=f"earlier_{use.interaction_id}", on_change="rerun") as opened:
            if opened.open:
                draw(use)
