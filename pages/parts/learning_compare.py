"""Whether what was trained is better than what serves: the gate's word first, then its checks, figures, items, votes.

Owns the session keys `compare_artefact`, which candidate is looked at (other sections set it to lead here), and all
others that begin with `compare_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import NotYours
from core.types import Member
from pages.parts import (
    learning_compare_deeds,
    learning_compare_figures,
    learning_compare_items,
    learning_compare_thresholds,
    learning_compare_votes,
    running,
)
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.comparison import Line, View

POLL_SECONDS = 0.5
ICONS = {
    "promote": "check_circle",
    "keep": "block",
    "not enough to tell": "hourglass_empty",
    "compare again": "refresh",
}
# What the gate's word means in the list of candidates.
DECISIONS = {
    "promote": "may be promoted",
    "keep": "kept out",
    "not enough to tell": "not enough to tell",
    "compare again": "to be compared again",
}
# What holds a candidate back comes first.
STATES = {
    "failed": (":red[:material/cancel:]", "failed"),
    "unknown": (":orange[:material/help:]", "cannot tell yet"),
    "passed": (":green[:material/check_circle:]", "passed"),
}
FIGURES, ITEMS, VOTE = "Figures", "Items", "Vote blindly"


def draw(who: Member) -> None:
    """Draw the section; raises HearbackError."""
    lines = office().comparison.candidates(who)
    if not lines:
        _draw_empty()
        return
    chosen = _chosen(lines)
    if _is_comparing(who, chosen):
        return
    view = office().comparison.of(who, chosen)
    if view.evaluation is None or view.verdict is None:
        st.markdown(f"**{_upper(plain_line(view.artefact.name))} was not compared with what serves yet.**")
        _draw_again(who, view, "Compare now")
        return
    icon = ICONS.get(view.verdict.decision, "info")
    st.markdown(f":material/{icon}: **{plain(view.verdict.sentence)}**")
    _draw_about(view)
    learning_compare_deeds.draw(who, view)
    if view.is_stale or view.newer_dataset:
        _draw_again(who, view, "Compare again")
    _draw_checks(view)
    _draw_parts(who, view)
    learning_compare_thresholds.draw(who)


def _draw_empty() -> None:
    st.markdown("**Nothing was trained yet, so there is nothing to compare.**")
    with st.container(border=True, key="compare_empty"):
        st.markdown(
            "After a training, what came of it meets what serves on texts that neither has seen. It may only serve "
            "if it answers them better, and here is why or why not."
        )
        st.button("Go to Training", key="compare_to_training", type="primary", icon=":material/model_training:",
                  on_click=_to_training)  # fmt: skip


def _to_training() -> None:
    st.session_state["learning_section"] = "Training"


def _chosen(lines: tuple[Line, ...]) -> str:
    """Let a candidate be chosen; what another section leads to comes first."""
    labels = {line.artefact.artefact_id: _label(line) for line in lines}
    if st.session_state.get("compare_artefact") not in labels:
        st.session_state["compare_artefact"] = next(iter(labels))
    return str(st.selectbox("Candidate", labels, format_func=labels.__getitem__, key="compare_artefact"))


def _label(line: Line) -> str:
    """Return what a candidate is called in the list; only names of ours stand in it, and a segment as plain text."""
    one = line.artefact
    state = one.state if one.state != "candidate" else DECISIONS.get(line.decision, "not compared yet")
    parts = [
        _upper(one.name),
        *([one.segment] if one.segment else []),
        str(state),
        *(["sample company"] if one.is_sample else []),
    ]
    return " · ".join(parts)


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _draw_about(view: View) -> None:
    assert view.evaluation is not None  # noqa: S101 - narrows the type; the caller has looked
    dataset = f"{view.evaluation.created_at:%d %b %Y, %H:%M} UTC"
    name = _upper(plain_line(view.artefact.name))
    st.caption(
        f"{name} against {plain_line(view.rival_name)}, on {view.evaluation.figures['n']} "
        f"held-out items with the memory off, {dataset}."
        if "rival" in view.evaluation.figures
        else f"Compared {dataset}."
    )


def _draw_checks(view: View) -> None:
    assert view.verdict is not None  # noqa: S101 - narrows the type; the caller has looked
    passed = sum(check.state == "passed" for check in view.verdict.checks)
    is_open = not view.verdict.is_promotable
    label = f"Checks: {passed} of {len(view.verdict.checks)} passed"
    with st.expander(label, expanded=is_open, icon=":material/checklist:"):
        for check in sorted(view.verdict.checks, key=lambda one: list(STATES).index(one.state)):
            icon, word = STATES[check.state]
            st.markdown(f"{icon} **{plain_line(check.name)}** :small[{word}]  \n{plain(check.words)}")


def _draw_parts(who: Member, view: View) -> None:
    assert view.evaluation is not None  # noqa: S101 - narrows the type; the caller has looked
    if "metrics" not in view.evaluation.figures:
        st.caption("There are no figures: some scores were not numbers.")
        return
    part = st.segmented_control(
        "Look at", (FIGURES, ITEMS, VOTE), default=FIGURES, required=True, key="compare_part", persist_state="session"
    )
    if part == ITEMS:
        learning_compare_items.draw(who, view)
    elif part == VOTE:
        learning_compare_votes.draw(who, view)
    else:
        learning_compare_figures.draw(view)


def _draw_again(who: Member, view: View, label: str) -> None:
    if view.is_serving:
        return
    why = ""
    if view.is_stale:
        why = "Something else serves since then."
    elif view.newer_dataset:
        why = f"Dataset {view.newer_dataset} is newer and may hold more items to compare on."
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(label, key="compare_again", icon=":material/compare_arrows:"):
            job_id = office().comparison.start(who, view.artefact.artefact_id)
            st.session_state[f"compare_job_{view.artefact.artefact_id}"] = job_id
            st.rerun()
        if why:
            st.caption(why)


def _is_comparing(who: Member, artefact_id: str) -> bool:
    """Draw a comparison that runs, and return whether one does; of one that failed, say why."""
    key = f"compare_job_{artefact_id}"
    job_id = st.session_state.get(key)
    if not job_id:
        return False
    try:
        job = office().comparison.work(who, job_id)
    except NotYours:  # the server was started anew
        st.session_state.pop(key)
        return False
    if not job.is_over:
        _watch(who, job_id)
        return True
    if job.state != "finished":
        st.error(plain(job.sentence), icon=":material/error:")
    return False


@st.fragment(run_every=POLL_SECONDS)
def _watch(who: Member, job_id: str) -> None:
    try:
        job = office().comparison.work(who, job_id)
    except NotYours:
        st.rerun()
    if job.is_over:
        st.rerun()
    with st.container(key="compare_running"):
        running.draw_progress(job)
        if st.button("Stop", key="compare_stop", icon=":material/stop_circle:"):
            office().comparison.stop(who, job_id)
