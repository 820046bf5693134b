"""What a founder reads of all uses: counted in SQL, by scope; sample rows and real ones never together.

All raise StoreError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from core.rates import ENOUGH
from core.store.db import Database
from core.store.tables import InteractionRow
from core.types import Scope


@dataclass(frozen=True)
class Stock:
    """What there is to look at: real uses, counted no further than needed to tell whether they are enough."""

    real_uses: int
    has_sample: bool

    @property
    def is_enough(self) -> bool:
        """Whether there are real uses enough to look at them first."""
        return self.real_uses >= ENOUGH


@dataclass(frozen=True)
class Choices:
    """What a scope can be narrowed to; `last_on` is the day of the newest use, None where there is none."""

    segments: tuple[str, ...] = ()
    weights_ids: tuple[str, ...] = ()
    last_on: date | None = None


def stock(database: Database) -> Stock:
    """Return whether there are real uses enough, and whether there are sample ones."""
    some = select(InteractionRow.interaction_id).where(InteractionRow.is_sample.is_(False)).limit(ENOUGH).subquery()
    sample = select(InteractionRow.interaction_id).where(InteractionRow.is_sample.is_(True)).limit(1)
    with database.reading("reading the uses") as session:
        return Stock(
            real_uses=session.scalar(select(func.count()).select_from(some)) or 0,
            has_sample=session.scalar(sample) is not None,
        )


def choices(database: Database, is_sample: bool) -> Choices:
    """Return the segments and weights that uses bear, and the day of the newest one."""
    mine = InteractionRow.is_sample.is_(is_sample)
    with database.reading("reading the uses") as session:

        def distinct(column: Any) -> tuple[str, ...]:
            return tuple(session.scalars(select(column).where(mine, column != "").distinct().order_by(column)))

        last_at = session.scalar(select(func.max(InteractionRow.started_at)).where(mine))
        return Choices(
            distinct(InteractionRow.segment), distinct(InteractionRow.weights_id), last_at and last_at.date()
        )


def conditions(scope: Scope) -> list[ColumnElement[bool]]:
    """Return what an interaction must meet to be in a scope."""
    found: list[ColumnElement[bool]] = [InteractionRow.is_sample.is_(scope.is_sample)]
    if scope.since is not None:
        found.append(InteractionRow.started_at >= start_of(scope.since))
    if scope.until is not None:
        found.append(InteractionRow.started_at < start_of(scope.until + timedelta(days=1)))
    if scope.task is not None:
        found.append(InteractionRow.task == scope.task)
    if scope.segment:
        found.append(InteractionRow.segment == scope.segment)
    if scope.weights_id:
        found.append(InteractionRow.weights_id == scope.weights_id)
    return found


def start_of(day: date) -> datetime:
    """Return the first moment of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def repeat_use(database: Database, scope: Scope) -> tuple[int, int, int]:
    """Return uses, visitors, and visitors with uses on two days or more (UTC), in a scope."""
    day = func.date(InteractionRow.started_at)
    by_visitor = (
        select(func.count().label("uses"), func.count(day.distinct()).label("days"))
        .where(*conditions(scope))
        .group_by(InteractionRow.visitor_id)
        .subquery()
    )
    counted = select(
        func.coalesce(func.sum(by_visitor.c.uses), 0),
        func.count(),
        func.coalesce(func.sum(case((by_visitor.c.days > 1, 1), else_=0)), 0),
    ).select_from(by_visitor)
    with database.reading("counting uses") as session:
        uses, visitors, returned = session.execute(counted).one()
        return int(uses), int(visitors), int(returned)
