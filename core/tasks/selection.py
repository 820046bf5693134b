"""Which sentences together stand for a whole text: chosen as a set, so that they cover it without repeating it."""

from __future__ import annotations

import itertools
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from core.engines.base import Vectors
from core.knowledge.bm25 import tokens_of
from core.words import CJK

TRIED = 12  # of the best single sentences, every set of up to EXHAUSTIVE is tried
EXHAUSTIVE = 4
OFF_LENGTH = 0.2  # what a set loses for being twice as long as wanted; a vector's likeness is at most 1
_WORD_DIMENSIONS = 1024
_CHARACTERS_PER_WORD = 1.7  # Chinese and Japanese


def count_words(text: str) -> float:
    """Return the length of `text` in words; Chinese and Japanese characters count as parts of words."""
    characters = len(CJK.findall(text))
    blanks = len(text.split())
    return blanks if not characters else characters / _CHARACTERS_PER_WORD + blanks - 1


def normalize(vectors: Vectors) -> Vectors:
    """Return rows (or a single vector) of length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def word_vectors(texts: Sequence[str]) -> Vectors:
    """Return vectors of shape (texts, 1024) by the words of the texts alone, for languages without an encoder.

    TF-IDF over word roots and character pieces (for Chinese and Japanese: characters and pairs), hashed; rarity is
    counted among `texts`, damped so that what is said again and again still weighs most.
    """
    counts = [Counter(tokens_of(text)) for text in texts]
    spread = Counter(token for count in counts for token in count)
    vectors = np.zeros((len(texts), _WORD_DIMENSIONS), dtype=np.float32)
    for row, count in zip(vectors, counts, strict=True):
        for token, times in count.items():
            rarity = math.log(1 + len(texts) / spread[token])
            row[zlib.crc32(token.encode("utf-8", "replace")) % _WORD_DIMENSIONS] += (1 + math.log(times)) * rarity
    return normalize(vectors)


def middle(vectors: Vectors, words: Sequence[float]) -> Vectors:
    """Return the mean of `vectors` weighted by length in words, a long sentence counting as 25 words at most."""
    weights = np.minimum(np.asarray(words, dtype=np.float32), 25.0)
    return normalize(weights @ vectors)


def choose(
    vectors: Vectors,
    whole: Vectors,
    words: Sequence[float],
    handicaps: Sequence[float],
    wanted_words: float,
    most: int,
) -> list[int]:
    """Return the places, in order, of the sentences whose sum lies nearest to the vector of the `whole` text.

    A set that repeats itself moves its sum less towards the whole than one that covers it, so redundancy needs no
    term of its own. `handicaps` are taken from a set's likeness (their mean), and so is a length off
    `wanted_words`. Up to four sentences are chosen among all sets of the twelve best, more by adding and swapping.
    """
    if not len(vectors):
        return []
    likeness = vectors @ whole - np.asarray(handicaps, dtype=np.float32)
    best_first = [int(place) for place in np.argsort(-likeness, kind="stable")]

    def value(places: Iterable[int]) -> float:
        places = list(places)
        total = vectors[places].sum(axis=0)
        like = float(total @ whole) / (float(np.linalg.norm(total)) or 1.0)
        off = abs(sum(words[place] for place in places) - wanted_words) / wanted_words
        return like - sum(handicaps[place] for place in places) / len(places) - OFF_LENGTH * off

    if most <= EXHAUSTIVE:
        tried = best_first[:TRIED]
        sets = itertools.chain.from_iterable(itertools.combinations(tried, size) for size in range(1, most + 1))
        return sorted(max(sets, key=value))
    chosen = best_first[:1]
    while len(chosen) < min(most, len(best_first)):
        others = [place for place in best_first[: 10 * TRIED] if place not in chosen]
        added = max(others, key=lambda place: value([*chosen, place]), default=None)
        if added is None or value([*chosen, added]) <= value(chosen):
            break
        chosen.append(added)
    return sorted(chosen)
