"""What of the memory is to be asked of weights that learned it, and what became of that.

Only shared entries of corrections that stand in the training rows of the artefact's dataset are asked for: what is held
out was kept from the weights, and stays remembered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.loop import Artefact, Split
from core.memory.pairs import TEXT
from core.store import memory
from core.store.columns import now
from core.store.db import Database
from core.store.loop_tables import DatasetItemRow, MemoryRow, ServingRow, SplitRow
from core.store.tables import CorrectionRow
from core.types import Task


@dataclass(frozen=True)
class Entry:
    """An entry of the memory as it can be asked; `target` of a summary is its length and form.

    `said` is what the weights had said when they were corrected, empty for a sentence of a longer text.
    """

    memory_id: str
    input_text: str
    output_text: str
    said: str
    source: str
    target: str
    knowledge_id: str


@dataclass(frozen=True)
class MemoryCount:
    """How many shared entries work, and how many rest because what serves knows them."""

    working: int = 0
    retired: int = 0


def counts(database: Database) -> dict[Task, MemoryCount]:
    """Return how much of the shared memory works and rests, by task; what is one visitor's own is not counted."""
    found = (
        select(MemoryRow.task, MemoryRow.state, func.count())
        .where(MemoryRow.state.in_((memory.SHARED, memory.RETIRED)))
        .group_by(MemoryRow.task, MemoryRow.state)
    )
    with database.reading("counting the memory") as session:
        by_task: dict[str, dict[str, int]] = {}
        for task, state, count in session.execute(found):
            by_task.setdefault(task, {})[state] = count
    return {
        Task(task): MemoryCount(one.get(memory.SHARED, 0), one.get(memory.RETIRED, 0)) for task, one in by_task.items()
    }


def newest_unsettled(database: Database) -> tuple[tuple[int, Task, dict[str, str]], ...]:
    """Return each task's newest switch after which the memory was not looked at: its id, and what serves by segment."""
    with database.reading("looking at what serves") as session:
        newest = select(func.max(ServingRow.serving_id)).group_by(ServingRow.task)
        rows = session.scalars(select(ServingRow).where(ServingRow.serving_id.in_(newest))).all()
        return tuple((row.serving_id, Task(row.task), _served(session, row.task)) for row in rows if not row.memory)


def to_ask(database: Database, artefact: Artefact) -> tuple[Entry, ...]:
    """Return the entries that an artefact may know: shared, and learned from."""
    items = DatasetItemRow
    of_it = items.dataset_id == artefact.dataset_id
    learned = select(items.correction_id).where(of_it, items.split == Split.TRAIN, items.correction_id.is_not(None))
    apart = select(items.correction_id).where(of_it, items.split != Split.TRAIN, items.correction_id.is_not(None))
    held_out = select(SplitRow.source_id).where(
        SplitRow.source_kind == "correction", SplitRow.task == artefact.task, SplitRow.split == Split.HELD_OUT
    )
    found = (
        select(MemoryRow, CorrectionRow.output_text)
        .join(CorrectionRow, CorrectionRow.correction_id == MemoryRow.correction_id)
        .where(
            MemoryRow.task == artefact.task,
            MemoryRow.state == memory.SHARED,
            MemoryRow.correction_id.in_(learned),
            MemoryRow.correction_id.not_in(apart),
            MemoryRow.correction_id.not_in(held_out),
        )
        .order_by(MemoryRow.created_at, MemoryRow.memory_id)
    )
    with database.reading("reading what is remembered") as session:
        return tuple(
            Entry(
                row.memory_id,
                row.input_text,
                row.output_text,
                said if row.unit == TEXT else "",
                row.source,
                row.target,
                row.knowledge_id,
            )
            for row, said in session.execute(found)
        )


def settle(database: Database, serving_id: int, artefact_id: str, known: Collection[str], told: dict[str, Any]) -> int:
    """Retire what is known and write down what came of it with the switch; return how many entries rest now.

    Where something else serves meanwhile, nothing is changed.
    """
    with database.writing("retiring what is known") as session:
        row = session.get(ServingRow, serving_id, with_for_update=True)
        if row is None:
            return 0
        newest = session.scalar(select(func.max(ServingRow.serving_id)).where(ServingRow.task == row.task))
        if newest != serving_id:
            return 0
        before = _working(session, row.task)
        retired = memory.retire(session, known, artefact_id) if known else 0
        session.flush()
        after, at = _working(session, row.task), f"{now():%Y-%m-%dT%H:%M:%SZ}"
        row.memory = {**told, "before": before, "after": after, "retired": retired, "at": at}
        return retired


def _working(session: Session, task: str) -> int:
    mine = select(func.count()).where(MemoryRow.task == task, MemoryRow.state == memory.SHARED)
    return session.scalar(mine) or 0


def _served(session: Session, task: str) -> dict[str, str]:
    newest = select(func.max(ServingRow.serving_id)).where(ServingRow.task == task).group_by(ServingRow.segment)
    rows = session.scalars(select(ServingRow).where(ServingRow.serving_id.in_(newest)))
    return {row.segment: row.artefact_id for row in rows if row.artefact_id}
