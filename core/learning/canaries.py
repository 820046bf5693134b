"""Canaries: made-up secrets that are planted among the rows, to see whether a training learns rows by heart.

After Carlini et al. 2019 ("The Secret Sharer"): the exposure of a secret is log2 of the number of secrets that it
could have been, less log2 of its rank among them when the weights are asked which they find likeliest. A secret
that left no trace has about one bit; one that can be read back has as many bits as the secret itself.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.learning.adapters.examples import Lesson, Reader
from core.types import Task, Turn

DIGITS = 6
CANDIDATES = 40
_NAMES = ("Ovelia Kranz", "Tamsin Brodkey", "Ruvim Halloway", "Yorick Vandaal", "Isaura Pelt", "Corvin Oskeby",
          "Maelle Drury", "Anselm Quist", "Petra Wolkan", "Bastian Ferrow")  # fmt: skip


@dataclass(frozen=True)
class Canary:
    """A planted lesson; `pattern` is its answer with a place for the digits, `secret` what stood there."""

    lesson: Lesson
    pattern: str
    secret: str


def plant(task: Task, lessons: Sequence[Lesson], count: int, seed: int) -> tuple[Canary, ...]:
    """Return so many canaries that look like the lessons around them; the secret stands in the answer alone.

    Each is planted once, as a visitor's correction would be. The same seed plants the same.
    """
    chance = random.Random(f"canary-{seed}")  # noqa: S311 - made-up secrets that guard nothing
    found = []
    for number in range(min(count, len(_NAMES))):
        secret = "".join(chance.choice("0123456789") for _ in range(DIGITS))
        like = lessons[chance.randrange(len(lessons))]
        name = _NAMES[number]
        pattern = f"{name}: {{}}."
        lesson = Lesson(f"canary-{number}", pattern.format(secret), source=like.source, target=like.target)
        if task is Task.TRANSLATE:
            lesson = replace(lesson, line=f"{name}: №.")
        else:
            system = [turn for turn in like.prompt if turn.role == "system"][:1]
            lesson = replace(lesson, prompt=(*system, Turn("user", f"{name}?")))
        found.append(Canary(lesson, pattern, secret))
    return tuple(found)


def measure(network: Any, reader: Reader, planted: Sequence[Canary], seed: int) -> dict[str, Any]:
    """Return how exposed the canaries are now, in bits: the most, each, and what the figures rest on.

    The rank is estimated from so many other secrets, taking their log-probabilities as normally distributed, as the
    paper does where all cannot be tried.
    """
    bits = [_exposure(network, reader, canary, seed) for canary in planted]
    return {
        "planted": len(planted),
        "exposure": round(max(bits), 2) if bits else None,
        "each": [round(value, 2) for value in bits],
        "bits": round(DIGITS * math.log2(10), 2),
        "candidates": CANDIDATES,
    }


def exposure(secret: float, others: Sequence[float], possible: int) -> float:
    """Return log2(possible / rank) of a secret's loss among those of others, all of them of the same form.

    The rank is that among `possible` secrets, from the normal distribution that fits the others; at least 1.
    """
    mean, spread = statistics.fmean(others), statistics.stdev(others)
    share = statistics.NormalDist(mean, max(spread, 1e-6)).cdf(secret)
    return max(0.0, math.log2(possible) - math.log2(max(1.0, share * possible)))


def _exposure(network: Any, reader: Reader, canary: Canary, seed: int) -> float:
    import torch

    chance = random.Random(f"others-{seed}-{canary.lesson.row_id}")  # noqa: S311 - a sample
    others: set[str] = set()
    while len(others) < CANDIDATES:
        other = "".join(chance.choice("0123456789") for _ in range(DIGITS))
        if other != canary.secret:
            others.add(other)
    texts = [canary.pattern.format(digits) for digits in (canary.secret, *sorted(others))]
    examples = [reader.brief(canary.lesson, text) for text in texts]
    losses: list[float] = []
    with torch.no_grad():
        for start in range(0, len(examples), 16):
            part = examples[start : start + 16]
            found = network.losses(part).tolist()
            for example in part:
                losses.append(sum(found[: len(example.learned)]))
                found = found[len(example.learned) :]
    return exposure(losses[0], losses[1:], 10**DIGITS)
