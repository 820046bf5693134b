"""What was said and is not in the review queue yet: corrections and ratings without an item of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, not_, select

from core.store.db import Database
from core.store.office_tables import ReviewItemRow, ReviewRow
from core.store.tables import CorrectionRow, CorrectionStepRow, InteractionRow, RatingRow
from core.types import Task

LIVE = ("saved", "approved", "rejected", "trained")


@dataclass(frozen=True)
class Unseen:
    """A correction or a rating that the queue has not met; `corrected_text` is empty where it is a rating."""

    item_id: str
    interaction_id: str
    correction_id: str | None
    visitor_id: str
    task: Task
    input_text: str
    output_text: str
    corrected_text: str
    target: str
    is_sample: bool
    created_at: datetime


def said() -> tuple[ColumnElement[Any], ...]:
    """Return what differs whenever a correction, a rating or a verdict came, changed or went, as columns."""
    return (
        select(func.count()).select_from(CorrectionRow).scalar_subquery(),
        select(func.max(CorrectionStepRow.step_id)).scalar_subquery(),
        select(func.count()).select_from(RatingRow).scalar_subquery(),
        select(func.max(RatingRow.changed_at)).scalar_subquery(),
        select(func.count()).select_from(ReviewRow).scalar_subquery(),
        select(func.count(ReviewRow.undone_at)).scalar_subquery(),
    )


def stamp(database: Database) -> tuple[Any, ...]:
    """Return what differs whenever something was said, or an item became known."""
    one = select(
        *said(),
        select(func.count()).select_from(ReviewItemRow).scalar_subquery(),
    )
    with database.reading("reading the review queue") as session:
        return tuple(session.execute(one).one())


def unseen(database: Database, limit: int = 500) -> Iterator[tuple[Unseen, ...]]:
    """Give corrections, then ratings, that have no item yet, `limit` at a time and each row looked at once.

    They come in the order of their keys: whatever comes meanwhile may lie before, so it is for the next walk to find.
    """
    kinds = ((_corrections, "correction_id", _unseen_correction), (_ratings, "interaction_id", _unseen_rating))
    for select_after, key, told in kinds:
        after = ""
        while True:
            with database.reading("reading the review queue") as session:
                found = session.execute(select_after(after).limit(limit)).all()
            if found:
                yield tuple(told(*row) for row in found)
            if len(found) < limit:
                break
            # The last that the database gave: which of two texts is the greater is for its collation to say.
            after = getattr(found[-1][0], key)


def _corrections(after: str) -> Any:
    """Select corrections of greater keys that have no item."""
    known = select(ReviewItemRow.item_id).where(ReviewItemRow.correction_id == CorrectionRow.correction_id)
    return (
        select(CorrectionRow, InteractionRow.request, InteractionRow.is_sample)
        .join(InteractionRow, InteractionRow.interaction_id == CorrectionRow.interaction_id)
        .where(CorrectionRow.correction_id > after, CorrectionRow.status.in_(LIVE), not_(exists(known)))
        .order_by(CorrectionRow.correction_id)
    )


def _ratings(after: str) -> Any:
    """Select ratings of greater keys, of uses whose texts may be read, that have no item."""
    known = select(ReviewItemRow.item_id).where(
        ReviewItemRow.interaction_id == RatingRow.interaction_id, ReviewItemRow.correction_id.is_(None)
    )
    return (
        select(RatingRow, InteractionRow)
        .join(InteractionRow, InteractionRow.interaction_id == RatingRow.interaction_id)
        .where(RatingRow.interaction_id > after)
        .where(InteractionRow.consent_log, InteractionRow.input_text != "", not_(exists(known)))
        .order_by(RatingRow.interaction_id)
    )


def _unseen_correction(row: CorrectionRow, request: dict[str, Any], is_sample: bool) -> Unseen:
    return Unseen(
        item_id=row.correction_id,
        interaction_id=row.interaction_id,
        correction_id=row.correction_id,
        visitor_id=row.visitor_id,
        task=Task(row.task),
        input_text=row.input_text,
        output_text=row.output_text,
        corrected_text=row.corrected_text,
        target=str(request.get("target", "")),
        is_sample=is_sample,
        created_at=row.created_at,
    )


def _unseen_rating(rating: RatingRow, row: InteractionRow) -> Unseen:
    return Unseen(
        item_id=f"r-{row.interaction_id}",
        interaction_id=row.interaction_id,
        correction_id=None,
        visitor_id=rating.visitor_id,
        task=Task(row.task),
        input_text=row.input_text,
        output_text=row.output_text,
        corrected_text="",
        target=str(row.request.get("target", "")),
        is_sample=row.is_sample,
        created_at=rating.created_at,
    )
