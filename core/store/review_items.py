"""What the review queue keeps of each correction and rating, and how it follows what happens to them.

An item is made when the queue first meets its correction or rating. Its place in the queue depends on others of the
same input: whenever one of them changed, all of that input are worked out anew. Items that say just the same and wait,
or were judged at once, make one line, led by the oldest; what a check holds stays by itself. All raise StoreError.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.store.db import Database, insert_into
from core.store.office_tables import ReviewItemRow, ReviewRow
from core.store.review_arrivals import Unseen
from core.store.tables import CorrectionRow, RatingRow

WAITING, HELD, APPROVED, REJECTED, GONE = "waiting", "held", "approved", "rejected", "gone"
OWN_REPEAT, APPROVED_REPEAT = "own", "approved"
# The order of the queue is a sum of plain points, so that the badges of an item say all of it; of equals the newest.
POINTS_A_VISITOR = 3
VISITORS_THAT_COUNT = 5
POINTS_DISPUTED = 4
POINTS_MIXED = 3
POINTS_CORRECTED = 2
KEYS_AT_ONCE = 400


@dataclass(frozen=True)
class Keyed:
    """What the queue keeps of an unseen item; `findings` are pairs of kind and sentence."""

    unseen: Unseen
    input_key: str
    text_key: str
    findings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Influence:
    """From when on one visitor's items are held: more than `share` of a task's, and at least `items`."""

    share: float
    items: int


def add(database: Database, items: Sequence[Keyed]) -> None:
    """Make these items known; `settle` gives them their place. What is known already stays as it is."""
    rows = [
        {
            "item_id": item.unseen.item_id,
            "interaction_id": item.unseen.interaction_id,
            "correction_id": item.unseen.correction_id,
            "visitor_id": item.unseen.visitor_id,
            "task": item.unseen.task,
            "input_key": item.input_key,
            "text_key": item.text_key,
            "findings": [list(finding) for finding in item.findings],
            "is_sample": item.unseen.is_sample,
            "created_at": item.unseen.created_at,
            "last_at": item.unseen.created_at,
        }
        for item in items
    ]
    with database.writing("sorting the review queue") as session:
        session.execute(insert_into(session, ReviewItemRow).on_conflict_do_nothing(), rows)


def settle(database: Database, influence: Influence) -> None:
    """Give every item its place whose correction, rating or verdict is not as it was when it got its last."""
    moved = _with_state(ReviewItemRow.input_key).where(ReviewItemRow.seen != _seen())
    with database.reading("reading the review queue") as session:
        keys = sorted(set(session.scalars(moved)))
    for start in range(0, len(keys), KEYS_AT_ONCE):
        with database.writing("sorting the review queue") as session:
            _place(session, keys[start : start + KEYS_AT_ONCE])
    if keys:
        with database.writing("sorting the review queue") as session:
            _hold_crowds(session, influence)


def settle_one(session: Session, item_id: str) -> None:
    """Work out anew what shares the item's input, in the transaction that changed it."""
    session.flush()
    key = session.scalar(select(ReviewItemRow.input_key).where(ReviewItemRow.item_id == item_id))
    if key is not None:
        _place(session, [key])


def _place(session: Session, keys: Sequence[str]) -> None:
    item = ReviewItemRow
    columns = (
        item.item_id,
        item.correction_id,
        item.interaction_id,
        item.visitor_id,
        item.is_sample,
        item.task,
        item.input_key,
        item.text_key,
        item.findings,
        item.is_crowding,
        item.created_at,
        RatingRow.score,
        _First.deed_id,
        _seen().label("seen"),
        _state().label("state"),
    )
    found = _with_state(*columns).where(item.input_key.in_(keys)).order_by(item.created_at, item.item_id)
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in session.execute(found):
        groups[row.is_sample, row.task, row.input_key].append(row)
    places = [place for rows in groups.values() for place in _in_lines(rows, list(_places(rows)))]
    if places:
        # In the order of the ids, as verdicts lock them, so that neither waits for the other in a ring.
        session.execute(update(ReviewItemRow), sorted(places, key=lambda place: str(place["item_id"])))


def _places(rows: Sequence[Any]) -> Iterable[dict[str, Any]]:
    """Return the columns that follow from all items of one input, given oldest first."""
    standing = [row for row in rows if row.correction_id and row.state != GONE]
    bad = {row.visitor_id for row in rows if not row.correction_id and row.score == 0}
    correctors = {row.visitor_id for row in standing}
    people, texts = correctors | bad, {row.text_key for row in standing}
    is_mixed = bool(bad) and any(not row.correction_id and row.score == 1 for row in rows)
    approved = {row.text_key for row in standing if row.state == APPROVED}
    corrected = {(row.visitor_id, row.interaction_id) for row in standing}
    points = POINTS_A_VISITOR * (min(len(people), VISITORS_THAT_COUNT) - 1)
    points += POINTS_DISPUTED * (len(texts) > 1) + POINTS_MIXED * is_mixed
    given: set[tuple[str, str]] = set()
    for row in rows:
        state, repeats = row.state, ""
        if row.correction_id and state != GONE:
            if state == WAITING and row.text_key in approved:
                repeats = APPROVED_REPEAT
            elif (row.visitor_id, row.text_key) in given:
                repeats = OWN_REPEAT
            given.add((row.visitor_id, row.text_key))
        elif not row.correction_id and (row.visitor_id, row.interaction_id) in corrected:
            state = GONE  # the correction says it better
        if state == WAITING and (row.findings or repeats or row.is_crowding):
            state = HELD
        yield {
            "item_id": row.item_id,
            "seen": row.seen,
            "state": state,
            "points": points + POINTS_CORRECTED * bool(row.correction_id),
            "correctors": len(correctors),
            "people": len(people),
            "texts": len(texts),
            "is_mixed": is_mixed,
            "repeats": repeats,
        }


