"""Which terms of the glossary stand in a text: the longest where they overlap, whole words where words have ends."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from core.loop import Term
from core.words import CJK


class Glossary:
    """The terms by languages; immutable."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        self._terms: dict[tuple[str, str], list[tuple[str, Term]]] = defaultdict(list)
        for term in sorted(terms, key=lambda one: -len(one.source_term)):
            self._terms[term.source, term.target].append((_folded(term.source_term), term))

    def find(self, texts: Sequence[str], source: str, target: str) -> list[tuple[Term, ...]]:
        """Return the terms of each text in the order of the text; an empty `source` means any."""
        pairs = [pair for pair in self._terms if pair[1] == target and source in ("", pair[0])]
        known = [one for pair in pairs for one in self._terms[pair]]
        if len(pairs) > 1:
            known.sort(key=lambda one: -len(one[0]))
        return [_found(_folded(text), known) if known else () for text in texts]


def holds(text: str, term: str) -> bool:
    """Return whether a text says a term, whatever the case, as a whole word where words have ends."""
    folded, wanted = _folded(text), _folded(term)
    return wanted in folded and _pattern(wanted).search(folded) is not None


def _found(text: str, known: Sequence[tuple[str, Term]]) -> tuple[Term, ...]:
    found: list[tuple[int, Term]] = []
    for wanted, term in known:
        if wanted in text and (match := _pattern(wanted).search(text)):
            found.append((match.start(), term))
            # What a longer term says is not said once more by a shorter one in it.
            text = _pattern(wanted).sub(lambda part: "\0" * len(part[0]), text)
    return tuple(term for _, term in sorted(found, key=lambda one: one[0]))


@lru_cache(maxsize=20_000)
def _pattern(wanted: str) -> re.Pattern[str]:
    before = r"(?<!\w)" if not CJK.match(wanted) and wanted[:1].isalnum() else ""
    after = r"(?!\w)" if not CJK.match(wanted[-1:]) and wanted[-1:].isalnum() else ""
    return re.compile(before + re.escape(wanted) + after)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
