"""Questions that the documents do not answer, and what a member makes of them: a page, or a reason against one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, distinct, exists, func, or_, select, union, update

from core.errors import NotYours
from core.store import audit
from core.store.citations import asked_of
from core.store.columns import now
from core.store.db import Database
from core.store.office_tables import GapQuestionRow, GapRow
from core.store.tables import HandOffRow, InteractionRow, RatingRow
from core.types import Ending, Member, Scope, Turn

# Reasons of a "not good" that a better page would mend; the others speak of wording.
REASONS = ("Wrong", "Incomplete", "Wrong source", "Should have answered")


@dataclass(frozen=True)
class OpenQuestion:
    """A question without a good answer; `why` holds abstained, handed off and rated, as far as they are true.

    `revision` is the one that did not answer. `history` is what was said before the question.
    """

    interaction_id: str
    visitor_id: str
    text: str
    segment: str
    language: str
    asked_at: datetime
    revision: int
    why: tuple[str, ...]
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class HiddenQuestions:
    """Questions without a good answer whose visitors did not allow their texts to be kept."""

    questions: int
    visitors: int


@dataclass(frozen=True)
class AskedAgain:
    """What the documents say to a question of a gap now; `is_answered` is None where it was not asked again yet."""

    interaction_id: str
    text: str
    is_answered: bool | None
    answer: str
    source: str
    asked_at: datetime | None


@dataclass(frozen=True)
class KeptGap:
    """A gap that a member took up; `status` is drafted, published or dismissed (then with a `reason`)."""

    gap_id: str
    title: str
    status: str
    document: str
    revision: int
    reason: str
    changed_at: datetime
    questions: tuple[AskedAgain, ...]


def questions(
    database: Database, knowledge_id: str, scope: Scope, limit: int
) -> tuple[tuple[OpenQuestion, ...], HiddenQuestions]:
    """Return the newest questions without a good answer in the scope, and how many more have no text to show."""
    handed, rated = _handed_off(), _rated()
    columns = (InteractionRow, handed.label("handed"), rated.label("rated"))
    # Gathered from where each is told, which are few of all uses; ordered by what was gathered, for else the newest
    # uses of all would be looked through one by one.
    told = _told(knowledge_id, scope).subquery()
    unanswered = InteractionRow.ending == Ending.FINISHED
    # An order to the machine instead of a question is no gap, whoever turned it down.
    unanswered = and_(unanswered, cast(InteractionRow.settings, Text).not_like('%"reason": "order"%'))
    is_shown = and_(InteractionRow.consent_log, InteractionRow.input_text != "")
    mine = told.c.interaction_id == InteractionRow.interaction_id
    newest = select(*columns).select_from(told).join(InteractionRow, mine).where(unanswered, is_shown)
    newest = newest.order_by(told.c.started_at.desc(), told.c.interaction_id).limit(limit)
    hidden = select(func.count(), func.count(distinct(InteractionRow.visitor_id))).select_from(told)
    hidden = hidden.join(InteractionRow, mine).where(unanswered, ~is_shown)
    with database.reading("reading the gaps") as session:
        found = tuple(
            _question_of(row, bool(by_hand), bool(by_thumb)) for row, by_hand, by_thumb in session.execute(newest)
        )
        return found, HiddenQuestions(*session.execute(hidden).one())


def kept(database: Database, knowledge_id: str, is_sample: bool) -> tuple[KeptGap, ...]:
    """Return the gaps that members took up, the newest change first."""
    found = (
        select(GapRow, GapQuestionRow, InteractionRow.input_text)
        .outerjoin(GapQuestionRow, GapQuestionRow.gap_id == GapRow.gap_id)
        .outerjoin(InteractionRow, InteractionRow.interaction_id == GapQuestionRow.interaction_id)
        .where(GapRow.knowledge_id == knowledge_id, GapRow.is_sample == is_sample, GapRow.status != "open")
        .order_by(GapRow.changed_at.desc(), GapRow.gap_id, InteractionRow.started_at, GapQuestionRow.interaction_id)
    )
    gaps: dict[str, KeptGap] = {}
    asked: dict[str, list[AskedAgain]] = {}
    with database.reading("reading the gaps") as session:
        for gap, question, text in session.execute(found):
            gaps[gap.gap_id] = _gap_of(gap)
            if question is not None:
                asked.setdefault(gap.gap_id, []).append(_asked_of(question, text or ""))
    return tuple(_with(gap, tuple(asked.get(gap_id, ()))) for gap_id, gap in gaps.items())


def take_up(
    database: Database,
    member: Member,
    knowledge_id: str,
    title: str,
    interaction_ids: Sequence[str],
    status: str,
    *,
    document: str = "",
    reason: str = "",
    is_sample: bool = False,
) -> str:
    """Make a gap of questions, drafted or dismissed, and return its id; questions of another gap move here."""
    with database.writing("taking up the gap") as session:
        there = select(InteractionRow.interaction_id).where(
            InteractionRow.interaction_id.in_(interaction_ids), InteractionRow.is_sample == is_sample
        )
        ids = session.scalars(there).all()
        if not ids:
            raise NotYours(what="question")
        gap = GapRow(
            gap_id=uuid.uuid4().hex,
            knowledge_id=knowledge_id,
            title=title,
            status=status,
            document=document,
            reason=reason,
            is_sample=is_sample,
        )
        session.add(gap)
        session.flush()
        session.add_all(GapQuestionRow(gap_id=gap.gap_id, interaction_id=one) for one in ids)
        action = "dismissed gap" if status == "dismissed" else "drafted a page for a gap"
        audit.note(session, member, action, gap.gap_id, questions=len(ids), document=document, reason=reason)
        return gap.gap_id


def reopen(database: Database, member: Member, gap_id: str) -> None:
    """Undo what a member made of a gap, so that its questions are open again; raises NotYours, StoreError."""
    with database.writing("opening the gap again") as session:
        gap = session.get(GapRow, gap_id)
        if gap is None:
            raise NotYours(what="gap")
        audit.note(session, member, "reopened gap", gap_id, status=gap.status)
        session.delete(gap)


def add_questions(database: Database, gap_id: str, interaction_ids: Iterable[str]) -> None:
    """Let further questions belong to a gap; those that do already stay as they are."""
    with database.writing("taking up the gap") as session:
        known = set(session.scalars(select(GapQuestionRow.interaction_id).where(GapQuestionRow.gap_id == gap_id)))
        session.add_all(
            GapQuestionRow(gap_id=gap_id, interaction_id=one)
            for one in dict.fromkeys(interaction_ids)
            if one not in known
        )


def published(database: Database, knowledge_id: str, documents: Sequence[str], number: int) -> tuple[str, ...]:
    """Note that the pages of drafted gaps are in a revision, and return the ids of these gaps."""
    ours = (GapRow.knowledge_id == knowledge_id, GapRow.status == "drafted", GapRow.document.in_(documents))
    with database.writing("noting what was published") as session:
        ids = session.scalars(select(GapRow.gap_id).where(*ours)).all()
        session.execute(
            update(GapRow).where(GapRow.gap_id.in_(ids)).values(status="published", revision=number, changed_at=now())
        )
        return tuple(ids)


def to_ask(database: Database, gap_id: str) -> tuple[KeptGap, tuple[OpenQuestion, ...]]:
    """Return a gap with its questions as they were asked; raises NotYours, StoreError."""
    found = (
        select(InteractionRow)
        .join(GapQuestionRow, GapQuestionRow.interaction_id == InteractionRow.interaction_id)
        .where(GapQuestionRow.gap_id == gap_id, InteractionRow.input_text != "")
        .order_by(InteractionRow.started_at, InteractionRow.interaction_id)
    )
    with database.reading("reading the gaps") as session:
        gap = session.get(GapRow, gap_id)
        if gap is None:
            raise NotYours(what="gap")
        return _gap_of(gap), tuple(_question_of(row, False, False) for row in session.scalars(found))


def answered(
    database: Database, gap_id: str, interaction_id: str, is_answered: bool, answer: str, source: str, number: int
) -> None:
    """Keep what revision `number` says to a question of a gap."""
    with database.writing("noting what the page answers") as session:
        session.execute(
            update(GapQuestionRow)
            .where(GapQuestionRow.gap_id == gap_id, GapQuestionRow.interaction_id == interaction_id)
            .values(is_answered=is_answered, answer=answer, source=source, asked_at=now())
        )
        session.execute(update(GapRow).where(GapRow.gap_id == gap_id).values(revision=number))


def _handed_off() -> ColumnElement[bool]:
    return exists().where(HandOffRow.interaction_id == InteractionRow.interaction_id)


def _rated() -> ColumnElement[bool]:
    mine = RatingRow.interaction_id == InteractionRow.interaction_id
    return exists().where(mine, RatingRow.score == 0, _is_about_words())


def _is_about_words() -> ColumnElement[bool]:
    reasons = cast(RatingRow.reasons, Text)
    return or_(*(reasons.contains(f'"{reason}"', autoescape=True) for reason in REASONS))


def _told(knowledge_id: str, scope: Scope) -> Any:
    """Select ids and times of the questions in a scope that were abstained from, handed off, or rated as wrong."""
    asked = asked_of(knowledge_id, scope)
    mine = select(InteractionRow.interaction_id, InteractionRow.started_at).where(asked)
    abstained = mine.where(InteractionRow.is_abstained)
    handed = mine.join(HandOffRow, HandOffRow.interaction_id == InteractionRow.interaction_id)
    rated = mine.join(RatingRow, RatingRow.interaction_id == InteractionRow.interaction_id)
    return union(abstained, handed, rated.where(RatingRow.score == 0, _is_about_words()))


def _question_of(row: InteractionRow, is_handed: bool, is_rated: bool) -> OpenQuestion:
    reasons = (("abstained", row.is_abstained), ("handed off", is_handed), ("rated", is_rated))
    turns = tuple(Turn(**turn) for turn in row.messages)
    return OpenQuestion(
        interaction_id=row.interaction_id,
        visitor_id=row.visitor_id,
        text=row.input_text,
        segment=row.segment,
        language=row.language,
        asked_at=row.started_at,
        revision=row.knowledge_revision,
        why=tuple(name for name, is_so in reasons if is_so),
        history=turns[:-2],
    )


def _gap_of(row: GapRow) -> KeptGap:
    return KeptGap(row.gap_id, row.title, row.status, row.document, row.revision, row.reason, row.changed_at, ())


def _with(gap: KeptGap, asked: tuple[AskedAgain, ...]) -> KeptGap:
    return KeptGap(gap.gap_id, gap.title, gap.status, gap.document, gap.revision, gap.reason, gap.changed_at, asked)


def _asked_of(row: GapQuestionRow, text: str) -> AskedAgain:
    return AskedAgain(row.interaction_id, text, row.is_answered, row.answer, row.source, row.asked_at)
