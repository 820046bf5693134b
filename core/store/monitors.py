"""Monitors: where their texts come from, how those were read, and what members said of the readings.

Texts are put in at once and read later, batch by batch, so that a read that was interrupted goes on where it was.
All functions raise StoreError; an unknown id raises NotYours.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, delete, func, select, update
from sqlalchemy.orm import Session

from core.errors import AlreadyThere, NotYours, TooMany, TooManyRows
from core.limits import MONITOR_TEXTS, MONITORS
from core.store import audit
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.office_tables import MonitorRow, MonitorTextRow
from core.types import Member

NEGATIVE = "negative"
_ROWS_AT_ONCE = 500
_GIVEN = (
    "monitor_id", "name", "kind", "folder", "text_column", "date_column", "product_column", "settings", "is_sample",
    "created_at",
)  # fmt: skip
# Under this key a text says which list of aspects was looked for in it.
_LOOKED_FOR = "looked_for"


@dataclass(frozen=True)
class Monitor:
    """A source of texts; `kind` is table or folder, `folder` the name of one below the watched folder.

    `settings` holds what founders chose: line (a share or None), domain and aspects, as plain data.
    `texts` counts all, `unread` those that wait to be read.
    """

    monitor_id: str
    name: str
    kind: str
    folder: str
    text_column: str
    date_column: str
    product_column: str
    settings: dict[str, Any]
    is_sample: bool
    created_at: datetime
    read_at: datetime | None
    texts: int = 0
    unread: int = 0


@dataclass(frozen=True)
class NewText:
    """A text as it comes in; `key` tells it from all others of its monitor, `day` is an ISO date or empty."""

    key: str
    text: str
    day: str = ""
    product: str = ""


@dataclass(frozen=True)
class TextReading:
    """What was read of a text: probabilities are of negative, neutral and positive."""

    text_id: int
    language: str
    label: str
    probabilities: tuple[float, float, float]


def add(database: Database, member: Member, monitor: Monitor) -> None:
    """Keep a new monitor; raises AlreadyThere where its name is taken, TooMany beyond the limit."""
    values = {name: getattr(monitor, name) for name in _GIVEN}
    with database.writing("saving the monitor") as session:
        if (session.scalar(select(func.count()).select_from(MonitorRow)) or 0) >= MONITORS:
            raise TooMany(what="monitors", limit=MONITORS)
        _check_name(session, monitor.name)
        session.add(MonitorRow(**values, created_by=member.member_id))
        audit.note(session, member, "added monitor", monitor.monitor_id, name=monitor.name, kind=monitor.kind)


def new_id() -> str:
    """Return an id that nobody has yet."""
    return uuid.uuid4().hex


def monitors(database: Database) -> tuple[Monitor, ...]:
    """Return all monitors by name, each with the number of its texts."""
    with database.reading("reading the monitors") as session:
        return tuple(_monitor_of(*row) for row in session.execute(_with_counts().order_by(MonitorRow.name)))


def monitor(database: Database, monitor_id: str) -> Monitor:
    """Return one monitor."""
    found = _with_counts().where(MonitorRow.monitor_id == monitor_id)
    with database.reading("reading the monitor") as session:
        row = session.execute(found).one_or_none()
        if row is None:
            raise NotYours(what="monitor")
        return _monitor_of(*row)


def choose(database: Database, member: Member, monitor_id: str, action: str, **settings: Any) -> None:
    """Change what founders choose of a monitor; `action` is the word for the audit log."""
    with database.writing("saving the monitor") as session:
        row = _row(session, monitor_id)
        row.settings = row.settings | settings
        audit.note(session, member, action, monitor_id, **settings)


def remove(database: Database, member: Member, monitor_id: str) -> None:
    """Delete a monitor with all of its texts."""
    with database.writing("deleting the monitor") as session:
        row = _row(session, monitor_id)
        audit.note(session, member, "deleted monitor", monitor_id, name=row.name)
        session.execute(delete(MonitorTextRow).where(MonitorTextRow.monitor_id == monitor_id))
        session.execute(delete(MonitorRow).where(MonitorRow.monitor_id == monitor_id))


def put_texts(database: Database, member: Member, monitor_id: str, texts: Sequence[NewText], source: str) -> int:
    """Put texts in that are not there yet, all or none, and return how many; raises TooManyRows beyond the limit."""
    with database.writing("saving the texts") as session:
        _row(session, monitor_id)
        count = select(func.count()).where(MonitorTextRow.monitor_id == monitor_id)
        before = session.scalar(count) or 0
        for start in range(0, len(texts), _ROWS_AT_ONCE):
            values = [
                {"monitor_id": monitor_id, "key": one.key, "text": one.text, "day": one.day, "product": one.product}
                | {"label": "", "probabilities": [], "aspects": {}}
                for one in texts[start : start + _ROWS_AT_ONCE]
            ]
            session.execute(insert_into(session, MonitorTextRow).on_conflict_do_nothing(), values)
        after = session.scalar(count) or 0
        if after > MONITOR_TEXTS:
            raise TooManyRows(rows=after, limit=MONITOR_TEXTS)
        if after > before:
            audit.note(session, member, "added texts", monitor_id, texts=after - before, source=source)
        return after - before


def unread(database: Database, monitor_id: str, limit: int, after: int = 0) -> list[tuple[int, str]]:
    """Return ids and texts that wait to be read, oldest first, of those after an id."""
    found = select(MonitorTextRow.text_id, MonitorTextRow.text).where(
        MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label == "", MonitorTextRow.text_id > after
    )
    with database.reading("reading the texts") as session:
        return [(row[0], row[1]) for row in session.execute(found.order_by(MonitorTextRow.text_id).limit(limit))]


def write_readings(
    database: Database, monitor_id: str, readings: Sequence[TextReading], weights_id: str, head_id: str
) -> None:
    """Write down what was read of some texts."""
    with database.writing("saving the readings") as session:
        at = now()
        session.execute(
            update(MonitorTextRow),
            [
                {
                    "text_id": one.text_id,
                    "language": one.language,
                    "label": one.label,
                    "negative": one.probabilities[0],
                    "probabilities": list(one.probabilities),
                    "weights_id": weights_id,
                    "head_id": head_id,
                    "read_at": at,
                }
                for one in readings
            ],
        )
        session.execute(update(MonitorRow).where(MonitorRow.monitor_id == monitor_id).values(read_at=at))


def forget_readings(database: Database, member: Member, monitor_id: str) -> int:
    """Let all texts wait to be read anew, and return how many; what people said of them stays."""
    with database.writing("letting the texts be read again") as session:
        mine = (MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label != "")
        fresh = update(MonitorTextRow).where(*mine).values(label="", negative=0.0, probabilities=[], aspects={})
        number = len(session.scalars(fresh.returning(MonitorTextRow.text_id)).all())
        audit.note(session, member, "let texts be read again", monitor_id, texts=number)
        return number


def mark_read(database: Database, monitor_id: str) -> None:
    """Write down that the source was looked at now, also where it held nothing new."""
    with database.writing("saving the monitor") as session:
        session.execute(update(MonitorRow).where(MonitorRow.monitor_id == monitor_id).values(read_at=now()))


def without_aspects(
    database: Database, monitor_id: str, version: str, limit: int, after: int = 0
) -> list[tuple[int, str, str, str]]:
    """Return (id, text, language, label) of texts that were read, but not for this list of aspects."""
    columns = (MonitorTextRow.text_id, MonitorTextRow.text, MonitorTextRow.language, MonitorTextRow.label)
    found = select(*columns).where(
        MonitorTextRow.monitor_id == monitor_id,
        MonitorTextRow.label != "",
        MonitorTextRow.text_id > after,
        ~holds(_LOOKED_FOR, version),
    )
    with database.reading("reading the texts") as session:
        return [
            (row[0], row[1], row[2], row[3])
            for row in session.execute(found.order_by(MonitorTextRow.text_id).limit(limit))
        ]


def count_without_aspects(database: Database, monitor_id: str, version: str) -> int:
    """Return how many texts that were read wait to be looked through for this list of aspects."""
    found = select(func.count()).where(
        MonitorTextRow.monitor_id == monitor_id, MonitorTextRow.label != "", ~holds(_LOOKED_FOR, version)
    )
    with database.reading("counting the texts") as session:
        return session.scalar(found) or 0


def write_aspects(database: Database, version: str, found: Sequence[tuple[int, dict[str, str]]]) -> None:
    """Write down the aspects found in some texts: the label of what is said of each, by the aspect's id."""
    with database.writing("saving the aspects") as session:
        values = [{"text_id": text_id, "aspects": aspects | {_LOOKED_FOR: version}} for text_id, aspects in found]
        session.execute(update(MonitorTextRow), values)


