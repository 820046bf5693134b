"""A use in progress: found again after a click, a page switch or a reload, and shown while it runs.

Owns the session keys `running_<task>`: the id of the job that the page of this task shows.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import NotYours
from core.types import Task
from pages.parts import press
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

if TYPE_CHECKING:
    from core.jobs import JobView

# How often a page looks: often while something is about to begin or text is coming, seldom while there is little to
# see. Every look is a run of the fragment, and with hundreds of tabs open these are what the server is busy with.
POLL_SECONDS = 0.4
SOON_SECONDS = 3.0
LATER_POLL_SECONDS = 0.8
SLOW_POLL_SECONDS = 2.0
YOUNG_SECONDS = 6.0
OLD_SECONDS = 20.0


def attach(task: Task, start: Callable[[], str]) -> None:
    """Start a job, show it on the page of its task from now on, and draw the page anew. Raises what `start` raises."""
    with press.undisturbed():
        st.session_state[f"running_{task}"] = start()
    st.rerun()


def attached(task: Task) -> JobView | None:
    """Return the job that this page shows: the one asked for here, or after a reload the visitor's newest."""
    key = f"running_{task}"
    visitor = visitor_id()
    desk().expect(task)
    job_id = st.session_state.get(key, None)
    if job_id is None:
        job_id = desk().latest(visitor, task) or ""
        st.session_state[key] = job_id
    try:
        return desk().look(visitor, job_id) if job_id else None
    except NotYours:  # the server was started anew, or the job was long ago
        st.session_state[key] = ""
        return None


@st.fragment(run_every=SLOW_POLL_SECONDS)
def watch(job_id: str) -> None:
    """Show a job until it is over, then draw the whole page once more."""
    view = _looked_at(job_id)
    seconds = poll_seconds(view)
    if seconds < SLOW_POLL_SECONDS:  # a second clock within this one, which goes as it is needed now
        st.fragment(_watch_closely, run_every=seconds)(job_id)
    else:
        _draw_with_stop(view)


def poll_seconds(view: JobView) -> float:
    """Return how long to wait until the next look at a job."""
    if view.state == "waiting":
        return POLL_SECONDS if view.wait_seconds < SOON_SECONDS else SLOW_POLL_SECONDS
    if view.seconds < YOUNG_SECONDS:
        return POLL_SECONDS
    return LATER_POLL_SECONDS if view.seconds < OLD_SECONDS else SLOW_POLL_SECONDS


def _watch_closely(job_id: str) -> None:
    _draw_with_stop(_looked_at(job_id))


def _looked_at(job_id: str) -> JobView:
    """Return the job, or draw the whole page anew where there is nothing left to watch."""
    try:
        view = desk().look(visitor_id(), job_id)
    except NotYours:
        st.rerun()
    if view.is_over:
        st.rerun()
    return view


def _draw_with_stop(view: JobView) -> None:
    draw_progress(view)
    is_stopping = bool(st.session_state.get(f"running_stopped_{view.job_id}"))
    st.button(
        "Stopping" if is_stopping else "Stop",
        key=f"running_stop_{view.job_id}",
        icon=":material/stop_circle:",
        disabled=is_stopping,
        on_click=_stop,
        args=(view.job_id,),
    )


def _stop(job_id: str) -> None:
    with suppress(NotYours):
        desk().stop(visitor_id(), job_id)
    st.session_state[f"running_stopped_{job_id}"] = True


def draw_progress(view: JobView) -> None:
    """Draw what is being done, how far it is, and all of the text so far."""
    if view.state == "waiting" and (view.place or view.wait_seconds >= 1):
        ahead = f"Waiting: {view.place} ahead of you" if view.place else "Waiting: you are next"
        soon = f" · about {view.wait_seconds:.0f} s" if view.wait_seconds >= 1 else ""
        st.markdown(f":shimmer[{ahead}] :small[{soon}]")
    elif view.total:
        share = min(1.0, view.done / view.total)
        st.progress(share, text=plain(f"{view.doing[:1].upper()}{view.doing[1:]}") + f" · {view.seconds:.0f} s")
    else:
        st.markdown(f":shimmer[{plain(view.doing) if view.doing else 'Working'}] :small[{view.seconds:.0f} s]")
    if view.text:
        with st.container(key=f"copyable_running_{view.job_id}"):
            st.code(view.text, language=None, wrap_lines=True)
