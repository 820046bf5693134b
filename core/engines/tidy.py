"""Texts as people write them, from texts as corpora and exports hold them.

Blanks before commas, "wo n't", "&amp;" and lines without any capital are traces of tools, not of the writer; the
weights learned from ordinary writing and read that better (SST-2: one point of accuracy). Every character keeps the
place that it came from, so that what is found in the tidied text can be shown in the original.
"""

from __future__ import annotations

import html
import re

from core.types import Span

_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6});")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_LOOSE = re.compile(r"\s+(?=(?:n't|'(?:s|ve|re|ll|m|d))\b)|[ \t]+(?=[,.;:!?](?:\s|$))")
_LONELY_I = re.compile(r"\bi\b")


def tidied(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the tidied text, and for each of its characters (and its end) the place in `text` that it came from."""
    pieces: list[tuple[str, int]] = []
    place = 0
    while place < len(text):
        if found := _ENTITY.match(text, place) or _ESCAPE.match(text, place):
            meant = html.unescape(found[0]) if found[0][0] == "&" else chr(int(found[1], 16))
            if not 0xD800 <= ord(meant[0]) <= 0xDFFF:
                pieces.extend((character, place) for character in meant)
                place = found.end()
                continue
        pieces.append((text[place], place))
        place += 1
    joined = "".join(character for character, _ in pieces)
    dropped = {index for found in _LOOSE.finditer(joined) for index in range(*found.span()) if index}
    kept = [piece for index, piece in enumerate(pieces) if index not in dropped]
    joined = "".join(character for character, _ in kept)
    origins = [origin for _, origin in kept]
    first = joined.lstrip()[:1]
    if first.isascii() and first.isalpha() and joined == joined.lower():
        start = joined.index(first)
        joined = joined[:start] + first.upper() + joined[start + 1 :]
        joined = _LONELY_I.sub("I", joined)
        if joined[-1].isalnum():
            joined += "."
            origins.append(len(text))
    return joined, (*origins, len(text))


def placed(spans: tuple[Span, ...], origins: tuple[int, ...]) -> tuple[Span, ...]:
    """Return spans of a tidied text as spans of the text it came from."""
    return tuple(Span(origins[span.start], origins[span.end]) for span in spans)
