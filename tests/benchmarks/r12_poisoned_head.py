"""R12: what does a refit of the sentiment head lose to 250 crafted corrections of one visitor, with the cap or without?

Twenty visitors give ten right labels each, one gives 250 wrong ones: of film reviews, positive called negative and the
other way round, all of which reviewers let pass. The cap is the one that datasets are drawn by
(`core.learning.dataset.share_cap`); what is lost is counted on other reviews, against the same refit without the
poisoner. The gate, which would refuse a head that lost this much, is left out: this is what stands before it.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from core.config import PROJECT, read_settings
from core.engines.base import Vectors
from core.engines.catalog import GEMMA
from core.engines.encoder import SENTIMENT_HEAD, HeadClassifier, MiddleLayers
from core.engines.head import Head, load_head
from core.learning.dataset import share_cap
from core.learning.heads import Replay, refit
from core.learning.replayed_sentences import replay
from core.learning.sentiment_head import LABELS, read_development
from core.progress import Progress
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.p14_head import rows_of

BARS = ("R12",)
IS_LONG = True
DATA = PROJECT.parent / "shared" / "data" / "sentiment"
HONEST_VISITORS, ROWS_OF_EACH, CRAFTED, EXAMINED = 20, 10, 250, 400
SEEDS = 5
SWAPPED = {"positive": "negative", "negative": "positive"}


def measure() -> list[Figure]:
    """Return the accuracy of the head as it ships, and what refits lose to the poisoner."""
    texts, labels = _reviews()
    base = load_head(PROJECT / "assets" / "heads" / SENTIMENT_HEAD, GEMMA.sha256)
    settings = read_settings()
    layers = MiddleLayers(settings)
    try:
        classifier = HeadClassifier(layers, base)
        pooled = classifier.pooled(texts)
        kept = replay(settings, classifier, base, Progress())
    finally:
        layers.close()
    return figures_of(pooled, labels, base, kept)


def _reviews() -> tuple[list[str], list[str]]:
    count = HONEST_VISITORS * ROWS_OF_EACH + CRAFTED + EXAMINED
    found = [pair for name, pair in read_development(DATA, count).items() if name.startswith("sst2")]
    if not found or len(found[0][0]) < count - EXAMINED // 2:
        raise FileNotFoundError(f"R12 needs the development reviews below {DATA}.")
    return found[0]


def figures_of(pooled: Vectors, labels: Sequence[str], base: Head, kept: Replay) -> list[Figure]:
    """Return what is lost, over several draws of who says what."""
    honest = HONEST_VISITORS * ROWS_OF_EACH
    cap = share_cap([ROWS_OF_EACH] * HONEST_VISITORS + [CRAFTED])
    lost: dict[int, list[float]] = {cap: [], CRAFTED: []}
    examined = len(labels) - honest - CRAFTED
    for seed in range(SEEDS):
        order = [int(one) for one in np.random.default_rng(seed).permutation(len(labels))]
        good, bad, others = order[:honest], order[honest : honest + CRAFTED], order[honest + CRAFTED :]
        told = [(pooled[one], labels[one]) for one in good]
        clean = _accuracy(_fitted(told, base, kept), pooled, labels, others)
        for most, losses in lost.items():
            lies = [(pooled[one], SWAPPED[labels[one]]) for one in bad[:most]]
            poisoned = _accuracy(_fitted(told + lies, base, kept), pooled, labels, others)
            losses.append(100 * (clean - poisoned))
    shipped = _accuracy(base, pooled, labels, range(len(labels)))
    return [
        Figure("R12", "accuracy of the head as it ships", shipped, "", len(labels)),
        *(
            Figure(
                "R12",
                f"accuracy lost to {CRAFTED} crafted rows of one visitor, {how}",
                statistics.mean(losses),
                "points",
                examined,
                rounds_spread(losses),
                note=f"{most} of the rows taught, beside {honest} honest ones of {HONEST_VISITORS} visitors",
                is_lower_better=True,
            )
            for (most, losses), how in zip(lost.items(), ("with the cap", "without it"), strict=True)
        ),
    ]


def _fitted(told: Sequence[tuple[Vectors, str]], base: Head, kept: Replay) -> Head:
    rows = rows_of([label for _, label in told])
    return refit(rows, {row.row_id: state for row, (state, _) in zip(rows, told, strict=True)}, base, replay=kept)


def _accuracy(head: Head, pooled: Vectors, labels: Sequence[str], places: Sequence[int] | range) -> float:
    found = head.probabilities(pooled[list(places)]).argmax(1)
    return float(np.mean([LABELS[one] == labels[place] for one, place in zip(found, places, strict=True)]))
