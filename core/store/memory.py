"""The memory in the database: written with the correction that it comes from, settled with every verdict on that.

Each function works inside the transaction of the deed that it follows from, so that a correction and what is remembered
of it are never apart. Vectors come later: an exact hit needs none.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.memory.keys import input_key, output_key
from core.memory.pairs import TEXT, pairs_of
from core.privacy import masked
from core.store import receipts, signals
from core.store.columns import now
from core.store.db import insert_into
from core.store.loop_tables import MemoryRow, MemoryStampRow
from core.store.memory_asked import Asked
from core.store.tables import CorrectionRow, VisitorRow
from core.types import Task

OWN, SHARED, RETIRED, OFF = "own", "shared", "retired", "off"
WORKING = (OWN, SHARED)
REVIEWER, VISITORS, CHECK, IMPORT = "reviewer", "visitors", "check", "import"
# What a member switched off; the value is what it becomes when it is switched on.
SWITCHED_OFF = "switched off"
STANDING = ("saved", "approved", "trained")
# One visitor's entries that work before anybody has looked; beyond, the oldest are forgotten.
OWN_ENTRIES = 200
# Corrections of one visitor that may be released without a person.
RELEASED_ALONE = 20


def remember(session: Session, correction: CorrectionRow, asked: Asked | None, is_sample: bool = False) -> int:
    """Remember a new correction for its author, in the transaction that saves it; return how many entries there are.

    The same correction is remembered once; of one visitor the newest `OWN_ENTRIES` work.
    """
    if asked is None or is_sample:
        return 0
    written = _write(session, correction, asked, correction.approved_text or correction.corrected_text)
    if written:
        _forget_oldest(session, correction.visitor_id)
    return written


def settle(session: Session, correction_id: str, status: str, text: str = "") -> None:
    """Let a correction's entries follow its status: call it wherever that changes, in the same transaction.

    Approved: shared where the visitor allowed it, then and now, with `text` where a reviewer changed it. Saved, which
    means reopened: as before the verdict. Trained: as it is. Withdrawn: off, and the texts deleted. Else: off.
    """
    rows = _rows_of(session, [correction_id])
    correction = session.get(CorrectionRow, correction_id)
    if not rows or correction is None or status == "trained":
        return
    number = bump(session)
    if status not in STANDING:
        for row in rows:
            row.state = OFF
            row.context = {key: value for key, value in row.context.items() if key != SWITCHED_OFF}
            if status == "withdrawn":
                row.input_text = row.output_text = row.input_key = row.output_key = ""
                row.vector, row.encoder, row.context = None, "", {}
            _stamp(row, number)
        return
    right = text or correction.approved_text or correction.corrected_text
    rows = _with_text(session, correction, rows, right, number)
    before = next((row.context.get("alone", "") for row in rows), "")
    by = REVIEWER if status == "approved" else before
    if by and _may_share(session, correction):
        _share(session, rows, by, number)
        return
    for row in rows:
        put(row, OWN)
        row.released_by, row.shared_at = "", None
        _stamp(row, number)


def release(session: Session, correction_ids: Collection[str], by: str) -> tuple[str, ...]:
    """Share what works for its author alone, because visitors agree or a check passed; return what was released.

    Left as they are: those whose visitor does not allow it, those that hold personal data, and those of a visitor of
    whom `RELEASED_ALONE` are shared already.
    """
    released = []
    rows = _rows_of(session, correction_ids)
    for correction_id in sorted({str(row.correction_id) for row in rows}):
        mine = [row for row in rows if row.correction_id == correction_id and row.state == OWN]
        correction = session.get(CorrectionRow, correction_id)
        if not mine or correction is None or correction.status != "saved" or not _may_share(session, correction):
            continue
        is_personal = any(masked(text) != text for row in mine for text in (row.input_text, row.output_text))
        if is_personal or _released_alone(session, correction.visitor_id) >= RELEASED_ALONE:
            continue
        for row in mine:
            row.context = {**row.context, "alone": by}
        _share(session, mine, by, bump(session))
        session.flush()
        released.append(correction_id)
    return tuple(released)


def agreed(session: Session, correction_id: str) -> tuple[str, ...]:
    """Return the corrections that correct the same input alike, this one first, where two visitors did; else nothing.

    Nothing either where a reviewer has rejected the same, or shares another output for this input.
    """
    row = session.scalars(
        select(MemoryRow).where(MemoryRow.correction_id == correction_id, MemoryRow.unit == TEXT)
    ).first()
    if row is None or row.state not in WORKING:
        return ()
    same = select(MemoryRow, CorrectionRow.status).join(
        CorrectionRow, CorrectionRow.correction_id == MemoryRow.correction_id
    )
    same = same.where(
        MemoryRow.task == row.task,
        MemoryRow.input_key == row.input_key,
        MemoryRow.knowledge_revision == row.knowledge_revision,
        MemoryRow.unit == TEXT,
    )
    found = [(other, str(status)) for other, status in session.execute(same.order_by(MemoryRow.created_at))]
    alike = [other for other, status in found if other.output_key == row.output_key]
    if any(status == "rejected" for other, status in found if other.output_key == row.output_key):
        return ()
    if any(other.released_by == REVIEWER for other, _ in found if other.output_key != row.output_key):
        return ()
    willing = [other for other in alike if other.state in WORKING and _allows(session, other)]
    if row not in willing or len({other.visitor_id for other in willing}) < 2:
        return ()
    return (correction_id, *(str(other.correction_id) for other in willing if other is not row))


def retire(session: Session, memory_ids: Collection[str], artefact_id: str) -> int:
    """Retire shared entries that the weights of an artefact know without them; return how many there were."""
    chosen = select(MemoryRow).where(MemoryRow.memory_id.in_(memory_ids), MemoryRow.state == SHARED)
    rows = session.scalars(chosen).all()
    number = bump(session) if rows else 0
    for row in rows:
        row.state, row.retired_by, row.retired_at = RETIRED, artefact_id, now()
        _stamp(row, number)
    return len(rows)


def bring_back(session: Session, artefact_id: str) -> int:
    """Let everything work again that was retired for an artefact; return how many there were."""
    chosen = select(MemoryRow).where(MemoryRow.retired_by == artefact_id, MemoryRow.state == RETIRED)
    rows = session.scalars(chosen).all()
    number = bump(session) if rows else 0
    for row in rows:
        row.state, row.retired_by, row.retired_at = SHARED, "", None
        _stamp(row, number)
    return len(rows)


def allow(session: Session, visitor_id: str, is_allowed: bool) -> None:
    """Follow a visitor's changed consent to train: without it nothing of theirs is shared any more."""
    mine = select(CorrectionRow).where(
        CorrectionRow.visitor_id == visitor_id, CorrectionRow.status.in_(STANDING), CorrectionRow.consent_train
    )
    for correction in session.scalars(mine).all():
        rows = _rows_of(session, [correction.correction_id])
        if not rows:
            continue
        by = REVIEWER if correction.status != "saved" else next((row.context.get("alone", "") for row in rows), "")
        number = bump(session)
        if is_allowed and by:
            _share(session, rows, by, number, is_told=False)
            continue
        for row in rows if not is_allowed else ():
            if row.context.get(SWITCHED_OFF, row.state) in (SHARED, RETIRED):
                put(row, OWN)
                row.released_by, row.shared_at, row.retired_by, row.retired_at = "", None, "", None
                _stamp(row, number)


