"""The memory as tasks ask it: found again exactly or nearly, for whoever may use it.

A process holds all that works in memory, vectors as one matrix for each kind of question, and asks the database at each
use for what has changed since: one small question, after which a lookup among thousands takes milliseconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.engines.base import Encoder, Vectors
from core.errors import HearbackError
from core.loop import Recall, Recalled, Term
from core.memory.glossary import Glossary
from core.memory.keys import input_key
from core.memory.nearness import ENGLISH, MULTILINGUAL, NEAR_AT_MOST, least
from core.memory.proof import is_proven
from core.store import memory, memory_changes
from core.store.db import Database
from core.store.memory import CHECK, OWN, VISITORS, code
from core.store.memory_changes import Case, Kept
from core.tasks.language import guess_language
from core.types import Task

_log = logging.getLogger(__name__)

TEXTS_AT_ONCE = 200
_PAGE = 500
_BY_PEOPLE = ("reviewer", "import")


class Memory:
    """One process's memory over the database, safe to share between threads.

    `encoder` and `multilingual` give the encoders when they are first needed; without them it finds exact hits alone.
    `is_clean` tells of a correction whether no check holds it back; without it nothing is released without a person.
    """

    def __init__(
        self,
        database: Database,
        encoder: Callable[[], Encoder],
        multilingual: Callable[[], Encoder],
        is_clean: Callable[[Case], bool] | None = None,
    ) -> None:
        self._database = database
        self._encoders = {ENGLISH: encoder, MULTILINGUAL: multilingual}
        self._is_clean = is_clean
        self._lock = threading.Lock()
        self._copy = _Copy()
        self._behind: str | None = ""
        self._background = ThreadPoolExecutor(1, thread_name_prefix="memory")

    def bound(
        self,
        visitor_id: str,
        task: Task,
        *,
        source: str = "",
        target: str = "",
        knowledge_id: str = "",
        revision: int = 0,
        segment: str = "",  # noqa: ARG002 - a segment's own memory may come; callers say already for whom they ask
    ) -> Recall:
        """Return the memory as this visitor may use it for this; asking it never raises, it then knows less.

        `source` may stay empty where it is yet to be detected. Of a summary, `target` is `keys.shape(length, form)`.
        """
        if task is not Task.SUMMARIZE:
            source, target = code(source), code(target)
        return _Bound(self, visitor_id, task, source, target, knowledge_id, revision)

    def learn(self, correction_id: str) -> None:
        """Release what can be released without a person, then give a correction's entries their vectors.

        Raises StoreError and what encoders raise; what is left undone `fill` does later.
        """
        self._release(correction_id)
        self._encode(correction_id)

    def learn_soon(self, correction_id: str) -> Future[None]:
        """Learn in the background, so that nobody waits for an encoder; what fails is told in the log."""
        return self._background.submit(self._learn_quietly, correction_id)

    def fill(self) -> int:
        """Remember what was corrected before there was a memory, and give entries the vectors that they lack.

        A duty of the foreman: returns how many vectors there were, and leaves the rest to its next call.
        """
        if self._behind is not None:
            self._behind = memory_changes.catch_up(self._database, self._behind, _PAGE) or None
        return self._encode()

    def close(self) -> None:
        """Learn what is waiting to be learned, and end."""
        self._background.shutdown(wait=True)

    # Inside

    def copy(self) -> _Copy:
        """Return what is remembered now, or what was when the database last answered."""
        try:
            now = memory_changes.numbers(self._database)
            with self._lock:
                if now != self._copy.numbers:
                    self._copy = self._newer()
                return self._copy
        except HearbackError as error:
            _log.warning("the memory may be behind: %s", error)
            return self._copy

    def _newer(self) -> _Copy:
        before = self._copy
        changes = memory_changes.since(self._database, before.numbers[0])
        entries = {**before.entries, **{one.memory_id: one for one in changes.entries}}
        entries = {memory_id: one for memory_id, one in entries.items() if one.works}
        if len(entries) != changes.working:  # somebody was forgotten, with all that they had corrected
            changes = memory_changes.since(self._database, 0)
            entries = {one.memory_id: one for one in changes.entries if one.works}
        numbers = (changes.number, changes.terms_number, changes.working)
        is_same = before.numbers[1] == changes.terms_number
        glossary = before.glossary if is_same else Glossary(memory_changes.terms(self._database))
        return _Copy(numbers, entries, glossary)

    def vectors(self, texts: Sequence[str], readers: Sequence[str]) -> list[tuple[str, NDArray[np.float32]] | None]:
        """Return (encoder's name, vector) of each text by its reader, None where that cannot be had now."""
        found: list[tuple[str, NDArray[np.float32]] | None] = [None] * len(texts)
        for reader in dict.fromkeys(readers):
            places = [place for place, one in enumerate(readers) if one == reader]
            try:
                encoder = self._encoders[reader]()
                rows = encoder.encode([texts[place] for place in places])
            except HearbackError as error:
                _log.warning("only exact matches are found in the memory: %s", error)
                continue
            for place, row in zip(places, rows, strict=True):
                found[place] = (_name(reader, encoder), row)
        return found

    def _learn_quietly(self, correction_id: str) -> None:
        try:
            self.learn(correction_id)
        except HearbackError as error:
            _log.warning("a correction is remembered word for word only, for now: %s", error)

    def _encode(self, correction_id: str = "") -> int:
        names = [_name(reader, take()) for reader, take in self._encoders.items()]
        rows = memory_changes.without_vector(self._database, names, TEXTS_AT_ONCE, correction_id)
        if not rows:
            return 0
        readers = [reader_of(text, source) for _, _, source, text in rows]
        found = self.vectors([text for *_, text in rows], readers)
        kept = {
            row[0]: (one[0], one[1].astype(np.float16).tobytes())
            for row, one in zip(rows, found, strict=True)
            if one is not None
        }
        if kept:
            memory_changes.keep_vectors(self._database, kept)
        return len(kept)

    def _release(self, correction_id: str) -> None:
        if self._is_clean is None:
            return
        with self._database.writing("looking whether a correction can be shared") as session:
            alike = memory.agreed(session, correction_id)
            cases = [memory_changes.case(session, one) for one in alike or (correction_id,)]
            known = [one for one in cases if one is not None]
            if not known or not all(map(self._is_clean, known)):
                return
            if alike:
                memory.release(session, alike, VISITORS)
            elif is_proven(known[0], self.copy().glossary):
                memory.release(session, [correction_id], CHECK)


@dataclass(frozen=True, eq=False)
class _Block:
    """Entries of one task, target and encoder with their vectors, shape (entries, dimensions)."""

    entries: tuple[Kept, ...]
    vectors: Vectors


@dataclass(eq=False)
class _Copy:
    """All that works, as of the `numbers` of the last changes; the entries never change, what is made of them does."""

    numbers: tuple[int, int, int] = (0, 0, 0)
    entries: dict[str, Kept] = field(default_factory=dict)
    glossary: Glossary = field(default_factory=Glossary)
    _keys: dict[str, list[Kept]] | None = None
    _blocks: dict[tuple[Task, str, str], _Block] = field(default_factory=dict)

    def of_key(self, key: str) -> Sequence[Kept]:
        """Return the entries of an input."""
        if self._keys is None:
            keys: dict[str, list[Kept]] = {}
            for one in self.entries.values():
                keys.setdefault(one.input_key, []).append(one)
            self._keys = keys
        return self._keys.get(key, ())

    def block(self, task: Task, target: str, encoder: str) -> _Block:
        """Return what can be compared with a vector of this encoder."""
        key = (task, target, encoder)
        if key not in self._blocks:
            chosen = tuple(
                one
                for one in self.entries.values()
                if one.vector is not None and (one.task, one.target, one.encoder) == key
            )
            rows = [np.frombuffer(one.vector or b"", np.float16) for one in chosen]
            self._blocks[key] = _Block(
                chosen, np.stack(rows).astype(np.float32) if rows else np.zeros((0, 0), np.float32)
            )
        return self._blocks[key]


@dataclass(frozen=True)
class _Bound:
    memory: Memory
    visitor_id: str
    task: Task
    source: str
    target: str
    knowledge_id: str
    revision: int

    def recall(self, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        copy = self.memory.copy()
        visible = [one for one in copy.entries.values() if self._may_use(one)]
        if not visible:
            return [() for _ in texts]
        found = [self._exact(copy, text) for text in texts]
        if any(one.vector is not None for one in visible):
            near = self._near(copy, texts)
            found = [_joined(exact, others) for exact, others in zip(found, near, strict=True)]
        return found

    def terms(self, texts: Sequence[str]) -> list[tuple[Term, ...]]:
        return self.memory.copy().glossary.find(texts, self.source, self.target)

    def _may_use(self, one: Kept) -> bool:
        if one.task is not self.task or one.target != self.target or one.knowledge_id != self.knowledge_id:
            return False
        if self.source and one.source and one.source != self.source:
            return False
        return one.state != OWN or one.visitor_id == self.visitor_id

    def _exact(self, copy: _Copy, text: str) -> tuple[Recalled, ...]:
        sources = {self.source, ""} if self.source else {one.source for one in copy.entries.values()}
        keys = [input_key(self.task, source, self.target, text, self.knowledge_id) for source in sources]
        best = _best([one for key in keys for one in copy.of_key(key) if self._may_use(one)], self.visitor_id)
        return () if best is None else (self._recalled(best, 1.0, is_exact=True),)

    def _near(self, copy: _Copy, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        readers = [reader_of(text, self.source) for text in texts]
        found: list[tuple[Recalled, ...]] = []
        for known, reader in zip(self.memory.vectors(texts, readers), readers, strict=True):
            if known is None:
                found.append(())
                continue
            block = copy.block(self.task, self.target, known[0])
            if not block.entries:
                found.append(())
                continue
            likeness = block.vectors @ known[1]
            places = np.flatnonzero(likeness >= least(self.task, reader))
            places = places[np.argsort(-likeness[places], kind="stable")]
            found.append(self._nearest(block, likeness, places))
        return found

    def _nearest(self, block: _Block, likeness: Vectors, places: Iterable[np.intp]) -> tuple[Recalled, ...]:
        """Return the nearest inputs, each with the output that holds for it."""
        by_input: dict[str, list[Kept]] = {}
        alike: dict[str, float] = {}
        for place in places:
            one = block.entries[int(place)]
            if not self._may_use(one):
                continue
            if one.input_key not in by_input and len(by_input) == NEAR_AT_MOST:
                continue
            by_input.setdefault(one.input_key, []).append(one)
            alike.setdefault(one.input_key, min(1.0, float(likeness[int(place)])))
        chosen = [(key, _best(entries, self.visitor_id)) for key, entries in by_input.items()]
        return tuple(self._recalled(one, alike[key], is_exact=False) for key, one in chosen if one is not None)

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


def reader_of(text: str, source: str = "") -> str:
    """Return which encoder reads a text: the English one where it is English, or has no language."""
    language = source or guess_language(text).code
    return ENGLISH if language in ("en", "") else MULTILINGUAL


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


def _name(reader: str, encoder: Encoder) -> str:
    return f"{reader} {encoder.fingerprint.weights_id}"
