"""The tables of the company's own side: its members, what they did, and what they work on.

Passwords, links and sessions are kept as digests only: whoever reads the database can enter nothing with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.columns import now
from core.store.tables import Base


class MemberRow(Base):
    """Somebody of the company; one without a password enters through the company's own login (OIDC)."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("name"),)

    member_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]


class MemberSessionRow(Base):
    """A login; `session_id` is the digest of its token."""

    __tablename__ = "member_sessions"
    __table_args__ = (Index(None, "member_id", "ended_at"),)

    session_id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.member_id", ondelete="CASCADE"))
    agent: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LoginLinkRow(Base):
    """A link that works once: to set up the first founder, to invite, or to set a new password."""

    __tablename__ = "login_links"

    link_id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginTryRow(Base):
    """A try to log in, kept as long as it slows the next one.

    `name` and `source` are keyed digests: what was typed as a name may be a password, and an address is personal.
    """

    __tablename__ = "login_tries"
    __table_args__ = (Index(None, "name", "at"), Index(None, "source", "at"))

    try_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str]
    is_success: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=now)


class AuditRow(Base):
    """Who did what and when, written in the same transaction as the deed; never changed."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"), Index(None, "member_id", "at"), Index(None, "action", "at"))

    audit_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[str]
    name: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)


class OptionRow(Base):
    """Something that founders may set, such as the rule of the survey."""

    __tablename__ = "options"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class SurveyInvitationRow(Base):
    """That a visitor was asked to take the survey, and whether they put it off or do not want to be asked again."""

    __tablename__ = "survey_invitations"

    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitors.visitor_id", ondelete="CASCADE"), primary_key=True)
    first_shown_at: Mapped[datetime] = mapped_column(default=now)
    snoozed_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class ReviewRow(Base):
    """A member's verdict on a correction, or on a thumbs-down without one: approved, rejected or skipped.

    Items that say the same are judged at once, each in a row of its own; `deed_id` is what these rows share.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        Index(None, "interaction_id", "member_id"),
        Index(None, "correction_id"),
        Index(None, "member_id", "at"),
        Index(None, "deed_id"),
    )

    review_id: Mapped[str] = mapped_column(primary_key=True)
    deed_id: Mapped[str]
    interaction_id: Mapped[str] = mapped_column(ForeignKey("interactions.interaction_id", ondelete="CASCADE"))
    correction_id: Mapped[str | None] = mapped_column(ForeignKey("corrections.correction_id", ondelete="CASCADE"))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.member_id"))
    verdict: Mapped[str]
    edited_text: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="first")
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class ReviewItemRow(Base):
    """What the review queue knows of a correction or a rating beyond their own rows: keys, findings, and its place.

    `item_id` is the correction's id, or that of a rating's interaction after "r-"; equal `input_key` and `text_key`
    mean the same input and the same correction but for case, width, spaces and punctuation. From `seen` on the columns
    follow from other rows, which `core.store.review_items` brings up to date. Items that say the same and wait, or were
    judged at once, are one line of the queue, led by the oldest: `alike` of them by `sayers` visitors, the newest at
    `last_at`.
    """

    __tablename__ = "review_items"
    __table_args__ = (
        Index(None, "is_sample", "task", "input_key"),
        Index(None, "is_sample", "is_lead", "state", "points", "last_at"),
        Index(None, "interaction_id"),
        Index(None, "correction_id"),
    )

    item_id: Mapped[str] = mapped_column(primary_key=True)
    interaction_id: Mapped[str] = mapped_column(ForeignKey("interactions.interaction_id", ondelete="CASCADE"))
    correction_id: Mapped[str | None] = mapped_column(ForeignKey("corrections.correction_id", ondelete="CASCADE"))
    visitor_id: Mapped[str]
    task: Mapped[str]
    input_key: Mapped[str]
    text_key: Mapped[str] = mapped_column(default="")
    findings: Mapped[list[Any]]
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    last_at: Mapped[datetime]
    seen: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    points: Mapped[int] = mapped_column(default=0)
    correctors: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    texts: Mapped[int] = mapped_column(default=0)
    is_mixed: Mapped[bool] = mapped_column(default=False)
    repeats: Mapped[str] = mapped_column(default="")
    is_crowding: Mapped[bool] = mapped_column(default=False)
    is_lead: Mapped[bool] = mapped_column(default=False)
    alike: Mapped[int] = mapped_column(default=0)
    sayers: Mapped[int] = mapped_column(default=0)


