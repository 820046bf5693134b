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
from core.store import cells, loop_tables, migrations, office_tables, rollups, tallies, usage_tables  # noqa: F401 - their tables are part of the metadata
from core.store.db import Database
from core.store.tables import Base
from core.types import Scope


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


@pytest.mark.promise("R18")
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


@pytest.mark.promise("R18")
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


@pytest.mark.promise("R18")
@pytest.mark.parametrize("released", ["0001", "0002", "0003", "0004"])
def test_a_database_of_each_released_schema_keeps_its_uses_and_counts_them(empty: Database, released: str) -> None:
    at = "2026-05-04 12:00:00.000000+00:00" if not empty.is_sqlite else "2026-05-04 12:00:00.000000"
    with empty.engine.begin() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        migrations.command.upgrade(config, released)
        for table, wanted in (
            ("visitors", {"visitor_id": "ada"}),
            ("interactions", a_use(at)),
            ("ratings", a_rating(at)),
        ):
            insert_plainly(connection, table, wanted, at)
    empty.migrate()
    empty.check()
    rollups.refresh(empty)
    tally = tallies.tallies(empty, Scope())[()]
    assert (tally.uses, tally.rated, tally.good) == (1, 1, 1)
    (cell,) = cells.counts(empty, Scope())
    assert (cell.quality.judged, cell.quality.troubled) == (1, 0)
    with empty.writing() as session:
        session.execute(text("UPDATE ratings SET score = 0"))  # the triggers are there as well
    rollups.refresh(empty)
    assert tallies.tallies(empty, Scope())[()].good == 0
    empty.close()


def test_a_change_during_a_count_is_counted_after_it(database: Database) -> None:
    """On SQLite the mark of a day that is being counted does not stand for what changes meanwhile."""
    at = "2026-05-04 12:00:00.000000+00:00" if not database.is_sqlite else "2026-05-04 12:00:00.000000"
    with database.writing() as session:
        for table, wanted in (
            ("visitors", {"visitor_id": "ada"}),
            ("interactions", a_use(at)),
            ("ratings", a_rating(at)),
        ):
            insert_plainly(session.connection(), table, wanted, at)
    rollups._take(database, rollups.waiting(database))
    with database.writing() as session:
        session.execute(text("UPDATE ratings SET score = 0"))
    with database.reading() as session:
        marks = session.execute(text("SELECT is_taken FROM usage_marks WHERE day = '2026-05-04'")).scalars().all()
    assert sum(not taken for taken in marks) >= 1


def a_story(at: str) -> dict[str, dict[str, Any]]:
    return {"visitors": {"visitor_id": "ada"}, "interactions": a_use(at), "ratings": a_rating(at)}


def a_use(at: str) -> dict[str, Any]:
    return {
        **{"interaction_id": "use", "visitor_id": "ada", "task": "support", "started_at": at, "language": "en"},
        **{"ending": "finished", "total_seconds": 0.5, "input_text": "?", "output_text": "!"},
    }


def a_rating(at: str) -> dict[str, Any]:
    return {"interaction_id": "use", "visitor_id": "ada", "score": 1, "created_at": at, "changed_at": at}


def insert_plainly(connection: Any, table: str, wanted: dict[str, Any], at: str) -> None:
    """Insert a row into a table as it is now, with something in every column that must have it."""
    values: dict[str, Any] = {}
    for column in inspect(connection).get_columns(table):
        name, kind = column["name"], str(column["type"]).upper()
        if name in wanted:
            values[name] = wanted[name]
        elif column["nullable"] or column.get("default") is not None:
            continue
        elif "JSON" in kind:
            values[name] = "{}"
        elif "BOOL" in kind:
            values[name] = False
        elif "TIME" in kind:
            values[name] = at
        else:
            values[name] = 0 if "INT" in kind or "FLOAT" in kind or "DOUBLE" in kind else ""
    names, signs = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({signs})"), values)
