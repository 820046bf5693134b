"""Which passages answers rest on: how often, for how many visitors, and how those answers were rated.

A passage is followed through the revisions by its document and its words, so that a new revision does not begin
its count anew; an answer that was given before revisions were noted counts for the first one. Everything is read from
the counted days of `core.store.usage_tables`, by period and segment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from core.rates import Rate
from core.store import usage
from core.store.db import Database
from core.store.tables import DocumentRow, InteractionRow, KnowledgeRow, PassageRow, RevisionRow
from core.store.usage_tables import EVERY, UsagePassageRow
from core.types import Scope, Task


@dataclass(frozen=True)
class Cited:
    """What rests on a passage, or on all of a document's: answers, their visitors, and the share rated good."""

    answers: int
    visitors: int
    good: Rate


def by_passage(database: Database, knowledge_id: str, scope: Scope) -> dict[str, Cited]:
    """Return what rests on each passage of the live revision, by its id; those that were never cited are left out."""
    live, document, revision = aliased(PassageRow), aliased(DocumentRow), aliased(RevisionRow)
    # Every passage of any revision that says what a live one says, with its number.
    same = (
        select(live.passage_id.label("name"), PassageRow.passage_id, RevisionRow.number)
        .select_from(KnowledgeRow)
        .join(
            revision,
            and_(revision.knowledge_id == KnowledgeRow.knowledge_id, revision.number == KnowledgeRow.live_number),
        )
        .join(document, document.revision_id == revision.revision_id)
        .join(live, live.document_id == document.document_id)
        .join(RevisionRow, RevisionRow.knowledge_id == KnowledgeRow.knowledge_id)
        .join(
            DocumentRow,
            and_(DocumentRow.revision_id == RevisionRow.revision_id, DocumentRow.document == document.document),
        )
        .join(PassageRow, and_(PassageRow.document_id == DocumentRow.document_id, PassageRow.text == live.text))
        .where(KnowledgeRow.knowledge_id == knowledge_id)
        .distinct()
    )
    row = UsagePassageRow
    return _cited(database, knowledge_id, scope, same, (row.answers, row.good, row.rated))


def by_document(database: Database, knowledge_id: str, scope: Scope) -> dict[str, Cited]:
    """Return what rests on each document, whichever revision of it, by its name."""
    of_any = (
        select(DocumentRow.document.label("name"), PassageRow.passage_id, RevisionRow.number)
        .select_from(RevisionRow)
        .join(DocumentRow, DocumentRow.revision_id == RevisionRow.revision_id)
        .join(PassageRow, PassageRow.document_id == DocumentRow.document_id)
        .where(RevisionRow.knowledge_id == knowledge_id)
        .distinct()
    )
    row = UsagePassageRow
    return _cited(database, knowledge_id, scope, of_any, (row.led, row.led_good, row.led_rated))


def asked_of(knowledge_id: str, scope: Scope) -> ColumnElement[bool]:
    """Return the condition of a question to this knowledge base that lies in the scope.

    Before knowledge bases were noted every question was to the handbook, or to a visitor's own documents, which left
    no passage of it.
    """
    wanted = replace(scope, task=Task.SUPPORT)
    return and_(InteractionRow.knowledge_id.in_((knowledge_id, "")), *usage.conditions(wanted))


def _cited(
    database: Database, knowledge_id: str, scope: Scope, names: Any, measures: tuple[Any, ...]
) -> dict[str, Cited]:
    """Add up what rests on passages that go by the same name; `measures` are answers, good and rated ones."""
    row, name = UsagePassageRow, names.subquery()
    counted = (
        select(name.c.name, func.count(row.visitor_id.distinct()), *map(func.sum, measures))
        .select_from(row)
        .join(name, and_(name.c.passage_id == row.passage_id, name.c.number == row.number))
        .where(row.knowledge_id.in_((knowledge_id, "")), *_within(scope))
        .group_by(name.c.name)
    )
    with database.reading("counting citations") as session:
        return {
            key: Cited(int(answers), int(visitors), Rate(int(good), int(rated)))
            for key, visitors, answers, good, rated in session.execute(counted)
        }


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    row = UsagePassageRow
    found = [row.is_sample == scope.is_sample]
    if scope.since is not None:
        found.append(row.day >= scope.since.isoformat())
    if scope.until is not None:
        found.append(row.day <= scope.until.isoformat())
    if scope.segment:
        found.append(row.segment == (f"{EVERY} " if scope.segment == EVERY else scope.segment))
    return found
