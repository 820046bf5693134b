"""Which weights or which correction answered, in one line under the answer; words for visitors, not for engineers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.types import MemoryUse, Origin
from pages.parts.plain import plain_line

PATHS = {
    "extracted": ("Quoted from the text", "format_quote", "blue"),
    "worded": ("Worded, then checked against the text", "fact_check", "blue"),
    "generated": ("Written by the weights", "edit_note", "blue"),
    "classified": ("Read by the weights", "troubleshoot", "blue"),
    "memory": ("From an approved correction", "verified", "green"),
    "abstained": ("No sure answer", "help", "orange"),
    "unchanged": ("Nothing to translate", "info", "gray"),
}
APPROVED = "It was approved by a person of the company, or given alike by others."


def draw_origin(origin: Origin, seconds: float | None, interaction_id: str = "") -> None:
    """Draw which weights or which correction answered, how long it took, and the way to the visitor's own one."""
    from core.journal import is_trained

    badges = [_badge(*_path(origin))]
    badges += [_badge(*used) for used in [_used(origin)] if used is not None]
    if is_trained(origin):
        badges.append(_badge("Improved from corrections", "trending_up", "green"))
    if origin.settings.get("repeated") == "the visitor's":
        badges.append(_badge("The same answer as before", "history", "gray"))
    parts = [plain_line(origin.weights_id, 60)] if origin.weights_id else []
    if seconds is not None:
        parts.append(f"{seconds:.1f} s")
    is_own = any(use.correction_id for use in origin.memory)
    is_others = any(not use.correction_id for use in origin.memory)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"origin_{interaction_id}"):
        said = f"{' '.join(badges)} :small[:gray[{' · '.join(parts)}]]" if parts else " ".join(badges)
        st.markdown(said, help=APPROVED if is_others else None, width="content")
        if is_own:
            st.page_link("your_feedback.py", label="See your correction", icon=":material/arrow_forward:")


def _path(origin: Origin) -> tuple[str, str, str]:
    """The way that the answer was made: words, icon and colour."""
    if origin.path != "memory" or not origin.memory:
        return PATHS.get(origin.path, (origin.path or "Answered", "info", "gray"))
    first = origin.memory[0]
    is_own = bool(first.correction_id)
    if first.how == "answer":
        return ("From your correction" if is_own else "From an approved correction", "verified", "green")
    words = "As you corrected a similar one" if is_own else "As a similar one was corrected"
    return (f"{words}, {_percent(first)}", "verified", "green")


def _used(origin: Origin) -> tuple[str, str, str] | None:
    """What a remembered correction had to do with an answer that is not from the memory alone, if anything."""
    if origin.path == "memory" or not origin.memory:
        return None
    known = [use for use in origin.memory if use.how == "answer"]
    if known:
        return (f"{_corrections(known)} in it", "verified", "green")
    nearest = max(origin.memory, key=lambda use: use.similarity)
    words = "Similar to your correction" if nearest.correction_id else "Similar correction"
    return (f"{words}, {_percent(nearest)}", "compare_arrows", "green")


def _corrections(uses: Sequence[MemoryUse]) -> str:
    whose = "of your corrections" if all(use.correction_id for use in uses) else "corrections"
    if len(uses) == 1:
        return "Your correction is" if uses[0].correction_id else "A correction is"
    return f"{len(uses)} {whose} are"


def _percent(use: MemoryUse) -> str:
    """A near input is never shown as the same one."""
    return f"{min(99, int(100 * use.similarity))} %"


def _badge(words: str, icon: str, colour: str) -> str:
    return f":{colour}-badge[:material/{icon}: {plain_line(words)}]"
