"""One server at a time on an SQLite file: held by a lock file beside it, which ends with the process that holds it.

SQLite itself takes several processes, and commands of the terminal and the trainer work beside the server. But two
servers would each keep what they know in their own memory and would not hear of each other, and on a network file
system, where its locks do not hold, they would break the file: SQLite's own manual advises against it. PostgreSQL is
for several servers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import DatabaseInUse

# A server that was asked to end writes down what waits, and the next one may be there already.
WAIT_SECONDS = 5.0


@contextmanager
def serving_alone(database_url: str, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Keep other servers off this SQLite database meanwhile; on PostgreSQL do nothing. Raises DatabaseInUse.

    The system lets go of the lock when its process ends, however it does.
    """
    file = _file_of(database_url)
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(file.with_name(file.name + ".serving"), timeout=wait_seconds, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise DatabaseInUse(file=file.name) from error
    try:
        yield
    finally:
        lock.release()


def _file_of(database_url: str) -> Path | None:
    """Return the file of an SQLite address, None for any other; no SQLAlchemy is loaded for that before first paint."""
    kind, _, rest = database_url.partition(":///")
    file = rest.partition("?")[0]
    return Path(file) if kind in ("sqlite", "sqlite+pysqlite") and file not in ("", ":memory:") else None
