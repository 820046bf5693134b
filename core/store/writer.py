"""The thread that writes interactions down, so that nobody waits for the database to get an answer."""

from __future__ import annotations

import atexit
import logging
import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import DeclarativeBase

from core.errors import DatabaseUnavailable, StoreError
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.erasure import forgotten, is_forgotten
from core.store.memory_uses import note_uses
from core.store.spool import BATCH, Spool, plain_line
from core.store.tables import InteractionRow, UsedPassageRow, VisitorRow
from core.store.trouble import is_full
from core.types import Interaction, to_plain

QUEUE_LIMIT = 10_000
RETRY_SECONDS = 1.0
# Whoever waits for a record to be stored is told so after so many tries that failed, not at the end of their patience.
TRIES = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Backlog:
    """What one process has not written down: how many records wait, since when, and why.

    `since` is None while all is well, whatever is just on its way. `spool_bytes` of `limit_bytes` are on disk;
    `is_in_memory` where not even the spool can be written. `dropped` counts what was lost since this process began.
    """

    waiting: int = 0
    since: datetime | None = None
    is_disk_full: bool = False
    is_in_memory: bool = False
    spool_bytes: int = 0
    limit_bytes: int = 0
    dropped: int = 0


class Writer:
    """A bounded queue in front of one thread; what the database does not take waits in the spool and goes first."""

    def __init__(self, database: Database, spool_folder: Path, *, queue_limit: int = QUEUE_LIMIT) -> None:
        self.spool = Spool(spool_folder)
        self._database = database
        self._queue: deque[Interaction] = deque()
        self._queue_limit = queue_limit
        self._unwritten: set[str] = set()
        self._changed = threading.Condition()
        self._is_closing = False
        self._retry_at = 0.0
        self._stuck_until = 0.0
        self._failed = 0
        self._since: datetime | None = None
        self._is_disk_full = self._is_in_memory = False
        self._thread = threading.Thread(target=self._run, name="hearback-writer", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def put(self, interaction: Interaction) -> None:
        """Take a record and return at once; only a full queue makes the caller wait for the disk."""
        with self._changed:
            if not self._is_closing and len(self._queue) < self._queue_limit:
                self._queue.append(interaction)
                self._unwritten.add(interaction.interaction_id)
                self._changed.notify_all()
                return
        self._set_aside([interaction])

    def wait(self, seconds: float, interaction_id: str = "") -> bool:
        """Hurry, and return whether this interaction (default: every one) is in the database before `seconds` end.

        Where the database does not take it twice in a row, that is said at once.
        """

        def is_written() -> bool:
            return interaction_id not in self._unwritten if interaction_id else not self._unwritten

        with self._changed:
            self._retry_at = self._stuck_until = 0.0
            self._changed.notify_all()
            before = self._failed
            self._changed.wait_for(lambda: is_written() or self._failed >= before + TRIES, seconds)
            return is_written()

    @property
    def backlog(self) -> Backlog:
        """What waits just now."""
        with self._changed:
            # What a visitor who was forgotten took along is waited for no more.
            is_waiting = bool(self._unwritten) or not self.spool.is_empty
            return Backlog(
                len(self._unwritten),
                self._since if is_waiting else None,
                self._is_disk_full,
                self._is_in_memory,
                self.spool.bytes,
                self.spool.limit_bytes,
                self.spool.dropped,
            )

    def forget(self, visitor_id: str) -> None:
        """Take a visitor's records out of queue and spool; what is being stored just now is stopped at the database."""
        with self._changed:
            gone = {one.interaction_id for one in self._queue if one.visitor_id == visitor_id}
            self._queue = deque(one for one in self._queue if one.interaction_id not in gone)
            self._unwritten -= gone
            self._changed.notify_all()
        try:
            self.spool.forget(visitor_id)
        except OSError:
            # Nothing comes back from there either: the database refuses it when the spool is drained.
            log.exception("The spool cannot be read to forget a visitor")

    def close(self) -> None:
        """Write what is queued, to the database or else to the spool, and end the thread."""
        with self._changed:
            self._is_closing = True
            self._retry_at = self._stuck_until = 0.0
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()
        atexit.unregister(self.close)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_closing and (seconds := self._idle_seconds()) > 0:
                    self._changed.wait(min(seconds, threading.TIMEOUT_MAX))
                batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                is_last = self._is_closing and not self._queue
            try:
                self._write(batch)
            except Exception:  # the edge of the thread: whatever is wrong with one batch, the next must be written
                log.exception("A batch of %d interactions was lost", len(batch))
                self._lose(batch)
            if is_last:
                return

    def _idle_seconds(self) -> float:
        """Return how long there is nothing to do; 0 if there is."""
        now = time.monotonic()
        if self._queue:
            return max(0.0, self._stuck_until - now)
        if self.spool.is_empty:
            # What this process had set aside may have been stored by another one that shares the folder.
            return 0.0 if self._unwritten else float("inf")
        return max(0.0, self._retry_at - now)

    def _write(self, batch: list[Interaction]) -> None:
        if time.monotonic() < self._retry_at:
            self._set_aside(batch)
            return
        try:
            self.spool.drain(self._store)
            self._store(batch)
        except (StoreError, OSError) as error:
            log.warning("Interactions wait in the spool: %s", error)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            self._set_aside(batch)
            with self._changed:
                self._failed += 1
                self._since = self._since or now()
                self._is_disk_full = is_full(error)
                self._changed.notify_all()
            return
        with self._changed:
            self._since = None
            self._is_disk_full = self._is_in_memory = False
            if self.spool.is_empty:
                self._unwritten = {interaction.interaction_id for interaction in self._queue}
            self._changed.notify_all()

    def _set_aside(self, batch: list[Interaction]) -> None:
        """Keep records on disk, or in memory while the disk takes nothing; beyond that they are lost and counted."""
        kept = 0
        try:
            kept = self.spool.append(batch) if batch else 0
            rest: list[Interaction] = []
        except OSError as error:
            log.warning("The spool cannot be written: %s", error)
            rest = batch
        with self._changed:
            self._is_in_memory = bool(rest)
            if rest:
                self._stuck_until = time.monotonic() + RETRY_SECONDS
                room = 0 if self._is_closing else max(0, self._queue_limit - len(self._queue))
                self._queue.extendleft(reversed(rest[:room]))
                self.spool.dropped += len(rest[room:])
                kept = len(rest[:room])
            self._unwritten.update(interaction.interaction_id for interaction in batch[:kept])
            self._unwritten.difference_update(interaction.interaction_id for interaction in batch[kept:])
            self._changed.notify_all()

    def _lose(self, batch: list[Interaction]) -> None:
        with self._changed:
            self.spool.dropped += len(batch)
            self._unwritten.difference_update(interaction.interaction_id for interaction in batch)
            self._changed.notify_all()

    def _store(self, batch: list[Interaction]) -> None:
        """Commit the batch, or record by record where one of them is what the database refuses."""
        try:
            self._insert(batch)
        except DatabaseUnavailable:
            raise
        except StoreError:
            if len(batch) > 1:
                for interaction in batch:
                    self._store([interaction])
            elif not is_forgotten(self._database, batch[0].visitor_id):
                # Else its visitor went between two statements, and what is left of them must not lie on disk.
                self.spool.refuse(plain_line(batch[0]))
                log.exception("An interaction does not fit the tables")
        with self._changed:
            self._unwritten.difference_update(interaction.interaction_id for interaction in batch)

    def _insert(self, batch: list[Interaction]) -> None:
        if not batch:
            return
        visitors = {one.visitor_id for one in batch}
        try:
            interactions = [_values(one) for one in batch]
        except (AttributeError, TypeError, ValueError) as error:
            raise StoreError(doing="reading an interaction") from error
        passages = [
            {"interaction_id": one.interaction_id, "position": position, "passage_id": passage_id}
            for one in batch
            for position, passage_id in enumerate(one.passage_ids)
        ]
        with self._database.writing("writing interactions down") as session:

            def write(table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
                if rows:
                    session.execute(insert_into(session, table).on_conflict_do_nothing(), rows)

            write(VisitorRow, [{"visitor_id": visitor_id} for visitor_id in sorted(visitors)])
            # Asked only now: whoever is being forgotten at this moment has made us wait for that.
            if gone := forgotten(session, visitors):
                session.execute(delete(VisitorRow).where(VisitorRow.visitor_id.in_(gone)))
                interactions = [values for values in interactions if values["visitor_id"] not in gone]
                left = {values["interaction_id"] for values in interactions}
                passages = [values for values in passages if values["interaction_id"] in left]
            write(InteractionRow, interactions)
            write(UsedPassageRow, passages)
            written = {values["interaction_id"] for values in interactions}
            note_uses(session, [one for one in batch if one.interaction_id in written])


def _values(interaction: Interaction) -> dict[str, Any]:
    """Return the columns of an interaction."""
    plain = to_plain(interaction)
    origin, consent = plain.pop("origin"), plain.pop("consent")
    del plain["passage_ids"], origin["memory"]
    return plain | {
        "started_at": interaction.started_at,
        "total_seconds": interaction.total_seconds if math.isfinite(interaction.total_seconds) else 0.0,
        "consent_log": consent["log"],
        "consent_train": consent["train"],
        **origin,
    }
