"""What changes what serves, each with its confirmation: roll back, promote over the gate, train again, the rule.

Owns the session keys `live_job` and those that begin with `live_set_`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import HearbackError
from core.jobs import JobView
from core.loop import Artefact, ArtefactState
from core.office.registry import BOUNDS, REASON_CHARACTERS, Promoted, Retrained
from core.types import Member
from pages.parts import press, running
from pages.parts.learning_live_words import SHIPPED, title
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.office.registry import Place
    from core.store.lineage import EvaluationPart

POLL_SECONDS = 0.4
JOB = "live_job"


def draw_job(who: Member) -> None:
    """Draw the promotion or retraining at work, or what became of it."""
    view = office().registry.work(who, str(st.session_state.get(JOB, "")))
    if view is None or (JOB not in st.session_state and view.is_over):
        return
    st.session_state[JOB] = view.job_id
    if not view.is_over:
        _watch(who, view.job_id)
    elif view.state != "finished":
        st.error(plain(view.sentence), icon=":material/error:")
    else:
        st.success(_done(view), icon=":material/check:")


def _done(view: JobView) -> str:
    match view.result:
        case Promoted():
            return f"{title(view.result.artefact)} answers from the next request on, loaded in {view.seconds:.1f} s."
        case Retrained():
            return (
                f"Dataset {view.result.dataset_number} is frozen without those who left, and a training waits. "
                "Follow it in Training; what comes of it is compared here before it may serve."
            )
        case _:
            return "Done."


@st.fragment(run_every=POLL_SECONDS)
def _watch(who: Member, job_id: str) -> None:
    view = office().registry.work(who, job_id)
    if view is None or view.is_over:
        st.rerun()
    running.draw_progress(view)
    st.caption("What serves now goes on answering until this is ready.")


def start(job: Callable[[], str]) -> None:
    """Begin a job and show it from now on, or say why it cannot begin."""
    try:
        with press.undisturbed():
            st.session_state[JOB] = job()
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.rerun()


def draw_roll_back(who: Member, place: Place) -> None:
    """Draw the button that brings back what served before, with what that means."""
    if place.artefact is None or place.beneath is None or place.switch is None:
        return
    beneath = _beneath(place)
    key = f"{place.task}_{place.segment}"
    with st.popover("Roll back", icon=":material/undo:", key=f"live_back_{key}"):
        st.markdown(
            f"**{beneath[0].upper() + beneath[1:]} will answer again**, from the next request on. What the memory let "
            "rest works again, and whoever taught this one reads of it on their receipt. Nothing is deleted."
        )
        # The key names the switch that was looked at, so that a press can't take back another one.
        if press.button(f"Back to {beneath}", key=f"live_back_sure_{key}_{place.switch.serving_id}", type="primary"):
            try:
                with press.undisturbed():
                    office().registry.roll_back(who, place.task, place.segment, place.switch.serving_id)
            except HearbackError as error:
                st.error(plain(str(error)), icon=":material/error:")
                return
            answers = "answer" if beneath == SHIPPED else "answers"
            st.toast(f"{beneath[0].upper() + beneath[1:]} {answers} again.", icon=":material/check:")
            st.rerun()


def _beneath(place: Place) -> str:
    if place.beneath:
        return plain_line(place.beneath)
    return "what serves everybody" if place.segment else SHIPPED


def draw_retrain(who: Member, artefact: Artefact) -> None:
    """Say why an artefact must be trained anew, with the one click that does."""
    if not artefact.flag:
        return
    key = artefact.artefact_id
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"live_flag_{key}"):
        st.markdown(f":material/flag: **{title(artefact)}**: {plain(artefact.flag)}", width="stretch")
        if artefact.run_id and press.button(
            "Train again without them", key=f"live_retrain_{key}", icon=":material/model_training:"
        ):
            start(lambda: office().registry.retrain(who, key))


def draw_promotion(who: Member, artefact: Artefact, verdict: EvaluationPart | None) -> None:
    """Draw what can be done with what does not serve: promote where the gate lets it pass, else over it."""
    if artefact.state in (ArtefactState.LIVE, ArtefactState.WITHDRAWN) or artefact.is_sample or artefact.flag:
        return
    key = artefact.artefact_id
    if verdict is not None and verdict.is_promotable:
        if press.button(
            "Promote",
            key=f"live_promote_{key}_{verdict.evaluation_id}",
            type="primary",
            icon=":material/rocket_launch:",
        ):
            start(lambda: office().registry.promote(who, key, verdict.evaluation_id))
        return
    with st.popover("Promote over the gate", type="tertiary", key=f"live_override_{key}"):
        low, high = REASON_CHARACTERS
        st.markdown("The gate is there so that answers do not get worse unseen. Your name and reason are logged.")
        reason = st.text_area("Why is it right all the same?", max_chars=high, key=f"live_set_reason_{key}")
        if press.button("Promote it", key=f"live_override_sure_{key}", disabled=len(reason.strip()) < low):
            start(lambda: office().registry.override(who, key, reason))
        st.caption(f"At least {low} characters.")


def draw_rule(who: Member) -> None:
    """Draw when a promotion is taken back by itself."""
    rule = office().registry.rule(who)
    state = "on" if rule.is_on else "off"
    with st.popover(f"Automatic roll-back: {state}", icon=":material/published_with_changes:", key="live_rule"):
        st.markdown(
            "What visitors like less than what served before is taken back by itself: where thumbs-down or corrections "
            "are more than before, beyond chance. It looks six times, at the first 30, 60, 120 … 960 uses, and never "
            "goes back twice in a row."
        )
        is_on = st.toggle("On", rule.is_on, key="live_set_on")
        least = st.number_input(BOUNDS["least"].label, 30, 960, rule.least, key="live_set_least",
                                help=BOUNDS["least"].reason)  # fmt: skip
        drop = st.number_input(f"{BOUNDS['drop'].label} (points)", 0, 50, round(rule.drop * 100), key="live_set_drop",
                               help=BOUNDS["drop"].reason)  # fmt: skip
        chance = st.number_input(f"{BOUNDS['chance'].label} (%)", 0.1, 20.0, rule.chance * 100, 0.5,
                                 key="live_set_chance", help=BOUNDS["chance"].reason)  # fmt: skip
        new = replace(rule, is_on=is_on, least=int(least), drop=drop / 100, chance=round(chance / 100, 4))
        if st.button("Save", key="live_rule_save", disabled=new == rule):
            office().registry.set_rule(who, new)
            st.rerun()
