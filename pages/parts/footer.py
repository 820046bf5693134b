"""The quiet line at the end of each page: which weights run here, on what, and how small they are."""

from __future__ import annotations

import streamlit as st

from core.errors import HearbackError
from pages.parts.plain import plain_line
from pages.parts.wiring import desk


def draw() -> None:
    """Draw one line for all engines; it is never the reason for a page to fail."""
    try:
        states = desk().engine_states()
    except HearbackError:
        return
    parts = []
    for state in states:
        where = " ".join(part for part in (state.device, state.dtype) if part)
        is_up = state.state == "ready"
        parts.append(f"{plain_line(state.name)} ({plain_line(where) if is_up and where else plain_line(state.state)})")
    with st.container(key="footer"):
        st.caption(
            f"Answers come from small open weights on this machine: {' · '.join(parts)}. "
            "They quote rather than compose, and they can be wrong. Nothing you type leaves this server."
        )
