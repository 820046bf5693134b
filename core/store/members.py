"""Members and how their sessions begin; a token is stored as its digest."""

from __future__ import annotations

import secrets
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from core.errors import BadCredential, StoreError
from core.store import audit
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.office_tables import MemberRow, MemberSessionRow
from core.types import Member, Role

SESSION_LASTS = timedelta(days=14)
IDLE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
KEPT_AFTER_ITS_END = timedelta(days=30)
AGENT_CHARACTERS = 300


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


def begin_session(session: Session, member: Member, agent: str, old_token: str = "") -> str:
    """Begin a session within a transaction, ending the one that the browser came with; returns the new token."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(MemberSessionRow).where(MemberSessionRow.expires_at < now() - KEPT_AFTER_ITS_END))
    if old_token:
        session.execute(
            update(MemberSessionRow)
            .where(MemberSessionRow.session_id == digest(old_token), MemberSessionRow.ended_at.is_(None))
            .values(ended_at=now())
        )
    session.add(
        MemberSessionRow(
            session_id=digest(token),
            member_id=member.member_id,
            agent=agent[:AGENT_CHARACTERS],
            expires_at=now() + SESSION_LASTS,
        )
    )
    audit.note(session, member, "logged in")
    return token


def log_in(database: Database, member: Member, agent: str, old_token: str = "") -> str:
    """Begin a session of a member whose password was right, and return its token."""
    with database.writing("logging in") as session:
        return begin_session(session, member, agent, old_token)


def log_out(database: Database, token: str) -> None:
    """End the session of a token; nothing happens where it is none."""
    with database.writing("logging out") as session:
        found = (
            select(MemberRow)
            .join(MemberSessionRow, MemberSessionRow.member_id == MemberRow.member_id)
            .where(MemberSessionRow.session_id == digest(token), MemberSessionRow.ended_at.is_(None))
        )
        row = session.scalars(found).one_or_none()
        if row is not None:
            session.execute(
                update(MemberSessionRow).where(MemberSessionRow.session_id == digest(token)).values(ended_at=now())
            )
            audit.note(session, member_in(row), "logged out")


def member_of(database: Database, token: str) -> Member | None:
    """Return the member whose session it is, or None where it is unknown, over, idle, ended, or theirs no more."""
    moment, session_id = now(), digest(token)
    found = (
        select(MemberRow, MemberSessionRow.seen_at)
        .join(MemberSessionRow, MemberSessionRow.member_id == MemberRow.member_id)
        .where(MemberSessionRow.session_id == session_id, *is_open(moment), MemberRow.disabled_at.is_(None))
    )
    with database.reading("looking at the door") as session:
        row = session.execute(found).one_or_none()
        known = None if row is None else (member_in(row[0]), row[1])
    if known is None:
        return None
    if known[1] < moment - SEEN_EVERY:
        # That somebody was seen is worth a write now and then, and never the reason for a page to fail.
        with suppress(StoreError), database.writing("noting that you were seen") as session:
            session.execute(
                update(MemberSessionRow).where(MemberSessionRow.session_id == session_id).values(seen_at=moment)
            )
    return known[0]


def meet(
    database: Database, name: str, role: Role, entered_at: datetime, session_name: str, agent: str
) -> Member | None:
    """Return the member of a company login, made known and their session begun at first sight.

    `session_name` is the same for as long as that login holds. None where the member is disabled, or the session is
    over, idle or ended. The role follows the company's list. Raises StoreError.
    """
    session_id, moment = digest(session_name), now()
    with database.reading("looking at the door") as session:
        row = session.scalars(select(MemberRow).where(MemberRow.name == name)).one_or_none()
        seen = session.get(MemberSessionRow, session_id)
        is_as_known = row is not None and row.role == role and seen is not None
    if not is_as_known:
        with database.writing("logging in") as session:
            session.execute(
                insert_into(session, MemberRow)
                .values(member_id=uuid.uuid4().hex, name=name, role=role)
                .on_conflict_do_nothing(index_elements=["name"])
            )
            row = session.scalars(select(MemberRow).where(MemberRow.name == name)).one()
            if row.role != role:
                audit.note(session, member_in(row), "changed role", name, by="the list of addresses", role=role.value)
                row.role = role
            is_first = session.scalar(
                insert_into(session, MemberSessionRow)
                .values(
                    session_id=session_id,
                    member_id=row.member_id,
                    agent=agent[:AGENT_CHARACTERS],
                    expires_at=entered_at + SESSION_LASTS,
                )
                .on_conflict_do_nothing(index_elements=["session_id"])
                .returning(MemberSessionRow.session_id)
            )
            if is_first and entered_at + SESSION_LASTS > moment and row.disabled_at is None:
                audit.note(session, member_in(row), "logged in", by="the company's login")
    return member_of(database, session_name)


def has_members(database: Database) -> bool:
    """Return whether anybody is a member yet."""
    with database.reading("looking at the door") as session:
        return session.scalar(select(MemberRow.member_id).limit(1)) is not None


def find(database: Database, name: str) -> tuple[Member, str] | None:
    """Return the enabled member of a name, however it is capitalized, with their password's hash; or None."""
    with database.reading("looking at the door") as session:
        row = named(session, name)
        return None if row is None or row.disabled_at else (member_in(row), row.password_hash)


