"""Training runs: a queue in the database, one run at a time whoever asks, and signs of life that say who holds it.

A run is held by the process that claimed it, in its attempt: whatever that process writes is refused once another
attempt has begun, so that one that slept and wakes up again can change nothing. A run whose holder gave no sign of life
for `STALE_SECONDS` is given back to the queue, or fails after `ATTEMPTS`. Signs of life bear the time of the database
where several machines may share it, for their own clocks differ. All functions raise StoreError.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import ChangedMeanwhile, NotYours, TooMany
from core.loop import Run, RunProgress, RunState, Training
from core.store import audit
from core.store.columns import UtcTime, now
from core.store.db import Database
from core.store.loop_tables import DatasetItemRow, DatasetRow, EvaluationRow, RunRow
from core.store.office_tables import MemberRow
from core.types import Member, Task, from_plain, to_plain

ATTEMPTS = 3
STALE_SECONDS = 20.0
WAITING_RUNS = 20
_IDS_AT_ONCE = 500
OVER = (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)
KILLED_OFTEN = (
    f"Its process was killed {ATTEMPTS} times, most often because memory ran out. Close what else runs on this "
    "machine, or choose a quicker preset, and try again."
)


@dataclass(frozen=True)
class RunEnd:
    """What came of a finished run: the gate's verdict, as `sentence` and `is_promotable`; empty and None before it."""

    sentence: str = ""
    is_promotable: bool | None = None


def add(database: Database, member: Member, task: Task, dataset_id: str, training: Training) -> Run:
    """Put a run at the end of the queue and return it; raises NotYours for an unknown dataset, TooMany."""
    with database.writing("queueing the training") as session:
        dataset = session.get(DatasetRow, dataset_id)
        if dataset is None or dataset.task != task:
            raise NotYours(what="dataset")
        waiting = select(func.count()).select_from(RunRow).where(RunRow.state == RunState.QUEUED)
        if (session.scalar(waiting) or 0) >= WAITING_RUNS:
            raise TooMany(what="waiting trainings", limit=WAITING_RUNS)
        row = RunRow(
            run_id=uuid.uuid4().hex,
            task=task,
            dataset_id=dataset_id,
            training=to_plain(training),
            state=RunState.QUEUED,
            progress=to_plain(RunProgress(doing="waiting")),
            error="",
            artefact_id="",
            is_stopping=False,
            attempt=0,
            created_by=member.member_id,
            created_at=now(),
        )
        session.add(row)
        session.flush()
        audit.note(session, member, "started training", row.run_id, task=task, dataset=dataset.number, **row.training)
        return _run_of(row, dataset, member.name)


def runs(database: Database, limit: int = 50) -> tuple[Run, ...]:
    """Return the newest runs, newest first."""
    with database.reading("reading the trainings") as session:
        found = session.execute(_with_datasets().order_by(RunRow.created_at.desc(), RunRow.run_id).limit(limit))
        return tuple(_run_of(*row) for row in found)


def run(database: Database, run_id: str) -> Run:
    """Return one run; raises NotYours."""
    with database.reading("reading the training") as session:
        return _run(session, run_id)


def ends(database: Database, artefact_ids: Iterable[str]) -> dict[str, RunEnd]:
    """Return the newest verdict on each artefact that has one."""
    wanted = [one for one in artefact_ids if one]
    found = (
        select(EvaluationRow.artefact_id, EvaluationRow.verdict)
        .where(EvaluationRow.artefact_id.in_(wanted))
        .order_by(EvaluationRow.created_at)
    )
    with database.reading("reading the verdicts") as session:
        return {
            artefact_id: RunEnd(str(verdict.get("sentence", "")), verdict.get("is_promotable"))
            for artefact_id, verdict in session.execute(found)
        }


def at_work(database: Database) -> tuple[str, ...]:
    """Return the ids of all runs that wait or run."""
    active = select(RunRow.run_id).where(RunRow.state.in_((RunState.QUEUED, RunState.RUNNING)))
    with database.reading("looking at the queue") as session:
        return tuple(session.scalars(active))


# The foreman's and the trainer's


