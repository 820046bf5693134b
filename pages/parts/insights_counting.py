"""What a founder sees while uses are being counted for the first time, or again after a long time."""

from __future__ import annotations

import streamlit as st

from core.types import Member
from pages.parts.wiring import office

FEW = 3


def draw(who: Member) -> None:
    """Say that figures are not whole yet, and show them anew when they are; a few days are not worth a word."""
    if office().usage.left_to_count(who) > FEW:
        _wait(who)


@st.fragment(run_every=2.0)
def _wait(who: Member) -> None:
    left = office().usage.left_to_count(who)
    if left <= FEW:
        st.rerun()
    st.info(
        f"Uses are being counted: {left:,} days and weeks to go. The figures below are not whole until then.",
        icon=":material/sync:",
    )
