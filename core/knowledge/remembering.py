"""An encoder that remembers: what was encoded for the last index need not be encoded for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np

from core.engines.base import Encoder, Fingerprint, Vectors
from core.progress import Progress

TEXTS_A_STEP = 256
# Of vectors from an earlier process so many are computed again: where they differ, all are. Rounding is 1e-6.
TEXTS_CHECKED = 4
LEAST_LIKENESS = 0.999
Remembered = dict[bytes, Vectors]


class Remembering:
    """An Encoder that takes vectors from `known`, by the digest of their text, and asks `encoder` for the rest.

    `vectors` holds those of all texts that were asked for until `seal`; afterwards it only passes on, so that
    questions are not kept. One thread builds with it, then any may ask. Where `is_doubted`, `known` comes from an
    earlier process: a few are computed again, and none is used if the encoder says something else by now.
    """

    def __init__(
        self,
        encoder: Encoder,
        known: Mapping[bytes, Vectors] | None = None,
        progress: Progress | None = None,
        *,
        is_doubted: bool = False,
    ) -> None:
        self._encoder = encoder
        self._known = known or {}
        self._progress = progress
        self._is_doubted = is_doubted
        self._is_sealed = False
        self.vectors: Remembered = {}
        self.encoded = 0

    @property
    def fingerprint(self) -> Fingerprint:
        """The encoder's."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a text; raises as `Encoder.encode`, and Stopped."""
        if self._is_sealed or not texts:
            return self._encoder.encode(texts)
        keys = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        found = {key: self._known[key] for key in keys if key in self._known}
        if self._is_doubted and found:
            self._is_doubted = False
            if not self._agrees({key: text for key, text in zip(keys, texts, strict=True) if key in found}):
                self._known, found = {}, {}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        self._encode(missing, found)
        self.vectors |= found
        return np.stack([found[key] for key in keys])

    def seal(self) -> Remembering:
        """Remember nothing more from here on."""
        self._is_sealed = True
        self._known = {}
        self._progress = None
        return self

    def _agrees(self, texts: Mapping[bytes, str]) -> bool:
        """Tell whether the encoder says of a few texts, spread over all, what is known of them."""
        keys = list(texts)[:: max(1, len(texts) // TEXTS_CHECKED)][:TEXTS_CHECKED]
        known = np.stack([self._known[key] for key in keys])
        now = self._encoder.encode([texts[key] for key in keys])
        return known.shape == now.shape and bool(((known * now).sum(axis=1) >= LEAST_LIKENESS).all())

    def _encode(self, missing: Mapping[bytes, str], found: Remembered) -> None:
        # Encoders put texts of like length together: in steps they can do so only if each step holds such.
        keys = sorted(missing, key=lambda key: len(missing[key])) if self._progress else list(missing)
        step = TEXTS_A_STEP if self._progress else max(1, len(keys))
        for start in range(0, len(keys), step):
            if self._progress:
                self._progress.check()
                self._progress.advance(start, len(keys), f"reading {len(keys):,} new sentences and words")
            now = keys[start : start + step]
            found.update(zip(now, self._encoder.encode([missing[key] for key in now]), strict=True))
        self.encoded += len(keys)
