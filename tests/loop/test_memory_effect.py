"""How answers that used the memory were judged: an error that comes again is counted with its n."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.rates import Rate
from core.store.columns import now
from core.store.db import Database
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.memory_effect import Effect, effect
from core.store.record import Recorder
from core.types import Rating
from tests.core.store_stories import an_interaction

SINCE = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(database, tmp_path / "spool")
    yield recorder
    recorder.close()


def an_answer(database: Database, recorder: Recorder, visitor_id: str, entries: int, days: int = 1) -> str:
    """Let an answer use so many entries of the memory; return its id."""
    use = an_interaction(visitor_id=visitor_id, started_at=SINCE + timedelta(days=days))
    recorder.interaction(use)
    assert recorder.flush()
    with database.writing() as session:
        for number in range(entries):
            if session.get(MemoryRow, f"m{number}") is None:
                texts = {"input_text": "a", "output_text": "b", "input_key": "a", "output_key": "b"}
                session.add(MemoryRow(memory_id=f"m{number}", task="support", state="shared", **texts))
                session.flush()
            session.add(
                MemoryUseRow(
                    memory_id=f"m{number}", interaction_id=use.interaction_id, how="example", similarity=0.9, at=now()
                )
            )
    return use.interaction_id


def test_nothing_used_is_nothing_judged(database: Database) -> None:
    assert effect(database, SINCE) == Effect(0, 0, Rate(0, 0))


def test_an_answer_counts_once_and_a_repeated_error_is_one_that_was_judged_wrong(
    database: Database, recorder: Recorder
) -> None:
    good = an_answer(database, recorder, "ada", entries=2)
    bad = an_answer(database, recorder, "ada", entries=1)
    fixed = an_answer(database, recorder, "eve", entries=1)
    an_answer(database, recorder, "eve", entries=1)
    an_answer(database, recorder, "eve", entries=1, days=-1)
    without = an_answer(database, recorder, "eve", entries=0)
    recorder.rate(Rating(good, 1), "ada")
    recorder.rate(Rating(bad, 0), "ada")
    recorder.rate(Rating(fixed, 0), "eve")
    recorder.rate(Rating(without, 0), "eve")
    taken_back = recorder.correct(good, "ada", "no", "")
    recorder.withdraw_correction(taken_back.correction_id, "ada")
    recorder.correct(fixed, "eve", "31 days.", "")
    assert effect(database, SINCE) == Effect(4, 2, Rate(2, 3))
