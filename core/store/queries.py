"""Everything that is read: each function opens its own reading session and returns frozen values, never rows.

What belongs to a visitor is asked for with the visitor's id and found by it, so that nobody can read another's data.
All raise StoreError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, and_, case, distinct, func, select
from sqlalchemy.orm import Session

from core.refusals import not_yours
from core.store.db import Database
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.tables import (
    ConsentRow,
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
from core.store.usage_tables import PastUsesRow
from core.store.values import correction_of, interaction_of, passage_of, rating_of, visitor_of
from core.types import Correction, Ending, Interaction, Passage, Rating, Task, Visitor

_Chosen = TypeVar("_Chosen", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class HistoryItem:
    """One line of a visitor's history; texts are empty where they were not logged, `score` is None where unrated."""

    interaction_id: str
    task: Task
    started_at: datetime
    input_text: str
    output_text: str
    language: str
    ending: Ending
    is_abstained: bool
    score: int | None
    is_corrected: bool


@dataclass(frozen=True)
class ReceiptStep:
    """Something that became of a correction; the words for it are those of `receipts.tell` and of its status."""

    step: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True)
class Receipt:
    """A correction and what became of it, in order of time.

    `own_uses` counts its author's answers that used it and `other_uses` other people's; the last was `used_at`.
    `may_help_others` is what its author allowed when they saved it.
    """

    correction: Correction
    steps: tuple[ReceiptStep, ...]
    own_uses: int = 0
    other_uses: int = 0
    first_used_at: datetime | None = None
    used_at: datetime | None = None
    may_help_others: bool = True


@dataclass(frozen=True)
class FeedbackItem:
    """What a visitor said of one interaction: at most one rating, and the corrections that they did not withdraw."""

    interaction_id: str
    task: Task
    started_at: datetime
    input_text: str
    output_text: str
    rating: Rating | None
    rated_at: datetime | None
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class ConsentGiven:
    """A choice about consent under the wording of that `version`."""

    log: bool
    train: bool
    version: str
    at: datetime


@dataclass(frozen=True)
class Counts:
    """How much is in the database; `interactions` has a number for each of the tasks."""

    interactions: dict[Task, int]
    visitors: int
    ratings: int
    corrections: int


def visitor(database: Database, visitor_id: str) -> Visitor:
    """Return the visitor as stored, or one who has not chosen yet if the id is unknown."""
    with database.reading("reading your choices") as session:
        row = session.get(VisitorRow, visitor_id)
        return Visitor(visitor_id) if row is None else visitor_of(row)


def consents(database: Database, visitor_id: str) -> tuple[ConsentGiven, ...]:
    """Return every choice that the visitor made about consent, oldest first."""
    made = select(ConsentRow).where(ConsentRow.visitor_id == visitor_id).order_by(ConsentRow.consent_id)
    with database.reading("reading your choices") as session:
        return tuple(ConsentGiven(row.log, row.train, row.version, row.decided_at) for row in session.scalars(made))


def history(database: Database, visitor_id: str, task: Task | None = None, limit: int = 50) -> tuple[HistoryItem, ...]:
    """Return the visitor's interactions, of one task or all, newest first."""
    corrected = select(CorrectionRow.correction_id).where(
        CorrectionRow.interaction_id == InteractionRow.interaction_id, CorrectionRow.status != "withdrawn"
    )
    columns = (
        InteractionRow.interaction_id,
        InteractionRow.task,
        InteractionRow.started_at,
        InteractionRow.input_text,
        InteractionRow.output_text,
        InteractionRow.language,
        InteractionRow.ending,
        InteractionRow.is_abstained,
        RatingRow.score,
        corrected.exists().label("is_corrected"),
    )
    rated = and_(RatingRow.interaction_id == InteractionRow.interaction_id, RatingRow.visitor_id == visitor_id)
    found = select(*columns).outerjoin(RatingRow, rated).where(InteractionRow.visitor_id == visitor_id)
    newest = _newest(found, task, limit)
    with database.reading("reading your history") as session:
        return tuple(
            HistoryItem(**row | {"task": Task(row["task"]), "ending": Ending(row["ending"])})
            for row in map(dict, session.execute(newest).mappings())
        )


