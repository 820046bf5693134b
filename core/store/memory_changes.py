"""What changed in the memory since somebody last looked, and what is still to be done there: vectors, and releases."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, not_, or_, select, update
from sqlalchemy.orm import Session

from core.memory.pairs import TEXT
from core.store.columns import now
from core.store.db import Database
from core.store.loop_tables import MemoryRow, MemoryStampRow
from core.store.memory import OWN, STANDING, WORKING, bump, remember, settle
from core.store.memory_asked import asked_of
from core.store.tables import (
    CorrectionRow,
    DocumentRow,
    InteractionRow,
    PassageRow,
    RevisionRow,
    UsedPassageRow,
    VisitorRow,
)
from core.types import Task


@dataclass(frozen=True)
class Kept:
    """An entry as it is looked up. `vector` is float16 of `encoder`, or None; the newest `ranked_at` wins."""

    memory_id: str
    correction_id: str
    visitor_id: str
    task: Task
    source: str
    target: str
    knowledge_id: str
    revision: int
    input_text: str
    output_text: str
    input_key: str
    encoder: str
    vector: bytes | None
    state: str
    released_by: str
    ranked_at: datetime

    @property
    def works(self) -> bool:
        """Whether it is used at all."""
        return self.state in WORKING


@dataclass(frozen=True)
class Changes:
    """The numbers of the last changes of memory and terms, how many entries work, and those that changed."""

    number: int
    terms_number: int
    working: int
    entries: tuple[Kept, ...]


@dataclass(frozen=True)
class Case:
    """A correction that works for its author alone, with all that could prove it; see `core.memory.proof`."""

    correction_id: str
    visitor_id: str
    task: Task
    source: str
    target: str
    input_text: str
    output_text: str
    corrected_text: str
    passages: tuple[str, ...] = ()


def numbers(database: Database) -> tuple[int, int, int]:
    """Return the numbers of the last changes of memory and terms, and how many entries work: cheap, for each use."""
    with database.reading("looking into the memory") as session:
        return _numbers(session)


def since(database: Database, number: int) -> Changes:
    """Return what changed after that number; from 0 on, all that works."""
    chosen = select(MemoryRow).where(MemoryRow.stamp > number)
    if not number:
        chosen = chosen.where(MemoryRow.state.in_(WORKING))
    with database.reading("reading the memory") as session:
        last, last_term, working = _numbers(session)
        rows = session.execute(chosen.with_only_columns(*_COLUMNS)).mappings()
        return Changes(last, last_term, working, tuple(map(_kept, rows)))


def unlearned(database: Database, limit: int) -> tuple[str, ...]:
    """Return corrections that work for their author alone and were never learned: their process ended before that."""
    chosen = select(MemoryRow.correction_id).where(
        MemoryRow.state == OWN, MemoryRow.unit == TEXT, MemoryRow.encoder == "", MemoryRow.correction_id.is_not(None)
    )
    with database.reading("reading the memory") as session:
        return tuple(str(one) for one in session.scalars(chosen.order_by(MemoryRow.created_at.desc()).limit(limit)))


def without_vector(
    database: Database, encoders: Collection[str], limit: int, correction_id: str = ""
) -> tuple[tuple[str, Task, str, str], ...]:
    """Return (id, task, source language, input) of working entries that none of these encoders has read."""
    chosen = select(MemoryRow.memory_id, MemoryRow.task, MemoryRow.source, MemoryRow.input_text)
    chosen = chosen.where(MemoryRow.state.in_(WORKING))
    chosen = chosen.where(or_(MemoryRow.vector.is_(None), MemoryRow.encoder.not_in(encoders)))
    if correction_id:
        chosen = chosen.where(MemoryRow.correction_id == correction_id)
    with database.reading("reading the memory") as session:
        rows = session.execute(chosen.order_by(MemoryRow.created_at.desc()).limit(limit))
        return tuple((memory_id, Task(task), source, text) for memory_id, task, source, text in rows)


def keep_vectors(database: Database, vectors: Mapping[str, tuple[str, bytes]]) -> None:
    """Give entries their vectors: by id, the encoder's name and float16."""
    with database.writing("keeping what was learned") as session:
        number = bump(session)
        for memory_id, (encoder, vector) in vectors.items():
            session.execute(
                update(MemoryRow)
                .where(MemoryRow.memory_id == memory_id, MemoryRow.input_key != "")
                .values(encoder=encoder, vector=vector, stamp=number, changed_at=now())
            )


