"""Frozen datasets out of approved corrections."""

from __future__ import annotations

import streamlit as st

from core.types import Member


def draw(who: Member) -> None:
    """Draw the section."""
    st.caption(f"Nothing here yet, {who.name}.")
