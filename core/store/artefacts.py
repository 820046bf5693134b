"""Trained heads and adapters, and which of them serves: every switch is a row, and the newest row holds.

An artefact serves a task for everybody (segment "") or for one segment. A segment without an artefact of its own is
served as everybody is, and everybody without one by the weights that ship.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core.errors import ChangedMeanwhile, NotYours
from core.loop import Artefact, ArtefactKind, ArtefactState, Split
from core.store import audit, memory, signals
from core.store.columns import now
from core.store.db import Database
from core.store.erasure import flag_of
from core.store.loop_tables import ArtefactRow, DatasetItemRow, RunRow, ServingRow
from core.store.office_tables import MemberRow
from core.store.receipts import tell
from core.types import Member, Task

PROMOTED, OVERRIDDEN, ROLLED_BACK, ROLLED_BACK_ALONE = "promoted", "overridden", "rolled back", "rolled back alone"
_GOING_FORWARD = (PROMOTED, OVERRIDDEN)


@dataclass(frozen=True)
class Switch:
    """That from `at` on `artefact_id` served in place of `before_id`; an empty id is what serves without it.

    `kind` is promoted, overridden, rolled back or rolled back alone; `name` is the member's, empty where it went by
    itself. `memory` tells what became of the memory after it (see `core.store.retiring`).
    """

    serving_id: int
    task: Task
    segment: str
    artefact_id: str
    before_id: str
    kind: str
    reason: str
    evaluation_id: str
    name: str
    at: datetime
    memory: dict[str, Any]

    @property
    def is_forward(self) -> bool:
        """Whether something new came to serve, rather than something earlier again."""
        return self.kind in _GOING_FORWARD


# Artefacts


def new_id() -> str:
    """Return an id for an artefact, fit to be the name of its folder."""
    return uuid.uuid4().hex


def add(
    where: Session | Database,
    task: Task,
    kind: ArtefactKind,
    *,
    base_id: str,
    base_sha256: str,
    sha256: str,
    folder: str,
    card: dict[str, Any],
    artefact_id: str = "",
    run_id: str = "",
    dataset_id: str = "",
    segment: str = "",
    is_sample: bool = False,
) -> Artefact:
    """Write a trained artefact down as a candidate, numbered within its task, and return it.

    With a session it is part of that transaction. `folder` is relative to the data folder; its files must be complete.
    It is flagged where a visitor whose rows it may have read was forgotten since its run began.
    """
    with _writing(where) as session:
        newest = session.scalar(select(func.max(ArtefactRow.number)).where(ArtefactRow.task == task))
        run = session.get(RunRow, run_id) if run_id else None
        row = ArtefactRow(
            artefact_id=artefact_id or new_id(),
            task=task,
            number=(newest or 0) + 1,
            kind=kind,
            state=ArtefactState.CANDIDATE,
            segment=segment,
            run_id=run_id,
            dataset_id=dataset_id,
            base_id=base_id,
            base_sha256=base_sha256,
            sha256=sha256,
            folder=folder,
            card=card,
            flag=flag_of(session, dataset_id, run.started_at if run else None),
            is_sample=is_sample,
            created_at=now(),
        )
        session.add(row)
        session.flush()
        return artefact_of(row)


def artefacts(database: Database, task: Task | None = None) -> tuple[Artefact, ...]:
    """Return all artefacts, newest first."""
    found = select(ArtefactRow).order_by(ArtefactRow.created_at.desc(), ArtefactRow.number.desc())
    if task is not None:
        found = found.where(ArtefactRow.task == task)
    with database.reading("reading what was trained") as session:
        return tuple(artefact_of(row) for row in session.scalars(found))


def artefact(database: Database, artefact_id: str) -> Artefact:
    """Return one artefact; raises NotYours."""
    with database.reading("reading what was trained") as session:
        return artefact_of(_row(session, artefact_id))


def flag(session: Session, artefact_ids: Sequence[str], sentence: str) -> int:
    """Mark artefacts as to be trained anew, with the reason, and return how many; a mark that stands is kept."""
    marked = update(ArtefactRow).where(ArtefactRow.artefact_id.in_(artefact_ids), ArtefactRow.flag == "")
    return len(session.scalars(marked.values(flag=sentence).returning(ArtefactRow.artefact_id)).all())


def withdraw(session: Session, member: Member, artefact_id: str, reason: str) -> None:
    """Keep an artefact from ever serving again; raises ChangedMeanwhile while it serves."""
    row = _row(session, artefact_id)
    if any(one.artefact_id == artefact_id for one in _newest(session)):
        raise ChangedMeanwhile(what="What serves", who="somebody")
    row.state = ArtefactState.WITHDRAWN
    audit.note(session, member, "withdrew artefact", artefact_id, task=row.task, number=row.number, reason=reason)


def artefact_of(row: ArtefactRow) -> Artefact:
    """Return the artefact of a row."""
    return Artefact(
        artefact_id=row.artefact_id,
        name=f"{row.task} {row.kind} {row.number}",
        task=Task(row.task),
        kind=ArtefactKind(row.kind),
        state=ArtefactState(row.state),
        number=row.number,
        segment=row.segment,
        run_id=row.run_id,
        dataset_id=row.dataset_id,
        base_id=row.base_id,
        base_sha256=row.base_sha256,
        sha256=row.sha256,
        folder=row.folder,
        card=row.card,
        flag=row.flag,
        created_at=row.created_at,
        is_sample=row.is_sample,
    )


# What serves


def revision(database: Database) -> int:
    """Return a number that changes with every switch: cheap to ask between two requests."""
    with database.reading("looking at what serves") as session:
        return session.scalar(select(func.max(ServingRow.serving_id))) or 0


def live(database: Database) -> dict[tuple[Task, str], Artefact]:
    """Return what serves by task and segment; what is not in it is served by the weights that ship."""
    with database.reading("looking at what serves") as session:
        served = {(Task(one.task), one.segment): one.artefact_id for one in _newest(session) if one.artefact_id}
        found = session.scalars(select(ArtefactRow).where(ArtefactRow.artefact_id.in_(served.values())))
        rows = {row.artefact_id: artefact_of(row) for row in found}
        return {place: rows[artefact_id] for place, artefact_id in served.items() if artefact_id in rows}


def live_for(served: Mapping[tuple[Task, str], Artefact], artefact: Artefact) -> Artefact | None:
    """Return what serves where this artefact would, or None for what ships."""
    return served.get((artefact.task, artefact.segment)) or served.get((artefact.task, ""))


def switches(database: Database, task: Task | None = None, segment: str | None = None) -> tuple[Switch, ...]:
    """Return every switch, newest first."""
    with database.reading("reading what served") as session:
        return tuple(_switches(session, task, segment))


def switches_of(session: Session, artefact_id: str) -> tuple[Switch, ...]:
    """Return the switches to an artefact and away from it, oldest first."""
    found = (one for one in _switches(session, None, None) if artefact_id in (one.artefact_id, one.before_id))
    return tuple(sorted(found, key=lambda one: one.serving_id))


def before(database: Database, task: Task, segment: str) -> tuple[str, ...]:
    """Return the ids of what a roll-back would go to, the first choice first, and at last "" for what is beneath.

    Promotions stand on one another; a roll-back takes the top one off, so that two of them go back two steps.
    """
    with database.reading("reading what served") as session:
        stack: list[str] = [""]
        for one in reversed(list(_switches(session, task, segment))):
            if one.is_forward:
                stack.append(one.artefact_id)
            else:
                while len(stack) > 1 and stack[-1] != one.artefact_id:
                    stack.pop()
        return tuple(dict.fromkeys(reversed(stack[:-1]))) if len(stack) > 1 else ()


def serve(
    session: Session,
    member: Member,
    task: Task,
    segment: str,
    artefact_id: str,
    kind: str,
    reason: str = "",
    evaluation_id: str = "",
    seen: int | None = None,
) -> int:
    """Let an artefact serve from now on ("" for what is beneath), tell the receipts, and return the new revision.

    `seen` is the serving_id of the switch that the member looked at, 0 where there was none: raises ChangedMeanwhile
    where there was another since. Raises NotYours for an unknown artefact, ChangedMeanwhile for a withdrawn one and,
    unless it is rolled back to, for one that was flagged. What was retired from the memory because the weights before
    knew it works again in the same transaction.
    """
    _one_at_a_time(session)
    newest = next(iter(_switches(session, task, segment)), None)
    if seen is not None and seen != (newest.serving_id if newest else 0):
        raise ChangedMeanwhile(what="What serves", who=(newest.name if newest else "") or "Hearback itself")
    before_id = newest.artefact_id if newest else ""
    row = _row(session, artefact_id) if artefact_id else None
    if row is not None and (row.state == ArtefactState.WITHDRAWN or (row.flag and kind in _GOING_FORWARD)):
        raise ChangedMeanwhile(what=artefact_of(row).name, who="somebody, who withdrew or flagged it,")
    switch = ServingRow(
        task=task,
        segment=segment,
        artefact_id=artefact_id,
        before_id=before_id,
        kind=kind,
        reason=reason,
        evaluation_id=evaluation_id,
        member_id=member.member_id,
    )
    session.add(switch)
    session.flush()
    if row is not None:
        row.state = ArtefactState.LIVE
    if before_id != artefact_id:
        _retire(session, before_id)
    _bring_back(session, task, before_id)
    _tell(session, artefact_id if kind in _GOING_FORWARD else before_id, kind)
    name = artefact_of(row).name if row is not None else ""
    told = {"task": task, "segment": segment, "name": name, "before": before_id, "reason": reason}
    audit.note(session, member, kind, artefact_id or before_id, evaluation=evaluation_id, **told)
    signals.changed(session, signals.SERVING)
    return switch.serving_id


# Inside


@contextmanager
def _writing(where: Session | Database) -> Iterator[Session]:
    if isinstance(where, Session):
        yield where
        return
    with where.writing("saving what was trained") as session:
        yield session


def _row(session: Session, artefact_id: str) -> ArtefactRow:
    row = session.get(ArtefactRow, artefact_id)
    if row is None:
        raise NotYours(what="head or adapter")
    return row


def _one_at_a_time(session: Session) -> None:
    """Keep other switches out until this one is committed, so that revisions become visible in their order."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("LOCK TABLE servings IN SHARE ROW EXCLUSIVE MODE"))


