"""A stored evaluation judged anew, without asking the weights: for thresholds that changed, and what serves now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.engines.base import Fingerprint
from core.learning.compared import Answer, Comparison, Item, Memorized, Speed
from core.learning.gate import Verdict, decide
from core.learning.thresholds import Thresholds
from core.loop import Artefact
from core.store.evaluations import Evaluation, EvaluationItem
from core.types import Task


def judge(
    stored: Evaluation, items: Sequence[EvaluationItem], artefact: Artefact, live_id: str, thresholds: Thresholds
) -> Verdict:
    """Return what the gate says of a stored evaluation now."""
    return decide(restored(stored, items, artefact), live_id, thresholds)


def restored(stored: Evaluation, items: Sequence[EvaluationItem], artefact: Artefact) -> Comparison:
    """Return the comparison that an evaluation was stored from; items of visitors who have left are missing."""
    told = stored.figures
    speed: dict[str, Any] = told.get("speed") or {}
    kept: dict[str, Any] | None = told.get("memorized")
    return Comparison(
        task=Task(told["task"]),
        items=tuple(_item(one) for one in items),
        fingerprints={name: Fingerprint(**one) for name, one in told["fingerprints"].items()},
        rival=told["rival"],
        speed=Speed(speed.get("timed", {}), speed.get("tokens_per_second", {}), speed.get("is_like", True)),
        memorized=Memorized(kept["tried"], tuple(kept["row_ids"]), kept["is_possible"]) if kept else None,
        settings=told["settings"],
        left_out=told["left_out"],
        artefact=artefact,
        live_id=stored.live_id,
        earlier=told["earlier"],
        base_sha256=told["base_sha256"],
    )


def is_whole(stored: Evaluation) -> bool:
    """Return whether an evaluation has figures at all: one with scores that were no numbers has none."""
    return "fingerprints" in stored.figures


def _item(stored: EvaluationItem) -> Item:
    return Item(
        row_id=stored.row_id,
        part=stored.part,
        language=stored.language,
        segment=stored.segment,
        input_text=stored.input_text,
        reference=stored.reference,
        answers={name: Answer(**answer) for name, answer in stored.answers.items()},
        scores=stored.scores,
        visitor_id=stored.visitor_id,
        source_kind=stored.source_kind,
    )
