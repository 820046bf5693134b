"""What uses and visitors add up to in a scope, read from the counted days and weeks, some thousand rows at most.

Weeks are whole ISO weeks (Monday to Sunday, UTC), also at the edges of a period. All raise StoreError.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select

from core.store.day_counts import MEASURES
from core.store.db import Database
from core.store.moments import WeekOf
from core.store.rollups import SLICES, monday_of
from core.store.tables import SurveyRow, VisitorRow
from core.store.times import unpacked
from core.store.usage import start_of
from core.store.usage_tables import (
    EVERY,
    UsageCohortRow,
    UsageDayRow,
    UsagePeopleRow,
    UsageTimesRow,
    UsageVisitorDayRow,
    UsageVisitorRow,
)
from core.types import Scope

Key = tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """What some uses add up to; `core.store.usage_facts` says what each number counts.

    `edits` counts standing corrections whose edit share is known; `edit_sum` and `edit_squares` are the sums of the
    shares and of their squares.
    """

    uses: int = 0
    visits: int = 0
    finished: int = 0
    stopped: int = 0
    failed: int = 0
    abstained: int = 0
    handed_off: int = 0
    rated: int = 0
    good: int = 0
    corrected: int = 0
    confirmed: int = 0
    assumed: int = 0
    edits: int = 0
    edit_sum: float = 0.0
    edit_squares: float = 0.0


@dataclass(frozen=True)
class Times:
    """Histograms of times of finished uses, by bucket of `core.store.times`."""

    first: Counter[int] = field(default_factory=Counter)
    total: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class People:
    """Distinct visitors of a period: how many came on two days or more, in two visits or more, and for the first time.

    Within a narrower scope, a visit is one that began with a use in it.
    """

    visitors: int = 0
    on_two_days: int = 0
    in_two_visits: int = 0
    newcomers: int = 0


def tallies(database: Database, scope: Scope, *keys: str) -> dict[Key, Tally]:
    """Return what uses add up to, by `keys` (task, weights_id, segment, language, day, week); () for all of them."""
    row = UsageDayRow
    columns = [getattr(row, key) for key in keys]
    by_segment = "segment" in keys
    segment = row.segment == (scope.segment or EVERY) if scope.segment or not by_segment else row.segment != EVERY
    found = select(*columns, *[func.coalesce(func.sum(getattr(row, name)), 0) for name in MEASURES])
    found = found.where(*_within(row, scope), segment).group_by(*columns)
    with database.reading("counting uses") as session:
        return {
            tuple(one[: len(keys)]): Tally(*map(_number, one[len(keys) :], MEASURES)) for one in session.execute(found)
        }


def times(database: Database, scope: Scope, *keys: str) -> dict[Key, Times]:
    """Return how long finished uses took, by `keys` (task, weights_id, day, week)."""
    row = UsageTimesRow
    columns = [getattr(row, key) for key in keys]
    found = select(*columns, row.first_times, row.total_times)
    found = found.where(*_within(row, scope), row.segment == (scope.segment or EVERY))
    many: dict[Key, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    with database.reading("counting uses") as session:
        for *key, first, total in session.execute(found):
            many[tuple(key)][0].append(first)
            many[tuple(key)][1].append(total)
    return {key: Times(unpacked(first), unpacked(total)) for key, (first, total) in many.items()}


def people(database: Database, scope: Scope) -> People:
    """Return the visitors of a period as a whole."""
    if scope == Scope(is_sample=scope.is_sample):
        return _people_ever(database, scope.is_sample)
    row = UsageVisitorDayRow
    inner = (
        select(row.visitor_id, func.count(row.day.distinct()).label("days"), func.sum(row.visits).label("visits"))
        .where(*_of_visitors(scope))
        .group_by(row.visitor_id)
        .subquery()
    )
    since = scope.since.isoformat() if scope.since else ""
    counted = select(
        func.count(),
        _many(inner.c.days > 1),
        _many(inner.c.visits > 1),
        _many(
            exists().where(
                UsageVisitorRow.visitor_id == inner.c.visitor_id,
                UsageVisitorRow.is_sample == scope.is_sample,
                UsageVisitorRow.first_day >= since,
            )
        ),
    ).select_from(inner)
    with database.reading("counting visitors") as session:
        return People(*map(int, session.execute(counted).one()))


def _people_ever(database: Database, is_sample: bool) -> People:
    row = UsageVisitorRow
    counted = select(func.count(), _many(row.days > 1), _many(row.visits > 1), func.count())
    with database.reading("counting visitors") as session:
        return People(*map(int, session.execute(counted.where(row.is_sample == is_sample)).one()))


def people_by_day(database: Database, scope: Scope) -> dict[str, int]:
    """Return how many visitors there were on each day."""
    row = UsageVisitorDayRow
    counted = select(row.day, func.count(row.visitor_id.distinct())).where(*_of_visitors(scope)).group_by(row.day)
    with database.reading("counting visitors") as session:
        return {day: int(visitors) for day, visitors in session.execute(counted)}


def people_by_week(database: Database, scope: Scope) -> dict[str, People]:
    """Return the visitors of each week that the period touches."""
    row = UsagePeopleRow
    found = select(row.week, row.visitors, row.on_two_days, row.in_two_visits, row.newcomers)
    found = found.where(*_within_weeks(row, scope)) if _is_sliced(scope) else _people_by_week(scope)
    with database.reading("counting visitors") as session:
        return {week: People(*map(int, rest)) for week, *rest in session.execute(found)}


def _people_by_week(scope: Scope) -> Any:
    """Count for a scope that is narrowed in two ways at once, for which nothing is kept."""
    row = UsageVisitorDayRow
    inner = (
        select(
            WeekOf(row.day).label("week"),
            row.visitor_id,
            func.count(row.day.distinct()).label("days"),
            func.sum(row.visits).label("visits"),
        )
        .where(*_of_visitors(whole_weeks(scope)))
        .group_by(WeekOf(row.day), row.visitor_id)
        .subquery()
    )
    mine = and_(UsageVisitorRow.visitor_id == inner.c.visitor_id, UsageVisitorRow.is_sample == scope.is_sample)
    return (
        select(
            inner.c.week,
            func.count(),
            _many(inner.c.days > 1),
            _many(inner.c.visits > 1),
            _many(UsageVisitorRow.first_day >= inner.c.week),
        )
        .join(UsageVisitorRow, mine)
        .group_by(inner.c.week)
    )


def cohorts(database: Database, scope: Scope) -> dict[tuple[str, str], int]:
    """Return how many visitors who began in a week (of their first use of all) were there in a week, by both.

    The period says which weeks they began in; where they are followed to is not bounded by it.
    """
    row = UsageCohortRow
    if _is_sliced(scope):
        found = select(row.cohort, row.week, row.visitors)
        found = found.where(*_within_weeks(row, Scope(**_slice(scope))), *_between(row.cohort, scope, monday_of))
    else:
        day = UsageVisitorDayRow
        both = (WeekOf(UsageVisitorRow.first_day), WeekOf(day.day))
        mine = and_(UsageVisitorRow.visitor_id == day.visitor_id, UsageVisitorRow.is_sample == day.is_sample)
        found = (
            select(*both, func.count(day.visitor_id.distinct()))
            .join(UsageVisitorRow, mine)
            .where(*_of_visitors(Scope(**_slice(scope))), *_between(both[0], scope, monday_of))
            .group_by(*both)
        )
    with database.reading("counting visitors") as session:
        return {(cohort, week): int(visitors) for cohort, week, visitors in session.execute(found)}


def sizes(database: Database, scope: Scope) -> dict[str, int]:
    """Return how many visitors began in each week of the period, by any use: what cohorts are shares of."""
    return {week: one.newcomers for week, one in people_by_week(database, _only_period(scope)).items()}


@dataclass(frozen=True)
class Stages:
    """How far the visitors who arrived in a period have come until now.

    `reached` counts those who arrived, used, used a second task, rated, corrected and took the survey; `with_before`
    those of them who had reached the stage before too.
    """

    reached: tuple[int, ...]
    with_before: tuple[int, ...]


def stages(database: Database, scope: Scope) -> Stages:
    """Return how far visitors who first came in the period have got since.

    A task or weights narrows which uses, ratings and corrections count; the second task may be any. A segment narrows
    to visitors who say that of themselves now.
    """
    arrived: list[ColumnElement[bool]] = [VisitorRow.is_sample == scope.is_sample]
    if scope.since is not None:
        arrived.append(VisitorRow.created_at >= start_of(scope.since))
    if scope.until is not None:
        arrived.append(VisitorRow.created_at < start_of(scope.until + timedelta(days=1)))
    if scope.segment:
        arrived.append(_segment_now() == scope.segment)
    life = and_(UsageVisitorRow.visitor_id == VisitorRow.visitor_id, UsageVisitorRow.is_sample == VisitorRow.is_sample)
    steps = _steps(scope)
    both = [and_(*pair) for pair in pairwise(steps)]
    counted = select(func.count(), *map(_many, [*steps, *both]))
    counted = counted.select_from(VisitorRow).outerjoin(UsageVisitorRow, life).where(*arrived)
    with database.reading("counting visitors") as session:
        visitors, *found = map(int, session.execute(counted).one())
    reached = (visitors, *found[: len(steps)])
    return Stages(reached, (*reached[:2], *found[len(steps) :]))


def _steps(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Return whether a visitor used, used a second task, rated, corrected (what the scope names) and was surveyed."""
    day, life = UsageVisitorDayRow, UsageVisitorRow
    surveyed = exists().where(SurveyRow.visitor_id == VisitorRow.visitor_id)
    if scope.task is None and not scope.weights_id:
        return life.uses > 0, life.tasks > 1, life.rated > 0, life.corrected > 0, surveyed
    such = Scope(task=scope.task, weights_id=scope.weights_id, is_sample=scope.is_sample)
    theirs = [day.visitor_id == VisitorRow.visitor_id, *_of_visitors(such)]
    used = exists().where(*theirs)
    return (
        used,
        and_(used, life.tasks > 1),
        exists().where(*theirs, day.rated > 0),
        exists().where(*theirs, day.corrected > 0),
        surveyed,
    )


