"""The audit log: who did what and when, in the same transaction as the deed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from core.store.office_tables import AuditRow
from core.types import Member


def note(session: Session, member: Member, action: str, subject: str = "", **detail: Any) -> None:
    """Write down that `member` does `action` ("published", "approved", …) to `subject`, an id or a name."""
    session.add(AuditRow(member_id=member.member_id, name=member.name, action=action, subject=subject, detail=detail))
