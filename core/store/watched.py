"""The texts of monitors as they are looked at: counted, listed, corrected and checked.

All functions raise StoreError; an unknown id raises NotYours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from core.errors import NotYours
from core.store import audit
from core.store.columns import now
from core.store.db import Database
from core.store.monitors import NEGATIVE, holds
from core.store.office_tables import MonitorRow, MonitorTextRow
from core.types import Member


@dataclass(frozen=True)
class WatchedText:
    """A text with its reading; `label` is what was read, `said` what a member said of it or empty."""

    text_id: int
    text: str
    day: str
    product: str
    language: str
    label: str
    said: str
    negative: float

    @property
    def stands(self) -> str:
        """The label that counts."""
        return self.said or self.label


@dataclass(frozen=True)
class DayCount:
    """Texts of one day and product: `flagged` of those that nobody checked, `known` ones apart."""

    day: str
    product: str
    n: int
    flagged: int
    known: int
    known_negative: int


@dataclass(frozen=True)
class Corrected:
    """A reading that a member called wrong: the text, what was read, what it is, who said so and when."""

    text_id: int
    monitor_id: str
    monitor: str
    text: str
    language: str
    label: str
    corrected_label: str
    member: str
    at: datetime | None
    is_sample: bool


@dataclass(frozen=True)
class Choice:
    """Which texts of a monitor: days are ISO and included, empty means all; `label` is the one that counts."""

    since: str = ""
    until: str = ""
    product: str = ""
    aspect_id: str = ""
    label: str = ""
    words: str = ""
    only_said: bool = False


def counts(database: Database, monitor_id: str, aspect_id: str = "") -> tuple[DayCount, ...]:
    """Return the texts that were read, counted by day and product, of one aspect if it is named."""
    known = MonitorTextRow.corrected_label + MonitorTextRow.checked_label != ""
    flagged = holds(aspect_id, NEGATIVE) if aspect_id else MonitorTextRow.label == NEGATIVE
    found = select(
        MonitorTextRow.day,
        MonitorTextRow.product,
        func.count(),
        _number(~known & flagged),
        _number(known),
        _number(known & (_stands() == NEGATIVE)),
    ).where(MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label != "")
    if aspect_id:
        found = found.where(holds(aspect_id))
    grouped = found.group_by(MonitorTextRow.day, MonitorTextRow.product).order_by(MonitorTextRow.day)
    with database.reading("counting the texts") as session:
        return tuple(DayCount(*row) for row in session.execute(grouped))


def languages(database: Database, monitor_id: str) -> dict[str, int]:
    """Return how many texts were read in each language, by ISO 639-1 code, most first."""
    found = (
        select(MonitorTextRow.language, func.count())
        .where(MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label != "")
        .group_by(MonitorTextRow.language)
        .order_by(func.count().desc(), MonitorTextRow.language)
    )
    with database.reading("counting the texts") as session:
        return {row[0]: row[1] for row in session.execute(found)}


def heads(database: Database, monitor_id: str) -> dict[str, int]:
    """Return how many texts each head has read, by its id, most first."""
    found = (
        select(MonitorTextRow.head_id, func.count())
        .where(MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label != "")
        .group_by(MonitorTextRow.head_id)
        .order_by(func.count().desc(), MonitorTextRow.head_id)
    )
    with database.reading("counting the texts") as session:
        return {row[0]: row[1] for row in session.execute(found)}


def texts(
    database: Database, monitor_id: str, choice: Choice, limit: int, offset: int = 0, most_negative: bool = False
) -> tuple[int, tuple[WatchedText, ...]]:
    """Return how many texts fit the choice, and some of them: newest first, or surest to be negative first."""
    found = _chosen(select(MonitorTextRow), monitor_id, choice)
    order = (
        (MonitorTextRow.negative.desc(), MonitorTextRow.text_id)
        if most_negative
        else (MonitorTextRow.day.desc(), MonitorTextRow.text_id.desc())
    )
    with database.reading("reading the texts") as session:
        total = session.scalar(_chosen(select(func.count()), monitor_id, choice)) or 0
        rows = session.scalars(found.order_by(*order).limit(limit).offset(offset))
        return total, tuple(_text_of(row) for row in rows)


def correct(database: Database, member: Member, text_id: int, label: str) -> None:
    """Say what a text's label should have been; an empty label takes that back."""
    with database.writing("saving the correction") as session:
        row = _text_row(session, text_id)
        row.corrected_label, row.corrected_at = label, now() if label else None
        row.corrected_by = member.name if label else ""
        action = "corrected label" if label else "took back a corrected label"
        audit.note(session, member, action, str(text_id), monitor=row.monitor_id, label=label, was=row.label)


