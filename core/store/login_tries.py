"""Tries to log in, and how long they make the next one wait.

Each source waits longer after each wrong try. A name that is tried from many sources is slowed too, but only by some
seconds, and not at all for a source from which its owner has logged in before: so whoever guesses cannot lock the
owner out (the idea of device cookies, OWASP).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from core.store.columns import now
from core.store.db import Database
from core.store.office_tables import LoginTryRow

COUNTED = timedelta(hours=1)
KEPT = timedelta(days=30)
SOURCE_FREE, SOURCE_SECONDS_AT_MOST = 3, 60
NAME_FREE, NAME_SECONDS_AT_MOST = 5, 8
ROWS_AT_MOST = 200


def begin(database: Database, name: str, source: str) -> tuple[int, int]:
    """Count a try as wrong until it is known better: returns (its id, 0), or (0, seconds to wait) and counts nothing.

    Name and source are digests. Counting first means that many tries at once cannot slip through together.
    """
    with database.writing("looking at the door") as session:
        if not database.is_sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(4865617265)"))
        moment = now()
        session.execute(delete(LoginTryRow).where(LoginTryRow.at < moment - KEPT))
        seconds = max(_of_source(session, source, moment), _of_name(session, name, source, moment))
        if seconds > 0:
            return 0, max(2, ceil(seconds))
        row = LoginTryRow(name=name, source=source, is_success=False, at=moment)
        session.add(row)
        session.flush()
        return row.try_id, 0


def succeed(database: Database, try_id: int) -> None:
    """Note that a try was right after all; it forgives the wrong ones before it."""
    with database.writing("logging in") as session:
        session.execute(update(LoginTryRow).where(LoginTryRow.try_id == try_id).values(is_success=True))


def wait_after(failures: Sequence[datetime], free: int, at_most: int, moment: datetime) -> float:
    """Return the seconds left to wait: 2, 4, 8, … after the last failure once `free` of them were free."""
    if len(failures) < free:
        return 0.0
    delay = min(2.0 ** min(len(failures) - free + 1, 30), at_most)
    return delay - (moment - max(failures)).total_seconds()


def _of_source(session: Session, source: str, moment: datetime) -> float:
    """A success forgives only the wrong tries of its own name: an account of one's own must not pay for others."""
    rows = session.scalars(
        select(LoginTryRow)
        .where(LoginTryRow.source == source, LoginTryRow.at > moment - COUNTED)
        .order_by(LoginTryRow.try_id.desc())
        .limit(ROWS_AT_MOST)
    )
    right: set[str] = set()
    failures: list[datetime] = []
    for row in rows:
        if row.is_success:
            right.add(row.name)
        elif row.name not in right:
            failures.append(row.at)
    return wait_after(failures, SOURCE_FREE, SOURCE_SECONDS_AT_MOST, moment)


def _of_name(session: Session, name: str, source: str, moment: datetime) -> float:
    rows = session.scalars(
        select(LoginTryRow)
        .where(LoginTryRow.name == name, LoginTryRow.at > moment - COUNTED)
        .order_by(LoginTryRow.try_id.desc())
        .limit(ROWS_AT_MOST)
    )
    failures: list[datetime] = []
    for row in rows:
        if row.is_success:
            break
        failures.append(row.at)
    seconds = wait_after(failures, NAME_FREE, NAME_SECONDS_AT_MOST, moment)
    if seconds <= 0:
        return 0.0
    entered_here = select(LoginTryRow.try_id).where(
        LoginTryRow.name == name, LoginTryRow.source == source, LoginTryRow.is_success.is_(True)
    )
    return 0.0 if session.scalar(entered_here.limit(1)) is not None else seconds