class DraftRow(Base):
    """A document as it will be in the next revision; `is_removed` means that it will not be there.

    Each save gives a new `draft_id`, so that two members notice each other. `base_number` is the revision that was
    live when the draft began, `removed` the hidden text that was taken out.
    """

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("knowledge_id", "document"),)

    draft_id: Mapped[str] = mapped_column(primary_key=True)
    knowledge_id: Mapped[str]
    document: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    is_removed: Mapped[bool] = mapped_column(default=False)
    base_number: Mapped[int] = mapped_column(default=0)
    removed: Mapped[list[Any]] = mapped_column(default=list)
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class GapRow(Base):
    """Questions of one meaning without an answer, taken up by a member: open, drafted, published or dismissed."""

    __tablename__ = "gaps"
    __table_args__ = (Index(None, "knowledge_id", "status"),)

    gap_id: Mapped[str] = mapped_column(primary_key=True)
    knowledge_id: Mapped[str]
    title: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")
    document: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class GapQuestionRow(Base):
    """A question of a gap, and what the documents say to it since the gap was published."""

    __tablename__ = "gap_questions"
    __table_args__ = (Index(None, "interaction_id"),)

    gap_id: Mapped[str] = mapped_column(ForeignKey("gaps.gap_id", ondelete="CASCADE"), primary_key=True)
    interaction_id: Mapped[str] = mapped_column(
        ForeignKey("interactions.interaction_id", ondelete="CASCADE"), primary_key=True
    )
    is_answered: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime | None]


class MonitorRow(Base):
    """A source of texts that is read again and again: an uploaded table, or a folder below the watched one."""

    __tablename__ = "monitors"
    __table_args__ = (UniqueConstraint("name"),)

    monitor_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    folder: Mapped[str] = mapped_column(default="")
    text_column: Mapped[str]
    date_column: Mapped[str] = mapped_column(default="")
    product_column: Mapped[str] = mapped_column(default="")
    settings: Mapped[dict[str, Any]]
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]


class MonitorTextRow(Base):
    """A text of a monitor with its reading; `label` is empty until it was read, `negative` is the probability of that.

    `corrected_label` is what a member says it should have been, `checked_label` what a member said of a text that was
    drawn at random; `aspects` holds the aspects found in it by their ids, each with a label, and which list was looked
    for.
    """

    __tablename__ = "monitor_texts"
    __table_args__ = (UniqueConstraint("monitor_id", "key"), Index(None, "monitor_id", "day"))

    text_id: Mapped[int] = mapped_column(primary_key=True)
    monitor_id: Mapped[str] = mapped_column(ForeignKey("monitors.monitor_id", ondelete="CASCADE"))
    key: Mapped[str]
    text: Mapped[str]
    day: Mapped[str] = mapped_column(default="")
    product: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    label: Mapped[str]
    negative: Mapped[float] = mapped_column(default=0.0)
    probabilities: Mapped[list[Any]]
    aspects: Mapped[dict[str, Any]]
    weights_id: Mapped[str] = mapped_column(default="")
    head_id: Mapped[str] = mapped_column(default="")
    corrected_label: Mapped[str] = mapped_column(default="")
    corrected_by: Mapped[str] = mapped_column(default="")
    corrected_at: Mapped[datetime | None]
    checked_label: Mapped[str] = mapped_column(default="")
    read_at: Mapped[datetime] = mapped_column(default=now)