def _segment_now() -> Any:
    both = and_(VisitorRow.role != "", VisitorRow.company_size != "")
    return VisitorRow.role + case((both, ", "), else_="") + VisitorRow.company_size


def _number(value: Any, name: str) -> Any:
    return float(value) if name in ("edit_sum", "edit_squares") else int(value)


def _many(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _is_sliced(scope: Scope) -> bool:
    """Return whether visitors are kept for this scope: it is narrowed in one way at most, beside its period."""
    names = tuple(name for name in ("task", "segment", "weights_id") if getattr(scope, name))
    return names in SLICES


def _slice(scope: Scope) -> dict[str, Any]:
    return {name: getattr(scope, name) for name in ("task", "segment", "weights_id", "is_sample")}


def _only_period(scope: Scope) -> Scope:
    return Scope(scope.since, scope.until, is_sample=scope.is_sample)


def whole_weeks(scope: Scope) -> Scope:
    """Return the scope with its period widened to whole weeks."""
    since = monday_of(scope.since) if scope.since else None
    until = monday_of(scope.until) + timedelta(days=6) if scope.until else None
    return Scope(since, until, scope.task, scope.segment, scope.weights_id, scope.is_sample)


def _between(column: Any, scope: Scope, of_day: Any = None) -> list[ColumnElement[bool]]:
    """Return that a column of ISO dates lies in the period; `of_day` moves its edges."""
    edges = [one if one is None or of_day is None else of_day(one) for one in (scope.since, scope.until)]
    found = []
    if edges[0] is not None:
        found.append(column >= edges[0].isoformat())
    if edges[1] is not None:
        found.append(column <= edges[1].isoformat())
    return found


def _within(row: Any, scope: Scope) -> list[ColumnElement[bool]]:
    found = [row.is_sample == scope.is_sample, *_between(row.day, scope)]
    if scope.task is not None:
        found.append(row.task == scope.task)
    if scope.weights_id:
        found.append(row.weights_id == scope.weights_id)
    return found


def _of_visitors(scope: Scope) -> list[ColumnElement[bool]]:
    row = UsageVisitorDayRow
    return _within(row, scope) + ([row.segment == scope.segment] if scope.segment else [])


def _within_weeks(row: Any, scope: Scope) -> list[ColumnElement[bool]]:
    return [
        row.is_sample == scope.is_sample,
        row.task == (scope.task or EVERY),
        row.segment == (scope.segment or EVERY),
        row.weights_id == (scope.weights_id or EVERY),
        *_between(row.week, scope, monday_of),
    ]
