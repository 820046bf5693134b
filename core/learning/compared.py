"""What a comparison holds: each item with every system's answer and scores, and what was measured beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.engines.base import Fingerprint
from core.learning.scores import PRIMARY, Scores
from core.loop import Artefact
from core.types import Task

BASE, LIVE, CANDIDATE = "base", "live", "candidate"
HELD_OUT, SHIPPED = "held_out", "shipped"


@dataclass(frozen=True)
class Answer:
    """What one system said to one item, and the fingerprint of the weights that gave it; `path` as in `Origin`."""

    text: str
    weights_id: str
    sha256: str
    adapter_id: str
    path: str = ""


@dataclass(frozen=True)
class Item:
    """One item with its answers and scores by system.

    `part` is held_out, or shipped for the project's own sentences. `language` is a language or a pair ("de → en").
    `source_kind` is that of the row: a correction was made because what answered then was wrong, a rating because it
    was right.
    """

    row_id: str
    part: str
    language: str
    segment: str
    input_text: str
    reference: str
    answers: dict[str, Answer]
    scores: dict[str, Scores]
    visitor_id: str = ""
    source_kind: str = "correction"


@dataclass(frozen=True)
class Speed:
    """Seconds that each system took for the same items, one at a time and in turns; each list in the items' order.

    `tokens_per_second` is that of the engine by system, where it tells. `is_like` is False where one of them writes
    and the other only quotes: there no share of slowness could be asked for.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    tokens_per_second: dict[str, float] = field(default_factory=dict)
    is_like: bool = True


@dataclass(frozen=True)
class Memorized:
    """Of `tried` training texts begun and broken off, how many were gone on with to the letter, and which."""

    tried: int
    row_ids: tuple[str, ...] = ()
    is_possible: bool = True


@dataclass(frozen=True)
class Comparison:
    """Systems on the same items. `rival` is what the candidate has to beat: live, or base where nothing else is live.

    `left_out` counts by reason what was not asked. `settings` are those that all answered with. `artefact` is the
    candidate, `live_id` what served when this was made ("" for the weights that ship), `earlier` how many candidates
    were compared on these items before. `base_sha256` is that of the weights which artefacts have to stand on here, ""
    where that is for the candidate's own fingerprint to tell.
    """

    task: Task
    items: tuple[Item, ...]
    fingerprints: dict[str, Fingerprint]
    rival: str
    speed: Speed = Speed()
    memorized: Memorized | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    artefact: Artefact | None = None
    live_id: str = ""
    earlier: int = 0
    base_sha256: str = ""

    def part(self, part: str) -> tuple[Item, ...]:
        """Return the items of one part."""
        return tuple(item for item in self.items if item.part == part)

    def differences(self, items: tuple[Item, ...], name: str = "", other: str = "") -> list[float]:
        """Return candidate minus `other` (default: the rival) of a score (default: the primary), item by item.

        Items without that score are left out.
        """
        name, other = name or PRIMARY[self.task].name, other or self.rival
        return [
            item.scores[CANDIDATE][name] - item.scores[other][name]
            for item in items
            if name in item.scores[CANDIDATE] and name in item.scores[other]
        ]

    @property
    def is_finite(self) -> bool:
        """Whether every score is a number."""
        return all(math.isfinite(value) for value in self._numbers())

    def _numbers(self) -> Iterator[float]:
        for item in self.items:
            for scores in item.scores.values():
                yield from scores.values()
        for seconds in self.speed.seconds.values():
            yield from seconds


def plain_answers(answers: Mapping[str, Answer]) -> dict[str, dict[str, str]]:
    """Return answers as plain data."""
    return {name: dict(vars(answer)) for name, answer in answers.items()}
