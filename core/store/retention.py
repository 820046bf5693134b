"""What goes because of its age: texts first, whole uses later, in small batches, while everybody works on.

What a use came to stays: the counted days, and how often a correction helped. Days whose uses went are never counted
anew; their sums are counts and lead to nobody. Left as they are, however old, are uses that something stands on:

- a correction that was neither replaced nor withdrawn (its receipt, the memory and datasets hang on it);
- a row of a dataset that was made of its rating;
- a member's verdict, a gap that was taken up, a visitor who still waits for a person.

Sample data has no age. Visitors stay with their choices, which prove what was allowed, until they ask to be forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, not_, or_, select, true, union, update
from sqlalchemy.orm import Session

from core.progress import Progress
from core.store import removals
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.loop_tables import DatasetItemRow, MemoryRow, MemoryUseRow
from core.store.office_tables import AuditRow, GapQuestionRow, ReviewItemRow, ReviewRow
from core.store.tables import CorrectionRow, HandOffRow, InteractionRow, RatingRow
from core.store.usage import start_of
from core.store.usage_facts import GONE
from core.store.usage_tables import PastUsesRow, RemovalRow, UsageMarkRow

BATCH = 500
UNFINISHED = -1
# Uses that waited in a spool come late, with the time of their answer: so far back it is looked for them again.
LATE = timedelta(days=30)
# A use begins a visit unless there was one within half an hour before: so the end of the last day stays until the next.
_REACH = timedelta(hours=1)
_NOTHING: dict[str, Any] = {"input_text": "", "request": {}, "output_text": "", "output": {}, "messages": []}


@dataclass(frozen=True)
class Gone:
    """How many uses went, or would go (`held` would not); `is_over` tells that nothing more is old enough."""

    uses: int = 0
    held: int = 0
    is_over: bool = True


def blank_texts(database: Database, until: date, seconds: float = 60.0, progress: Progress | None = None) -> Gone:
    """Empty the texts of uses up to a day, and what was typed with their ratings; raises StoreError, Stopped."""
    _begin(database, removals.TEXTS, until)
    return _work(database, removals.TEXTS, start_of(until + timedelta(days=1)), _blank, seconds, progress)


def remove_uses(database: Database, until: date, seconds: float = 60.0, progress: Progress | None = None) -> Gone:
    """Remove uses up to a day once they are counted; raises StoreError, Stopped."""
    if not _begin(database, removals.USES, until):
        return Gone(is_over=False)
    end = start_of(until + timedelta(days=1)) - _REACH
    return _work(database, removals.USES, end, _remove, seconds, progress)


def would_go(database: Database, kind: str, until: date) -> Gone:
    """Return what would go, and change nothing; `kind` is texts or uses."""
    end = start_of(until + timedelta(days=1)) - (_REACH if kind == removals.USES else timedelta())
    old = (InteractionRow.started_at < end, ~InteractionRow.is_sample, _has_left(kind))
    counted = select(func.count()).select_from(InteractionRow)
    with database.reading("counting what is old") as session:
        every = session.scalar(counted.where(*old)) or 0
        free = session.scalar(counted.where(*old, not_(is_held()))) or 0
    return Gone(free, every - free)


def is_held() -> ColumnElement[bool]:
    """Whether something stands on a use, so that it stays."""
    use = InteractionRow.interaction_id

    def there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(*conditions).correlate(InteractionRow)

    standing = there(CorrectionRow.interaction_id == use, CorrectionRow.status.not_in(GONE))
    taught = there(DatasetItemRow.source_kind == "rating", DatasetItemRow.source_id == use)
    judged = there(ReviewRow.interaction_id == use)
    in_gap = there(GapQuestionRow.interaction_id == use)
    waits = there(HandOffRow.interaction_id == use, HandOffRow.status == "open")
    return or_(standing, taught, judged, in_gap, waits)


def _begin(database: Database, kind: str, until: date) -> bool:
    """Write down that removal begins, and return False where days are still to be counted before."""
    day = until.isoformat()
    waiting = select(UsageMarkRow.mark_id).where(
        UsageMarkRow.day <= day, ~UsageMarkRow.is_sample, ~UsageMarkRow.is_week
    )
    known = select(RemovalRow.removal_id).where(RemovalRow.kind == kind, RemovalRow.until_day >= day)
    with database.writing("removing what is old") as session:
        if session.scalar(known.limit(1)) is not None:
            return True
        if kind == removals.USES and session.scalar(
            waiting.where(UsageMarkRow.day > removals.removed_until(session)).limit(1)
        ):
            return False
        session.add(RemovalRow(kind=kind, until_day=day, uses=0, held=UNFINISHED))
    return True


def _work(
    database: Database,
    kind: str,
    end: datetime,
    act: Callable[[Session, Sequence[str]], None],
    seconds: float,
    progress: Progress | None,
) -> Gone:
    """Let batch after batch go for as long as `seconds`, then write down how many went."""
    deadline, gone, is_over = time.monotonic() + seconds, 0, False
    for old in _passes(database, kind, end):
        after: Any = None
        while True:
            with database.writing("removing what is old") as session:
                found = _next(session, old, kind, after)
                act(session, [row.interaction_id for row in found])
            gone += len(found)
            if progress is not None:
                progress.check()
                progress.advance(gone, 0, "uses")
            if len(found) < BATCH:
                break
            after = found[-1]
            if time.monotonic() > deadline:
                return _end(database, kind, end, gone, is_over)
    is_over = True
    return _end(database, kind, end, gone, is_over)


def _passes(database: Database, kind: str, end: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return where to look: what has become old since the last time, and older ones that something stood on then."""
    done = select(func.max(RemovalRow.until_day)).where(RemovalRow.kind == kind, RemovalRow.held != UNFINISHED)
    with database.reading("removing what is old") as session:
        last = session.scalar(done)
    one = InteractionRow
    if not last:
        return (one.started_at < end,)
    begin = start_of(date.fromisoformat(last)) - LATE
    return and_(one.started_at >= begin, one.started_at < end), and_(one.started_at < begin, _was_held())


