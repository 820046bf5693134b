"""Counting marked days anew, so that what uses add up to is right again; see `core.store.usage_tables`.

A day is read and added up while others write, and only what is different is written, so that whoever saves a rating
meanwhile hardly waits. A mark is taken away with the count that it asked for: marks are read first, so a change that
comes later has a mark of its own.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from core.errors import DatabaseUnavailable, StoreError
from core.progress import Progress
from core.store import day_counts, removals
from core.store.db import Database
from core.store.moments import WeekOf
from core.store.usage_tables import (
    EVERY,
    UsageCohortRow,
    UsageMarkRow,
    UsagePeopleRow,
    UsageVisitorDayRow,
    UsageVisitorRow,
)

# What visitors are counted by: all together, and each task, segment and weights by itself.
SLICES: tuple[tuple[str, ...], ...] = ((), ("task",), ("segment",), ("weights_id",))
_MANY = 500
_LOCK = 4865617263


@dataclass(frozen=True, order=True)
class Mark:
    """What is to be counted anew: the visitors of a week, or the uses of a day, which come first."""

    is_week: bool
    day: str
    is_sample: bool


def refresh(database: Database, seconds: float = 60.0, progress: Progress | None = None) -> int:
    """Count what is marked for as long as `seconds`; return how many marks are left.

    Week after week from old to new, each week's days first: then nobody's first day moves, which would mark later
    weeks again. At least one mark is worked off. Raises StoreError, Stopped.
    """
    end = time.monotonic() + seconds
    while marks := waiting(database):
        first = monday_of(date.fromisoformat(marks[0].day))
        week = [mark for mark in marks if monday_of(date.fromisoformat(mark.day)) == first]
        _take(database, week)
        for number, mark in enumerate(week):
            if progress is not None:
                progress.check()
                progress.advance(number, len(marks), f"counting {mark.day}")
            _count(database, mark)
            if time.monotonic() > end:
                return len(waiting(database))
    return 0


def waiting(database: Database) -> list[Mark]:
    """Return what is to be counted anew, each once, the oldest week first, and in it days before the week itself."""
    columns = (UsageMarkRow.is_week, UsageMarkRow.day, UsageMarkRow.is_sample)
    with database.reading("counting uses") as session:
        marks = [Mark(*row) for row in session.execute(select(*columns).distinct())]
    return sorted(marks, key=lambda mark: (monday_of(date.fromisoformat(mark.day)), mark))


def _take(database: Database, marks: list[Mark]) -> None:
    """Let what changes from now on be marked again; PostgreSQL marks every change, whatever is marked already."""
    if not database.is_sqlite:
        return
    days = sorted({mark.day for mark in marks})
    with database.writing("counting uses") as session:
        taken = update(UsageMarkRow).where(UsageMarkRow.day.in_(days), ~UsageMarkRow.is_taken)
        session.execute(taken.values(is_taken=True))


def _count(database: Database, mark: Mark) -> None:
    """Count a mark: read without keeping anybody from writing, then write what is different in a moment.

    A change that comes in between has a mark of its own. Where somebody else has counted it meanwhile, or a visitor
    has gone, nothing is written: what is still marked is counted again.
    """
    for tries_left in (2, 1, 0):
        with database.reading("counting uses") as session:
            seen = session.scalars(select(UsageMarkRow.mark_id).where(*_same(mark))).all()
            write = _of_week(session, mark) if mark.is_week else _of_day(session, mark)
        try:
            with database.writing("counting uses") as session:
                if seen and _are_ours(session, seen):
                    write(session)
            return
        except DatabaseUnavailable:
            raise
        except StoreError:
            if not tries_left:
                raise


def _same(mark: Mark) -> tuple[ColumnElement[bool], ...]:
    one = UsageMarkRow
    return one.day == mark.day, one.is_sample == mark.is_sample, one.is_week == mark.is_week


def _are_ours(session: Session, seen: Sequence[int]) -> bool:
    """Take the marks away and return whether they were all there; else leave the rest to be counted again."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    there = 0
    for place in range(0, len(seen), _MANY):
        some = UsageMarkRow.mark_id.in_(seen[place : place + _MANY])
        there += session.scalar(select(func.count()).select_from(UsageMarkRow).where(some)) or 0
    if there < len(seen):
        return False
    for place in range(0, len(seen), _MANY):
        session.execute(delete(UsageMarkRow).where(UsageMarkRow.mark_id.in_(seen[place : place + _MANY])))
    return True


