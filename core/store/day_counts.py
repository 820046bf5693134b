"""What the uses of one day add up to: read once, in the order of their visitors, and added up here.

One pass over a day's uses tells what six correlated queries a use told before, and takes a tenth of their time. The
definitions are those of `core.store.usage_facts`, which finds single uses by them; a test holds the two together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, tuple_
from sqlalchemy.orm import DeclarativeBase, Session

from core.store import usage_facts as facts
from core.store.bulk import put
from core.store.tables import (
    CorrectionRow,
    DocumentRow,
    HandOffRow,
    InteractionRow,
    PassageRow,
    RatingRow,
    RevisionRow,
    UsedPassageRow,
)
from core.store.times import bucket_of, packed
from core.store.usage import start_of
from core.store.usage_tables import EVERY, UsageDayRow, UsagePassageRow, UsageTimesRow, UsageVisitorDayRow
from core.types import Ending, Task

MEASURES = (
    *("uses", "visits", "finished", "stopped", "failed", "abstained", "handed_off", "rated", "good", "corrected"),
    *("confirmed", "assumed", "edits", "edit_sum", "edit_squares"),
)
TABLES: tuple[type[DeclarativeBase], ...] = (UsageDayRow, UsageTimesRow, UsageVisitorDayRow, UsagePassageRow)
_VISIT = timedelta(minutes=30)
_MANY = 500
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Use:
    """A use with what its visitor did around it; `edits` are the edit shares of its standing corrections, if any."""

    row: Row[Any]
    segment: str
    begins_visit: bool
    is_asked_again: bool
    edits: tuple[float | None, ...] | None

    @property
    def flags(self) -> tuple[bool, ...]:
        """What is counted of it, in the order of MEASURES up to `assumed`."""
        row, score = self.row, self.row.score
        is_corrected, is_handed_off = self.edits is not None, row.hand_off_id is not None
        is_finished = row.ending == Ending.FINISHED
        is_answered = row.task == Task.SUPPORT and is_finished and not row.is_abstained and not is_handed_off
        return (
            True,
            self.begins_visit,
            is_finished,
            row.ending == Ending.STOPPED,
            row.ending == Ending.FAILED,
            row.is_abstained,
            is_handed_off,
            score is not None,
            score == 1,
            is_corrected,
            is_answered and score == 1,
            is_answered and score is None and not is_corrected and not self.is_asked_again,
        )


def counted(session: Session, day: str, is_sample: bool) -> dict[type[DeclarativeBase], Rows]:
    """Return the rows of every table that a day's uses come to, by their primary keys."""
    uses = _uses(session, date.fromisoformat(day), is_sample)
    week = (date.fromisoformat(day) - timedelta(days=date.fromisoformat(day).weekday())).isoformat()
    made: dict[type[DeclarativeBase], Iterable[dict[str, Any]]] = {
        UsageDayRow: _sums(uses),
        UsageTimesRow: _times(uses),
        UsageVisitorDayRow: _visitors(uses),
        UsagePassageRow: _citations(session, uses),
    }
    common = {"day": day, "week": week, "is_sample": is_sample}
    return {table: _keyed(table, [row | common for row in rows]) for table, rows in made.items()}


def kept(session: Session, day: str, is_sample: bool) -> dict[type[DeclarativeBase], Rows]:
    """Return the rows that are kept of a day, in the form of `counted`."""
    found: dict[type[DeclarativeBase], Rows] = {}
    for table in TABLES:
        rows = session.execute(select(*table.__table__.columns).where(*_of(table, day, is_sample)))
        found[table] = _keyed(table, [row._asdict() for row in rows])
    return found


def keep(session: Session, day: str, is_sample: bool, old: dict[Any, Rows], new: dict[Any, Rows]) -> set[str]:
    """Write what differs between two counts of a day; return the visitors of whom something is different."""
    visitors: set[str] = set()
    for table in TABLES:
        gone = [key for key, row in old[table].items() if new[table].get(key) != row]
        come = [row for key, row in new[table].items() if old[table].get(key) != row]
        if table is UsageVisitorDayRow:
            place = [column.name for column in _key_of(table)].index("visitor_id")
            visitors = {key[place] for key in gone}
            place = [column.name for column in table.__table__.columns].index("visitor_id")
            visitors |= {row[place] for row in come}
        for start in range(0, len(gone), _MANY):
            some = tuple_(*_key_of(table)).in_(gone[start : start + _MANY])
            session.execute(delete(table).where(*_of(table, day, is_sample), some))
        put(session, table, come)
    return visitors


