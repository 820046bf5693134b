"""The verdict on the item in focus: buttons with their keys, and the forms to edit and to turn down.

Owns the session keys `review_form`, which form is open for which item, and `review_given`, the verdicts of this visit.
R is a key that Streamlit keeps for itself, so turning down is X.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.limits import COMMENT_CHARACTERS, CORRECTION_CHARACTERS
from core.types import Member, Task
from pages.parts import press, review_list
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.review_views import Item, QueuePage

LABELS = ("negative", "neutral", "positive")
REASONS = ("wrong", "unclear", "personal data", "spam", "duplicate", "other")
EDIT, REJECT = "edit", "reject"


class _Desk(NamedTuple):
    """What every deed needs: who does it, to what, and what comes next."""

    who: Member
    item: Item
    kind: str
    following: str | None


def draw(who: Member, item: Item | None, queue: QueuePage, state: str) -> None:
    """Draw the buttons that fit the item's state, or the form that is open."""
    item_id = item.item_id if item else None
    following = review_list.beside(queue, item_id, 1) or review_list.beside(queue, item_id, -1)
    is_open = item is not None and (item.state in ("waiting", "held", "skipped") or state == "second")
    if item is not None and is_open:
        desk = _Desk(who, item, "second" if state == "second" else "first", following)
        form = st.session_state.get("review_form")
        # While a form is open there are no keys: what is typed into it is text.
        if form == [EDIT, item_id]:
            return _edit(desk)
        if form == [REJECT, item_id]:
            return _reject(desk)
    with st.container(key="review_buttons", horizontal=True, gap="small"):
        if item is not None and is_open:
            _deeds(desk, with_skip=state in ("waiting", "held"))
        _moves(who, queue, item_id)
    return None


def _deeds(desk: _Desk, *, with_skip: bool) -> None:
    """Draw the verdicts; their keys name the item, so that a second click or a late one decides no other."""
    item, review = desk.item, office().review
    if item.is_corrected and press.button(
        "Approve", key=f"review_approve_{item.item_id}", type="primary", icon=":material/check:", shortcut="A"
    ):
        _give(desk, lambda: review.approve(desk.who, item.item_id, kind=desk.kind), f"Approved. {item.kept_for}")
    label = "Edit and approve" if item.is_corrected else "Write the answer"
    if st.button(label, key="review_edit", icon=":material/edit:", shortcut="E"):
        _open(EDIT, item)
    if (
        not item.is_corrected
        and desk.kind == "first"
        and press.button("Knowledge gap", key=f"review_gap_{item.item_id}", icon=":material/menu_book:", shortcut="G")
    ):
        told = "Understood: the documents lack it. A founder finds it under Knowledge."
        _give(desk, lambda: review.mark_gap(desk.who, item.item_id), told)
    label = "Reject" if item.is_corrected else "Dismiss"
    if st.button(label, key="review_reject", icon=":material/close:", shortcut="X"):
        _open(REJECT, item)
    if with_skip and press.button("Skip", key=f"review_skip_{item.item_id}", icon=":material/skip_next:", shortcut="S"):
        _give(desk, lambda: review.skip(desk.who, item.item_id), "Skipped; you find it under Skipped by me.")


def _moves(who: Member, queue: QueuePage, item_id: str | None) -> None:
    given = st.session_state.get("review_given", [])
    if st.button("Undo", key="review_undo", type="tertiary", icon=":material/undo:", shortcut="U", disabled=not given):
        # Off the list first: one that cannot be undone must not stand in the way of those before it.
        st.session_state["review_given"] = given[:-1]
        review_list.focus(office().review.undo(who, given[-1]), is_named=True)
        st.toast("Taken back; it is open again.", icon=":material/undo:")
        st.rerun()
    if not queue.lines:
        return
    for name, icon, key, step in (("Previous", "arrow_upward", "K", -1), ("Next", "arrow_downward", "J", 1)):
        other = review_list.beside(queue, item_id, step)
        if st.button(
            name,
            key=f"review_{name.lower()}",
            type="tertiary",
            icon=f":material/{icon}:",
            shortcut=key,
            disabled=other is None,
        ):
            review_list.focus(other)
            st.rerun()


def _edit(desk: _Desk) -> None:
    item = desk.item
    start = item.corrected_text or item.output_text
    with st.form("review_edit_form"):
        if item.task is Task.SENTIMENT:
            default = start if start in LABELS else None
            text = st.segmented_control("It should be", LABELS, default=default, key="review_text")
        else:
            text = st.text_area(
                "It should say", value=start, max_chars=CORRECTION_CHARACTERS, height=180, key="review_text"
            )
        if item.has_personal_data:
            st.caption("Personal data is masked in what is kept, also where you type it.")
        with st.container(horizontal=True):
            is_sent = st.form_submit_button("Approve this text", type="primary", icon=":material/check:")
            is_left = st.form_submit_button("Cancel")
    if is_left:
        _close()
    if is_sent:
        if not text:
            st.info("Say first what it should be.", icon=":material/info:")
            return
        approve = office().review.approve
        _give(desk, lambda: approve(desk.who, item.item_id, text, desk.kind), f"Approved as edited. {item.kept_for}")


def _reject(desk: _Desk) -> None:
    with st.form("review_reject_form"):
        reason = st.pills("Why is it not taken?", REASONS, key="review_why")
        words = st.text_input("Words for colleagues (optional; needed for other)", max_chars=COMMENT_CHARACTERS)
        with st.container(horizontal=True):
            is_sent = st.form_submit_button("Do not take it", type="primary", icon=":material/close:")
            is_left = st.form_submit_button("Cancel")
    if is_left:
        _close()
    if is_sent:
        reject = office().review.reject
        _give(
            desk,
            lambda: reject(desk.who, desk.item.item_id, reason or "", words, desk.kind),
            "Not taken. The visitor is told, in kind words.",
        )


def _open(form: str, item: Item) -> None:
    st.session_state["review_form"] = [form, item.item_id]
    st.rerun()


def _close() -> None:
    st.session_state.pop("review_form", None)
    st.rerun()


def _give(desk: _Desk, verdict: Callable[[], str], sentence: str) -> None:
    """Give the verdict and remember it, say what it means, and go on with the next item."""
    with press.undisturbed():
        st.session_state["review_given"] = [*st.session_state.get("review_given", []), verdict()]
        review_list.focus(desk.following)
    if desk.kind == "second":
        seen = office().review.item(desk.who, desk.item.item_id).verdicts
        same = len({one.verdict for one in seen if one.verdict != "skipped"}) == 1
        sentence = "Your colleague said the same." if same else "Your colleague said otherwise; a founder decides."
    if desk.item.alike > 1:
        sentence = f"{sentence} It holds for all {desk.item.alike} that say the same."
    st.toast(sentence, icon=":material/check:", duration="long")
    _close()
