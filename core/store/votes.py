"""Blind votes of members between two answers to one item. All raise StoreError."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import AlreadyReviewed, NotYours
from core.store import audit
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.loop_tables import EvaluationItemRow, VoteRow
from core.store.office_tables import AuditRow
from core.store.trouble import said_again
from core.types import Member

UNBLINDED = "unblinded"
_SEEN = "You have seen which weights gave these answers, so your votes would not be blind any more."


@dataclass(frozen=True)
class Vote:
    """One choice: candidate, live or equal."""

    row_id: str
    member_id: str
    choice: str


def votes(database: Database, evaluation_id: str) -> tuple[Vote, ...]:
    """Return all votes on an evaluation, oldest first."""
    found = select(VoteRow).where(VoteRow.evaluation_id == evaluation_id).order_by(VoteRow.at, VoteRow.row_id)
    with database.reading("reading the votes") as session:
        return tuple(Vote(row.row_id, row.member_id, row.choice) for row in session.scalars(found))


def is_unblinded(database: Database, member: Member, evaluation_id: str) -> bool:
    """Return whether the member has looked at which weights gave which answer."""
    with database.reading("reading the votes") as session:
        return _is_unblinded(session, member, evaluation_id)


def unblind(database: Database, member: Member, evaluation_id: str) -> None:
    """Note that the member looks at which weights gave which answer: they vote on this evaluation no more."""
    with database.writing("opening the names") as session:
        if not _is_unblinded(session, member, evaluation_id):
            audit.note(session, member, UNBLINDED, evaluation_id)


@said_again
def vote(database: Database, member: Member, evaluation_id: str, row_id: str, choice: str) -> None:
    """Save a member's choice; a second one on the same item replaces the first.

    Raises NotYours for an unknown item, AlreadyReviewed for a member who has seen the names.
    """
    values = {"choice": choice, "at": now()}
    with database.writing("saving your vote") as session:
        if session.get(EvaluationItemRow, (evaluation_id, row_id)) is None:
            raise NotYours(what="item")
        if _is_unblinded(session, member, evaluation_id):
            raise AlreadyReviewed(what=_SEEN)
        standing = session.get(VoteRow, (evaluation_id, row_id, member.member_id))
        if standing is not None and standing.choice == choice:
            return  # said again
        session.execute(
            insert_into(session, VoteRow)
            .values(evaluation_id=evaluation_id, row_id=row_id, member_id=member.member_id, **values)
            .on_conflict_do_update(index_elements=["evaluation_id", "row_id", "member_id"], set_=values)
        )
        # What was chosen stays out of the log, which others read before they have voted.
        audit.note(session, member, "voted", evaluation_id, item=row_id)


def take_back(database: Database, member: Member, evaluation_id: str) -> str:
    """Delete the member's last vote and return its item's id, or "" where there is none.

    Raises AlreadyReviewed for a member who has seen the names.
    """
    own = select(VoteRow).where(VoteRow.evaluation_id == evaluation_id, VoteRow.member_id == member.member_id)
    with database.writing("taking your vote back") as session:
        if _is_unblinded(session, member, evaluation_id):
            raise AlreadyReviewed(what=_SEEN)
        last = session.scalars(own.order_by(VoteRow.at.desc(), VoteRow.row_id).limit(1)).one_or_none()
        if last is None:
            return ""
        row_id = last.row_id
        session.execute(
            delete(VoteRow).where(
                VoteRow.evaluation_id == evaluation_id,
                VoteRow.member_id == member.member_id,
                VoteRow.row_id == row_id,
            )
        )
        audit.note(session, member, "took a vote back", evaluation_id, item=row_id)
        return row_id


def _is_unblinded(session: Session, member: Member, evaluation_id: str) -> bool:
    seen = select(AuditRow.audit_id).where(
        AuditRow.member_id == member.member_id, AuditRow.action == UNBLINDED, AuditRow.subject == evaluation_id
    )
    return session.scalar(seen.limit(1)) is not None
