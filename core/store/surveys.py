"""The survey: its rule, whom it asks, what they answered; what a founder reads of it stays apart by sample and real.

All raise StoreError.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import NotInvited
from core.store import audit
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.office_tables import OptionRow, SurveyInvitationRow
from core.store.tables import InteractionRow, SurveyRow, VisitorRow
from core.store.trouble import said_again
from core.store.usage import start_of
from core.types import Disappointment, Ending, Member, Scope, SurveyAnswer, SurveyRule, SurveyState, Task

RULE = "survey rule"


@dataclass(frozen=True)
class Response:
    """What one visitor answered, with the segment of that moment.

    `task` is the use case that the visitor used most before answering, of equals the one used last; None if unknown.
    """

    survey_id: str
    answer: SurveyAnswer
    segment: str
    task: Task | None
    answered_at: datetime


def rule(database: Database) -> SurveyRule:
    """Return whom the survey asks."""
    with database.reading("reading the rule of the survey") as session:
        return _rule(session)


def set_rule(database: Database, member: Member, new: SurveyRule) -> None:
    """Set whom the survey asks; it holds from the next look on."""
    values = {"value": asdict(new), "changed_by": member.name, "changed_at": now()}
    with database.writing("saving the rule of the survey") as session:
        before = _rule(session)
        session.execute(
            insert_into(session, OptionRow)
            .values(name=RULE, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )
        audit.note(session, member, "changed", RULE, before=asdict(before), after=asdict(new))


def state(database: Database, visitor_id: str) -> SurveyState:
    """Return where a visitor stands, whatever they are doing at this moment."""
    with database.reading("looking whether to ask you") as session:
        row = session.scalars(select(SurveyRow).where(SurveyRow.visitor_id == visitor_id)).one_or_none()
        if row is not None:
            return SurveyState(may_answer=True, answer=_answer_of(row), answered_at=row.answered_at)
        current = _rule(session)
        if not _may_answer(session, visitor_id, current):
            return SurveyState()
        invitation = session.get(SurveyInvitationRow, visitor_id)
        is_closed = invitation is not None and invitation.closed_at is not None
        until = invitation.snoozed_until if invitation is not None else None
        is_snoozed = until is not None and until > now()
        return SurveyState(is_asked=current.is_open and not is_closed and not is_snoozed, may_answer=True)


@said_again
def show(database: Database, visitor_id: str) -> None:
    """Note that the visitor was asked; only the first time counts."""
    _invite(database, visitor_id, "asking you")


@said_again
def snooze(database: Database, visitor_id: str) -> None:
    """Ask again after the days that the rule names."""
    until = now() + timedelta(days=rule(database).snooze_days)
    _invite(database, visitor_id, "putting it off", snoozed_until=until)


@said_again
def decline(database: Database, visitor_id: str) -> None:
    """Never ask this visitor again."""
    _invite(database, visitor_id, "noting your choice", closed_at=now())


@said_again
def save(database: Database, visitor_id: str, answer: SurveyAnswer) -> None:
    """Keep the visitor's one answer; answering again changes the words, not the segment, use case and time.

    Raises NotInvited where the rule does not ask this visitor yet.
    """
    words = asdict(answer) | {"disappointment": str(answer.disappointment)}
    with database.writing("saving your answers") as session:
        current = _rule(session)
        is_known = session.scalar(select(SurveyRow.survey_id).where(SurveyRow.visitor_id == visitor_id)) is not None
        if not is_known and not _may_answer(session, visitor_id, current):
            raise NotInvited(uses=current.uses)
        visitor = session.get_one(VisitorRow, visitor_id)
        at = now()
        moment = {
            "survey_id": uuid.uuid4().hex,
            "visitor_id": visitor_id,
            "segment": ", ".join(part for part in (visitor.role, visitor.company_size) if part),
            "task": session.scalar(select(_most_used(visitor_id, at))) or "",
            "answered_at": at,
        }
        session.execute(
            insert_into(session, SurveyRow)
            .values(**moment, **words)
            .on_conflict_do_update(index_elements=["visitor_id"], set_=words)
        )
        _upsert_invitation(session, visitor_id, {"closed_at": at})


@said_again
def take_back(database: Database, visitor_id: str) -> None:
    """Delete the visitor's answer; they are not asked again."""
    with database.writing("taking your answers back") as session:
        session.execute(delete(SurveyRow).where(SurveyRow.visitor_id == visitor_id))


