"""All rows of one database into another of either kind, with the proof that they are the same.

A count and a checksum stand for each table. The checksum is the sum of the rows' SHA-256 (first 16 bytes) modulo 2^128,
so that the order in which a database gives its rows does not matter; values are written as JSON in the form that both
kinds of database give back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Integer, RowMapping, Table, cast, delete, func, insert, select
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.orm import Session

from core.errors import DatabaseDamaged, DatabaseNotEmpty, StoreError
from core.progress import Progress
from core.store import loop_tables, office_tables, usage_tables  # noqa: F401 - their tables are copied too
from core.store.db import Database
from core.store.tables import Base

ROWS_AT_ONCE = 500
# Filled by triggers while the other tables are: what they say must be what the source says, so they come last.
_BY_TRIGGERS = ("usage_marks",)
# Where any row stands, somebody has used the database; other tables may hold what a migration put there.
_TELLING = ("visitors", "members", "interactions", "monitors", "audit", "datasets")
_EXACT = 2**53


@dataclass(frozen=True)
class Counted:
    """How many rows a table holds, and their checksum in hexadecimal."""

    rows: int
    checksum: str


def tables() -> tuple[Table, ...]:
    """Return all tables, each after those that it points to."""
    first = [table for table in Base.metadata.sorted_tables if table.name not in _BY_TRIGGERS]
    return (*first, *(Base.metadata.tables[name] for name in _BY_TRIGGERS))


def counted(database: Database, progress: Progress | None = None) -> dict[str, Counted]:
    """Return the count and checksum of every table as of one moment; raises StoreError, Stopped."""
    progress = progress or Progress()
    found = {}
    with database.snapshot() as source:
        for number, table in enumerate(tables()):
            progress.advance(number, len(tables()), f"checking {table.name}")
            tally = _Tally()
            for rows in _pages(source, table):
                progress.check()
                tally.add(rows)
            found[table.name] = tally.counted
    return found


def copy(
    source: Database,
    target: Database,
    progress: Progress | None = None,
    *,
    is_replacing: bool = False,
    at_end: Callable[[Session], None] | None = None,
) -> dict[str, Counted]:
    """Copy every row of `source`, as of one moment, in one transaction of `target`; returns what each table came to.

    Both must have the newest schema. What the target holds by then is read back and must be the same, or nothing is
    changed; `at_end` may then change what must not come along. Raises DatabaseNotEmpty unless `is_replacing`,
    DatabaseDamaged where the source is torn, DatabaseOutdated, StoreError, Stopped.
    """
    progress = progress or Progress()
    source.check()
    source.check_file()
    target.check()
    with target.writing("copying into it") as session, source.snapshot() as rows:
        connection = session.connection()
        if not is_replacing and not is_empty(connection):
            raise DatabaseNotEmpty()
        for table in reversed(tables()):
            connection.execute(delete(table))
        found = {}
        for number, table in enumerate(tables()):
            progress.advance(number, len(tables()), f"copying {table.name}")
            found[table.name] = _copy(rows, connection, table, progress)
        for table in tables():
            tally = _Tally()
            for page in _pages(connection, table):
                progress.check()
                tally.add(page)
            if tally.counted != found[table.name]:
                raise StoreError(doing=f"copying {table.name}: it did not come out as it went in")
        _go_on_counting(connection)
        if at_end is not None:
            at_end(session)
    progress.advance(len(tables()), len(tables()), "copied")
    return found


def is_empty(connection: Connection) -> bool:
    """Return whether nobody has used this database yet."""
    return not any(
        connection.scalar(select(func.count()).select_from(select(table).limit(1).subquery()))
        for table in tables()
        if table.name in _TELLING
    )


def _copy(source: Connection, target: Connection, table: Table, progress: Progress) -> Counted:
    target.execute(delete(table))  # what a trigger put there meanwhile
    tally = _Tally()
    for rows in _pages(source, table):
        progress.check()
        target.execute(insert(table), [dict(row) for row in rows])
        tally.add(rows)
    return tally.counted


def _pages(connection: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    found = connection.execute(select(table).execution_options(yield_per=ROWS_AT_ONCE)).mappings().partitions()
    while True:
        try:
            rows = next(found, None)
        except ValueError as error:  # a page with other bytes, which only its texts and times give away
            raise DatabaseDamaged(doing=f"reading {table.name}") from error
        if rows is None:
            return
        yield rows


def _go_on_counting(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those that came with their numbers."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables():
        for column in table.primary_key:
            highest = connection.scalar(select(func.max(column))) if isinstance(column.type, Integer) else None
            if highest is not None:
                sequence = cast(func.pg_get_serial_sequence(table.name, column.name), REGCLASS)
                connection.execute(select(func.setval(sequence, highest)))  # NULL where it has none


class _Tally:
    """Counts rows and sums their digests."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, rows: Sequence[RowMapping]) -> None:
        for row in rows:
            written = json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)
            self._sum += int.from_bytes(sha256(written.encode()).digest()[:16])
        self._rows += len(rows)

    @property
    def counted(self) -> Counted:
        return Counted(self._rows, f"{self._sum % 2**128:032x}")


def _plain(value: Any) -> Any:
    """Return a value as JSON writes it alike from both databases: PostgreSQL keeps 1e22 in JSON as a whole number."""
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case bool():
            return value
        case float() if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        case int() if abs(value) >= _EXACT:
            return float(value)
        case _:
            return value