def _was_held() -> ColumnElement[bool]:
    """Whether anything is there that may stand on a use: found from the few such things, not from the many uses."""
    told = (CorrectionRow, ReviewRow, GapQuestionRow, HandOffRow)
    taught = select(DatasetItemRow.source_id).where(DatasetItemRow.source_kind == "rating")
    return InteractionRow.interaction_id.in_(union(*(select(table.interaction_id) for table in told), taught))


def _next(session: Session, old: ColumnElement[bool], kind: str, after: Any) -> Sequence[Any]:
    one = InteractionRow
    found = select(one.interaction_id, one.started_at).where(old, ~one.is_sample, _has_left(kind), not_(is_held()))
    if after is not None:
        found = found.where(
            one.started_at >= after.started_at,
            or_(one.started_at > after.started_at, one.interaction_id > after.interaction_id),
        )
    return session.execute(found.order_by(one.started_at, one.interaction_id).limit(BATCH)).all()


def _has_left(kind: str) -> ColumnElement[bool]:
    """Whether there is still something of a use to go."""
    if kind == removals.USES:
        return true()
    return or_(InteractionRow.input_text != "", InteractionRow.output_text != "")


def _blank(session: Session, ids: Sequence[str]) -> None:
    if not ids:
        return
    session.execute(update(InteractionRow).where(InteractionRow.interaction_id.in_(ids)).values(**_NOTHING))
    session.execute(
        update(RatingRow).where(RatingRow.interaction_id.in_(ids), RatingRow.comment != "").values(comment="")
    )
    session.execute(update(HandOffRow).where(HandOffRow.interaction_id.in_(ids)).values(reason="", contact=""))
    # Only replaced and withdrawn ones are left here.
    empty = {"input_text": "", "output_text": "", "corrected_text": "", "approved_text": ""}
    session.execute(update(CorrectionRow).where(CorrectionRow.interaction_id.in_(ids)).values(**empty))
    # Without its text nobody can judge it.
    session.execute(delete(ReviewItemRow).where(ReviewItemRow.interaction_id.in_(ids)))


def _remove(session: Session, ids: Sequence[str]) -> None:
    if not ids:
        return
    _remember_uses(session, ids)
    session.execute(delete(InteractionRow).where(InteractionRow.interaction_id.in_(ids)))


def _remember_uses(session: Session, ids: Iterable[str]) -> None:
    """Add to the receipts of corrections which answers of those that go had used them."""
    found = (
        select(
            CorrectionRow.correction_id,
            (InteractionRow.visitor_id == CorrectionRow.visitor_id).label("is_own"),
            InteractionRow.interaction_id,
            InteractionRow.started_at,
        )
        .join(MemoryRow, MemoryRow.correction_id == CorrectionRow.correction_id)
        .join(MemoryUseRow, MemoryUseRow.memory_id == MemoryRow.memory_id)
        .join(InteractionRow, InteractionRow.interaction_id == MemoryUseRow.interaction_id)
        .where(MemoryUseRow.interaction_id.in_(ids))
        .distinct()
    )
    for correction_id, is_own, _, at in session.execute(found).all():
        own, others = int(is_own), int(not is_own)
        row = PastUsesRow
        first = {"own_uses": own, "other_uses": others, "first_at": at, "last_at": at}
        made = insert_into(session, row).values(correction_id=correction_id, **first)
        earliest, latest = (func.min, func.max) if _is_sqlite(session) else (func.least, func.greatest)
        more = {
            "own_uses": row.own_uses + own,
            "other_uses": row.other_uses + others,
            "first_at": earliest(row.first_at, made.excluded.first_at),
            "last_at": latest(row.last_at, made.excluded.last_at),
        }
        session.execute(made.on_conflict_do_update(index_elements=["correction_id"], set_=more))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _end(database: Database, kind: str, end: datetime, gone: int, is_over: bool) -> Gone:
    """Write down what went; how much was held is only told where everything was looked at."""
    old = (InteractionRow.started_at < end, ~InteractionRow.is_sample, _has_left(kind))
    newest = (
        select(RemovalRow)
        .where(RemovalRow.kind == kind)
        .order_by(RemovalRow.until_day.desc(), RemovalRow.removal_id.desc())
        .limit(1)
    )
    with database.reading("removing what is old") as session:
        held = session.scalar(select(func.count()).select_from(InteractionRow).where(_was_held(), is_held(), *old)) or 0
    with database.writing("removing what is old") as session:
        row = session.scalars(newest).one()
        row.uses, row.held, row.at = row.uses + gone, held if is_over else UNFINISHED, now()
        if gone:
            detail = {"uses": gone, "held": held}
            action = f"removed {kind} by age"
            session.add(AuditRow(member_id="", name="", action=action, subject=row.until_day, detail=detail))
    return Gone(gone, held, is_over)
