"""PostgreSQL hangs: its kernel acknowledges what is sent, and nobody answers. Nobody waits without end for that."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import DatabaseUnavailable
from core.store import deadlines
from core.store.db import Database
from core.types import Consent
from tests.core.desk_stories import a_desk, over
from tests.faults.away import OwnPostgres
from tests.faults.test_store_away import USERS, Crowd, refused, stored
from tests.promises import Found, at

# In the length that was promised the deadlines are those that serve.
ANSWER_SECONDS = at(2, 5)
# Whoever is the first to notice waits for an answer, and whoever had asked before that for a probe as well.
FIRST_SECONDS = 2 * ANSWER_SECONDS + 3


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[OwnPostgres]:
    server = OwnPostgres()
    yield server
    server.end()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the deadlines pass sooner, so that a test need not wait for long."""
    monkeypatch.setattr(deadlines, "DATABASE_ANSWER_SECONDS", float(ANSWER_SECONDS))


def until(holds: Callable[[], bool], seconds: float = 30.0) -> float:
    """Return after how many seconds it holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def probes() -> int:
    return sum(thread.name == "database probe" for thread in threading.enumerate())


@pytest.mark.postgres
@pytest.mark.promise("R2")
def test_ten_people_go_on_while_postgresql_hangs_and_all_is_written_down_once(
    own_postgres: OwnPostgres, tmp_path: Path, found: Found
) -> None:
    with a_desk(own_postgres.url, tmp_path) as desk:
        visitors = [f"visitor {number}" for number in range(USERS)]
        before = {}
        for visitor_id in visitors:
            desk.choose(visitor_id, Consent(log=True))
            before[visitor_id] = over(desk, visitor_id, desk.read_sentiment(visitor_id, "Once before.")).interaction_id
        until(lambda: desk._recorder.flush(1))
        ada, mine = next(iter(before.items()))
        crowd = Crowd(desk)
        threads = [threading.Thread(target=crowd.use, args=(visitor_id,)) for visitor_id in visitors]
        for thread in threads:
            thread.start()
        until(lambda: len(crowd.answered) > USERS)
        with own_postgres.halted():
            began = time.monotonic()
            with pytest.raises(DatabaseUnavailable):
                desk.rate(ada, mine, 0)
            noticed = time.monotonic() - began
            until(lambda: desk.backlog().since is not None and desk.backlog().spool_bytes > 0)
            spooled = time.monotonic() - began
            time.sleep(max(0.0, at(1, 60) - spooled))
            told = [
                refused(doing, desk, ada, mine)
                for doing in ("saving your rating", "saving your correction", "saving your choice", "forgetting you")
            ]
            count = len(crowd.answered)
            until(lambda: len(crowd.answered) > count + USERS)
            ended = time.monotonic()
            waiting = desk.backlog()
        crowd.is_over.set()
        for thread in threads:
            thread.join(30)
        drained = until(lambda: desk._recorder.flush(1))
        kept = stored(desk)
        during = [took for _, _, when, took in crowd.answered if began < when < ended]
        lost = {one for _, one, _, _ in crowd.answered} - set(kept)
        found("users while it hung", USERS)
        found("seconds it hung", round(ended - began))
        found("answers meanwhile, it hung", len(during))
        found("slowest answer as it began to hang, s", round(max(during), 2))
        found("the first refused after, s", round(noticed, 2))
        found("records in the spool after, s", round(spooled, 2))
        found("the next refused after, s at most", round(max(told), 2))
        found("lost as it hung", len(lost))
        found("doubled as it hung", len(kept) - len(set(kept)))
        found("drained after it hung, s", round(drained, 2))
        assert not crowd.failed, crowd.failed[:3]
        assert not lost
        assert len(kept) == len(crowd.answered) + USERS
        assert waiting.spool_bytes > 0
        assert desk.backlog().dropped == 0
        assert noticed < FIRST_SECONDS
        assert max(during) < FIRST_SECONDS
        assert max(told) < ANSWER_SECONDS, "whoever comes later need not wait"
        desk.rate(ada, mine, 1)


@pytest.mark.postgres
def test_a_statement_that_takes_its_time_is_let_work_on(own_postgres: OwnPostgres) -> None:
    database = Database(own_postgres.url)
    with database.reading() as session:
        assert session.execute(text("SELECT 7 FROM pg_sleep(:s)"), {"s": ANSWER_SECONDS + 0.5}).scalar() == 7
    database.close()


@pytest.mark.postgres
def test_a_connection_that_passed_its_deadline_is_given_up_and_another_one_serves(own_postgres: OwnPostgres) -> None:
    database = Database(own_postgres.url, busy_seconds=0.2)
    drivers: list[deadlines.TimedConnection] = []

    def sleep_long() -> None:
        with database.reading() as session:
            session.execute(text("SET statement_timeout = 0"))
            driver = session.connection().connection.driver_connection
            assert isinstance(driver, deadlines.TimedConnection)
            driver.statement_seconds = 0.5
            drivers.append(driver)
            session.execute(text("SELECT pg_sleep(30)"))

    with pytest.raises(DatabaseUnavailable) as given_up:
        sleep_long()
    assert "no answer within" in str(given_up.value.__cause__)
    assert drivers[0].closed

    def is_well() -> bool:
        try:
            with database.reading() as session:
                return session.execute(text("SELECT 7")).scalar() == 7
        except DatabaseUnavailable:
            return False

    until(is_well, 10)
    database.close()


def test_a_server_that_takes_connections_and_says_nothing_is_waited_for_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none?sslmode=disable&connect_timeout=2"
        database = Database(address)
        before = probes()
        took = []
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(DatabaseUnavailable, match="please try again"), database.reading() as session:
                session.connection()
            took.append(time.monotonic() - began)
        assert probes() == before + 1, "one looks for all whether it is back"
        with pytest.raises(DatabaseUnavailable):
            database.own_connection()
        assert probes() == before + 1
        database.close()
        until(lambda: probes() == before, 10)
    assert 1.5 < took[0] < 4
    assert took[1] < 0.5
