"""What a founder reads of all uses: counted in SQL, by scope; sample rows and real ones never together.

All raise StoreError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select

from core.rates import ENOUGH
from core.store.db import Database
from core.store.tables import InteractionRow
from core.store.usage_tables import EVERY, UsageDayRow
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
    some = select(InteractionRow.interaction_id).where(~InteractionRow.is_sample).limit(ENOUGH).subquery()
    sample = select(InteractionRow.interaction_id).where(InteractionRow.is_sample).limit(1)
    with database.reading("reading the uses") as session:
        return Stock(
            real_uses=session.scalar(select(func.count()).select_from(some)) or 0,
            has_sample=session.scalar(sample) is not None,
        )


def choices(database: Database, is_sample: bool) -> Choices:
    """Return the segments and weights that uses bear, and the day of the newest one."""
    day = UsageDayRow
    mine = day.is_sample == is_sample
    with database.reading("reading the uses") as session:
        segments = select(day.segment).where(mine, day.segment.not_in(("", EVERY))).distinct().order_by(day.segment)
        weights = (
            select(day.weights_id)
            .where(mine, day.segment == EVERY, day.weights_id != "")
            .distinct()
            .order_by(day.weights_id)
        )
        last_on = session.scalar(select(func.max(day.day)).where(mine, day.segment == EVERY))
        return Choices(
            segments=tuple(session.scalars(segments)),
            weights_ids=tuple(session.scalars(weights)),
            last_on=date.fromisoformat(last_on) if last_on else None,
        )


def conditions(scope: Scope) -> list[ColumnElement[bool]]:
    """Return what an interaction must meet to be in a scope."""
    found = [InteractionRow.is_sample == scope.is_sample]
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