def responses(database: Database, scope: Scope) -> tuple[Response, ...]:
    """Return what was answered in a scope, oldest first; its task is the use case that an answer speaks of."""
    task = case(
        (SurveyRow.task != "", SurveyRow.task),
        else_=func.coalesce(_most_used(SurveyRow.visitor_id, SurveyRow.answered_at), ""),
    )
    found = (
        select(SurveyRow, task)
        .join(VisitorRow, VisitorRow.visitor_id == SurveyRow.visitor_id)
        .where(VisitorRow.is_sample.is_(scope.is_sample), *_in_scope(scope, task))
        .order_by(SurveyRow.answered_at, SurveyRow.survey_id)
    )
    with database.reading("reading the survey") as session:
        return tuple(
            Response(row.survey_id, _answer_of(row), row.segment, Task(used) if used else None, row.answered_at)
            for row, used in session.execute(found)
            if row.disappointment
        )


def _in_scope(scope: Scope, task: ColumnElement[str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if scope.since is not None:
        found.append(SurveyRow.answered_at >= start_of(scope.since))
    if scope.until is not None:
        found.append(SurveyRow.answered_at < start_of(scope.until + timedelta(days=1)))
    if scope.segment:
        found.append(SurveyRow.segment == scope.segment)
    if scope.task is not None:
        found.append(task == scope.task)
    return found


def _rule(session: Session) -> SurveyRule:
    value = session.scalar(select(OptionRow.value).where(OptionRow.name == RULE))
    return SurveyRule(**value) if value else SurveyRule()


def _may_answer(session: Session, visitor_id: str, current: SurveyRule) -> bool:
    """Return whether the visitor has had enough answers, and the first of them long enough ago."""
    finished = (InteractionRow.visitor_id == visitor_id, InteractionRow.ending == Ending.FINISHED)
    uses = select(InteractionRow.started_at).where(*finished).order_by(InteractionRow.started_at).limit(current.uses)
    times = session.scalars(uses).all()
    return len(times) >= current.uses and times[0] <= now() - timedelta(days=current.days)


def _most_used(
    visitor_id: str | InstrumentedAttribute[str], until: datetime | InstrumentedAttribute[datetime]
) -> ScalarSelect[str]:
    return (
        select(InteractionRow.task)
        .where(
            InteractionRow.visitor_id == visitor_id,
            InteractionRow.started_at <= until,
            InteractionRow.ending == Ending.FINISHED,
        )
        .group_by(InteractionRow.task)
        .order_by(func.count().desc(), func.max(InteractionRow.started_at).desc())
        .limit(1)
        .scalar_subquery()
    )


def _answer_of(row: SurveyRow) -> SurveyAnswer:
    return SurveyAnswer(Disappointment(row.disappointment), row.benefit, row.audience, row.improvement, row.recommend)


def _invite(database: Database, visitor_id: str, doing: str, **changes: Any) -> None:
    with database.writing(doing) as session:
        if session.get(VisitorRow, visitor_id) is not None:
            _upsert_invitation(session, visitor_id, changes)


def _upsert_invitation(session: Session, visitor_id: str, changes: dict[str, Any]) -> None:
    insert = insert_into(session, SurveyInvitationRow).values(visitor_id=visitor_id, **changes)
    index = ["visitor_id"]
    session.execute(
        insert.on_conflict_do_update(index_elements=index, set_=changes)
        if changes
        else insert.on_conflict_do_nothing(index_elements=index)
    )
