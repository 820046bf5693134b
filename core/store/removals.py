"""What is no longer kept because of its age: until which day, how much of it, and where it was written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.store.db import Database
from core.store.usage import start_of
from core.store.usage_tables import RemovalRow

TEXTS, USES, ARCHIVE = "texts", "uses", "archive"


@dataclass(frozen=True)
class Removal:
    """That `uses` uses up to a day lost their texts, went, or were written to `file`; `held` stayed as they were."""

    kind: str
    until_day: str
    uses: int
    held: int
    file: str
    sha256: str
    at: datetime


def removed_until(session: Session) -> str:
    """Return the last day whose uses went, as an ISO date, or ""; what was counted of such days stands for good."""
    return session.scalar(select(func.max(RemovalRow.until_day)).where(RemovalRow.kind == USES)) or ""


def finished(database: Database, today: date) -> tuple[Removal, ...]:
    """Return what was carried out to its end on a day (UTC); raises StoreError."""
    done = select(RemovalRow).where(RemovalRow.at >= start_of(today), RemovalRow.held >= 0)
    with database.reading("reading what was removed") as session:
        return tuple(_removal_of(row) for row in session.scalars(done))


def removals(database: Database, limit: int = 20) -> tuple[Removal, ...]:
    """Return what was removed, newest first; raises StoreError."""
    found = select(RemovalRow).order_by(RemovalRow.removal_id.desc()).limit(limit)
    with database.reading("reading what was removed") as session:
        return tuple(_removal_of(row) for row in session.scalars(found))


def _removal_of(row: RemovalRow) -> Removal:
    return Removal(row.kind, row.until_day, row.uses, max(0, row.held), row.file, row.sha256, row.at)
