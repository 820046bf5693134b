"""The door to the database: one engine, readers, one writer at a time, and our errors instead of the driver's.

SQLite is opened as the documentation of SQLAlchemy advises: the driver's own transactions are off and `BEGIN`
is sent by us, so that DDL rolls back too; writers begin IMMEDIATE, so that two never deadlock halfway; WAL keeps
readers and the writer apart; `synchronous=FULL`, so that what was acknowledged survives a power cut.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import NullPool

from core.errors import DatabaseDamaged, DatabaseOutdated, DatabaseUnavailable, SettingsError, StoreError
from core.store.trouble import as_ours, at_commit

MIGRATION_SECONDS = 60.0
# How long emptying SQLite's log waits for its readers, and writers with it.
LOG_MILLISECONDS = 200
_log = logging.getLogger(__name__)
VERSIONS = Path(__file__).parent / "migrations" / "versions"


class Database:
    """An open database: SQLite in a file, or any PostgreSQL by its address. Safe to share between threads.

    `busy_seconds` is how long a caller waits for a lock before `DatabaseUnavailable`.
    """

    def __init__(self, url: str, *, busy_seconds: float = 5.0) -> None:
        self.url = _read_url(url)
        self.busy_seconds = busy_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        with as_ours("opening it"):
            if self.is_sqlite:
                _create_privately(Path(str(self.url.database)))
            self.engine = _open(self.url, busy_seconds, pool_size=10, max_overflow=20, pool_timeout=busy_seconds)
        self._reader = self.engine.execution_options(postgresql_readonly=True)
        self._writer = self.engine.execution_options(begins_immediate=True)
        # SQLite lets one writer in and the others poll; queueing here first is fair and wakes the next one at once.
        self._turn = threading.Lock()

    @contextmanager
    def reading(self, doing: str = "reading") -> Iterator[Session]:
        """Give a session that sees one consistent state; `doing` completes the sentence of `DatabaseUnavailable`."""
        with as_ours(doing), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def writing(self, doing: str = "saving") -> Iterator[Session]:
        """Give a session that is committed at the end of the block, or rolled back if the block raises.

        Where the connection breaks before the commit is acknowledged, nobody can tell which it was: PerhapsSaved.
        """
        with (
            at_commit(doing) as committing,
            as_ours(doing),
            self._one_writer(doing),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
            session.flush()  # what is wrong with it is found before the commit is asked for
            committing()

    @contextmanager
    def snapshot(self, doing: str = "reading") -> Iterator[Connection]:
        """Give a connection that sees the database as of one moment for as long as it takes; nothing waits for it."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with as_ours(doing), self._reader.execution_options(**options).connect() as connection, connection.begin():
            yield connection

    def copy_file(self, to: Path) -> None:
        """Write an SQLite database as of one moment to a new file, while others read and write; raises StoreError."""
        _create_privately(to)
        with as_ours("copying it"):
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("VACUUM INTO ?", (str(to),))
            finally:
                connection.close()

    def migrate(self) -> None:
        """Bring the schema to the one that this code needs, in one transaction; safe to call from many processes.

        Raises DatabaseOutdated if a newer version of the code made this database, DatabaseUnavailable.
        """
        if self._has_newest_schema():
            return
        from core.store import migrations

        self.check_file()
        engine = _open(self.url, MIGRATION_SECONDS, is_migrating=True, poolclass=NullPool)
        try:
            with as_ours("preparing its tables"), engine.connect() as connection, connection.begin():
                if not self.is_sqlite:
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4865617262)")
                found, needed = migrations.current(connection), migrations.head()
                if found not in (None, needed):
                    _log.warning(
                        "bringing the database from schema %s to %s: it takes no writes meanwhile", found, needed
                    )
                migrations.upgrade(connection)
                if self.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise StoreError(broken=[tuple(row) for row in broken])
        finally:
            engine.dispose()

    def _has_newest_schema(self) -> bool:
        """Tell without Alembic, a third of a second to import, that the schema is the one of the newest file here."""
        newest = max(path.stem for path in VERSIONS.glob("[0-9]*.py")).partition("_")[0]
        try:
            with self.engine.connect() as connection:
                found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
        except SQLAlchemyError:  # not there yet, or no answer: migrating tells which
            return False
        return found == [newest]

    def scrub(self) -> bool:
        """Leave no copy of what was deleted in SQLite's log, and return whether that was possible at once.

        Deleted rows are overwritten in the file itself (`secure_delete`); the log holds what they were until it is
        written back and emptied, which waits for readers. PostgreSQL does the like in its own time, by vacuum.
        """
        if not self.is_sqlite:
            return True
        with as_ours("cleaning up"):
            connection = self.engine.raw_connection()
            try:
                # It waits as long as for any lock; the first column says whether somebody still held the log then.
                row = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.close()
        return not row[0]

    def optimize(self) -> None:
        """Look after what plans rest on, and give back what removed rows leave; short, and safe at any time.

        SQLite looks at some rows of each index whose statistics are old, writes its log back, and gives free pages back
        where the file was made to (`auto_vacuum`). PostgreSQL does both by itself, but for tables that it has not
        looked at yet. Raises DatabaseUnavailable.
        """
        with as_ours("looking after the tables"):
            if self.is_sqlite:
                _look_after_sqlite(self.engine)
                return
            unknown = "SELECT relname FROM pg_stat_user_tables WHERE last_analyze IS NULL AND last_autoanalyze IS NULL"
            with self.engine.begin() as connection:
                for (name,) in connection.exec_driver_sql(unknown).all():
                    connection.exec_driver_sql(f'ANALYZE "{name}"')

    def check(self) -> None:
        """Return if the database answers with the right schema, else raise DatabaseUnavailable or DatabaseOutdated."""
        from core.store import migrations

        with self.reading("checking its schema") as session:
            found = migrations.current(session.connection())
        if found != (needed := migrations.head()):
            raise DatabaseOutdated(found=found or "none", needed=needed)

    def check_file(self) -> None:
        """Return if every page of an SQLite file is where it belongs, else raise DatabaseDamaged; reads all of it.

        A copy that was made of the file while it was written may open well and be torn in the middle.
        """
        if not self.is_sqlite:
            return
        with as_ours("checking its file"):
            connection = self.engine.raw_connection()
            try:
                said = connection.cursor().execute("PRAGMA quick_check(1)").fetchone()
            finally:
                connection.close()
        if said != ("ok",):
            raise DatabaseDamaged(doing="checking its file")

    def own_connection(self, direct_url: str = "") -> Connection:
        """Return a connection outside of the pool that commits each statement by itself; the caller closes it.

        `direct_url` is where the server itself is reached, if `url` leads to a pooler. Raises DatabaseUnavailable.
        """
        url = _read_url(direct_url) if direct_url else self.url
        with as_ours("connecting"):
            engine = _open(url, self.busy_seconds, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            return engine.connect()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def _one_writer(self, doing: str) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self.busy_seconds):
            raise DatabaseUnavailable(doing=doing)
        try:
            yield
        finally:
            self._turn.release()


