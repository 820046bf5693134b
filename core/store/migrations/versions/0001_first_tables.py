"""The first tables: visitors, interactions, feedback, knowledge and surveys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

# Written out, not imported: this file describes the past and must not change when `tables` does.
PLAIN = sa.JSON().with_variant(JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything; downgrades are not offered, a backup is the way back."""
    op.create_table(
        "knowledge",
        sa.Column("knowledge_id", sa.Text(), nullable=False),
        sa.Column("live_number", sa.Integer(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("knowledge_id", name="pk_knowledge"),
    )
    op.create_table(
        "visitors",
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("consent_log", sa.Boolean(), nullable=False),
        sa.Column("consent_train", sa.Boolean(), nullable=False),
        sa.Column("consent_version", sa.Text(), nullable=False),
        sa.Column("consented_at", TIME, nullable=True),
        sa.Column("has_chosen", sa.Boolean(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("company_size", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", name="pk_visitors"),
    )
    op.create_table(
        "consents",
        sa.Column("consent_id", sa.Integer(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("log", sa.Boolean(), nullable=False),
        sa.Column("train", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("decided_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_consents_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("consent_id", name="pk_consents"),
    )
    op.create_index("ix_consents_visitor_id_decided_at", "consents", ["visitor_id", "decided_at"])
    op.create_table(
        "interactions",
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("input_text", sa.Text(), nullable=False),
        sa.Column("request", PLAIN, nullable=False),
        sa.Column("output_text", sa.Text(), nullable=False),
        sa.Column("output", PLAIN, nullable=False),
        sa.Column("messages", PLAIN, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("weights_id", sa.Text(), nullable=False),
        sa.Column("weights_sha256", sa.Text(), nullable=False),
        sa.Column("adapter_id", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("settings", PLAIN, nullable=False),
        sa.Column("first_seconds", sa.Float(precision=53), nullable=True),
        sa.Column("total_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("memory_id", sa.Text(), nullable=False),
        sa.Column("is_abstained", sa.Boolean(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("consent_log", sa.Boolean(), nullable=False),
        sa.Column("consent_train", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_interactions_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("interaction_id", name="pk_interactions"),
    )
    op.create_index("ix_interactions_started_at", "interactions", ["started_at"])
    op.create_index("ix_interactions_task_started_at", "interactions", ["task", "started_at"])
    op.create_index("ix_interactions_visitor_id_started_at", "interactions", ["visitor_id", "started_at"])
    op.create_table(
        "revisions",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("knowledge_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["knowledge_id"], ["knowledge.knowledge_id"], name="fk_revisions_knowledge_id_knowledge", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", name="pk_revisions"),
        sa.UniqueConstraint("knowledge_id", "number", name="uq_revisions_knowledge_id_number"),
    )
    op.create_table(
        "surveys",
        sa.Column("survey_id", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("disappointment", sa.Text(), nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("improvement", sa.Text(), nullable=False),
        sa.Column("recommend", sa.Integer(), nullable=True),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("answered_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_surveys_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("survey_id", name="pk_surveys"),
    )
    op.create_index("ix_surveys_visitor_id_answered_at", "surveys", ["visitor_id", "answered_at"])
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("input_text", sa.Text(), nullable=False),
        sa.Column("output_text", sa.Text(), nullable=False),
        sa.Column("corrected_text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("consent_train", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_corrections_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_corrections_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("correction_id", name="pk_corrections"),
        sa.UniqueConstraint("visitor_id", "key", name="uq_corrections_visitor_id_key"),
    )
    op.create_index("ix_corrections_interaction_id", "corrections", ["interaction_id"])
    op.create_index("ix_corrections_status_created_at", "corrections", ["status", "created_at"])
    op.create_index("ix_corrections_visitor_id_created_at", "corrections", ["visitor_id", "created_at"])
    op.create_table(
        "documents",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.revision_id"], name="fk_documents_revision_id_revisions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", name="pk_documents"),
        sa.UniqueConstraint("revision_id", "document", name="uq_documents_revision_id_document"),
    )
    op.create_table(
        "hand_offs",
        sa.Column("hand_off_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_hand_offs_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_hand_offs_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hand_off_id", name="pk_hand_offs"),
        sa.UniqueConstraint("interaction_id", name="uq_hand_offs_interaction_id"),
    )
    op.create_index("ix_hand_offs_status_created_at", "hand_offs", ["status", "created_at"])
    op.create_index("ix_hand_offs_visitor_id", "hand_offs", ["visitor_id"])
    op.create_table(
        "ratings",
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", PLAIN, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.CheckConstraint("score IN (0, 1)", name=op.f("ck_ratings_score")),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_ratings_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_ratings_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("interaction_id", "visitor_id", name="pk_ratings"),
    )
    op.create_index("ix_ratings_visitor_id_changed_at", "ratings", ["visitor_id", "changed_at"])
    op.create_table(
        "used_passages",
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_used_passages_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("interaction_id", "position", name="pk_used_passages"),
    )
    op.create_index("ix_used_passages_passage_id", "used_passages", ["passage_id"])
    op.create_table(
        "correction_steps",
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.correction_id"],
            name="fk_correction_steps_correction_id_corrections",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("step_id", name="pk_correction_steps"),
    )
    op.create_index("ix_correction_steps_correction_id_at", "correction_steps", ["correction_id", "at"])
    op.create_table(
        "passages",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.document_id"], name="fk_passages_document_id_documents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("row_id", name="pk_passages"),
        sa.UniqueConstraint("document_id", "passage_id", name="uq_passages_document_id_passage_id"),
    )
    op.create_index("ix_passages_passage_id", "passages", ["passage_id"])
