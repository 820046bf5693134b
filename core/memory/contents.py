"""What a process holds of the memory: all that works, grouped by what it may serve, with vectors as matrices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

import numpy as np

from core.engines.base import Vectors
from core.memory.glossary import Glossary
from core.store.memory import OWN
from core.store.memory_changes import Kept
from core.types import Task


@dataclass(frozen=True, eq=False)
class Block:
    """Entries that one encoder has read, with their vectors, shape (entries, dimensions)."""

    entries: tuple[Kept, ...]
    vectors: Vectors


@dataclass(frozen=True, eq=False)
class Group:
    """All that may serve one kind of question: a task, a target and a set of documents."""

    entries: tuple[Kept, ...]
    keys: dict[str, list[Kept]]
    sources: frozenset[str]
    visitors: frozenset[str]
    is_shared: bool
    blocks: dict[str, Block]

    def serves(self, visitor_id: str) -> bool:
        """Return whether there is anything that this visitor may use."""
        return self.is_shared or visitor_id in self.visitors

    @cached_property
    def shared_state(self) -> bytes:
        """What tells one state of all that anybody may use from every other."""
        return _digest(one for one in self.entries if one.state != OWN)

    def own_state(self, visitor_id: str) -> bytes:
        """Return the like for what this visitor gave, whether others may use it or not; empty where there is none."""
        own = self._by_visitor.get(visitor_id)
        return _digest(own) if own else b""

    @cached_property
    def _by_visitor(self) -> dict[str, list[Kept]]:
        found: dict[str, list[Kept]] = {}
        for one in self.entries:
            found.setdefault(one.visitor_id, []).append(one)
        return found

    @property
    def readers(self) -> frozenset[str]:
        """Which encoders have read anything here."""
        return frozenset(name.split(" ", 1)[0] for name in self.blocks)


def _digest(entries: Iterable[Kept]) -> bytes:
    heard = blake2b(digest_size=16)
    for one in sorted(entries, key=lambda one: one.memory_id):
        said = (one.memory_id, one.state, one.released_by, one.ranked_at, one.revision, one.encoder, bool(one.vector))
        for part in (repr(said), one.input_text, one.output_text):
            heard.update(blake2b(part.encode("utf-8", "surrogatepass"), digest_size=16).digest())
    return heard.digest()


NOBODY = Group((), {}, frozenset(), frozenset(), False, {})
Place = tuple[Task, str, str]


@dataclass(frozen=True, eq=False)
class Contents:
    """All that works, as of the `numbers` of the last changes; never changed, a newer one takes its place."""

    numbers: tuple[int, int, int] = (0, 0, 0)
    entries: dict[str, Kept] = field(default_factory=dict)
    groups: dict[Place, Group] = field(default_factory=dict)
    glossary: Glossary = field(default_factory=Glossary)

    def group(self, task: Task, target: str, knowledge_id: str) -> Group:
        """Return what may serve one kind of question."""
        return self.groups.get((task, target, knowledge_id), NOBODY)


def place_of(one: Kept) -> Place:
    """Return what kind of question an entry may serve."""
    return one.task, one.target, one.knowledge_id


def grouped(entries: Iterable[Kept]) -> dict[Place, Group]:
    """Return the entries by the kind of question that they may serve."""
    by_place: dict[Place, list[Kept]] = {}
    for one in entries:
        by_place.setdefault(place_of(one), []).append(one)
    return {place: _group(found) for place, found in by_place.items()}


def _group(entries: Sequence[Kept]) -> Group:
    keys: dict[str, list[Kept]] = {}
    by_encoder: dict[str, list[Kept]] = {}
    for one in entries:
        keys.setdefault(one.input_key, []).append(one)
        if one.vector:
            by_encoder.setdefault(one.encoder, []).append(one)
    blocks = {}
    for encoder, found in by_encoder.items():
        rows = np.frombuffer(b"".join(one.vector or b"" for one in found), np.float16)
        blocks[encoder] = Block(tuple(found), rows.reshape(len(found), -1).astype(np.float32))
    return Group(
        tuple(entries),
        keys,
        frozenset(one.source for one in entries),
        frozenset(one.visitor_id for one in entries if one.state == OWN),
        any(one.state != OWN for one in entries),
        blocks,
    )
