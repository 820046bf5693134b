"""The history of the schema, run from code: there is no alembic.ini.

A new revision: change `tables`, then write `versions/NNNN_what.py` by hand from what
`alembic.autogenerate.render_python_code` proposes, and let `tests/core/test_store_migrations.py` compare the two.
"""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from core.errors import DatabaseOutdated

# Alembic keeps the running migration in a module-wide place, so two threads must not migrate at once.
_one_at_a_time = threading.Lock()


def upgrade(connection: Connection) -> None:
    """Bring the schema to the head within the caller's transaction; raises DatabaseOutdated for an unknown revision."""
    config = _config()
    config.attributes["connection"] = connection
    with _one_at_a_time:
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise DatabaseOutdated(found=current(connection) or "none", needed=head()) from error


def current(connection: Connection) -> str | None:
    """Return the revision that the database has, None if it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the revision that this code needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
