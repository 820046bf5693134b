"""Engines without weights: real, deterministic implementations of the three protocols for tests and the fake profile.

They are small programs, not mocks: texts that share words get near vectors, praise reads as positive, and a
generator says what it was scripted to say, or else repeats the end of its prompt. NumPy is all they need.
"""

from __future__ import annotations

import json
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.engines.base import Completion, Fingerprint, Generator, Prompt, Vectors, count
from core.engines.head import Head
from core.errors import ArtefactUnfit, DeadlineExceeded, EngineBusy, HearbackError, Stopped
from core.loop import Adapter
from core.types import Driver, Span

_PIECE = re.compile(r"\s*\S+\s*?|\s+")
_WORD = re.compile(r"\w+")
FAKE_WORDS = "words.json"

PRAISE = frozenset(
    _WORD.findall("""
    good great excellent love loved loves wonderful happy best perfect friendly fast helpful nice amazing thanks
    fantastic beautiful recommend gut toll super liebe bon bien bueno excelente ottimo goed 好 喜欢 很棒 满意""")
)
BLAME = frozenset(
    _WORD.findall("""
    bad terrible awful hate hated worst poor slow broken rude late disappointing disappointed useless never horrible
    refund schlecht kaputt mauvais malo pessimo slecht 差 失望 糟糕 难吃""")
)
NEGATIONS = frozenset(("not", "no", "never", "isn't", "wasn't", "don't", "nicht", "kein", "pas", "non", "niet", "不"))


class FakeGenerator:
    """A Generator that answers from a script.

    `replies` is a sequence used one a prompt (then, or without it, the prompt's end is repeated), or a function of
    the prompt. `seconds_per_piece` slows the stream, `error` is raised instead of an answer (after `error_after`
    pieces), `slots` bounds how many may stream at once, beyond which it is busy. `prompts` holds what was asked,
    `running` how many streams are open: tests read both.
    """

    def __init__(
        self,
        replies: Sequence[str] | Callable[[Prompt], str] = (),
        *,
        seconds_per_piece: float = 0.0,
        error: HearbackError | None = None,
        error_after: int = 0,
        slots: int = 1_000,
        name: str = "fake-generator",
    ) -> None:
        self.prompts: list[Prompt] = []
        self.running = 0
        self._write = replies if callable(replies) else None
        self._replies = [] if callable(replies) else list(replies)
        self._seconds_per_piece = seconds_per_piece
        self._error = error
        self._error_after = error_after
        self._slots = slots
        self._fingerprint = Fingerprint(name, f"{zlib.crc32(name.encode()):064x}")
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> Fingerprint:
        """The name it was given."""
        return self._fingerprint

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return a generator that says what this one says, in the words of an adapter; see `FakeAdapted`."""
        if adapter is None:
            return self
        if adapter.base_sha256 != self._fingerprint.sha256:
            raise ArtefactUnfit(name=f"Adapter {adapter.adapter_id[:12]}", why="it was trained on other weights")
        return FakeAdapted(self, adapter)

    def stream(self, prompt: Prompt, stop: threading.Event | None = None) -> Iterator[str]:
        """Yield the reply word by word."""
        for piece, _ in self._pieces(prompt, stop):
            count(1)
            yield piece

    def complete(self, prompts: Sequence[Prompt], stop: threading.Event | None = None) -> list[Completion]:
        """Return the replies in order; raises Stopped once `stop` is set."""
        completions = []
        for prompt in prompts:
            began = time.monotonic()
            written = list(self._pieces(prompt, stop))
            if stop is not None and stop.is_set():
                raise Stopped()
            text = "".join(piece for piece, _ in written)
            reason = written[-1][1] if written else "stop"
            count(len(written))
            completions.append(Completion(text, reason, len(written), time.monotonic() - began, -0.01 * len(written)))
        return completions

    def _pieces(self, prompt: Prompt, stop: threading.Event | None) -> Iterator[tuple[str, str]]:
        """Yield (piece, reason so far): reason is length once max_tokens cut the reply."""
        with self._lock:
            if self.running >= self._slots:
                raise EngineBusy(seconds=1.0)
            self.running += 1
            self.prompts.append(prompt)
            reply = self._reply(prompt)
        try:
            deadline = time.monotonic() + prompt.deadline_seconds
            pieces = _PIECE.findall(reply)
            reason = "length" if len(pieces) > prompt.max_tokens else "stop"
            for number, piece in enumerate(pieces[: prompt.max_tokens]):
                if self._error is not None and number >= self._error_after:
                    raise self._error
                if self._seconds_per_piece:
                    (stop or threading.Event()).wait(self._seconds_per_piece)
                if stop is not None and stop.is_set():
                    return
                if time.monotonic() > deadline:
                    raise DeadlineExceeded(seconds=prompt.deadline_seconds)
                yield piece, reason
            if self._error is not None and self._error_after >= len(pieces):
                raise self._error
        finally:
            with self._lock:
                self.running -= 1

    def _reply(self, prompt: Prompt) -> str:
        if self._write is not None:
            reply = self._write(prompt)
        elif self._replies:
            reply = self._replies.pop(0)
        elif prompt.messages:
            reply = prompt.messages[-1].content
        else:
            reply = next((line for line in reversed(prompt.text.splitlines()) if line.strip()), "")
        for ending in prompt.stop:
            reply = reply.split(ending, 1)[0]
        return reply


class FakeAdapted:
    """A fake generator with a fake adapter: its words are replaced by those of `words.json` in the adapter's folder.

    Without that file every answer ends in the first letters of the adapter's id, so that it can be told apart.
    """

    def __init__(self, base: FakeGenerator, adapter: Adapter) -> None:
        self._base = base
        self._adapter = adapter
        try:
            self._words = json.loads((adapter.folder / FAKE_WORDS).read_text("utf-8"))
        except (OSError, ValueError):
            self._words = None

    @property
    def fingerprint(self) -> Fingerprint:
        """That of the base, with the adapter's id."""
        return replace(self._base.fingerprint, adapter_id=self._adapter.adapter_id)

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return the base with another adapter, or without any."""
        return self._base.with_adapter(adapter)

    def stream(self, prompt: Prompt, stop: threading.Event | None = None) -> Iterator[str]:
        """Yield the reply in one piece."""
        yield from (completion.text for completion in self.complete([prompt], stop))

    def complete(self, prompts: Sequence[Prompt], stop: threading.Event | None = None) -> list[Completion]:
        """Return the base's replies in the adapter's words."""
        return [replace(done, text=self._said(done.text)) for done in self._base.complete(prompts, stop)]

    def _said(self, text: str) -> str:
        if self._words is None:
            return f"{text} [{self._adapter.adapter_id[:6]}]"
        words: dict[str, str] = self._words
        return re.sub(r"\w+", lambda found: words.get(found[0], found[0]), text)


class FakeEncoder:
    """An Encoder by hashing: words and their parts, so that texts sharing words (or stems) lie near each other."""

    def __init__(self, dimensions: int = 512, name: str = "fake-encoder") -> None:
        self.dimensions = dimensions
        self.calls: list[int] = []
        self._fingerprint = Fingerprint(name, f"{zlib.crc32(name.encode()):064x}")

    @property
    def fingerprint(self) -> Fingerprint:
        """The name it was given."""
        return self._fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows of shape (texts, dimensions); a text without words points along the first axis."""
        self.calls.append(len(texts))
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in _WORD.findall(text.lower()):
                # Short words are mostly grammar: they should not make two texts alike.
                row[self._axis(word)] += 1.0 if len(word) > 3 else 0.3
                for start in range(len(word) - 1):
                    row[self._axis(word[start : start + 3])] += 0.25
            if not row.any():
                row[0] = 1.0
            row /= np.linalg.norm(row)
        return vectors

    def seen(self, pooled: Vectors) -> Vectors:
        """Return the rows again, each of length 1."""
        return np.asarray(pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _axis(self, feature: str) -> int:
        return zlib.crc32(feature.encode("utf-8", "replace")) % self.dimensions


class FakeClassifier:
    """A Classifier by a short list of words of praise and blame in several languages, with negation."""

    labels: tuple[str, ...] = ("negative", "neutral", "positive")

    def __init__(self, name: str = "fake-classifier") -> None:
        self.calls: list[int] = []
        self._fingerprint = Fingerprint(name, f"{zlib.crc32(name.encode()):064x}", "fake-head")
        self._head: Head | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """The name it was given, and its head."""
        return self._fingerprint

    def with_head(self, head: Head, head_id: str = "") -> FakeClassifier:
        """Return a classifier by a trained head, on what `FakeEncoder` makes of a text."""
        other = FakeClassifier(self._fingerprint.weights_id)
        other.labels, other._head = head.labels, head
        other._fingerprint = replace(self._fingerprint, adapter_id=head_id or head.head_id)
        return other

    def classify(self, texts: Sequence[str]) -> Vectors:
        """Return probabilities of shape (texts, 3): the softmax of (-score, 0.5, score), or what its head says."""
        self.calls.append(len(texts))
        if self._head is not None:
            return self._head.probabilities(FakeEncoder().encode(texts))
        scores = np.array([sum(weight for _, _, weight in _judged_words(text)) for text in texts], dtype=np.float32)
        logits = np.stack([-scores, np.full_like(scores, 0.5), scores], axis=1)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)

    def pooled(self, texts: Sequence[str]) -> Vectors:
        """Return what a trained head reads: the rows of `FakeEncoder`."""
        return FakeEncoder().encode(texts)

    def explain(self, text: str, label: str) -> tuple[Driver, ...]:
        """Return every word with its weight for `label`; for neutral, praise and blame both speak against it."""
        sign = {"negative": lambda w: -w, "positive": lambda w: w}.get(label, lambda w: -abs(w))
        return tuple(Driver(word, span, sign(weight)) for word, span, weight in _judged_words(text))


