"""Counting marked days anew, so that what uses add up to is right again; see `core.store.usage_tables`.

Days are counted in short transactions, so that whoever saves a rating meanwhile hardly waits. A mark
is taken with the count that it asked for: marks are read first, so a change that comes later has a mark of its own.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Integer, case, cast, delete, func, insert, literal, select, text
from sqlalchemy.orm import Session

from core.store import usage_facts as facts
from core.store.db import Database
from core.store.moments import WeekOf
from core.store.tables import InteractionRow, RatingRow
from core.store.times import bucket_of, packed
from core.store.usage import start_of
from core.store.usage_tables import (
    EVERY,
    UsageCohortRow,
    UsageDayRow,
    UsageMarkRow,
    UsagePeopleRow,
    UsageTimesRow,
    UsageVisitorDayRow,
    UsageVisitorRow,
)
from core.types import Ending

MEASURES = (
    *("uses", "visits", "finished", "stopped", "failed", "abstained", "handed_off", "rated", "good", "corrected"),
    *("confirmed", "assumed", "edits", "edit_sum", "edit_squares"),
)
# What visitors are counted by: all together, and each task, segment and weights by itself.
SLICES: tuple[tuple[str, ...], ...] = ((), ("task",), ("segment",), ("weights_id",))
_MANY = 500
_LOCK = 4865617263
_TURN_SECONDS = 0.1  # of one transaction: whoever saves a rating meanwhile waits so long


@dataclass(frozen=True, order=True)
class Mark:
    """What is to be counted anew: the visitors of a week, or the uses of a day, which come first."""

    is_week: bool
    day: str
    is_sample: bool


def refresh(database: Database, seconds: float = 60.0) -> int:
    """Count what is marked for as long as `seconds`; return how many marks are left.

    Week after week from old to new, each week's days first: then nobody's first day moves, which would mark later
    weeks again. At least one mark is worked off. Raises StoreError.
    """
    end = time.monotonic() + seconds
    while marks := waiting(database):
        first = monday_of(date.fromisoformat(marks[0].day))
        week = [mark for mark in marks if monday_of(date.fromisoformat(mark.day)) == first]
        while week:
            week = week[_count(database, week) :]
            if time.monotonic() > end:
                return len(waiting(database))
    return 0


def waiting(database: Database) -> list[Mark]:
    """Return what is to be counted anew, each once, the oldest week first, and in it days before the week itself."""
    columns = (UsageMarkRow.is_week, UsageMarkRow.day, UsageMarkRow.is_sample)
    with database.reading("counting uses") as session:
        marks = [Mark(*row) for row in session.execute(select(*columns).distinct())]
    return sorted(marks, key=lambda mark: (monday_of(date.fromisoformat(mark.day)), mark))


def _count(database: Database, marks: list[Mark]) -> int:
    """Count the first mark, and more for as long as nobody has to wait for it; return how many were counted."""
    end = time.monotonic() + _TURN_SECONDS
    with database.writing("counting uses") as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        counted = 0
        for mark in marks:
            _count_mark(session, mark)
            counted += 1
            if time.monotonic() > end:
                break
    return counted


def _count_mark(session: Session, mark: Mark) -> None:
    same = (
        UsageMarkRow.day == mark.day,
        UsageMarkRow.is_sample == mark.is_sample,
        UsageMarkRow.is_week == mark.is_week,
    )
    seen = session.scalars(select(UsageMarkRow.mark_id).where(*same)).all()
    (_count_week if mark.is_week else _count_day)(session, mark)
    for place in range(0, len(seen), _MANY):
        session.execute(delete(UsageMarkRow).where(UsageMarkRow.mark_id.in_(seen[place : place + _MANY])))


def _count_day(session: Session, mark: Mark) -> None:
    day = date.fromisoformat(mark.day)
    week = monday_of(day).isoformat()
    for table in (UsageDayRow, UsageTimesRow):
        session.execute(delete(table).where(table.is_sample == mark.is_sample, table.day == mark.day))
    sums, times = _sums(session, mark), _times(session, mark)
    if sums:
        session.execute(
            insert(UsageDayRow),
            [_keyed("segment task weights_id language", key, mark, week) | dict(row) for key, row in sums.items()],
        )
    if times:
        session.execute(
            insert(UsageTimesRow),
            [
                _keyed("segment task weights_id", key, mark, week)
                | {"first_times": packed(first), "total_times": packed(total)}
                for key, (first, total) in times.items()
            ],
        )
    weeks = _count_visitors(session, mark) | {week}
    known = select(UsageMarkRow.day).where(UsageMarkRow.is_week, UsageMarkRow.is_sample == mark.is_sample)
    weeks -= set(session.scalars(known))
    session.add_all(UsageMarkRow(day=one, is_sample=mark.is_sample, is_week=True) for one in sorted(weeks))


def _sums(session: Session, mark: Mark) -> dict[tuple[str, ...], Counter[str]]:
    """Return the measures of a day by segment, task, weights and language, each also for all segments together."""
    inner = _uses(
        mark,
        _told(InteractionRow.segment).label("segment"),
        InteractionRow.task,
        InteractionRow.weights_id,
        InteractionRow.language,
        *[cast(literal(1) if one is None else one, Integer).label(name) for name, one in _measures().items()],
        facts.edit_share().label("edit"),
    ).subquery()
    keys = [inner.c.segment, inner.c.task, inner.c.weights_id, inner.c.language]
    columns = [
        *[func.sum(inner.c[name]) for name in _measures()],
        func.count(inner.c.edit),
        func.coalesce(func.sum(inner.c.edit), 0.0),
        func.coalesce(func.sum(inner.c.edit * inner.c.edit), 0.0),
    ]
    found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for row in session.execute(select(*keys, *columns).group_by(*keys)):
        values = dict(zip(MEASURES, row[len(keys) :], strict=True))
        for key in (tuple(row[: len(keys)]), (EVERY, *row[1 : len(keys)])):
            for name, value in values.items():
                found[key][name] += value
    return found


def _measures() -> dict[str, Any]:
    """Return what is counted of a use, by name; None counts every one."""
    return {
        "uses": None,
        "visits": facts.begins_visit(),
        "finished": facts.is_ending(Ending.FINISHED),
        "stopped": facts.is_ending(Ending.STOPPED),
        "failed": facts.is_ending(Ending.FAILED),
        "abstained": InteractionRow.is_abstained,
        "handed_off": facts.is_handed_off(),
        "rated": RatingRow.score.is_not(None),
        "good": func.coalesce(RatingRow.score, 0) == 1,
        "corrected": facts.is_corrected(),
        "confirmed": func.coalesce(facts.is_confirmed(), False),
        "assumed": facts.is_assumed(),
    }


def _times(session: Session, mark: Mark) -> dict[tuple[str, ...], tuple[Counter[int], Counter[int]]]:
    """Return the histograms of times to first text and in all, of finished uses, by segment, task and weights."""
    columns = (
        _told(InteractionRow.segment),
        InteractionRow.task,
        InteractionRow.weights_id,
        InteractionRow.first_seconds,
        InteractionRow.total_seconds,
    )
    found: dict[tuple[str, ...], tuple[Counter[int], Counter[int]]] = defaultdict(lambda: (Counter(), Counter()))
    for segment, *key, first, total in session.execute(_uses(mark, *columns).where(facts.is_ending(Ending.FINISHED))):
        for one in (segment, EVERY):
            if first is not None:
                found[(one, *key)][0][bucket_of(first)] += 1
            found[(one, *key)][1][bucket_of(total)] += 1
    return found


def _count_visitors(session: Session, mark: Mark) -> set[str]:
    """Count the visitors of a day, and their uses of all time; return the weeks of those whose first day moved."""
    on_day = (UsageVisitorDayRow.is_sample == mark.is_sample, UsageVisitorDayRow.day == mark.day)
    before = set(session.scalars(select(UsageVisitorDayRow.visitor_id).where(*on_day).distinct()))
    session.execute(delete(UsageVisitorDayRow).where(*on_day))
    inner = _uses(
        mark,
        InteractionRow.visitor_id,
        InteractionRow.task,
        _told(InteractionRow.segment).label("segment"),
        InteractionRow.weights_id,
        *[cast(one, Integer).label(name) for name, one in _measures().items() if name in ("visits", "corrected")],
        cast(RatingRow.score.is_not(None), Integer).label("rated"),
    ).subquery()
    keys = (inner.c.visitor_id, inner.c.task, inner.c.segment, inner.c.weights_id)
    columns = [
        "is_sample",
        "day",
        "visitor_id",
        "task",
        "segment",
        "weights_id",
        "uses",
        "visits",
        "rated",
        "corrected",
    ]
    sums = [func.sum(inner.c[name]) for name in ("visits", "rated", "corrected")]
    counted = select(literal(mark.is_sample), literal(mark.day), *keys, func.count(), *sums).group_by(*keys)
    session.execute(insert(UsageVisitorDayRow).from_select(columns, counted))
    after = set(session.scalars(select(UsageVisitorDayRow.visitor_id).where(*on_day).distinct()))
    weeks: set[str] = set()
    for some in _some(sorted(before | after)):
        weeks |= _recount(session, mark, some)
    return weeks


def _recount(session: Session, mark: Mark, visitors: list[str]) -> set[str]:
    """Count the uses of all time of these visitors; return the weeks of those whose first day moved."""
    theirs = (UsageVisitorRow.is_sample == mark.is_sample, UsageVisitorRow.visitor_id.in_(visitors))
    firsts = select(UsageVisitorRow.visitor_id, UsageVisitorRow.first_day).where(*theirs)
    before = dict(session.execute(firsts).all())
    session.execute(delete(UsageVisitorRow).where(*theirs))
    row = UsageVisitorDayRow
    columns = ["is_sample", "visitor_id", "first_day", "uses", "days", "visits", "tasks", "rated", "corrected"]
    counted = (
        select(
            row.is_sample,
            row.visitor_id,
            func.min(row.day),
            func.sum(row.uses),
            func.count(row.day.distinct()),
            func.sum(row.visits),
            func.count(row.task.distinct()),
            func.sum(row.rated),
            func.sum(row.corrected),
        )
        .where(row.is_sample == mark.is_sample, row.visitor_id.in_(visitors))
        .group_by(row.is_sample, row.visitor_id)
    )
    session.execute(insert(UsageVisitorRow).from_select(columns, counted))
    after = dict(session.execute(firsts).all())
    moved = [one for one in after if before.get(one, after[one]) != after[one]]
    if not moved:
        return set()
    days = select(row.day).where(row.is_sample == mark.is_sample, row.visitor_id.in_(moved)).distinct()
    return {monday_of(date.fromisoformat(day)).isoformat() for day in session.scalars(days)}


def _count_week(session: Session, mark: Mark) -> None:
    for table in (UsagePeopleRow, UsageCohortRow):
        session.execute(delete(table).where(table.is_sample == mark.is_sample, table.week == mark.day))
    sunday = (date.fromisoformat(mark.day) + timedelta(days=6)).isoformat()
    people: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    cohorts: Counter[tuple[str, ...]] = Counter()
    for names in SLICES:
        for row in session.execute(_visitors_of_week(names, mark.is_sample, mark.day, sunday)):
            key = tuple(getattr(row, name) if name in names else EVERY for name in ("task", "segment", "weights_id"))
            people[key].update(
                visitors=row.visitors,
                on_two_days=row.on_two_days,
                in_two_visits=row.in_two_visits,
                newcomers=row.visitors if row.cohort == mark.day else 0,
            )
            cohorts[(*key, row.cohort)] += row.visitors
    if people:
        session.execute(
            insert(UsagePeopleRow),
            [_keyed("task segment weights_id", key, mark) | dict(row) for key, row in people.items()],
        )
        session.execute(
            insert(UsageCohortRow),
            [_keyed("task segment weights_id cohort", key, mark) | {"visitors": n} for key, n in cohorts.items()],
        )


def _visitors_of_week(names: tuple[str, ...], is_sample: bool, since: str, until: str) -> Any:
    """Return a selection that counts visitors by slice and cohort, and those on two days or in two visits."""
    row = UsageVisitorDayRow
    keys = [getattr(row, name) for name in names]
    inner = (
        select(
            row.visitor_id,
            *keys,
            func.count(row.day.distinct()).label("days"),
            func.sum(row.visits).label("visits"),
        )
        .where(row.is_sample == is_sample, row.day >= since, row.day <= until)
        .group_by(row.visitor_id, *keys)
        .subquery()
    )
    groups = [*[inner.c[name] for name in names], WeekOf(UsageVisitorRow.first_day)]
    return (
        select(
            *groups[:-1],
            groups[-1].label("cohort"),
            func.count().label("visitors"),
            func.sum(case((inner.c.days > 1, 1), else_=0)).label("on_two_days"),
            func.sum(case((inner.c.visits > 1, 1), else_=0)).label("in_two_visits"),
        )
        .join(
            UsageVisitorRow,
            (UsageVisitorRow.visitor_id == inner.c.visitor_id) & (UsageVisitorRow.is_sample == is_sample),
        )
        .group_by(*groups)
    )


def _uses(mark: Mark, *columns: Any) -> Any:
    start = start_of(date.fromisoformat(mark.day))
    return facts.uses(mark.is_sample, start, start + timedelta(days=1), *columns)


def _told(segment: Any) -> Any:
    """Return the segment, kept apart from the sign for all of them."""
    return case((segment == EVERY, f"{EVERY} "), else_=segment)


def _keyed(names: str, key: tuple[str, ...], mark: Mark, week: str = "") -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(names.split(), key, strict=True)) | {"is_sample": mark.is_sample}
    return row | ({"day": mark.day, "week": week} if week else {"week": mark.day})


def _some(many: list[str]) -> Iterator[list[str]]:
    for place in range(0, len(many), _MANY):
        yield many[place : place + _MANY]


def monday_of(day: date) -> date:
    """Return the first day of the week that `day` lies in."""
    return day - timedelta(days=day.weekday())
