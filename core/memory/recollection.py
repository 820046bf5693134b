"""The memory as tasks ask it: found again exactly or nearly, for whoever may use it.

A process holds all that works in memory, vectors as one matrix for each kind of question, and asks the database at each
use for what has changed since: one small question, after which a lookup among thousands takes milliseconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from core.engines.base import Encoder
from core.errors import HearbackError
from core.loop import Recall
from core.memory.bound import Bound
from core.memory.contents import Contents, grouped, place_of
from core.memory.glossary import Glossary
from core.memory.nearness import ENGLISH, MULTILINGUAL, NEAR_TASKS, reader_of
from core.memory.proof import is_proven
from core.store import memory, memory_changes, terms
from core.store.db import Database
from core.store.memory import CHECK, VISITORS
from core.store.memory_asked import code
from core.store.memory_changes import Case
from core.types import Task

_log = logging.getLogger(__name__)

TEXTS_AT_ONCE = 200
# Stands for the encoder of what no encoder reads.
WORD_FOR_WORD = "word for word"
_PAGE = 500


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
        self._copy = Contents()
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
        return Bound(self, visitor_id, task, source, target, knowledge_id, revision)

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
        """Remember what was corrected before there was a memory, and learn what nobody came to learn.

        A duty of the foreman: returns how many vectors there were, and leaves the rest to its next call.
        """
        if self._behind is not None:
            self._behind = memory_changes.catch_up(self._database, self._behind, _PAGE) or None
        for correction_id in memory_changes.unlearned(self._database, TEXTS_AT_ONCE):
            self._release(correction_id)
        return self._encode()

    def close(self) -> None:
        """Learn what is waiting to be learned, and end."""
        self._background.shutdown(wait=True)

    # Inside

    def copy(self) -> Contents:
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

    def _newer(self) -> Contents:
        before = self._copy
        changes = memory_changes.since(self._database, before.numbers[0])
        entries = dict(before.entries)
        changed = {place_of(before.entries[one.memory_id]) for one in changes.entries if one.memory_id in entries}
        for one in changes.entries:
            changed.add(place_of(one))
            if one.works:
                entries[one.memory_id] = one
            else:
                entries.pop(one.memory_id, None)
        if len(entries) != changes.working:  # somebody was forgotten, with all that they had corrected
            changes = memory_changes.since(self._database, 0)
            entries = {one.memory_id: one for one in changes.entries}
            groups = grouped(entries.values())
        else:
            fresh = grouped(one for one in entries.values() if place_of(one) in changed)
            groups = {place: group for place, group in before.groups.items() if place not in changed} | fresh
        numbers = (changes.number, changes.terms_number, changes.working)
        is_same = before.numbers[1] == changes.terms_number
        glossary = before.glossary if is_same else Glossary(terms.every(self._database))
        return Contents(numbers, entries, groups, glossary)

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
        if not memory_changes.numbers(self._database)[2]:
            return 0  # and no encoder is opened for nothing
        rows = memory_changes.without_vector(self._database, self._names(), TEXTS_AT_ONCE, correction_id)
        kept = {memory_id: (WORD_FOR_WORD, b"") for memory_id, task, *_ in rows if task not in NEAR_TASKS}
        rows = tuple(row for row in rows if row[0] not in kept)
        readers = [reader_of(text, source) for _, _, source, text in rows]
        for row, one in zip(rows, self.vectors([text for *_, text in rows], readers), strict=True):
            if one is not None:
                kept[row[0]] = (one[0], one[1].astype(np.float16).tobytes())
        if kept:
            memory_changes.keep_vectors(self._database, kept)
        return len(kept)

    def _names(self) -> list[str]:
        """Return by what a vector may have been made; of an encoder that cannot be had, by what there is of it."""
        names = [WORD_FOR_WORD]
        for reader, take in self._encoders.items():
            try:
                names.append(_name(reader, take()))
            except HearbackError:
                there = {name for group in self.copy().groups.values() for name in group.blocks}
                names += [name for name in there if name.startswith(f"{reader} ")]
        return names

    def _release(self, correction_id: str) -> None:
        """Share a correction that another visitor gave alike, or that can be proven; looked at before writing."""
        if self._is_clean is None:
            return
        with self._database.reading("looking whether a correction can be shared") as session:
            alike = memory.agreed(session, correction_id)
            cases = [memory_changes.case(session, one) for one in alike or (correction_id,)]
        clean = {one.correction_id: one for one in cases if one is not None and self._is_clean(one)}
        if correction_id not in clean:
            return
        do_agree = len({one.visitor_id for one in clean.values()}) > 1
        if not do_agree and not is_proven(clean[correction_id], self.copy().glossary):
            return
        with self._database.writing("sharing a correction") as session:
            if do_agree and memory.agreed(session, correction_id) != alike:
                return  # somebody took theirs back meanwhile
            memory.release(session, clean if do_agree else [correction_id], VISITORS if do_agree else CHECK)


def _name(reader: str, encoder: Encoder) -> str:
    return f"{reader} {encoder.fingerprint.weights_id}"
