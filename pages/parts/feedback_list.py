"""The list of what a visitor rated and corrected, with what became of each correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.types import Task
from pages.parts import press, rating, receipt_trail
from pages.parts.plain import plain, plain_line
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

if TYPE_CHECKING:
    from core.store.queries import FeedbackItem, Receipt

ITEMS_A_PAGE = 10
ICONS = {
    Task.SUPPORT: "forum",
    Task.TRANSLATE: "translate",
    Task.SUMMARIZE: "short_text",
    Task.SENTIMENT: "mood",
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
    receipt_trail.draw(receipt)
    receipt_trail.draw_uses(receipt)
    if correction.status == "replaced":
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"feedback_deeds_{correction.correction_id}"):
        receipt_trail.draw_link(receipt)
        if press.button(
            "Take it back", key=f"feedback_undo_{correction.correction_id}", type="tertiary", icon=":material/undo:"
        ):
            with press.undisturbed():
                desk().withdraw_correction(visitor_id(), correction.correction_id)
                rating.forget()
            st.rerun()