def recent(
    database: Database, visitor_id: str, task: Task | None = None, limit: int = 10
) -> tuple[tuple[Interaction, int | None], ...]:
    """Return the visitor's whole interactions, newest first, each with its score or None, without passage ids."""
    rated = and_(RatingRow.interaction_id == InteractionRow.interaction_id, RatingRow.visitor_id == visitor_id)
    found = select(InteractionRow, RatingRow.score).outerjoin(RatingRow, rated)
    newest = _newest(found.where(InteractionRow.visitor_id == visitor_id), task, limit)
    with database.reading("reading your history") as session:
        return tuple((interaction_of(row, ()), score) for row, score in session.execute(newest))


def interaction(database: Database, visitor_id: str, interaction_id: str) -> Interaction:
    """Return the visitor's own interaction as it was recorded, or raise NotYours."""
    with database.reading("reading your history") as session:
        row = session.get(InteractionRow, interaction_id)
        if row is None or row.visitor_id != visitor_id:
            raise not_yours("answer")
        passages = (
            select(UsedPassageRow.passage_id)
            .where(UsedPassageRow.interaction_id == interaction_id)
            .order_by(UsedPassageRow.position)
        )
        return interaction_of(row, tuple(session.scalars(passages)))


def feedback(database: Database, visitor_id: str, interaction_id: str = "") -> tuple[FeedbackItem, ...]:
    """Return what the visitor rated and corrected, newest interaction first; of one interaction if it is named."""
    corrections = select(CorrectionRow).where(
        CorrectionRow.visitor_id == visitor_id, CorrectionRow.status != "withdrawn"
    )
    ratings = select(RatingRow).where(RatingRow.visitor_id == visitor_id)
    if interaction_id:
        corrections = corrections.where(CorrectionRow.interaction_id == interaction_id)
        ratings = ratings.where(RatingRow.interaction_id == interaction_id)
    with database.reading("reading your feedback") as session:
        receipts = _receipts(session, corrections)
        rated = {row.interaction_id: row for row in session.scalars(ratings)}
        ids = {receipt.correction.interaction_id for receipt in receipts} | set(rated)
        about = select(InteractionRow).where(
            InteractionRow.interaction_id.in_(ids), InteractionRow.visitor_id == visitor_id
        )
        rows = session.scalars(about.order_by(InteractionRow.started_at.desc())).all()
        return tuple(_feedback_of(row, rated.get(row.interaction_id), receipts) for row in rows)


def receipt(database: Database, visitor_id: str, correction_id: str) -> Receipt:
    """Return what became of the visitor's own correction, or raise NotYours."""
    found = select(CorrectionRow).where(
        CorrectionRow.correction_id == correction_id, CorrectionRow.visitor_id == visitor_id
    )
    with database.reading("reading your feedback") as session:
        receipts = _receipts(session, found)
    if not receipts:
        raise not_yours("correction")
    return receipts[0]


def counts(database: Database) -> Counts:
    """Return how much is in the database, sample rows left out; each number is counted on an index."""
    by_task = select(InteractionRow.task, func.count()).group_by(InteractionRow.task)
    of_sample = by_task.where(InteractionRow.is_sample)
    theirs = select(VisitorRow.visitor_id).where(VisitorRow.is_sample)

    with database.reading("counting") as session:

        def number(table: Any, *conditions: Any) -> int:
            found = select(func.count()).select_from(table).where(*conditions)
            return (session.scalar(found) or 0) - (session.scalar(found.where(table.visitor_id.in_(theirs))) or 0)

        found: dict[str, int] = dict(session.execute(by_task).all())
        sample: dict[str, int] = dict(session.execute(of_sample).all())
        return Counts(
            interactions={task: found.get(task, 0) - sample.get(task, 0) for task in Task},
            visitors=number(VisitorRow),
            ratings=number(RatingRow),
            corrections=number(CorrectionRow, CorrectionRow.status != "withdrawn"),
        )


def live_note(database: Database, knowledge_id: str) -> str:
    """Return the note of the live revision, "revision 3" where it has none, and "" if nothing was published."""
    found = (
        select(RevisionRow.number, RevisionRow.note)
        .join(KnowledgeRow, KnowledgeRow.knowledge_id == RevisionRow.knowledge_id)
        .where(KnowledgeRow.knowledge_id == knowledge_id, RevisionRow.number == KnowledgeRow.live_number)
    )
    with database.reading("reading the documents") as session:
        live = session.execute(found).one_or_none()
    return "" if live is None else live.note or f"revision {live.number}"


