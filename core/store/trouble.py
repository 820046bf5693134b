"""What drivers raise, as our errors: what the data is at fault for, what the disk, and what only time heals."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from core.errors import DatabaseDamaged, DatabaseUnavailable, DiskFull, PerhapsSaved, StoreError

# Primary codes of SQLite (sqlite.org/rescode.html), and extended ones of its I/O that are about writing.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NOT_WRITTEN = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE", "SQLITE_IOERR_SHMSIZE")
# Of PostgreSQL, by its appendix of error codes: disk_full, io_error; data_corrupted, index_corrupted.
_FULL_STATES, _DAMAGED_STATES = ("53100", "58030"), ("XX001", "XX002")
_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def as_ours(doing: str) -> Iterator[None]:
    """Raise StoreError where the data is at fault and trying again is useless, else a kind of DatabaseUnavailable."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        _forget_values(error)
        is_data = isinstance(error, IntegrityError | DataError)
        if is_data or (isinstance(error, StatementError) and not isinstance(error, DBAPIError)):
            raise StoreError(doing=doing) from error
        raise _kind(error)(doing=doing) from error


@contextmanager
def at_commit(doing: str) -> Iterator[Callable[[], None]]:
    """Give what is to be called right before a commit; a connection that breaks after that raises PerhapsSaved."""
    asked: list[bool] = []
    try:
        yield lambda: asked.append(True)
    except DatabaseUnavailable as error:
        if asked and getattr(error.__cause__, "connection_invalidated", False):
            raise PerhapsSaved(doing=doing) from error.__cause__
        raise


def said_again(write: Callable[P, T]) -> Callable[P, T]:
    """Let a write that is the same when it is repeated be repeated once where nobody knows whether it was committed.

    Where that does not come through either, PerhapsSaved stays: what is true of the first is not known.
    """

    @wraps(write)
    def once_or_twice(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return write(*arguments, **named)
        except PerhapsSaved as unsure:
            try:
                return write(*arguments, **named)
            except DatabaseUnavailable:
                raise unsure from None

    return once_or_twice


def is_full(error: BaseException) -> bool:
    """Return whether it is the disk that takes no more, of a database or of a file."""
    return isinstance(error, DiskFull) or getattr(error, "errno", None) in _FULL_ERRNOS


def _kind(error: BaseException) -> type[DatabaseUnavailable]:
    cause = getattr(error, "orig", None) or error
    code, name = getattr(cause, "sqlite_errorcode", 0) or 0, str(getattr(cause, "sqlite_errorname", ""))
    state = getattr(cause, "sqlstate", None)
    if code & 0xFF in _DAMAGED or state in _DAMAGED_STATES:
        return DatabaseDamaged
    is_refused = code & 0xFF == sqlite3.SQLITE_FULL or name.startswith(_NOT_WRITTEN) or state in _FULL_STATES
    if is_refused or is_full(cause):
        return DiskFull
    return DatabaseUnavailable


def _forget_values(error: BaseException) -> None:
    """Leave the first line of a driver's message: PostgreSQL adds the refused row, which holds what people typed."""
    for one in (error, getattr(error, "orig", None)):
        if isinstance(error, DBAPIError) and one is not None:
            one.args = tuple(str(part).partition("\n")[0] for part in one.args[:1])
