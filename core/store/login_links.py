"""Links that work once: to set up the first founder, to invite, or to set a new password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.credentials import new_token
from core.errors import BadCredential, LoginRefused, NotYours
from core.store import audit, members
from core.store.columns import now
from core.store.db import Database
from core.store.members import digest
from core.store.office_tables import LoginLinkRow, MemberRow
from core.types import Member, Role

GONE = "this link was used before, is too old, or was replaced. Ask for a new one."


class Purpose(StrEnum):
    """What a link is for."""

    SETUP = "setup"
    INVITE = "invite"
    PASSWORD = "password"  # noqa: S105


LASTS = {
    Purpose.SETUP: timedelta(hours=24),
    Purpose.INVITE: timedelta(days=7),
    Purpose.PASSWORD: timedelta(hours=1),
}


@dataclass(frozen=True)
class LoginLink:
    """A link that still works; `name` is empty for the first founder, who chooses it."""

    link_id: str
    purpose: Purpose
    name: str
    role: Role
    expires_at: datetime


def make_setup(database: Database) -> str | None:
    """Return the token of a fresh link for the first founder, replacing an unused one; None where one is a member."""
    token = new_token()
    with database.writing("preparing the first login") as session:
        if session.scalar(select(MemberRow.member_id).limit(1)) is not None:
            return None
        session.execute(delete(LoginLinkRow).where(LoginLinkRow.purpose == Purpose.SETUP))
        _add(session, token, Purpose.SETUP, "", Role.FOUNDER)
    return token


def make_invitation(database: Database, by: Member, name: str, role: Role) -> tuple[str, LoginLink]:
    """Return the token of a link that makes somebody a member, replacing an unused one for the same name.

    Raises BadCredential where the name is a member's.
    """
    token = new_token()
    with database.writing("inviting a member") as session:
        if members.named(session, name) is not None:
            raise BadCredential(why="somebody here has this name already.")
        session.execute(
            delete(LoginLinkRow).where(
                LoginLinkRow.purpose == Purpose.INVITE, LoginLinkRow.name == name, LoginLinkRow.used_at.is_(None)
            )
        )
        link = _add(session, token, Purpose.INVITE, name, role)
        audit.note(session, by, "invited", name, role=role.value)
    return token, link


def make_password_link(database: Database, by: Member | None, name: str) -> tuple[str, LoginLink]:
    """Return the token of a link with which a member sets a new password; without `by` it was asked for on the machine.

    Raises NotYours where there is no such enabled member.
    """
    token = new_token()
    with database.writing("making a login link") as session:
        row = members.named(session, name)
        if row is None or row.disabled_at:
            raise NotYours(what="member")
        session.execute(
            delete(LoginLinkRow).where(
                LoginLinkRow.purpose == Purpose.PASSWORD, LoginLinkRow.name == row.name, LoginLinkRow.used_at.is_(None)
            )
        )
        link = _add(session, token, Purpose.PASSWORD, row.name, Role(row.role))
        audit.note(session, by or Member("", "on the machine", Role.FOUNDER), "made a login link", row.name)
    return token, link


def look(database: Database, token: str) -> LoginLink | None:
    """Return the link of a token if it still works."""
    with database.reading("looking at the link") as session:
        return _usable(session, token)


def use(
    database: Database, token: str, name: str, password_hash: str, agent: str, old_token: str = ""
) -> tuple[Member, str]:
    """Do once what the link is for and log the member in; returns the member and the token of the session.

    Raises LoginRefused where the link works no more, BadCredential where the name is taken.
    """
    with database.writing("using the link") as session:
        link = _usable(session, token)
        taken = (
            update(LoginLinkRow)
            .where(LoginLinkRow.link_id == digest(token), LoginLinkRow.used_at.is_(None))
            .values(used_at=now())
            .returning(LoginLinkRow.link_id)
        )
        if link is None or session.scalar(taken) is None:
            raise LoginRefused(role="member", why=GONE)
        if link.purpose is Purpose.PASSWORD:
            row = members.named(session, link.name)
            if row is None or row.disabled_at:
                raise LoginRefused(role="member", why=GONE)
            row.password_hash = password_hash
            member = members.member_in(row)
            ended = members.end_sessions(session, member.member_id)
            audit.note(session, member, "set a new password", member.name, sessions_ended=ended)
        elif link.purpose is Purpose.INVITE:
            member = members.add_in(session, link.name, link.role, password_hash)
            audit.note(session, member, "accepted an invitation", member.name, role=member.role.value)
        else:
            if session.scalar(select(MemberRow.member_id).limit(1)) is not None:
                raise LoginRefused(role="member", why=GONE)
            member = members.add_in(session, name, link.role, password_hash)
            audit.note(session, member, "set up", member.name)
        session.flush()
        return member, members.begin_session(session, member, agent, old_token)


def pending(database: Database) -> tuple[LoginLink, ...]:
    """Return the links that wait for somebody, the next to expire first, but not that of the first founder."""
    found = (
        select(LoginLinkRow)
        .where(LoginLinkRow.purpose != Purpose.SETUP, LoginLinkRow.used_at.is_(None), LoginLinkRow.expires_at > now())
        .order_by(LoginLinkRow.expires_at)
    )
    with database.reading("reading the invitations") as session:
        return tuple(_link(row) for row in session.scalars(found))


def withdraw(database: Database, by: Member, link_id: str) -> None:
    """Take an unused link back; raises NotYours."""
    with database.writing("taking a link back") as session:
        row = session.get(LoginLinkRow, link_id)
        if row is None or row.used_at:
            raise NotYours(what="link")
        session.delete(row)
        audit.note(session, by, "took a link back", row.name, purpose=row.purpose)


def _usable(session: Session, token: str) -> LoginLink | None:
    row = session.get(LoginLinkRow, digest(token)) if token else None
    return None if row is None or row.used_at or row.expires_at <= now() else _link(row)


def _add(session: Session, token: str, purpose: Purpose, name: str, role: Role) -> LoginLink:
    row = LoginLinkRow(link_id=digest(token), purpose=purpose, name=name, role=role, expires_at=now() + LASTS[purpose])
    session.add(row)
    return _link(row)


def _link(row: LoginLinkRow) -> LoginLink:
    return LoginLink(row.link_id, Purpose(row.purpose), row.name, Role(row.role), row.expires_at)