def live_passages(database: Database, knowledge_id: str) -> tuple[int, tuple[Passage, ...]]:
    """Return the number of the live revision and its passages in order; 0 and none if nothing was published."""
    found = (
        select(KnowledgeRow.live_number, DocumentRow, PassageRow)
        .join(RevisionRow, RevisionRow.revision_id == DocumentRow.revision_id)
        .join(KnowledgeRow, KnowledgeRow.knowledge_id == RevisionRow.knowledge_id)
        .join(PassageRow, PassageRow.document_id == DocumentRow.document_id)
        .where(KnowledgeRow.knowledge_id == knowledge_id, RevisionRow.number == KnowledgeRow.live_number)
        .order_by(DocumentRow.position, PassageRow.position, PassageRow.row_id)
    )
    with database.reading("reading the documents") as session:
        number = session.scalar(select(KnowledgeRow.live_number).where(KnowledgeRow.knowledge_id == knowledge_id))
        return number or 0, tuple(passage_of(document, passage) for _, document, passage in session.execute(found))


def _newest(found: _Chosen, task: Task | None, limit: int) -> _Chosen:
    if task is not None:
        found = found.where(InteractionRow.task == task)
    return found.order_by(InteractionRow.started_at.desc(), InteractionRow.interaction_id).limit(limit)


def _receipts(session: Session, corrections: Select[CorrectionRow]) -> tuple[Receipt, ...]:
    """Return the receipts of the selected corrections, oldest first."""
    rows = session.scalars(corrections.order_by(CorrectionRow.created_at)).all()
    steps: dict[str, list[ReceiptStep]] = {row.correction_id: [] for row in rows}
    found = select(CorrectionStepRow).where(CorrectionStepRow.correction_id.in_(steps))
    for row in session.scalars(found.order_by(CorrectionStepRow.step_id)):
        steps[row.correction_id].append(ReceiptStep(row.step, row.at, row.detail))
    used = _uses(session, list(steps))
    return tuple(
        Receipt(
            correction_of(row),
            tuple(steps[row.correction_id]),
            **used.get(row.correction_id, {}),
            may_help_others=row.consent_train,
        )
        for row in rows
    )


def _uses(session: Session, correction_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return what a receipt tells of the answers that used each of these corrections, where there are any."""
    answer = MemoryUseRow.interaction_id
    found = (
        select(
            CorrectionRow.correction_id,
            func.count(distinct(case((InteractionRow.visitor_id == CorrectionRow.visitor_id, answer)))),
            func.count(distinct(case((InteractionRow.visitor_id != CorrectionRow.visitor_id, answer)))),
            func.min(InteractionRow.started_at),
            func.max(InteractionRow.started_at),
        )
        .join(MemoryRow, MemoryRow.correction_id == CorrectionRow.correction_id)
        .join(MemoryUseRow, MemoryUseRow.memory_id == MemoryRow.memory_id)
        .join(InteractionRow, InteractionRow.interaction_id == answer)
        .where(CorrectionRow.correction_id.in_(correction_ids))
        .group_by(CorrectionRow.correction_id)
    )
    past = PastUsesRow
    gone = select(past.correction_id, past.own_uses, past.other_uses, past.first_at, past.last_at)
    names = ("own_uses", "other_uses", "first_used_at", "used_at")
    used: dict[str, dict[str, Any]] = {}
    for one, *amounts in (
        *session.execute(found),
        *session.execute(gone.where(past.correction_id.in_(correction_ids))),
    ):
        own, others, first, last = amounts
        before = used.get(one, dict(zip(names, (0, 0, first, last), strict=True)))
        told = (
            *(before["own_uses"] + own, before["other_uses"] + others),
            *(min(before["first_used_at"], first), max(before["used_at"], last)),
        )
        used[one] = dict(zip(names, told, strict=True))
    return used


def _feedback_of(row: InteractionRow, rated: RatingRow | None, receipts: tuple[Receipt, ...]) -> FeedbackItem:
    return FeedbackItem(
        interaction_id=row.interaction_id,
        task=Task(row.task),
        started_at=row.started_at,
        input_text=row.input_text,
        output_text=row.output_text,
        rating=None if rated is None else rating_of(rated),
        rated_at=None if rated is None else rated.changed_at,
        receipts=tuple(one for one in receipts if one.correction.interaction_id == row.interaction_id),
    )