def claim(database: Database, run_id: str = "") -> Run | None:
    """Begin the next attempt of the oldest waiting run (or of this one), and return it.

    None where none waits, or where any run is running: the database itself holds no second one.
    """
    with database.reading("looking at the queue") as session:
        if session.scalar(select(RunRow.run_id).where(RunRow.state == RunState.RUNNING).limit(1)) is not None:
            return None
        waiting = select(RunRow.run_id).where(RunRow.state == RunState.QUEUED)
        if run_id:
            waiting = waiting.where(RunRow.run_id == run_id)
        chosen = session.scalar(waiting.order_by(RunRow.created_at, RunRow.run_id).limit(1))
    if chosen is None:
        return None
    begun = update(RunRow).where(RunRow.run_id == chosen, RunRow.state == RunState.QUEUED).returning(RunRow.run_id)
    with database.writing("beginning a training") as session:
        at = _clock(session)
        begun = begun.values(
            state=RunState.RUNNING,
            attempt=RunRow.attempt + 1,
            started_at=func.coalesce(RunRow.started_at, at),
            beat_at=at,
            process=None,
        )
        try:
            with session.begin_nested():
                is_mine = session.scalar(begun) is not None
        except IntegrityError:  # another process began a run between the look and the claim
            return None
        return _run(session, chosen) if is_mine else None


def take(database: Database, run_id: str, attempt: int, process: int) -> Run | None:
    """Note which process carries out an attempt, and return the run; None where the attempt is not its own any more."""
    with database.writing("taking a training over") as session:
        is_mine = _hold(session, run_id, attempt, process=process)
        return _run(session, run_id) if is_mine else None


def beat(database: Database, run_id: str, attempt: int, progress: RunProgress | None = None) -> bool | None:
    """Give a sign of life, with how far the run is, and return whether it should stop.

    None means that the attempt is not the caller's any more: it must end and change nothing.
    """
    values: dict[str, Any] = {} if progress is None else {"progress": to_plain(progress)}
    with database.writing("noting how far the training is") as session:
        if not _hold(session, run_id, attempt, **values):
            return None
        return bool(session.scalar(select(RunRow.is_stopping).where(RunRow.run_id == run_id)))


def trained(session: Session, run_id: str, attempt: int, artefact_id: str) -> None:
    """Note what a run brought forth; raises ChangedMeanwhile where the attempt is not its own any more."""
    if not _hold(session, run_id, attempt, artefact_id=artefact_id):
        raise ChangedMeanwhile(what="This training", who="another process")


def learned_from(session: Session, dataset_id: str, row_ids: Sequence[str]) -> list[str]:
    """Return the corrections behind these rows of a dataset, as far as they are still there."""
    one = DatasetItemRow
    found: list[str | None] = []
    for start in range(0, len(row_ids), _IDS_AT_ONCE):
        part = one.row_id.in_(row_ids[start : start + _IDS_AT_ONCE])
        found += session.scalars(select(one.correction_id).where(one.dataset_id == dataset_id, part))
    return sorted({correction_id for correction_id in found if correction_id})


def stands(database: Database, run_id: str, attempt: int) -> bool | None:
    """Return whether a run should stop, None where the attempt is not the caller's any more; writes nothing."""
    asked = select(RunRow.is_stopping).where(
        RunRow.run_id == run_id, RunRow.attempt == attempt, RunRow.state == RunState.RUNNING
    )
    with database.reading("looking at the training") as session:
        return session.scalar(asked)


def end(database: Database, run_id: str, attempt: int, state: RunState, error: str = "") -> bool:
    """Write down how an attempt ended, and return whether it still was the caller's to end.

    An empty `error` leaves a sentence that says why it was asked to stop.
    """
    told = {"error": error} if error else {}
    with database.writing("noting the end of the training") as session:
        return _hold(session, run_id, attempt, state=state, ended_at=now(), process=None, **told)


def put_back(database: Database, run_id: str, attempt: int, is_counted: bool = True) -> RunState | None:
    """Give a run up whose process is gone: it waits again, or is over where it was to stop or was tried often enough.

    Not counted is what nobody is to blame for, such as the app being closed. Return the state it has now, None where
    the attempt is not the caller's any more.
    """
    with database.writing("giving the training back") as session:
        row = session.get(RunRow, run_id, with_for_update=True)
        if row is None or row.state != RunState.RUNNING or row.attempt != attempt:
            return None
        _give_back(row, is_counted)
        return RunState(row.state)


