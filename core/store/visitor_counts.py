"""How many visitors there were in a scope, when they came again, and how far those who arrived have come.

Read from the counted days and weeks. Weeks are whole ISO weeks (Monday to Sunday, UTC), also at the edges of a
period. All raise StoreError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select

from core.store.db import Database
from core.store.moments import WeekOf
from core.store.rollups import SLICES, monday_of
from core.store.scoped import between, whole_weeks, within, within_weeks
from core.store.tables import SurveyRow, VisitorRow
from core.store.usage import start_of
from core.store.usage_tables import UsageCohortRow, UsagePeopleRow, UsageVisitorDayRow, UsageVisitorRow
from core.types import Scope


@dataclass(frozen=True)
class People:
    """Distinct visitors of a period: how many came on two days or more, in two visits or more, and for the first time.

    Within a narrower scope, a visit is one that began with a use in it.
    """

    visitors: int = 0
    on_two_days: int = 0
    in_two_visits: int = 0
    newcomers: int = 0


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
    found = found.where(*within_weeks(row, scope)) if _is_sliced(scope) else _people_by_week(scope)
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
        found = found.where(*within_weeks(row, Scope(**_slice(scope))), *between(row.cohort, scope, monday_of))
    else:
        day = UsageVisitorDayRow
        both = (WeekOf(UsageVisitorRow.first_day), WeekOf(day.day))
        mine = and_(UsageVisitorRow.visitor_id == day.visitor_id, UsageVisitorRow.is_sample == day.is_sample)
        found = (
            select(*both, func.count(day.visitor_id.distinct()))
            .join(UsageVisitorRow, mine)
            .where(*_of_visitors(Scope(**_slice(scope))), *between(both[0], scope, monday_of))
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


def _of_visitors(scope: Scope) -> list[ColumnElement[bool]]:
    row = UsageVisitorDayRow
    return within(row, scope) + ([row.segment == scope.segment] if scope.segment else [])
