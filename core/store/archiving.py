"""The figures of old uses, to be written elsewhere and brought back: no texts, and nobody's id.

Ids of uses and visitors are replaced by digests under a key that is made for each file and kept nowhere: within a file
one can tell whose uses belong together, and nobody can tell who that was. So there is nothing in an archive that an
erasure would have to reach. What something stands on (`core.store.retention`) is not archived; it stays in the tables.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, not_, select

from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.removals import ARCHIVE, removed_until
from core.store.retention import is_held
from core.store.tables import HandOffRow, InteractionRow, RatingRow, VisitorRow
from core.store.usage import start_of
from core.store.usage_tables import RemovalRow

AT_ONCE = 2_000
_PLAIN = (
    *("task", "started_at", "language", "ending", "path", "weights_id", "weights_sha256", "adapter_id"),
    *("prompt_version", "first_seconds", "total_seconds", "is_abstained", "segment", "knowledge_id"),
    "knowledge_revision",
)
COLUMNS = ("use", "visitor", *_PLAIN, "score", "is_handed_off")
_NOTHING: dict[str, Any] = {
    **{"input_text": "", "request": {}, "output_text": "", "output": {}, "messages": [], "error": "", "settings": {}},
    **{"memory_id": "", "consent_log": False, "consent_train": False},
}


def months(database: Database, before: date) -> tuple[date, ...]:
    """Return the first days of the whole months before a day that hold real uses, oldest first; raises StoreError."""
    edge = before.replace(day=1)
    oldest = select(func.min(InteractionRow.started_at)).where(~InteractionRow.is_sample)
    with database.reading("looking for old uses") as session:
        first = session.scalar(oldest)
    if first is None:
        return ()
    found, month = [], first.date().replace(day=1)
    while month < edge:
        found.append(month)
        month = next_month(month)
    return tuple(found)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def figures(database: Database, month: date) -> Iterator[list[dict[str, Any]]]:
    """Give the figures of a month's uses, oldest first, some at a time, in rows of `COLUMNS`; raises StoreError."""
    key = secrets.token_bytes(32)
    one = InteractionRow
    end = start_of(next_month(month))
    found = (
        select(one.interaction_id, one.visitor_id, *(getattr(one, name) for name in _PLAIN), RatingRow.score)
        .add_columns(HandOffRow.hand_off_id.is_not(None).label("is_handed_off"))
        .outerjoin(RatingRow, RatingRow.interaction_id == one.interaction_id)
        .outerjoin(HandOffRow, HandOffRow.interaction_id == one.interaction_id)
        .where(one.started_at >= start_of(month), one.started_at < end, ~one.is_sample, not_(is_held()))
        .order_by(one.started_at, one.interaction_id)
    )
    with database.reading("reading old uses") as session:
        for rows in session.execute(found.execution_options(yield_per=AT_ONCE)).partitions():
            yield [
                row._asdict() | {"use": _digest(key, row.interaction_id), "visitor": _digest(key, row.visitor_id)}
                for row in rows
            ]


def note(database: Database, until: date, uses: int, file: str, sha256: str) -> None:
    """Write down that uses until a day were written to a file; raises StoreError."""
    row = RemovalRow(kind=ARCHIVE, until_day=until.isoformat(), uses=uses, file=file, sha256=sha256, at=now())
    with database.writing("noting the archive") as session:
        session.add(row)


def put_back(database: Database, rows: Sequence[dict[str, Any]]) -> int:
    """Write archived figures as uses of visitors called by their digests; return how many were not there. StoreError.

    Days whose uses were removed here keep their sums; in a database that never knew them, they are counted.
    """
    visitors = sorted({f"archived-{row['visitor']}" for row in rows})
    ids = [f"archived-{row['use']}" for row in rows]
    with database.writing("bringing old uses back") as session:
        new = insert_into(session, VisitorRow).on_conflict_do_nothing()
        session.execute(new, [{"visitor_id": visitor} for visitor in visitors])
        found = select(InteractionRow.interaction_id).where(InteractionRow.interaction_id.in_(ids))
        there = set(session.scalars(found))
        fresh = [row for row in rows if f"archived-{row['use']}" not in there]
        if fresh:
            session.execute(insert(InteractionRow), [_use_of(row) for row in fresh])
        rated = [_rating_of(row) for row in fresh if row["score"] is not None]
        if rated:
            session.execute(insert(RatingRow), rated)
        handed = [_hand_off_of(row) for row in fresh if row["is_handed_off"]]
        if handed:
            session.execute(insert(HandOffRow), handed)
    return len(fresh)


def is_removed(database: Database, day: date) -> bool:
    """Return whether the uses of a day went, or there are none of it: only then can an archive of it come back."""
    begin, end = start_of(day.replace(day=1)), start_of(next_month(day.replace(day=1)))
    there = select(InteractionRow.interaction_id).where(
        InteractionRow.started_at >= begin,
        InteractionRow.started_at < end,
        ~InteractionRow.is_sample,
        InteractionRow.visitor_id.not_like("archived-%"),
        not_(is_held()),
    )
    last = next_month(day.replace(day=1)).toordinal() - 1
    with database.reading("looking for old uses") as session:
        if removed_until(session) >= date.fromordinal(last).isoformat():
            return True
        return session.scalar(there.limit(1)) is None


def _digest(key: bytes, value: str) -> str:
    return hmac.digest(key, value.encode(), "sha256").hex()[:32]


def _ids(row: dict[str, Any]) -> dict[str, Any]:
    return {"interaction_id": f"archived-{row['use']}", "visitor_id": f"archived-{row['visitor']}"}


def _use_of(row: dict[str, Any]) -> dict[str, Any]:
    return _ids(row) | {name: row[name] for name in _PLAIN} | _NOTHING


def _rating_of(row: dict[str, Any]) -> dict[str, Any]:
    at: datetime = row["started_at"]
    of = {"score": row["score"], "reasons": [], "comment": "", "key": "", "created_at": at, "changed_at": at}
    return _ids(row) | of


def _hand_off_of(row: dict[str, Any]) -> dict[str, Any]:
    of = {"hand_off_id": f"archived-{row['use']}", "reason": "", "status": "closed", "created_at": row["started_at"]}
    return _ids(row) | of
