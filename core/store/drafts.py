"""Documents as they will be in the next revision: kept until they are published or taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import ChangedMeanwhile, NotYours
from core.store import audit
from core.store.columns import now
from core.store.db import Database
from core.store.office_tables import DraftRow
from core.types import Member, Removed, from_plain, to_plain


@dataclass(frozen=True)
class Draft:
    """A changed, new or removed document; `draft_id` is another after each save.

    `base_number` is the revision that was live when the draft began; `removed` is what was hidden in it.
    """

    draft_id: str
    document: str
    title: str
    source: str
    is_removed: bool
    base_number: int
    removed: tuple[Removed, ...]
    changed_by: str
    changed_at: datetime


def all_drafts(database: Database, knowledge_id: str) -> tuple[Draft, ...]:
    """Return the drafts of a knowledge base by the names of their documents."""
    found = select(DraftRow).where(DraftRow.knowledge_id == knowledge_id).order_by(DraftRow.document)
    with database.reading("reading the drafts") as session:
        return tuple(_draft_of(row) for row in session.scalars(found))


def save(
    database: Database,
    member: Member,
    knowledge_id: str,
    document: str,
    title: str,
    source: str,
    base_number: int,
    *,
    removed: Sequence[Removed] = (),
    is_removed: bool = False,
    seen: str | None = None,
) -> str:
    """Keep a draft and return its new id.

    `seen` is the id that the writer began from, empty for none; with None the draft is replaced whatever it is.
    Raises ChangedMeanwhile where somebody else saved since, StoreError.
    """
    with database.writing("saving the draft") as session:
        row = _find(session, knowledge_id, document)
        if seen is not None and seen != (row.draft_id if row else ""):
            raise ChangedMeanwhile(what=f"The page {document}", who=row.changed_by if row else "somebody else")
        if row is not None:
            session.delete(row)
            session.flush()
        new = DraftRow(
            draft_id=uuid.uuid4().hex,
            knowledge_id=knowledge_id,
            document=document,
            title=title,
            source=source,
            is_removed=is_removed,
            base_number=base_number,
            removed=to_plain(list(removed)),
            changed_by=member.name,
            changed_at=now(),
        )
        session.add(new)
        audit.note(session, member, "removed in draft" if is_removed else "drafted", document)
        return new.draft_id


def rebase(database: Database, member: Member, knowledge_id: str, document: str, base_number: int) -> None:
    """Let a draft stand against a newer revision: its writer has seen what is there; raises NotYours, StoreError."""
    with database.writing("saving the draft") as session:
        row = _find(session, knowledge_id, document)
        if row is None:
            raise NotYours(what="draft")
        row.base_number, row.draft_id = base_number, uuid.uuid4().hex
        audit.note(session, member, "kept own version", document, against=base_number)


def discard(database: Database, member: Member, knowledge_id: str, document: str) -> None:
    """Take a draft back, so that the published document stays as it is; nothing happens where there is none."""
    with database.writing("taking the draft back") as session:
        row = _find(session, knowledge_id, document)
        if row is not None:
            session.execute(delete(DraftRow).where(DraftRow.draft_id == row.draft_id))
            audit.note(session, member, "discarded draft", document)


def _find(session: Session, knowledge_id: str, document: str) -> DraftRow | None:
    found = select(DraftRow).where(DraftRow.knowledge_id == knowledge_id, DraftRow.document == document)
    return session.scalars(found.with_for_update()).one_or_none()


def _draft_of(row: DraftRow) -> Draft:
    return Draft(
        draft_id=row.draft_id,
        document=row.document,
        title=row.title,
        source=row.source,
        is_removed=row.is_removed,
        base_number=row.base_number,
        removed=tuple(from_plain(one, Removed) for one in row.removed),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
