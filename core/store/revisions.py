"""Knowledge bases in immutable revisions, of which one is live."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.errors import ChangedMeanwhile, NotYours
from core.store import audit, signals
from core.store.db import Database, insert_into
from core.store.office_tables import DraftRow
from core.store.tables import DocumentRow, KnowledgeRow, PassageRow, RevisionRow
from core.store.values import passage_of
from core.types import Member, Passage, to_plain


@dataclass(frozen=True)
class Revision:
    """A revision in a list; `published_by` is empty where it came with the code."""

    number: int
    note: str
    published_by: str
    published_at: datetime
    documents: int
    passages: int
    is_live: bool


@dataclass(frozen=True)
class StoredDocument:
    """A document of a revision; `source` is empty where it was stored before sources were kept."""

    document: str
    title: str
    source: str
    passages: tuple[Passage, ...]


def publish(
    database: Database,
    knowledge_id: str,
    documents: Mapping[str, Sequence[Passage]],
    note: str = "",
    *,
    sources: Mapping[str, str] | None = None,
    expected: int | None = None,
    drafts: Collection[str] = (),
    member: Member | None = None,
    **detail: Any,
) -> int:
    """Store a new revision, make it live, and return its number.

    What equals the live revision word for word is not stored again. `expected` is the number that the publisher saw
    as live, `drafts` the ids of the drafts that become part of it and end here, `member` who publishes and is audited
    with `detail`. Raises ChangedMeanwhile where another revision went live or a draft was changed since, StoreError,
    also where a passage id appears twice in a document.
    """
    sha256 = _digest(documents, sources)
    with database.writing("publishing the documents") as session:
        knowledge = _locked(session, knowledge_id)
        live = _revision(session, knowledge_id, knowledge.live_number)
        _check(knowledge, live, expected)
        _end_drafts(session, knowledge_id, drafts)
        if live is not None and live.sha256 == sha256:
            return live.number
        last = session.scalar(select(func.max(RevisionRow.number)).where(RevisionRow.knowledge_id == knowledge_id))
        name = "" if member is None else member.name
        revision = RevisionRow(
            knowledge_id=knowledge_id, number=(last or 0) + 1, note=note, sha256=sha256, published_by=name
        )
        session.add(revision)
        session.flush()
        for place, (document, passages) in enumerate(documents.items()):
            source = (sources or {}).get(document, "")
            _add_document(session, revision.revision_id, place, document, passages, source)
        knowledge.live_number = revision.number
        signals.changed(session, signals.HANDBOOK)
        if member is not None:
            audit.note(session, member, "published", f"{knowledge_id} {revision.number}", note=note, **detail)
        return revision.number


def go_live(
    database: Database, knowledge_id: str, number: int, *, expected: int | None = None, member: Member | None = None
) -> None:
    """Let an earlier revision answer again.

    Raises NotYours if there is none of that number, ChangedMeanwhile if `expected` is not live any more, StoreError.
    """
    with database.writing("going back to an earlier revision") as session:
        knowledge = _locked(session, knowledge_id)
        if _revision(session, knowledge_id, number) is None:
            raise NotYours(what="revision")
        live = _revision(session, knowledge_id, knowledge.live_number)
        _check(knowledge, live, expected)
        if member is not None:
            before = knowledge.live_number
            audit.note(session, member, "rolled back", f"{knowledge_id} {number}", before=before)
        knowledge.live_number = number
        signals.changed(session, signals.HANDBOOK)


def live_number(database: Database, knowledge_id: str) -> int:
    """Return the number of the live revision, 0 if nothing was published: one row by its key."""
    with database.reading("reading the documents") as session:
        found = select(KnowledgeRow.live_number).where(KnowledgeRow.knowledge_id == knowledge_id)
        return session.scalar(found) or 0


def live_revision(database: Database, knowledge_id: str) -> Revision | None:
    """Return the revision that is live, or None."""
    return next((one for one in all_revisions(database, knowledge_id) if one.is_live), None)


def has_note(database: Database, knowledge_id: str, note: str) -> bool:
    """Return whether a revision with this note was ever published."""
    found = select(RevisionRow.number).where(RevisionRow.knowledge_id == knowledge_id, RevisionRow.note == note)
    with database.reading("reading the documents") as session:
        return session.scalar(found.limit(1)) is not None


def all_revisions(database: Database, knowledge_id: str) -> tuple[Revision, ...]:
    """Return every revision, newest first."""
    passages = func.count(PassageRow.row_id)
    documents = func.count(func.distinct(DocumentRow.document_id))
    found = (
        select(RevisionRow, KnowledgeRow.live_number, documents, passages)
        .join(KnowledgeRow, KnowledgeRow.knowledge_id == RevisionRow.knowledge_id)
        .outerjoin(DocumentRow, DocumentRow.revision_id == RevisionRow.revision_id)
        .outerjoin(PassageRow, PassageRow.document_id == DocumentRow.document_id)
        .where(RevisionRow.knowledge_id == knowledge_id)
        .group_by(RevisionRow.revision_id, KnowledgeRow.live_number)
        .order_by(RevisionRow.number.desc())
    )
    with database.reading("reading the revisions") as session:
        return tuple(
            Revision(row.number, row.note, row.published_by, row.created_at, documents, passages, row.number == live)
            for row, live, documents, passages in session.execute(found)
        )


def documents_of(database: Database, knowledge_id: str, number: int | None = None) -> tuple[StoredDocument, ...]:
    """Return the documents of a revision in their order, of the live one by default; none where it is unknown."""
    wanted = KnowledgeRow.live_number if number is None else number
    found = (
        select(DocumentRow, PassageRow)
        .join(RevisionRow, RevisionRow.revision_id == DocumentRow.revision_id)
        .join(KnowledgeRow, KnowledgeRow.knowledge_id == RevisionRow.knowledge_id)
        .outerjoin(PassageRow, PassageRow.document_id == DocumentRow.document_id)
        .where(KnowledgeRow.knowledge_id == knowledge_id, RevisionRow.number == wanted)
        .order_by(DocumentRow.position, PassageRow.position, PassageRow.row_id)
    )
    with database.reading("reading the documents") as session:
        rows = session.execute(found).all()
    documents = []
    for _, group in groupby(rows, lambda row: row[0].document_id):
        pairs = list(group)
        document = pairs[0][0]
        passages = tuple(passage_of(document, passage) for _, passage in pairs if passage is not None)
        documents.append(StoredDocument(document.document, document.title, document.source, passages))
    return tuple(documents)


def _digest(documents: Mapping[str, Sequence[Passage]], sources: Mapping[str, str] | None) -> str:
    content: list[Any] = [
        [document, [to_plain(passage) for passage in passages]] for document, passages in documents.items()
    ]
    if sources is not None:
        content.append(dict(sorted(sources.items())))
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _check(knowledge: KnowledgeRow, live: RevisionRow | None, expected: int | None) -> None:
    """Raise ChangedMeanwhile where something else is live than the publisher saw; the row is locked by now."""
    if expected is not None and expected != (knowledge.live_number or 0):
        who = (live.published_by if live is not None else "") or "somebody else"
        raise ChangedMeanwhile(what="The handbook", who=who)


def _end_drafts(session: Session, knowledge_id: str, drafts: Collection[str]) -> None:
    """Delete the drafts that become part of a revision; one that was changed since has another id and is not found."""
    ours = (DraftRow.knowledge_id == knowledge_id, DraftRow.draft_id.in_(drafts))
    found = len(session.scalars(select(DraftRow.draft_id).where(*ours).with_for_update()).all())
    if found != len(set(drafts)):
        raise ChangedMeanwhile(what="A draft", who="somebody else")
    session.execute(delete(DraftRow).where(*ours))


def _add_document(
    session: Session, revision_id: int, place: int, document: str, passages: Sequence[Passage], source: str
) -> None:
    title = passages[0].title if passages else document
    row = DocumentRow(revision_id=revision_id, document=document, title=title, source=source, position=place)
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
