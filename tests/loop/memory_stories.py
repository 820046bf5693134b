"""What the stories about the memory share: visitors at a desk with fake engines, and members in the office."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.config import read_settings
from core.desk import Desk
from core.errors import HearbackError
from core.house import House, open_house
from core.jobs import JobView
from core.memory.pairs import TEXT
from core.office.memory import MemoryRoom
from core.office.review import Review
from core.store import members
from core.store.loop_tables import MemoryRow
from core.types import Consent, Member, Role

EVERYTHING, NOTHING = Consent(log=True, train=True), Consent()
LAMP, LEUCHTE = "The lamp is broken.", "Die Leuchte ist kaputt."


class Town:
    """A house, its desk and its office, and everybody who comes there."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.desk = Desk(house)
        self.room = MemoryRoom(house)
        self.review = Review(house)
        self._names = itertools.count()

    def member(self, role: Role = Role.FOUNDER) -> Member:
        """Return a new member."""
        return members.add(self.house.database, f"{role} {next(self._names)}", role)

    def visitor(self, name: str, consent: Consent = EVERYTHING) -> str:
        """Let somebody come who allows this."""
        self.desk.welcome(name)
        self.desk.choose(name, consent)
        return name

    def translate(self, visitor: str, text: str = LAMP, target: str = "de", source: str = "en") -> JobView:
        """Let a visitor translate."""
        return self.done(visitor, self.desk.translate(visitor, text, target, source, False))

    def read(self, visitor: str, text: str) -> JobView:
        """Let a visitor have a sentiment read."""
        return self.done(visitor, self.desk.read_sentiment(visitor, text))

    def done(self, visitor: str, job_id: str) -> JobView:
        """Wait until a job is over."""
        end = time.monotonic() + 10
        while not (view := self.desk.look(visitor, job_id)).is_over:
            assert time.monotonic() < end
            time.sleep(0.002)
        assert view.state == "finished", view.sentence
        return view

    def correct(self, visitor: str, use: JobView, text: str) -> str:
        """Let a visitor correct what they got, and wait until it is learned; return the correction's id."""
        saved = self.desk.correct(visitor, use.interaction_id, text)
        self.house.memory.learn_soon("").result()  # comes after in the same line
        return saved.correction_id

    def approve(self, correction_id: str, text: str = "") -> str:
        """Let a reviewer approve it; return the verdict's id."""
        reviewer = self.member(Role.REVIEWER)
        self._queued(reviewer)
        return self.review.approve(reviewer, correction_id, text)

    def reject(self, correction_id: str) -> None:
        """Let a reviewer reject it."""
        reviewer = self.member(Role.REVIEWER)
        self._queued(reviewer)
        self.review.reject(reviewer, correction_id, "wrong")

    def state(self, correction_id: str) -> str:
        """Return in which state it is remembered, and by whom released."""
        whole = select(MemoryRow).where(MemoryRow.correction_id == correction_id, MemoryRow.unit == TEXT)
        with self.house.database.reading() as session:
            row = session.scalars(whole).one_or_none()
        return f"{row.state} {row.released_by}".strip() if row else ""

    def _queued(self, reviewer: Member) -> None:
        from core.types import Scope

        self.review.queue(reviewer, Scope())


class Broken:
    """Stands in for an encoder, or a database, that cannot be had."""

    def __call__(self, *_: object) -> Any:
        raise HearbackError()


@contextmanager
def a_town(folder: Path, database_url: str) -> Iterator[Town]:
    """Open a house with fake engines on a database."""
    environment = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder), "HEARBACK_DATABASE_URL": database_url}
    house = open_house(read_settings(environment))
    town = Town(house)
    yield town
    town.desk.close()
    house.close()
