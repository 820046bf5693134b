"""However many uses there are, no page of figures reads all of them: the plans of both databases are pinned.

SQLite says how it would look for rows whatever there is. PostgreSQL reads small tables whole, so it is told that this
is dear: what it still reads whole then, it would read whole among a million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from core import retention
from core.config import read_settings
from core.store import (
    cells,
    citations,
    day_counts,
    gaps,
    live_quality,
    queries,
    rollups,
    tallies,
    usage,
    uses,
    visitor_counts,
)
from core.store.db import Database
from core.store.record import Recorder
from core.types import Rating, Scope, Task
from tests.core.store_stories import an_interaction

DAY = date(2026, 5, 4)
START = datetime(2026, 5, 4, tzinfo=UTC)
MONTH = Scope(since=DAY, until=DAY + timedelta(days=27))
WHOLE = ("interactions", "used_passages", "usage_days", "usage_times", "usage_people", "usage_cohorts")
ASKED: dict[str, Callable[[Database], Any]] = {
    "uses by task": lambda database: tallies.tallies(database, MONTH, "task"),
    "uses by day": lambda database: tallies.tallies(database, MONTH, "day", "task"),
    "uses by segment": lambda database: tallies.tallies(database, MONTH, "segment"),
    "times": lambda database: tallies.times(database, MONTH, "task", "day"),
    "visitors": lambda database: visitor_counts.people(database, MONTH),
    "visitors by day": lambda database: visitor_counts.people_by_day(database, MONTH),
    "visitors by week": lambda database: visitor_counts.people_by_week(database, MONTH),
    "cohorts": lambda database: visitor_counts.cohorts(database, MONTH),
    "who came how far": lambda database: visitor_counts.stages(database, MONTH),
    "what to narrow to": lambda database: usage.choices(database, False),
    "market fit": lambda database: cells.counts(database, MONTH),
    "citations by passage": lambda database: citations.by_passage(database, "handbook", MONTH),
    "citations by document": lambda database: citations.by_document(database, "handbook", MONTH),
    "gaps": lambda database: gaps.questions(database, "handbook", MONTH, 100),
    "gaps of all time": lambda database: gaps.questions(database, "handbook", Scope(), 100),
    "uses behind a point": lambda database: uses.behind(database, MONTH, "bad"),
    "single uses": lambda database: uses.uses(database, ["a", "b"]),
    "live quality": lambda database: live_quality.course(
        database, Task.SUPPORT, "", START, START + timedelta(days=7), newest=100
    ),
    "a visitor's history": lambda database: queries.history(database, "ada"),
    "a visitor's feedback": lambda database: queries.feedback(database, "ada"),
}


@pytest.fixture
def filled(database: Database, tmp_path: Path) -> Iterator[Database]:
    recorder = Recorder(database, tmp_path / "spool")
    for number in range(40):
        one = an_interaction(visitor_id=f"v{number % 7}", started_at=START + timedelta(hours=11 * number))
        recorder.interaction(one)
        if number % 5 == 0:
            recorder.rate(Rating(one.interaction_id, number % 2), one.visitor_id)
    recorder.flush()
    rollups.refresh(database)
    database.optimize()
    yield database
    recorder.close()


def test_no_page_of_figures_reads_all_uses(filled: Database) -> None:
    wrong = {}
    for name, ask in ASKED.items():  # all in one: filling took most of the time of each
        with plans(filled) as found:
            ask(filled)
        assert found, name
        if any(map(reads_whole, found)):
            wrong[name] = found
    assert not wrong, "\n".join(f"{name}: {step}" for name, steps in wrong.items() for step in steps)


def test_counting_a_day_reads_that_day(filled: Database) -> None:
    with plans(filled) as found, filled.reading() as session:
        day_counts.kept(session, DAY.isoformat(), False)
        day_counts.counted(session, DAY.isoformat(), False)
    assert not [step for step in found if reads_whole(step)], "\n".join(found)


def test_counting_some_visitors_reads_their_days(filled: Database) -> None:
    mark = rollups.Mark(False, DAY.isoformat(), False)
    with plans(filled) as found, filled.writing() as session:
        rollups._recount(session, mark, ["v1", "v2"])
    told = "\n".join(found)
    assert "ix_usage_visitor_days_visitor_id_day" in told, told
    for whole in ("SCAN usage_visitor_days", "(is_sample=?)", "Seq Scan on usage_visitor_days"):
        assert whole not in told, told


def test_letting_old_uses_go_looks_at_old_ones(filled: Database) -> None:
    settings = replace(read_settings({"HEARBACK_PROFILE": "fake"}), keep_text_days=10, keep_days=10)
    retention.carry_out(settings, filled, today=DAY + timedelta(days=14))
    with plans(filled) as found:
        retention.carry_out(settings, filled, today=DAY + timedelta(days=15))
    assert not [step for step in found if reads_whole(step)], "\n".join(found)


def test_the_test_would_notice(filled: Database) -> None:
    with plans(filled) as found, filled.reading() as session:
        session.connection().exec_driver_sql("SELECT count(DISTINCT output_text) FROM interactions").all()
    assert [step for step in found if reads_whole(step)]


def reads_whole(step: str) -> bool:
    """Whether a step of a plan reads a large table, or a whole index of it, from one end to the other."""
    words = step.replace('"', "").split()
    if step.startswith("SCAN"):  # SQLite; "SEARCH" is by a key
        return words[1] in WHOLE
    return "Seq Scan on" in step and words[words.index("on") + 1] in WHOLE


@contextmanager
def plans(database: Database) -> Iterator[list[str]]:
    """Collect the steps of the plans of all that is read within the block."""
    said: list[tuple[str, Any]] = []
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, is_many: bool) -> None:
        if not is_many and statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            said.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        if not database.is_sqlite:
            cursor.execute("SET enable_seqscan = off")
        for statement, values in said:
            cursor.execute(("EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN ") + statement, values)
            found += [str(row[-1]).strip() for row in cursor.fetchall()]
        if not database.is_sqlite:
            cursor.execute("RESET enable_seqscan")
    finally:
        connection.close()
