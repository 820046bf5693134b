"""The schema that migrations make is the one that the code means, or nothing at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from core.config import PROJECT
from core.errors import DatabaseOutdated, HearbackError
from core.store import loop_tables, migrations, office_tables, usage_tables  # noqa: F401 - their tables are part of the metadata
from core.store.db import Database
from core.store.tables import Base


@pytest.fixture
def empty(database_url: str) -> Database:
    return Database(database_url)


def test_the_migrated_schema_is_the_one_of_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        found = inspect(connection)
        for table in Base.metadata.tables.values():
            named = {constraint.name for constraint in table.constraints if constraint.name}
            kept = {one["name"] for one in found.get_check_constraints(table.name)}
            kept |= {one["name"] for one in found.get_foreign_keys(table.name)}
            kept |= {one["name"] for one in found.get_unique_constraints(table.name)}
            kept.add(found.get_pk_constraint(table.name)["name"])
            assert kept == named


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.migrate()
    database.check()


def test_a_database_without_tables_is_told_apart(empty: Database) -> None:
    with pytest.raises(DatabaseOutdated, match="none") as caught:
        empty.check()
    assert caught.value.facts["needed"] == migrations.head()
    empty.close()


def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (database.migrate, database.check):
        with pytest.raises(DatabaseOutdated) as caught:
            refused()
        assert caught.value.facts["found"] == "9999"


def test_a_migration_that_fails_halfway_leaves_nothing_behind(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = migrations.command.upgrade

    def fail_at_the_end(*arguments: object) -> None:
        real(*arguments)
        raise OSError("the power went")

    monkeypatch.setattr(migrations.command, "upgrade", fail_at_the_end)
    with pytest.raises(HearbackError):
        empty.migrate()
    with empty.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.undo()
    empty.migrate()
    empty.check()
    empty.close()


def test_processes_that_start_together_migrate_once(empty: Database, database_url: str, tmp_path: Path) -> None:
    code = "import sys; from core.store.db import Database; d = Database(sys.argv[1]); d.migrate(); d.check()"
    starting = [
        subprocess.Popen([sys.executable, "-c", code, database_url], cwd=PROJECT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = [process.communicate(timeout=120)[1] for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0], told
    empty.check()
    empty.close()
