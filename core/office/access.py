"""Who of the company may enter, where they are logged in, and what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.credentials import check_name
from core.errors import BadCredential
from core.office.room import Room, founder, reviewer
from core.store import audit, login_links, member_list, members
from core.store.audit import AuditEntry
from core.store.login_links import LoginLink
from core.store.member_list import MemberEntry, SessionEntry
from core.types import Member, Role

AUDIT_PAGE = 50
AUDIT_ROWS = 100_000
NOBODY = "nobody"


@dataclass(frozen=True)
class NewLink:
    """A fresh one-time link; `path` holds its token and is shown once, for nothing here can read it again."""

    path: str
    link: LoginLink


@dataclass(frozen=True)
class AuditPage:
    """One page of the audit log, newest first, with how many entries and pages there are."""

    entries: tuple[AuditEntry, ...]
    total: int
    pages: int


class Access(Room):
    """Looks after members, their sessions and the audit log."""

    def member(self, token: str) -> Member | None:
        """Return whose session a token opens, or None where it is unknown, over or ended; raises StoreError."""
        return members.member_of(self._database, token) if token else None

    # Members

    def members(self, member: Member) -> tuple[MemberEntry, ...]:
        """Return all members, enabled first."""
        founder(member)
        return member_list.listed(self._database)

    def invite(self, member: Member, name: str, role: Role) -> NewLink:
        """Return a link with which somebody becomes a member; raises BadCredential where the name is taken."""
        founder(member)
        self._only_with_passwords()
        token, link = login_links.make_invitation(self._database, member, check_name(name), role)
        return NewLink(f"/door?link={token}", link)

    def renew(self, member: Member, name: str) -> NewLink:
        """Return a link with which a member sets a new password; raises NotYours."""
        founder(member)
        self._only_with_passwords()
        token, link = login_links.make_password_link(self._database, member, name)
        return NewLink(f"/door?link={token}", link)

    def links(self, member: Member) -> tuple[LoginLink, ...]:
        """Return the links that wait for somebody."""
        founder(member)
        return login_links.pending(self._database)

    def withdraw(self, member: Member, link_id: str) -> None:
        """Take an unused link back; raises NotYours."""
        founder(member)
        login_links.withdraw(self._database, member, link_id)

    def change_role(self, member: Member, member_id: str, role: Role) -> None:
        """Give a member another role; raises LastFounder, NotYours."""
        founder(member)
        self._only_with_passwords()
        member_list.change_role(self._database, member, member_id, role)

    def disable(self, member: Member, member_id: str) -> None:
        """Let a member in no more; their sessions end at once. Raises LastFounder, NotYours."""
        founder(member)
        member_list.disable(self._database, member, member_id)

    def enable(self, member: Member, member_id: str) -> None:
        """Let a disabled member in again; raises NotYours."""
        founder(member)
        member_list.enable(self._database, member, member_id)

    # Sessions

    def sessions(self, member: Member, token: str = "") -> tuple[SessionEntry, ...]:
        """Return everybody's open sessions, newest first; the one of `token` is marked as the present one."""
        founder(member)
        return member_list.sessions(self._database, token)

    def end_session(self, member: Member, session_id: str) -> None:
        """End one session; raises NotYours."""
        founder(member)
        member_list.end_session(self._database, member, session_id)

    def end_everywhere(self, member: Member, member_id: str, but_token: str = "") -> int:
        """End all sessions of a member, but for one's own present one; returns how many."""
        founder(member)
        return member_list.end_everywhere(self._database, member, member_id, but_token)

    def leave(self, member: Member, token: str) -> None:
        """End one's own present session."""
        reviewer(member)
        members.log_out(self._database, token)

    # What was done

    def audit(self, member: Member, who: str | None = None, action: str = "", page: int = 1) -> AuditPage:
        """Return a page of the audit log, numbered from 1; `who` is a member's id, NOBODY, or None for all."""
        founder(member)
        start = (max(page, 1) - 1) * AUDIT_PAGE
        entries, total = audit.page(self._database, _member_id(who), action, start, AUDIT_PAGE)
        return AuditPage(entries, total, max(1, -(-total // AUDIT_PAGE)))

    def audit_choices(self, member: Member) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return who is in the log, by id with name, and which actions."""
        founder(member)
        return audit.choices(self._database)

    def audit_rows(self, member: Member, who: str | None = None, action: str = "") -> Iterator[tuple[str, ...]]:
        """Give the log for a table to take away, newest first: when (UTC), who, what, of what, details."""
        founder(member)
        audit.record(self._database, member, "downloaded", "audit log")
        return (row_of(entry) for entry in audit.every(self._database, _member_id(who), action, AUDIT_ROWS))

    def _only_with_passwords(self) -> None:
        if self._house.settings.login != "password":
            raise BadCredential(
                why="members come from the company's login here; change HEARBACK_FOUNDERS or HEARBACK_REVIEWERS."
            )


def row_of(entry: AuditEntry) -> tuple[str, ...]:
    """Return an entry as a row of texts."""
    detail = ", ".join(f"{name} {value}" for name, value in entry.detail.items())
    return (told(entry.at), entry.name or NOBODY, entry.action, entry.subject, detail)


def told(moment: datetime) -> str:
    """Return a time (UTC) to the second."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _member_id(who: str | None) -> str | None:
    return "" if who == NOBODY else who


__all__ = [
    "AUDIT_ROWS",
    "NOBODY",
    "Access",
    "AuditPage",
    "LoginLink",
    "MemberEntry",
    "NewLink",
    "SessionEntry",
    "row_of",
]
