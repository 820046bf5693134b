"""Quality by segment and use case, counted in SQL: what uses of one kind by one kind of people came to.

Everything is read from the counted days of `core.store.usage_tables`. Raises StoreError.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, func, literal, or_, select

from core.store.db import Database
from core.store.tables import CorrectionRow, InteractionRow, RatingRow
from core.store.usage import conditions
from core.store.usage_facts import GONE
from core.store.usage_tables import EVERY, UsageDayRow, UsageVisitorDayRow
from core.types import Scope, Task

# As counted days call the segment that has the name of all of them.
_TOLD = f"{EVERY} "


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
    """Return the quality of every segment and use case in a scope, as of the days that are counted."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    with database.reading("counting uses") as session:
        for part in (_uses(scope), _visitors(scope)):
            for row in session.execute(part):
                amounts = row._asdict()
                segment, task = amounts.pop("segment"), amounts.pop("task")
                found[segment, task] |= {name: int(amount) for name, amount in amounts.items()}
    return tuple(
        CellCount(EVERY if segment == _TOLD else segment, Task(task), Quality(**amounts))
        for (segment, task), amounts in sorted(found.items())
        if amounts.get("uses")
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


def _uses(scope: Scope) -> Select[str, str, int, int]:
    """Select uses by cell, all and abstained."""
    day = UsageDayRow
    sums = (func.sum(day.uses).label("uses"), func.sum(day.abstained).label("abstained"))
    found = select(day.segment, day.task, *sums).where(*_on_days(day, scope), day.segment != EVERY)
    return found.group_by(day.segment, day.task)


def _visitors(scope: Scope) -> Select[Any]:
    """Select by cell the visitors, those who came on two days or more, and what they said of their uses."""
    day = UsageVisitorDayRow
    said = ("rated", "down", "corrected", "judged", "troubled")
    one = (
        select(
            day.segment,
            day.task,
            case((func.max(day.day) > func.min(day.day), 1), else_=0).label("is_back"),
            *[func.sum(getattr(day, name)).label(name) for name in said],
        )
        .where(*_on_days(day, scope))
        .group_by(day.segment, day.task, day.visitor_id)
        .subquery()
        .c
    )
    amounts: dict[str, ColumnElement[int]] = {
        "visitors": literal(1),
        "returned": one.is_back,
        "rated": one.rated,
        "down": one.down,
        "corrected": one.corrected,
        "judges": case((one.judged > 0, 1), else_=0),
        "judged": one.judged,
        "troubled": one.troubled,
        "troubled_squares": one.troubled * one.troubled,
        "troubled_by_judged": one.troubled * one.judged,
        "judged_squares": one.judged * one.judged,
    }
    sums = [func.sum(amount).label(name) for name, amount in amounts.items()]
    return select(one.segment, one.task, *sums).group_by(one.segment, one.task)


def _on_days(day: type[UsageDayRow] | type[UsageVisitorDayRow], scope: Scope) -> list[ColumnElement[bool]]:
    """Return what a counted day must meet to be in a scope."""
    found = [day.is_sample == scope.is_sample]
    if scope.since is not None:
        found.append(day.day >= scope.since.isoformat())
    if scope.until is not None:
        found.append(day.day <= scope.until.isoformat())
    if scope.task is not None:
        found.append(day.task == scope.task)
    if scope.segment:
        found.append(day.segment == (_TOLD if scope.segment == EVERY else scope.segment))
    if scope.weights_id:
        found.append(day.weights_id == scope.weights_id)
    return found


def _corrected() -> Subquery:
    standing = select(CorrectionRow.interaction_id).where(CorrectionRow.status.not_in(GONE))
    return standing.distinct().subquery()
