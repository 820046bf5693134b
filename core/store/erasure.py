"""Erasure: a visitor who wants to be forgotten disappears, and so does whatever came from their words.

The rows go by their foreign keys. What cannot go row by row is marked in the same transaction before they do: heads and
adapters that were trained with them get a flag, runs that have read them are stopped. A digest of the visitor's id
stays, so that nothing that waits in a queue or a spool, here or in another process, writes them down again.

What may no longer be taught for another reason, because a visitor took a correction back or stopped allowing it, or a
reviewer took an approval back, flags what learned from it in the same way (`flag_learned`).

Left alone is what is not the visitor's: texts of monitors, pages of the handbook, a reviewer's own wording on somebody
else's correction, counts, and what other visitors were answered, wherever its words came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Table, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from core.loop import RunState, Split
from core.privacy import masked
from core.store import (
    signals,
    usage_tables,  # noqa: F401 - their tables hang on visitors too
)
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.loop_tables import ArtefactRow, DatasetItemRow, DatasetRow, ForgottenRow, RunRow
from core.store.office_tables import AuditRow, GapQuestionRow, GapRow
from core.store.tables import Base, InteractionRow, VisitorRow

FLAG = "It was trained with rows of a visitor who was forgotten on {day:%d %B %Y}. Train it anew without them."
TAKEN_BACK = "It was trained with a correction that was taken back on {day:%d %B %Y}. Train it anew without it."
NOT_ALLOWED = (
    "It was trained with rows of a visitor who stopped allowing that on {day:%d %B %Y}. Train it anew without them."
)
NOT_APPROVED = "It was trained with rows whose approval was taken back on {day:%d %B %Y}. Train it anew without them."
RUN_STOPPED = "A visitor whose rows it had read was forgotten. Start it again: it will run without them."


@dataclass(frozen=True)
class Erased:
    """What went: rows by table, the artefacts that were flagged and the runs that were stopped, by their ids.

    `is_scrubbed` says that no copy is left in the database's own log either.
    """

    rows: dict[str, int] = field(default_factory=dict)
    artefacts: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    is_scrubbed: bool = True


def forget(database: Database, visitor_id: str) -> Erased:
    """Erase the visitor and all that hangs on them, or nothing; forgetting twice is the same as once.

    Raises StoreError.
    """
    with database.writing("forgetting you") as session:
        erased = forget_within(session, visitor_id)
    return replace(erased, is_scrubbed=database.scrub())


def forget_within(session: Session, visitor_id: str) -> Erased:
    """Erase the visitor as part of the caller's transaction; the database's own log is left as it is."""
    # Made and held, so that whoever writes for this visitor meanwhile waits here, and then finds the digest.
    session.execute(insert_into(session, VisitorRow).values(visitor_id=visitor_id).on_conflict_do_nothing())
    session.scalars(select(VisitorRow).where(VisitorRow.visitor_id == visitor_id).with_for_update()).one()
    gone = insert_into(session, ForgottenRow).values(visitor_key=key_of(visitor_id)).on_conflict_do_nothing()
    is_first = session.scalar(gone.returning(ForgottenRow.visitor_key)) is not None
    rows = _count(session, visitor_id)
    artefacts, runs = _mark_what_learned(session, visitor_id)
    _rename_gaps(session, visitor_id)
    session.execute(delete(VisitorRow).where(VisitorRow.visitor_id == visitor_id))
    if is_first:
        told = {"rows": sum(rows.values()), "artefacts": list(artefacts), "runs": list(runs)}
        session.add(AuditRow(member_id="", name="", action="forgot a visitor", detail=told))
        signals.changed(session, signals.FORGOTTEN)
    return Erased(rows, artefacts, runs, is_scrubbed=False)


def forgotten(session: Session, visitor_ids: Iterable[str]) -> set[str]:
    """Return those of the visitors who were forgotten."""
    keys = {key_of(visitor_id): visitor_id for visitor_id in visitor_ids}
    found = session.scalars(select(ForgottenRow.visitor_key).where(ForgottenRow.visitor_key.in_(keys)))
    return {keys[key] for key in found}


def is_forgotten(database: Database, visitor_id: str) -> bool:
    """Return whether the visitor of this id was forgotten; raises StoreError."""
    with database.reading("opening your visit") as session:
        return bool(forgotten(session, [visitor_id]))


def flag_of(session: Session, dataset_id: str, began_at: datetime | None) -> str:
    """Return the flag of what is trained on a dataset since `began_at`: a sentence if rows left it meanwhile, or "".

    For whoever writes an artefact down: `forget` flags those that are there already.
    """
    erased_at = session.scalar(select(DatasetRow.erased_at).where(DatasetRow.dataset_id == dataset_id))
    is_late = erased_at is not None and began_at is not None and began_at <= erased_at
    return FLAG.format(day=erased_at) if is_late else ""


def flag_learned(session: Session, sentence: str, is_lost: ColumnElement[bool]) -> tuple[str, ...]:
    """Flag what was trained on rows of datasets that may no longer be taught, and return the artefacts' ids.

    Call it in the transaction that takes them back, before they go. What is flagged already keeps its sentence, and
    allowing it once more lifts no flag. A run that is learning goes on: what comes of it is flagged when it is
    registered (see `core.store.datasets.are_usable`).
    """
    flagged = [one for one in _learned(session, _taught(session, is_lost)) if not one.flag]
    for one in flagged:
        one.flag = sentence.format(day=now())
    return tuple(one.artefact_id for one in flagged)


def key_of(visitor_id: str) -> str:
    """Return the digest that remains of a forgotten visitor's id."""
    return sha256(f"forgotten {visitor_id}".encode()).hexdigest()[:32]


