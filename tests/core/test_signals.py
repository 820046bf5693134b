"""What was changed here or elsewhere is called back, at once where the database can say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from core.store import revisions, signals
from core.store.db import Database
from core.store.signals import FORGOTTEN, HANDBOOK, MEMORY, SERVING, Signals
from core.types import Passage


class Heard:
    """Counts what was called back."""

    def __init__(self, listening: Signals) -> None:
        self.kinds: list[str] = []
        self.moment = threading.Event()
        for what in (SERVING, HANDBOOK, MEMORY, FORGOTTEN):
            listening.on(what, lambda what=what: self._note(what))  # type: ignore[misc]

    def _note(self, what: str) -> None:
        self.kinds.append(what)
        self.moment.set()

    def within(self, seconds: float) -> list[str]:
        self.moment.wait(seconds)
        self.moment.clear()
        # Each kind once: what is said is a hint, and may be found again where the numbers are looked at.
        return sorted(set(self.kinds))


@pytest.fixture
def listening(database: Database) -> Iterator[Signals]:
    found = Signals(database)
    yield found
    found.close()


def publish(database: Database, text: str) -> int:
    passage = Passage("p1", "returns", "Returns", "", text)
    return revisions.publish(database, "handbook", {"returns": [passage]})


def until(is_so: Callable[[], bool], seconds: float = 8.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def test_what_another_process_publishes_is_called_back(
    database: Database, listening: Signals, migrated_url: str
) -> None:
    heard = Heard(listening)
    listening.start()
    other = Database(migrated_url)
    publish(other, "You have 30 days.")
    other.close()
    assert heard.within(4.0) == [HANDBOOK]


def test_nothing_is_called_back_while_nothing_changes(
    database: Database, listening: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "POLL_SECONDS", 0.05)
    publish(database, "You have 30 days.")
    heard = Heard(listening)
    listening.start()
    assert heard.within(0.4) == []


def test_a_callback_that_fails_does_not_make_it_deaf(database: Database, listening: Signals) -> None:
    listening.on(HANDBOOK, lambda: 1 / 0)
    heard = Heard(listening)
    listening.start()
    publish(database, "You have 30 days.")
    assert heard.within(4.0) == [HANDBOOK]


def test_an_error_that_nobody_thought_of_is_told_once_and_what_changed_meanwhile_is_found(
    database: Database, listening: Signals, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(signals, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(signals, "RETRY_SECONDS", 0.02)
    heard = Heard(listening)
    listening.start()
    tries: list[None] = []

    def broken(_database: Database) -> signals.Numbers:
        tries.append(None)
        raise SystemError("not ours")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(signals, "numbers", broken)
        assert until(lambda: len(tries) >= 3), "it tries again after each error"
        publish(database, "You have 14 days.")
    assert heard.within(4.0) == [HANDBOOK]
    told = [one for one in caplog.records if one.exc_info and one.name == signals.__name__]
    assert len(told) == 1, "told once, and not at each try"


def test_a_listener_that_cannot_look_at_the_start_starts_all_the_same(
    database: Database, listening: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(signals, "RETRY_SECONDS", 0.02)
    heard = Heard(listening)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(signals, "numbers", lambda _database: 1 / 0)
        listening.start()
    publish(database, "You have 14 days.")
    assert HANDBOOK in heard.within(4.0)


def test_one_that_fails_all_the_time_still_closes_at_once(
    database: Database, listening: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "numbers", lambda _database: 1 / 0)
    listening.start()
    started = time.monotonic()
    listening.close()
    assert time.monotonic() - started < 1.0, "it does not wait for the next try"


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
class TestOnPostgres:
    """With notifications."""

    def test_it_is_said_within_the_transaction_and_heard_at_once_after_it(
        self, database: Database, listening: Signals
    ) -> None:
        heard = Heard(listening)
        listening.start()
        assert until(lambda: listening.is_listening)
        with database.writing() as session:
            signals.changed(session, SERVING)
            assert heard.within(0.2) == [], "nothing is heard of what may still be rolled back"
        started = time.monotonic()
        assert heard.within(2.0) == [SERVING]
        assert time.monotonic() - started < 0.5

    def test_what_was_rolled_back_was_never_said(self, database: Database, listening: Signals) -> None:
        heard = Heard(listening)
        listening.start()
        assert until(lambda: listening.is_listening)
        with database.writing() as session:
            signals.changed(session, SERVING)
            session.rollback()
        assert heard.within(0.5) == []

    def test_a_killed_connection_is_opened_again_and_what_was_missed_is_found(
        self, database: Database, listening: Signals
    ) -> None:
        heard = Heard(listening)
        listening.start()
        assert until(lambda: listening.is_listening)
        with database.writing() as session:
            # What is published with the connection that is cut: whether it is heard or found, it is known.
            session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"))
        publish(database, "You have 14 days.")
        assert HANDBOOK in heard.within(4.0)
        assert until(lambda: listening.is_listening)
        heard.kinds.clear()
        heard.moment.clear()
        with database.writing() as session:
            signals.changed(session, MEMORY)
        # What came while it was away may be heard twice: told by the new connection, and found by looking.
        assert until(lambda: MEMORY in heard.kinds, 2.0)

    def test_where_notifications_do_not_arrive_the_numbers_are_looked_at_every_second(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # As through a pooler that hands each transaction another connection: LISTEN is taken, and nothing comes of it.
        monkeypatch.setattr(signals, "HELLO_SECONDS", 0.1)
        monkeypatch.setattr(signals._Ear, "listen", lambda _self, _seconds: [])
        listening = Signals(database)
        heard = Heard(listening)
        listening.start()
        try:
            time.sleep(0.3)
            assert not listening.is_listening
            publish(database, "You have 14 days.")
            assert heard.within(4.0) == [HANDBOOK]
        finally:
            listening.close()
