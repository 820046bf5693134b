"""What the memory does to answers: how many used it, and how those were judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select

from core.rates import Rate
from core.store.db import Database
from core.store.loop_tables import MemoryUseRow
from core.store.tables import CorrectionRow, InteractionRow, RatingRow
from core.store.usage_facts import GONE


@dataclass(frozen=True)
class Effect:
    """Answers that used something remembered, to how many visitors, and how people judged them.

    `repeated` is the share of the judged ones that were rated not good or corrected: an error that came again although
    its correction was known.
    """

    answers: int
    visitors: int
    repeated: Rate


def effect(database: Database, since: datetime) -> Effect:
    """Return what the memory did in answers since a moment; raises StoreError."""
    used = select(MemoryUseRow.interaction_id).distinct().subquery()
    corrected = select(CorrectionRow.interaction_id).where(CorrectionRow.status.not_in(GONE)).distinct().subquery()
    is_corrected = corrected.c.interaction_id.is_not(None)
    is_judged = or_(RatingRow.score.is_not(None), is_corrected)
    is_wrong = or_(RatingRow.score == 0, is_corrected)
    rated = and_(
        RatingRow.interaction_id == InteractionRow.interaction_id, RatingRow.visitor_id == InteractionRow.visitor_id
    )
    found = (
        select(
            func.count(),
            func.count(InteractionRow.visitor_id.distinct()),
            func.count(case((is_wrong, 1))),
            func.count(case((is_judged, 1))),
        )
        .select_from(InteractionRow)
        .join(used, used.c.interaction_id == InteractionRow.interaction_id)
        .outerjoin(RatingRow, rated)
        .outerjoin(corrected, corrected.c.interaction_id == InteractionRow.interaction_id)
        .where(InteractionRow.started_at >= since, InteractionRow.is_sample.is_(False))
    )
    with database.reading("reading what the memory did") as session:
        answers, visitors, wrong, judged = session.execute(found).one()
    return Effect(int(answers), int(visitors), Rate(int(wrong), int(judged)))
