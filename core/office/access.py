"""Who of the company is at the door: members and their sessions."""

from __future__ import annotations

from core.office.room import Room
from core.store import members
from core.types import Member


class Access(Room):
    """Lets members in."""

    def member(self, token: str) -> Member | None:
        """Return whose session a token opens, or None where it is unknown, over or ended; raises StoreError."""
        return members.member_of(self._database, token) if token else None
