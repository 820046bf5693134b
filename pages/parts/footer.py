"""The quiet line at the end of each page: which weights run here, on what, and how small they are."""

from __future__ import annotations

import streamlit as st

from core.errors import HearbackError
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import desk

WEIGHTS = {
    "writer": "SmolLM2 135M",
    "translator": "Gemma 3 270M",
    "encoder": "MiniLM L6",
    "multilingual encoder": "Gemma 3 270M",
    "classifier": "Gemma 3 270M",
}
# Several engines may share weights; what needs attention is said first.
URGENCY = ("failed", "preparing", "ready", "waiting")
STATES = {"failed": "not available", "preparing": "being prepared", "waiting": "opens on first use"}


def draw() -> None:
    """Draw one line for all weights; it is never the reason for a page to fail."""
    try:
        states = sorted(desk().engine_states(), key=lambda state: URGENCY.index(state.state))
    except HearbackError:
        return
    shown: dict[str, str] = {}
    for state in states:
        where = " ".join(part for part in (state.device, state.dtype) if part)
        shown.setdefault(WEIGHTS.get(state.name, state.name), STATES.get(state.state) or where or "ready")
    with st.container(key="footer"):
        for state in states:
            if state.state == "failed" and state.detail:
                st.warning(plain(state.detail), icon=":material/info:")
        weights = " · ".join(f"{plain_line(name)} ({plain_line(where)})" for name, where in sorted(shown.items()))
        st.caption(
            f"Answers come from small open weights on this server: {weights}. They quote rather than compose, and they "
            "can be wrong. Gemma is used under the Gemma Terms of Use; see NOTICE. Nothing you type leaves this server."
        )
