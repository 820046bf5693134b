"""Members and their sessions; a token is stored as its digest."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from core.store.columns import now
from core.store.db import Database
from core.store.office_tables import MemberRow, MemberSessionRow
from core.types import Member, Role


def add(database: Database, name: str, role: Role, password_hash: str = "") -> Member:
    """Make somebody a member; raises StoreError where the name is taken."""
    row = MemberRow(member_id=uuid.uuid4().hex, name=name, role=role, password_hash=password_hash)
    with database.writing("adding a member") as session:
        session.add(row)
    return Member(row.member_id, name, role)


def open_session(database: Database, member_id: str, lasting: timedelta, agent: str = "") -> str:
    """Begin a session and return its token, which nobody can read again."""
    token = secrets.token_urlsafe(32)
    with database.writing("logging in") as session:
        session.add(
            MemberSessionRow(session_id=digest(token), member_id=member_id, agent=agent, expires_at=now() + lasting)
        )
    return token


def member_of(database: Database, token: str) -> Member | None:
    """Return the member whose session it is, or None where it is unknown, over, ended, or theirs no more."""
    found = (
        select(MemberRow)
        .join(MemberSessionRow, MemberSessionRow.member_id == MemberRow.member_id)
        .where(
            MemberSessionRow.session_id == digest(token),
            MemberSessionRow.ended_at.is_(None),
            MemberSessionRow.expires_at > now(),
            MemberRow.disabled_at.is_(None),
        )
    )
    with database.reading("looking at the door") as session:
        row = session.scalars(found).one_or_none()
        return None if row is None else Member(row.member_id, row.name, Role(row.role))


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return sha256(f"hearback {token}".encode()).hexdigest()
