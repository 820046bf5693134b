"""What all rooms of the office share: who may enter."""

from __future__ import annotations

from core.errors import NotAllowed
from core.house import House
from core.types import Member, Role


class Room:
    """A part of the office with what it works on."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._database = house.database


def founder(member: Member | None) -> Member:
    """Return the member if they are a founder, else raise NotAllowed."""
    if member is None or member.role is not Role.FOUNDER:
        raise NotAllowed(role="founder")
    return member


def reviewer(member: Member | None) -> Member:
    """Return the member if they may review, which founders may too, else raise NotAllowed."""
    if member is None or member.role not in (Role.FOUNDER, Role.REVIEWER):
        raise NotAllowed(role="reviewer")
    return member
