"""How much of a text a correction changed."""

from __future__ import annotations

import re

from rapidfuzz.distance import Levenshtein

# Kana, Han, Hangul, Thai, Lao, Khmer and Burmese are written without spaces between words.
_PIECES = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
    r"|[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+"
    r"|[^\w\s]"
)


def edit_share(before: str, after: str) -> float:
    """Return how much of a text was changed, 0 (nothing) to 1 (nothing was kept).

    It is the least number of words that must be put in, taken out or replaced (Levenshtein 1966), as a share of the
    longer text's words; a sign counts as a word, and in scripts without spaces each character does. Spaces do not
    count.
    """
    return float(Levenshtein.normalized_distance(_PIECES.findall(before), _PIECES.findall(after)))