def founders(database: Database) -> tuple[Member, ...]:
    """Return the enabled founders by name."""
    found = select(MemberRow).where(MemberRow.role == Role.FOUNDER, MemberRow.disabled_at.is_(None))
    with database.reading("looking at the door") as session:
        return tuple(member_in(row) for row in session.scalars(found.order_by(MemberRow.name)))


def change_password(database: Database, member: Member, password_hash: str, but_token: str) -> int:
    """Keep a member's new password and end all their sessions but one; returns how many were ended."""
    with database.writing("changing your password") as session:
        session.execute(
            update(MemberRow).where(MemberRow.member_id == member.member_id).values(password_hash=password_hash)
        )
        ended = end_sessions(session, member.member_id, digest(but_token))
        audit.note(session, member, "changed password", member.name, sessions_ended=ended)
        return ended


def end_sessions(session: Session, member_id: str, but_id: str = "") -> int:
    """End a member's open sessions but one, within a transaction; returns how many."""
    ended = session.scalars(
        update(MemberSessionRow)
        .where(
            MemberSessionRow.member_id == member_id,
            MemberSessionRow.session_id != but_id,
            MemberSessionRow.ended_at.is_(None),
        )
        .values(ended_at=now())
        .returning(MemberSessionRow.session_id)
    )
    return len(ended.all())


def is_open(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a session that still holds at `moment`."""
    return (
        MemberSessionRow.ended_at.is_(None),
        MemberSessionRow.expires_at > moment,
        MemberSessionRow.seen_at > moment - IDLE,
    )


def named(session: Session, name: str) -> MemberRow | None:
    """Return the row of a name, however it is capitalized; members are few enough to compare them all here."""
    rows = session.scalars(select(MemberRow)).all()
    return next((row for row in rows if row.name.casefold() == name.casefold()), None)


def add_in(session: Session, name: str, role: Role, password_hash: str) -> Member:
    """Make somebody a member within a transaction; raises BadCredential where the name is taken."""
    if named(session, name) is not None:
        raise BadCredential(why="somebody here has this name already.")
    row = MemberRow(member_id=uuid.uuid4().hex, name=name, role=role, password_hash=password_hash)
    session.add(row)
    return Member(row.member_id, name, role)


def member_in(row: MemberRow) -> Member:
    """Return a row as a value."""
    return Member(row.member_id, row.name, Role(row.role))


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return sha256(f"hearback {token}".encode("utf-8", "replace")).hexdigest()
