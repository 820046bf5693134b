"""Who reads the texts of a dataset, so that near-duplicates are found: MiniLM in English, the middle layers elsewhere.

Sentiment is read by the layers under its head whatever the language, and what they say is kept as it is: from those
states a head refits in a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.engines.base import Encoder, Vectors
from core.engines.shelf import Shelf
from core.learning.forms import plain_input
from core.loop import Row
from core.progress import Progress
from core.types import Task

POOLED = "/pooled"
# A long text is told by its beginning: the encoders cut it there as well.
_CHARACTERS = 2_000
_BATCH = 32


class Readers:
    """Reads the rows of one task with the engines of a shelf."""

    def __init__(self, shelf: Shelf, task: Task) -> None:
        self._shelf = shelf
        self._task = task

    def name_for(self, row: Row) -> str:
        """Return the name of the encoder that reads a row; opens it."""
        if self._task is Task.SENTIMENT:
            return self._states.fingerprint.weights_id + POOLED
        return self._encoder(row).fingerprint.weights_id

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the encoders that may have been used."""
        if self._task is Task.SENTIMENT:
            return (self._states.fingerprint.weights_id + POOLED,)
        both = (self._shelf.encoder(), self._shelf.multilingual_encoder())
        return tuple(dict.fromkeys(one.fingerprint.weights_id for one in both))

    def read(self, rows: Sequence[Row], progress: Progress | None = None) -> list[tuple[str, bytes]]:
        """Return for each row the name of its encoder and its vector in float16; raises EngineError, Stopped."""
        progress = progress or Progress()
        found: list[tuple[str, bytes] | None] = [None] * len(rows)
        by_name: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            by_name.setdefault(self.name_for(row), []).append(number)
        done = 0
        for name, numbers in by_name.items():
            # Texts of about one length together: a batch is as long as its longest.
            numbers.sort(key=lambda number: len(plain_input(rows[number])))
            for start in range(0, len(numbers), _BATCH):
                progress.check()
                progress.advance(done, len(rows), "reading the texts")
                batch = numbers[start : start + _BATCH]
                vectors = self._vectors([rows[number] for number in batch])
                for number, vector in zip(batch, vectors, strict=True):
                    found[number] = (name, vector.astype(np.float16).tobytes())
                done += len(batch)
        return [one for one in found if one is not None]

    def seen(self, name: str, vectors: Vectors) -> Vectors:
        """Return stored vectors of an encoder as unit rows, whose products tell how alike two texts are."""
        if name.endswith(POOLED):
            return np.asarray(self._multilingual.seen(vectors), dtype=np.float32)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _vectors(self, rows: Sequence[Row]) -> Vectors:
        texts = [plain_input(row)[:_CHARACTERS] for row in rows]
        if self._task is Task.SENTIMENT:
            return np.asarray(self._states.pooled([plain_input(row) for row in rows]), dtype=np.float32)
        return self._encoder(rows[0]).encode(texts)

    def _encoder(self, row: Row) -> Encoder:
        return self._shelf.encoder() if row.language == "en" else self._shelf.multilingual_encoder()

    @property
    def _states(self) -> Any:
        return self._shelf.classifier()

    @property
    def _multilingual(self) -> Any:
        return self._shelf.multilingual_encoder()
