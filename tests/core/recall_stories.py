"""A memory for stories: what it knows is written down beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import DatabaseUnavailable
from core.loop import Recalled, Term


def known(text: str, output: str, similarity: float = 1.0, is_own: bool = True) -> Recalled:
    """Return an entry that was corrected to `output`: exact where the similarity is 1."""
    kind = "exact" if similarity == 1.0 else "near"
    return Recalled(f"m-{text[:20]}", text, output, similarity, kind, is_own, f"c-{text[:20]}")


class Memory:
    """A Recall that answers from `entries` by text, and from `terms` where a text holds one; counts how often."""

    def __init__(self, entries: Mapping[str, Sequence[Recalled]] | None = None, terms: Sequence[Term] = ()) -> None:
        self.entries = dict(entries or {})
        self.known_terms = tuple(terms)
        self.asked: list[list[str]] = []

    def recall(self, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        """Return what is written down for each text."""
        self.asked.append(list(texts))
        return [tuple(self.entries.get(text, ())) for text in texts]

    def terms(self, texts: Sequence[str]) -> list[tuple[Term, ...]]:
        """Return the terms that stand in each text."""
        return [tuple(term for term in self.known_terms if term.source_term in text) for text in texts]


class Away:
    """A Recall whose database is away."""

    def recall(self, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        """Fail."""
        raise DatabaseUnavailable(doing="looking into the memory")

    def terms(self, texts: Sequence[str]) -> list[tuple[Term, ...]]:
        """Fail."""
        raise DatabaseUnavailable(doing="looking into the glossary")