def belongs(table: Table, visitor_id: str) -> ColumnElement[bool]:
    """Return the condition of rows that are deleted with a visitor: whatever leads there by foreign keys."""
    if table.name == VisitorRow.__tablename__:
        return table.c.visitor_id == visitor_id
    leads = [
        key.parent.in_(select(key.column).where(belongs(key.column.table, visitor_id)))
        for key in table.foreign_keys
        if key.ondelete == "CASCADE" and _leads_to_visitors(key.column.table)
    ]
    return or_(false(), *leads)


def tables() -> tuple[Table, ...]:
    """Return every table with rows that belong to visitors, the visitors' own first."""
    return tuple(table for table in Base.metadata.sorted_tables if _leads_to_visitors(table))


def _leads_to_visitors(table: Table) -> bool:
    return table.name == VisitorRow.__tablename__ or any(
        key.ondelete == "CASCADE" and _leads_to_visitors(key.column.table) for key in table.foreign_keys
    )


def _count(session: Session, visitor_id: str) -> dict[str, int]:
    found = {
        table.name: session.scalar(select(func.count()).select_from(table).where(belongs(table, visitor_id))) or 0
        for table in tables()
    }
    return {name: number for name, number in found.items() if number}


def _mark_what_learned(session: Session, visitor_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Count what datasets lose, flag what was trained on it, and stop what is being trained on it.

    Held-out rows teach nothing: a dataset that loses only such rows is counted, and nothing is flagged.
    """
    theirs = belongs(DatasetItemRow.__table__, visitor_id)  # type: ignore[arg-type]
    lost = select(DatasetItemRow.dataset_id, func.count()).where(theirs).group_by(DatasetItemRow.dataset_id)
    at = now()
    for dataset_id, number in sorted(session.execute(lost)):
        of_it = DatasetRow.dataset_id == dataset_id
        session.execute(update(DatasetRow).where(of_it).values(erased=DatasetRow.erased + number))
    ids = _taught(session, theirs)
    session.execute(update(DatasetRow).where(DatasetRow.dataset_id.in_(ids)).values(erased_at=at))
    artefacts = _learned(session, ids)
    for artefact in artefacts:
        artefact.flag = FLAG.format(day=at)
    # One that waits and never began reads its rows when it begins; one that did may have them in a checkpoint.
    has_read = or_(RunRow.state == RunState.RUNNING, (RunRow.state == RunState.QUEUED) & RunRow.started_at.is_not(None))
    begun = select(RunRow).where(RunRow.dataset_id.in_(ids), has_read).order_by(RunRow.run_id).with_for_update()
    runs = session.scalars(begun).all()
    for run in runs:
        run.is_stopping, run.error = True, RUN_STOPPED
        if run.state == RunState.QUEUED:
            run.state, run.ended_at = RunState.CANCELLED, at
    return tuple(one.artefact_id for one in artefacts), tuple(one.run_id for one in runs)


def _taught(session: Session, is_lost: ColumnElement[bool]) -> list[str]:
    """Return the datasets that teach such rows, held against whoever is about to register what learned from them."""
    one = DatasetItemRow
    ids = session.scalars(select(one.dataset_id).where(is_lost, one.split != Split.HELD_OUT).distinct()).all()
    held = select(DatasetRow.dataset_id).where(DatasetRow.dataset_id.in_(ids)).order_by(DatasetRow.dataset_id)
    return list(session.scalars(held.with_for_update(key_share=True)))


def _learned(session: Session, dataset_ids: Sequence[str]) -> Sequence[ArtefactRow]:
    """Return what was trained on datasets, held until the end of the transaction."""
    found = select(ArtefactRow).where(ArtefactRow.dataset_id.in_(dataset_ids)).order_by(ArtefactRow.artefact_id)
    return session.scalars(found.with_for_update()).all()


def _rename_gaps(session: Session, visitor_id: str) -> None:
    """Give gaps that are called by the visitor's question another's, or else the name of their page."""
    asked = (
        select(GapRow, InteractionRow.input_text)
        .join(GapQuestionRow, GapQuestionRow.gap_id == GapRow.gap_id)
        .join(InteractionRow, InteractionRow.interaction_id == GapQuestionRow.interaction_id)
    )
    for gap, text in session.execute(asked.where(InteractionRow.visitor_id == visitor_id)).all():
        if gap.title != _title(text):
            continue
        others = asked.where(GapRow.gap_id == gap.gap_id, InteractionRow.visitor_id != visitor_id)
        other = session.execute(others.order_by(InteractionRow.started_at).limit(1)).first()
        gap.title = _title(other[1]) if other else gap.document or "A question that was forgotten"


def _title(question: str) -> str:
    return masked(" ".join(question.split()))
