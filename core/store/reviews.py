"""Verdicts: what a member made of a correction or of a thumbs-down, and how far two members agree.

A verdict, the step on the visitor's receipt, the approved text and the audit are written in one transaction. Of two
members who judge at once the second is refused. All raise StoreError.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from core.errors import AlreadyReviewed, NotYours
from core.store import audit
from core.store.columns import now
from core.store.db import Database
from core.store.office_tables import MemberRow, ReviewItemRow, ReviewRow
from core.store.review_items import settle_one
from core.store.review_queue import Standing, about, standing_of
from core.store.tables import (
    CorrectionRow,
    CorrectionStepRow,
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
from core.types import Correction, Interaction, Member, Passage, Rating

APPROVED, REJECTED, SKIPPED, GAP = "approved", "rejected", "skipped", "gap"
FIRST, SECOND, DECISION = "first", "second", "decision"
DISAGREEMENTS = 50


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
    """All that there is to see of an item; `may_train`: the visitor allowed it with the correction, and still does."""

    standing: Standing
    interaction: Interaction
    correction: Correction | None
    approved_text: str
    may_train: bool
    rating: Rating | None
    verdicts: tuple[Verdict, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Pair:
    """Two members' verdicts on one item."""

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
        return Whole(
            standing=standing,
            interaction=interaction_of(interaction, passage_ids),
            correction=None if correction is None else correction_of(correction),
            approved_text="" if correction is None else correction.approved_text,
            may_train=correction is not None and correction.consent_train and allows,
            rating=None if rating is None else rating_of(rating),
            verdicts=_verdicts(session, standing),
            passages=_passages(session, interaction, passage_ids),
        )


def give(
    database: Database,
    member: Member,
    item_id: str,
    verdict: str,
    *,
    text: str = "",
    reason: str = "",
    words: str = "",
    kind: str = FIRST,
) -> str:
    """Write a verdict down and return its id.

    A first verdict and a decision become the correction's status; a second opinion and a skip change nothing. Raises
    AlreadyReviewed where somebody was faster or the visitor took it back, NotYours for an unknown item.
    """
    with database.writing("saving your verdict") as session:
        item, correction = _locked(session, item_id)
        before = _verdicts(session, standing_of(item))
        _check_turn(session, member, item, correction, before, kind if verdict != SKIPPED else SKIPPED)
        row = ReviewRow(
            review_id=uuid.uuid4().hex,
            interaction_id=item.interaction_id,
            correction_id=item.correction_id,
            member_id=member.member_id,
            verdict=verdict,
            edited_text=text if verdict == APPROVED else "",
            reason=reason,
            words=words,
            kind=kind,
            at=now(),
        )
        session.add(row)
        if verdict != SKIPPED and kind != SECOND and correction is not None and correction.status != verdict:
            _become(session, correction, verdict, row.edited_text, reason)
        audit.note(session, member, verdict, item_id, kind=kind, reason=reason)
        settle_one(session, item_id)
        return row.review_id


def undo(database: Database, member: Member, review_id: str) -> str:
    """Take the member's own verdict back and return the item's id; the correction is open again.

    Raises AlreadyReviewed where others built on it meanwhile, NotYours where it is not theirs or is undone.
    """
    with database.writing("taking your verdict back") as session:
        row = session.get(ReviewRow, review_id)
        if row is None or row.member_id != member.member_id or row.undone_at is not None:
            raise NotYours(what="verdict")
        item_id = row.correction_id or f"r-{row.interaction_id}"
        item, correction = _locked(session, item_id)
        others = [one for one in _verdicts(session, standing_of(item)) if one.review_id != review_id]
        if row.kind == FIRST and row.verdict != SKIPPED:
            if any(one.kind != FIRST for one in others):
                raise AlreadyReviewed(what="Somebody has given an opinion on this verdict since; it stays.")
            if correction is not None:
                _check_status(correction, row.verdict)
                _become(session, correction, "saved", "", "")
        elif row.kind == DECISION and correction is not None:
            _check_status(correction, row.verdict)
            first = next(one for one in others if one.kind == FIRST and one.verdict != SKIPPED)
            if first.verdict != correction.status:
                _become(session, correction, first.verdict, first.text, first.reason)
        row.undone_at = now()
        audit.note(session, member, "undid", item_id, verdict=row.verdict, kind=row.kind)
        settle_one(session, item_id)
        return item_id


