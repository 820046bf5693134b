"""What one process changes and the others must know of: promotions, the handbook, the memory, who was forgotten.

On PostgreSQL whoever changes something says so in the same transaction (NOTIFY), and every process listens on a
connection of its own. A notification may be lost: with a connection that broke, or in a pooler that hands connections
round. So what is said is only a hint to look at once; what counts are the numbers in the database, which are looked at
after each new connection and every few seconds, or every second where nothing is heard. SQLite has no notifications and
one server, and is looked at every second: a command of the terminal may have changed it.

NOTIFY lets transactions commit one after the other, so it is for what people decide and not for each use.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.errors import DatabaseUnavailable, StoreError
from core.store.db import Database
from core.store.loop_tables import ForgottenRow, MemoryStampRow, ServingRow
from core.store.tables import KnowledgeRow

SERVING, HANDBOOK, MEMORY, FORGOTTEN = "serving", "handbook", "memory", "forgotten"
CHANNEL = "hearback"
# How often the numbers are looked at: where notifications arrive, and where they do not.
CHECK_SECONDS = 5.0
POLL_SECONDS = 1.0
# After an error that nobody had thought of it looks again, but does not spin.
RETRY_SECONDS = 5.0
# A notification of one's own arrives within milliseconds, or a pooler stands in between.
HELLO_SECONDS = 2.0
_HELLO = "hello "
_SLICE_SECONDS = 0.5
_log = logging.getLogger(__name__)

Numbers = dict[str, tuple[Any, ...]]


def changed(session: Session, what: str) -> None:
    """Tell all processes that something changed, once this transaction is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_notify(:channel, :what)"), {"channel": CHANNEL, "what": what})


def numbers(database: Database) -> Numbers:
    """Return for each kind what differs once it was changed: four small questions. Raises StoreError."""
    questions = {
        SERVING: select(func.max(ServingRow.serving_id)),
        HANDBOOK: select(KnowledgeRow.knowledge_id, KnowledgeRow.live_number).order_by(KnowledgeRow.knowledge_id),
        MEMORY: select(MemoryStampRow.kind, MemoryStampRow.number).order_by(MemoryStampRow.kind),
        FORGOTTEN: select(func.count()).select_from(ForgottenRow),
    }
    with database.reading("looking for changes") as session:
        return {what: tuple(map(tuple, session.execute(question))) for what, question in questions.items()}


