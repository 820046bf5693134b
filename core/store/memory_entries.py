"""What is remembered, as the office looks at it and as files hold it.

An entry here is a whole text; the sentences of a translation follow it in all that is done to it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.errors import AlreadyReviewed, NotYours
from core.memory.keys import input_key, output_key
from core.memory.pairs import TEXT
from core.store import audit
from core.store.columns import now
from core.store.db import Database
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.memory import IMPORT, OFF, OWN, RETIRED, SHARED, SWITCHED_OFF, bump
from core.store.moments import DayOf
from core.types import Member, Task


@dataclass(frozen=True)
class Entry:
    """Something remembered: `state` own, shared, retired or off; `released_by` reviewer, visitors, check or import.

    `uses` counts the answers that it was used in. `correction_id` is empty where it was imported. Of a summary,
    `target` is its length and form. `is_switched` means that a member turned it off, and may turn it on again.
    """

    memory_id: str
    correction_id: str
    task: Task
    source: str
    target: str
    input_text: str
    output_text: str
    state: str
    released_by: str
    segment: str
    uses: int
    created_at: datetime
    shared_at: datetime | None
    is_switched: bool = False


@dataclass(frozen=True)
class Chosen:
    """Which entries to look at, an empty value means all, and in which order: newest, oldest or most used first."""

    task: Task | None = None
    state: str = ""
    search: str = ""
    target: str = ""
    order: str = "newest"


def counts(database: Database) -> dict[tuple[Task, str], int]:
    """Return how many entries there are, by task and state."""
    found = select(MemoryRow.task, MemoryRow.state, func.count())
    found = found.where(MemoryRow.unit == TEXT, MemoryRow.input_key != "")
    with database.reading("counting what is remembered") as session:
        rows = session.execute(found.group_by(MemoryRow.task, MemoryRow.state))
        return {(Task(task), state): int(count) for task, state, count in rows}


def page(database: Database, chosen: Chosen, start: int = 0, size: int = 20) -> tuple[tuple[Entry, ...], int]:
    """Return `size` entries from the `start`-th on, in the order that was chosen, and how many there are."""
    with database.reading("reading what is remembered") as session:
        total = session.scalar(select(func.count()).select_from(_matching(chosen).subquery())) or 0
        found = _in_order(_matching(chosen), chosen.order)
        rows = session.scalars(found.offset(start).limit(size)).all()
        times = _times(session, [row.memory_id for row in rows])
        return tuple(_entry(row, times.get(row.memory_id, 0)) for row in rows), total


def entry(database: Database, memory_id: str) -> Entry:
    """Return one entry; raises NotYours."""
    with database.reading("reading what is remembered") as session:
        row = _whole(session, memory_id)
        return _entry(row, _times(session, [row.memory_id]).get(row.memory_id, 0))


def released(database: Database, limit: int) -> tuple[Entry, ...]:
    """Return what others than its author may meet, or could: shared and retired, oldest first, at most `limit`."""
    chosen = select(MemoryRow).where(MemoryRow.unit == TEXT, MemoryRow.state.in_((SHARED, RETIRED)))
    with database.reading("reading what is remembered") as session:
        rows = session.scalars(chosen.order_by(MemoryRow.created_at, MemoryRow.memory_id).limit(limit))
        return tuple(_entry(row, 0) for row in rows)


def switch(database: Database, member: Member, memory_id: str, is_on: bool) -> Entry:
    """Turn an entry off, or on again as it was; raises NotYours, and AlreadyReviewed where a verdict turned it off."""
    with database.writing("switching an entry") as session:
        number = bump(session)
        row = _whole(session, memory_id)
        if is_on and row.state == OFF and SWITCHED_OFF not in row.context:
            raise AlreadyReviewed(what="This went off with its correction; decide about that in Review.")
        for one in _family(session, row):
            if is_on and one.state == OFF:
                one.state = one.context.get(SWITCHED_OFF, OWN)
                one.context = {key: value for key, value in one.context.items() if key != SWITCHED_OFF}
            elif not is_on and one.state != OFF:
                one.context = {**one.context, SWITCHED_OFF: one.state}
                one.state = OFF
            one.stamp, one.changed_at = number, now()
        audit.note(session, member, "turned on" if is_on else "turned off", memory_id, task=row.task)
        return _entry(row, _times(session, [memory_id]).get(memory_id, 0))


@dataclass(frozen=True)
class Brought:
    """A pair out of a file: shared from the moment on that the file is taken."""

    task: Task
    source: str
    target: str
    input_text: str
    output_text: str


def bring(
    database: Database, member: Member, pairs: Sequence[Brought], name: str, knowledge: tuple[str, int]
) -> tuple[int, int]:
    """Remember all pairs of a file, or none; return how many are new and how many were known already.

    A known input with another output gets the file's, as a newer entry. `knowledge` is the documents and the revision
    that answers to questions belong to.
    """
    new = known = 0
    with database.writing("importing corrections") as session:
        number = bump(session)
        imported = select(MemoryRow.input_key, MemoryRow.output_key).where(MemoryRow.released_by == IMPORT)
        there = {(one, other) for one, other in session.execute(imported.where(MemoryRow.state == SHARED))}
        for pair in pairs:
            documents, revision = knowledge if pair.task is Task.SUPPORT else ("", 0)
            key = input_key(pair.task, pair.source, pair.target, pair.input_text, documents)
            said = output_key(pair.task, pair.output_text)
            if (key, said) in there:
                known += 1
                continue
            there.add((key, said))
            new += 1
            session.add(
                MemoryRow(
                    memory_id=uuid.uuid4().hex,
                    task=pair.task,
                    source=pair.source,
                    target=pair.target,
                    knowledge_id=documents,
                    knowledge_revision=revision,
                    unit=TEXT,
                    input_text=pair.input_text,
                    output_text=pair.output_text,
                    input_key=key,
                    output_key=said,
                    state=SHARED,
                    released_by=IMPORT,
                    shared_at=now(),
                    stamp=number,
                )
            )
        audit.note(session, member, "imported memory", name, added=new, same=known)
    return new, known


def course(database: Database) -> tuple[tuple[str, int, int], ...]:
    """Return for each day with a change (ISO, UTC, first to last) how many entries were shared, and how many retired.

    Both are counted up to the end of that day: shared is what worked for everybody then, retired what the live weights
    knew without it.
    """
    came = select(DayOf(MemoryRow.shared_at), func.count()).where(MemoryRow.unit == TEXT)
    came = came.where(MemoryRow.shared_at.is_not(None))
    came = came.where(MemoryRow.state.in_((SHARED, RETIRED))).group_by(DayOf(MemoryRow.shared_at))
    went = select(DayOf(MemoryRow.retired_at), func.count()).where(MemoryRow.unit == TEXT, MemoryRow.state == RETIRED)
    went = went.where(MemoryRow.retired_at.is_not(None)).group_by(DayOf(MemoryRow.retired_at))
    with database.reading("reading what is remembered") as session:
        shared = {str(day): int(count) for day, count in session.execute(came)}
        retired = {str(day): int(count) for day, count in session.execute(went)}
    found, working, gone = [], 0, 0
    for day in sorted(shared.keys() | retired.keys()):
        gone += retired.get(day, 0)
        working += shared.get(day, 0) - retired.get(day, 0)
        found.append((day, working, gone))
    return tuple(found)


def _matching(chosen: Chosen) -> Select[MemoryRow]:
    # What was withdrawn has no texts any more: its row only holds the places where it was used.
    found = select(MemoryRow).where(MemoryRow.unit == TEXT, MemoryRow.input_key != "")
    if chosen.task is not None:
        found = found.where(MemoryRow.task == chosen.task)
    for column, wanted in ((MemoryRow.state, chosen.state), (MemoryRow.target, chosen.target)):
        found = found.where(column == wanted) if wanted else found
    if chosen.search.strip():
        columns = (MemoryRow.input_text, MemoryRow.output_text)
        found = found.where(or_(*(column.icontains(chosen.search.strip(), autoescape=True) for column in columns)))
    return found


def _in_order(found: Select[MemoryRow], order: str) -> Select[MemoryRow]:
    if order == "most used":
        used, sentence = aliased(MemoryUseRow), aliased(MemoryRow)
        is_of = or_(sentence.memory_id == MemoryRow.memory_id, sentence.correction_id == MemoryRow.correction_id)
        times = select(func.count(used.interaction_id.distinct())).join(sentence, sentence.memory_id == used.memory_id)
        found = found.order_by(times.where(is_of).correlate(MemoryRow).scalar_subquery().desc())
    created = MemoryRow.created_at.asc() if order == "oldest" else MemoryRow.created_at.desc()
    return found.order_by(created, MemoryRow.memory_id)


def _whole(session: Session, memory_id: str) -> MemoryRow:
    row = session.get(MemoryRow, memory_id)
    if row is None or not row.input_key:
        raise NotYours(what="entry")
    return row


def _family(session: Session, row: MemoryRow) -> Sequence[MemoryRow]:
    if row.correction_id is None:
        return [row]
    return session.scalars(select(MemoryRow).where(MemoryRow.correction_id == row.correction_id)).all()


def _times(session: Session, memory_ids: Collection[str]) -> dict[str, int]:
    """Count the answers that used each entry, or a sentence of it."""
    sentence = aliased(MemoryRow)
    is_of = or_(sentence.memory_id == MemoryRow.memory_id, sentence.correction_id == MemoryRow.correction_id)
    found = (
        select(MemoryRow.memory_id, func.count(MemoryUseRow.interaction_id.distinct()))
        .join(sentence, is_of)
        .join(MemoryUseRow, MemoryUseRow.memory_id == sentence.memory_id)
        .where(MemoryRow.memory_id.in_(memory_ids))
        .group_by(MemoryRow.memory_id)
    )
    return {memory_id: int(count) for memory_id, count in session.execute(found)}


def _entry(row: MemoryRow, uses: int) -> Entry:
    return Entry(
        memory_id=row.memory_id,
        correction_id=row.correction_id or "",
        task=Task(row.task),
        source=row.source,
        target=row.target,
        input_text=row.input_text,
        output_text=row.output_text,
        state=row.state,
        released_by=row.released_by,
        segment=row.segment,
        uses=uses,
        created_at=row.created_at,
        shared_at=row.shared_at,
        is_switched=SWITCHED_OFF in row.context,
    )
