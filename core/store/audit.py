"""The audit log: who did what and when, in the same transaction as the deed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.store.db import Database
from core.store.office_tables import AuditRow
from core.types import Member

REFUSED = "refused"


@dataclass(frozen=True)
class AuditEntry:
    """One deed; `member_id` is empty where nobody was logged in."""

    audit_id: int
    member_id: str
    name: str
    action: str
    subject: str
    detail: dict[str, Any]
    at: datetime


def note(session: Session, member: Member, action: str, subject: str = "", **detail: Any) -> None:
    """Write down that `member` does `action` ("published", "approved", …) to `subject`, an id or a name."""
    session.add(AuditRow(member_id=member.member_id, name=member.name, action=action, subject=subject, detail=detail))


def record(database: Database, member: Member, action: str, subject: str = "", **detail: Any) -> None:
    """Write down a deed that changes nothing else in the database, such as a download."""
    with database.writing("noting what was done") as session:
        note(session, member, action, subject, **detail)


def refuse(database: Database, source: str, what: str, member: Member | None = None, **detail: Any) -> None:
    """Write down that somebody from `source` (a digest) was refused `what`; of what they typed nothing is kept."""
    with database.writing("noting a refusal") as session:
        session.add(
            AuditRow(
                member_id=member.member_id if member else "",
                name=member.name if member else "",
                action=REFUSED,
                subject=what,
                detail={"source": source, **detail},
            )
        )


def page(
    database: Database, member_id: str | None, action: str, start: int, size: int
) -> tuple[tuple[AuditEntry, ...], int]:
    """Return `size` entries from the `start`-th on, newest first, and how many there are in all.

    `member_id` None and an empty action mean all; an empty `member_id` means those who were not logged in.
    """
    with database.reading("reading the audit log") as session:
        total = session.scalar(_chosen(select(func.count()).select_from(AuditRow), member_id, action)) or 0
        found = _chosen(select(AuditRow), member_id, action).order_by(AuditRow.audit_id.desc())
        return tuple(_entry(row) for row in session.scalars(found.offset(start).limit(size))), total


def every(database: Database, member_id: str | None, action: str, limit: int) -> Iterator[AuditEntry]:
    """Give the newest `limit` entries, newest first."""
    found = _chosen(select(AuditRow), member_id, action).order_by(AuditRow.audit_id.desc()).limit(limit)
    with database.reading("reading the audit log") as session:
        for row in session.scalars(found.execution_options(yield_per=1_000)):
            yield _entry(row)


def choices(database: Database) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return who is in the log, by id with the newest name, and which actions are."""
    with database.reading("reading the audit log") as session:
        newest = select(func.max(AuditRow.audit_id)).group_by(AuditRow.member_id)
        people = session.execute(select(AuditRow.member_id, AuditRow.name).where(AuditRow.audit_id.in_(newest)))
        names = {member_id: name for member_id, name in people if member_id}
        actions = session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action))
        return dict(sorted(names.items(), key=lambda item: item[1])), tuple(actions)


def _chosen(query: Select[Any], member_id: str | None, action: str) -> Select[Any]:
    if member_id is not None:
        query = query.where(AuditRow.member_id == member_id)
    return query.where(AuditRow.action == action) if action else query


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(row.audit_id, row.member_id, row.name, row.action, row.subject, row.detail, row.at)
