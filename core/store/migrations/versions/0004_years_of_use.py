"""What years of use need: citations that are counted, uses that may go while their sums stay, and a shorter count.

Nothing here rewrites a large table: columns that are added have a constant default, which both databases keep in the
table's description. Two small indexes are built, which reads the uses once: some seconds for a million of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, columns and indexes, and mark all days that have uses, for what is counted of them is more."""
    op.add_column("usage_marks", sa.Column("is_taken", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("down", "judged", "troubled"):
        op.add_column("usage_visitor_days", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "usage_passages",
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("knowledge_id", sa.Text(), nullable=False),
        sa.Column("passage_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("led", sa.Integer(), nullable=False),
        sa.Column("led_rated", sa.Integer(), nullable=False),
        sa.Column("led_good", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_usage_passages_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            *("is_sample", "day", "knowledge_id", "passage_id", "number", "visitor_id", "segment"),
            name="pk_usage_passages",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_passages_visitor_id", "usage_passages", ["visitor_id"])
    for table in ("usage_days", "usage_times"):
        op.create_index(f"ix_{table}_day_is_sample", table, ["day", "is_sample"])
    op.create_table(
        "past_uses",
        sa.Column("correction_id", sa.Text(), nullable=False),
        sa.Column("own_uses", sa.Integer(), nullable=False),
        sa.Column("other_uses", sa.Integer(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.correction_id"],
            name="fk_past_uses_correction_id_corrections",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("correction_id", name="pk_past_uses"),
    )
    op.create_table(
        "removals",
        sa.Column("removal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("until_day", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("removal_id", name="pk_removals"),
    )
    op.create_index("ix_removals_kind_until_day", "removals", ["kind", "until_day"])
    op.create_table(
        "artefact_files",
        sa.Column("artefact_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artefact_id"],
            ["artefacts.artefact_id"],
            name="fk_artefact_files_artefact_id_artefacts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("artefact_id", "name", name="pk_artefact_files"),
    )
    op.create_index(
        "ix_interactions_started_at_abstained",
        "interactions",
        ["started_at"],
        sqlite_where=sa.text("is_abstained = 1"),
        postgresql_where=sa.text("is_abstained"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        _mark_what_is_being_counted()
    day = "substr(started_at, 1, 10)" if is_sqlite else "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    op.execute(
        f"INSERT INTO usage_marks (day, is_sample) SELECT DISTINCT {day}, is_sample FROM interactions"  # noqa: S608 - two constants
    )


def _mark_what_is_being_counted() -> None:
    """Let the triggers of SQLite mark a day once more whose mark a count has taken; PostgreSQL's always do."""
    triggers = sa.text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'usage\\_mark\\_%' ESCAPE '\\'"
    )
    for name, made in op.get_bind().execute(triggers).all():
        op.execute(f"DROP TRIGGER {name}")
        op.execute(
            sa.text(made.replace("NOT there.is_week)", "NOT there.is_week AND NOT there.is_taken)").replace(":", "\\:"))
        )
