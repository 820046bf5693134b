"""P14, first half: how long the sentiment head takes to refit on 2,000 corrections, and what 300 of them do.

The texts are short posts and film reviews with labels (development data; shares of them stand for what visitors
corrected), read once by the weights. A refit is timed with all that a training does after that: choosing strength and
temperature, and holding on to the sentences that ship. What corrections do is measured on other posts, and harm on
texts of other kinds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.config import PROJECT, read_settings
from core.engines.base import Vectors
from core.engines.catalog import GEMMA
from core.engines.encoder import SENTIMENT_HEAD, HeadClassifier, MiddleLayers
from core.engines.head import Head, load_head
from core.learning.heads import Replay, refit
from core.learning.replayed_sentences import replay
from core.learning.sentiment_head import LABELS, read_development
from core.loop import Row, RowKind, Split
from core.progress import Progress
from core.types import Task, Turn
from tests.benchmarks.figure import Figure, rounds_spread

BARS = ("P14-head",)
DATA = PROJECT.parent / "shared" / "data" / "sentiment"
ROUNDS = 5
TIMED_ROWS, CORRECTED, SEEDS = 2_000, 300, 5
OF_A_SET = 1_200
HELD_OUT = 500
Labelled = tuple[Vectors, list[str]]


def measure() -> list[Figure]:
    """Return the seconds of a refit, and what corrections change where they came from and elsewhere."""
    layers = MiddleLayers(read_settings())
    base = load_head(PROJECT / "assets" / "heads" / SENTIMENT_HEAD, GEMMA.sha256)
    classifier = HeadClassifier(layers, base)
    try:
        sets = {
            name: (classifier.pooled(texts), labels)
            for name, (texts, labels) in read_development(DATA, OF_A_SET).items()
        }
        with tempfile.TemporaryDirectory() as folder:
            settings = replace(read_settings(), cache_folder=Path(folder))
            kept = replay(settings, classifier, base, Progress())
    finally:
        layers.close()
    return [_time(sets, base, kept), *_effects(sets, base, kept)]


def _time(sets: dict[str, Labelled], base: Head, kept: Replay) -> Figure:
    pooled = np.concatenate([vectors for vectors, _ in sets.values()])[:TIMED_ROWS]
    labels = [label for _, found in sets.values() for label in found][:TIMED_ROWS]
    rows = rows_of(labels)
    vectors = dict(zip((row.row_id for row in rows), pooled, strict=True))
    seconds = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        refit(rows, vectors, base, replay=kept)
        seconds.append(time.perf_counter() - began)
    return Figure(
        "P14", "refit of the sentiment head", statistics.median(seconds[1:]), "s", len(rows),
        rounds_spread(seconds[1:]), floor=10.0, aim=3.0,
        note=f"states read before; {len(kept.pooled)} sentences held on to",
    )  # fmt: skip


def _effects(sets: dict[str, Labelled], base: Head, kept: Replay) -> list[Figure]:
    """Correct misread posts, as many confirmed ones beside them or none, and see other posts and other kinds."""
    figures = []
    for name, confirmed in (("corrections alone", 0), ("corrections and as many good ratings", CORRECTED)):
        changes: dict[str, list[float]] = {}
        for seed in range(SEEDS):
            learned, examined = _drawn(sets["tweets_3class"], base, confirmed, seed)
            rows = rows_of([label for _, label in learned])
            vectors = dict(zip((row.row_id for row in rows), (state for state, _ in learned), strict=True))
            head = refit(rows, vectors, base, replay=kept)
            others = {other: found for other, found in sets.items() if other != "tweets_3class"}
            for other, (pooled, labels) in {"other posts": examined, **others}.items():
                gain = _accuracy(head, pooled, labels) - _accuracy(base, pooled, labels)
                changes.setdefault(other, []).append(100 * gain)
        figures += [
            Figure(
                "R-head", f"{name}: change of accuracy on {other}", statistics.mean(gains), "points",
                len(examined[1]) if other == "other posts" else len(sets[other][1]), rounds_spread(gains),
            )
            for other, gains in changes.items()
        ]  # fmt: skip
    return figures


def _drawn(posts: Labelled, base: Head, confirmed: int, seed: int) -> tuple[list[tuple[Vectors, str]], Labelled]:
    pooled, labels = posts
    order = np.random.default_rng(seed).permutation(len(labels))
    examined, rest = order[:HELD_OUT], order[HELD_OUT:]
    found = base.probabilities(pooled).argmax(1)
    wrong = [int(one) for one in rest if LABELS[found[one]] != labels[one]][:CORRECTED]
    right = [int(one) for one in rest if LABELS[found[one]] == labels[one]][:confirmed]
    return [(pooled[one], labels[one]) for one in (*wrong, *right)], (
        pooled[examined],
        [labels[one] for one in examined],
    )


def rows_of(labels: Sequence[str]) -> list[Row]:
    """Return a dataset's rows for texts with these labels, each eighth for validation; their texts do not matter."""
    return [
        Row(
            row_id=f"row-{number}",
            task=Task.SENTIMENT,
            kind=RowKind.LABEL,
            split=Split.VALIDATION if number % 8 == 0 else Split.TRAIN,
            messages=(Turn("user", ""), Turn("assistant", label)),
        )
        for number, label in enumerate(labels)
    ]


def _accuracy(head: Head, pooled: Vectors, labels: Sequence[str]) -> float:
    found = head.probabilities(pooled).argmax(1)
    return float(np.mean([LABELS[place] == label for place, label in zip(found, labels, strict=True)]))