def _newest(session: Session) -> Sequence[ServingRow]:
    newest = select(func.max(ServingRow.serving_id)).group_by(ServingRow.task, ServingRow.segment)
    return session.scalars(select(ServingRow).where(ServingRow.serving_id.in_(newest))).all()


def _switches(session: Session, task: Task | None, segment: str | None) -> Iterator[Switch]:
    found = (
        select(ServingRow, MemberRow.name)
        .outerjoin(MemberRow, MemberRow.member_id == ServingRow.member_id)
        .order_by(ServingRow.serving_id.desc())
    )
    if task is not None:
        found = found.where(ServingRow.task == task)
    if segment is not None:
        found = found.where(ServingRow.segment == segment)
    for row, name in session.execute(found):
        yield Switch(
            serving_id=row.serving_id,
            task=Task(row.task),
            segment=row.segment,
            artefact_id=row.artefact_id,
            before_id=row.before_id,
            kind=row.kind,
            reason=row.reason,
            evaluation_id=row.evaluation_id,
            name=name or "",
            at=row.at,
            memory=row.memory,
        )


def _retire(session: Session, artefact_id: str) -> None:
    """Note that an artefact has served, unless it still serves somewhere."""
    row = session.get(ArtefactRow, artefact_id) if artefact_id else None
    if row is None or any(one.artefact_id == artefact_id for one in _newest(session)):
        return
    if row.state == ArtefactState.LIVE:
        row.state = ArtefactState.RETIRED


def _bring_back(session: Session, task: Task, before_id: str) -> None:
    """Let the memory answer again what no longer is known by all that serve the task.

    That is what was retired for the weights before, and where a segment has its own, for everybody's too.
    """
    served = {one.segment: one.artefact_id for one in _newest(session) if one.task == task}
    gone = {before_id} - {served.get("", "")}
    if any(artefact_id for segment, artefact_id in served.items() if segment):
        gone.add(served.get("", ""))
    for artefact_id in gone - {""}:
        memory.bring_back(session, artefact_id)


def _tell(session: Session, artefact_id: str, kind: str) -> None:
    row = session.get(ArtefactRow, artefact_id) if artefact_id else None
    if row is not None and row.dataset_id:
        step = "live" if kind in _GOING_FORWARD else "rolled back"
        # Of what was held out nothing was learned, and nobody is told otherwise.
        learned = select(DatasetItemRow.correction_id).where(
            DatasetItemRow.dataset_id == row.dataset_id,
            DatasetItemRow.split == Split.TRAIN,
            DatasetItemRow.correction_id.is_not(None),
        )
        tell(session, [one for one in session.scalars(learned) if one], step, artefact_of(row).name)
