"""Encoders beyond this process: any endpoint that answers `/v1/embeddings` as OpenAI's does.

The thresholds by which support decides whether documents hold an answer were fitted on the embedded encoders. With
others, measure Q1 to Q3 again before anybody relies on the abstentions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.engines.base import Fingerprint, Vectors
from core.engines.catalog import known_as
from core.engines.openai_client import Client
from core.engines.openai_wire import EMBEDDINGS
from core.errors import DeadlineExceeded, EngineFailed
from core.progress import Progress

_TEXTS_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 200_000
_REQUESTS_TOGETHER = 4
# What a text may come back as: 8,192 numbers of 24 characters each.
_BYTES_A_TEXT = 200_000


class EmbeddingsEngine:
    """An Encoder on weights that another server runs; any number of threads may call it."""

    device, dtype = "remote", ""

    def __init__(self, client: Client, model: str, deadline_seconds: float = 120.0) -> None:
        self._client = client
        self._model = model
        self._deadline_seconds = deadline_seconds
        self._width = 0

    @property
    def fingerprint(self) -> Fingerprint:
        """The weights by their name there; the hash is the catalog's where it knows the name, else nobody's."""
        known = known_as(self._model)
        return Fingerprint(self._model, known.sha256 if known else "")

    @property
    def trouble(self) -> str:
        """Why it does not serve now, in a sentence, or empty."""
        return self._client.trouble

    def open(self, progress: Progress | None = None) -> None:
        """Look whether the endpoint is there; what is wrong is told by `trouble`, not raised."""
        (progress or Progress()).check()
        self._client.look()

    def close(self) -> None:
        """End what is under way; a later request connects again."""
        self._client.close()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows of shape (texts, dimensions); raises as `Encoder.encode`, and EngineUnfit."""
        if not texts:
            return np.zeros((0, self._width), dtype=np.float32)
        asking = self._client.start(self._encode([text.replace("\0", "") or " " for text in texts]))
        try:
            rows: Vectors = asking.result(timeout=self._deadline_seconds)
        except TimeoutError:
            raise DeadlineExceeded(seconds=self._deadline_seconds) from None
        finally:
            asking.cancel()
        self._width = rows.shape[1]
        return rows

    async def _encode(self, texts: Sequence[str]) -> Vectors:
        gate = asyncio.Semaphore(_REQUESTS_TOGETHER)

        async def one(part: Sequence[str]) -> Vectors:
            async with gate:
                body = {"model": self._model, "input": list(part), "encoding_format": "float"}
                return self._rows(await self._client.ask(EMBEDDINGS, body, _BYTES_A_TEXT * (len(part) + 1)), len(part))

        tasks = [asyncio.ensure_future(one(part)) for part in _parts(texts)]
        try:
            parts = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        if len({part.shape[1] for part in parts}) != 1 or self._width not in (0, parts[0].shape[1]):
            raise EngineFailed(name=self._client.name)
        return np.concatenate(parts)

    def _rows(self, answer: dict[str, Any], count: int) -> Vectors:
        """Return the rows of an answer in the order of the texts, or raise EngineFailed for what is no such answer."""
        try:
            entries = sorted(answer["data"], key=lambda entry: int(entry["index"]))
            rows = np.array([entry["embedding"] for entry in entries], dtype=np.float32)
            is_in_order = [entry["index"] for entry in entries] == list(range(count))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise EngineFailed(name=self._client.name) from error
        if not is_in_order or rows.ndim != 2 or not rows.shape[1] or not np.isfinite(rows).all():
            raise EngineFailed(name=self._client.name)
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _parts(texts: Sequence[str]) -> list[list[str]]:
    """Return the texts in parts that are neither too many nor too long for one request."""
    parts: list[list[str]] = [[]]
    length = 0
    for text in texts:
        if parts[-1] and (len(parts[-1]) >= _TEXTS_AT_ONCE or length + len(text) > _CHARACTERS_AT_ONCE):
            parts.append([])
            length = 0
        parts[-1].append(text)
        length += len(text)
    return parts
