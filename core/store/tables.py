"""The tables, as nouns: who was here, what they asked and got, what they said of it, and what the answers rest on.

Whatever belongs to a visitor is deleted with the visitor; `columns` says how texts, JSON and times are kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, MetaData, UniqueConstraint, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.store.columns import CleanJson, CleanText, UtcTime, now


class Base(DeclarativeBase):
    """What all tables share: the names of constraints, and the types behind annotations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: CleanText,
        datetime: UtcTime,
        float: Float(53),
        dict[str, Any]: CleanJson,
        list[Any]: CleanJson,
    }


def _of_visitor(**options: Any) -> Mapped[str]:
    return mapped_column(ForeignKey("visitors.visitor_id", ondelete="CASCADE"), **options)


def _of_interaction(**options: Any) -> Mapped[str]:
    return mapped_column(ForeignKey("interactions.interaction_id", ondelete="CASCADE"), **options)


class VisitorRow(Base):
    """A visitor, with what they allow now."""

    __tablename__ = "visitors"
    __table_args__ = (Index(None, "is_sample", "created_at"),)

    visitor_id: Mapped[str] = mapped_column(primary_key=True)
    consent_log: Mapped[bool] = mapped_column(default=False)
    consent_train: Mapped[bool] = mapped_column(default=False)
    consent_version: Mapped[str] = mapped_column(default="")
    consented_at: Mapped[datetime | None]
    has_chosen: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(default="")
    company_size: Mapped[str] = mapped_column(default="")
    is_sample: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class ConsentRow(Base):
    """Every choice that a visitor made, oldest first: the proof of what was allowed when, and under which wording."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "visitor_id", "decided_at"),)

    consent_id: Mapped[int] = mapped_column(primary_key=True)
    visitor_id: Mapped[str] = _of_visitor()
    log: Mapped[bool]
    train: Mapped[bool]
    version: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(default=now)


class InteractionRow(Base):
    """One use of a task; texts are empty where the visitor did not allow them to be kept (`consent_log`)."""

    __tablename__ = "interactions"
    __table_args__ = (
        Index(None, "visitor_id", "started_at"),
        Index(None, "task", "started_at"),
        Index(None, "started_at"),
        Index(
            "ix_interactions_started_at_sample",
            "started_at",
            sqlite_where=text("is_sample = 1"),
            postgresql_where=text("is_sample"),
        ),
        Index(
            "ix_interactions_started_at_abstained",
            "started_at",
            sqlite_where=text("is_abstained = 1"),
            postgresql_where=text("is_abstained"),
        ),
    )

    interaction_id: Mapped[str] = mapped_column(primary_key=True)
    visitor_id: Mapped[str] = _of_visitor()
    task: Mapped[str]
    started_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    input_text: Mapped[str]
    request: Mapped[dict[str, Any]]
    output_text: Mapped[str]
    output: Mapped[dict[str, Any]]
    messages: Mapped[list[Any]]
    language: Mapped[str]
    ending: Mapped[str]
    error: Mapped[str]
    path: Mapped[str]
    weights_id: Mapped[str]
    weights_sha256: Mapped[str]
    adapter_id: Mapped[str]
    prompt_version: Mapped[str]
    settings: Mapped[dict[str, Any]]
    first_seconds: Mapped[float | None]
    total_seconds: Mapped[float]
    memory_id: Mapped[str]
    is_abstained: Mapped[bool]
    segment: Mapped[str]
    consent_log: Mapped[bool]
    consent_train: Mapped[bool]
    knowledge_id: Mapped[str] = mapped_column(default="", server_default=text("''"))
    knowledge_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    is_sample: Mapped[bool] = mapped_column(default=False, server_default=false())


class UsedPassageRow(Base):
    """Which passages an interaction used, in their order; a visitor's own documents are in no knowledge base."""

    __tablename__ = "used_passages"
    __table_args__ = (Index(None, "passage_id"),)

    interaction_id: Mapped[str] = _of_interaction(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    passage_id: Mapped[str]


class RatingRow(Base):
    """The one current rating of an interaction by its visitor; `key` is that of the write that made it so."""

    __tablename__ = "ratings"
    __table_args__ = (CheckConstraint("score IN (0, 1)", name="score"), Index(None, "visitor_id", "changed_at"))

    interaction_id: Mapped[str] = _of_interaction(primary_key=True)
    visitor_id: Mapped[str] = _of_visitor(primary_key=True)
    score: Mapped[int]
    reasons: Mapped[list[Any]]
    comment: Mapped[str]
    key: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class CorrectionRow(Base):
    """What an output should have been, in the visitor's words, with the input and output that they saw.

    `approved_text` is what a reviewer made of it; `edit_share` how much of the output was changed, 0 to 1.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        UniqueConstraint("visitor_id", "key"),
        Index(None, "interaction_id"),
        Index(None, "visitor_id", "created_at"),
        Index(None, "status", "created_at"),
    )

    correction_id: Mapped[str] = mapped_column(primary_key=True)
    interaction_id: Mapped[str] = _of_interaction()
    visitor_id: Mapped[str] = _of_visitor()
    task: Mapped[str]
    input_text: Mapped[str]
    output_text: Mapped[str]
    corrected_text: Mapped[str]
    approved_text: Mapped[str] = mapped_column(default="", server_default=text("''"))
    edit_share: Mapped[float | None]
    status: Mapped[str]
    key: Mapped[str]
    consent_train: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)


class CorrectionStepRow(Base):
    """The receipt: what became of a correction and when (saved, used, approved, rejected, trained, better, …)."""

    __tablename__ = "correction_steps"
    __table_args__ = (Index(None, "correction_id", "at"),)

    step_id: Mapped[int] = mapped_column(primary_key=True)
    correction_id: Mapped[str] = mapped_column(ForeignKey("corrections.correction_id", ondelete="CASCADE"))
    step: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=now)


class HandOffRow(Base):
    """A visitor who wants a person, at most once an interaction; `status` is open, answered or closed."""

    __tablename__ = "hand_offs"
    __table_args__ = (
        UniqueConstraint("interaction_id"),
        Index(None, "status", "created_at"),
        Index(None, "visitor_id"),
    )

    hand_off_id: Mapped[str] = mapped_column(primary_key=True)
    interaction_id: Mapped[str] = _of_interaction()
    visitor_id: Mapped[str] = _of_visitor()
    reason: Mapped[str]
    contact: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime] = mapped_column(default=now)


class KnowledgeRow(Base):
    """A knowledge base; `live_number` says which of its revisions answers, so going back is one changed number."""

    __tablename__ = "knowledge"

    knowledge_id: Mapped[str] = mapped_column(primary_key=True)
    live_number: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class RevisionRow(Base):
    """An immutable state of a knowledge base, numbered from 1; `sha256` is that of its content.

    `published_by` is a member's name, empty where it came with the code.
    """

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("knowledge_id", "number"),)

    revision_id: Mapped[int] = mapped_column(primary_key=True)
    knowledge_id: Mapped[str] = mapped_column(ForeignKey("knowledge.knowledge_id", ondelete="CASCADE"))
    number: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    published_by: Mapped[str] = mapped_column(default="", server_default=text("''"))
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class DocumentRow(Base):
    """A document of one revision; `document` is its file's name without ending, `source` what it was written as."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("revision_id", "document"),)

    document_id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.revision_id", ondelete="CASCADE"))
    document: Mapped[str]
    title: Mapped[str]
    source: Mapped[str] = mapped_column(default="", server_default=text("''"))
    position: Mapped[int]


class PassageRow(Base):
    """A passage of one document of one revision."""

    __tablename__ = "passages"
    __table_args__ = (UniqueConstraint("document_id", "passage_id"), Index(None, "passage_id"))

    row_id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.document_id", ondelete="CASCADE"))
    passage_id: Mapped[str]
    heading: Mapped[str]
    text: Mapped[str]
    position: Mapped[int] = mapped_column()
    language: Mapped[str] = mapped_column(default="")


class SurveyRow(Base):
    """Answers to the market-fit survey: Sean Ellis's four questions and the 0 to 10 of the net promoter score.

    One a visitor. `task` is the use case used most before answering, of equals the one used last, "" if unknown.
    """

    __tablename__ = "surveys"
    __table_args__ = (
        Index(None, "visitor_id", "answered_at"),
        Index("uq_surveys_visitor_id", "visitor_id", unique=True),
    )

    survey_id: Mapped[str] = mapped_column(primary_key=True)
    visitor_id: Mapped[str] = _of_visitor()
    disappointment: Mapped[str] = mapped_column(default="")
    benefit: Mapped[str] = mapped_column(default="")
    audience: Mapped[str] = mapped_column(default="")
    improvement: Mapped[str] = mapped_column(default="")
    recommend: Mapped[int | None]
    segment: Mapped[str] = mapped_column(default="")
    task: Mapped[str] = mapped_column(default="", server_default=text("''"))
    answered_at: Mapped[datetime] = mapped_column(default=now)
