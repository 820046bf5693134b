"""While the database is away, answers go on and their records wait; when it is back, all of them are there."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.errors import DatabaseUnavailable, NotYours
from core.store import queries
from core.store.db import Database
from core.store.record import Recorder
from core.store.spool import Spool
from core.store.tables import InteractionRow
from core.types import Consent, Interaction, Rating
from tests.core.store_stories import an_interaction


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Somebody else holds the database, as a backup or another program would."""
    if database.is_sqlite:
        other = sqlite3.connect(str(database.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with closing(other):
            yield
        return
    with database.engine.connect() as connection:
        connection.execute(text("LOCK TABLE interactions, ratings IN ACCESS EXCLUSIVE MODE"))
        yield


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def ids_in(database: Database) -> list[str]:
    """The ids of all interactions as they were written on SQLite; PostgreSQL fills gaps and knows no order."""
    order = text("rowid") if database.is_sqlite else InteractionRow.interaction_id
    with database.reading() as session:
        return list(session.scalars(select(InteractionRow.interaction_id).order_by(order)))


def ids_of(told: list[Interaction], database: Database) -> list[str]:
    """What `ids_in` returns where these were written in this order."""
    ids = [one.interaction_id for one in told]
    return ids if database.is_sqlite else sorted(ids)


@pytest.mark.promise("R2")
def test_interactions_wait_in_order_while_the_database_is_locked_and_then_drain(
    impatient: Database, tmp_path: Path
) -> None:
    recorder = Recorder(impatient, tmp_path / "spool", wait_seconds=0.3)
    waiting = tmp_path / "spool" / "waiting.jsonl"
    told = [an_interaction() for _ in range(5)]
    with locked(impatient):
        for one in told[:3]:
            recorder.interaction(one)
        assert eventually(waiting.exists)
        assert recorder.flush(0.3) is False
        with pytest.raises(DatabaseUnavailable, match="while saving your rating"):
            recorder.rate(Rating(told[0].interaction_id, 1), "ada")
        for one in told[3:]:
            recorder.interaction(one)
    assert recorder.flush(10)
    assert ids_in(impatient) == ids_of(told, impatient)
    recorder.rate(Rating(told[0].interaction_id, 1), "ada")
    assert not waiting.exists()
    assert recorder.dropped == 0
    recorder.close()


@pytest.mark.promise("R2")
def test_what_an_earlier_process_left_is_stored_by_the_next(impatient: Database, tmp_path: Path) -> None:
    told = an_interaction()
    with locked(impatient):
        recorder = Recorder(impatient, tmp_path / "spool")
        recorder.interaction(told)
        recorder.close()
    assert ids_in(impatient) == []
    recorder = Recorder(impatient, tmp_path / "spool")
    assert eventually(lambda: ids_in(impatient) == [told.interaction_id])
    recorder.close()


def test_closing_writes_what_is_queued_and_later_records_still_wait(database: Database, tmp_path: Path) -> None:
    told = [an_interaction() for _ in range(450)]
    recorder = Recorder(database, tmp_path / "spool")
    for one in told:
        recorder.interaction(one)
    recorder.close()
    assert ids_in(database) == ids_of(told, database)
    recorder.interaction(late := an_interaction())
    assert late.interaction_id in (tmp_path / "spool" / "waiting.jsonl").read_text()


def test_what_is_not_allowed_to_be_kept_never_reaches_the_disk(impatient: Database, tmp_path: Path) -> None:
    with locked(impatient):
        recorder = Recorder(impatient, tmp_path / "spool")
        recorder.interaction(an_interaction(input_text="my secret plan", consent=Consent(log=False)))
        recorder.close()
    written = (tmp_path / "spool" / "waiting.jsonl").read_text()
    assert '"visitor_id": "ada"' in written
    assert "secret" not in written
    assert "lamp" not in written


def test_a_record_that_no_database_takes_is_put_aside_and_holds_up_nobody(impatient: Database, tmp_path: Path) -> None:
    recorder = Recorder(impatient, tmp_path / "spool")
    good = an_interaction()
    recorder.interaction(an_interaction(interaction_id="odd", input_text=None))
    assert recorder.flush(10)
    with locked(impatient):
        recorder.interaction(an_interaction(interaction_id="naive", started_at=datetime(2026, 5, 4)))
        recorder.interaction(good)
    assert recorder.flush(10)
    recorder.close()
    assert ids_in(impatient) == [good.interaction_id]
    aside = [json.loads(line)["interaction_id"] for line in (tmp_path / "spool" / "refused.jsonl").open()]
    assert sorted(aside) == ["naive", "odd"]
    with pytest.raises(NotYours):
        queries.interaction(impatient, "ada", "naive")


@pytest.mark.promise("R2")
def test_where_not_even_the_spool_can_be_written_records_wait_in_memory(impatient: Database, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    recorder, told = Recorder(impatient, tmp_path / "spool"), [an_interaction() for _ in range(3)]
    with locked(impatient):
        for one in told:
            recorder.interaction(one)
        assert recorder.flush(0.5) is False
    assert recorder.flush(10)
    recorder.close()
    assert ids_in(impatient) == ids_of(told, impatient)
    assert recorder.dropped == 0


def drained(spool: Spool) -> list[Interaction]:
    found: list[Interaction] = []
    spool.drain(found.extend)
    return found


def test_the_spool_gives_back_exactly_what_it_took(tmp_path: Path) -> None:
    told = [an_interaction(input_text="Grüße 👋 \u2028 \x00 \ud83d", first_seconds=None) for _ in range(450)]
    assert Spool(tmp_path / "spool").append(told) == 450
    assert drained(Spool(tmp_path / "spool")) == told
    assert Spool(tmp_path / "spool").is_empty


@pytest.mark.promise("R2")
def test_a_full_spool_drops_the_newest_and_says_how_many(tmp_path: Path) -> None:
    spool, told = Spool(tmp_path, limit_bytes=3_000), [an_interaction() for _ in range(5)]
    kept = spool.append(told)
    assert 0 < kept < 5
    assert spool.append(told[-1:]) == 0
    assert spool.dropped == 5 - kept + 1
    assert drained(spool) == told[:kept]


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    spool, first, second = Spool(tmp_path), an_interaction(), an_interaction()
    spool.append([first])
    with (tmp_path / "waiting.jsonl").open("a") as file:
        file.write('{"interaction_id": "to')
    spool.append([second])
    assert drained(spool) == [first, second]
    assert (tmp_path / "refused.jsonl").read_text() == '{"interaction_id": "to\n'


@pytest.mark.promise("R2")
def test_nothing_is_lost_when_storing_fails_halfway_through(tmp_path: Path) -> None:
    spool, told = Spool(tmp_path), [an_interaction() for _ in range(450)]
    spool.append(told)
    stored: list[Interaction] = []

    def fail_later(batch: list[Interaction]) -> None:
        if stored:
            raise DatabaseUnavailable(doing="storing")
        stored.extend(batch)

    with pytest.raises(DatabaseUnavailable):
        spool.drain(fail_later)
    spool.append(late := [an_interaction()])
    assert drained(spool) == told + late
