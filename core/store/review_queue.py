"""The review queue as it is looked at: which items, in which order, and why. All raise StoreError."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from core.store.columns import now
from core.store.office_tables import ReviewItemRow, ReviewRow
from core.store.review_items import APPROVED, HELD, REJECTED, WAITING
from core.store.tables import CorrectionRow, InteractionRow
from core.types import Task

SKIPPED, SECOND = "skipped", "second"
STATES = (WAITING, HELD, SKIPPED, APPROVED, REJECTED, SECOND)
REPEATED, DISPUTED, MANY, NEW, UNCORRECTED = "repeated", "disputed", "many", "new", "uncorrected"
REASONS = (REPEATED, DISPUTED, MANY, NEW, UNCORRECTED)
NEW_DAYS = 7
BEGINNING_CHARACTERS = 300
MANY_VISITORS = 3


@dataclass(frozen=True)
class Filters:
    """Which items to list: of a task or all, for one reason or any, in one state, real or sample."""

    task: Task | None = None
    reason: str = ""
    state: str = WAITING
    is_sample: bool = False


@dataclass(frozen=True)
class Other:
    """Something else that `sayers` visitors said of the same input; `text` is empty without a correction."""

    item_id: str
    text: str
    state: str
    sayers: int


@dataclass(frozen=True)
class Standing:
    """Where an item stands, and why.

    `people` corrected or rated this input as not good, `correctors` corrected it, in `texts` different ways; `is_mixed`
    means rated both good and not good. `repeats` is own, approved or empty; `findings` are pairs of kind and sentence.
    `alike` items say just this, by `sayers` visitors, and are one line; the newest of them came at `last_at`.
    """

    item_id: str
    interaction_id: str
    correction_id: str | None
    visitor_id: str
    task: str
    state: str
    points: int
    correctors: int
    people: int
    texts: int
    is_mixed: bool
    repeats: str
    is_crowding: bool
    is_sample: bool
    findings: tuple[tuple[str, str], ...]
    alike: int
    sayers: int
    created_at: datetime
    last_at: datetime

    @property
    def is_new(self) -> bool:
        """Whether it was said within the last days."""
        return self.last_at >= now() - timedelta(days=NEW_DAYS)


def standings(
    session: Session, member_id: str, filters: Filters, offset: int, limit: int
) -> tuple[int, tuple[Standing, ...]]:
    """Return how many lines fit the filters, and a page of them by the item that leads each, the most useful first."""
    item = ReviewItemRow
    chosen = [item.is_lead, *_of_scope(filters), _of_state(filters.state, member_id), *_of_reason(filters.reason)]
    total = session.scalar(select(func.count()).select_from(item).where(*chosen)) or 0
    page = select(item).where(*chosen).order_by(item.points.desc(), item.last_at.desc(), item.item_id)
    return total, tuple(standing_of(row) for row in session.scalars(page.offset(offset).limit(limit)))


def has(session: Session, is_sample: bool) -> bool:
    """Return whether the queue holds anything, real or sample."""
    item = ReviewItemRow
    listed = item.state.in_((WAITING, HELD, APPROVED, REJECTED))
    return session.scalar(select(item.item_id).where(item.is_sample == is_sample, listed).limit(1)) is not None


def inputs(session: Session, item_ids: Sequence[str]) -> dict[str, str]:
    """Return the beginning of each item's input, by item."""
    beginning = func.substr(func.coalesce(CorrectionRow.input_text, InteractionRow.input_text), 1, BEGINNING_CHARACTERS)
    found = (
        select(ReviewItemRow.item_id, beginning)
        .join(InteractionRow, InteractionRow.interaction_id == ReviewItemRow.interaction_id)
        .outerjoin(CorrectionRow, CorrectionRow.correction_id == ReviewItemRow.correction_id)
        .where(ReviewItemRow.item_id.in_(item_ids))
    )
    return dict(session.execute(found).all())


def counts(session: Session, member_id: str, filters: Filters) -> tuple[dict[str, tuple[int, int]], datetime | None]:
    """Return how many lines and items are in each state, of the filters' task, and since when the oldest waits."""
    item = ReviewItemRow
    scope = _of_scope(filters)
    numbers = {}
    for state in STATES:
        found = select(func.count(), func.coalesce(func.sum(item.alike), 0)).select_from(item)
        lines, items = session.execute(found.where(item.is_lead, *scope, _of_state(state, member_id))).one()
        numbers[state] = int(lines), int(items)
    oldest = select(func.min(item.created_at)).where(*scope, item.state.in_((WAITING, HELD)))
    return numbers, session.scalar(oldest)


