"""Receipts: the steps that many corrections take at once, and which answers used a correction.

A step is written inside the transaction of the deed that it tells of. Of somebody else's answer a receipt tells the day
and the use case, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.refusals import not_yours
from core.store.db import Database
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.tables import CorrectionRow, CorrectionStepRow, InteractionRow
from core.types import Task

USES_SHOWN = 50


@dataclass(frozen=True)
class Used:
    """An answer that used a correction; the texts are empty unless it was given to the correction's own author."""

    day: date
    task: Task
    how: str
    is_own: bool
    input_text: str = ""
    output_text: str = ""


def tell(session: Session, correction_ids: Iterable[str], step: str, detail: str = "") -> int:
    """Add a step to the receipts of those corrections that still are there, and return how many.

    The status of a correction stays as it is. Steps and their details: shared (reviewer, visitors or check), dataset
    (its number), trained (the artefact's name), better and not better (the gate's sentence), live (the artefact's
    name), rolled back (the artefact's name).
    """
    wanted = set(correction_ids)
    found = session.scalars(select(CorrectionRow.correction_id).where(CorrectionRow.correction_id.in_(wanted))).all()
    session.add_all(CorrectionStepRow(correction_id=one, step=step, detail=detail) for one in sorted(found))
    return len(found)


def uses(database: Database, visitor_id: str, correction_id: str, limit: int = USES_SHOWN) -> tuple[Used, ...]:
    """Return the answers that used the visitor's own correction, newest first; raises NotYours, StoreError.

    An answer that used several sentences of it is one.
    """
    mine = select(CorrectionRow.correction_id).where(
        CorrectionRow.correction_id == correction_id, CorrectionRow.visitor_id == visitor_id
    )
    one = (
        select(MemoryUseRow.interaction_id, func.min(MemoryUseRow.how).label("how"))
        .join(MemoryRow, MemoryRow.memory_id == MemoryUseRow.memory_id)
        .where(MemoryRow.correction_id == correction_id)
        .group_by(MemoryUseRow.interaction_id)
        .subquery()
    )
    answers = (
        select(InteractionRow, one.c.how)
        .join(one, one.c.interaction_id == InteractionRow.interaction_id)
        .order_by(InteractionRow.started_at.desc(), InteractionRow.interaction_id)
        .limit(limit)
    )
    with database.reading("reading what your correction did") as session:
        if session.scalar(mine) is None:
            raise not_yours("correction")
        return tuple(_used(row, how, row.visitor_id == visitor_id) for row, how in session.execute(answers))


def author(database: Database, correction_id: str) -> str:
    """Return the id of the visitor who wrote a correction, or "" where it is gone; for whoever holds its link."""
    with database.reading("reading your receipt") as session:
        found = select(CorrectionRow.visitor_id).where(CorrectionRow.correction_id == correction_id)
        return session.scalar(found) or ""


def _used(row: InteractionRow, how: str, is_own: bool) -> Used:
    texts = (row.input_text, row.output_text) if is_own else ("", "")
    return Used(row.started_at.date(), Task(row.task), how, is_own, *texts)
