"""What tasks may ask of an engine: three small protocols and the values that they exchange.

Every method may be called from many threads at once. Errors are those of `core.errors`, never the library's own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.loop import Adapter
from core.types import Driver, Turn

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Fingerprint:
    """Which weights answer: equal fingerprints give equal greedy answers."""

    weights_id: str
    sha256: str
    adapter_id: str = ""


@dataclass(frozen=True)
class Prompt:
    """One request for text: either `text` to go on from, or `messages` of a chat for the weights' own template.

    `temperature` 0 is greedy. `stop` strings end the text and are not part of it. `grammar` is GBNF or empty.
    `deadline_seconds` counts from the call, waiting included.
    """

    text: str = ""
    messages: tuple[Turn, ...] = ()
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    seed: int = 0
    grammar: str = ""
    deadline_seconds: float = 120.0
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Completion:
    """A finished text; `reason` is stop (ended by itself) or length (cut at max_tokens); seconds are wall-clock.

    `log_probability` is the mean log-probability of the generated tokens, or None where the engine gives none.
    """

    text: str
    reason: str
    tokens: int
    seconds: float
    log_probability: float | None = None


@dataclass
class Written:
    """How many tokens were written since the counting began."""

    tokens: int = 0


_written: ContextVar[Written | None] = ContextVar("written", default=None)


@contextmanager
def counting() -> Iterator[Written]:
    """Count the tokens that engines write for this thread in the block."""
    written = Written()
    token = _written.set(written)
    try:
        yield written
    finally:
        _written.reset(token)


def count(tokens: int) -> None:
    """Tell whoever counts in this thread, if anybody, of tokens that were written for it."""
    if (written := _written.get()) is not None:
        written.tokens += tokens


class Generator(Protocol):
    """Weights that write text."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The weights that answer now."""

    def stream(self, prompt: Prompt, stop: threading.Event | None = None) -> Iterator[str]:
        """Yield pieces of text as they come; setting `stop` or closing the iterator frees the engine at once.

        Raises WeightsMissing, WeightsDamaged, EngineBusy, DeadlineExceeded, EngineFailed.
        """

    def complete(self, prompts: Sequence[Prompt], stop: threading.Event | None = None) -> list[Completion]:
        """Return one completion a prompt, in order, run together as the engine's slots allow.

        Raises as `stream`, and Stopped once `stop` is set.
        """

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return a Generator on the same loaded weights with a trained adapter, or without any where None.

        This one goes on as it is: both answer side by side. What is returned carries the adapter's id in its
        fingerprint. Raises ArtefactUnfit for an adapter of other weights, now or with the first request.
        """


class Encoder(Protocol):
    """Weights that turn a text into a vector."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The weights that answer now."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (texts, dimensions), float32, each row of length 1.

        Raises WeightsMissing, WeightsDamaged, DeadlineExceeded, EngineFailed.
        """


class Classifier(Protocol):
    """Weights and a head that give each text a label."""

    labels: tuple[str, ...]

    @property
    def fingerprint(self) -> Fingerprint:
        """The weights, and the head as adapter_id, that answer now."""

    def classify(self, texts: Sequence[str]) -> Vectors:
        """Return calibrated probabilities of shape (texts, labels), float32, each row summing to 1."""

    def explain(self, text: str, label: str) -> tuple[Driver, ...]:
        """Return the words of `text` in reading order, each with its share of the score of `label`."""
