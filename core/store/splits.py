"""Which text may teach and which may only examine: decided when it was first in a dataset, and never changed.

All raise StoreError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from core.loop import Split
from core.store.db import Database, insert_into
from core.store.loop_tables import SplitRow
from core.types import Task

ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Placed:
    """A text with its place; `vector` is float16 of the encoder named beside it, or None where it was not encoded.

    `source_id` is that of the source, with the number of its part after a slash where it has parts.
    """

    source_kind: str
    source_id: str
    input_key: str
    cluster: str
    split: Split
    encoder: str = ""
    vector: bytes | None = None
    visitor_id: str = ""


def placed(database: Database, task: Task, is_sample: bool = False, with_vectors: bool = True) -> tuple[Placed, ...]:
    """Return every text of a task that has its place; `with_vectors` False reads a tenth of it."""
    one = SplitRow
    vector = (one.encoder, one.vector) if with_vectors else ()
    found = select(one.source_kind, one.source_id, one.input_key, one.cluster, one.split, *vector).where(
        one.task == task.value, one.is_sample.is_(is_sample)
    )
    with database.reading("reading which texts are held out") as session:
        return tuple(
            Placed(kind, source_id, input_key, cluster, Split(split), *rest)
            for kind, source_id, input_key, cluster, split, *rest in session.execute(found)
        )


def count(session: Session, task: Task, is_sample: bool) -> int:
    """Return how many texts of a task have their place."""
    found = select(func.count()).select_from(SplitRow)
    return session.scalar(found.where(SplitRow.task == task.value, SplitRow.is_sample.is_(is_sample))) or 0


def add(session: Session, task: Task, is_sample: bool, texts: Iterable[Placed]) -> None:
    """Give texts their place for good; one that has its place keeps it, and only gets the newer vector."""
    rows = [
        {
            "source_kind": one.source_kind,
            "source_id": one.source_id,
            "task": task.value,
            "visitor_id": one.visitor_id or None,
            "input_key": one.input_key,
            "cluster": one.cluster,
            "split": one.split.value,
            "encoder": one.encoder,
            "vector": one.vector,
            "is_sample": is_sample,
        }
        for one in texts
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        session.execute(insert_into(session, SplitRow).on_conflict_do_nothing(), rows[start : start + ROWS_AT_ONCE])


def encode(session: Session, texts: Iterable[Placed]) -> None:
    """Keep the vectors of texts that have their place, in place of older ones."""
    table = SplitRow.__table__
    changed = (
        update(SplitRow)
        .where(table.c.source_kind == bindparam("of_kind"), table.c.source_id == bindparam("of_id"))
        .values(encoder=bindparam("new_encoder"), vector=bindparam("new_vector"))
    )
    rows = [
        {"of_kind": one.source_kind, "of_id": one.source_id, "new_encoder": one.encoder, "new_vector": one.vector}
        for one in texts
    ]
    if rows:
        session.connection().execute(changed, rows)
