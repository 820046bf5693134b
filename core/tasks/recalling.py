"""How tasks ask the memory: a memory that cannot be asked never costs the answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from core.errors import HearbackError
from core.loop import Recall, Recalled, Term
from core.types import MemoryUse

EXACT, NEAR = "exact", "near"
ANSWER, EXAMPLE, NEIGHBOUR, WORDING = "answer", "example", "neighbour", "wording"
USES_AT_MOST = 200  # of one interaction: a table of ten thousand rows may hold many remembered ones

log = logging.getLogger(__name__)


def recalled(recall: Recall | None, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
    """Return for each text what is remembered of it, best first; nothing where there is no memory or it fails."""
    if recall is not None and texts:
        try:
            return recall.recall(texts)
        except HearbackError as error:
            log.warning("Answered without the memory: %s", error)
    return [() for _ in texts]


def terms_in(recall: Recall | None, texts: Sequence[str]) -> list[tuple[Term, ...]]:
    """Return for each text the glossary's terms that stand in it; none where there is no glossary or it fails."""
    if recall is not None and texts:
        try:
            return recall.terms(texts)
        except HearbackError as error:
            log.warning("Answered without the glossary: %s", error)
    return [() for _ in texts]


def exact(found: Sequence[Recalled]) -> Recalled | None:
    """Return what is remembered of the very text, if anything."""
    return next((hit for hit in found if hit.kind == EXACT and hit.output_text.strip()), None)


def near(found: Sequence[Recalled], least: float = 0.0) -> list[Recalled]:
    """Return what is remembered of texts at least that much alike, best first."""
    return [hit for hit in found if hit.kind == NEAR and hit.similarity >= least and hit.output_text.strip()]


def use_of(hit: Recalled, how: str) -> MemoryUse:
    """Return that an answer used `hit`; of somebody else's, which correction it was is not told."""
    return MemoryUse(hit.memory_id, how, hit.similarity, hit.correction_id if hit.is_own else "")


def once_each(uses: Iterable[MemoryUse]) -> tuple[MemoryUse, ...]:
    """Return the uses with each entry of the memory once, the closest use of it, best first."""
    best: dict[str, MemoryUse] = {}
    for use in sorted(uses, key=lambda use: (use.how != ANSWER, -use.similarity)):
        best.setdefault(use.memory_id, use)
    return tuple(best.values())[:USES_AT_MOST]
