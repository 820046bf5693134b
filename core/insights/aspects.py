"""What a text speaks of: delivery, price, quality, service or a founder's own words, found by meaning.

An aspect is a name and a few short descriptions. A sentence has the aspect whose descriptions come near enough to it;
one that is near to none has none, and a text has the aspects of its sentences, each with how that sentence feels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from core.engines.base import Encoder
from core.tasks.sentences import split_sentences

# A sentence has an aspect from this cosine similarity on: chosen on labelled sentences, see tests/benchmarks.
ENGLISH_SIMILARITY = 0.30
OTHER_SIMILARITY = 0.30
# A second aspect is taken only this near behind the best one.
_BEHIND = 0.06
_SENTENCES_AT_MOST = 12


@dataclass(frozen=True)
class Aspect:
    """Something that texts speak of; `words` are short descriptions of it, in any language."""

    name: str
    words: tuple[str, ...]

    @property
    def aspect_id(self) -> str:
        """An id of letters and digits that stays while the name stays."""
        return sha256(self.name.casefold().encode()).hexdigest()[:10]


DEFAULTS = (
    Aspect("Delivery", (
        "The delivery was late.", "The package arrived quickly.", "Shipping and tracking of the order",
        "The courier lost the parcel.", "Versand und Lieferung des Pakets", "La livraison du colis",
        "El envío llegó tarde.", "快递物流送货",
    )),
    Aspect("Price", (
        "It is too expensive.", "Good value for money", "The price and the costs", "I was charged too much.",
        "Der Preis ist zu teuer.", "Le prix est trop cher.", "El precio es caro.", "价格便宜，很划算",
    )),
    Aspect("Quality", (
        "It broke after a few days.", "Well made, solid materials", "Poor quality and workmanship",
        "It stopped working.", "Gute Qualität, stabil verarbeitet", "La qualité est mauvaise, il est cassé.",
        "Se rompió, mala calidad.", "质量很差，坏了",
    )),
    Aspect("Service", (
        "Customer service did not answer.", "The staff were friendly and helpful.", "The support team on the phone",
        "Nobody replied to my emails.", "Der Kundendienst antwortet nicht.", "Le service client est aimable.",
        "La atención al cliente es mala.", "客服态度很好",
    )),
)  # fmt: skip


def version_of(aspects: Sequence[Aspect]) -> str:
    """Return a mark of this list of aspects: another list, another mark."""
    return sha256(repr([(one.name, one.words) for one in aspects]).encode()).hexdigest()[:12]


class Finder:
    """Finds aspects in texts; `encoder` and `threshold` are those of the language that the texts are in."""

    def __init__(self, aspects: Sequence[Aspect], encoder: Encoder, threshold: float) -> None:
        self._aspects = tuple(aspects)
        self._encoder = encoder
        self._threshold = threshold
        words = [word for one in aspects for word in one.words]
        self._of = np.array([place for place, one in enumerate(aspects) for _ in one.words], dtype=np.int64)
        self._vectors = encoder.encode(words) if words else np.zeros((0, 1), dtype=np.float32)

    def find(self, sentences: Sequence[str]) -> list[tuple[tuple[Aspect, float], ...]]:
        """Return the aspects of each sentence with their similarity, best first."""
        if not sentences or not self._aspects:
            return [() for _ in sentences]
        near = self._encoder.encode(sentences) @ self._vectors.T
        best = np.stack([near[:, self._of == place].max(1) for place in range(len(self._aspects))], axis=1)
        return [self._chosen(row) for row in best.tolist()]

    def _chosen(self, row: list[float]) -> tuple[tuple[Aspect, float], ...]:
        least = max(self._threshold, max(row) - _BEHIND)
        found = [(self._aspects[place], value) for place, value in enumerate(row) if value >= least]
        return tuple(sorted(found, key=lambda one: -one[1]))


def sentences_of(text: str, language: str) -> list[str]:
    """Return the first sentences of a text; what has no letters is left out."""
    spans = split_sentences(text, language, 400)
    found = [text[span.start : span.end] for span in spans]
    return [sentence for sentence in found if any(character.isalpha() for character in sentence)][:_SENTENCES_AT_MOST]


def nearest_apart(texts: Sequence[str], encoder: Encoder, most: int, similarity: float = 0.75) -> list[int]:
    """Return the places of up to `most` texts, in their order, none of which says nearly the same as one before."""
    if not texts:
        return []
    vectors = encoder.encode(texts)
    kept: list[int] = []
    for place in range(len(texts)):
        if all(float(vectors[place] @ vectors[other]) < similarity for other in kept):
            kept.append(place)
        if len(kept) == most:
            break
    return kept
