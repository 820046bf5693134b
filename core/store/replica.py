"""One server among those on one PostgreSQL: who leads, and whether all have the same key.

Each server holds a transaction open that does nothing but hold advisory locks: one that all share says that it is
there, another that it leads. A server that dies, however it does, loses both with its connection, and another leads.
Locks of a transaction, unlike those of a session, hold through a pooler too. On SQLite one server serves, and leads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import SQLAlchemyError

from core.errors import DatabaseUnavailable, KeysDiffer, StoreError
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.office_tables import OptionRow

# Beside those of migrating (4865617262), counting (63), freezing (64) and wrong tries (65).
_PRESENT, _LEADS, _JOINING = 4865617290, 4865617291, 4865617292
KEY = "key"
# Written out: the answer to a statement with parameters stays open in the transaction, with the snapshot that it saw,
# and vacuum would clean nothing that was deleted since.
_SHARE = f"SELECT pg_advisory_xact_lock_shared({_PRESENT})"
_TRY = f"SELECT pg_try_advisory_xact_lock({_LEADS})"
_COUNT = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32) + objid::bigint = :lock"
)
_log = logging.getLogger(__name__)


class Replica:
    """This server's place among the others; thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._held: Connection | None = None
        self._leads = False

    def join(self, key_digests: Sequence[str]) -> None:
        """Be there from now on, with the digests of this server's keys, the present one first.

        Raises KeysDiffer where others serve with another key, StoreError. Where nobody else serves, the present key
        becomes everybody's.
        """
        if self._database.is_sqlite:
            return
        with self._lock:
            self._hold()
        try:
            self._agree(key_digests)
        except StoreError:
            self.leave()
            raise

    def leads(self) -> bool:
        """Return whether this server is the one to do what one alone should do; never raises.

        Asked before each such thing: it may become true when the leader dies, and false when the database was away.
        """
        if self._database.is_sqlite:
            return True
        with self._lock:
            try:
                connection = self._hold()
                if self._leads:
                    connection.exec_driver_sql("SELECT 1")
                else:
                    self._leads = bool(connection.exec_driver_sql(_TRY).scalar())
            except (SQLAlchemyError, StoreError) as error:
                _log.warning("who leads is not known: %s", type(error).__name__)
                self._let_go()
            return self._leads

    def count(self) -> int:
        """Return how many servers are there; raises StoreError."""
        if self._database.is_sqlite:
            return 1
        with self._database.reading("counting servers") as session:
            return int(session.scalar(_COUNT, {"lock": _PRESENT}) or 0)

    def leave(self) -> None:
        """Be there no more; another leads, if this one did."""
        with self._lock:
            self._let_go()

    # Inside

    def _hold(self) -> Connection:
        """Return the connection whose transaction holds the locks, opened anew if it broke."""
        if self._held is None:
            try:
                self._held = self._database.engine.connect()
                self._held.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                self._held.exec_driver_sql(_SHARE)
            except SQLAlchemyError as error:
                self._let_go()
                raise DatabaseUnavailable(doing="joining the other servers") from error
        return self._held

    def _let_go(self) -> None:
        held, self._held, self._leads = self._held, None, False
        if held is not None:
            with suppress(SQLAlchemyError):
                held.rollback()
            with suppress(SQLAlchemyError):
                held.close()

    def _agree(self, key_digests: Sequence[str]) -> None:
        with self._database.writing("comparing keys") as session:
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _JOINING})
            known = session.scalar(select(OptionRow.value).where(OptionRow.name == KEY)) or {}
            digest = known.get("digest", "")
            if digest == key_digests[0]:
                return
            if digest and digest not in key_digests:
                if session.scalar(_COUNT, {"lock": _PRESENT}) != 1:
                    raise KeysDiffer()
                _log.warning(
                    "this server has another key than the last one: links to receipts from before lead nowhere"
                )
            values = {"value": {"digest": key_digests[0]}, "changed_by": "", "changed_at": now()}
            insert = insert_into(session, OptionRow).values(name=KEY, **values)
            session.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))
