"""What uses add up to, kept so that a page of figures reads some thousand rows however many uses there were.

Everything here can be made again from the other tables and is never edited: triggers put a mark on each day whose uses
change, in the transaction that changes them, and `core.store.rollups` counts marked days anew. A `segment` of "*"
stands for all. Days and weeks are ISO dates in UTC, weeks by their Monday.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, false
from sqlalchemy.orm import Mapped, mapped_column

from core.store.columns import now
from core.store.tables import Base

EVERY = "*"


class UsageMarkRow(Base):
    """A day, or a week of visitors, that must be counted anew; marks are only ever added and taken.

    One that `is_taken` is being counted: whatever changes from then on adds another.
    """

    __tablename__ = "usage_marks"
    __table_args__ = (Index(None, "day", "is_sample"),)

    mark_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str]
    is_sample: Mapped[bool]
    is_week: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_taken: Mapped[bool] = mapped_column(default=False, server_default=false())


class UsageDayRow(Base):
    """What can be added up of a day's uses; see `core.store.usage_facts` for what each number counts."""

    __tablename__ = "usage_days"
    __table_args__ = (Index(None, "day", "is_sample"),)

    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    weights_id: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[str]
    uses: Mapped[int]
    visits: Mapped[int]
    finished: Mapped[int]
    stopped: Mapped[int]
    failed: Mapped[int]
    abstained: Mapped[int]
    handed_off: Mapped[int]
    rated: Mapped[int]
    good: Mapped[int]
    corrected: Mapped[int]
    confirmed: Mapped[int]
    assumed: Mapped[int]
    edits: Mapped[int]
    edit_sum: Mapped[float]
    edit_squares: Mapped[float]


class UsageTimesRow(Base):
    """How long a day's uses took, as histograms: see `core.store.times`."""

    __tablename__ = "usage_times"
    __table_args__ = (Index(None, "day", "is_sample"),)

    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    weights_id: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[str]
    first_times: Mapped[bytes] = mapped_column(LargeBinary)
    total_times: Mapped[bytes] = mapped_column(LargeBinary)


class UsageVisitorDayRow(Base):
    """That a visitor used a task on a day, how often, and what they said of it.

    A use is judged if it was rated or corrected, and troubled if it was rated not good (`down`) or corrected.
    """

    __tablename__ = "usage_visitor_days"
    __table_args__ = (Index(None, "visitor_id", "day"),)

    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitors.visitor_id", ondelete="CASCADE"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    weights_id: Mapped[str] = mapped_column(primary_key=True)
    uses: Mapped[int]
    visits: Mapped[int]
    rated: Mapped[int]
    corrected: Mapped[int]
    down: Mapped[int] = mapped_column(default=0, server_default="0")
    judged: Mapped[int] = mapped_column(default=0, server_default="0")
    troubled: Mapped[int] = mapped_column(default=0, server_default="0")


class UsageVisitorRow(Base):
    """A visitor's uses of all time; `first_day` is that of the first one."""

    __tablename__ = "usage_visitors"
    __table_args__ = (Index(None, "visitor_id"),)

    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitors.visitor_id", ondelete="CASCADE"), primary_key=True)
    first_day: Mapped[str]
    uses: Mapped[int]
    days: Mapped[int]
    visits: Mapped[int]
    tasks: Mapped[int]
    rated: Mapped[int]
    corrected: Mapped[int]


class UsagePeopleRow(Base):
    """How many visitors there were in a week, all or of one task, segment or weights; `newcomers` began in it."""

    __tablename__ = "usage_people"

    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    weights_id: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(primary_key=True)
    visitors: Mapped[int]
    on_two_days: Mapped[int]
    in_two_visits: Mapped[int]
    newcomers: Mapped[int]


class UsageCohortRow(Base):
    """How many of the visitors who began in the week `cohort` were there in `week`, all or of one slice."""

    __tablename__ = "usage_cohorts"

    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    weights_id: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(primary_key=True)
    cohort: Mapped[str] = mapped_column(primary_key=True)
    visitors: Mapped[int]


class UsagePassageRow(Base):
    """How many of a visitor's answers of a day rest on a passage of a knowledge base's revision `number`.

    `led` counts those in which it is the first passage of its document: summed over a document's passages it counts
    each answer once. `rated` and `good` are of all, `led_rated` and `led_good` of those.
    """

    __tablename__ = "usage_passages"
    __table_args__ = (Index(None, "visitor_id"), {"sqlite_with_rowid": False})

    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    knowledge_id: Mapped[str] = mapped_column(primary_key=True)
    passage_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitors.visitor_id", ondelete="CASCADE"), primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    answers: Mapped[int]
    rated: Mapped[int]
    good: Mapped[int]
    led: Mapped[int]
    led_rated: Mapped[int]
    led_good: Mapped[int]


class PastUsesRow(Base):
    """How many answers used a correction that are no longer kept: what its receipt counts beside those that are."""

    __tablename__ = "past_uses"

    correction_id: Mapped[str] = mapped_column(
        ForeignKey("corrections.correction_id", ondelete="CASCADE"), primary_key=True
    )
    own_uses: Mapped[int]
    other_uses: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class RemovalRow(Base):
    """That texts or uses went because of their age, or uses were written to a file: all until a day, itself included.

    `kind` is texts, uses or archive; `uses` counts what went and `held` what stayed because something needs it.
    What is summed of days up to that of the newest removal of uses stands as it is: there is nothing to count anew.
    """

    __tablename__ = "removals"
    __table_args__ = (Index(None, "kind", "until_day"),)

    removal_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    until_day: Mapped[str]
    uses: Mapped[int]
    held: Mapped[int] = mapped_column(default=0)
    file: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=now)
