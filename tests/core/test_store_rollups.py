"""What is kept of uses is what counting them one by one gives, whatever happened to them since."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from core.store import rollups, tallies, visitor_counts
from core.store.day_counts import MEASURES
from core.store.db import Database
from core.store.record import Recorder
from core.store.tables import CorrectionRow, HandOffRow, InteractionRow, RatingRow, VisitorRow
from core.types import Ending, Origin, Rating, Scope, Task
from tests.core.store_stories import an_interaction

DAY = date(2026, 5, 4)  # a Monday
SEGMENTS = ("", "Founder", "Product, 2 to 10", "*")
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(database, tmp_path / "spool")
    yield made
    made.close()


@pytest.mark.parametrize("seed", [1])  # another: tests/faults
def test_kept_sums_are_right_after_any_history(database: Database, recorder: Recorder, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        live_through(database, recorder, chance, steps=30)
        assert rollups.refresh(database) == 0
        compare(database, chance)


def test_a_refresh_without_time_still_works_off_a_mark_and_says_what_is_left(
    database: Database, recorder: Recorder
) -> None:
    for days in range(3):
        recorder.interaction(an_interaction(started_at=at(days, 12)))
    recorder.flush()
    assert rollups.refresh(database, seconds=0.0) == 3  # two days, and the week of the one that was counted
    assert rollups.refresh(database) == 0
    assert tallies.tallies(database, Scope())[()].uses == 3


def test_erasing_a_visitor_erases_them_from_every_sum(database: Database, recorder: Recorder) -> None:
    for visitor in ("ada", "bo"):
        told = an_interaction(visitor_id=visitor, started_at=at(0, 12))
        recorder.interaction(told)
        recorder.rate(Rating(told.interaction_id, 1), visitor)
    rollups.refresh(database)
    assert visitor_counts.people(database, Scope()).visitors == 2
    with database.writing() as session:
        session.execute(delete(VisitorRow).where(VisitorRow.visitor_id == "bo"))
    rollups.refresh(database)
    assert visitor_counts.people(database, Scope()) == visitor_counts.People(1, 0, 0, 1)
    assert visitor_counts.people_by_week(database, Scope())[DAY.isoformat()].visitors == 1
    assert tallies.tallies(database, Scope())[()].good == 1


def at(days: float, hours: float = 0.0) -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=days, hours=hours)


def live_through(database: Database, recorder: Recorder, chance: random.Random, steps: int) -> None:
    """Use, rate, undo, correct, take back, hand off, and now and then be erased."""
    uses: list[tuple[str, str]] = []
    for _ in range(steps):
        # Close together and around midnight, so that visits and questions asked again cross it.
        started_at = at(chance.randrange(16), chance.choice([0.1, 12.0, 23.7])) + chance.randrange(60) * timedelta(
            minutes=1
        )
        told = an_interaction(
            visitor_id=f"visitor {chance.randrange(7)}",
            task=chance.choice([Task.SUPPORT, Task.SUPPORT, Task.TRANSLATE]),
            started_at=started_at,
            segment=chance.choice(SEGMENTS),
            language=chance.choice(["en", "de"]),
            ending=chance.choice([Ending.FINISHED] * 5 + [Ending.STOPPED, Ending.FAILED]),
            is_abstained=chance.random() < 0.2,
            origin=Origin("extracted", chance.choice(["small", "big"])),
            first_seconds=chance.choice([None, 0.05, 0.3]),
            total_seconds=chance.uniform(0.01, 3),
            is_sample=False,
        )
        recorder.interaction(told)
        uses.append((told.interaction_id, told.visitor_id))
    sample = an_interaction(visitor_id="sample", started_at=at(3, 12), is_sample=True)
    recorder.interaction(sample)
    recorder.flush()
    for interaction_id, visitor_id in uses:
        if chance.random() < 0.5:
            recorder.rate(Rating(interaction_id, chance.randrange(2)), visitor_id)
        if chance.random() < 0.2:
            recorder.undo_rating(interaction_id, visitor_id)
        if chance.random() < 0.2:
            kept = recorder.correct(interaction_id, visitor_id, f"Better {chance.random()}", "")
            if chance.random() < 0.4:
                recorder.withdraw_correction(kept.correction_id, visitor_id)
        if chance.random() < 0.1:
            recorder.hand_off(interaction_id, visitor_id, "a person, please")
    with database.writing() as session:
        if chance.random() < 0.5:
            session.execute(delete(VisitorRow).where(VisitorRow.visitor_id == f"visitor {chance.randrange(7)}"))
        gone = chance.sample(uses, 5)
        session.execute(delete(InteractionRow).where(InteractionRow.interaction_id.in_([one for one, _ in gone])))


def compare(database: Database, chance: random.Random) -> None:
    rows = told_one_by_one(database)
    scopes = [
        Scope(),
        Scope(is_sample=True),
        Scope(task=Task.SUPPORT),
        Scope(weights_id="big"),
        Scope(segment="Founder"),
        Scope(since=DAY + timedelta(days=3), until=DAY + timedelta(days=9)),
        Scope(since=DAY + timedelta(days=chance.randrange(16)), task=Task.TRANSLATE, weights_id="small"),
        Scope(until=DAY + timedelta(days=10), task=Task.SUPPORT, segment="Product, 2 to 10"),
    ]
    for scope in scopes:
        inside = [row for row in rows if is_in(row, scope)]
        assert tallies.tallies(database, scope).get((), tallies.Tally()) == summed(inside), scope
        by_task = tallies.tallies(database, scope, "task", "language")
        assert by_task == {key: summed(some) for key, some in grouped(inside, "task", "language").items()}
        firsts = first_days(rows, scope.is_sample)
        assert visitor_counts.people(database, scope) == counted(inside, firsts, scope.since or date.min), scope
        by_day = visitor_counts.people_by_day(database, scope)
        assert by_day == {
            key[0]: len({row["visitor_id"] for row in some}) for key, some in grouped(inside, "day").items()
        }
        touched = [row for row in rows if is_in(row, scope, whole_weeks=True)]
        assert visitor_counts.people_by_week(database, scope) == {
            key[0]: counted(some, firsts, date.fromisoformat(key[0])) for key, some in grouped(touched, "week").items()
        }, scope
        ever = Scope(None, None, scope.task, scope.segment, scope.weights_id, scope.is_sample)
        expected: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows:
            cohort = rollups.monday_of(firsts[row["visitor_id"]]) if row["visitor_id"] in firsts else date.max
            since = rollups.monday_of(scope.since) if scope.since else date.min
            if is_in(row, ever) and since <= cohort <= (rollups.monday_of(scope.until) if scope.until else date.max):
                expected[(cohort.isoformat(), row["week"])].add(row["visitor_id"])
        assert visitor_counts.cohorts(database, scope) == {key: len(some) for key, some in expected.items()}, scope
        totals = tallies.times(database, scope).get((), tallies.Times())
        finished = [row for row in inside if row["finished"]]
        assert sum(totals.total.values()) == len(finished)
        assert sum(totals.first.values()) == sum(row["first_seconds"] is not None for row in finished)


def told_one_by_one(database: Database) -> list[dict[str, Any]]:
    """Return every use with what is true of it, found in Python by the words of the definitions."""
    with database.reading() as session:
        uses = session.scalars(select(InteractionRow)).all()
        scores = {row.interaction_id: row.score for row in session.scalars(select(RatingRow))}
        handed = set(session.scalars(select(HandOffRow.interaction_id)))
        edits: dict[str, list[float | None]] = defaultdict(list)
        for row in session.scalars(select(CorrectionRow)):
            if row.status not in ("withdrawn", "replaced"):
                edits[row.interaction_id].append(row.edit_share)
    told = []
    for use in uses:
        others = [one for one in uses if one.visitor_id == use.visitor_id and one is not use]
        order = (use.started_at, use.interaction_id)
        before = [one for one in others if (one.started_at, one.interaction_id) < order]
        after = [one for one in others if (one.started_at, one.interaction_id) > order and one.task == "support"]
        score = scores.get(use.interaction_id)
        is_answered = (
            use.task == "support"
            and use.ending == "finished"
            and not use.is_abstained
            and use.interaction_id not in handed
        )
        is_asked_again = any(one.started_at - use.started_at < HALF_HOUR for one in after)
        shares = [share for share in edits[use.interaction_id] if share is not None]
        share = sum(shares) / len(shares) if shares else None
        told.append(
            {
                "visitor_id": use.visitor_id,
                "is_sample": use.is_sample,
                "task": use.task,
                "segment": use.segment,
                "weights_id": use.weights_id,
                "language": use.language,
                "day": use.started_at.date().isoformat(),
                "week": rollups.monday_of(use.started_at.date()).isoformat(),
                "first_seconds": use.first_seconds,
                "uses": 1,
                "visits": not any(use.started_at - one.started_at < HALF_HOUR for one in before),
                "finished": use.ending == "finished",
                "stopped": use.ending == "stopped",
                "failed": use.ending == "failed",
                "abstained": use.is_abstained,
                "handed_off": use.interaction_id in handed,
                "rated": score is not None,
                "good": score == 1,
                "corrected": bool(edits[use.interaction_id]),
                "confirmed": is_answered and score == 1,
                "assumed": is_answered and score is None and not edits[use.interaction_id] and not is_asked_again,
                "edits": share is not None,
                "edit_sum": share or 0.0,
                "edit_squares": (share or 0.0) ** 2,
            }
        )
    return told


def is_in(row: dict[str, Any], scope: Scope, whole_weeks: bool = False) -> bool:
    since, until, day = scope.since, scope.until, date.fromisoformat(row["day"])
    if whole_weeks:
        since = rollups.monday_of(since) if since else None
        until = rollups.monday_of(until) + timedelta(days=6) if until else None
    segment = "* " if row["segment"] == "*" else row["segment"]
    return (
        row["is_sample"] == scope.is_sample
        and (since is None or day >= since)
        and (until is None or day <= until)
        and (scope.task is None or row["task"] == scope.task)
        and scope.segment in ("", segment)
        and scope.weights_id in ("", row["weights_id"])
    )


def summed(rows: list[dict[str, Any]]) -> Any:
    sums = {name: sum(row[name] for row in rows) for name in MEASURES}
    return tallies.Tally(**{name: pytest.approx(n) if name.startswith("edit_") else n for name, n in sums.items()})


def grouped(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return groups


def first_days(rows: list[dict[str, Any]], is_sample: bool) -> dict[str, date]:
    firsts: dict[str, date] = {}
    for row in rows:
        if row["is_sample"] == is_sample:
            day = date.fromisoformat(row["day"])
            firsts[row["visitor_id"]] = min(day, firsts.get(row["visitor_id"], day))
    return firsts


def counted(rows: list[dict[str, Any]], firsts: dict[str, date], since: date) -> visitor_counts.People:
    days: dict[str, set[str]] = defaultdict(set)
    visits: Counter[str] = Counter()
    for row in rows:
        days[row["visitor_id"]].add(row["day"])
        visits[row["visitor_id"]] += row["visits"]
    return visitor_counts.People(
        visitors=len(days),
        on_two_days=sum(len(some) > 1 for some in days.values()),
        in_two_visits=sum(n > 1 for n in visits.values()),
        newcomers=sum(firsts[visitor] >= since for visitor in days),
    )
