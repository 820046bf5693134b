"""Quality by segment and use case, counted in SQL: what uses of one kind by one kind of people came to.

Raises StoreError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, case, func, literal, or_, select

from core.store.db import Database
from core.store.tables import CorrectionRow, InteractionRow, RatingRow
from core.store.usage import conditions
from core.types import Scope, Task


@dataclass(frozen=True)
class Quality:
    """What came of some uses: counts that add up over cells.

    `returned` counts visitors who came on two days or more (UTC). A use is judged if it was rated or corrected, and
    in trouble if it was rated not good or corrected; one use counts once, a correction that was taken back not at all.
    `judges` counts visitors who judged. The last three are sums over these: of uses in trouble squared, of uses in
    trouble times uses judged, of uses judged squared; they tell how much trouble differs from visitor to visitor.
    """

    uses: int = 0
    visitors: int = 0
    returned: int = 0
    abstained: int = 0
    rated: int = 0
    down: int = 0
    corrected: int = 0
    judges: int = 0
    judged: int = 0
    troubled: int = 0
    troubled_squares: int = 0
    troubled_by_judged: int = 0
    judged_squares: int = 0

    def __add__(self, other: Quality) -> Quality:
        """Return both together."""
        return Quality(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class CellCount:
    """The quality of one use case for one segment, as `Interaction.segment` names it."""

    segment: str
    task: Task
    quality: Quality


def counts(database: Database, scope: Scope) -> tuple[CellCount, ...]:
    """Return the quality of every segment and use case in a scope."""
    one = _by_visitor(scope)
    amounts = (
        one.c.uses,
        one.c.visitors,
        case((one.c.days > 1, 1), else_=0),
        one.c.abstained,
        one.c.rated,
        one.c.down,
        one.c.corrected,
        case((one.c.judged > 0, 1), else_=0),
        one.c.judged,
        one.c.troubled,
        one.c.troubled * one.c.troubled,
        one.c.troubled * one.c.judged,
        one.c.judged * one.c.judged,
    )
    summed = select(one.c.segment, one.c.task, *map(func.sum, amounts)).group_by(one.c.segment, one.c.task)
    with database.reading("counting uses") as session:
        return tuple(
            CellCount(segment, Task(task), Quality(*map(int, numbers)))
            for segment, task, *numbers in session.execute(summed)
        )


def troubled(
    database: Database, scope: Scope, segments: Sequence[str], task: Task, limit: int = 200
) -> tuple[str, ...]:
    """Return the ids of the uses of a cell that were rated not good or corrected, newest first."""
    corrected = _corrected()
    found = (
        select(InteractionRow.interaction_id)
        .outerjoin(RatingRow, RatingRow.interaction_id == InteractionRow.interaction_id)
        .outerjoin(corrected, corrected.c.interaction_id == InteractionRow.interaction_id)
        .where(
            *conditions(scope),
            InteractionRow.segment.in_(segments),
            InteractionRow.task == task,
            or_(RatingRow.score == 0, corrected.c.interaction_id.is_not(None)),
        )
        .order_by(InteractionRow.started_at.desc(), InteractionRow.interaction_id)
        .limit(limit)
    )
    with database.reading("reading the uses") as session:
        return tuple(session.scalars(found))


def _by_visitor(scope: Scope) -> Subquery:
    """Return the counts of each visitor in each cell: one rating a use, and its standing corrections as one."""
    corrected = _corrected()
    is_rated, is_down = RatingRow.score.is_not(None), RatingRow.score == 0
    is_corrected = corrected.c.interaction_id.is_not(None)

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    return (
        select(
            InteractionRow.segment,
            InteractionRow.task,
            func.count().label("uses"),
            literal(1).label("visitors"),
            func.count(func.date(InteractionRow.started_at).distinct()).label("days"),
            number(InteractionRow.is_abstained.is_(True)).label("abstained"),
            number(is_rated).label("rated"),
            number(is_down).label("down"),
            number(is_corrected).label("corrected"),
            number(or_(is_rated, is_corrected)).label("judged"),
            number(or_(is_down, is_corrected)).label("troubled"),
        )
        .outerjoin(RatingRow, RatingRow.interaction_id == InteractionRow.interaction_id)
        .outerjoin(corrected, corrected.c.interaction_id == InteractionRow.interaction_id)
        .where(*conditions(scope))
        .group_by(InteractionRow.segment, InteractionRow.task, InteractionRow.visitor_id)
        .subquery()
    )


def _corrected() -> Subquery:
    standing = select(CorrectionRow.interaction_id).where(CorrectionRow.status != "withdrawn")
    return standing.distinct().subquery()
