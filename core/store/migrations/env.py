"""Run the revisions on the connection, and in the transaction, that `migrations.upgrade` was given."""

from __future__ import annotations

from alembic import context

from core.store import loop_tables, office_tables, usage_tables  # noqa: F401 - their tables are part of the metadata
from core.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