def case(session: Session, correction_id: str) -> Case | None:
    """Return what could prove a correction, or None where it is not remembered for its author alone."""
    whole = select(MemoryRow).where(MemoryRow.correction_id == correction_id, MemoryRow.unit == TEXT)
    row = session.scalars(whole).first()
    correction = session.get(CorrectionRow, correction_id)
    if row is None or correction is None or row.state not in WORKING:
        return None
    passages: tuple[str, ...] = ()
    if row.task == Task.SUPPORT:
        found = (
            select(PassageRow.text)
            .join(DocumentRow, DocumentRow.document_id == PassageRow.document_id)
            .join(RevisionRow, RevisionRow.revision_id == DocumentRow.revision_id)
            .join(UsedPassageRow, UsedPassageRow.passage_id == PassageRow.passage_id)
            .where(
                RevisionRow.knowledge_id == row.knowledge_id,
                RevisionRow.number == row.knowledge_revision,
                UsedPassageRow.interaction_id == correction.interaction_id,
            )
        )
        passages = tuple(session.scalars(found.order_by(UsedPassageRow.position)))
    return Case(
        correction_id,
        correction.visitor_id,
        Task(row.task),
        row.source,
        row.target,
        row.input_text,
        correction.output_text,
        correction.corrected_text,
        passages,
    )


def catch_up(database: Database, after: str, limit: int) -> str:
    """Remember corrections from before there was a memory, in the order of their ids; return the last, or empty.

    Call it again with what it returned until that is empty.
    """
    is_known = exists().where(MemoryRow.correction_id == CorrectionRow.correction_id)
    chosen = (
        select(CorrectionRow, InteractionRow)
        .join(InteractionRow, InteractionRow.interaction_id == CorrectionRow.interaction_id)
        .join(VisitorRow, VisitorRow.visitor_id == CorrectionRow.visitor_id)
        .where(
            and_(CorrectionRow.status.in_(STANDING), CorrectionRow.correction_id > after),
            not_(is_known),
            not_(InteractionRow.is_sample),
            not_(VisitorRow.is_sample),
        )
        .order_by(CorrectionRow.correction_id)
        .limit(limit)
    )
    with database.writing("remembering earlier corrections") as session:
        last = ""
        for correction, interaction in session.execute(chosen).all():
            last = str(correction.correction_id)
            asked = asked_of(Task(correction.task), correction.input_text, interaction)
            if remember(session, correction, asked) and correction.status != "saved":
                settle(session, last, "approved", correction.approved_text)
        return last


def _numbers(session: Session) -> tuple[int, int, int]:
    working = select(func.count()).select_from(MemoryRow).where(MemoryRow.state.in_(WORKING)).scalar_subquery()
    found = {
        str(kind): int(number) for kind, number in session.execute(select(MemoryStampRow.kind, MemoryStampRow.number))
    }
    return found.get("memory", 0), found.get("terms", 0), int(session.scalar(select(working)) or 0)


_COLUMNS = (
    MemoryRow.memory_id,
    MemoryRow.correction_id,
    MemoryRow.visitor_id,
    MemoryRow.task,
    MemoryRow.source,
    MemoryRow.target,
    MemoryRow.knowledge_id,
    MemoryRow.knowledge_revision,
    MemoryRow.input_text,
    MemoryRow.output_text,
    MemoryRow.input_key,
    MemoryRow.encoder,
    MemoryRow.vector,
    MemoryRow.state,
    MemoryRow.released_by,
    MemoryRow.shared_at,
    MemoryRow.created_at,
)


def _kept(row: Mapping[str, Any] | Any) -> Kept:
    return Kept(
        memory_id=row["memory_id"],
        correction_id=row["correction_id"] or "",
        visitor_id=row["visitor_id"] or "",
        task=Task(row["task"]),
        source=row["source"],
        target=row["target"],
        knowledge_id=row["knowledge_id"],
        revision=row["knowledge_revision"],
        input_text=row["input_text"],
        output_text=row["output_text"],
        input_key=row["input_key"],
        encoder=row["encoder"],
        vector=row["vector"],
        state=row["state"],
        released_by=row["released_by"],
        ranked_at=row["shared_at"] or row["created_at"],
    )