def others(session: Session, item_id: str, limit: int) -> tuple[int, tuple[Other, ...]]:
    """Return how many other lines there are of an item's input, and those that most visitors say."""
    item = ReviewItemRow
    this = session.get_one(ReviewItemRow, item_id)
    has_no_correction = item.correction_id.is_(None) if this.correction_id is None else item.correction_id.is_not(None)
    # The items of a line agree in all of these; one that a check holds is a line by itself.
    of_line = [item.state == this.state, item.text_key == this.text_key, item.last_at == this.last_at]
    of_input = [
        item.is_lead,
        item.is_sample == this.is_sample,
        item.task == this.task,
        item.input_key == this.input_key,
        item.state.in_((WAITING, HELD, APPROVED, REJECTED)),
        not_(and_(*of_line, has_no_correction)),
    ]
    total = session.scalar(select(func.count()).select_from(item).where(*of_input)) or 0
    text = func.substr(func.coalesce(CorrectionRow.corrected_text, ""), 1, BEGINNING_CHARACTERS)
    found = (
        select(item.item_id, text, item.state, item.sayers)
        .outerjoin(CorrectionRow, CorrectionRow.correction_id == item.correction_id)
        .where(*of_input)
        .order_by(item.sayers.desc(), item.last_at.desc(), item.item_id)
    )
    return total, tuple(Other(*row) for row in session.execute(found.limit(limit)))


def shares(session: Session, standing: Standing) -> tuple[int, int]:
    """Return how many corrections of the item's task are by its visitor, and how many there are."""
    item = ReviewItemRow
    of_task = and_(
        item.is_sample == standing.is_sample,
        item.task == standing.task,
        item.correction_id.is_not(None),
        item.state.in_((WAITING, HELD, APPROVED)),
    )
    mine = func.count().filter(item.visitor_id == standing.visitor_id)
    row = session.execute(select(mine, func.count()).where(of_task)).one()
    return int(row[0]), int(row[1])


def standing_of(row: ReviewItemRow) -> Standing:
    """Return where the item of a row stands."""
    plain: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(Standing)}
    return Standing(**plain | {"findings": tuple((kind, sentence) for kind, sentence in row.findings)})


def about(standing: Standing | type[ReviewItemRow]) -> ColumnElement[bool]:
    """Whether a review is about an item: that correction, or that interaction's rating."""
    if isinstance(standing, Standing):
        correction = ReviewRow.correction_id == standing.correction_id
        return and_(ReviewRow.interaction_id == standing.interaction_id, correction)
    # Not by an "or": SQLite would then look through all reviews for each item.
    same = func.coalesce(ReviewRow.correction_id, "") == func.coalesce(standing.correction_id, "")
    return and_(ReviewRow.interaction_id == standing.interaction_id, same)


def _of_scope(filters: Filters) -> list[ColumnElement[bool]]:
    scope = [ReviewItemRow.is_sample == filters.is_sample]
    return [*scope, ReviewItemRow.task == filters.task] if filters.task is not None else scope


def _of_state(state: str, member_id: str) -> ColumnElement[bool]:
    item = ReviewItemRow
    is_open = item.state.in_((WAITING, HELD))
    if state == SECOND:
        by_other = and_(ReviewRow.member_id != member_id, ReviewRow.kind == "first", ReviewRow.verdict != "skipped")
        by_me = ReviewRow.member_id == member_id
        return and_(item.state.in_((APPROVED, REJECTED)), _has_review(by_other), not_(_has_review(by_me)))
    if state == SKIPPED:
        return and_(is_open, _is_skipped(member_id))
    if state in (WAITING, HELD):
        return and_(item.state == state, not_(_is_skipped(member_id)))
    return item.state == state


def _is_skipped(member_id: str) -> ColumnElement[bool]:
    return _has_review(and_(ReviewRow.member_id == member_id, ReviewRow.verdict == "skipped"))


def _has_review(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    standing = select(ReviewRow.review_id).where(ReviewRow.undone_at.is_(None), condition, about(ReviewItemRow))
    return exists(standing)


def _of_reason(reason: str) -> list[ColumnElement[bool]]:
    item = ReviewItemRow
    conditions: dict[str, ColumnElement[bool]] = {
        REPEATED: item.people >= 2,
        DISPUTED: or_(item.texts >= 2, item.is_mixed),
        MANY: item.people >= MANY_VISITORS,
        NEW: item.last_at >= now() - timedelta(days=NEW_DAYS),
        UNCORRECTED: item.correction_id.is_(None),
    }
    return [conditions[reason]] if reason else []