def put(row: MemoryRow, state: str) -> None:
    """Give an entry its state; one that a member switched off stays so, and gets it when it is switched on."""
    if SWITCHED_OFF in row.context:
        row.context = {**row.context, SWITCHED_OFF: state}
    else:
        row.state = state


def bump(session: Session, kind: str = "memory") -> int:
    """Return the number of a change that is being made; whoever changes next waits until this transaction ends."""
    insert = insert_into(session, MemoryStampRow).values(kind=kind, number=1)
    counted = insert.on_conflict_do_update(index_elements=["kind"], set_={"number": MemoryStampRow.number + 1})
    number = int(session.scalar(counted.returning(MemoryStampRow.number)))
    signals.changed(session, signals.MEMORY)
    return number


def _rows_of(session: Session, correction_ids: Collection[str]) -> list[MemoryRow]:
    chosen = select(MemoryRow).where(MemoryRow.correction_id.in_(correction_ids))
    return list(session.scalars(chosen.order_by(MemoryRow.created_at, MemoryRow.memory_id)))


def _stamp(row: MemoryRow, number: int) -> None:
    row.stamp, row.changed_at = number, now()


def _write(session: Session, correction: CorrectionRow, asked: Asked, text: str) -> int:
    task = Task(correction.task)
    pairs = pairs_of(task, asked.source, asked.target, asked.input_text, text)
    if not pairs:
        return 0
    number = bump(session)
    for pair in pairs:
        session.add(
            MemoryRow(
                memory_id=uuid.uuid4().hex,
                correction_id=correction.correction_id,
                visitor_id=correction.visitor_id,
                task=task,
                source=asked.source,
                target=asked.target,
                knowledge_id=asked.knowledge_id,
                knowledge_revision=asked.revision,
                unit=pair.unit,
                input_text=pair.input_text,
                output_text=pair.output_text,
                input_key=input_key(task, asked.source, asked.target, pair.input_text, asked.knowledge_id),
                output_key=output_key(task, pair.output_text),
                segment=asked.segment,
                state=OWN,
                stamp=number,
            )
        )
    session.flush()
    return len(pairs)


