"""What is too old goes, in its time and no sooner; what was counted of it, and what something stands on, stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core import retention
from core.config import Settings, read_settings
from core.errors import SettingsError
from core.store import cells, queries, removals, rollups, tallies, visitor_counts
from core.store import retention as store_retention
from core.store.db import Database
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.record import Recorder
from core.store.removals import TEXTS, USES
from core.store.tables import CorrectionRow, InteractionRow, RatingRow
from core.types import Rating, Scope
from tests.core.store_stories import an_interaction

TODAY = date(2026, 6, 1)
DAY = date(2026, 2, 10)


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(database, tmp_path / "spool")
    yield made
    made.close()


@pytest.fixture
def settings() -> Settings:
    return replace(read_settings({"HEARBACK_PROFILE": "fake"}), keep_text_days=30, keep_days=90)


@pytest.mark.promise("R16")
def test_nothing_goes_unless_somebody_says_so(database: Database, recorder: Recorder) -> None:
    told(recorder, DAY)
    unset = read_settings({"HEARBACK_PROFILE": "fake"})
    assert (unset.keep_text_days, unset.keep_days) == (0, 0)
    assert retention.carry_out(unset, database, today=TODAY) == retention.Outcome()
    assert retention.daily(unset, database, TODAY) == retention.Outcome()
    assert texts(database) == ["How long may I return a lamp?"]
    assert all("until their visitor is forgotten" in one for one in retention.what_holds(unset, ()))


def test_the_settings_are_whole_days() -> None:
    env = {"HEARBACK_PROFILE": "fake", "HEARBACK_KEEP_TEXT_DAYS": "30", "HEARBACK_KEEP_DAYS": "400"}
    found = read_settings(env)
    assert (found.keep_text_days, found.keep_days) == (30, 400)
    for wrong in ("0", "-1", "soon", "1.5", "99999999"):
        with pytest.raises(SettingsError, match="HEARBACK_KEEP_DAYS"):
            read_settings(env | {"HEARBACK_KEEP_DAYS": wrong})


@pytest.mark.promise("R16")
def test_texts_go_on_their_day_with_comments_and_contacts_and_not_a_day_sooner(
    database: Database, recorder: Recorder, settings: Settings
) -> None:
    settings = replace(settings, keep_days=0)
    old, young = told(recorder, TODAY - timedelta(days=31)), told(recorder, TODAY - timedelta(days=30))
    recorder.rate(Rating(old, 0, comment="my name is Ada"), "ada")
    outcome = retention.carry_out(settings, database, today=TODAY)
    assert outcome.texts == store_retention.Gone(1, 0)
    with database.reading() as session:
        row = session.get_one(InteractionRow, old)
        assert (row.input_text, row.request, row.output_text, row.output, row.messages) == ("", {}, "", {}, [])
        assert session.get_one(InteractionRow, young).input_text
        assert session.scalars(select(RatingRow.comment)).all() == [""]
    rollups.refresh(database)
    assert tallies.tallies(database, Scope())[()].uses == 2
    assert retention.carry_out(settings, database, today=TODAY).texts == store_retention.Gone(0, 0)


def test_uses_go_and_all_that_they_came_to_stays(database: Database, recorder: Recorder, settings: Settings) -> None:
    for day in (DAY, DAY + timedelta(days=1), TODAY - timedelta(days=2)):
        for visitor, score in (("ada", 1), ("bo", 0)):
            recorder.rate(Rating(told(recorder, day, visitor_id=visitor), score), visitor)
    rollups.refresh(database)
    before = everything(database)
    assert retention.carry_out(settings, database, today=TODAY).uses == store_retention.Gone(4, 0)
    assert count(database, InteractionRow) == count(database, RatingRow) == 2
    rollups.refresh(database)
    assert everything(database) == before
    recorder.forget("bo")
    rollups.refresh(database)
    assert visitor_counts.people(database, Scope()).visitors == 1
    sums = tallies.tallies(database, Scope())[()]
    assert (sums.uses, sums.rated) == (5, 5)  # what was counted of days whose uses went leads to nobody, and stays


def test_the_first_day_that_stays_is_counted_as_before_even_when_it_changes(
    database: Database, recorder: Recorder, settings: Settings
) -> None:
    last = retention.last_day(settings.keep_days, TODAY)
    at_night = datetime(last.year, last.month, last.day, 23, 50, tzinfo=UTC)
    told(recorder, last, started_at=at_night)
    after = told(recorder, last, started_at=at_night + timedelta(minutes=20))
    rollups.refresh(database)
    before = tallies.tallies(database, Scope(), "day")
    assert {key[0]: one.visits for key, one in before.items()} == {
        last.isoformat(): 1,
        (last + timedelta(days=1)).isoformat(): 0,
    }
    retention.carry_out(settings, database, today=TODAY)
    assert count(database, InteractionRow) == 2
    recorder.rate(Rating(after, 1), "ada")
    rollups.refresh(database)
    again = tallies.tallies(database, Scope(), "day")
    assert {key: one.visits for key, one in again.items()} == {key: one.visits for key, one in before.items()}
    # A day later the end of that day goes too.
    retention.carry_out(settings, database, today=TODAY + timedelta(days=1))
    assert count(database, InteractionRow) == 0


def test_what_something_stands_on_stays_with_its_texts_until_nothing_does(
    database: Database, recorder: Recorder, settings: Settings
) -> None:
    corrected, waiting = told(recorder, DAY), told(recorder, DAY)
    correction = recorder.correct(corrected, "ada", "60 days.", "key").correction_id
    recorder.hand_off(waiting, "ada", "a person, please", "ada@example.org")
    told(recorder, DAY)
    outcome = retention.carry_out(settings, database, today=TODAY)
    assert (outcome.texts, outcome.uses) == (store_retention.Gone(1, 2), store_retention.Gone(1, 2))
    assert texts(database) == ["How long may I return a lamp?"] * 2
    recorder.withdraw_correction(correction, "ada")
    later = retention.carry_out(settings, database, today=TODAY + timedelta(days=60))
    assert later.uses == store_retention.Gone(1, 1)
    assert count(database, CorrectionRow) == 0


def test_a_receipt_still_counts_the_answers_that_are_gone(
    database: Database, recorder: Recorder, settings: Settings
) -> None:
    corrected = told(recorder, TODAY)
    correction = recorder.correct(corrected, "ada", "60 days.", "key").correction_id
    mine, others = told(recorder, DAY), told(recorder, DAY + timedelta(days=1), visitor_id="bo")
    young = told(recorder, TODAY, visitor_id="bo")
    with database.writing() as session:
        memory_id = session.scalar(select(MemoryRow.memory_id).where(MemoryRow.correction_id == correction))
        if memory_id is None:
            memory_id = "m1"
            session.add(
                MemoryRow(
                    memory_id=memory_id, correction_id=correction, visitor_id="ada", task="support",
                    input_text="q", output_text="a", input_key="q", output_key="a", state="shared",
                )
            )  # fmt: skip
            session.flush()
        for use in (mine, others, young):
            session.add(MemoryUseRow(memory_id=memory_id, interaction_id=use, how="answer", similarity=1.0))
    before = queries.receipt(database, "ada", correction)
    assert (before.own_uses, before.other_uses) == (1, 2)
    retention.carry_out(settings, database, today=TODAY)
    assert count(database, InteractionRow) == 2
    assert queries.receipt(database, "ada", correction) == before


def test_a_dry_run_says_what_would_go_and_changes_nothing(
    database: Database, recorder: Recorder, settings: Settings
) -> None:
    told(recorder, DAY)
    would = retention.carry_out(settings, database, today=TODAY, is_dry=True)
    assert would == retention.Outcome(store_retention.Gone(1, 0), store_retention.Gone(1, 0))
    assert texts(database) == ["How long may I return a lamp?"]
    assert removals.removals(database) == ()


def test_it_goes_on_where_it_was_stopped_and_once_a_day(
    database: Database, recorder: Recorder, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        told(recorder, DAY)
    monkeypatch.setattr(store_retention, "BATCH", 2)
    settings = replace(settings, keep_text_days=0)
    rollups.refresh(database)
    first = store_retention.remove_uses(database, retention.last_day(90, TODAY), seconds=0.0)
    assert (first.uses, first.is_over) == (2, False)
    assert retention.daily(settings, database, TODAY).uses == store_retention.Gone(3, 0)
    now = datetime.now(UTC).date()
    assert retention.daily(settings, database, now).uses is None
    (told_of,) = {one.uses for one in removals.removals(database) if one.kind == USES}
    assert told_of == 5
    assert any("5 uses" in one for one in retention.what_holds(settings, removals.removals(database)))


def test_sample_data_has_no_age(database: Database, recorder: Recorder, settings: Settings) -> None:
    told(recorder, DAY, is_sample=True)
    retention.carry_out(settings, database, today=TODAY)
    assert texts(database) == ["How long may I return a lamp?"]


def test_looking_after_the_database_can_be_done_at_any_time(database: Database, recorder: Recorder) -> None:
    told(recorder, DAY)
    database.optimize()
    database.optimize()
    assert texts(database)


def told(recorder: Recorder, day: date, **changes: Any) -> str:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    one = an_interaction(**({"started_at": at} | changes))
    recorder.interaction(one)
    recorder.flush()
    return one.interaction_id


def texts(database: Database) -> list[str]:
    with database.reading() as session:
        return [text for text in session.scalars(select(InteractionRow.input_text)) if text]


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def everything(database: Database) -> tuple[Any, ...]:
    scope = Scope()
    return (
        tallies.tallies(database, scope, "day", "task"),
        tallies.times(database, scope, "task"),
        visitor_counts.people(database, scope),
        visitor_counts.people(database, Scope(since=DAY)),
        visitor_counts.people_by_week(database, scope),
        visitor_counts.cohorts(database, scope),
        cells.counts(database, scope),
    )


assert TEXTS
