"""Two servers whose data folders are one: what the one set aside the other may store, and neither waits in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.errors import DatabaseUnavailable
from core.store.db import Database
from core.store.record import Recorder
from core.store.spool import Spool
from core.store.tables import InteractionRow
from core.types import Interaction, Rating
from tests.core.store_stories import an_interaction


def eventually(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not is_so() and time.monotonic() < end:
        time.sleep(0.01)
    return is_so()


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(InteractionRow)) or 0


def test_a_rating_finds_its_answer_that_another_server_stored(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = Recorder(database, tmp_path / "spool", wait_seconds=3.0), Recorder(database, tmp_path / "spool")

    def away(_batch: list[Interaction]) -> None:
        raise DatabaseUnavailable(doing="writing")

    monkeypatch.setattr(mine._writer, "_insert", away)
    told = an_interaction()
    mine.interaction(told)
    assert eventually(lambda: not Spool(tmp_path / "spool").is_empty)
    assert other.flush()
    other.interaction(an_interaction())
    assert eventually(lambda: count(database) == 2)
    monkeypatch.undo()
    mine.rate(Rating(told.interaction_id, 1), told.visitor_id)
    mine.close()
    other.close()


@pytest.mark.promise("R2")
def test_what_many_set_aside_at_once_is_stored_once_each_whoever_drains(tmp_path: Path) -> None:
    stored: list[str] = []
    told = [an_interaction() for _ in range(120)]
    spools = [Spool(tmp_path / "spool") for _ in range(4)]

    def server(number: int) -> None:
        for one in told[number::4]:
            spools[number].append([one])
            spools[number].drain(lambda batch: stored.extend(x.interaction_id for x in batch))

    threads = [threading.Thread(target=server, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    spools[0].drain(lambda batch: stored.extend(x.interaction_id for x in batch))
    assert sorted(stored) == sorted(one.interaction_id for one in told)
    assert not (tmp_path / "spool" / "refused.jsonl").exists()


def test_whoever_another_server_forgot_is_known_here_no_more(database: Database, tmp_path: Path) -> None:
    mine, other = Recorder(database, tmp_path / "a"), Recorder(database, tmp_path / "b")
    for visitor_id in ("stays", "goes"):
        mine.welcome(visitor_id)
    other.forget("goes")
    assert mine.forgotten_elsewhere() == ("goes",)
    assert mine.forgotten_elsewhere() == (), "told once"
    mine.close()
    other.close()
