"""Count how the sentiment head that ships errs: `python -m core.learning.head_errors --data DIR`.

The counts go into a file beside the head, under its id: how often texts that people called negative, neutral or
positive were read as each of the three. Sentiment watch takes the share of negative apart with them, so each set
carries its kind of text and its language. The head learned from UCI's sentences, so those are read by heads that were
trained without their fold.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config import PROJECT, read_settings
from core.engines.base import Vectors
from core.engines.catalog import GEMMA
from core.engines.encoder import SENTIMENT_HEAD, MiddleLayers
from core.engines.head import load_head
from core.learning.sentiment_head import (
    LABELS,
    Kept,
    cross_validated_logits,
    read_development,
    read_uci,
    read_written,
)

ERRORS = "sentiment_errors.json"
DOMAINS = {
    "uci": ("Product and restaurant reviews", "en"),
    "sst2_dev": ("Film reviews", "en"),
    "tweets_3class": ("Short posts", "en"),
    "zh_takeaway": ("Chinese takeaway reviews", "zh"),
    "zh_hotel": ("Chinese hotel reviews", "zh"),
}


def count_errors(encode: Callable[[Sequence[str]], Vectors], data: Path, head_path: Path) -> dict[str, Any]:
    """Return the confusion counts of the head at `head_path` on each set in `data`; rows are what people said."""
    head = load_head(head_path, GEMMA.sha256)
    sets: dict[str, Any] = {}
    labels, found = _out_of_fold(encode, data)
    sets["uci"] = _told("uci", labels, found, "read by heads that were trained without their fold")
    for name, (texts, truth) in read_development(data, 2_000).items():
        rows = head.probabilities(encode(texts)).argmax(1)
        sets[name] = _told(name, np.array([LABELS.index(label) for label in truth]), rows, "never learned from")
    return {"head_id": head.head_id, "labels": list(LABELS), "sets": sets}


def _out_of_fold(encode: Callable[[Sequence[str]], Vectors], data: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return labels and readings of UCI's product and restaurant reviews."""
    examples = [*read_written(), *read_uci(data)]
    pooled = encode([example.text for example in examples])
    y = np.array([LABELS.index(example.label) for example in examples])
    logits = cross_validated_logits(pooled, y, np.array([example.weight for example in examples]))
    chosen = np.array([example.origin in ("uci_amazon_cells", "uci_yelp") for example in examples])
    return y[chosen], logits[chosen].argmax(1)


def _told(name: str, truth: NDArray[np.int64], found: NDArray[np.int64], how: str) -> dict[str, Any]:
    domain, language = DOMAINS[name]
    counts = [[int(((truth == said) & (found == read)).sum()) for read in range(3)] for said in range(3)]
    return {"domain": domain, "language": language, "n": len(truth), "how": how, "counts": counts}


def main() -> None:
    """Read the arguments, count and write."""
    parser = argparse.ArgumentParser(description="Count the errors of the sentiment head in assets/heads.")
    parser.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data" / "sentiment")
    parser.add_argument("--heads", type=Path, default=PROJECT / "assets" / "heads")
    parser.add_argument("--cache", type=Path, help="a .npz file that keeps encoded texts for the next run")
    arguments = parser.parse_args()
    layers = MiddleLayers(read_settings())
    try:
        told = count_errors(Kept(layers.pooled, arguments.cache), arguments.data, arguments.heads / SENTIMENT_HEAD)
    finally:
        layers.close()
    text = json.dumps(told, indent=2, ensure_ascii=False)
    (arguments.heads / ERRORS).write_text(text + "\n", encoding="utf-8")
    print(text)  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
