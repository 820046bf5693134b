"""Which answers used what is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.db import Database, insert_into
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.types import Interaction


@dataclass(frozen=True)
class Use:
    """That an answer used an entry of the memory; `how` and `similarity` as in `core.types.MemoryUse`."""

    memory_id: str
    interaction_id: str
    how: str
    similarity: float
    at: datetime


def note_uses(session: Session, interactions: Iterable[Interaction]) -> None:
    """Write down which entries these answers used, of those that still are there."""
    wanted = [(one, use) for one in interactions for use in one.origin.memory]
    if not wanted:
        return
    # Held until the transaction ends: an entry that went meanwhile would make the database refuse the answer's record.
    ids = select(MemoryRow.memory_id).where(MemoryRow.memory_id.in_({use.memory_id for _, use in wanted}))
    there = set(session.scalars(ids.with_for_update(read=True, key_share=True)))
    rows = [
        {
            "memory_id": use.memory_id,
            "interaction_id": one.interaction_id,
            "how": use.how,
            "similarity": use.similarity,
            "at": one.started_at,
        }
        for one, use in wanted
        if use.memory_id in there
    ]
    if rows:
        session.execute(insert_into(session, MemoryUseRow).on_conflict_do_nothing(), rows)


def uses_of(database: Database, memory_id: str, limit: int = 100) -> tuple[Use, ...]:
    """Return the answers that used an entry, newest first."""
    found = (
        select(MemoryUseRow).where(MemoryUseRow.memory_id == memory_id).order_by(MemoryUseRow.at.desc()).limit(limit)
    )
    with database.reading("reading what an entry did") as session:
        return tuple(
            Use(row.memory_id, row.interaction_id, row.how, row.similarity, row.at) for row in session.scalars(found)
        )