def insert_into(session: Session, table: type[DeclarativeBase]) -> Any:
    """Return the INSERT of the session's own dialect, for its `on_conflict_do_nothing` and `on_conflict_do_update`."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


def _read_url(url: str) -> URL:
    """Return the address with the driver that we ship, or raise `SettingsError` without repeating a password."""

    def refuse(why: str) -> SettingsError:
        return SettingsError(name="HEARBACK_DATABASE_URL", value=url.partition("://")[0] + "://…", why=why)

    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise refuse("write it as sqlite:///path/to/file.db or postgresql://user:password@host/name.") from error
    if address.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername in ("sqlite", "sqlite+pysqlite"):
        if address.database in (None, "", ":memory:"):
            raise refuse("name a file; a database in memory would lose everything at the end.")
        return address
    raise refuse("only SQLite and PostgreSQL are supported.")


def _create_privately(file: Path) -> None:
    """Make the file and its folder readable by their owner only; SQLite gives its side files the same rights."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # One that is there is left alone: closing any descriptor of it would drop the locks that SQLite holds on it in this
    # process (so POSIX has it), and another process would then take itself for the last and delete the log.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _open(url: URL, busy_seconds: float, *, is_migrating: bool = False, **pool: Any) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(
                url, hide_parameters=True, connect_args={"timeout": busy_seconds, "check_same_thread": False}, **pool
            )
            _listen_sqlite(engine, is_migrating)
            return engine
        from core.store.deadlines import open_timed  # with the driver, which SQLite has no need of

        return open_timed(url, busy_seconds, **pool)
    except NoSuchModuleError as error:
        raise SettingsError(name="HEARBACK_DATABASE_URL", value=url.drivername, why="its driver is missing.") from error


def _listen_sqlite(engine: Engine, is_migrating: bool) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        # Batch migrations drop and rename tables; with keys enforced that would delete the rows that point there.
        connection.execute(f"PRAGMA foreign_keys={'OFF' if is_migrating else 'ON'}")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        if not connection.execute("PRAGMA page_count").fetchone()[0]:
            # From then on freed pages can be given back a few at a time. Of a file that is not empty any more this
            # begins to write, so that no reader could come in while somebody holds the lock.
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        _use_wal(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_writer = is_migrating or connection.get_execution_options().get("begins_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _look_after_sqlite(engine: Engine) -> None:
    """Run what SQLite advises for databases that are open for long, outside of any transaction."""
    connection = engine.raw_connection()
    try:
        cursor: Any = connection.cursor()
        for pragma in ("analysis_limit=400", "optimize=0x10002", "incremental_vacuum(2000)"):
            cursor.execute(f"PRAGMA {pragma}").fetchall()
        # Emptied, not only written back: what a reader kept `scrub` from must not stay in it. Writers wait meanwhile,
        # so it is given a moment and tried again the next time.
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        try:
            cursor.execute(f"PRAGMA busy_timeout={LOG_MILLISECONDS}").fetchall()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={patience}").fetchall()
    finally:
        connection.close()


def _use_wal(connection: Any) -> None:
    """Switch to WAL, which is a property of the file; SQLite does not wait for a lock here, so we do."""
    deadline = time.monotonic() + 5.0
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except connection.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
