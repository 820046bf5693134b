"""A correction's life in the database: saved, replaced, withdrawn, and every step on its receipt.

Each function works inside the transaction of the deed, and what is remembered of the correction follows in the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.edits import edit_share
from core.errors import NotYours
from core.refusals import not_yours
from core.store import datasets, memory
from core.store.db import insert_into
from core.store.memory_asked import asked_of
from core.store.office_tables import ReviewRow
from core.store.tables import (
    CorrectionRow,
    CorrectionStepRow,
    InteractionRow,
    VisitorRow,
)
from core.store.values import correction_of
from core.types import Correction, Task


def save(
    session: Session,
    interaction: InteractionRow,
    text: str,
    key: str,
    seen: tuple[str, str],
    request: Mapping[str, Any] | None = None,
) -> Correction:
    """Save that `text` is what its visitor's interaction should have put out; the same `key` gives the standing one.

    `seen` are the input and the output that the visitor saw, for an interaction that was not logged; `request` is what
    the answer depends on. Raises NotYours.
    """
    visitor_id, interaction_id = interaction.visitor_id, interaction.interaction_id
    mine = (CorrectionRow.visitor_id == visitor_id, CorrectionRow.interaction_id == interaction_id)
    may_train = select(VisitorRow.consent_train).where(VisitorRow.visitor_id == visitor_id)
    output = interaction.output_text or seen[1]
    values = {
        "correction_id": uuid.uuid4().hex,
        "interaction_id": interaction_id,
        "visitor_id": visitor_id,
        "task": interaction.task,
        "input_text": interaction.input_text or seen[0],
        "output_text": output,
        "corrected_text": text,
        "edit_share": edit_share(output, text) if output else None,
        "status": "saved",
        "key": key,
        "consent_train": bool(session.scalar(may_train)),
    }
    # A text that was replaced or taken back, and is now saved once more, is a new correction.
    gone = (*mine, CorrectionRow.key == key, CorrectionRow.status.in_(("replaced", "withdrawn")))
    session.execute(update(CorrectionRow).where(*gone).values(key=CorrectionRow.correction_id))
    is_new = session.scalar(
        insert_into(session, CorrectionRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["visitor_id", "key"])
        .returning(CorrectionRow.correction_id)
    )
    if is_new:
        _step(session, is_new, "saved")
        older = (*mine, CorrectionRow.status == "saved", CorrectionRow.correction_id != is_new)
        for correction_id in session.scalars(select(CorrectionRow.correction_id).where(*older)).all():
            _step(session, correction_id, "replaced")
            memory.settle(session, correction_id, "replaced")
    row = session.scalars(select(CorrectionRow).where(*mine, CorrectionRow.key == key)).one_or_none()
    if row is None:
        raise not_yours("correction")
    if is_new:
        asked = asked_of(Task(row.task), row.input_text, interaction, request)
        memory.remember(session, row, asked, interaction.is_sample)
    return correction_of(row)


def withdraw(session: Session, correction_id: str, visitor_id: str) -> None:
    """Take a visitor's correction back: its texts are deleted, what learned from it is flagged. Raises NotYours."""
    found = select(CorrectionRow).where(
        CorrectionRow.correction_id == correction_id, CorrectionRow.visitor_id == visitor_id
    )
    row = session.scalars(found.with_for_update()).one_or_none()
    if row is None:
        raise not_yours("correction")
    if row.status != "withdrawn":
        row.input_text = row.output_text = row.corrected_text = row.approved_text = ""
        session.execute(
            update(ReviewRow).where(ReviewRow.correction_id == correction_id).values(edited_text="", words="")
        )
        _step(session, correction_id, "withdrawn")
        memory.settle(session, correction_id, "withdrawn")
        datasets.take_out(session, correction_id)


def advance(session: Session, correction_id: str, step: str, detail: str = "") -> None:
    """Add a step to a receipt; used and better leave the status as it is. Raises NotYours."""
    if session.get(CorrectionRow, correction_id) is None:
        raise NotYours(what="correction")
    _step(session, correction_id, step, detail)
    if step not in ("used", "better"):
        memory.settle(session, correction_id, step)


def _step(session: Session, correction_id: str, step: str, detail: str = "") -> None:
    session.add(CorrectionStepRow(correction_id=correction_id, step=step, detail=detail))
    if step not in ("used", "better"):
        session.execute(update(CorrectionRow).where(CorrectionRow.correction_id == correction_id).values(status=step))
