"""The three ways to learn from rows: right answers, right against rejected ones, and under differential privacy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.learning.adapters import plan
from core.learning.adapters.examples import Lesson, Reader
from core.learning.adapters.network import Network
from core.learning.adapters.objectives import preference_loss, references_of, supervised_loss
from core.learning.adapters.plan import Step
from core.learning.adapters.presets import Preset
from core.loop import Training


@dataclass(frozen=True)
class Method:
    """The steps of a run, what adds the gradient of one, what the card tells of it; `key` is part of its identity."""

    steps: list[Step]
    gradient: Callable[[int, Step], float]
    told: dict[str, Any] = field(default_factory=dict)
    key: str = ""


def prepare(
    network: Network,
    reader: Reader,
    lessons: Sequence[Lesson],
    training: Training,
    preset: Preset,
    folder: Path,
) -> Method:
    """Return how these lessons will be learned; `folder` is where a run keeps what it needs to go on."""
    if training.epsilon:
        from core.learning.adapters.private import prepare_private

        return prepare_private(network, reader, lessons, training, preset, folder)
    if training.method == "preference":
        return _preference(network, reader, lessons, preset, training.seed)
    steps = plan.supervised_steps(reader, lessons, preset, training.seed)
    return Method(steps, lambda _number, step: supervised_loss(network, step))


def _preference(network: Network, reader: Reader, lessons: Sequence[Lesson], preset: Preset, seed: int) -> Method:
    steps = plan.preference_steps(reader, lessons, preset, seed)
    known: dict[plan.Pair, tuple[float, float]] = {}

    def gradient(_number: int, step: Step) -> float:
        # The frozen weights never change: what they think of a pair is computed when it is first met.
        missing = [pair for pair in step.pairs if pair not in known]
        known.update(zip(missing, references_of(network, missing), strict=True))
        return preference_loss(network, step, [known[pair] for pair in step.pairs], preset)

    return Method(steps, gradient, {"strength": preset.preference_strength})
