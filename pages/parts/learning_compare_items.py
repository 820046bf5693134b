"""The items of a comparison, worst and best first, with what changed between the two answers.

Owns the session keys `compare_order` and those that begin with `compare_page_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.types import Member
from pages.parts.charts_compare import signed
from pages.parts.difference import difference
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.comparison import EvaluationItem, View

WORST, BEST = "Worst first", "Best first"
SIZE = 5


def draw(who: Member, view: View) -> None:
    """Draw a page of items; raises HearbackError."""
    assert view.evaluation is not None  # noqa: S101 - narrows the type; the caller has looked
    evaluation_id = view.evaluation.evaluation_id
    order = st.segmented_control(
        "Order", (WORST, BEST), default=WORST, required=True, key="compare_order", label_visibility="collapsed"
    )
    key = f"compare_page_{order}_{evaluation_id}"
    page = int(st.session_state.get(key, 1))
    found = office().comparison.items(who, evaluation_id, "best" if order == BEST else "worst", page, SIZE)
    if found.hidden:
        _draw_hidden(who, evaluation_id, found.hidden)
    for item, lead in zip(found.items, found.leads, strict=True):
        _draw_item(item, lead, view)
    pages = -(-found.total // SIZE)
    if pages > 1:
        st.pagination(pages, key=key)


def _draw_hidden(who: Member, evaluation_id: str, hidden: int) -> None:
    with st.container(border=True, key="compare_hidden"):
        st.markdown(
            f"**{hidden} items wait for your blind vote**, and would not be blind once you have read them here. "
            "Show them, and you vote on this comparison no more."
        )
        if st.button("Show all, and vote no more", key="compare_unblind", icon=":material/visibility:"):
            office().comparison.unblind(who, evaluation_id)
            st.rerun()


def _draw_item(item: EvaluationItem, lead: float, view: View) -> None:
    assert view.evaluation is not None  # noqa: S101 - narrows the type; the caller has looked
    rival = view.evaluation.figures["rival"]
    mine, theirs = item.answers["candidate"], item.answers[rival]
    label = view.evaluation.figures["measure"]["label"]
    with st.container(border=True, key=f"compare_item_{item.position}"):
        where = " · ".join(part for part in (item.language, item.segment) if part)
        sign = (
            ":material/trending_up: better" if lead > 0 else ":material/trending_down: worse" if lead < 0 else "alike"
        )
        st.markdown(f"**{sign}** {signed(lead)} {label} :small[:gray[{plain_line(where)}]]")
        st.markdown(f":small[:gray[Put in]]  \n{plain(item.input_text)}")
        if mine["text"] == theirs["text"]:
            st.markdown(f":small[:gray[Both say]]  \n{plain(mine['text'])}")
        else:
            st.markdown(
                f":small[:gray[From what serves to the candidate]]  \n{difference(theirs['text'], mine['text'])}"
            )
        st.markdown(f":small[:gray[Right is]]  \n{plain(item.reference)}")
        st.caption(f"What serves: {_print(theirs)}. Candidate: {_print(mine)}.")


def _print(answer: dict[str, str]) -> str:
    adapter = f" with {plain_line(answer['adapter_id'][:12])}" if answer["adapter_id"] else ""
    return f"{plain_line(answer['weights_id'] or 'no weights')}{adapter}, {plain_line(answer['path'])}"
