"""P6 and P7: sentiment texts a second, for 32 callers with one text each, and for a table of thousands of rows.

The peer is the usual pattern on the same layers: transformers' text-classification pipeline on Gemma's nine layers
with a head of the same shape in float32, called by every thread for itself, or in batches of 32 for the table.

The table's rows are distinct film and product sentences, posts and Chinese reviews as they come (development data), a
new table with each round. The peer takes every so many of the same rows in the same order: the same mix of lengths.
"""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.config import PROJECT, read_settings
from core.engines.catalog import GEMMA
from core.engines.convert import convert
from core.engines.encoder import MIDDLE_LAYER, SENTIMENT_HEAD, HeadClassifier, MiddleLayers
from core.learning.sentiment_head import UCI_FILES, read_uci, read_written
from core.progress import Progress
from core.tables import Table
from core.tasks.sentiment import Sentiment
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine

BARS = ("P6", "P7")
DATA = PROJECT.parent / "shared" / "data" / "sentiment"
CALLERS, ROUNDS = 32, 5
ROWS, OF_THE_PEER = 1_000, 20  # rows of a round's table, and of how many the peer reads one
# Multiply-adds of nine layers for one token, without attention: 640 x 1,536 + 1,024 x 640 + 3 x 640 x 2,048 a layer.
OPERATIONS_OF_A_TOKEN = 2 * 9 * (640 * 1_536 + 1_024 * 640 + 3 * 640 * 2_048)


def measure() -> list[Figure]:
    """Return the ratio of texts a second for both shapes of work, interleaved, the first round left out."""
    box = machine()
    settings = read_settings()
    layers = MiddleLayers(settings)
    try:
        classifier = HeadClassifier(layers, settings.assets / "heads" / SENTIMENT_HEAD)
        folder = convert(GEMMA, settings.cache_folder, MIDDLE_LAYER)
        pipeline = _pipeline(str(folder), settings.threads)
        callers = [example.text for example in read_written()][::40][:CALLERS]
        sentiment = Sentiment(classifier)
        tables = [Table(("text",), [(text,) for text in texts]) for texts in _tables()]
        p6 = _rounds(
            lambda _: _rate(CALLERS, lambda: _together(lambda text: classifier.classify([text]), callers)),
            lambda _: _rate(CALLERS, lambda: _together(lambda text: pipeline(text), callers)),
        )
        sampled = [[cell for (cell,) in table.rows[::OF_THE_PEER]] for table in tables]
        p7 = _rounds(
            lambda n: _rate(ROWS, lambda: sentiment.read_table(tables[n], "text", "", Progress())),
            lambda n: _rate(len(sampled[n]), lambda: pipeline(sampled[n], batch_size=32, truncation=True)),
        )
        tokens = [
            statistics.mean(len(ids) for ids in pipeline.tokenizer(texts)["input_ids"])
            for texts in (callers, [cell for table in tables for (cell,) in table.rows])
        ]
    finally:
        layers.close()
    peer = f"transformers pipeline, {layers.dtype} against float32"
    notes = [
        f"{mean:.0f} tokens a text; {box.of_arithmetic(_median(rates), OPERATIONS_OF_A_TOKEN * mean)}; {box}"
        for mean, rates in zip(tokens, (p6, p7), strict=True)
    ]
    size = f"tables of {ROWS:,} distinct rows, the peer one row in {OF_THE_PEER}"
    return [
        _figure("P6", f"{CALLERS} callers with one text each", p6, (4.0, 10.0), f"{peer}, called per thread", notes[0]),
        _figure("P7", size, p7, (1.5, 4.0), f"{peer}, batches of 32 in the order of the table", notes[1]),
    ]


def _tables() -> list[list[str]]:
    """Return the rows of each round: distinct texts of all development sets, well shuffled."""
    texts = [example.text for example in read_uci(DATA)] if (DATA / UCI_FILES[0]).exists() else []
    for name in ("sst2_train", "sst2_dev", "tweets_3class", "zh_takeaway", "zh_hotel"):
        texts += [json.loads(line)["text"].strip() for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()]
    distinct = list(dict.fromkeys(texts))
    random.Random(7).shuffle(distinct)
    return [distinct[number * ROWS : (number + 1) * ROWS] for number in range(ROUNDS + 1)]


def _median(rates: list[tuple[float, float]]) -> float:
    return statistics.median(ours for ours, _ in rates)


def _figure(
    bar: str, name: str, rates: list[tuple[float, float]], lines: tuple[float, float], peer: str, note: str
) -> Figure:
    ratios = [ours / theirs for ours, theirs in rates]
    theirs = statistics.median(theirs for _, theirs in rates)
    note = f"{_median(rates):.1f} against {theirs:.1f} texts/s; {note}"
    return Figure(bar, name, statistics.median(ratios), "x", len(ratios), rounds_spread(ratios), *lines, peer, note)


def _rounds(ours: Callable[[int], float], theirs: Callable[[int], float]) -> list[tuple[float, float]]:
    return [(ours(number), theirs(number)) for number in range(ROUNDS + 1)][1:]


def _rate(n: int, work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return n / (time.perf_counter() - began)


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
