"""The order of a training, drawn once from its seed: which examples make which step, to the last one.

Whoever resumes draws the same plan again and goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.learning.adapters.examples import Lesson, Reader, batches_by_length
from core.learning.adapters.network import Example
from core.learning.adapters.presets import Preset
from core.learning.adapters.replay import replayed
from core.types import Task

Pair = tuple[Example, Example]
_CHATS_A_STEP = 8
_CHAT_TOKENS_AT_ONCE = 1_024


@dataclass(frozen=True)
class Step:
    """The parts of one step, each computed by itself so that memory stays bounded; `tokens` are all it reads.

    Of a preference step each part is pairs: the right answer and the rejected one.
    """

    parts: tuple[tuple[Example, ...], ...] = ()
    pairs: tuple[Pair, ...] = ()

    @property
    def tokens(self) -> int:
        """How many tokens are read."""
        both = (len(one.tokens) for pair in self.pairs for one in pair)
        return sum(len(one.tokens) for part in self.parts for one in part) + sum(both)


def supervised_steps(reader: Reader, lessons: Sequence[Lesson], preset: Preset, seed: int) -> list[Step]:
    """Return the steps of all epochs; where `epochs` is no whole number the last one is cut short."""
    steps: list[Step] = []
    begun = 0
    for epoch in range(math.ceil(preset.epochs)):
        chance = random.Random(f"{seed}-{epoch}")  # noqa: S311 - an order, not a secret
        begun = len(steps)
        if reader.task is Task.TRANSLATE:
            steps += _packed(reader, lessons, preset, chance)
        else:
            steps += _chats(reader, lessons, chance)
    share = preset.epochs - math.floor(preset.epochs)
    return steps[: begun + max(1, round(share * (len(steps) - begun)))] if share else steps


def _packed(reader: Reader, lessons: Sequence[Lesson], preset: Preset, chance: random.Random) -> list[Step]:
    packs = reader.packs(lessons, chance)
    wanted = preset.replay / (1 - preset.replay) * sum(reader.length(lesson) for lesson in lessons)
    again: list[Lesson] = []
    for lesson in replayed(reader.task, chance):
        if wanted <= 0:
            break
        again.append(lesson)
        wanted -= reader.length(lesson)
    short = reader.packs(again, chance)
    sequences = [reader.pack(pack) for pack in (*packs, *short)]
    chance.shuffle(sequences)
    steps: list[list[Example]] = []
    room = 0
    for sequence in sequences:
        if len(sequence.tokens) > room:
            steps.append([])
            room = preset.step_tokens
        steps[-1].append(sequence)
        room -= len(sequence.tokens)
    return [Step(tuple((one,) for one in step)) for step in steps]


def _chats(reader: Reader, lessons: Sequence[Lesson], chance: random.Random) -> list[Step]:
    """Return steps of eight chats of like length: neighbours of a drawn order, sorted within wide stretches."""
    drawn = list(lessons)
    chance.shuffle(drawn)
    steps: list[Step] = []
    stretch = _CHATS_A_STEP * 8
    for start in range(0, len(drawn), stretch):
        near = sorted(drawn[start : start + stretch], key=reader.length)
        groups = [near[place : place + _CHATS_A_STEP] for place in range(0, len(near), _CHATS_A_STEP)]
        chance.shuffle(groups)
        for group in groups:
            batches = batches_by_length([reader.one(lesson) for lesson in group], _CHAT_TOKENS_AT_ONCE)
            steps.append(Step(tuple(tuple(batch) for batch in batches)))
    return steps


def preference_steps(reader: Reader, lessons: Sequence[Lesson], preset: Preset, seed: int) -> list[Step]:
    """Return steps of pairs, the right answer and the rejected one to the same prompt."""
    steps: list[Step] = []
    size = max(1, _CHATS_A_STEP // 2)
    for epoch in range(math.ceil(preset.epochs)):
        drawn = list(lessons)
        random.Random(f"{seed}-{epoch}").shuffle(drawn)  # noqa: S311 - an order, not a secret
        pairs = [(reader.one(lesson), reader.one(lesson, lesson.rejected)) for lesson in drawn]
        steps += [Step(pairs=tuple(pairs[start : start + size])) for start in range(0, len(pairs), size)]
    return steps


def private_steps(reader: Reader, lessons: Sequence[Lesson], sample_rate: float, steps: int, key: int) -> list[Step]:
    """Return steps that each row joins by chance, with probability `sample_rate`, whatever the others do (Poisson)."""
    alone = [(reader.pack([one]) if reader.task is Task.TRANSLATE else reader.one(one)) for one in lessons]
    chance = random.Random(key)  # noqa: S311 - `key` is drawn by the system's own source
    return [Step(tuple((one,) for one in alone if chance.random() < sample_rate)) for _ in range(steps)]


def looks(reader: Reader, lessons: Sequence[Lesson], most: int) -> list[list[Example]]:
    """Return the validation lessons, at most so many, in batches that are the same at every look."""
    chance = random.Random(0)  # noqa: S311 - an order, not a secret
    chosen = list(lessons)
    chance.shuffle(chosen)
    chosen = chosen[:most]
    if reader.task is Task.TRANSLATE:
        return [[reader.pack(pack)] for pack in reader.packs(chosen, chance)]
    return list(batches_by_length([reader.one(lesson) for lesson in chosen], 2 * _CHAT_TOKENS_AT_ONCE))


def digest(steps: Sequence[Step], *more: object) -> str:
    """Return the SHA-256 of a plan and of what it is carried out with."""
    found = hashlib.sha256(repr(more).encode())
    for step in steps:
        found.update(repr([[one.tokens for one in part] for part in (*step.parts, *step.pairs)]).encode())
    return found.hexdigest()
