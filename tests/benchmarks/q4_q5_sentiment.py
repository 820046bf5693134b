"""Q4 and Q5: is the sentiment right, in English (reviews and three-class tweets) and in Chinese reviews?

The label that a visitor sees is judged (a polar text called neutral is wrong); beside it stands which of positive and
negative is the likelier. Development data: the head's few settings were chosen on these sets, none of it was learned.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from core.config import PROJECT, read_settings
from core.engines.encoder import SENTIMENT_HEAD, HeadClassifier, MiddleLayers
from core.learning.sentiment_head import LABELS, read_development
from tests.benchmarks.figure import Figure, wilson_spread

BARS = ("Q4", "Q5")
# Half an hour is for the bars of speed.
IS_LONG = True
DATA = PROJECT.parent / "shared" / "data" / "sentiment"
TEXTS_A_SET = int(os.environ.get("HEARBACK_BENCH_TEXTS", "600"))


def measure() -> list[Figure]:
    """Return accuracy (macro-F1 for tweets), the polar accuracy beside it."""
    sets = read_development(DATA, TEXTS_A_SET)
    if not sets:
        raise FileNotFoundError(f"The development data is not there: {DATA}")
    settings = read_settings()
    layers = MiddleLayers(settings)
    try:
        classifier = HeadClassifier(layers, Path(settings.assets) / "heads" / SENTIMENT_HEAD)
        return [
            figure for name, (texts, labels) in sets.items() for figure in _figures(classifier, name, texts, labels)
        ]
    finally:
        layers.close()


def _figures(classifier: HeadClassifier, name: str, texts: list[str], labels: list[str]) -> list[Figure]:
    rows = np.concatenate([classifier.classify(texts[start : start + 256]) for start in range(0, len(texts), 256)])
    found = [LABELS[place] for place in rows.argmax(1)]
    n = len(texts)
    hits = sum(one == other for one, other in zip(found, labels, strict=True))
    bar = "Q5" if name.startswith("zh") else "Q4"
    floor, aim = {"Q5": (0.86, 0.92), "Q4": (0.86, 0.90)}[bar]
    polar = [
        (row[2] > row[0]) == (label == "positive")
        for row, label in zip(rows, labels, strict=True)
        if label != "neutral"
    ]
    share = sum(polar) / len(polar)
    figures = [Figure("polar", f"{name}: the likelier of positive and negative", share, "", len(polar))]
    if "neutral" in labels:
        from sklearn.metrics import f1_score

        score = float(f1_score(labels, found, average="macro"))
        figures.insert(0, Figure(bar, f"{name}: macro-F1", score, "", n, "", 0.58, 0.68))
    else:
        figures.insert(0, Figure(bar, f"{name}: accuracy", hits / n, "", n, wilson_spread(hits, n), floor, aim))
    return figures
