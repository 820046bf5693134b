"""The quiet line at the end of each page: which weights run here, on what, and how small they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import HearbackError
from pages.parts import backlog
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import desk

if TYPE_CHECKING:
    from core.engines.shelf import EngineState

WEIGHTS = {
    "writer": "SmolLM2 135M",
    "translator": "Gemma 3 270M",
    "encoder": "MiniLM L6",
    "multilingual encoder": "Gemma 3 270M",
    "classifier": "Gemma 3 270M",
}
# Several engines may share weights; what needs attention is said first.
URGENCY = ("failed", "preparing", "waiting", "ready")
STATES = {"failed": "not available", "preparing": "being prepared", "waiting": "opens on first use"}
LOOK_SECONDS = 1.0
ON_ITS_WAY = "Weights are being loaded. You can ask already: the answer comes as soon as its own are there."


def draw(is_founder: bool = False) -> None:
    """Draw one line for all weights, followed while they load; it is never the reason for a page to fail.

    Above it stands what cannot be written down just now, where there is anything.
    """
    with suppress(HearbackError), st.container(key="footer"):
        backlog.draw(is_founder)
        states = desk().engine_states()
        if _is_on_its_way(states):
            _follow()
        else:
            _draw(states)


@st.fragment(run_every=LOOK_SECONDS)
def _follow() -> None:
    """Say how far the weights are until they are there, then draw the page once more, which asks no further."""
    states = desk().engine_states()
    if not _is_on_its_way(states):
        st.rerun()
    st.markdown(f":shimmer[{ON_ITS_WAY}]")
    _draw(states)


def _is_on_its_way(states: Sequence[EngineState]) -> bool:
    return any(state.state == "preparing" or (state.state == "waiting" and state.detail) for state in states)


def _draw(states: Sequence[EngineState]) -> None:
    shown: dict[str, str] = {}
    for state in sorted(states, key=lambda state: URGENCY.index(state.state)):
        where = " ".join(part for part in (state.device, state.dtype) if part)
        said = STATES.get(state.state) or where or "ready"
        if state.detail and state.state != "failed":
            said = f"{said}: {state.detail}" if state.state == "preparing" else state.detail
        shown.setdefault(WEIGHTS.get(state.name, state.name), said)
    with st.container(key="footer_weights"):
        for sentence in dict.fromkeys(state.detail for state in states if state.state == "failed" and state.detail):
            st.warning(plain(sentence), icon=":material/info:")
        weights = " · ".join(f"{plain_line(name)} ({plain_line(where)})" for name, where in sorted(shown.items()))
        st.caption(
            f"Answers come from small open weights on this server: {weights}. They quote rather than compose, and they "
            "can be wrong. Gemma is used under the Gemma Terms of Use; see NOTICE. Nothing you type leaves this server."
        )
