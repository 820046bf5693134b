"""From texts to pooled hidden states and back to words: what the owner thread of an encoder does with a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.engines.base import Vectors
from core.engines.packed import Packed
from core.errors import EngineFailed
from core.types import Driver, Span


@dataclass(frozen=True, eq=False)
class TokenStates:
    """One text, token by token: hidden states of shape (tokens, width) and where each token stands in the text."""

    states: Vectors
    spans: tuple[Span, ...]


class TextWorker:
    """A tokenizer and a model in the hands of one thread; items are (text, whether token by token)."""

    def __init__(
        self,
        name: str,
        tokenizer: Any,
        states: Callable[[Packed], Any],
        tokens_at_most: int,
        skipped: int,
        device: str = "cpu",
    ) -> None:
        self._name = name
        self._states = states
        self._skipped = skipped
        self._device = device
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(tokens_at_most)

    def prepare(self, items: Sequence[tuple[str, bool]]) -> list[Any]:
        # A lone surrogate has no UTF-8: it becomes a question mark, which keeps every place in the text.
        texts = [text.encode("utf-8", "replace").decode("utf-8") for text, _ in items]
        encodings = self._tokenizer.encode_batch_fast(texts) if not any(is_whole for _, is_whole in items) else None
        encodings = encodings or self._tokenizer.encode_batch(texts)
        return [
            (item.ids, item.offsets if is_whole else None) for item, (_, is_whole) in zip(encodings, items, strict=True)
        ]

    def size(self, prepared: Any) -> int:
        return len(prepared[0])

    def compute(self, batch: Sequence[Any]) -> list[Any]:
        import torch

        packed = Packed([ids for ids, _ in batch], self._device)
        with torch.inference_mode():
            states = self._states(packed)
            rows = packed.means(states, self._skipped).cpu().numpy()
        if not np.isfinite(rows).all():
            raise EngineFailed(name=self._name)
        found: list[Any] = []
        start = 0
        for row, length, (_, offsets) in zip(rows, packed.lengths, batch, strict=True):
            found.append(row if offsets is None else self._whole(states[start : start + length].cpu().numpy(), offsets))
            start += length
        return found

    def _whole(self, states: Vectors, offsets: list[tuple[int, int]]) -> TokenStates:
        first = self._skipped if len(offsets) > self._skipped else 0
        return TokenStates(states[first:], tuple(Span(*place) for place in offsets[first:]))


def words_of(text: str, spans: Sequence[Span], weights: Vectors) -> tuple[Driver, ...]:
    """Return tokens joined to words, each with the sum of its tokens' weights.

    A word goes on until a blank; Han and kana tokens are words of their own, punctuation belongs to the word before.
    """
    words: list[tuple[int, int, float]] = []
    for span, weight in zip(spans, weights, strict=True):
        piece = text[span.start : span.end]
        start = span.start + len(piece) - len(piece.lstrip())
        end = span.start + len(piece.rstrip())
        is_blank = start >= end
        if words and (is_blank or _belongs(text, words[-1], start, end)):
            words[-1] = (words[-1][0], max(words[-1][1], end if not is_blank else 0), words[-1][2] + float(weight))
        elif not is_blank:
            words.append((start, end, float(weight)))
    return tuple(Driver(text[start:end], Span(start, end), weight) for start, end, weight in words)


def _belongs(text: str, word: tuple[int, int, float], start: int, end: int) -> bool:
    """Whether the token at `start` to `end` continues `word`."""
    if start < word[1]:
        return True  # bytes of one character
    if start > word[1]:
        return False
    piece = text[start:end]
    is_punctuation = not any(character.isalnum() for character in piece)
    return is_punctuation or not (_is_ideographic(piece[0]) or _is_ideographic(text[word[1] - 1]))


def _is_ideographic(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or character >= "\U00020000"
