"""What came of uses before and since something else answers, and the rule by which a roll-back goes by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store import audit
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.office_tables import OptionRow
from core.store.tables import InteractionRow, RatingRow
from core.store.usage_facts import is_corrected, is_ending, uses
from core.types import Ending, Member, Task

RULE = "automatic rollback"


@dataclass(frozen=True)
class RollbackRule:
    """When a promotion is taken back by itself; `core.insights.live_quality` has the reason of each number.

    `least` is how many rated (or finished) uses either side must have, `drop` by how much a rate must be worse,
    `chance` how often that may happen although nothing got worse.
    """

    is_on: bool = True
    least: int = 30
    drop: float = 0.02
    chance: float = 0.05


@dataclass(frozen=True)
class Course:
    """What came of finished uses in their order: `bad` of the rated ones, `corrected` of all; 1 is what nobody wants.

    `corrected` counts corrections that stand, neither replaced nor withdrawn.
    """

    bad: tuple[int, ...] = ()
    corrected: tuple[int, ...] = ()


def course(
    database: Database,
    task: Task,
    segment: str,
    start: datetime,
    end: datetime,
    *,
    without: Collection[str] = (),
    newest: int = 0,
    oldest: int = 0,
) -> Course:
    """Return what came of the real uses of a task from `start` to `end` (excluded), oldest first.

    `segment` "" means everybody but the segments `without`, which something else answered. With `newest`, only that
    many uses before `end` count, with `oldest`, that many after `start`.
    """
    found = uses(False, start, end, RatingRow.score, is_corrected()).where(
        InteractionRow.task == task, is_ending(Ending.FINISHED)
    )
    if segment:
        found = found.where(InteractionRow.segment == segment)
    elif without:
        found = found.where(InteractionRow.segment.not_in(sorted(without)))
    order = (InteractionRow.started_at, InteractionRow.interaction_id)
    newest_first = (column.desc() for column in order)
    found = found.order_by(*newest_first).limit(newest) if newest else found.order_by(*order).limit(oldest or None)
    with database.reading("counting what came of the answers") as session:
        rows = [(score, bool(corrected)) for score, corrected in session.execute(found)]
    if newest:
        rows.reverse()
    return Course(
        tuple(int(score == 0) for score, _ in rows if score is not None),
        tuple(int(corrected) for _, corrected in rows),
    )


def rule(database: Database) -> RollbackRule:
    """Return by which rule a promotion is taken back."""
    with database.reading("reading the rule of the rollback") as session:
        return _rule(session)


def set_rule(database: Database, member: Member, new: RollbackRule) -> None:
    """Set the rule; it holds from the next look on."""
    values: dict[str, Any] = {"value": asdict(new), "changed_by": member.name, "changed_at": now()}
    with database.writing("saving the rule of the rollback") as session:
        before = _rule(session)
        insert = insert_into(session, OptionRow).values(name=RULE, **values)
        session.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))
        audit.note(session, member, "changed", RULE, before=asdict(before), after=asdict(new))


def _rule(session: Session) -> RollbackRule:
    value = session.scalar(select(OptionRow.value).where(OptionRow.name == RULE)) or {}
    known = {one.name for one in fields(RollbackRule)}
    return RollbackRule(**{name: given for name, given in value.items() if name in known})
