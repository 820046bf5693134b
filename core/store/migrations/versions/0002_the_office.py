"""The company's own side: members, their sessions and deeds, reviews, drafts, gaps and monitors; sample rows apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

# Written out, not imported: this file describes the past and must not change when the tables do.
PLAIN = sa.JSON().with_variant(JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create and extend; an added column has a default in the database, so that no table is copied."""
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", PLAIN, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_member_id_at", "audit", ["member_id", "at"])
    op.create_index("ix_audit_action_at", "audit", ["action", "at"])

    op.create_table(
        "drafts",
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("knowledge_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=False),
        sa.Column("removed", PLAIN, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name="pk_drafts"),
        sa.UniqueConstraint("knowledge_id", "document", name="uq_drafts_knowledge_id_document"),
    )
    op.create_table(
        "gaps",
        sa.Column("gap_id", sa.Text(), nullable=False),
        sa.Column("knowledge_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("gap_id", name="pk_gaps"),
    )
    op.create_index("ix_gaps_knowledge_id_status", "gaps", ["knowledge_id", "status"])

    op.create_table(
        "login_links",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("link_id", name="pk_login_links"),
    )
    op.create_table(
        "login_tries",
        sa.Column("try_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_success", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("try_id", name="pk_login_tries"),
    )
    op.create_index("ix_login_tries_name_at", "login_tries", ["name", "at"])
    op.create_index("ix_login_tries_source_at", "login_tries", ["source", "at"])

    op.create_table(
        "members",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("member_id", name="pk_members"),
        sa.UniqueConstraint("name", name="uq_members_name"),
    )
    op.create_table(
        "monitors",
        sa.Column("monitor_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("text_column", sa.Text(), nullable=False),
        sa.Column("date_column", sa.Text(), nullable=False),
        sa.Column("product_column", sa.Text(), nullable=False),
        sa.Column("settings", PLAIN, nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("monitor_id", name="pk_monitors"),
        sa.UniqueConstraint("name", name="uq_monitors_name"),
    )
    op.create_table(
        "options",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", PLAIN, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_options"),
    )
    op.create_table(
        "member_sessions",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name="fk_member_sessions_member_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name="pk_member_sessions"),
    )
    op.create_index("ix_member_sessions_member_id_ended_at", "member_sessions", ["member_id", "ended_at"])

    op.create_table(
        "monitor_texts",
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("monitor_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("negative", sa.Float(53), nullable=False),
        sa.Column("probabilities", PLAIN, nullable=False),
        sa.Column("aspects", PLAIN, nullable=False),
        sa.Column("weights_id", sa.Text(), nullable=False),
        sa.Column("head_id", sa.Text(), nullable=False),
        sa.Column("corrected_label", sa.Text(), nullable=False),
        sa.Column("corrected_by", sa.Text(), nullable=False),
        sa.Column("corrected_at", TIME, nullable=True),
        sa.Column("checked_label", sa.Text(), nullable=False),
        sa.Column("read_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.monitor_id"], name="fk_monitor_texts_monitor_id_monitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("text_id", name="pk_monitor_texts"),
        sa.UniqueConstraint("monitor_id", "key", name="uq_monitor_texts_monitor_id_key"),
    )
    op.create_index("ix_monitor_texts_monitor_id_day", "monitor_texts", ["monitor_id", "day"])

    op.create_table(
        "survey_invitations",
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("first_shown_at", TIME, nullable=False),
        sa.Column("snoozed_until", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["visitor_id"],
            ["visitors.visitor_id"],
            name="fk_survey_invitations_visitor_id_visitors",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("visitor_id", name="pk_survey_invitations"),
    )
    op.create_table(
        "gap_questions",
        sa.Column("gap_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("is_answered", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["gap_id"], ["gaps.gap_id"], name="fk_gap_questions_gap_id_gaps", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_gap_questions_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gap_id", "interaction_id", name="pk_gap_questions"),
    )
    op.create_index("ix_gap_questions_interaction_id", "gap_questions", ["interaction_id"])

    op.create_table(
        "reviews",
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("deed_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("correction_id", sa.Text(), nullable=True),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("edited_text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.correction_id"],
            name="fk_reviews_correction_id_corrections",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_reviews_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.member_id"], name="fk_reviews_member_id_members"),
        sa.PrimaryKeyConstraint("review_id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_deed_id", "reviews", ["deed_id"])
    op.create_index("ix_reviews_correction_id", "reviews", ["correction_id"])
    op.create_index("ix_reviews_interaction_id_member_id", "reviews", ["interaction_id", "member_id"])
    op.create_index("ix_reviews_member_id_at", "reviews", ["member_id", "at"])
    op.create_table(
        "review_items",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Text(), nullable=False),
        sa.Column("correction_id", sa.Text(), nullable=True),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("input_key", sa.Text(), nullable=False),
        sa.Column("text_key", sa.Text(), nullable=False),
        sa.Column("findings", PLAIN, nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("correctors", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("is_mixed", sa.Boolean(), nullable=False),
        sa.Column("repeats", sa.Text(), nullable=False),
        sa.Column("is_crowding", sa.Boolean(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("alike", sa.Integer(), nullable=False),
        sa.Column("sayers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.correction_id"],
            name="fk_review_items_correction_id_corrections",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.interaction_id"],
            name="fk_review_items_interaction_id_interactions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", name="pk_review_items"),
    )
    op.create_index("ix_review_items_correction_id", "review_items", ["correction_id"])
    op.create_index("ix_review_items_interaction_id", "review_items", ["interaction_id"])
    op.create_index("ix_review_items_is_sample_task_input_key", "review_items", ["is_sample", "task", "input_key"])
    op.create_index(
        "ix_review_items_is_sample_is_lead_state_points_last_at",
        "review_items",
        ["is_sample", "is_lead", "state", "points", "last_at"],
    )
    op.add_column("visitors", sa.Column("is_sample", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("interactions", sa.Column("is_sample", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("interactions", sa.Column("knowledge_id", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("interactions", sa.Column("knowledge_revision", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("corrections", sa.Column("approved_text", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("corrections", sa.Column("edit_share", sa.Float(53), nullable=True))
    op.add_column("surveys", sa.Column("task", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index("uq_surveys_visitor_id", "surveys", ["visitor_id"], unique=True)
    op.add_column("documents", sa.Column("source", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("revisions", sa.Column("published_by", sa.Text(), nullable=False, server_default=sa.text("''")))
    _add_usage()


def _add_usage() -> None:
    """Make the tables of what uses add up to, with triggers that mark days, and mark all days that have uses."""
    op.create_table(
        "usage_marks",
        sa.Column("mark_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("is_week", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("mark_id", name="pk_usage_marks"),
    )
    op.create_index("ix_usage_marks_day_is_sample", "usage_marks", ["day", "is_sample"])
    op.create_table(
        "usage_days",
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("weights_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Integer(), nullable=False),
        sa.Column("handed_off", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("assumed", sa.Integer(), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("edit_sum", sa.Float(53), nullable=False),
        sa.Column("edit_squares", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("is_sample", "segment", "day", "task", "weights_id", "language", name="pk_usage_days"),
    )
    op.create_table(
        "usage_times",
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("weights_id", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("first_times", sa.LargeBinary(), nullable=False),
        sa.Column("total_times", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("is_sample", "segment", "day", "task", "weights_id", name="pk_usage_times"),
    )
    op.create_table(
        "usage_visitor_days",
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("weights_id", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"],
            ["visitors.visitor_id"],
            name="fk_usage_visitor_days_visitor_id_visitors",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "is_sample", "day", "visitor_id", "task", "segment", "weights_id", name="pk_usage_visitor_days"
        ),
    )
    op.create_index("ix_usage_visitor_days_visitor_id_day", "usage_visitor_days", ["visitor_id", "day"])
    op.create_table(
        "usage_visitors",
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.visitor_id"], name="fk_usage_visitors_visitor_id_visitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("is_sample", "visitor_id", name="pk_usage_visitors"),
    )
    op.create_index("ix_usage_visitors_visitor_id", "usage_visitors", ["visitor_id"])
    op.create_table(
        "usage_people",
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("weights_id", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("visitors", sa.Integer(), nullable=False),
        sa.Column("on_two_days", sa.Integer(), nullable=False),
        sa.Column("in_two_visits", sa.Integer(), nullable=False),
        sa.Column("newcomers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("is_sample", "task", "segment", "weights_id", "week", name="pk_usage_people"),
    )
    op.create_table(
        "usage_cohorts",
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("weights_id", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("cohort", sa.Text(), nullable=False),
        sa.Column("visitors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "is_sample", "task", "segment", "weights_id", "week", "cohort", name="pk_usage_cohorts"
        ),
    )
    op.create_index("ix_visitors_is_sample_created_at", "visitors", ["is_sample", "created_at"])
    op.create_index(
        "ix_interactions_started_at_sample",
        "interactions",
        ["started_at"],
        sqlite_where=sa.text("is_sample = 1"),
        postgresql_where=sa.text("is_sample"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _sqlite_triggers() if is_sqlite else _postgres_triggers():
        op.execute(sa.text(statement.replace(":", "\\:")))
    marking = {
        True: "INSERT INTO usage_marks (day, is_sample) SELECT DISTINCT substr(started_at, 1, 10), is_sample "
        "FROM interactions",
        False: "INSERT INTO usage_marks (day, is_sample) "
        "SELECT DISTINCT to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), is_sample FROM interactions",
    }
    op.execute(marking[is_sqlite])


# A use marks its day and the day half an hour away, because visits and questions asked again reach over midnight.
SAID = ("ratings", "corrections", "hand_offs")


def _sqlite_triggers() -> list[str]:
    # There is one writer at a time, so a mark that is seen is one that will still be counted.
    made = []
    insert = (
        "INSERT INTO usage_marks (day, is_sample) SELECT DISTINCT found.day, found.is_sample FROM ({found}) AS found "
        "WHERE NOT EXISTS (SELECT 1 FROM usage_marks AS there WHERE there.day = found.day "
        "AND there.is_sample = found.is_sample AND NOT there.is_week)"
    )
    of_use = " UNION ".join(
        f"SELECT {day} AS day, {{row}}.is_sample AS is_sample"
        for day in (
            "substr({row}.started_at, 1, 10)",
            "date({row}.started_at, '-30 minutes')",
            "date({row}.started_at, '+30 minutes')",
        )
    )
    of_said = (
        "SELECT substr(told.started_at, 1, 10) AS day, told.is_sample AS is_sample FROM interactions AS told "
        "WHERE told.interaction_id = {row}.interaction_id"
    )
    for table in ("interactions", *SAID):
        found = of_use if table == "interactions" else of_said
        for event, row in (("INSERT", "NEW"), ("DELETE", "OLD"), ("UPDATE", "OLD"), ("UPDATE", "NEW")):
            body = insert.format(found=found.format(row=row))
            name = f"usage_mark_{table}_{event.lower()}_{row.lower()}"
            made.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW BEGIN {body}; END")
    return made


def _postgres_triggers() -> list[str]:
    # Marks are always added, never looked for: one that another transaction is about to take would be no mark at all.
    day = "to_char(({moment}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    function = (
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO usage_marks (day, is_sample) SELECT DISTINCT {what}; RETURN NULL; END $$"
    )
    made = [
        function.format(
            name="usage_mark_uses",
            what=day.format(moment="changed.started_at + near.away")
            + ", changed.is_sample FROM changed, (VALUES (interval '0'), (interval '-30 minutes'), "
            "(interval '30 minutes')) AS near(away)",
        ),
        function.format(
            name="usage_mark_said",
            what=day.format(moment="told.started_at")
            + ", told.is_sample FROM changed JOIN interactions AS told USING (interaction_id)",
        ),
    ]
    for table in ("interactions", *SAID):
        to_do = "usage_mark_uses" if table == "interactions" else "usage_mark_said"
        for event, row in (("INSERT", "NEW"), ("DELETE", "OLD"), ("UPDATE", "OLD"), ("UPDATE", "NEW")):
            made.append(
                f"CREATE TRIGGER usage_mark_{event.lower()}_{row.lower()} AFTER {event} ON {table} "
                f"REFERENCING {row} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {to_do}()"
            )
    return made
