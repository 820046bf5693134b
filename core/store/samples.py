"""The sample company's rows: put in at once, taken out at once, and never more than one set of them.

Sample visitors and interactions are marked; what hangs on them by foreign key goes with them, whoever wrote it.
All raise StoreError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from core.store import audit
from core.store.db import Database, insert_into
from core.store.office_tables import GapQuestionRow, GapRow, MemberRow, MonitorRow, ReviewRow
from core.store.tables import Base, InteractionRow, VisitorRow
from core.types import Member

Told = Callable[[int, int, str], None]
ROWS_AT_ONCE = 500
MEMBER_ID = "sample_reviewer"
_TABLES: dict[str, type[Base]] = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


def is_loaded(database: Database) -> bool:
    """Return whether the sample rows are there."""
    with database.reading("looking for sample data") as session:
        return session.get(MemberRow, MEMBER_ID) is not None


def count(database: Database) -> dict[str, int]:
    """Return how many sample visitors, interactions, gaps and monitors there are."""
    with database.reading("counting sample data") as session:
        return _count(session)


def load(
    database: Database, member: Member, rows: Mapping[str, Sequence[Mapping[str, Any]]], told: Told | None = None
) -> bool:
    """Put rows in by table, parents first, all or nothing; return False where sample rows are there already.

    `rows` must bear the sample reviewer among its `members`. `told` hears how many rows of how many are in, and into
    which table they go; what it raises undoes everything.
    """
    total, done = sum(map(len, rows.values())), 0
    with database.writing("loading the sample data") as session:
        # Whoever puts the reviewer in first goes on; who comes second waits here, and then finds the work done.
        first = insert_into(session, MemberRow).values(list(rows["members"])).on_conflict_do_nothing()
        if session.scalar(first.returning(MemberRow.member_id)) is None:
            return False
        for name, table_rows in rows.items():
            if name == "members":
                continue
            for start in range(0, len(table_rows), ROWS_AT_ONCE):
                part = table_rows[start : start + ROWS_AT_ONCE]
                session.execute(insert(_TABLES[name]), list(part))
                done += len(part)
                if told is not None:
                    told(done, total, name.replace("_", " "))
        audit.note(session, member, "loaded sample data", "", **_count(session))
    return True


def remove(database: Database, member: Member) -> bool:
    """Take all sample rows out with what hangs on them, or nothing; return False where there are none."""
    with database.writing("removing the sample data") as session:
        found = _count(session)
        if not any(found.values()) and session.get(MemberRow, MEMBER_ID) is None:
            return False
        sample_gaps = select(GapRow.gap_id).where(GapRow.is_sample.is_(True))
        session.execute(delete(GapQuestionRow).where(GapQuestionRow.gap_id.in_(sample_gaps)))
        session.execute(delete(GapRow).where(GapRow.is_sample.is_(True)))
        session.execute(delete(MonitorRow).where(MonitorRow.is_sample.is_(True)))
        session.execute(delete(InteractionRow).where(InteractionRow.is_sample.is_(True)))
        session.execute(delete(VisitorRow).where(VisitorRow.is_sample.is_(True)))
        session.execute(delete(ReviewRow).where(ReviewRow.member_id == MEMBER_ID))
        session.execute(delete(MemberRow).where(MemberRow.member_id == MEMBER_ID))
        audit.note(session, member, "removed sample data", "", **found)
    return True


def _count(session: Session) -> dict[str, int]:
    marks: dict[str, ColumnElement[bool]] = {
        "visitors": VisitorRow.is_sample.is_(True),
        "interactions": InteractionRow.is_sample.is_(True),
        "gaps": GapRow.is_sample.is_(True),
        "monitors": MonitorRow.is_sample.is_(True),
    }
    return {name: session.scalar(select(func.count()).where(mark)) or 0 for name, mark in marks.items()}
