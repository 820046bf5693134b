"""P6 and P7: sentiment texts a second, for 32 callers with one text each, and for a long table.

The peer is the usual pattern on the same layers and head: transformers' text-classification pipeline on Gemma's nine
layers in float32, called by every thread for itself, or in batches of 32 for the table.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.config import read_settings
from core.engines.catalog import GEMMA
from core.engines.convert import convert
from core.engines.encoder import MIDDLE_LAYER, SENTIMENT_HEAD, HeadClassifier, MiddleLayers
from core.learning.sentiment_head import read_written
from core.progress import Progress
from core.tables import Table
from core.tasks.sentiment import Sentiment
from tests.benchmarks.figure import Figure, rounds_spread

BARS = ("P6", "P7")
CALLERS, ROUNDS, ROWS = 32, 5, 192
NOTE = "same nine layers and a head of the same shape in float32; a small table stands for 10,000 distinct rows in P7"


def measure() -> list[Figure]:
    """Return the ratio of texts a second for both shapes of work, interleaved, the first round left out."""
    settings = read_settings()
    layers = MiddleLayers(settings)
    try:
        classifier = HeadClassifier(layers, settings.assets / "heads" / SENTIMENT_HEAD)
        pipeline = _pipeline(str(convert(GEMMA, settings.cache_folder, MIDDLE_LAYER)), settings.threads)
        texts = [example.text for example in read_written()]
        callers, rows = texts[::40][:CALLERS], texts[1::7][:ROWS]
        table = Table(("text",), [(text,) for text in rows])
        sentiment = Sentiment(classifier)
        p6 = _ratios(
            CALLERS,
            lambda: _together(lambda text: classifier.classify([text]), callers),
            lambda: _together(lambda text: pipeline(text), callers),
        )
        p7 = _ratios(
            len(rows),
            lambda: sentiment.read_table(table, "text", "", Progress()),
            lambda: pipeline(rows, batch_size=32),
        )
    finally:
        layers.close()
    peer = f"transformers pipeline, {layers.dtype} against float32"
    return [
        _figure("P6", f"{CALLERS} callers with one text each", p6, 4.0, 10.0, f"{peer}, called per thread"),
        _figure("P7", "a table of distinct rows", p7, 1.5, 4.0, f"{peer}, batches of 32"),
    ]


def _figure(bar: str, name: str, rates: list[tuple[float, float]], floor: float, aim: float, peer: str) -> Figure:
    ratios = [ours / theirs for ours, theirs in rates]
    ours, theirs = (statistics.median(column) for column in zip(*rates, strict=True))
    note = f"{ours:.1f} against {theirs:.1f} texts/s; {NOTE}"
    return Figure(bar, name, statistics.median(ratios), "x", len(ratios), rounds_spread(ratios), floor, aim, peer, note)


def _ratios(n: int, ours: Callable[[], Any], theirs: Callable[[], Any]) -> list[tuple[float, float]]:
    rates = []
    for _ in range(ROUNDS + 1):
        pair = []
        for work in (ours, theirs):
            began = time.perf_counter()
            work()
            pair.append(n / (time.perf_counter() - began))
        rates.append((pair[0], pair[1]))
    return rates[1:]


def _together(work: Callable[[str], Any], texts: Sequence[str]) -> None:
    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _pipeline(folder: str, threads: int) -> Any:
    import torch
    from transformers import AutoTokenizer, Gemma3TextForSequenceClassification, TextClassificationPipeline

    turns = threading.Lock()

    class Peer(TextClassificationPipeline):
        def preprocess(self, *inputs: Any, **settings: Any) -> Any:
            # A fast tokenizer breaks when two threads use it at once; the model itself is free for all.
            with turns:
                return super().preprocess(*inputs, **settings)

    torch.set_num_threads(threads)
    model = Gemma3TextForSequenceClassification.from_pretrained(folder, dtype=torch.float32, num_labels=3).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model.config.pad_token_id = tokenizer.pad_token_id
    return Peer(model=model, tokenizer=tokenizer)
