"""An item with all that there is to see of it, and how far two members agree. All raise StoreError."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from core.errors import NotYours
from core.store.db import Database
from core.store.office_tables import MemberRow, ReviewItemRow, ReviewRow
from core.store.review_queue import Other, Standing, about, others, standing_of
from core.store.tables import (
    CorrectionRow,
    DocumentRow,
    InteractionRow,
    KnowledgeRow,
    PassageRow,
    RatingRow,
    RevisionRow,
    UsedPassageRow,
    VisitorRow,
)
from core.store.values import correction_of, interaction_of, passage_of, rating_of
from core.types import Correction, Interaction, Passage, Rating

APPROVED, REJECTED, SKIPPED, GAP = "approved", "rejected", "skipped", "gap"
FIRST, SECOND, DECISION = "first", "second", "decision"
DISAGREEMENTS = 50
OTHERS = 8


@dataclass(frozen=True)
class Verdict:
    """What a member said of an item; `text` is what they approved, `kind` first, second or decision."""

    review_id: str
    member_id: str
    member: str
    verdict: str
    text: str
    reason: str
    words: str
    kind: str
    at: datetime


@dataclass(frozen=True)
class Whole:
    """All that there is to see of an item; `may_train`: the visitor allowed it with the correction, and still does.

    `others` are what most visitors said otherwise of the same input, of `other_count` such lines.
    """

    standing: Standing
    interaction: Interaction
    correction: Correction | None
    approved_text: str
    may_train: bool
    rating: Rating | None
    verdicts: tuple[Verdict, ...]
    passages: tuple[Passage, ...]
    other_count: int
    others: tuple[Other, ...]


@dataclass(frozen=True)
class Pair:
    """Two members' verdicts on one item, or on all of a line at once."""

    item_id: str
    first: str
    second: str


def whole(database: Database, item_id: str) -> Whole:
    """Return an item with everything about it, or raise NotYours where it is unknown or was taken back."""
    with database.reading("reading the review queue") as session:
        item = session.get(ReviewItemRow, item_id)
        interaction = None if item is None else session.get(InteractionRow, item.interaction_id)
        if item is None or interaction is None or item.state == "gone":
            raise NotYours(what="item")
        correction = session.get(CorrectionRow, item.correction_id) if item.correction_id else None
        rating = session.get(RatingRow, (item.interaction_id, item.visitor_id))
        used = select(UsedPassageRow.passage_id).where(UsedPassageRow.interaction_id == item.interaction_id)
        passage_ids = tuple(session.scalars(used.order_by(UsedPassageRow.position)))
        standing = standing_of(item)
        visitor = session.get(VisitorRow, item.visitor_id)
        allows = visitor is not None and visitor.consent_train
        other_count, other_lines = others(session, item_id, OTHERS)
        return Whole(
            standing=standing,
            interaction=interaction_of(interaction, passage_ids),
            correction=None if correction is None else correction_of(correction),
            approved_text="" if correction is None else correction.approved_text,
            may_train=correction is not None and correction.consent_train and allows,
            rating=None if rating is None else rating_of(rating),
            verdicts=verdicts_of(session, standing),
            passages=_passages(session, interaction, passage_ids),
            other_count=other_count,
            others=other_lines,
        )


def agreement(database: Database, is_sample: bool) -> tuple[dict[tuple[str, str], int], tuple[Pair, ...]]:
    """Return how often each pair of verdicts, first and second, was given, and the pairs that await a decision.

    What was judged at once for several visitors counts once.
    """
    first, second, decision = aliased(ReviewRow), aliased(ReviewRow), aliased(ReviewRow)
    item = ReviewItemRow
    pairs = (
        select(func.min(item.item_id).label("item_id"), first.verdict.label("first"), second.verdict.label("second"))
        .select_from(second)
        .join(first, and_(_same(first, second), first.kind == FIRST, first.verdict != SKIPPED))
        .join(item, _same(item, second))
        .where(
            second.kind == SECOND,
            second.undone_at.is_(None),
            first.undone_at.is_(None),
            item.is_sample == is_sample,
            item.state != "gone",
        )
        .group_by(first.deed_id, second.deed_id, first.verdict, second.verdict)
        .subquery()
    )
    counted = select(pairs.c.first, pairs.c.second, func.count()).group_by(pairs.c.first, pairs.c.second)
    decided = select(decision.review_id).where(
        decision.kind == DECISION, decision.undone_at.is_(None), _same(decision, item)
    )
    open_pairs = (
        select(pairs)
        .join(item, item.item_id == pairs.c.item_id)
        .where(pairs.c.first != pairs.c.second, not_(exists(decided)))
        .order_by(item.points.desc(), item.item_id)
        .limit(DISAGREEMENTS)
    )
    with database.reading("comparing verdicts") as session:
        table = {(one, other): count for one, other, count in session.execute(counted)}
        return table, tuple(Pair(*row) for row in session.execute(open_pairs))


def verdicts_of(session: Session, standing: Standing) -> tuple[Verdict, ...]:
    """Return the verdicts that stand, oldest first."""
    found = (
        select(ReviewRow, MemberRow.name)
        .join(MemberRow, MemberRow.member_id == ReviewRow.member_id)
        .where(about(standing), ReviewRow.undone_at.is_(None))
        .order_by(ReviewRow.at, ReviewRow.review_id)
    )
    return tuple(
        Verdict(
            row.review_id,
            row.member_id,
            name,
            row.verdict,
            row.edited_text,
            row.reason,
            row.words,
            row.kind,
            row.at,
        )
        for row, name in session.execute(found)
    )


def _passages(session: Session, interaction: InteractionRow, passage_ids: Sequence[str]) -> tuple[Passage, ...]:
    """Return the passages as they stood in the revision that answered, or where that is unknown in the live one."""
    number = interaction.knowledge_revision or KnowledgeRow.live_number
    found = (
        select(DocumentRow, PassageRow)
        .join(PassageRow, PassageRow.document_id == DocumentRow.document_id)
        .join(RevisionRow, RevisionRow.revision_id == DocumentRow.revision_id)
        .join(KnowledgeRow, KnowledgeRow.knowledge_id == RevisionRow.knowledge_id)
        .where(
            KnowledgeRow.knowledge_id == interaction.knowledge_id,
            RevisionRow.number == number,
            PassageRow.passage_id.in_(passage_ids),
        )
    )
    by_id = {row.passage_id: passage_of(document, row) for document, row in session.execute(found)}
    return tuple(by_id[passage_id] for passage_id in passage_ids if passage_id in by_id)


def _same(one: Any, other: Any) -> ColumnElement[bool]:
    neither = and_(one.correction_id.is_(None), other.correction_id.is_(None))
    return and_(one.interaction_id == other.interaction_id, or_(one.correction_id == other.correction_id, neither))
