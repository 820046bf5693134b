"""Trainings that wait or run, drawn live, and those that are over with what came of them.

Owns the session keys `runs_shown` and those that begin with `runs_cancel_`, `runs_again_` and `runs_compare_`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import HearbackError
from core.loop import Run, RunState
from core.types import Member
from pages.parts import charts, charts_training
from pages.parts.learning_runs_words import BADGES, details, duration, title
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.store.runs import RunEnd

POLL_SECONDS = 1.0
SHOWN = 8
USEFUL_HELD_OUT = 30
ACTIVE = (RunState.QUEUED, RunState.RUNNING)
LEAST_POINTS = 3


def draw_active(who: Member, runs: Sequence[Run]) -> None:
    """Draw what runs and what waits, if anything does."""
    seen = _stamp(runs)
    if seen:
        _watch(who, seen)


def draw_over(who: Member, runs: Sequence[Run]) -> None:
    """Draw the trainings that are over, newest first; raises HearbackError."""
    over = [run for run in runs if run.state not in ACTIVE]
    if not over:
        return
    st.subheader("Earlier trainings", anchor=False)
    shown = int(st.session_state.get("runs_shown", SHOWN))
    ends = office().training.ends(who, over[:shown])
    for run in over[:shown]:
        _draw_one(who, run, ends.get(run.artefact_id))
    if len(over) > shown and st.button("Show more", key="runs_more"):
        st.session_state["runs_shown"] = shown + SHOWN
        st.rerun()


def open_section(section: str, artefact_id: str = "") -> None:
    """Lead to another section of the page, and there to an artefact."""
    st.session_state["learning_section"] = section
    if artefact_id:
        st.session_state["compare_artefact"] = artefact_id


def _stamp(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    return tuple((run.run_id, run.state.value) for run in runs if run.state in ACTIVE)


@st.fragment(run_every=POLL_SECONDS)
def _watch(who: Member, seen: tuple[tuple[str, str], ...]) -> None:
    """Show how far the trainings are until one begins or ends, then draw the whole page once more."""
    try:
        runs = office().training.runs(who)
        if _stamp(runs) != seen:
            st.rerun()
        active = [run for run in runs if run.state in ACTIVE]
        for run in sorted(active, key=lambda run: (run.state is not RunState.RUNNING, run.created_at)):
            _draw_active(who, run)
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")


def _draw_active(who: Member, run: Run) -> None:
    with st.container(border=True):
        _draw_top(run)
        if run.state is RunState.RUNNING:
            _draw_progress(run)
        is_stopping = run.is_stopping and run.state is RunState.RUNNING
        label = "Stopping" if is_stopping else "Cancel"
        if st.button(label, key=f"runs_cancel_{run.run_id}", icon=":material/stop_circle:", disabled=is_stopping):
            office().training.cancel(who, run.run_id)
            st.rerun()
        if run.state is RunState.RUNNING:
            st.caption(
                "It goes on while you look at other pages. Answers come first: training takes the time that they "
                "leave. Closing Hearback pauses it, and the next start goes on."
            )


def _draw_progress(run: Run) -> None:
    now = run.progress
    # A run is told to be running a moment before its process says what it does.
    doing = "Getting ready" if now.doing.startswith("waiting") else plain_line(now.doing[:1].upper() + now.doing[1:])
    doing = doing or "Working"
    if now.steps:
        left = f" · {duration(now.seconds_left)} left" if now.seconds_left is not None else ""
        st.progress(min(1.0, now.step / now.steps), text=f"{doing} · {now.step:,} of {now.steps:,}{left}")
    else:
        st.markdown(f":shimmer[{doing}]")
    _draw_losses(run)


def _draw_losses(run: Run) -> None:
    now = run.progress
    if len(now.losses) < LEAST_POINTS:
        return
    figure = charts_training.losses(now.losses, now.validation_losses)
    charts.draw(figure, f"runs_losses_{run.run_id}", "Loss by step, of the rows learned from and of validation rows")


def _draw_top(run: Run) -> None:
    word, colour, icon = BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{title(run)}**", width="content")
        st.badge(word, color=colour, icon=icon)  # type: ignore[arg-type]
        if run.is_sample:
            st.badge("sample", color="orange", icon=":material/science:")
    st.caption(plain_line(details(run), 200))


def _draw_one(who: Member, run: Run, end: RunEnd | None) -> None:
    with st.container(border=True):
        _draw_top(run)
        if run.state is not RunState.FINISHED and run.error:
            st.markdown(plain(run.error))
        elif end is not None and end.sentence:
            mark = ":green-badge[:material/trending_up: better]" if end.is_promotable else ":gray-badge[kept out]"
            st.markdown(f"{mark} {plain(end.sentence)}")
        elif run.artefact_id:
            st.markdown("It has learned, and was not compared with what serves yet.")
        with st.container(horizontal=True):
            if run.artefact_id:
                st.button("Compare", key=f"runs_compare_{run.run_id}", icon=":material/compare_arrows:",
                          on_click=open_section, args=("Compare", run.artefact_id))  # fmt: skip
            if run.state is not RunState.FINISHED and st.button(
                "Try again", key=f"runs_again_{run.run_id}", icon=":material/replay:"
            ):
                office().training.again(who, run.run_id)
                st.rerun()
        if len(run.progress.losses) >= LEAST_POINTS:
            with st.expander("How it learned", icon=":material/show_chart:"):
                _draw_losses(run)
        if run.state is RunState.FAILED and (log := office().training.log(who, run.run_id)):
            with st.expander("The last lines of its log", icon=":material/terminal:"):
                st.code(log, language=None, wrap_lines=True)
