"""How a dataset is written down: in many short transactions, so that visitors never wait, and seen only when complete.

Until its last transaction a dataset has no hash and no number, and nobody reads it; one that was left like that by a
process that died is swept away by the next. All raise StoreError.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, exists, func, insert, select, text
from sqlalchemy.orm import Session

from core.errors import ChangedMeanwhile, StoreError
from core.loop import Row
from core.store import audit, receipts, splits
from core.store.columns import now
from core.store.datasets import UNFINISHED, Dataset, content_of, dataset_of, may_be_used
from core.store.db import Database
from core.store.loop_tables import DatasetItemRow, DatasetRow
from core.store.splits import Placed
from core.store.tables import CorrectionStepRow
from core.types import Member, Task

T = TypeVar("T")
Told = Callable[[int, int], None]
ROWS_AT_ONCE = 500
# Nobody takes this long to write rows that are ready.
LEFT_BEHIND = timedelta(hours=1)
STEP = "dataset"
_LOCK = 4865617264
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Draft:
    """A dataset that is about to be frozen; `known` is how many texts had their place when it was worked out.

    `new` are the texts that get their place with it, `encoded` those that have one and get a newer vector.
    """

    task: Task
    is_sample: bool
    rows: tuple[Row, ...]
    sha256: str
    card: Mapping[str, Any]
    new: tuple[Placed, ...]
    encoded: tuple[Placed, ...]
    known: int


def freeze(database: Database, member: Member, draft: Draft, told: Told | None = None) -> Dataset:
    """Write a dataset down with its splits, the steps on the receipts and the audit, or nothing of it but splits.

    One that is the same as the newest of its task is that one again. `told` hears how much is written, and stops it by
    raising. Raises ChangedMeanwhile where another dataset was frozen meanwhile, or a visitor took something back: work
    it out anew.
    """
    with database.writing("freezing the dataset") as session:
        _take_turn(session)
        newest = _newest(session, draft)
        if newest is not None and newest.sha256 == draft.sha256 and not newest.erased:
            return newest
        _check_splits(session, draft, draft.known)
        dataset_id = _begin(session, member, draft)
    try:
        _write(database, draft, dataset_id, told or _tell_nobody)
        with database.writing("freezing the dataset") as session:
            _take_turn(session)
            found = _publish(session, member, draft, dataset_id)
    except BaseException:
        # Stopped, refused or broken: what is there of it goes, and if that fails too, the next one sweeps it away.
        with suppress(StoreError), database.writing("clearing up") as session:
            session.execute(delete(DatasetRow).where(DatasetRow.dataset_id == dataset_id))
        raise
    try:
        _tell(database, dataset_id, found.number)
    except StoreError as error:  # the dataset stands, so nobody may be told that nothing was changed
        _log.warning("receipts could not be told of dataset %d; the next one does: %s", found.number, error)
    return found


def _tell_nobody(_done: int, _total: int) -> None:
    """Nobody waits."""


def _take_turn(session: Session) -> None:
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def _newest(session: Session, draft: Draft) -> Dataset | None:
    found = select(DatasetRow).where(
        DatasetRow.task == draft.task.value,
        DatasetRow.is_sample.is_(draft.is_sample),
        DatasetRow.sha256 != UNFINISHED,
    )
    row = session.scalars(found.order_by(DatasetRow.number.desc()).limit(1)).one_or_none()
    return None if row is None else dataset_of(row)


def _check_splits(session: Session, draft: Draft, known: int) -> None:
    """Raise ChangedMeanwhile unless exactly so many texts have their place: else another dataset decided some."""
    if splits.count(session, draft.task, draft.is_sample) != known:
        raise ChangedMeanwhile(what="What is held out", who="another dataset")


def _begin(session: Session, member: Member, draft: Draft) -> str:
    """Sweep away what was left behind, and begin a dataset that nobody sees; return its id."""
    row = DatasetRow
    session.execute(delete(row).where(row.sha256 == UNFINISHED, row.created_at < now() - LEFT_BEHIND))
    first = session.scalar(select(func.min(row.number)).where(row.task == draft.task.value)) or 0
    begun = DatasetRow(
        dataset_id=uuid.uuid4().hex,
        task=draft.task.value,
        number=min(0, first) - 1,
        sha256=UNFINISHED,
        card=dict(draft.card),
        is_sample=draft.is_sample,
        erased=0,
        created_by=member.name,
        created_at=now(),
    )
    session.add(begun)
    return begun.dataset_id


def _write(database: Database, draft: Draft, dataset_id: str, told: Told) -> None:
    total = len(draft.rows) + len(draft.new) + len(draft.encoded)
    done = 0
    for position, rows in _parts(draft.rows):
        told(done, total)
        values = [_values(dataset_id, position + place, row) for place, row in enumerate(rows)]
        with database.writing("freezing the dataset") as session:
            session.execute(insert(DatasetItemRow), values)
        done += len(rows)
    for position, texts in _parts(draft.new):
        told(done, total)
        with database.writing("freezing the dataset") as session:
            _take_turn(session)
            _check_splits(session, draft, draft.known + position)
            splits.add(session, draft.task, draft.is_sample, texts)
        done += len(texts)
    for _, texts in _parts(draft.encoded):
        told(done, total)
        with database.writing("freezing the dataset") as session:
            splits.encode(session, texts)
        done += len(texts)


def _publish(session: Session, member: Member, draft: Draft, dataset_id: str) -> Dataset:
    row = session.get_one(DatasetRow, dataset_id)
    of_it = DatasetItemRow.dataset_id == dataset_id
    kept = session.scalar(select(func.count()).select_from(DatasetItemRow).where(of_it, may_be_used()))
    if kept != len(draft.rows):
        raise ChangedMeanwhile(what="What visitors allow", who="one of them")
    numbers = select(func.max(DatasetRow.number)).where(DatasetRow.task == draft.task.value)
    row.number, row.sha256, row.created_at = max(0, session.scalar(numbers) or 0) + 1, draft.sha256, now()
    detail = {"task": draft.task.value, "rows": len(draft.rows), "sha256": draft.sha256}
    audit.note(session, member, "froze dataset", dataset_id, number=row.number, **detail)
    return dataset_of(row)


def _tell(database: Database, dataset_id: str, number: int) -> None:
    """Write on the receipts of corrections that were told of no dataset before that they are in this one.

    What this did not come to, as a process died or the disk was full, the next dataset tells.
    """
    one, step = DatasetItemRow, CorrectionStepRow
    is_told = exists().where(step.correction_id == one.correction_id, step.step == STEP)
    new = select(one.correction_id).where(one.dataset_id == dataset_id, one.correction_id.is_not(None), ~is_told)
    with database.reading("writing receipts") as session:
        ids = sorted({str(found) for found in session.scalars(new)})
    for _, part in _parts(ids):
        with database.writing("writing receipts") as session:
            receipts.tell(session, part, STEP, str(number))


def _values(dataset_id: str, position: int, row: Row) -> dict[str, Any]:
    return {
        "dataset_id": dataset_id,
        "row_id": row.row_id,
        "position": position,
        "split": row.split.value,
        "kind": row.kind.value,
        "content": content_of(row),
        "source_kind": row.source_kind,
        "source_id": row.source_id,
        "correction_id": row.correction_id or None,
        "visitor_id": row.visitor_id or None,
    }


def _parts(items: Sequence[T]) -> Iterator[tuple[int, Sequence[T]]]:
    for start in range(0, len(items), ROWS_AT_ONCE):
        yield start, items[start : start + ROWS_AT_ONCE]
