"""Knowledge bases in immutable revisions, of which one is live."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotYours
from core.store.db import Database, insert_into
from core.store.tables import DocumentRow, KnowledgeRow, PassageRow, RevisionRow
from core.types import Passage, to_plain


def publish(database: Database, knowledge_id: str, documents: Mapping[str, Sequence[Passage]], note: str = "") -> int:
    """Store a new revision, make it live, and return its number.

    What equals the live revision word for word is not stored again, so that every start may publish the handbook.
    Raises StoreError, also where a passage id appears twice in a document.
    """
    content = [[document, [to_plain(passage) for passage in passages]] for document, passages in documents.items()]
    sha256 = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    with database.writing("publishing the documents") as session:
        knowledge = _locked(session, knowledge_id)
        live = _revision(session, knowledge_id, knowledge.live_number)
        if live is not None and live.sha256 == sha256:
            return live.number
        last = session.scalar(select(func.max(RevisionRow.number)).where(RevisionRow.knowledge_id == knowledge_id))
        revision = RevisionRow(knowledge_id=knowledge_id, number=(last or 0) + 1, note=note, sha256=sha256)
        session.add(revision)
        session.flush()
        for place, (document, passages) in enumerate(documents.items()):
            _add_document(session, revision.revision_id, place, document, passages)
        knowledge.live_number = revision.number
        return revision.number


def go_live(database: Database, knowledge_id: str, number: int) -> None:
    """Let an earlier revision answer again; raises NotYours if there is none of that number, StoreError."""
    with database.writing("going back to an earlier revision") as session:
        knowledge = _locked(session, knowledge_id)
        if _revision(session, knowledge_id, number) is None:
            raise NotYours(what="revision")
        knowledge.live_number = number


def _add_document(session: Session, revision_id: int, place: int, document: str, passages: Sequence[Passage]) -> None:
    title = passages[0].title if passages else document
    row = DocumentRow(revision_id=revision_id, document=document, title=title, position=place)
    session.add(row)
    session.flush()
    session.add_all(
        PassageRow(
            document_id=row.document_id,
            passage_id=passage.passage_id,
            heading=passage.heading,
            text=passage.text,
            position=passage.position,
            language=passage.language,
        )
        for passage in passages
    )


def _locked(session: Session, knowledge_id: str) -> KnowledgeRow:
    """Return the row of the knowledge base, made if need be, so that two publishers take turns."""
    session.execute(insert_into(session, KnowledgeRow).values(knowledge_id=knowledge_id).on_conflict_do_nothing())
    found = select(KnowledgeRow).where(KnowledgeRow.knowledge_id == knowledge_id).with_for_update()
    return session.scalars(found).one()


def _revision(session: Session, knowledge_id: str, number: int | None) -> RevisionRow | None:
    found = select(RevisionRow).where(RevisionRow.knowledge_id == knowledge_id, RevisionRow.number == number)
    return session.scalars(found).one_or_none()
