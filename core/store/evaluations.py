"""Evaluations of trained heads and adapters: figures, verdict, items, and what members voted. All raise StoreError."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotYours
from core.loop import Split
from core.store import audit, datasets
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.loop_tables import ArtefactRow, DatasetItemRow, EvaluationItemRow, EvaluationRow
from core.store.office_tables import OptionRow
from core.store.receipts import tell
from core.store.tables import VisitorRow
from core.types import Member

THRESHOLDS = "gate thresholds"
BETTER, NOT_BETTER = "better", "not better"


@dataclass(frozen=True)
class EvaluationItem:
    """One item as stored; `answers` and `scores` are by system, an answer with its text and its fingerprint."""

    row_id: str
    position: int
    part: str
    language: str
    segment: str
    input_text: str
    reference: str
    answers: dict[str, dict[str, str]]
    scores: dict[str, dict[str, float]]
    visitor_id: str
    source_kind: str = ""


@dataclass(frozen=True)
class Evaluation:
    """One comparison as stored: `figures` as `core.learning.figures` makes them, `verdict` as the gate does.

    `live_id` is what served when it was made.
    """

    evaluation_id: str
    artefact_id: str
    live_id: str
    dataset_id: str
    figures: dict[str, Any]
    verdict: dict[str, Any]
    created_at: datetime

    @property
    def is_promotable(self) -> bool:
        """Whether the gate let it pass then; whether something else serves since is for the caller to see."""
        return bool(self.verdict.get("is_promotable"))


def add(
    database: Database,
    artefact_id: str,
    live_id: str,
    dataset_id: str,
    figures: dict[str, Any],
    verdict: dict[str, Any],
    items: Sequence[EvaluationItem],
) -> str:
    """Save an evaluation with its items, tell the receipts of its dataset's corrections, and return its id.

    Items of visitors who were forgotten meanwhile, and of corrections that were taken back, are left out. Raises
    NotYours where the artefact is gone.
    """
    evaluation_id = uuid.uuid4().hex
    with database.writing("saving the comparison") as session:
        datasets.hold(session, dataset_id)
        if session.get(ArtefactRow, artefact_id) is None:
            raise NotYours(what="head or adapter")
        before = _latest(session, artefact_id)
        session.add(EvaluationRow(
            evaluation_id=evaluation_id, artefact_id=artefact_id, live_id=live_id, dataset_id=dataset_id,
            figures=figures, verdict=verdict,
        ))  # fmt: skip
        session.flush()
        visitors = {item.visitor_id for item in items if item.visitor_id}
        here = set(session.scalars(select(VisitorRow.visitor_id).where(VisitorRow.visitor_id.in_(visitors))))
        rows = set(session.scalars(select(DatasetItemRow.row_id).where(DatasetItemRow.dataset_id == dataset_id)))
        session.add_all(
            EvaluationItemRow(evaluation_id=evaluation_id, **vars(item) | {"visitor_id": item.visitor_id or None})
            for item in items
            if (not item.visitor_id or item.visitor_id in here) and (item.part != Split.HELD_OUT or item.row_id in rows)
        )
        step = _step(verdict)
        if before is None or _step(before.verdict) != step:
            found = select(DatasetItemRow.correction_id).where(
                DatasetItemRow.dataset_id == dataset_id, DatasetItemRow.correction_id.is_not(None)
            )
            tell(session, [one for one in session.scalars(found) if one], step, str(verdict.get("short", "")))
    return evaluation_id


def _step(verdict: Mapping[str, Any]) -> str:
    return BETTER if verdict.get("is_promotable") else NOT_BETTER


def latest(database: Database, artefact_id: str) -> Evaluation | None:
    """Return the newest evaluation of an artefact, or None."""
    with database.reading("reading the comparison") as session:
        row = _latest(session, artefact_id)
        return _evaluation(row) if row is not None else None


def evaluation(database: Database, evaluation_id: str) -> Evaluation:
    """Return one evaluation; raises NotYours."""
    with database.reading("reading the comparison") as session:
        row = session.get(EvaluationRow, evaluation_id)
        if row is None:
            raise NotYours(what="comparison")
        return _evaluation(row)


def items(database: Database, evaluation_id: str) -> tuple[EvaluationItem, ...]:
    """Return the items of an evaluation in their order."""
    found = select(EvaluationItemRow).where(EvaluationItemRow.evaluation_id == evaluation_id)
    with database.reading("reading the compared items") as session:
        return tuple(_item(row) for row in session.scalars(found.order_by(EvaluationItemRow.position)))


def earlier(database: Database, artefact_id: str, row_ids: Sequence[str]) -> int:
    """Return how many other artefacts were evaluated on any of these items before."""
    found = (
        select(func.count(func.distinct(EvaluationRow.artefact_id)))
        .join(EvaluationItemRow, EvaluationItemRow.evaluation_id == EvaluationRow.evaluation_id)
        .where(EvaluationRow.artefact_id != artefact_id, EvaluationItemRow.row_id.in_(list(row_ids)[:500]))
    )
    with database.reading("counting comparisons") as session:
        return session.scalar(found) or 0


def thresholds(database: Database) -> dict[str, Any]:
    """Return the thresholds that founders set; empty while all are as they ship."""
    with database.reading("reading the thresholds of the gate") as session:
        row = session.get(OptionRow, THRESHOLDS)
        return dict(row.value) if row is not None else {}


def judge_again(
    database: Database, member: Member, values: Mapping[str, Any], reason: str, verdicts: Mapping[str, dict[str, Any]]
) -> None:
    """Set the thresholds together with what the gate says by them of each evaluation, by id: all of it or nothing."""
    row = {"value": dict(values), "changed_by": member.name, "changed_at": now()}
    with database.writing("saving the thresholds of the gate") as session:
        found = session.get(OptionRow, THRESHOLDS)
        before = dict(found.value) if found is not None else {}
        session.execute(
            insert_into(session, OptionRow)
            .values(name=THRESHOLDS, **row)
            .on_conflict_do_update(index_elements=["name"], set_=row)
        )
        changed = []
        for evaluation_id, verdict in verdicts.items():
            kept = session.get(EvaluationRow, evaluation_id)
            if kept is None:
                continue
            if bool(kept.verdict.get("is_promotable")) != bool(verdict.get("is_promotable")):
                changed.append(kept.artefact_id)
            kept.verdict = dict(verdict)
        audit.note(
            session, member, "changed", THRESHOLDS, before=before, after=dict(values), reason=reason, judged=changed
        )


def _latest(session: Session, artefact_id: str) -> EvaluationRow | None:
    found = select(EvaluationRow).where(EvaluationRow.artefact_id == artefact_id)
    return session.scalars(found.order_by(EvaluationRow.created_at.desc(), EvaluationRow.evaluation_id)).first()


def _evaluation(row: EvaluationRow) -> Evaluation:
    return Evaluation(
        row.evaluation_id, row.artefact_id, row.live_id, row.dataset_id, row.figures, row.verdict, row.created_at
    )


def _item(row: EvaluationItemRow) -> EvaluationItem:
    return EvaluationItem(
        row.row_id, row.position, row.part, row.language, row.segment, row.input_text, row.reference, row.answers,
        row.scores, row.visitor_id or "", row.source_kind,
    )  # fmt: skip
