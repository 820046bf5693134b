"""Where an artefact comes from and where it went: what visitors said, dataset, run, evaluations, switches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.loop import Artefact
from core.store.artefacts import Switch, artefact_of, switches_of
from core.store.db import Database
from core.store.loop_tables import ArtefactRow, DatasetItemRow, DatasetRow, EvaluationRow, RunRow
from core.store.office_tables import MemberRow, ReviewRow
from core.store.tables import CorrectionRow, InteractionRow, RatingRow

SHOWN_LINKS = 50


@dataclass(frozen=True)
class Link:
    """One row of the dataset, back to the click it began with; texts are as far as they may be kept.

    `asked_at` is when the visitor used the task, `score` their rating or None, `said_at` when they corrected it,
    `reviewer` who approved it, `split` what the row was used for.
    """

    row_id: str
    split: str
    source_kind: str
    correction_id: str
    input_text: str
    output_text: str
    said: str
    segment: str
    asked_at: datetime | None
    score: int | None
    said_at: datetime | None
    reviewer: str
    reviewed_at: datetime | None


@dataclass(frozen=True)
class DatasetPart:
    """The dataset: its number, hash and rows by split; `erased` rows are gone since, `visitors` are still in it."""

    dataset_id: str
    number: int
    sha256: str
    rows: dict[str, int]
    visitors: int
    erased: int
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class RunPart:
    """The training: how, by whom, and when."""

    run_id: str
    training: dict[str, Any]
    state: str
    name: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class EvaluationPart:
    """A comparison and what the gate said of it."""

    evaluation_id: str
    live_id: str
    is_promotable: bool
    sentence: str
    created_at: datetime


@dataclass(frozen=True)
class Lineage:
    """All of it, in the order in which it happened; `links` are the first of `rows` rows."""

    artefact: Artefact
    rows: int
    links: tuple[Link, ...]
    dataset: DatasetPart | None
    run: RunPart | None
    evaluations: tuple[EvaluationPart, ...]
    switches: tuple[Switch, ...]


def lineage(database: Database, artefact: Artefact, limit: int = SHOWN_LINKS, start: int = 0) -> Lineage:
    """Return where an artefact comes from, with `limit` rows of its dataset from the `start`-th on."""
    with database.reading("reading where it comes from") as session:
        row = session.get(ArtefactRow, artefact.artefact_id)
        dataset = _dataset(session, artefact.dataset_id)
        return Lineage(
            artefact=artefact_of(row) if row is not None else artefact,
            rows=sum(dataset.rows.values()) if dataset else 0,
            links=_links(session, artefact.dataset_id, limit, start),
            dataset=dataset,
            run=_run(session, artefact.run_id),
            evaluations=_evaluations(session, artefact.artefact_id),
            switches=switches_of(session, artefact.artefact_id),
        )


def verdicts(database: Database) -> dict[str, EvaluationPart]:
    """Return the newest evaluation of each artefact, by the artefact's id."""
    with database.reading("reading the verdicts") as session:
        found = session.scalars(select(EvaluationRow).order_by(EvaluationRow.created_at))
        return {row.artefact_id: _evaluation(row) for row in found}


def _dataset(session: Session, dataset_id: str) -> DatasetPart | None:
    row = session.get(DatasetRow, dataset_id) if dataset_id else None
    if row is None:
        return None
    mine = DatasetItemRow.dataset_id == dataset_id
    counted = select(DatasetItemRow.split, func.count()).where(mine).group_by(DatasetItemRow.split)
    visitors = select(func.count(func.distinct(DatasetItemRow.visitor_id))).where(mine)
    return DatasetPart(
        dataset_id=dataset_id,
        number=row.number,
        sha256=row.sha256,
        rows={row[0]: row[1] for row in session.execute(counted)},
        visitors=session.scalar(visitors) or 0,
        erased=row.erased,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def _links(session: Session, dataset_id: str, limit: int, start: int) -> tuple[Link, ...]:
    approved = (
        select(ReviewRow.correction_id, MemberRow.name, ReviewRow.at)
        .outerjoin(MemberRow, MemberRow.member_id == ReviewRow.member_id)
        .where(ReviewRow.verdict == "approved", ReviewRow.undone_at.is_(None))
        .order_by(ReviewRow.at)
    )
    found = (
        select(DatasetItemRow, CorrectionRow, InteractionRow, RatingRow.score)
        .outerjoin(CorrectionRow, CorrectionRow.correction_id == DatasetItemRow.correction_id)
        .outerjoin(InteractionRow, InteractionRow.interaction_id == CorrectionRow.interaction_id)
        .outerjoin(
            RatingRow,
            (RatingRow.interaction_id == CorrectionRow.interaction_id)
            & (RatingRow.visitor_id == CorrectionRow.visitor_id),
        )
        .where(DatasetItemRow.dataset_id == dataset_id)
        .order_by(DatasetItemRow.position)
        .limit(limit)
        .offset(start)
    )
    rows = session.execute(found).all()
    ids = [item.correction_id for item, *_ in rows if item.correction_id]
    by_whom = {
        correction_id: (name or "", at)
        for correction_id, name, at in session.execute(approved.where(ReviewRow.correction_id.in_(ids)))
    }
    return tuple(_link(*row, *by_whom.get(row[0].correction_id or "", ("", None))) for row in rows)


def _link(
    item: DatasetItemRow,
    correction: CorrectionRow | None,
    use: InteractionRow | None,
    score: int | None,
    reviewer: str,
    reviewed_at: datetime | None,
) -> Link:
    messages = item.content.get("messages") or [{}, {}]
    told = [str(one.get("content", "")) for one in messages[-2:]]
    return Link(
        row_id=item.row_id,
        split=item.split,
        source_kind=item.source_kind,
        correction_id=item.correction_id or "",
        input_text=correction.input_text if correction else told[0],
        output_text=correction.output_text if correction else "",
        said=told[-1] or (correction.corrected_text if correction else ""),
        segment=use.segment if use else "",
        asked_at=use.started_at if use else None,
        score=score,
        said_at=correction.created_at if correction else None,
        reviewer=reviewer,
        reviewed_at=reviewed_at,
    )


def _run(session: Session, run_id: str) -> RunPart | None:
    row = session.get(RunRow, run_id) if run_id else None
    if row is None:
        return None
    name = session.scalar(select(MemberRow.name).where(MemberRow.member_id == row.created_by))
    return RunPart(run_id, row.training, row.state, name or row.created_by, row.started_at, row.ended_at)


def _evaluations(session: Session, artefact_id: str) -> tuple[EvaluationPart, ...]:
    found = select(EvaluationRow).where(EvaluationRow.artefact_id == artefact_id)
    return tuple(_evaluation(row) for row in session.scalars(found.order_by(EvaluationRow.created_at)))


def _evaluation(row: EvaluationRow) -> EvaluationPart:
    sentence, may = str(row.verdict.get("sentence", "")), bool(row.verdict.get("is_promotable"))
    return EvaluationPart(row.evaluation_id, row.live_id, may, sentence, row.created_at)
