"""P9: what an engine gives sixteen callers together against what it gives one: their texts become common batches.

Each engine is asked as the tasks ask it: one text a call for the classifier and the encoder, one short answer a call
for the generator. As many texts in both shapes, one shape after the other, new texts with each round.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.config import Settings, read_settings
from core.engines.base import Prompt
from core.engines.encoder import SENTIMENT_HEAD, HeadClassifier, MiddleLayers, SentenceEncoder
from core.learning.sentiment_head import read_written
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine

BARS = ("P9",)
CALLERS, ROUNDS = 16, 5
TEXTS, ANSWERS, TOKENS = 96, 16, 16
FLOOR, AIM = 1.0, 3.0


def measure() -> list[Figure]:
    """Return each engine's throughput with sixteen callers over its throughput with one."""
    box, settings = machine(), read_settings()
    return [_classifier(settings, str(box)), _encoder(settings, str(box)), _generator(settings, str(box))]


def _classifier(settings: Settings, box: str) -> Figure:
    layers = MiddleLayers(settings)
    try:
        classifier = HeadClassifier(layers, settings.assets / "heads" / SENTIMENT_HEAD)
        return _figure("classifier", lambda text: classifier.classify([text]), _texts, "texts/s", box)
    finally:
        layers.close()


def _encoder(settings: Settings, box: str) -> Figure:
    encoder = SentenceEncoder(settings)
    try:
        return _figure("encoder for English search", lambda text: encoder.encode([text]), _texts, "texts/s", box)
    finally:
        encoder.close()


def _generator(settings: Settings, box: str) -> Figure:
    from core.engines.catalog import SMOLLM2
    from core.engines.llamacpp import LlamaCpp

    engine = LlamaCpp(SMOLLM2, settings.cache_folder, threads=settings.threads, slots=settings.slots)

    def answer(prompt: str) -> Any:
        return engine.complete([Prompt(text=prompt, max_tokens=TOKENS)])

    def prompts(number: int) -> list[str]:
        return [f"Order {number}{place}: my lamp is broken. The shop says:" for place in range(ANSWERS)]

    try:
        name = f"generator, {TOKENS} tokens an answer, {settings.slots} slots"
        return _figure(name, answer, prompts, "answers/s", box)
    finally:
        engine.close()


def _texts(number: int) -> list[str]:
    written = [example.text for example in read_written() if example.language == "en"]
    return [written[(number * TEXTS + place) % len(written)] for place in range(TEXTS)]


def _figure(
    name: str, work: Callable[[str], Any], texts: Callable[[int], Sequence[str]], unit: str, box: str
) -> Figure:
    rates = []
    for number in range(ROUNDS + 1):
        one = _rate(work, texts(2 * number), 1)
        rates.append((_rate(work, texts(2 * number + 1), CALLERS), one))
    ratios = [many / one for many, one in rates[1:]]
    many, one = (statistics.median(column) for column in zip(*rates[1:], strict=True))
    note = f"{many:.1f} against {one:.1f} {unit}; {box}"
    return Figure(
        "P9", f"{name}: {CALLERS} callers over one", statistics.median(ratios), "x", ROUNDS, rounds_spread(ratios),
        FLOOR, AIM, "itself", note,
    )  # fmt: skip


def _rate(work: Callable[[str], Any], texts: Sequence[str], callers: int) -> float:
    """Return texts a second of so many callers, each of whom asks for the next when the one before is there."""

    def caller(own: Sequence[str]) -> None:
        for text in own:
            work(text)

    threads = [threading.Thread(target=caller, args=(texts[place::callers],)) for place in range(callers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(texts) / (time.perf_counter() - began)