class Signals:
    """Calls back when something was changed here or by another process; `start` begins, `close` ends.

    Callbacks are called in one thread, one after the other, so what takes long starts a thread of its own; what they
    raise is told in the log. `direct_url` is the address to listen at where `database` is reached through a pooler.
    """

    def __init__(self, database: Database, direct_url: str = "", check_seconds: float = CHECK_SECONDS) -> None:
        self._database = database
        self._direct_url = direct_url
        self._check_seconds = check_seconds
        self._callbacks: list[tuple[str, Callable[[], object]]] = []
        self._known: Numbers = {}
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._ear: _Ear | None = None
        self._was_deaf = False
        self._was_failing = False

    @property
    def is_listening(self) -> bool:
        """Whether notifications arrive just now; else the database is looked at every second."""
        return self._ear is not None

    def on(self, what: str, callback: Callable[[], object]) -> None:
        """Call back after each change of a kind: SERVING, HANDBOOK, MEMORY or FORGOTTEN."""
        self._callbacks.append((what, callback))

    def start(self) -> None:
        """Begin; what was changed before counts as known, so whoever listens looks once by itself."""
        if self._thread is None:
            try:
                self._known = numbers(self._database)
            except Exception as error:  # noqa: BLE001 - a server must come up without it; the thread looks again
                _log.warning("changes could not be looked for yet: %s", error)
            self._thread = threading.Thread(target=self._run, name="signals", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End; nothing is called back any more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(HELLO_SECONDS + 2 * _SLICE_SECONDS)

    # Inside

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
                self._look()
                self._hear()
                self._was_failing = False
            except Exception:  # noqa: BLE001 - the edge of the thread: nobody else would hear of the others' changes
                self._fail()
        self._hang_up()

    def _fail(self) -> None:
        """Tell of an error once until all is well again, and wait a little; what was missed is found then."""
        if not self._was_failing and not self._closing.is_set():
            _log.exception("changes of other processes could not be looked for; trying again")
        self._was_failing = True
        self._hang_up()
        self._closing.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        """Open the connection to listen on, where there is one to be had."""
        if self._ear is not None or self._database.is_sqlite:
            return
        try:
            ear = _Ear(self._database, self._direct_url)
        except StoreError as error:
            self._tell_deaf(f"no connection to listen on ({error})")
            return
        if ear.hears(self._database):
            self._ear, self._was_deaf = ear, False
            return
        ear.close()
        self._tell_deaf(
            "notifications do not arrive, as through a pooler. Name the server itself in "
            "HEARBACK_DATABASE_DIRECT_URL, and they will"
        )

    def _tell_deaf(self, why: str) -> None:
        if not self._was_deaf:
            _log.warning("changes of other processes are looked for every %.0f s: %s", POLL_SECONDS, why)
        self._was_deaf = True

    def _look(self) -> None:
        """Compare the numbers with those that are known, and call back for what differs."""
        try:
            found = numbers(self._database)
        except StoreError as error:
            _log.warning("changes could not be looked for: %s", error)
            return
        before, self._known = self._known, found
        self._call({what for what in found if found[what] != before.get(what)})

    def _hear(self) -> None:
        """Wait until it is time to look again, and call back at once for what is said meanwhile."""
        ear = self._ear
        end = time.monotonic() + (self._check_seconds if ear is not None else POLL_SECONDS)
        while not self._closing.is_set() and (left := end - time.monotonic()) > 0:
            if ear is None:
                self._closing.wait(left)
                continue
            try:
                heard = ear.listen(min(left, _SLICE_SECONDS))
            except StoreError:
                self._hang_up()
                return
            # Said twice in one breath is looked at once; what nobody knows of here comes from a newer version.
            self._call({what for what in heard if not what.startswith(_HELLO)})

    def _call(self, kinds: set[str]) -> None:
        for what, callback in self._callbacks:
            if what in kinds and not self._closing.is_set():
                try:
                    callback()
                except Exception:  # noqa: BLE001 - the edge of the thread: one bug must not make it deaf for the rest
                    _log.exception("what was to happen after a change of %s failed", what)

    def _hang_up(self) -> None:
        ear, self._ear = self._ear, None
        if ear is not None:
            ear.close()


class _Ear:
    """A connection that listens; raises StoreError where it cannot be opened, and when it broke."""

    def __init__(self, database: Database, direct_url: str) -> None:
        self._connection = database.own_connection(direct_url)
        try:
            self._connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        except SQLAlchemyError as error:
            self.close()
            raise DatabaseUnavailable(doing="listening for changes") from error

    def hears(self, database: Database) -> bool:
        """Return whether what is said in the database arrives here."""
        said = _HELLO + secrets.token_hex(8)
        with database.writing("trying whether notifications arrive") as session:
            changed(session, said)
        end = time.monotonic() + HELLO_SECONDS
        while time.monotonic() < end:
            if said in self.listen(_SLICE_SECONDS):
                return True
        return False

    def listen(self, seconds: float) -> list[str]:
        """Return what was said meanwhile, as soon as something was."""
        import psycopg

        driver: Any = self._connection.connection.driver_connection
        try:
            return [one.payload for one in driver.notifies(timeout=seconds, stop_after=1)]
        except (psycopg.Error, OSError) as error:
            raise DatabaseUnavailable(doing="listening for changes") from error

    def close(self) -> None:
        """Give the connection back; of one that broke nothing is left to give."""
        with suppress(SQLAlchemyError):
            self._connection.close()