def looked(database: Database, member: Member, item_id: str) -> None:
    """Write down that the member looked at the personal data of an item."""
    with database.writing("opening personal data") as session:
        audit.note(session, member, "saw personal data", item_id)


def agreement(database: Database, is_sample: bool) -> tuple[dict[tuple[str, str], int], tuple[Pair, ...]]:
    """Return how often each pair of verdicts, first and second, was given, and the pairs that await a decision."""
    first, second, decision = aliased(ReviewRow), aliased(ReviewRow), aliased(ReviewRow)
    item = ReviewItemRow
    pairs = (
        select(item.item_id, first.verdict.label("first"), second.verdict.label("second"))
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


def _locked(session: Session, item_id: str) -> tuple[ReviewItemRow, CorrectionRow | None]:
    """Return the item and its correction, held until the end of the transaction, so that two verdicts take turns."""
    item = session.scalars(
        select(ReviewItemRow).where(ReviewItemRow.item_id == item_id).with_for_update()
    ).one_or_none()
    if item is None:
        raise NotYours(what="item")
    found = select(CorrectionRow).where(CorrectionRow.correction_id == item.correction_id).with_for_update()
    return item, session.scalars(found).one_or_none()


def _check_turn(
    session: Session,
    member: Member,
    item: ReviewItemRow,
    correction: CorrectionRow | None,
    before: Sequence[Verdict],
    kind: str,
) -> None:
    """Raise AlreadyReviewed where this kind of verdict comes too late."""
    rating = session.get(RatingRow, (item.interaction_id, item.visitor_id))
    is_gone = correction.status in ("withdrawn", "replaced") if correction else rating is None or rating.score == 1
    if is_gone:
        raise AlreadyReviewed(what="The visitor took this back meanwhile.")
    first = next((one for one in before if one.kind == FIRST and one.verdict != SKIPPED), None)
    is_decided = first is not None or (correction is not None and correction.status != "saved")
    if kind in (FIRST, SKIPPED):
        if is_decided:
            who = "You have" if first and first.member_id == member.member_id else "Somebody else has"
            raise AlreadyReviewed(what=f"{who} given a verdict on this already.")
        return
    if first is None:
        raise AlreadyReviewed(what="The first verdict was taken back; it waits in the queue again.")
    if kind == SECOND and (first.member_id == member.member_id or any(_is_second_of(one, member) for one in before)):
        raise AlreadyReviewed(what="You have given your opinion on this already.")


def _is_second_of(verdict: Verdict, member: Member) -> bool:
    return verdict.kind == SECOND and verdict.member_id == member.member_id


def _check_status(correction: CorrectionRow, verdict: str) -> None:
    if correction.status != verdict:
        happened = {"withdrawn": "The visitor took it back meanwhile.", "replaced": "The visitor replaced it."}
        raise AlreadyReviewed(what=happened.get(correction.status, "It is in use already."))


def _become(session: Session, correction: CorrectionRow, status: str, text: str, detail: str) -> None:
    """Give a correction its status with the step on its receipt; open again it is "saved", by the step "reopened"."""
    correction.status, correction.approved_text = status, text
    step = "reopened" if status == "saved" else status
    session.add(CorrectionStepRow(correction_id=correction.correction_id, step=step, detail=detail))


def _verdicts(session: Session, standing: Standing) -> tuple[Verdict, ...]:
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