def _with_text(
    session: Session, correction: CorrectionRow, rows: list[MemoryRow], text: str, number: int
) -> list[MemoryRow]:
    """Give the entries another right output; its sentences are paired anew."""
    whole = next((row for row in rows if row.unit == TEXT), None)
    if whole is None or whole.output_text == text.strip():
        return rows
    for row in rows:
        if row is not whole:
            session.delete(row)
    session.flush()
    asked = Asked(
        correction.input_text if whole.task != Task.SUPPORT else whole.input_text,
        whole.source,
        whole.target,
        whole.knowledge_id,
        whole.knowledge_revision,
        whole.segment,
    )
    if not _write(session, correction, asked, text):
        whole.state = OFF
        _stamp(whole, number)
        return []
    fresh = [row for row in _rows_of(session, [correction.correction_id]) if row is not whole]
    # The entry keeps its id: answers that used it go on pointing there.
    new = next(row for row in fresh if row.unit == TEXT)
    whole.output_text, whole.output_key = new.output_text, new.output_key
    session.delete(new)
    session.flush()
    return [whole, *(row for row in fresh if row is not new)]


def _may_share(session: Session, correction: CorrectionRow) -> bool:
    visitor = session.get(VisitorRow, correction.visitor_id)
    return bool(correction.consent_train and visitor and visitor.consent_train and not visitor.is_sample)


def _allows(session: Session, row: MemoryRow) -> bool:
    correction = session.get(CorrectionRow, row.correction_id)
    return correction is not None and _may_share(session, correction)


def _share(session: Session, rows: Sequence[MemoryRow], by: str, number: int, is_told: bool = True) -> None:
    is_new = any(row.state != SHARED or row.released_by != by for row in rows)
    for row in rows:
        if row.state != RETIRED:
            put(row, SHARED)
        row.shared_at = now()
        row.released_by = by
        # What others may meet holds nobody's personal data; the key, a digest, still finds the very same input.
        row.input_text, row.output_text = masked(row.input_text), masked(row.output_text)
        _stamp(row, number)
    if is_told and is_new and rows:
        receipts.tell(session, {str(row.correction_id) for row in rows}, "shared", by)


def _released_alone(session: Session, visitor_id: str) -> int:
    mine = select(func.count(MemoryRow.correction_id.distinct())).where(
        MemoryRow.visitor_id == visitor_id,
        MemoryRow.released_by.in_((VISITORS, CHECK)),
        MemoryRow.state.in_((SHARED, RETIRED)),
    )
    return int(session.scalar(mine) or 0)


def _forget_oldest(session: Session, visitor_id: str) -> None:
    """Turn off what is beyond `OWN_ENTRIES` of one visitor, whole corrections, the oldest first."""
    mine = (
        select(MemoryRow.correction_id, func.count(), func.max(MemoryRow.stamp))
        .where(MemoryRow.visitor_id == visitor_id, MemoryRow.state == OWN)
        .group_by(MemoryRow.correction_id)
        .order_by(func.max(MemoryRow.stamp).desc())
    )
    kept, beyond = 0, []
    for correction_id, count, _ in session.execute(mine):
        kept += count
        if kept > OWN_ENTRIES:
            beyond.append(correction_id)
    if beyond:
        number = bump(session)
        session.execute(
            update(MemoryRow)
            .where(MemoryRow.correction_id.in_(beyond), MemoryRow.state == OWN)
            .values(state=OFF, stamp=number, changed_at=now())
        )