def recover(database: Database, stale_seconds: float = STALE_SECONDS, alive: str = "") -> tuple[str, ...]:
    """Give up runs whose process gave no sign of life for so long, and return their ids.

    `alive` is the id of a run whose process the caller sees alive, only slow: on a busy machine it gives way to all.
    """
    others = select(RunRow).where(RunRow.state == RunState.RUNNING, RunRow.run_id != alive)
    with database.reading("looking for lost trainings") as session:
        beats = session.scalars(others.with_only_columns(RunRow.beat_at)).all()
        late = _clock(session) - timedelta(seconds=stale_seconds) if beats else None
        if late is None or not any(beat is not None and beat < late for beat in beats):
            return ()
    with database.writing("giving lost trainings back") as session:
        rows = session.scalars(others.where(RunRow.beat_at < late).with_for_update()).all()
        for row in rows:
            _give_back(row, True)
        return tuple(row.run_id for row in rows)


# The founder's


def cancel(database: Database, member: Member, run_id: str) -> RunState:
    """Take a waiting run out of the queue, or ask a running one to stop; return its state. One that is over stays."""
    with database.writing("cancelling the training") as session:
        row = session.get(RunRow, run_id, with_for_update=True)
        if row is None:
            raise NotYours(what="training")
        if row.state in OVER:
            return RunState(row.state)
        audit.note(session, member, "cancelled training", run_id, task=row.task)
        row.is_stopping = True
        if row.state == RunState.QUEUED:
            row.state, row.ended_at = RunState.CANCELLED, now()
        return RunState(row.state)


def _give_back(row: RunRow, is_counted: bool) -> None:
    row.process = None
    if row.is_stopping:
        row.state, row.ended_at = RunState.CANCELLED, now()
    elif is_counted and row.attempt >= ATTEMPTS:
        row.state, row.error, row.ended_at = RunState.FAILED, KILLED_OFTEN, now()
    else:
        # An attempt that is not counted is given back by its own process, as the last thing that this does.
        row.state, row.attempt = RunState.QUEUED, row.attempt if is_counted else row.attempt - 1
        row.progress = to_plain(replace(_progress(row), doing="waiting to go on", seconds_left=None))


def _hold(session: Session, run_id: str, attempt: int, **values: Any) -> bool:
    """Change a run that is in this attempt, with a sign of life, and return whether it was."""
    mine = update(RunRow).where(RunRow.run_id == run_id, RunRow.attempt == attempt, RunRow.state == RunState.RUNNING)
    return session.scalar(mine.values(beat_at=_clock(session), **values).returning(RunRow.run_id)) is not None


def _clock(session: Session) -> datetime:
    """Return the time by which signs of life are compared."""
    if session.get_bind().dialect.name == "sqlite":
        return now()
    return session.execute(select(func.clock_timestamp(type_=UtcTime()))).scalar_one()


def _with_datasets() -> Any:
    joined = select(RunRow, DatasetRow, MemberRow.name).join(DatasetRow, DatasetRow.dataset_id == RunRow.dataset_id)
    return joined.outerjoin(MemberRow, MemberRow.member_id == RunRow.created_by)


def _run(session: Session, run_id: str) -> Run:
    row = session.execute(_with_datasets().where(RunRow.run_id == run_id)).one_or_none()
    if row is None:
        raise NotYours(what="training")
    return _run_of(*row)


def _progress(row: RunRow) -> RunProgress:
    return from_plain(row.progress, RunProgress)


def _run_of(row: RunRow, dataset: DatasetRow, member_name: str | None) -> Run:
    return Run(
        run_id=row.run_id,
        task=Task(row.task),
        dataset_id=row.dataset_id,
        dataset_number=dataset.number,
        training=from_plain(row.training, Training),
        state=RunState(row.state),
        progress=_progress(row),
        error=row.error,
        artefact_id=row.artefact_id,
        created_by=member_name or "",
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        is_stopping=row.is_stopping,
        attempt=row.attempt,
        is_sample=dataset.is_sample,
    )
