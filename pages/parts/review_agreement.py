"""How far two reviewers agree, and what a founder has to decide."""

from __future__ import annotations

import streamlit as st

from core.types import Member, Role
from pages.parts import review_list
from pages.parts.plain import plain_line
from pages.parts.wiring import office

SAID = {"approved": "approve", "rejected": "do not take", "gap": "knowledge gap"}


def draw(who: Member, *, is_sample: bool) -> None:
    """Draw the agreement and the open disagreements, once there is a second opinion."""
    agreement, open_ones = office().review.agreement(who, is_sample)
    if not agreement.rate.n:
        return
    with st.expander(f"Two reviewers: {agreement.rate}", icon=":material/group:", expanded=bool(open_ones)):
        kappa = "not enough yet" if not agreement.rate.is_enough else _kappa(agreement.kappa)
        st.markdown(f"Same verdict: **{agreement.rate}**. Beyond chance (Cohen's kappa): **{kappa}**.")
        if open_ones:
            word = "disagreement waits" if len(open_ones) == 1 else "disagreements wait"
            st.markdown(f"{len(open_ones)} {word} for a founder.")
        for one in open_ones:
            with st.container(horizontal=True, vertical_alignment="center", key=f"review_open_{one.item_id}"):
                st.markdown(f"{plain_line(one.title, 80)} :small[:gray[{SAID[one.first]} / {SAID[one.second]}]]")
                if st.button("Look", key=f"review_look_{one.item_id}", type="tertiary"):
                    review_list.focus(one.item_id, is_named=True)
                    st.rerun()
                if who.role is Role.FOUNDER:
                    for label, is_approved in (("Approve", True), ("Do not take", False)):
                        if st.button(label, key=f"review_decide_{is_approved}_{one.item_id}"):
                            office().review.decide(who, one.item_id, is_approved)
                            st.rerun()


def _kappa(kappa: float | None) -> str:
    return "chance explains all of it" if kappa is None else f"{kappa:.2f}"
