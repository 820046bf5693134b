"""The quality of segments and use cases is what going through all uses one by one gives, whatever happened to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import case, delete, func, literal, or_, select

from core.store import cells, rollups
from core.store.cells import CellCount, Quality
from core.store.db import Database
from core.store.record import Recorder
from core.store.tables import CorrectionRow, InteractionRow, RatingRow, VisitorRow
from core.store.usage import conditions
from core.types import Origin, Rating, Scope, Task
from tests.core.store_stories import an_interaction

DAY = date(2026, 5, 4)
SEGMENTS = ("", "Founder", "Product, 2 to 10", "*")


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(database, tmp_path / "spool")
    yield made
    made.close()


@pytest.mark.parametrize("seed", [0])  # others: tests/faults
def test_cells_are_what_all_uses_one_by_one_come_to(database: Database, recorder: Recorder, seed: int) -> None:
    chance = random.Random(seed)
    seen = Quality()
    for _ in range(2):
        live_through(database, recorder, chance)
        rollups.refresh(database)
        for scope in scopes(chance):
            found = cells.counts(database, scope)
            assert found == one_by_one(database, scope), scope
            seen = sum((cell.quality for cell in found), seen)
    assert all(vars(seen).values())


def test_a_use_and_what_was_said_of_it_count_with_its_day(database: Database, recorder: Recorder) -> None:
    first, second = an_interaction(started_at=at(0, 9)), an_interaction(started_at=at(0, 10))
    recorder.interaction(first)
    recorder.flush()
    rollups.refresh(database)
    recorder.rate(Rating(first.interaction_id, 0), first.visitor_id)
    recorder.interaction(second)
    recorder.flush()
    (cell,) = cells.counts(database, Scope())
    assert (cell.quality.uses, cell.quality.down) == (1, 0)
    rollups.refresh(database)
    (cell,) = cells.counts(database, Scope())
    assert (cell.quality.uses, cell.quality.down) == (2, 1)
    recorder.undo_rating(first.interaction_id, first.visitor_id)
    rollups.refresh(database)
    (cell,) = cells.counts(database, Scope())
    assert (cell.quality.uses, cell.quality.down) == (2, 0)


def live_through(database: Database, recorder: Recorder, chance: random.Random) -> None:
    """Use, rate, undo, correct, correct again, take back, and now and then be erased; some of it is sample data."""
    uses: list[tuple[str, str]] = []
    for _ in range(45):
        is_sample = chance.random() < 0.25
        told = an_interaction(
            visitor_id=f"{'sample' if is_sample else 'visitor'} {chance.randrange(6)}",
            task=chance.choice([Task.SUPPORT, Task.SUPPORT, Task.TRANSLATE]),
            started_at=at(chance.randrange(12), chance.choice([0.0, 12.0, 23.99])),
            segment=chance.choice(SEGMENTS),
            language=chance.choice(["en", "de"]),
            is_abstained=chance.random() < 0.2,
            origin=Origin("extracted", chance.choice(["small", "big"])),
            is_sample=is_sample,
        )
        recorder.interaction(told)
        uses.append((told.interaction_id, told.visitor_id))
    recorder.flush()
    for interaction_id, visitor_id in uses:
        if chance.random() < 0.6:
            recorder.rate(Rating(interaction_id, chance.randrange(2)), visitor_id)
        if chance.random() < 0.2:
            recorder.undo_rating(interaction_id, visitor_id)
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            kept = recorder.correct(interaction_id, visitor_id, f"Better {chance.random()}", "")
            if chance.random() < 0.4:
                recorder.withdraw_correction(kept.correction_id, visitor_id)
    with database.writing() as session:
        gone = [one for one, _ in chance.sample(uses, 5)]
        session.execute(delete(InteractionRow).where(InteractionRow.interaction_id.in_(gone)))
        session.execute(delete(VisitorRow).where(VisitorRow.visitor_id == f"visitor {chance.randrange(6)}"))


def scopes(chance: random.Random) -> list[Scope]:
    since = DAY + timedelta(days=chance.randrange(8))
    until = since + timedelta(days=chance.randrange(5))
    return [
        Scope(),
        Scope(is_sample=True),
        Scope(since=since),
        Scope(until=until),
        Scope(since=since, until=until, is_sample=True),
        Scope(task=Task.SUPPORT, weights_id="big"),
        Scope(segment="Founder", since=since),
        Scope(segment="*"),
        Scope(since=since, until=until, task=Task.TRANSLATE, segment="Product, 2 to 10", weights_id="small"),
    ]


def one_by_one(database: Database, scope: Scope) -> tuple[CellCount, ...]:
    """Return the cells as all uses say, grouped by visitor and then by cell: slow, and the words of the definitions."""
    standing = (
        select(CorrectionRow.interaction_id)
        .where(CorrectionRow.status.not_in(("withdrawn", "replaced")))
        .distinct()
        .subquery()
    )
    is_rated, is_down = RatingRow.score.is_not(None), RatingRow.score == 0
    is_corrected = standing.c.interaction_id.is_not(None)
    numbers = {
        "abstained": InteractionRow.is_abstained.is_(True),
        "rated": is_rated,
        "down": is_down,
        "corrected": is_corrected,
        "judged": or_(is_rated, is_corrected),
        "troubled": or_(is_down, is_corrected),
    }
    one = (
        select(
            InteractionRow.segment,
            InteractionRow.task,
            func.count().label("uses"),
            func.count(func.date(InteractionRow.started_at).distinct()).label("days"),
            *[func.sum(case((condition, 1), else_=0)).label(name) for name, condition in numbers.items()],
        )
        .outerjoin(RatingRow, RatingRow.interaction_id == InteractionRow.interaction_id)
        .outerjoin(standing, standing.c.interaction_id == InteractionRow.interaction_id)
        .where(*conditions(scope))
        .group_by(InteractionRow.segment, InteractionRow.task, InteractionRow.visitor_id)
        .subquery()
        .c
    )
    amounts = (
        one.uses,
        literal(1),
        case((one.days > 1, 1), else_=0),
        *(one.abstained, one.rated, one.down, one.corrected),
        case((one.judged > 0, 1), else_=0),
        *(one.judged, one.troubled),
        *(one.troubled * one.troubled, one.troubled * one.judged, one.judged * one.judged),
    )
    summed = select(one.segment, one.task, *map(func.sum, amounts)).group_by(one.segment, one.task)
    with database.reading() as session:
        found = [
            CellCount(segment, Task(task), Quality(*map(int, sums))) for segment, task, *sums in session.execute(summed)
        ]
    return tuple(sorted(found, key=lambda cell: ("* " if cell.segment == "*" else cell.segment, cell.task)))


def at(days: int, hours: float) -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=days, hours=hours)
