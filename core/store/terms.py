"""The glossary in the database: words with their one right translation, changed by members alone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from core.errors import AlreadyThere, NotYours, TooMany
from core.loop import Term
from core.store import audit
from core.store.db import Database
from core.store.loop_tables import TermRow
from core.store.memory import bump
from core.types import Member

CHANGED = "terms"


def every(database: Database) -> tuple[Term, ...]:
    """Return the whole glossary, by languages and words."""
    with database.reading("reading the glossary") as session:
        return tuple(_term(row) for row in session.scalars(_sorted(select(TermRow))))


def page(
    database: Database, search: str = "", source: str = "", target: str = "", start: int = 0, size: int = 20
) -> tuple[tuple[Term, ...], int]:
    """Return `size` terms from the `start`-th on that hold `search`, and how many there are."""
    chosen = select(TermRow)
    for column, wanted in ((TermRow.source, source), (TermRow.target, target)):
        chosen = chosen.where(column == wanted) if wanted else chosen
    if search:
        columns = (TermRow.source_term, TermRow.target_term)
        chosen = chosen.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    with database.reading("reading the glossary") as session:
        total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        return tuple(_term(row) for row in session.scalars(_sorted(chosen).offset(start).limit(size))), total


def add(database: Database, member: Member, term: Term, limit: int) -> Term:
    """Add a term and return it with its id; raises AlreadyThere where the word has a translation, TooMany."""
    with database.writing("adding a term") as session:
        bump(session, CHANGED)
        _check_free(session, term)
        _check_room(session, 1, limit)
        row = _row(term, member)
        session.add(row)
        audit.note(session, member, "added a term", row.term_id, source=term.source, target=term.target)
        return _term(row)


def change(database: Database, member: Member, term: Term) -> Term:
    """Give the term of this id other words or languages; raises NotYours, AlreadyThere."""
    with database.writing("changing a term") as session:
        bump(session, CHANGED)
        row = session.get(TermRow, term.term_id)
        if row is None:
            raise NotYours(what="term")
        _check_free(session, term)
        row.source, row.target = term.source, term.target
        row.source_term, row.target_term = term.source_term, term.target_term
        audit.note(session, member, "changed a term", row.term_id, source=term.source, target=term.target)
        return _term(row)


def remove(database: Database, member: Member, term_id: str) -> None:
    """Remove a term; raises NotYours."""
    with database.writing("removing a term") as session:
        bump(session, CHANGED)
        row = session.get(TermRow, term_id)
        if row is None:
            raise NotYours(what="term")
        session.delete(row)
        audit.note(session, member, "removed a term", term_id, source=row.source, target=row.target)


def bring(database: Database, member: Member, terms: Sequence[Term], name: str, limit: int) -> tuple[int, int, int]:
    """Take the terms of a file, all or none; return how many were added, changed, and there already.

    A word that has a translation gets the file's; of a word that stands there twice the last holds. Raises TooMany
    where there would be more than `limit`.
    """
    added = changed = same = 0
    with database.writing("importing terms") as session:
        bump(session, CHANGED)
        known = {(row.source, row.target, row.source_term): row for row in session.scalars(select(TermRow))}
        wanted = {(term.source, term.target, term.source_term): term for term in terms}
        _check_room(session, len(wanted.keys() - known.keys()), limit)
        for key, term in wanted.items():
            if (row := known.get(key)) is None:
                session.add(_row(term, member))
                added += 1
            elif row.target_term != term.target_term:
                row.target_term = term.target_term
                changed += 1
            else:
                same += 1
        audit.note(session, member, "imported terms", name, added=added, changed=changed, same=same)
    return added, changed, same


def _check_free(session: Session, term: Term) -> None:
    same = select(TermRow.term_id).where(
        TermRow.source == term.source,
        TermRow.target == term.target,
        TermRow.source_term == term.source_term,
        TermRow.term_id != term.term_id,
    )
    if session.scalar(same) is not None:
        raise AlreadyThere(what="term", name=term.source_term)


def _check_room(session: Session, more: int, limit: int) -> None:
    there = session.scalar(select(func.count()).select_from(TermRow)) or 0
    if more and there + more > limit:
        raise TooMany(what="terms in the glossary", limit=limit)


def _sorted(chosen: Select[TermRow]) -> Select[TermRow]:
    return chosen.order_by(TermRow.source, TermRow.target, TermRow.source_term)


def _row(term: Term, member: Member) -> TermRow:
    return TermRow(
        term_id=uuid.uuid4().hex,
        source=term.source,
        target=term.target,
        source_term=term.source_term,
        target_term=term.target_term,
        created_by=member.name,
    )


def _term(row: TermRow) -> Term:
    return Term(row.term_id, row.source, row.target, row.source_term, row.target_term)
