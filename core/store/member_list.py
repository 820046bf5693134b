"""The list of members and of their sessions, and what founders change there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import LastFounder, NotYours
from core.store import audit, samples
from core.store.columns import now
from core.store.db import Database
from core.store.members import digest, end_sessions, is_open, member_in
from core.store.office_tables import MemberRow, MemberSessionRow
from core.types import Member, Role


@dataclass(frozen=True)
class MemberEntry:
    """A member as the list of members shows them; `seen_at` is the newest of their sessions, `sessions` the open."""

    member: Member
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None
    sessions: int
    has_password: bool


@dataclass(frozen=True)
class SessionEntry:
    """An open session; `agent` is what the browser says of itself."""

    session_id: str
    member: Member
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_present: bool


def listed(database: Database) -> tuple[MemberEntry, ...]:
    """Return all members, enabled first, by name; the sample company's reviewer is nobody who could enter."""
    sessions = (
        select(
            MemberSessionRow.member_id,
            func.max(MemberSessionRow.seen_at).label("seen_at"),
            func.count().filter(*is_open(now())).label("open"),
        )
        .group_by(MemberSessionRow.member_id)
        .subquery()
    )
    found = (
        select(MemberRow, sessions.c.seen_at, sessions.c.open)
        .outerjoin(sessions, sessions.c.member_id == MemberRow.member_id)
        .where(MemberRow.member_id != samples.MEMBER_ID)
        .order_by(MemberRow.disabled_at.is_not(None), MemberRow.name)
    )
    with database.reading("reading the members") as session:
        return tuple(
            MemberEntry(member_in(row), row.created_at, row.disabled_at, seen_at, number or 0, bool(row.password_hash))
            for row, seen_at, number in session.execute(found)
        )


def change_role(database: Database, by: Member, member_id: str, role: Role) -> None:
    """Give a member another role; raises LastFounder, NotYours."""
    with database.writing("changing a role") as session:
        row = _locked(session, member_id)
        if row.role == role:
            return
        if role is not Role.FOUNDER:
            _keep_a_founder(session, row)
        audit.note(session, by, "changed role", row.name, before=row.role, after=role.value)
        row.role = role


def disable(database: Database, by: Member, member_id: str) -> None:
    """Let a member in no more, and end all their sessions; raises LastFounder, NotYours."""
    with database.writing("disabling a member") as session:
        row = _locked(session, member_id)
        if row.disabled_at:
            return
        _keep_a_founder(session, row)
        row.disabled_at = now()
        end_sessions(session, member_id)
        audit.note(session, by, "disabled", row.name)


def enable(database: Database, by: Member, member_id: str) -> None:
    """Let a disabled member in again; raises NotYours."""
    with database.writing("enabling a member") as session:
        row = _locked(session, member_id)
        if row.disabled_at:
            row.disabled_at = None
            audit.note(session, by, "enabled", row.name)


def sessions(database: Database, token: str) -> tuple[SessionEntry, ...]:
    """Return everybody's open sessions, the last used first."""
    found = (
        select(MemberSessionRow, MemberRow)
        .join(MemberRow, MemberRow.member_id == MemberSessionRow.member_id)
        .where(*is_open(now()), MemberRow.disabled_at.is_(None))
        .order_by(MemberSessionRow.seen_at.desc())
    )
    present = digest(token)
    with database.reading("reading the sessions") as session:
        return tuple(
            SessionEntry(
                row.session_id,
                member_in(member),
                row.agent,
                row.created_at,
                row.seen_at,
                row.expires_at,
                row.session_id == present,
            )
            for row, member in session.execute(found)
        )


def end_session(database: Database, by: Member, session_id: str) -> None:
    """End one session; raises NotYours where there is none to end."""
    with database.writing("ending a session") as session:
        row = session.get(MemberSessionRow, session_id)
        if row is None or row.ended_at:
            raise NotYours(what="session")
        row.ended_at = now()
        member = session.get_one(MemberRow, row.member_id)
        audit.note(session, by, "ended a session", member.name)


def end_everywhere(database: Database, by: Member, member_id: str, but_token: str) -> int:
    """End all sessions of a member but that of a token; returns how many. Raises NotYours."""
    with database.writing("ending sessions") as session:
        member = session.get(MemberRow, member_id)
        if member is None:
            raise NotYours(what="member")
        ended = end_sessions(session, member_id, digest(but_token))
        audit.note(session, by, "ended sessions", member.name, sessions_ended=ended)
        return ended


def _locked(session: Session, member_id: str) -> MemberRow:
    # All founders are locked, so that two who leave at once cannot both think that the other stays.
    rows = session.scalars(
        select(MemberRow).where(or_(MemberRow.member_id == member_id, MemberRow.role == Role.FOUNDER)).with_for_update()
    ).all()
    row = next((row for row in rows if row.member_id == member_id), None)
    if row is None:
        raise NotYours(what="member")
    return row


def _keep_a_founder(session: Session, row: MemberRow) -> None:
    others = select(MemberRow.member_id).where(
        MemberRow.role == Role.FOUNDER, MemberRow.disabled_at.is_(None), MemberRow.member_id != row.member_id
    )
    if row.role == Role.FOUNDER and session.scalar(others.limit(1)) is None:
        raise LastFounder(role="founder", name=row.name)
