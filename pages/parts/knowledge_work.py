"""What a founder started on the handbook, while it runs and once it is over. Owns the session key `knowledge_job`."""

from __future__ import annotations

import streamlit as st

from core.jobs import JobView
from core.office.knowledge import Published
from core.types import Member, Reply
from pages.parts import running
from pages.parts.plain import plain
from pages.parts.wiring import office

POLL_SECONDS = 0.4
JOB = "knowledge_job"


def start(job_id: str) -> None:
    """Show this job on the page from now on, and draw the page anew."""
    st.session_state[JOB] = job_id
    st.rerun()


def draw(who: Member) -> None:
    """Draw what runs, or what became of it; after a reload what still runs is found again."""
    view = current(who)
    if view is None:
        return
    if not view.is_over:
        _watch(who, view.job_id)
    elif view.state != "finished":
        st.error(plain(view.sentence), icon=":material/error:")
    elif isinstance(view.result, Published):
        asked = " Below each gap stands what it says to the questions now." if view.result.gaps else ""
        st.success(
            f"Revision {view.result.number} answers now, after {view.seconds:.1f} s.{asked}", icon=":material/check:"
        )


def current(who: Member) -> JobView | None:
    """Return the job that this page shows."""
    job_id = str(st.session_state.get(JOB, ""))
    view = office().knowledge.work(who, job_id)
    if view is None or (not job_id and view.is_over):
        return None
    st.session_state[JOB] = view.job_id
    return view


def forget() -> None:
    """Say nothing more of what is over: the drafts are others now."""
    st.session_state[JOB] = ""


def is_busy(who: Member) -> bool:
    """Return whether something runs, so that nothing else is started meanwhile."""
    view = current(who)
    return view is not None and not view.is_over


def tried(who: Member) -> tuple[str, Reply] | None:
    """Return the question that was tried last, and what the drafts say to it."""
    view = current(who)
    if view is None or not isinstance(view.result, Reply):
        return None
    return view.input_text, view.result


@st.fragment(run_every=POLL_SECONDS)
def _watch(who: Member, job_id: str) -> None:
    view = office().knowledge.work(who, job_id)
    if view is None or view.is_over:
        st.rerun()
    with st.container(key="knowledge_running"):
        running.draw_progress(view)