def _of(table: Any, day: str, is_sample: bool) -> list[Any]:
    return [table.is_sample == is_sample, table.day == day]


def _key_of(table: Any) -> Sequence[Any]:
    return tuple(table.__table__.primary_key.columns)


def _keyed(table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> Rows:
    names = [column.name for column in table.__table__.columns]
    keys = [column.name for column in _key_of(table)]
    return {tuple([row[name] for name in keys]): tuple([row[name] for name in names]) for row in rows}


def _uses(session: Session, day: date, is_sample: bool) -> list[_Use]:
    """Return the uses of a day; what lies half an hour around it is read as well, for visits reach over midnight."""
    start, end = start_of(day), start_of(day + timedelta(days=1))
    one = InteractionRow
    columns = (
        *(one.interaction_id, one.visitor_id, one.task, one.started_at, one.segment, one.weights_id, one.language),
        *(one.ending, one.is_abstained, one.first_seconds, one.total_seconds, one.knowledge_id),
        *(one.knowledge_revision, RatingRow.score, HandOffRow.hand_off_id),
        one.settings["repeated"].as_string().label("repeated"),
    )
    around = facts.uses(is_sample, start - _VISIT, end + _VISIT, *columns)
    around = around.outerjoin(HandOffRow, HandOffRow.interaction_id == one.interaction_id)
    rows = sorted(session.execute(around).all(), key=lambda row: (row.visitor_id, row.started_at, row.interaction_id))
    edits: dict[str, list[float | None]] = defaultdict(list)
    standing = facts.uses(is_sample, start, end, one.interaction_id, CorrectionRow.edit_share)
    for interaction_id, share in session.execute(standing.join(CorrectionRow, facts.of_standing())):
        edits[interaction_id].append(share)
    found = []
    next_asked: tuple[str, Any] = ("", None)
    for place in range(len(rows) - 1, -1, -1):
        row, before = rows[place], rows[place - 1] if place else None
        moment, visitor_id = row.started_at, row.visitor_id
        is_again = next_asked[0] == visitor_id and next_asked[1] < moment + _VISIT
        if row.task == Task.SUPPORT:
            next_asked = (visitor_id, moment)
        if start <= moment < end:
            is_first = before is None or before.visitor_id != visitor_id or before.started_at <= moment - _VISIT
            segment = f"{EVERY} " if row.segment == EVERY else row.segment
            shares = edits.get(row.interaction_id)
            found.append(_Use(row, segment, is_first, is_again, None if shares is None else tuple(shares)))
    return found


def _sums(uses: list[_Use]) -> list[dict[str, Any]]:
    """Add the measures up by segment, task, weights and language, each also for all segments together."""
    alike = Counter((use.segment, use.row.task, use.row.weights_id, use.row.language, use.flags) for use in uses)
    sums: dict[tuple[str, ...], list[Any]] = defaultdict(lambda: [0] * 13 + [0.0, 0.0])
    for (segment, *key, flags), n in alike.items():
        for name in (segment, EVERY):
            sum_ = sums[(name, *key)]
            for place, is_so in enumerate(flags):
                sum_[place] += n * is_so
    for use in uses:
        shares = [share for share in use.edits or () if share is not None]
        if shares:
            share = sum(shares) / len(shares)
            for name in (use.segment, EVERY):
                sum_ = sums[(name, use.row.task, use.row.weights_id, use.row.language)]
                sum_[12] += 1
                sum_[13] += share
                sum_[14] += share * share
    names = ("segment", "task", "weights_id", "language", *MEASURES)
    return [dict(zip(names, (*key, *sum_), strict=True)) for key, sum_ in sums.items()]


def _times(uses: list[_Use]) -> list[dict[str, Any]]:
    """Return the histograms of times to first text and in all, of finished uses, by segment, task and weights.

    A use that was answered with what was there already says nothing of how fast the weights are, so it is left out.
    """
    found: dict[tuple[str, ...], tuple[Counter[int], Counter[int]]] = defaultdict(lambda: (Counter(), Counter()))
    for use in uses:
        row = use.row
        if row.ending != Ending.FINISHED or row.repeated:
            continue
        total = bucket_of(row.total_seconds)
        first = None if row.first_seconds is None else bucket_of(row.first_seconds)
        for segment in (use.segment, EVERY):
            both = found[segment, row.task, row.weights_id]
            both[1][total] += 1
            if first is not None:
                both[0][first] += 1
    names = ("segment", "task", "weights_id", "first_times", "total_times")
    return [
        dict(zip(names, (*key, packed(first), packed(total)), strict=True)) for key, (first, total) in found.items()
    ]


def _visitors(uses: list[_Use]) -> list[dict[str, Any]]:
    """Return how often each visitor used what, and what they said of it."""
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * 7)
    for use in uses:
        row, score = use.row, use.row.score
        is_rated, is_corrected, is_down = score is not None, use.edits is not None, score == 0
        sum_ = sums[row.visitor_id, row.task, use.segment, row.weights_id]
        sum_[0] += 1
        sum_[1] += use.begins_visit
        if is_rated or is_corrected:
            sum_[2] += is_rated
            sum_[3] += is_corrected
            sum_[4] += is_down
            sum_[5] += 1
            sum_[6] += is_down or is_corrected
    names = ("visitor_id", "task", "segment", "weights_id")
    said = ("uses", "visits", "rated", "corrected", "down", "judged", "troubled")
    return [dict(zip((*names, *said), (*key, *sum_), strict=True)) for key, sum_ in sums.items()]


