"""The database is locked, or stopped and started, under ten people: answers go on, and every one is written down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.store import queries
from core.store.tables import InteractionRow
from core.types import Consent, Task
from tests.core.desk_stories import a_desk, over, result_of
from tests.faults.away import OwnPostgres, sqlite_locked
from tests.promises import Found, at

USERS = 10
# Whoever waits for a lock on the database waits five seconds for it: what takes less has not waited.
SOON_SECONDS = 5.0


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[OwnPostgres]:
    server = OwnPostgres()
    yield server
    server.end()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that can be taken away."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store' / 'hearback.db'}"
    return str(request.getfixturevalue("own_postgres").url)


def away(url: str, request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """Take the database of this address away for as long as the block lasts."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return sqlite_locked(Path(str(address.database)))
    server: OwnPostgres = request.getfixturevalue("own_postgres")
    return server.stopped()


@dataclass
class Crowd:
    """Ten people who ask one thing after the other; `answered` has who, which interaction, when, and how long."""

    desk: Desk
    answered: list[tuple[str, str, float, float]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def use(self, visitor_id: str) -> None:
        number = 0
        while not self.is_over.wait(0.1):
            number += 1
            began = time.monotonic()
            try:
                asked = (
                    self.desk.translate(visitor_id, f"The lamp number {number}.", "de")
                    if number % 2
                    else self.desk.read_sentiment(visitor_id, f"Lamp {number} is lovely.")
                )
                view = result_of(self.desk, visitor_id, asked)
            except Exception as error:  # noqa: BLE001 - whatever a person would have met is what the test is about
                self.failed.append(repr(error))
                continue
            if view.state != "finished":
                self.failed.append(view.sentence)
            now = time.monotonic()
            self.answered.append((visitor_id, view.interaction_id, now, now - began))


def stored(desk: Desk) -> list[str]:
    with desk._database.reading() as session:
        return list(session.scalars(select(InteractionRow.interaction_id)))


def refused(doing: str, desk: Desk, visitor_id: str, interaction_id: str) -> float:
    """Return how long it took until a person was told that the database does not take what they do."""
    deeds = {
        "saving your rating": lambda: desk.rate(visitor_id, interaction_id, 1),
        "saving your correction": lambda: desk.correct(visitor_id, interaction_id, "Die Lampe."),
        "saving your choice": lambda: desk.choose(visitor_id, Consent(log=True, train=True)),
        "forgetting you": lambda: desk.forget_me(visitor_id),
        "opening your visit": lambda: desk.welcome("somebody new"),
    }
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match=f"{doing}. Nothing was changed; please try again"):
        deeds[doing]()
    return time.monotonic() - began


@pytest.mark.promise("R2")
def test_ten_people_go_on_while_the_database_is_away_and_all_is_written_down(
    url: str, tmp_path: Path, request: pytest.FixtureRequest, found: Found
) -> None:
    with a_desk(url, tmp_path) as desk:
        visitors = [f"visitor {number}" for number in range(USERS)]
        for visitor_id in visitors:
            desk.choose(visitor_id, Consent(log=True))
            over(desk, visitor_id, desk.read_sentiment(visitor_id, "Once before."))
        crowd = Crowd(desk)
        threads = [threading.Thread(target=crowd.use, args=(visitor_id,)) for visitor_id in visitors]
        with away(url, request):
            began = time.monotonic()
            for thread in threads:
                thread.start()
            # On SQLite the first to notice waits five seconds for the lock.
            seconds = at(6, 30) if desk._database.is_sqlite else at(2, 60)
            time.sleep(seconds)
            while len(crowd.answered) <= USERS and time.monotonic() < began + 60:  # a machine that is very busy
                time.sleep(0.1)
            ended = time.monotonic()
            waiting = desk.backlog()
            ada, mine = next((who, one) for who, one, when, _ in crowd.answered if began < when)
            doing = ["opening your visit"]
            if not desk._database.is_sqlite:  # each of them waits five seconds or more for a lock
                doing += ["saving your rating", "saving your correction", "saving your choice", "forgetting you"]
            told = [refused(what, desk, ada, mine) for what in doing]
        crowd.is_over.set()
        for thread in threads:
            thread.join(30)
        began_to_drain = time.monotonic()
        assert desk._recorder.flush(20)
        drained = time.monotonic() - began_to_drain
        during = [took for _, _, when, took in crowd.answered if began < when < ended]
        kept = stored(desk)
        lost = {one for _, one, _, _ in crowd.answered} - set(kept)
        found("users", USERS)
        found("seconds away", seconds)
        found("answers meanwhile", len(during))
        found("slowest answer, s", round(max(during), 2))
        found("waited in the spool", waiting.waiting)
        found("refused after, s at most", round(max(told), 2))
        found("lost", len(lost))
        found("doubled", len(kept) - len(set(kept)))
        found("dropped", desk.backlog().dropped)
        found("drained after, s", round(drained, 2))
        assert not crowd.failed, crowd.failed[:3]
        assert len(during) > USERS
        assert max(during) < SOON_SECONDS
        assert waiting.since is not None
        assert waiting.spool_bytes > 0
        assert not lost
        assert len(kept) == len(crowd.answered) + USERS
        assert desk.backlog().since is None
        assert desk.backlog().spool_bytes == desk.backlog().dropped == 0
        assert max(told) < SOON_SECONDS
        # What was refused can be said now.
        desk.rate(ada, mine, 1)
        assert any(item.interaction_id == mine for item in queries.feedback(desk._database, ada))
        # One visitor's records came in the order of their asking.
        order = [use.started_at for use, _ in queries.recent(desk._database, ada, Task.TRANSLATE, 50)]
        assert order == sorted(order, reverse=True)
