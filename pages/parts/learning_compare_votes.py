"""Blind votes: two answers side by side, and which is better; who gave them is told afterwards.

Owns the session key `compare_vote_problem`, why a vote was not saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import HearbackError
from core.types import Member
from pages.parts.plain import plain
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.comparison import Ballot, Outcome, View


def draw(who: Member, view: View) -> None:
    """Draw the next vote, or what came of all; raises HearbackError."""
    assert view.evaluation is not None  # noqa: S101 - narrows the type; the caller has looked
    if view.is_unblinded or not view.votes_open:
        _draw_end(who, view)
        return
    _draw_next(who, view.evaluation.evaluation_id)


@st.fragment
def _draw_next(who: Member, evaluation_id: str) -> None:
    try:
        ballot = office().comparison.ballot(who, evaluation_id)
        if ballot is None:
            st.rerun()
        _draw_ballot(who, ballot)
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")


def _draw_ballot(who: Member, ballot: Ballot) -> None:
    if problem := st.session_state.pop("compare_vote_problem", ""):
        st.error(plain(problem), icon=":material/error:")
    st.progress(ballot.done / ballot.total, text=f"{ballot.done} of {ballot.total} voted on")
    st.markdown(f":small[:gray[Put in]]  \n{plain(ballot.input_text)}")
    left, right = st.columns(2)
    for place, number, text in ((left, 1, ballot.left), (right, 2, ballot.right)):
        with place, st.container(border=True, key=f"compare_side_{number}"):
            st.markdown(f"**{number}**  \n{plain(text) if text else ':gray[Nothing.]'}")
    with st.container(horizontal=True, key="compare_vote"):
        for label, side, key in (("1 is better", "left", "1"), ("2 is better", "right", "2"), ("Equal", "equal", "0")):
            st.button(
                label,
                key=f"compare_vote_{side}",
                shortcut=key,
                on_click=_vote,
                args=(who, ballot.evaluation_id, ballot.row_id, side),
            )
        st.button(
            "Undo",
            key="compare_vote_undo",
            type="tertiary",
            icon=":material/undo:",
            shortcut="U",
            disabled=not ballot.done,
            on_click=_undo,
            args=(who, ballot.evaluation_id),
        )
    with st.expander("What people said it should be", icon=":material/edit:"):
        st.markdown(plain(ballot.reference))


def _vote(who: Member, evaluation_id: str, row_id: str, side: str) -> None:
    try:
        office().comparison.vote(who, evaluation_id, row_id, side)
    except HearbackError as error:
        st.session_state["compare_vote_problem"] = str(error)


def _undo(who: Member, evaluation_id: str) -> None:
    try:
        office().comparison.undo(who, evaluation_id)
    except HearbackError as error:
        st.session_state["compare_vote_problem"] = str(error)


def _draw_end(who: Member, view: View) -> None:
    assert view.evaluation is not None  # noqa: S101 - narrows the type; the caller has looked
    if not view.votes_done and not view.votes_open and view.outcome is None:
        st.markdown("**Both answer every item alike: there is nothing to vote on.**")
        return
    if view.outcome is None:
        st.markdown("**Nobody has voted.** You have opened the names, so your votes would not be blind any more.")
        return
    st.markdown(f"**{_sentence(view.outcome)}**")
    wins = view.evaluation.figures["wins"]
    st.markdown(
        f"The figures say: better on {wins['wins']}, worse on {wins['losses']}, alike on {wins['ties']} of "
        f"{wins['n']}. Where both people and figures are decided, they agree on {view.outcome.agreeing} of "
        f"{view.outcome.both}."
    )
    if view.outcome.flag:
        st.warning(view.outcome.flag, icon=":material/compare:")
    if view.votes_done and not view.is_unblinded:
        st.button(
            "Undo my last vote",
            key="compare_vote_undo",
            type="tertiary",
            icon=":material/undo:",
            on_click=_undo,
            args=(who, view.evaluation.evaluation_id),
        )


def _sentence(outcome: Outcome) -> str:
    members = "1 person" if outcome.members == 1 else f"{outcome.members} people"
    equal = f", {outcome.equal} equal" if outcome.equal else ""
    if not outcome.decided:
        return f"{members} found all {outcome.equal} pairs equal"
    return (
        f"{members}: the candidate is preferred in {outcome.candidate} of {outcome.decided} decided votes "
        f"(exact 95 % interval {outcome.low:.2f} to {outcome.high:.2f}){equal}"
    )
