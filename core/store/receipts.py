"""Steps on the receipts of many corrections at once, inside the transaction of the deed that they tell of."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.tables import CorrectionRow, CorrectionStepRow


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
