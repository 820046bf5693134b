"""Verdicts: what a member makes of a correction or of a thumbs-down, and of all that say just the same.

A verdict, the steps on the visitors' receipts, the approved text and the audit are written in one transaction: a row of
`reviews` for each item, all of one deed. Of two members who judge at once the second is refused. All raise StoreError.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.errors import AlreadyReviewed, NotYours
from core.store import audit, dataset_sources, erasure, memory
from core.store.columns import now
from core.store.db import Database
from core.store.loop_tables import DatasetItemRow
from core.store.office_tables import ReviewItemRow, ReviewRow
from core.store.review_items import WAITING, settle_one
from core.store.review_queue import standing_of
from core.store.reviews import APPROVED, DECISION, FIRST, SECOND, SKIPPED, Verdict, verdicts_of
from core.store.tables import CorrectionRow, CorrectionStepRow, RatingRow
from core.types import Member

TAKEN_BACK = {"withdrawn": "The visitor took it back meanwhile.", "replaced": "The visitor replaced it."}


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
    """Write a verdict on an item, and on all that say just the same, down and return its id.

    The first verdict on one that waits holds for all that wait, never for what a check holds back; an opinion or a
    decision for all that were judged at once, but for what visitors took back since. A first verdict and a decision
    become the corrections' status, with `text` for all of them; a second opinion and a skip change nothing. Raises
    AlreadyReviewed where somebody was faster or the visitor took it back, NotYours for an unknown item.
    """
    with database.writing("saving your verdict") as session:
        known = _locked(session, item_id)
        item = known[item_id]
        correction = _correction(session, item)
        before = verdicts_of(session, standing_of(item))
        _check_turn(session, member, item, correction, before, kind if verdict != SKIPPED else SKIPPED)
        if kind == FIRST:
            said = (item.task, item.text_key, item.correction_id is None)
            line = [
                one
                for one in known.values()
                if item.state == one.state == WAITING and said == (one.task, one.text_key, one.correction_id is None)
            ]
        else:
            line = [known[one] for one in _judged_with(session, item) if one in known]
        deed_id, rows = uuid.uuid4().hex, [item, *(one for one in line if one is not item)]
        rows = [one for one in rows if one is item or not _is_gone(session, one, kind)]
        for one in rows:
            session.add(
                ReviewRow(
                    review_id=deed_id if one is item else uuid.uuid4().hex,
                    deed_id=deed_id,
                    interaction_id=one.interaction_id,
                    correction_id=one.correction_id,
                    member_id=member.member_id,
                    verdict=verdict,
                    edited_text=text if verdict == APPROVED else "",
                    reason=reason,
                    words=words,
                    kind=kind,
                    at=now(),
                )
            )
            correction = _correction(session, one)
            if verdict != SKIPPED and kind != SECOND and correction is not None and correction.status != verdict:
                _become(session, correction, verdict, text if verdict == APPROVED else "", reason)
        audit.note(session, member, verdict, item_id, kind=kind, reason=reason, items=len(rows))
        settle_one(session, item_id)
        return deed_id


def undo(database: Database, member: Member, review_id: str) -> str:
    """Take the member's own verdict back, for all it was given for, and return the item's id; it is open again.

    What visitors took back meanwhile stays so. Raises AlreadyReviewed where others built on it meanwhile or nothing is
    left of it, NotYours where it is not theirs or is undone.
    """
    with database.writing("taking your verdict back") as session:
        given = session.get(ReviewRow, review_id)
        if given is None or given.member_id != member.member_id:
            raise NotYours(what="verdict")
        item_id = _item_of(given)
        known = _locked(session, item_id)
        found = select(ReviewRow).where(ReviewRow.deed_id == given.deed_id, ReviewRow.undone_at.is_(None))
        rows = session.scalars(found.order_by(ReviewRow.review_id)).all()
        # Read again now that nobody else can take it back at the same time.
        if not rows:
            raise NotYours(what="verdict")
        taken_back = []
        for row in rows:
            item = known[_item_of(row)]
            taken_back.append(_take_back(session, item, row))
            if item.correction_id is None:  # the member's own answer; a correction's row follows its status
                own = (DatasetItemRow.source_kind == dataset_sources.COMPANY, DatasetItemRow.source_id == row.review_id)
                theirs = and_(DatasetItemRow.visitor_id == item.visitor_id, *own)
                erasure.flag_learned(session, erasure.NOT_APPROVED, theirs)
            row.undone_at = now()
        if all(taken_back):
            raise AlreadyReviewed(what=taken_back[0])
        audit.note(session, member, "undid", item_id, verdict=given.verdict, kind=given.kind, items=len(rows))
        settle_one(session, item_id)
        return item_id


def looked(database: Database, member: Member, item_id: str) -> None:
    """Write down that the member looked at the personal data of an item."""
    with database.writing("opening personal data") as session:
        audit.note(session, member, "saw personal data", item_id)


def _locked(session: Session, item_id: str) -> dict[str, ReviewItemRow]:
    """Return all items of an item's input by their ids, held until the end of the transaction, or raise NotYours.

    Held in one order, so that two verdicts on one input take turns; the corrections among them are held as well.
    """
    key = select(ReviewItemRow.is_sample, ReviewItemRow.input_key).where(ReviewItemRow.item_id == item_id)
    if (found := session.execute(key).one_or_none()) is None:
        raise NotYours(what="item")
    is_sample, input_key = found
    of_input = (ReviewItemRow.is_sample == is_sample, ReviewItemRow.input_key == input_key)
    items = select(ReviewItemRow).where(*of_input).order_by(ReviewItemRow.item_id).with_for_update()
    known = {item.item_id: item for item in session.scalars(items)}
    ids = select(ReviewItemRow.correction_id).where(*of_input)
    corrections = select(CorrectionRow).where(CorrectionRow.correction_id.in_(ids))
    # Held by the session too: what is read here is what `session.get` returns from now on.
    session.info["corrections"] = session.scalars(
        corrections.order_by(CorrectionRow.correction_id).with_for_update()
    ).all()
    return known


def _correction(session: Session, item: ReviewItemRow) -> CorrectionRow | None:
    return session.get(CorrectionRow, item.correction_id) if item.correction_id else None


def _judged_with(session: Session, item: ReviewItemRow) -> Sequence[str]:
    """Return the ids of the items that the first verdict on this one holds for, itself among them."""
    first = select(ReviewRow).where(
        ReviewRow.undone_at.is_(None), ReviewRow.kind == FIRST, ReviewRow.verdict != SKIPPED
    )
    of_item = first.where(ReviewRow.interaction_id == item.interaction_id)
    given = next((row for row in session.scalars(of_item) if _item_of(row) == item.item_id), None)
    if given is None:
        return [item.item_id]
    return [_item_of(row) for row in session.scalars(first.where(ReviewRow.deed_id == given.deed_id))]


def _item_of(row: ReviewRow) -> str:
    return row.correction_id or f"r-{row.interaction_id}"


def _is_gone(session: Session, item: ReviewItemRow, kind: str) -> bool:
    """Return whether the visitor took this back, or it is no longer open to a first verdict."""
    if (correction := _correction(session, item)) is not None:
        return correction.status in TAKEN_BACK or (kind == FIRST and correction.status != "saved")
    rating = session.get(RatingRow, (item.interaction_id, item.visitor_id))
    return rating is None or rating.score == 1


def _check_turn(
    session: Session,
    member: Member,
    item: ReviewItemRow,
    correction: CorrectionRow | None,
    before: Sequence[Verdict],
    kind: str,
) -> None:
    """Raise AlreadyReviewed where this kind of verdict comes too late."""
    if _is_gone(session, item, kind=SECOND):
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


def _take_back(session: Session, item: ReviewItemRow, row: ReviewRow) -> str:
    """Open the item again, or as it was before a decision; return a sentence where its visitor took it back."""
    correction = _correction(session, item)
    others = [one for one in verdicts_of(session, standing_of(item)) if one.review_id != row.review_id]
    if row.kind == FIRST and row.verdict != SKIPPED:
        if any(one.kind != FIRST for one in others):
            raise AlreadyReviewed(what="Somebody has given an opinion on this verdict since; it stays.")
        if correction is None or correction.status in TAKEN_BACK:
            return TAKEN_BACK[correction.status] if correction else ""
        _check_status(correction, row.verdict)
        _become(session, correction, "saved", "", "")
    elif row.kind == DECISION and correction is not None:
        if correction.status in TAKEN_BACK:
            return TAKEN_BACK[correction.status]
        _check_status(correction, row.verdict)
        first = next(one for one in others if one.kind == FIRST and one.verdict != SKIPPED)
        if first.verdict != correction.status:
            _become(session, correction, first.verdict, first.text, first.reason)
    return ""


def _check_status(correction: CorrectionRow, verdict: str) -> None:
    if correction.status != verdict:
        raise AlreadyReviewed(what="It is in use already.")


def _become(session: Session, correction: CorrectionRow, status: str, text: str, detail: str) -> None:
    """Give a correction its status with the step on its receipt; open again it is "saved", by the step "reopened".

    Where it was approved before, what has learned from it is flagged: nobody stands by it any more.
    """
    if correction.status in dataset_sources.APPROVED and status not in dataset_sources.APPROVED:
        its = DatasetItemRow.correction_id == correction.correction_id
        erasure.flag_learned(session, erasure.NOT_APPROVED, its)
    correction.status, correction.approved_text = status, text
    step = "reopened" if status == "saved" else status
    session.add(CorrectionStepRow(correction_id=correction.correction_id, step=step, detail=detail))
    memory.settle(session, correction.correction_id, status, text)
