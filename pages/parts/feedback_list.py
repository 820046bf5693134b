"""The list of what a visitor rated and corrected, with what became of each correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.types import Task
from pages.parts import rating
from pages.parts.plain import plain, plain_line
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

if TYPE_CHECKING:
    from core.store.queries import FeedbackItem, Receipt, ReceiptStep

ITEMS_A_PAGE = 10
ICONS = {
    Task.SUPPORT: "forum",
    Task.TRANSLATE: "translate",
    Task.SUMMARIZE: "short_text",
    Task.SENTIMENT: "mood",
}
STEPS = {
    "saved": "Saved; a person will look at it",
    "used": "Used for a later answer",
    "approved": "A person read it and approved it",
    "rejected": "A person read it; it was not taken",
    "reopened": "Opened again; a person will look at it once more",
    "trained": "The weights have learned from it",
    "better": "The answer is better now",
    "replaced": "Replaced by your newer one",
    "withdrawn": "Taken back",
}
# Why a correction was not taken, where that can be said to the one who gave it.
WHY = {
    "wrong": "we could not confirm it",
    "unclear": "we did not understand it well enough",
    "personal data": "it held personal data, which we do not want to learn",
    "duplicate": "it was said before",
}


def draw(items: Sequence[FeedbackItem]) -> None:
    """Draw the items, a page at a time, newest first."""
    pages = -(-len(items) // ITEMS_A_PAGE)
    number = st.pagination(pages, key="feedback_page") if pages > 1 else 1
    for item in items[(number - 1) * ITEMS_A_PAGE : number * ITEMS_A_PAGE]:
        with st.container(border=True, key=f"feedback_{item.interaction_id}"):
            _draw_item(item)


def draw_empty() -> None:
    """Say what will be here, and offer the way to it."""
    with st.container(border=True):
        st.markdown("**Nothing here yet.** Under every answer there are thumbs and *Edit this answer*.")
        st.page_link("support.py", label="Ask something and rate the answer", icon=":material/forum:")


def step_of(step: ReceiptStep) -> str:
    """Return a step of a receipt in words for the visitor, with its reason where there is a kind one."""
    words = STEPS.get(step.step, plain_line(step.step))
    why = WHY.get(step.detail, "") if step.step == "rejected" else ""
    return f"{words}: {why}" if why else words


def _draw_item(item: FeedbackItem) -> None:
    day = f"{item.started_at:%d %B %Y, %H:%M} UTC"
    st.markdown(f":blue-badge[:material/{ICONS[item.task]}: {item.task.capitalize()}] :small[:gray[{day}]]")
    if item.input_text:
        st.markdown(f"**{plain_line(item.input_text, 160)}**")
    if item.rating is not None:
        sign = (
            ":green-badge[:material/thumb_up: Good]"
            if item.rating.score
            else ":red-badge[:material/thumb_down: Not good]"
        )
        reasons = "".join(f" :gray-badge[{plain_line(reason)}]" for reason in item.rating.reasons)
        st.markdown(sign + reasons)
        if item.rating.comment:
            st.markdown(f"“{plain(item.rating.comment)}”")
    for receipt in item.receipts:
        _draw_receipt(receipt)


def _draw_receipt(receipt: Receipt) -> None:
    correction = receipt.correction
    rating.draw_difference(correction)
    steps = [f"{step_of(step)} :gray[{step.at:%d %b, %H:%M}]" for step in receipt.steps]
    st.markdown(" → ".join(f":small[{step}]" for step in steps))
    if correction.status != "replaced" and st.button(
        "Take it back", key=f"feedback_undo_{correction.correction_id}", type="tertiary", icon=":material/undo:"
    ):
        desk().withdraw_correction(visitor_id(), correction.correction_id)
        rating.forget()
        st.rerun()
