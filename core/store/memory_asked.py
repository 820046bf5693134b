"""With what an answer was asked for, as far as a correction of it can be remembered by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.memory.keys import shape
from core.store.tables import InteractionRow
from core.types import Task

_UNDERSTOOD = "Understood as: "
_AFTER_UNDERSTOOD = (
    " The documents are in ",
    " Translated from ",
    " Your correction is not ",
    " A correction of this ",
)


@dataclass(frozen=True)
class Asked:
    """With what a correction's answer was asked for; `input_text` is a follow-up question made whole."""

    input_text: str
    source: str = ""
    target: str = ""
    knowledge_id: str = ""
    revision: int = 0
    segment: str = ""


def code(language: str) -> str:
    """Return a language's code without its region: "zh-CN" is zh."""
    return language.strip().lower().replace("_", "-").split("-")[0]


def asked_of(
    task: Task, input_text: str, interaction: InteractionRow, request: Mapping[str, Any] | None = None
) -> Asked | None:
    """Return with what the answer was asked for, or None where nothing can be remembered of it: a file or a table.

    `request` is what the caller knows beside the log, such as the languages of a visitor whose texts are not kept.
    """
    value = interaction.output.get("value", {})
    known = {
        **interaction.request,
        **{key: value[key] for key in ("source", "target", "length", "form") if key in value},
    }
    known |= request or {}
    if not input_text.strip() or known.get("file") or known.get("text_column"):
        return None
    asked = Asked(input_text, segment=interaction.segment)
    if task is Task.TRANSLATE:
        source, target = code(str(known.get("source") or interaction.language)), code(str(known.get("target", "")))
        return replace(asked, source=source, target=target) if target and source != target else None
    if task is Task.SUMMARIZE:
        return replace(asked, target=shape(str(known.get("length", "short")), str(known.get("form", "text"))))
    if task is Task.SUPPORT:
        note = str(known.get("note") or value.get("note") or "")
        return replace(
            asked,
            input_text=_understood(note) or input_text,
            knowledge_id=interaction.knowledge_id,
            revision=interaction.knowledge_revision,
        )
    return asked


def _understood(note: str) -> str:
    """Return the whole question that a follow-up was understood as, or empty where it stood by itself."""
    if not note.startswith(_UNDERSTOOD):
        return ""
    whole = note.removeprefix(_UNDERSTOOD)
    for other in _AFTER_UNDERSTOOD:
        whole = whole.partition(other)[0]
    return whole.strip()