def _citations(session: Session, uses: list[_Use]) -> list[dict[str, Any]]:
    """Return how many of each visitor's answers rest on each passage of a knowledge base's revision."""
    asked = {use.row.interaction_id: use for use in uses if use.row.task == Task.SUPPORT}
    cited: list[tuple[_Use, str]] = []
    ids = sorted(asked)
    for start in range(0, len(ids), _MANY):
        found = select(UsedPassageRow.interaction_id, UsedPassageRow.passage_id).where(
            UsedPassageRow.interaction_id.in_(ids[start : start + _MANY])
        )
        rows = session.execute(found.order_by(UsedPassageRow.interaction_id, UsedPassageRow.position))
        cited += [(asked[interaction_id], passage_id) for interaction_id, passage_id in rows]
    documents = _documents(session, {passage_id for _, passage_id in cited})
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 6)
    seen: set[tuple[str, str]] = set()
    for use, passage_id in cited:
        row = use.row
        number = row.knowledge_revision or 1
        document = documents.get((row.knowledge_id, passage_id, number))
        if document is None or (row.interaction_id, passage_id) in seen:
            continue
        is_led = (row.interaction_id, f"{document}\0") not in seen
        seen |= {(row.interaction_id, passage_id), (row.interaction_id, f"{document}\0")}
        told = (1, int(row.score is not None), int(row.score == 1))
        sum_ = sums[row.knowledge_id, passage_id, number, row.visitor_id, use.segment]
        for place, n in enumerate((*told, *told) if is_led else told):
            sum_[place] += n
    names = ("knowledge_id", "passage_id", "number", "visitor_id", "segment")
    said = ("answers", "rated", "good", "led", "led_rated", "led_good")
    return [dict(zip((*names, *said), (*key, *sum_), strict=True)) for key, sum_ in sums.items()]


def _documents(session: Session, passage_ids: set[str]) -> dict[tuple[str, str, int], str]:
    """Return the documents that passages lie in, by knowledge base (or "", before they were noted), id and revision."""
    found = (
        select(RevisionRow.knowledge_id, PassageRow.passage_id, RevisionRow.number, DocumentRow.document)
        .join(DocumentRow, DocumentRow.document_id == PassageRow.document_id)
        .join(RevisionRow, RevisionRow.revision_id == DocumentRow.revision_id)
        .where(PassageRow.passage_id.in_(sorted(passage_ids)))
    )
    documents = {}
    for knowledge_id, passage_id, number, document in session.execute(found):
        documents[knowledge_id, passage_id, number] = documents["", passage_id, number] = document
    return documents