def _in_lines(rows: Sequence[Any], places: Sequence[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Add to the places of one input, oldest first, which of them make a line together and which leads it."""
    lines: dict[Any, list[int]] = defaultdict(list)
    for number, (row, place) in enumerate(zip(rows, places, strict=True)):
        alone = row.item_id if place["state"] in (HELD, GONE) else ""
        said = (bool(row.correction_id), row.text_key)
        lines[place["state"], said, row.deed_id if place["state"] != WAITING else "", alone].append(number)
    for numbers in lines.values():
        sayers = len({rows[number].visitor_id for number in numbers})
        last_at = rows[numbers[-1]].created_at
        for number in numbers:
            of_line = {"is_lead": number == numbers[0], "alike": len(numbers), "sayers": sayers, "last_at": last_at}
            yield places[number] | of_line


def _hold_crowds(session: Session, influence: Influence) -> None:
    """Hold the waiting items of visitors who give too much of a task's, and let go of those who no longer do."""
    item = ReviewItemRow
    by_visitor = (
        select(item.is_sample, item.task, item.visitor_id, func.count())
        .where(item.correction_id.is_not(None), item.state.in_((WAITING, HELD, APPROVED)))
        .group_by(item.is_sample, item.task, item.visitor_id)
    )
    counted = session.execute(by_visitor).all()
    totals: dict[Any, int] = defaultdict(int)
    for is_sample, task, _, count in counted:
        totals[is_sample, task] += count
    crowds = {
        (is_sample, task, visitor_id)
        for is_sample, task, visitor_id, count in counted
        if count >= influence.items and count > influence.share * totals[is_sample, task]
    }
    of_crowds = or_(*(_of(*crowd) for crowd in sorted(crowds))) if crowds else item.is_crowding
    found = select(item).where(
        item.correction_id.is_not(None), item.state.in_((WAITING, HELD)), or_(item.is_crowding, of_crowds)
    )
    changed = set()
    for row in session.scalars(found.order_by(item.item_id)):
        if row.is_crowding != (is_crowding := (row.is_sample, row.task, row.visitor_id) in crowds):
            row.is_crowding = is_crowding
            changed.add(row.input_key)
    session.flush()
    keys = sorted(changed)
    for start in range(0, len(keys), KEYS_AT_ONCE):
        _place(session, keys[start : start + KEYS_AT_ONCE])


def _of(is_sample: bool, task: str, visitor_id: str) -> ColumnElement[bool]:
    item = ReviewItemRow
    return and_(item.is_sample == is_sample, item.task == task, item.visitor_id == visitor_id)


_First = aliased(ReviewRow)


def _with_state(*columns: Any) -> Any:
    """Select of items with their correction, their rating, and the first verdict, wherever there are any."""
    item = ReviewItemRow
    verdict = and_(
        _First.interaction_id == item.interaction_id,
        # Not by an "or": SQLite would then look through all reviews for each item.
        func.coalesce(_First.correction_id, "") == func.coalesce(item.correction_id, ""),
        _First.undone_at.is_(None),
        _First.kind == "first",
        _First.verdict != "skipped",
    )
    rated = and_(RatingRow.interaction_id == item.interaction_id, RatingRow.visitor_id == item.visitor_id)
    return (
        select(*columns)
        .select_from(item)
        .outerjoin(CorrectionRow, CorrectionRow.correction_id == item.correction_id)
        .outerjoin(RatingRow, rated)
        .outerjoin(_First, verdict)
    )


def _seen() -> ColumnElement[str]:
    """What an item's place is worked out from, in one text."""
    rating = func.coalesce(cast(RatingRow.score, Text), "-") + ":" + func.coalesce(_First.verdict, "")
    return case((ReviewItemRow.correction_id.is_not(None), CorrectionRow.status), else_=rating)


def _state() -> ColumnElement[str]:
    is_correction = ReviewItemRow.correction_id.is_not(None)
    return case(
        (CorrectionRow.status.in_(("approved", "trained")), APPROVED),
        (CorrectionRow.status == "rejected", REJECTED),
        (CorrectionRow.status == "saved", WAITING),
        (or_(is_correction, RatingRow.score.is_(None), RatingRow.score == 1), GONE),
        (_First.verdict == "approved", APPROVED),
        (_First.verdict.is_not(None), REJECTED),
        else_=WAITING,
    )
