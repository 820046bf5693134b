"""Whether the engine that serves says with the converted adapter what the one that trained says: before it counts.

Both are asked for the log-probability of the same answers, with the adapter and without. llama.cpp multiplies
quantized weights by inputs of eight bits, so the two never agree to the last digit: how far they lie apart without
any adapter is the measure of how far they may lie apart with it.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.config import Settings
from core.engines.catalog import Weights
from core.errors import ArtefactUnfit
from core.learning.adapters.examples import Lesson, Reader

# How much farther apart (natural logarithm a token) the engines may lie with the adapter than without: this much, or
# this share of what the adapter changed. An adapter that were not applied, or to the wrong rows, is off by all of it.
TOLERANCE = 0.03
TOLERANCE_SHARE = 0.35
# Few enough that an answer seldom ends before, for an end is counted by one engine and not by the other.
_TOKENS = 6
_PROBES = 8


def check_engines(
    network: Any, reader: Reader, probes: Sequence[Lesson], weights: Weights, folder: Path, settings: Settings
) -> dict[str, Any]:
    """Return how far llama.cpp with `folder`/adapter.gguf and torch with the LoRA lie apart on answers to `probes`.

    Figures are means over probes of the absolute difference of the mean log-probability a token. Raises ArtefactUnfit
    where they differ by more than without an adapter and what is tolerated.
    """
    from core.engines.llamacpp import LlamaCpp
    from core.loop import Adapter

    probes = sorted(probes, key=lambda lesson: -len(lesson.answer))[:_PROBES]
    engine = LlamaCpp(weights, settings.cache_folder, threads=settings.threads, slots=2)
    try:
        adapter = Adapter("checked", weights.sha256, folder / "adapter.gguf", folder)
        tuned = _written(engine.with_adapter(adapter), reader, probes)
        plain = _written(engine, reader, probes)
    finally:
        engine.close()
    with network.without_adapter():
        before, moved_from = _thought(network, reader, plain), _thought(network, reader, tuned)
    after = _thought(network, reader, tuned)
    base_gap, gap = _gap(plain, before), _gap(tuned, after)
    moved = _gap([(*one[:2], other) for one, other in zip(tuned, after, strict=True)], moved_from)
    tolerance = max(TOLERANCE, TOLERANCE_SHARE * moved)
    told = {
        "probes": len(tuned),
        "difference": round(gap, 4),
        "difference_without_adapter": round(base_gap, 4),
        "moved_by": round(moved, 4),
        "tolerance": round(tolerance, 4),
    }
    if not (tuned and plain):
        raise ArtefactUnfit(name="The new adapter", why="no answer was long enough to compare the two engines on")
    if gap > base_gap + tolerance:
        why = f"llama.cpp and torch differ by {gap:.2f} a token with it and by {base_gap:.2f} without"
        raise ArtefactUnfit(name="The new adapter", why=why)
    return told


def _written(engine: Any, reader: Reader, probes: Sequence[Lesson]) -> list[tuple[Lesson, str, float]]:
    """Return what the engine that serves writes first for each probe, and how likely it found it a token.

    Left out is what ends by itself, for that end is counted too and is not part of the text, and what is cut into
    other tokens when it is read again: both engines must be asked for the same.
    """
    done = engine.complete([reader.asked(lesson, _TOKENS) for lesson in probes])
    return [
        (lesson, one.text, one.log_probability)
        for lesson, one in zip(probes, done, strict=True)
        if one.reason == "length"
        and one.log_probability is not None
        and len(reader.bare(lesson, one.text).learned) == one.tokens
    ]


def _thought(network: Any, reader: Reader, written: Sequence[tuple[Lesson, str, float]]) -> list[float]:
    import torch

    with torch.no_grad():
        return [-float(network.losses([reader.bare(lesson, text)]).mean()) for lesson, text, _ in written]


def _gap(written: Sequence[tuple[Lesson, str, float]], thought: Sequence[float]) -> float:
    differences = [abs(one[2] - other) for one, other in zip(written, thought, strict=True)]
    return statistics.fmean(differences) if differences else 0.0
