"""A use in progress: found again after a click, a page switch or a reload, and shown while it runs.

Owns the session keys `running_<task>`: the id of the job that the page of this task shows.
"""

from __future__ import annotations

import streamlit as st

from core.errors import NotYours
from core.jobs import JobView
from core.types import Task
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

POLL_SECONDS = 0.4


def attach(task: Task, job_id: str) -> None:
    """Show this job on the page of its task from now on, and draw the page anew."""
    st.session_state[f"running_{task}"] = job_id
    st.rerun()


def attached(task: Task) -> JobView | None:
    """Return the job that this page shows: the one asked for here, or after a reload the visitor's newest."""
    key = f"running_{task}"
    visitor = visitor_id()
    job_id = st.session_state.get(key, None)
    if job_id is None:
        job_id = desk().latest(visitor, task) or ""
        st.session_state[key] = job_id
    try:
        return desk().look(visitor, job_id) if job_id else None
    except NotYours:  # the server was started anew, or the job was long ago
        st.session_state[key] = ""
        return None


@st.fragment(run_every=POLL_SECONDS)
def watch(job_id: str) -> None:
    """Show a job until it is over, then draw the whole page once more."""
    visitor = visitor_id()
    try:
        view = desk().look(visitor, job_id)
    except NotYours:
        st.rerun()
    if view.is_over:
        st.rerun()
    draw_progress(view)
    is_stopping = bool(st.session_state.get(f"running_stopped_{job_id}"))
    label = "Stopping" if is_stopping else "Stop"
    if st.button(label, key=f"running_stop_{job_id}", icon=":material/stop_circle:", disabled=is_stopping):
        desk().stop(visitor, job_id)
        st.session_state[f"running_stopped_{job_id}"] = True
        st.rerun(scope="fragment")


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