def _of_day(session: Session, mark: Mark) -> Callable[[Session], None]:
    """Read a day, and return what writes down what is different since it was counted last."""
    if not mark.is_sample and mark.day <= removals.removed_until(session):
        return _leave  # its uses are gone, and what they came to stands
    old = day_counts.kept(session, mark.day, mark.is_sample)
    new = day_counts.counted(session, mark.day, mark.is_sample)

    def write(session: Session) -> None:
        visitors = day_counts.keep(session, mark.day, mark.is_sample, old, new)
        # Always its own week: what hung on a visitor who was erased has gone without a difference to see here.
        weeks = {monday_of(date.fromisoformat(mark.day)).isoformat()}
        for some in _some(sorted(visitors)):
            weeks |= _recount(session, mark, some)
        known = select(UsageMarkRow.day).where(
            UsageMarkRow.is_week, UsageMarkRow.is_sample == mark.is_sample, ~UsageMarkRow.is_taken
        )
        weeks -= set(session.scalars(known))
        session.add_all(UsageMarkRow(day=one, is_sample=mark.is_sample, is_week=True) for one in sorted(weeks))

    return write


def _leave(_session: Session) -> None:
    """Write nothing."""


def _recount(session: Session, mark: Mark, visitors: list[str]) -> set[str]:
    """Count the uses of all time of these visitors; return the weeks of those whose first day moved."""
    theirs = (UsageVisitorRow.is_sample == mark.is_sample, UsageVisitorRow.visitor_id.in_(visitors))
    firsts = select(UsageVisitorRow.visitor_id, UsageVisitorRow.first_day).where(*theirs)
    before = dict(session.execute(firsts).all())
    session.execute(delete(UsageVisitorRow).where(*theirs))
    row = UsageVisitorDayRow
    # Not a condition of the primary key, which begins with it: SQLite would look through all days of all visitors.
    is_same = func.coalesce(row.is_sample, False) == mark.is_sample
    columns = ["is_sample", "visitor_id", "first_day", "uses", "days", "visits", "tasks", "rated", "corrected"]
    counted = (
        select(
            literal(mark.is_sample),
            row.visitor_id,
            func.min(row.day),
            func.sum(row.uses),
            func.count(row.day.distinct()),
            func.sum(row.visits),
            func.count(row.task.distinct()),
            func.sum(row.rated),
            func.sum(row.corrected),
        )
        .where(is_same, row.visitor_id.in_(visitors))
        .group_by(row.visitor_id)
    )
    session.execute(insert(UsageVisitorRow).from_select(columns, counted))
    after = dict(session.execute(firsts).all())
    moved = [one for one in after if before.get(one, after[one]) != after[one]]
    if not moved:
        return set()
    days = select(row.day).where(is_same, row.visitor_id.in_(moved)).distinct()
    return {monday_of(date.fromisoformat(day)).isoformat() for day in session.scalars(days)}


def _of_week(session: Session, mark: Mark) -> Callable[[Session], None]:
    """Read the visitors of a week, and return what writes them down."""
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

    def write(session: Session) -> None:
        for table in (UsagePeopleRow, UsageCohortRow):
            session.execute(delete(table).where(table.is_sample == mark.is_sample, table.week == mark.day))
        if people:
            session.execute(
                insert(UsagePeopleRow),
                [_keyed("task segment weights_id", key, mark) | dict(row) for key, row in people.items()],
            )
            session.execute(
                insert(UsageCohortRow),
                [_keyed("task segment weights_id cohort", key, mark) | {"visitors": n} for key, n in cohorts.items()],
            )

    return write


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


def _keyed(names: str, key: tuple[str, ...], mark: Mark) -> dict[str, Any]:
    return dict(zip(names.split(), key, strict=True)) | {"is_sample": mark.is_sample, "week": mark.day}


def _some(many: list[str]) -> Iterator[list[str]]:
    for place in range(0, len(many), _MANY):
        yield many[place : place + _MANY]


def monday_of(day: date) -> date:
    """Return the first day of the week that `day` lies in."""
    return day - timedelta(days=day.weekday())
