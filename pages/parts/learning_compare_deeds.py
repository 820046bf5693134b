"""Promote, keep, or promote against the gate with a reason. Owns the session keys that begin with `compare_serve_`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.types import Member
from pages.parts import press, running
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.comparison import View

LEAST_REASON, MOST_REASON = 10, 500
POLL_SECONDS = 0.5


def draw(who: Member, view: View) -> None:
    """Draw what can be done with the candidate, or how far it is; raises HearbackError."""
    key = f"compare_serve_{view.artefact.artefact_id}"
    job = office().registry.work(who, st.session_state[key]) if key in st.session_state else None
    if job is not None and not job.is_over:
        _watch(who, job.job_id)
        return
    if job is not None and job.state != "finished":
        st.error(plain(job.sentence), icon=":material/error:")
    if job is not None and job.state == "finished" and st.session_state.get(f"{key}_seen") != job.job_id:
        st.session_state[f"{key}_seen"] = job.job_id
        st.rerun()  # what was read before it ended says otherwise
    if view.is_serving:
        name = plain_line(view.artefact.name)
        st.success(
            f"{name[:1].upper() + name[1:]} serves now. Its figures are those of before.", icon=":material/bolt:"
        )
        return
    assert view.verdict is not None  # noqa: S101 - narrows the type; the caller has looked
    assert view.evaluation is not None  # noqa: S101 - the same
    is_promotable, evaluation_id = view.verdict.is_promotable, view.evaluation.evaluation_id
    with st.container(horizontal=True, key="compare_deeds"):
        if press.button(
            "Promote",
            key=f"compare_promote_{evaluation_id}",
            type="primary" if is_promotable else "secondary",
            icon=":material/rocket_launch:",
            disabled=not is_promotable,
            help="It serves from the next request on, and can be rolled back by one click."
            if is_promotable
            else "The gate says no; the sentence above and the checks below say why.",
        ):
            with press.undisturbed():
                st.session_state[key] = office().registry.promote(who, view.artefact.artefact_id, evaluation_id)
            st.rerun()
        if st.button("Keep what serves", key="compare_keep", icon=":material/pan_tool:"):
            office().comparison.keep(who, view.artefact.artefact_id)
            st.toast("Noted: what serves stays. The candidate remains here.", icon=":material/check:")
    # What learned from the sample company serves nobody, whatever the reason.
    if not is_promotable and not view.artefact.is_sample:
        _draw_override(who, view, key)


def _draw_override(who: Member, view: View, key: str) -> None:
    with st.expander("Promote against the gate", icon=":material/gavel:"):
        st.markdown("Your reason is kept in the audit log with your name, and stands beside what serves.")
        with st.form("compare_override_form", border=False):
            reason = st.text_area(
                f"Why should it serve all the same? ({LEAST_REASON} characters or more)",
                max_chars=MOST_REASON,
                key="compare_reason",
                height=90,
            )
            is_sent = st.form_submit_button("Promote all the same", icon=":material/gavel:")
        if is_sent:
            if len(reason.strip()) < LEAST_REASON:
                st.info(f"Write at least {LEAST_REASON} characters of reason first.", icon=":material/info:")
                return
            st.session_state[key] = office().registry.override(who, view.artefact.artefact_id, reason)
            st.rerun()


@st.fragment(run_every=POLL_SECONDS)
def _watch(who: Member, job_id: str) -> None:
    job = office().registry.work(who, job_id)
    if job is None or job.is_over:
        st.rerun()
    with st.container(key="compare_serving"):
        running.draw_progress(job)