def holds(aspect_id: str, label: str = "") -> ColumnElement[bool]:
    """Whether the aspect was found, with this label if one is named: both databases write JSON the same way here."""
    pattern = f'"{aspect_id}": "{label}'
    return cast(MonitorTextRow.aspects, Text).contains(pattern, autoescape=True)


def _with_counts() -> Select[Any]:
    of_it = MonitorTextRow.monitor_id == MonitorRow.monitor_id
    texts_of = select(func.count()).where(of_it).correlate(MonitorRow).scalar_subquery()
    unread_of = select(func.count()).where(of_it, MonitorTextRow.label == "").correlate(MonitorRow).scalar_subquery()
    return select(MonitorRow, texts_of, unread_of)


def _check_name(session: Session, name: str) -> None:
    taken = select(MonitorRow.name).where(func.lower(MonitorRow.name) == name.lower())
    if session.scalar(taken) is not None:
        raise AlreadyThere(what="monitor", name=name)


def _row(session: Session, monitor_id: str) -> MonitorRow:
    row = session.get(MonitorRow, monitor_id, with_for_update=True)
    if row is None:
        raise NotYours(what="monitor")
    return row


def _monitor_of(row: MonitorRow, texts_of: int, unread_of: int) -> Monitor:
    return Monitor(
        row.monitor_id,
        row.name,
        row.kind,
        row.folder,
        row.text_column,
        row.date_column,
        row.product_column,
        row.settings,
        row.is_sample,
        row.created_at,
        row.read_at,
        texts_of,
        unread_of,
    )
