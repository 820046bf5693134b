"""Which passages answers rest on: how often, for how many visitors, and how those answers were rated.

A passage is followed through the revisions by its document and its words, so that a new revision does not begin
its count anew; an answer that was given before revisions were noted counts for the first one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, func, select
from sqlalchemy.orm import aliased

from core.rates import Rate
from core.store import usage
from core.store.db import Database
from core.store.tables import (
    DocumentRow,
    InteractionRow,
    KnowledgeRow,
    PassageRow,
    RatingRow,
    RevisionRow,
    UsedPassageRow,
)
from core.types import Scope, Task


@dataclass(frozen=True)
class Cited:
    """What rests on a passage, or on all of a document's: answers, their visitors, and the share rated good."""

    answers: int
    visitors: int
    good: Rate


def by_passage(database: Database, knowledge_id: str, scope: Scope) -> dict[str, Cited]:
    """Return what rests on each passage of the live revision, by its id; those that were never cited are left out."""
    return _cited(database, knowledge_id, scope, "passage_id")


def by_document(database: Database, knowledge_id: str, scope: Scope) -> dict[str, Cited]:
    """Return what rests on each document of the live revision, by its name."""
    return _cited(database, knowledge_id, scope, "document")


def asked_of(knowledge_id: str, scope: Scope) -> ColumnElement[bool]:
    """Return the condition of a question to this knowledge base that lies in the scope.

    Before knowledge bases were noted every question was to the handbook, or to a visitor's own documents, which left
    no passage of it.
    """
    wanted = replace(scope, task=Task.SUPPORT)
    return and_(InteractionRow.knowledge_id.in_((knowledge_id, "")), *usage.conditions(wanted))


def _cited(database: Database, knowledge_id: str, scope: Scope, key: str) -> dict[str, Cited]:
    live, document, revision = aliased(PassageRow), aliased(DocumentRow), aliased(RevisionRow)
    name: Any = live.passage_id if key == "passage_id" else document.document
    # Every passage of any revision that says what a live one says, with its number.
    same = (
        select(name.label("name"), PassageRow.passage_id, RevisionRow.number)
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
        .subquery()
    )
    asked = InteractionRow.interaction_id
    found = (
        select(
            same.c.name,
            func.count(distinct(asked)),
            func.count(distinct(InteractionRow.visitor_id)),
            func.count(distinct(case((RatingRow.score == 1, asked)))),
            func.count(distinct(case((RatingRow.score.is_not(None), asked)))),
        )
        .select_from(same)
        .join(UsedPassageRow, UsedPassageRow.passage_id == same.c.passage_id)
        .join(
            InteractionRow,
            and_(
                InteractionRow.interaction_id == UsedPassageRow.interaction_id,
                case((InteractionRow.knowledge_revision == 0, 1), else_=InteractionRow.knowledge_revision)
                == same.c.number,
            ),
        )
        .outerjoin(RatingRow, RatingRow.interaction_id == InteractionRow.interaction_id)
        .where(asked_of(knowledge_id, scope))
        .group_by(same.c.name)
    )
    with database.reading("counting citations") as session:
        return {
            key: Cited(answers, visitors, Rate(good, rated))
            for key, answers, visitors, good, rated in session.execute(found)
        }
