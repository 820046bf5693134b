"""The memory as one visitor may use it for one task: what is known exactly, and what comes near."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.loop import Recall, Recalled, Term
from core.memory.contents import Group
from core.memory.keys import input_key
from core.memory.nearness import NEAR_AT_MOST, NEAR_TASKS, is_alike, least, reader_of
from core.store.memory import OWN
from core.store.memory_changes import Kept
from core.tasks.language import guess_language
from core.types import Task

if TYPE_CHECKING:
    from core.memory.recollection import Memory

_BY_PEOPLE = ("reviewer", "import")


@dataclass(frozen=True)
class State:
    """Of what may be recalled: equal digests recall the same. `has_own`: some of it is of the visitor who asks."""

    digest: str
    has_own: bool


@dataclass(frozen=True)
class Bound:
    """A Recall: what its visitor said, and what is shared, of this task, language pair and handbook."""

    memory: Memory
    visitor_id: str
    task: Task
    source: str
    target: str
    knowledge_id: str
    revision: int

    def state(self) -> State:
        """Return what tells one state of all that this may recall from every other."""
        contents = self.memory.copy()
        group = contents.group(self.task, self.target, self.knowledge_id)
        own = group.own_state(self.visitor_id)
        return State(f"{contents.numbers[1]} {group.shared_state.hex()} {own.hex()}", bool(own))

    def recall(self, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        group = self.memory.copy().group(self.task, self.target, self.knowledge_id)
        if not group.serves(self.visitor_id):
            return [() for _ in texts]
        found = [self._exact(group, text) for text in texts]
        if not group.blocks or self.task not in NEAR_TASKS:
            return found
        near = self._near(group, texts)
        return [_joined(exact, others) for exact, others in zip(found, near, strict=True)]

    def terms(self, texts: Sequence[str]) -> list[tuple[Term, ...]]:
        return self.memory.copy().glossary.find(texts, self.source, self.target)

    def _may_use(self, one: Kept) -> bool:
        if self.source and one.source and one.source != self.source:
            return False
        return one.state != OWN or one.visitor_id == self.visitor_id

    def _exact(self, group: Group, text: str) -> tuple[Recalled, ...]:
        sources = {self.source, ""} if self.source else group.sources
        keys = [input_key(self.task, source, self.target, text, self.knowledge_id) for source in sources]
        same = [one for key in keys for one in group.keys.get(key, ()) if self._may_use(one)]
        if len({one.source for one in same}) > 1:  # "Gift" in English or in German: no one knows which was meant
            same = [one for one in same if one.source == guess_language(text).code]
        best = _best(same, self.visitor_id)
        return () if best is None else (self._recalled(best, 1.0, is_exact=True),)

    def _near(self, group: Group, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        readers = [reader_of(text, self.source) for text in texts]
        # A text is only encoded where something stands to be compared with it.
        places = [place for place, reader in enumerate(readers) if reader in group.readers]
        known = self.memory.vectors([texts[place] for place in places], [readers[place] for place in places])
        found: list[tuple[Recalled, ...]] = [() for _ in texts]
        for place, one in zip(places, known, strict=True):
            block = group.blocks.get(one[0]) if one is not None else None
            if one is None or block is None:
                continue
            likeness = block.vectors @ one[1]
            enough = np.flatnonzero(likeness >= least(self.task, readers[place]))
            nearest = enough[np.argsort(-likeness[enough], kind="stable")]
            alike = (
                (block.entries[row], likeness[row])
                for row in nearest
                if is_alike(self.task, texts[place], block.entries[row].input_text)
            )
            found[place] = self._nearest(group, alike)
        return found

    def _nearest(self, group: Group, entries: Iterable[tuple[Kept, np.float32]]) -> tuple[Recalled, ...]:
        """Return the nearest inputs that may be used, each with the output that holds for it."""
        found: dict[str, Recalled] = {}
        for one, likeness in entries:
            if one.input_key not in found and self._may_use(one):
                best = _best([other for other in group.keys[one.input_key] if self._may_use(other)], self.visitor_id)
                found[one.input_key] = self._recalled(best or one, min(1.0, float(likeness)), is_exact=False)
                if len(found) == NEAR_AT_MOST:
                    break
        return tuple(found.values())

    def _recalled(self, one: Kept, similarity: float, *, is_exact: bool) -> Recalled:
        is_same = is_exact and one.revision == self.revision
        return Recalled(
            one.memory_id,
            one.input_text,
            one.output_text,
            similarity,
            "exact" if is_same else "near",
            one.visitor_id == self.visitor_id,
            one.correction_id,
        )


def state_of(recall: Recall | None) -> State | None:
    """Return the state of the memory as somebody may use it, or None where it cannot be told."""
    return recall.state() if isinstance(recall, Bound) else None


def _joined(exact: tuple[Recalled, ...], near: tuple[Recalled, ...]) -> tuple[Recalled, ...]:
    known = {one.memory_id for one in exact} | {one.input_text for one in exact}
    return (*exact, *(one for one in near if one.memory_id not in known and one.input_text not in known))


def _best(entries: Sequence[Kept], visitor_id: str) -> Kept | None:
    """Return whose output holds for an input: what the visitor said, then what people approved, the newest first."""
    return max(
        entries,
        key=lambda one: (one.visitor_id == visitor_id, one.released_by in _BY_PEOPLE, one.ranked_at),
        default=None,
    )
