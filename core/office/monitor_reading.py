"""Reading a monitor's texts: what goes on in the background, batch by batch, each committed before the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.house import House
from core.insights.aspects import (
    DEFAULTS,
    ENGLISH_SIMILARITY,
    OTHER_SIMILARITY,
    Aspect,
    Finder,
    sentences_of,
    version_of,
)
from core.progress import Progress
from core.store import monitors
from core.store.monitors import Monitor, TextReading
from core.tables import Table
from core.tasks.language import guess_language

# Some two seconds of work with the embedded weights: so much is done again at most after a crash.
BATCH = 64
_LABELS = ("negative", "neutral", "positive")


def aspects_of(monitor: Monitor) -> tuple[Aspect, ...]:
    """Return the aspects that founders chose for a monitor, or those that every monitor begins with."""
    chosen: list[dict[str, Any]] | None = monitor.settings.get("aspects")
    if chosen is None:
        return DEFAULTS
    return tuple(Aspect(one["name"], tuple(one["words"])) for one in chosen)


def read_texts(house: House, monitor_id: str, progress: Progress) -> int:
    """Read what waits to be read, and return how much that was; raises Stopped between batches, EngineError."""
    total, done, last = monitors.monitor(house.database, monitor_id).unread, 0, 0
    while batch := monitors.unread(house.database, monitor_id, BATCH, last):
        progress.check()
        progress.advance(done, total, "reading the texts")
        table = Table(("text",), [(text,) for _, text in batch])
        found = house.tasks().sentiment.read_table(table, "text", progress=Progress(progress.stop))
        readings = [
            TextReading(text_id, _language(text), label or _LABELS[1], row if label else (0.0, 1.0, 0.0))
            for (text_id, text), label, row in zip(batch, found.labels, found.probabilities, strict=True)
        ]
        monitors.write_readings(house.database, monitor_id, readings, found.origin.weights_id, found.origin.adapter_id)
        done, last = done + len(batch), batch[-1][0]
    return done


def find_aspects(house: House, monitor_id: str, progress: Progress) -> None:
    """Look for the monitor's aspects in the texts where that was not done yet; raises as `read_texts`."""
    aspects = aspects_of(monitors.monitor(house.database, monitor_id))
    version = version_of(aspects)
    total, done, last = monitors.count_without_aspects(house.database, monitor_id, version), 0, 0
    search = _Search(house, aspects)
    while batch := monitors.without_aspects(house.database, monitor_id, version, BATCH, last):
        progress.check()
        progress.advance(done, total, "looking for aspects")
        monitors.write_aspects(house.database, version, search.through(batch))
        done, last = done + len(batch), batch[-1][0]


class _Search:
    """Looks through texts of any language; an encoder is asked for with the first text that needs it."""

    def __init__(self, house: House, aspects: Sequence[Aspect]) -> None:
        self._house = house
        self._aspects = aspects
        self._finders: dict[bool, Finder] = {}

    def through(self, batch: Sequence[tuple[int, str, str, str]]) -> list[tuple[int, dict[str, str]]]:
        """Return each text's aspects by their ids with the label of the sentence that speaks of it."""
        if not self._aspects:
            return [(text_id, {}) for text_id, *_ in batch]
        parts = [
            (place, sentence)
            for place, (_, text, language, _) in enumerate(batch)
            for sentence in sentences_of(text, language)
        ]
        is_english = [batch[place][2] in ("en", "") for place, _ in parts]
        found: dict[int, tuple[tuple[Aspect, float], ...]] = {}
        for english in (True, False):
            numbers = [number for number, one in enumerate(is_english) if one is english]
            if numbers:
                hits = self._finder(english).find([parts[number][1] for number in numbers])
                found.update(zip(numbers, hits, strict=True))
        labels = self._labels(batch, parts, [number for number, hits in sorted(found.items()) if hits])
        best: list[dict[str, tuple[float, str]]] = [{} for _ in batch]
        for number in found:
            for aspect, similarity in found[number]:
                kept = best[parts[number][0]]
                if similarity > kept.get(aspect.aspect_id, (-1.0, ""))[0]:
                    kept[aspect.aspect_id] = (similarity, labels[number])
        return [
            (text_id, {aspect_id: f"{label} {value:.2f}" for aspect_id, (value, label) in kept.items()})
            for (text_id, *_), kept in zip(batch, best, strict=True)
        ]

    def _labels(
        self, batch: Sequence[tuple[int, str, str, str]], parts: Sequence[tuple[int, str]], numbers: Sequence[int]
    ) -> dict[int, str]:
        """Return how each sentence feels: as its text does where that is all of it, else read by itself."""
        sizes: dict[int, int] = {}
        for place, _ in parts:
            sizes[place] = sizes.get(place, 0) + 1
        labels = {number: batch[parts[number][0]][3] for number in numbers}
        alone = [number for number in numbers if sizes[parts[number][0]] > 1]
        if alone:
            table = Table(("text",), [(parts[number][1],) for number in alone])
            read = self._house.tasks().sentiment.read_table(table, "text").labels
            labels |= {number: label or _LABELS[1] for number, label in zip(alone, read, strict=True)}
        return labels

    def _finder(self, english: bool) -> Finder:
        if english not in self._finders:
            shelf = self._house.shelf
            self._finders[english] = (
                Finder(self._aspects, shelf.encoder(), ENGLISH_SIMILARITY)
                if english
                else Finder(self._aspects, shelf.multilingual_encoder(), OTHER_SIMILARITY)
            )
        return self._finders[english]


def _language(text: str) -> str:
    guess = guess_language(text)
    return guess.code if guess.is_sure else ""
