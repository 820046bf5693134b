"""Frozen datasets: written once, numbered within their task, and read without what may no longer be used.

A dataset never changes. But a visitor may take a correction back, stop allowing training, or be forgotten: such rows
are left out of whatever reads the dataset from then on, and its hash tells what it was. All raise StoreError.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.errors import NotYours
from core.loop import Row, RowKind, Split
from core.store.dataset_sources import CORRECTION, still_allowed
from core.store.db import Database
from core.store.erasure import TAKEN_BACK, flag_learned
from core.store.loop_tables import DatasetItemRow, DatasetRow, EvaluationItemRow, EvaluationRow, SplitRow
from core.types import Task, Turn

# What a dataset has for its hash while it is being written: nobody sees it yet.
UNFINISHED = ""
_IDS_AT_ONCE = 500


@dataclass(frozen=True)
class Dataset:
    """A frozen dataset; `card` tells what is in it and what was left out, `counts` its rows by split as frozen.

    `erased` counts rows that are gone because a visitor was forgotten or took a correction back.
    """

    dataset_id: str
    task: Task
    number: int
    sha256: str
    card: dict[str, Any]
    is_sample: bool
    erased: int
    created_by: str
    created_at: datetime
    counts: Mapping[Split, int]

    @property
    def total(self) -> int:
        """How many rows it was frozen with."""
        return sum(self.counts.values())


def datasets(database: Database, task: Task | None = None, is_sample: bool | None = False) -> tuple[Dataset, ...]:
    """Return datasets, newest first: of one task or all, real ones, sample ones, or both where `is_sample` is None."""
    found = select(DatasetRow).order_by(DatasetRow.created_at.desc(), DatasetRow.number.desc())
    found = found.where(DatasetRow.sha256 != UNFINISHED)
    if task is not None:
        found = found.where(DatasetRow.task == task.value)
    if is_sample is not None:
        found = found.where(DatasetRow.is_sample.is_(is_sample))
    with database.reading("reading the datasets") as session:
        return tuple(dataset_of(row) for row in session.scalars(found))


def dataset(database: Database, dataset_id: str) -> Dataset:
    """Return one dataset, or raise NotYours."""
    with database.reading("reading a dataset") as session:
        row = session.get(DatasetRow, dataset_id)
        if row is None or row.sha256 == UNFINISHED:
            raise NotYours(what="dataset")
        return dataset_of(row)


def rows(database: Database, dataset_id: str, split: Split | None = None) -> tuple[Row, ...]:
    """Return the rows of a dataset that may still be used, in their order; of one split or all."""
    one = DatasetItemRow
    found = (
        select(one, DatasetRow.task)
        .join(DatasetRow, DatasetRow.dataset_id == one.dataset_id)
        .where(one.dataset_id == dataset_id, may_be_used())
        .order_by(one.position)
    )
    if split is not None:
        found = found.where(one.split == split.value)
    with database.reading("reading a dataset") as session:
        return tuple(_row_of(item, task) for item, task in session.execute(found))


def usable(database: Database, dataset_ids: Sequence[str]) -> dict[str, dict[Split, int]]:
    """Return how many rows of each dataset may still be used, by split."""
    one = DatasetItemRow
    found = (
        select(one.dataset_id, one.split, func.count())
        .where(one.dataset_id.in_(dataset_ids), may_be_used())
        .group_by(one.dataset_id, one.split)
    )
    counted: dict[str, dict[Split, int]] = {dataset_id: {} for dataset_id in dataset_ids}
    with database.reading("counting the rows") as session:
        for dataset_id, split, count in session.execute(found):
            counted[dataset_id][Split(split)] = count
    return counted


def vectors(database: Database, dataset_id: str) -> dict[str, NDArray[np.float32]]:
    """Return the vector of each row of a dataset that has one, by the row's id.

    For sentiment it is the pooled hidden state that the head reads, of shape (640,).
    """
    one = DatasetItemRow
    found = (
        select(one.row_id, SplitRow.vector)
        .join(SplitRow, (SplitRow.source_kind == one.source_kind) & (_place_of(one) == SplitRow.source_id))
        .where(one.dataset_id == dataset_id, SplitRow.vector.is_not(None))
    )
    with database.reading("reading the vectors") as session:
        return {
            row_id: np.frombuffer(vector or b"", dtype=np.float16).astype(np.float32)
            for row_id, vector in session.execute(found)
        }


def take_out(session: Session, correction_id: str) -> int:
    """Delete what a correction gave to datasets, because its visitor took it back, and return how many rows that is.

    Its texts go from the comparisons on those datasets too, and its vectors from the splits. What learned from it is
    flagged.
    """
    one, item, split = DatasetItemRow, EvaluationItemRow, SplitRow
    flag_learned(session, TAKEN_BACK, one.correction_id == correction_id)
    lost = select(one.dataset_id, func.count()).where(one.correction_id == correction_id).group_by(one.dataset_id)
    counted: dict[str, int] = dict(session.execute(lost.order_by(one.dataset_id)).all())
    for dataset_id, number in counted.items():
        of_it = DatasetRow.dataset_id == dataset_id
        session.execute(update(DatasetRow).where(of_it).values(erased=DatasetRow.erased + number))
    judged = select(EvaluationRow.evaluation_id).where(EvaluationRow.dataset_id.in_(counted))
    row_id = f"{CORRECTION}-{correction_id}"
    is_its = or_(item.row_id == row_id, item.row_id.startswith(f"{row_id}/", autoescape=True))
    session.execute(delete(item).where(item.evaluation_id.in_(judged), is_its))
    is_its = or_(split.source_id == correction_id, split.source_id.startswith(f"{correction_id}/", autoescape=True))
    session.execute(delete(split).where(split.source_kind == CORRECTION, is_its))
    session.execute(delete(one).where(one.correction_id == correction_id))
    return sum(counted.values())


def place_id(row: Row) -> str:
    """Return the id under which the place of a row is kept: its source's, with its part's number if it has one."""
    return row.row_id.removeprefix(f"{row.source_kind}-")


def _place_of(one: type[DatasetItemRow]) -> Any:
    return func.substr(one.row_id, func.length(one.source_kind) + 2)


def may_be_used() -> ColumnElement[bool]:
    """Return the condition that a row of `dataset_items` may still be used."""
    one = DatasetItemRow
    return still_allowed(one.source_kind, one.source_id, one.correction_id, one.visitor_id)


def hold(session: Session, dataset_id: str) -> None:
    """Let nobody take rows of a dataset back until the transaction ends."""
    mine = select(DatasetRow.dataset_id).where(DatasetRow.dataset_id == dataset_id)
    session.execute(mine.with_for_update(key_share=True))


def are_usable(session: Session, dataset_id: str, row_ids: Collection[str]) -> bool:
    """Return whether all of these rows of a dataset are there and may still be used."""
    one, wanted = DatasetItemRow, sorted(set(row_ids))
    found = select(func.count()).select_from(one).where(one.dataset_id == dataset_id, may_be_used())
    parts = (wanted[start : start + _IDS_AT_ONCE] for start in range(0, len(wanted), _IDS_AT_ONCE))
    return sum(session.scalar(found.where(one.row_id.in_(part))) or 0 for part in parts) == len(wanted)


def content_of(row: Row) -> dict[str, Any]:
    """Return what a row teaches, as plain data: all but whom it came from and where it stands."""
    return {
        "messages": [{"role": turn.role, "content": turn.content} for turn in row.messages],
        "rejected": row.rejected,
        "language": row.language,
        "source": row.source,
        "target": row.target,
        "segment": row.segment,
        "context": row.context,
        "cluster": row.cluster,
        "weight": row.weight,
    }


def _row_of(item: DatasetItemRow, task: str) -> Row:
    content = dict(item.content)
    messages = tuple(Turn(turn["role"], turn["content"]) for turn in content.pop("messages"))
    return Row(
        row_id=item.row_id,
        task=Task(task),
        kind=RowKind(item.kind),
        split=Split(item.split),
        messages=messages,
        source_kind=item.source_kind,
        source_id=item.source_id,
        correction_id=item.correction_id or "",
        visitor_id=item.visitor_id or "",
        **content,
    )


def dataset_of(row: DatasetRow) -> Dataset:
    """Return the dataset of a row."""
    frozen = row.card.get("splits", {})
    return Dataset(
        dataset_id=row.dataset_id,
        task=Task(row.task),
        number=row.number,
        sha256=row.sha256,
        card=row.card,
        is_sample=row.is_sample,
        erased=row.erased,
        created_by=row.created_by,
        created_at=row.created_at,
        counts={split: int(frozen.get(split.value, 0)) for split in Split},
    )