def _judged_words(text: str) -> list[tuple[str, Span, float]]:
    judged = []
    is_negated = False
    for match in re.finditer(r"[\u4e00-\u9fff]{1,2}|[^\W_]+(?:'\w+)?", text):
        word = match.group().lower()
        parts = {word, *word} if "\u4e00" <= word[0] <= "\u9fff" else {word}
        weight = 2.0 * (bool(parts & PRAISE) - bool(parts & BLAME))
        is_negating = bool(parts & NEGATIONS)
        if is_negated and weight:
            weight, is_negated = -weight, False
        is_negated = is_negated or is_negating
        judged.append((match.group(), Span(match.start(), match.end()), weight))
    return judged


def fake_head() -> Head:
    """Return the head that stands for the one that ships: words of praise and blame, on what `FakeEncoder` makes."""
    encoder = FakeEncoder()
    blame, praise = (encoder.encode(sorted(words)).sum(0) for words in (BLAME, PRAISE))
    width = encoder.dimensions
    weight = np.stack([blame, np.zeros(width, np.float32), praise]).astype(np.float32)
    beneath = FakeClassifier().fingerprint
    base = {"weights_id": beneath.weights_id, "sha256": beneath.sha256}
    return Head(
        labels=FakeClassifier.labels,
        mean=np.zeros(width, np.float32),
        scale=np.full(width, width**-0.5, np.float32),
        weight=weight * width**-0.5,
        bias=np.array([0.0, 1.0, 0.0], np.float32),
        temperature=np.array([0.5], np.float32),
        card={"name": "sentiment", "base": base},
    )
