"""What a dataset may be made of: approved corrections, good ratings, members' own answers and corrected labels.

Only what its visitor allowed then and still allows now leaves this module; what is left out is counted by its reason.
Real and sample rows are never read together. All raise StoreError.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from core.loop import LeftOut
from core.store import review_arrivals
from core.store.db import Database
from core.store.loop_tables import DatasetRow
from core.store.office_tables import MonitorRow, MonitorTextRow, ReviewItemRow, ReviewRow
from core.store.tables import (
    ConsentRow,
    CorrectionRow,
    InteractionRow,
    RatingRow,
    VisitorRow,
)
from core.types import Task

CORRECTION, RATING, MONITOR, COMPANY = "correction", "rating", "monitor", "company"
APPROVED = ("approved", "trained")
# A thumb says less than a correction, and there may be a million of them: the newest are enough.
MOST_RATINGS = 5_000


@dataclass(frozen=True)
class Source:
    """Something to learn from: an input, what was said to it, and what is right.

    `kind` and `source_id` are those of `core.loop.Row`. `request` and `output` are those of the interaction, empty
    where it was not kept; of a monitor both are.
    """

    kind: str
    source_id: str
    input_text: str
    said_text: str
    right_text: str
    at: datetime
    correction_id: str = ""
    visitor_id: str = ""
    language: str = ""
    segment: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    """All of one task, newest first, and how many others were left out, by reason."""

    found: tuple[Source, ...]
    left_out: Mapping[LeftOut, int]


def sources(database: Database, task: Task, is_sample: bool = False) -> Sources:
    """Return all that a dataset of a task may be made of."""
    with database.reading("reading what was corrected") as session:
        left_out = _waiting(session, task, is_sample)
        found = _corrections(session, task, is_sample)
        found += _own_answers(session, task, is_sample, left_out)
        found += _ratings(session, task, is_sample, left_out)
        if task is Task.SENTIMENT:
            found += _labels(session, is_sample)
    found.sort(key=lambda one: (one.at, one.source_id), reverse=True)
    return Sources(tuple(found), {reason: count for reason, count in left_out.items() if count})


def ready(database: Database, is_sample: bool = False) -> dict[Task, int]:
    """Return how many approved corrections and corrected labels there are of each task that may be trained on."""
    one = CorrectionRow
    counted = _with_visitor(
        select(one.task, func.count()).join(InteractionRow, InteractionRow.interaction_id == one.interaction_id),
        one.visitor_id,
    )
    corrections = counted.where(
        InteractionRow.is_sample.is_(is_sample),
        one.status.in_(APPROVED),
        one.consent_train.is_(True),
        VisitorRow.consent_train.is_(True),
    ).group_by(one.task)
    label = MonitorTextRow
    labels = (
        select(func.count())
        .select_from(label)
        .join(MonitorRow, MonitorRow.monitor_id == label.monitor_id)
        .where(label.corrected_label != "", label.corrected_label != label.label, MonitorRow.is_sample.is_(is_sample))
    )
    found = dict.fromkeys(Task, 0)
    with database.reading("counting what was corrected") as session:
        found |= {Task(task): count for task, count in session.execute(corrections)}
        found[Task.SENTIMENT] += session.scalar(labels) or 0
    return found


def stamp(database: Database) -> tuple[Any, ...]:
    """Return what differs whenever `sources` may return something else, or a dataset came."""
    one = select(
        *review_arrivals.said(),
        select(func.max(ConsentRow.consent_id)).scalar_subquery(),
        select(func.count()).select_from(MonitorTextRow).where(MonitorTextRow.corrected_label != "").scalar_subquery(),
        select(func.max(MonitorTextRow.corrected_at)).scalar_subquery(),
        select(func.count()).select_from(DatasetRow).scalar_subquery(),
        select(func.sum(DatasetRow.erased)).scalar_subquery(),
    )
    with database.reading("reading what was corrected") as session:
        return tuple(session.execute(one).one())


def still_allowed(source_kind: Any, source_id: Any, correction_id: Any, visitor_id: Any) -> ColumnElement[bool]:
    """Return the condition that a row of these columns may still be used.

    Its visitor still allows training, its correction still stands approved, its rating is still good, and the member's
    own answer was not taken back.
    """
    allows = exists().where(VisitorRow.visitor_id == visitor_id, VisitorRow.consent_train)
    stands = exists().where(CorrectionRow.correction_id == correction_id, CorrectionRow.status.in_(APPROVED))
    is_good = exists().where(
        RatingRow.interaction_id == source_id, RatingRow.visitor_id == visitor_id, RatingRow.score == 1
    )
    is_given = exists().where(ReviewRow.review_id == source_id, ReviewRow.undone_at.is_(None))
    return and_(
        or_(visitor_id.is_(None), allows),
        or_(correction_id.is_(None), stands),
        or_(source_kind != RATING, is_good),
        or_(source_kind != COMPANY, is_given),
    )


def _of(task: Task, is_sample: bool) -> tuple[ColumnElement[bool], ...]:
    return InteractionRow.task == task.value, InteractionRow.is_sample.is_(is_sample)


def _corrections(session: Session, task: Task, is_sample: bool) -> list[Source]:
    one = CorrectionRow
    found = _with_visitor(
        select(
            *(one.correction_id, one.visitor_id, one.input_text, one.output_text, one.corrected_text),
            *(one.approved_text, one.created_at, *_of_interaction(task)),
        ).join(InteractionRow, InteractionRow.interaction_id == one.interaction_id),
        one.visitor_id,
    ).where(
        *_of(task, is_sample), one.status.in_(APPROVED), one.consent_train.is_(True), VisitorRow.consent_train.is_(True)
    )
    return [
        Source(
            kind=CORRECTION,
            source_id=row.correction_id,
            input_text=row.input_text,
            said_text=row.output_text,
            right_text=row.approved_text or row.corrected_text,
            at=row.created_at,
            correction_id=row.correction_id,
            visitor_id=row.visitor_id,
            **_about(row),
        )
        for row in session.execute(found)
    ]


def _waiting(session: Session, task: Task, is_sample: bool) -> Counter[LeftOut]:
    """Count corrections that do not stand approved, and approved ones that their visitors do not give to training."""
    one = CorrectionRow
    allowed = and_(one.consent_train, VisitorRow.consent_train)
    columns = (one.status, allowed, ReviewItemRow.state)
    counted = (
        _with_visitor(
            select(*columns, func.count()).join(InteractionRow, InteractionRow.interaction_id == one.interaction_id),
            one.visitor_id,
        )
        .outerjoin(ReviewItemRow, ReviewItemRow.item_id == one.correction_id)
        .where(*_of(task, is_sample))
        .group_by(*columns)
    )
    left_out: Counter[LeftOut] = Counter()
    for status, is_allowed, state, count in session.execute(counted):
        if status in APPROVED and not is_allowed:
            left_out[LeftOut.NOT_ALLOWED] += count
        elif status == "saved":
            left_out[LeftOut.HELD if state == "held" else LeftOut.NOT_APPROVED] += count
        elif status == "rejected":
            left_out[LeftOut.TURNED_DOWN] += count
    return left_out


def _own_answers(session: Session, task: Task, is_sample: bool, left_out: Counter[LeftOut]) -> list[Source]:
    """Return what members wrote themselves where a visitor said no more than that an answer was not good.

    The input is the visitor's: it is used only where they allowed that.
    """
    one = ReviewRow
    found = (
        _with_visitor(
            select(
                *(one.review_id, one.interaction_id, one.verdict, one.edited_text, one.at, _allows().label("allows")),
                *(InteractionRow.visitor_id, InteractionRow.input_text, InteractionRow.output_text),
                *_of_interaction(task),
            ).join(InteractionRow, InteractionRow.interaction_id == one.interaction_id),
            InteractionRow.visitor_id,
        )
        .where(
            *_of(task, is_sample),
            one.correction_id.is_(None),
            one.undone_at.is_(None),
            one.kind.in_(("first", "decision")),
            one.verdict != "skipped",
        )
        .order_by(one.at)
    )
    newest = {row.interaction_id: row for row in session.execute(found)}  # a decision comes after the first verdict
    given = [row for row in newest.values() if row.verdict == "approved" and row.edited_text]
    left_out[LeftOut.NOT_ALLOWED] += sum(not row.allows for row in given)
    return [
        Source(
            kind=COMPANY,
            source_id=row.review_id,
            input_text=row.input_text,
            said_text=row.output_text,
            right_text=row.edited_text,
            at=row.at,
            visitor_id=row.visitor_id,
            **_about(row),
        )
        for row in given
        if row.allows
    ]


def _ratings(session: Session, task: Task, is_sample: bool, left_out: Counter[LeftOut]) -> list[Source]:
    """Return answers that were rated good, but for those that a correction gave or that were corrected after all."""
    one = RatingRow
    corrected = exists().where(
        CorrectionRow.interaction_id == one.interaction_id, CorrectionRow.status.not_in(("withdrawn", "replaced"))
    )
    good = (
        *_of(task, is_sample),
        one.score == 1,
        InteractionRow.ending == "finished",
        InteractionRow.output_text != "",  # else its texts went by age
        InteractionRow.path != "memory",
        InteractionRow.is_abstained.is_(False),
        not_(corrected),
    )

    def of_ratings(*columns: Any) -> Any:
        joined = select(*columns).join(InteractionRow, InteractionRow.interaction_id == one.interaction_id)
        return _with_visitor(joined, one.visitor_id).where(*good)

    allows = _allows()
    counted = session.execute(of_ratings(allows, func.count(one.interaction_id)).group_by(allows))
    counts = {bool(is_allowed): count for is_allowed, count in counted}
    left_out[LeftOut.NOT_ALLOWED] += counts.get(False, 0)
    left_out[LeftOut.OVER_CAP] += max(0, counts.get(True, 0) - MOST_RATINGS)
    found = of_ratings(
        *(one.interaction_id, one.visitor_id, one.changed_at, InteractionRow.input_text, InteractionRow.output_text),
        *_of_interaction(task),
    ).where(allows)
    newest = found.order_by(one.changed_at.desc(), one.interaction_id).limit(MOST_RATINGS)
    return [
        Source(
            kind=RATING,
            source_id=row.interaction_id,
            input_text=row.input_text,
            said_text="",
            right_text=row.output_text,
            at=row.changed_at,
            visitor_id=row.visitor_id,
            **_about(row),
        )
        for row in session.execute(newest)
    ]


def _labels(session: Session, is_sample: bool) -> list[Source]:
    """Return the texts of monitors of which a member said that their label should have been another."""
    one = MonitorTextRow
    found = (
        select(one.text_id, one.text, one.language, one.label, one.corrected_label, one.corrected_at, one.read_at)
        .join(MonitorRow, MonitorRow.monitor_id == one.monitor_id)
        .where(one.corrected_label != "", one.corrected_label != one.label, MonitorRow.is_sample.is_(is_sample))
    )
    return [
        Source(
            kind=MONITOR,
            source_id=str(row.text_id),
            input_text=row.text,
            said_text=row.label,
            right_text=row.corrected_label,
            at=row.corrected_at or row.read_at,
            language=row.language,
        )
        for row in session.execute(found)
    ]


def _allows() -> ColumnElement[bool]:
    """Return the condition that a visitor gave the texts of an interaction to training, then and now."""
    then = (InteractionRow.consent_log, InteractionRow.consent_train)
    return and_(*then, VisitorRow.consent_log, VisitorRow.consent_train)


def _with_visitor(found: Any, visitor_id: Any) -> Any:
    return found.join(VisitorRow, VisitorRow.visitor_id == visitor_id)


def _of_interaction(task: Task) -> tuple[Any, ...]:
    # What was drawn is long, and only support needs it: its quotes.
    output = (InteractionRow.output,) if task is Task.SUPPORT else ()
    return InteractionRow.language, InteractionRow.segment, InteractionRow.request, *output


def _about(row: Any) -> dict[str, Any]:
    return {
        "language": row.language,
        "segment": row.segment,
        "request": row.request,
        "output": getattr(row, "output", {}),
    }
