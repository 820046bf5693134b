"""The loop: what is remembered, datasets, runs, artefacts, their comparison, and what serves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

# Written out, not imported: this file describes the past and must not change when the tables do.
PLAIN = sa.JSON().with_variant(JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create; no table that was there is touched."""
    _memory()
    _datasets()
    _artefacts()
    op.create_table(
        "forgotten",
        sa.Column("visitor_key", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("visitor_key", name="pk_forgotten"),
    )


def _memory() -> None:
    op.create_table(
        "memory",
        sa.Column("memory_id", sa.Text(), nullable=False),
        sa.Column("correction_id", sa.Text(), nullable=True),
        sa.Column("visitor_id", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("knowledge_id", sa.Text(), nullable=False),
        sa.Column("knowledge_revision", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("input_text", sa.Text(), nullable=False),
        sa.Column("output_text", sa.Text(), nullable=False),
        sa.Column("input_key", sa.Text(), nullable=False),
        sa.Column("output_key", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("context", PLAIN, nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("retired_by", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("shared_at", TIME, nullable=True),
        sa.Column("retired_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.correction_id"],
            name="fk_memory_correction_id_corrections",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_memory_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("memory_id", name="pk_memory"),
    )
    op.create_index("ix_memory_changed_at", "memory", ["changed_at"])
    op.create_index("ix_memory_correction_id", "memory", ["correction_id"])
    op.create_index("ix_memory_stamp", "memory", ["stamp"])
    op.create_index("ix_memory_task_input_key", "memory", ["task", "input_key"])
    op.create_index("ix_memory_task_state", "memory", ["task", "state"])
    op.create_index("ix_memory_visitor_id", "memory", ["visitor_id"])
    op.create_table(
        "memory_stamps",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_memory_stamps"),
    )
    op.create_table(
        "memory_uses",
        sa.Column("memory_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Float(precision=53), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_memory_uses_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["memory_id"], ["memory.memory_id"], name="fk_memory_uses_memory_id_memory", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("memory_id", "interaction_id", name="pk_memory_uses"),
    )
    op.create_index("ix_memory_uses_interaction_id", "memory_uses", ["interaction_id"])
    op.create_table(
        "terms",
        sa.Column("term_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("source_term", sa.Text(), nullable=False),
        sa.Column("target_term", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("term_id", name="pk_terms"),
        sa.UniqueConstraint("source", "target", "source_term", name="uq_terms_source_target_source_term"),
    )
    op.create_table(
        "splits",
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=True),
        sa.Column("input_key", sa.Text(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_splits_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_kind", "source_id", name="pk_splits"),
    )
    op.create_index("ix_splits_task_cluster", "splits", ["task", "cluster"])
    op.create_index("ix_splits_task_input_key", "splits", ["task", "input_key"])
    op.create_index("ix_splits_visitor_id", "splits", ["visitor_id"])


def _datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("card", PLAIN, nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.Column("erased_at", TIME, nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_datasets"),
        sa.UniqueConstraint("task", "number", name="uq_datasets_task_number"),
    )
    op.create_table(
        "dataset_items",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", PLAIN, nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("correction_id", sa.Text(), nullable=True),
        sa.Column("visitor_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.correction_id"],
            name="fk_dataset_items_correction_id_corrections",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.dataset_id"], name="fk_dataset_items_dataset_id_datasets", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_dataset_items_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "row_id", name="pk_dataset_items"),
    )
    op.create_index("ix_dataset_items_correction_id", "dataset_items", ["correction_id"])
    op.create_index("ix_dataset_items_visitor_id", "dataset_items", ["visitor_id"])
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("training", PLAIN, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", PLAIN, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("artefact_id", sa.Text(), nullable=False),
        sa.Column("is_stopping", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("process", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("beat_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.dataset_id"], name="fk_runs_dataset_id_datasets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
    )
    op.create_index("ix_runs_dataset_id", "runs", ["dataset_id"])
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_runs_one_running", "runs", ["state"], unique=True, sqlite_where=running, postgresql_where=running
    )
    op.create_index("ix_runs_state_created_at", "runs", ["state", "created_at"])


def _artefacts() -> None:
    op.create_table(
        "artefacts",
        sa.Column("artefact_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("base_id", sa.Text(), nullable=False),
        sa.Column("base_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("card", PLAIN, nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("artefact_id", name="pk_artefacts"),
        sa.UniqueConstraint("task", "number", name="uq_artefacts_task_number"),
    )
    op.create_index("ix_artefacts_dataset_id", "artefacts", ["dataset_id"])
    op.create_table(
        "evaluations",
        sa.Column("evaluation_id", sa.Text(), nullable=False),
        sa.Column("artefact_id", sa.Text(), nullable=False),
        sa.Column("live_id", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("figures", PLAIN, nullable=False),
        sa.Column("verdict", PLAIN, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["artefact_id"], ["artefacts.artefact_id"], name="fk_evaluations_artefact_id_artefacts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation_id", name="pk_evaluations"),
    )
    op.create_index("ix_evaluations_artefact_id_created_at", "evaluations", ["artefact_id", "created_at"])
    op.create_table(
        "evaluation_items",
        sa.Column("evaluation_id", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("input_text", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("answers", PLAIN, nullable=False),
        sa.Column("scores", PLAIN, nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.evaluation_id"],
            name="fk_evaluation_items_evaluation_id_evaluations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_evaluation_items_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "row_id", name="pk_evaluation_items"),
    )
    op.create_index("ix_evaluation_items_visitor_id", "evaluation_items", ["visitor_id"])
    op.create_table(
        "votes",
        sa.Column("evaluation_id", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.evaluation_id"],
            name="fk_votes_evaluation_id_evaluations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name="fk_votes_member_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "row_id", "member_id", name="pk_votes"),
    )
    op.create_table(
        "servings",
        sa.Column("serving_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("artefact_id", sa.Text(), nullable=False),
        sa.Column("before_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evaluation_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("memory", PLAIN, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("serving_id", name="pk_servings"),
    )
    op.create_index("ix_servings_task_segment_serving_id", "servings", ["task", "segment", "serving_id"])