def unchecked(database: Database, monitor_id: str) -> list[int]:
    """Return the ids of all texts that no random check has had yet."""
    found = select(MonitorTextRow.text_id).where(
        MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label != "", MonitorTextRow.checked_label == ""
    )
    with database.reading("drawing texts") as session:
        return list(session.scalars(found.order_by(MonitorTextRow.text_id)))


def text(database: Database, text_id: int) -> WatchedText:
    """Return one text."""
    with database.reading("reading a text") as session:
        return _text_of(_text_row(session, text_id))


def check(database: Database, member: Member, text_id: int, label: str) -> None:
    """Keep what a member says of a text that was drawn at random; an empty label takes that back."""
    with database.writing("saving the check") as session:
        row = _text_row(session, text_id)
        row.checked_label = label
        audit.note(session, member, "checked label", str(text_id), monitor=row.monitor_id, label=label, was=row.label)


def checks(database: Database, monitor_id: str) -> dict[tuple[str, str], int]:
    """Return how many texts of the random checks were (read as, called by people) each pair of labels."""
    found = (
        select(MonitorTextRow.label, MonitorTextRow.checked_label, func.count())
        .where(MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.checked_label != "")
        .group_by(MonitorTextRow.label, MonitorTextRow.checked_label)
    )
    with database.reading("counting the checks") as session:
        return {(read, said): n for read, said, n in session.execute(found)}


def corrected(database: Database, with_samples: bool = False) -> tuple[Corrected, ...]:
    """Return every reading that members called wrong, newest first; of the sample monitor only on request."""
    found = (
        select(MonitorTextRow, MonitorRow)
        .join(MonitorRow, MonitorRow.monitor_id == MonitorTextRow.monitor_id)
        .where(MonitorTextRow.corrected_label != "", MonitorTextRow.corrected_label != MonitorTextRow.label)
        .order_by(MonitorTextRow.corrected_at.desc(), MonitorTextRow.text_id)
    )
    if not with_samples:
        found = found.where(MonitorRow.is_sample.is_(False))
    with database.reading("reading the corrections") as session:
        return tuple(
            Corrected(
                *(one.text_id, source.monitor_id, source.name, one.text, one.language, one.label, one.corrected_label),
                *(one.corrected_by, one.corrected_at, source.is_sample),
            )
            for one, source in session.execute(found)
        )


def _chosen(found: Select[Any], monitor_id: str, choice: Choice) -> Select[Any]:
    found = found.where(MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label != "")
    if choice.since:
        found = found.where(MonitorTextRow.day >= choice.since)
    if choice.until:
        found = found.where(MonitorTextRow.day <= choice.until, MonitorTextRow.day != "")
    if choice.product:
        found = found.where(MonitorTextRow.product == choice.product)
    if choice.aspect_id:
        found = found.where(holds(choice.aspect_id))
    if choice.label:
        found = found.where(_stands() == choice.label)
    if choice.words:
        found = found.where(MonitorTextRow.text.icontains(choice.words, autoescape=True))
    if choice.only_said:
        found = found.where(MonitorTextRow.corrected_label + MonitorTextRow.checked_label != "")
    return found


def _stands() -> ColumnElement[str]:
    """The label that counts: corrected, else checked, else read."""
    return func.coalesce(
        func.nullif(MonitorTextRow.corrected_label, ""),
        func.nullif(MonitorTextRow.checked_label, ""),
        MonitorTextRow.label,
    )


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _text_row(session: Session, text_id: int) -> MonitorTextRow:
    row = session.get(MonitorTextRow, text_id)
    if row is None:
        raise NotYours(what="text")
    return row


def _text_of(row: MonitorTextRow) -> WatchedText:
    said = row.corrected_label or row.checked_label
    return WatchedText(row.text_id, row.text, row.day, row.product, row.language, row.label, said, row.negative)
