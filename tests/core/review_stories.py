"""What the stories about the review queue share: visitors who correct and rate, and members who judge."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.config import read_settings
from core.house import House, open_house
from core.office.review import Review
from core.store import members
from core.store.db import Database
from core.store.record import Recorder
from core.types import Consent, Member, Rating, Role
from tests.core.store_stories import an_interaction

WITHIN_60 = "You may return it within 60 days of delivery."


class Company:
    """A house with visitors and members."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.database: Database = house.database
        self.recorder: Recorder = house.recorder
        self.review = Review(house)
        self._names = itertools.count()

    def member(self, role: Role = Role.REVIEWER) -> Member:
        """Return a new member."""
        return members.add(self.database, f"{role} {next(self._names)}", role)

    def use(self, visitor_id: str, asked: str = "How long may I return a lamp?", **changes: Any) -> str:
        """Let a visitor, who allows everything, use the app; return the interaction's id."""
        self.recorder.welcome(visitor_id)
        self.recorder.choose(visitor_id, Consent(log=True, train=True))
        use = an_interaction(
            visitor_id=visitor_id, input_text=asked, passage_ids=(), consent=Consent(log=True, train=True), **changes
        )
        self.recorder.interaction(use)
        assert self.recorder.flush()
        return use.interaction_id

    def correct(self, visitor_id: str, text: str = WITHIN_60, asked: str = "", **changes: Any) -> str:
        """Let a visitor correct a use; return the correction's id, which is the item's."""
        use = self.use(visitor_id, asked or "How long may I return a lamp?", **changes)
        return self.recorder.correct(use, visitor_id, text, "").correction_id

    def rate(self, visitor_id: str, score: int, asked: str = "How long may I return a lamp?", **changes: Any) -> str:
        """Let a visitor rate a use; return the item's id."""
        use = self.use(visitor_id, asked, **changes)
        self.recorder.rate(Rating(use, score, ("Wrong",), "It is 60 days."), visitor_id)
        return f"r-{use}"


@contextmanager
def a_company(folder: Path, database_url: str) -> Iterator[Company]:
    """Open a house with fake engines on an empty database."""
    environment = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder), "HEARBACK_DATABASE_URL": database_url}
    house = open_house(read_settings(environment))
    yield Company(house)
    house.close()
