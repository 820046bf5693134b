"""Search by words for any language: BM25 over word roots and character pieces.

Pieces of four characters find compounds and inflected words (German "Kaffeemühle" and "Mühlen"); Chinese and
Japanese, which set no blanks between words, are searched by characters and pairs of characters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.words import BINDING, CJK, CJK_RUN, root_of, words_of

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
PIECE_CHARACTERS = 4
# Characters that bind a Chinese or Japanese sentence and carry no fact of their own.
_BINDING_CHARACTERS = frozenset(
    "的了吗呢吧啊是在我你您他她它们这那哪什么怎样就都也还很和与或把被给对会能可以要有没不之其请问为个のはをにがでとも"
)


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a text, repeated as often as they occur: roots, pieces of long words, CJK pairs, numbers."""
    tokens: list[str] = _NUMBER.findall(text)
    for word in words_of(text):
        if CJK.search(word) or word in BINDING:
            continue
        tokens.append(root_of(word))
        marked = f"_{word}_"
        if len(word) > PIECE_CHARACTERS:
            tokens.extend("#" + marked[at : at + PIECE_CHARACTERS] for at in range(len(marked) - PIECE_CHARACTERS + 1))
    for run in CJK_RUN.findall(text):
        tokens.extend(character for character in run if character not in _BINDING_CHARACTERS)
        tokens.extend(run[at : at + 2] for at in range(len(run) - 1))
    return tokens


class WordSearch:
    """BM25 over a fixed set of texts; read-only once built, so any thread may ask it."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s  # with SciPy beneath it a third of all that the first page would wait for

        self._tokens = [tokens_of(text) or ["\0"] for text in texts]
        self._frequency = Counter(token for tokens in self._tokens for token in set(tokens))
        self.vocabulary = frozenset(self._frequency)
        self._bm25 = bm25s.BM25(k1=1.2, b=0.6)
        self._bm25.index(self._tokens, create_empty_token=False, show_progress=False)

    def scores(self, question: str) -> NDArray[np.float32]:
        """Return the score of every text for `question`, 0 where no token is shared."""
        tokens = [token for token in tokens_of(question) if token in self.vocabulary]
        if not tokens:
            return np.zeros(len(self._tokens), dtype=np.float32)
        return np.asarray(self._bm25.get_scores(tokens), dtype=np.float32)

    def weight(self, token: str) -> float:
        """Return the inverse document frequency of a token: high for what few texts say, highest for the unknown."""
        found = self._frequency.get(token, 0)
        return float(np.log1p((len(self._tokens) - found + 0.5) / (found + 0.5)))
