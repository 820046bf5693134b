"""What was released before is brought to today with every row, and a torn file is said to be one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, select

from core.backup import back_up
from core.config import Settings, read_settings
from core.errors import DatabaseDamaged, DatabaseUnavailable, HearbackError
from core.store import migrations, transfer
from core.store.db import VERSIONS, Database
from core.store.record import Recorder
from core.types import Rating
from tests.core.store_stories import an_interaction
from tests.promises import Found

RELEASED = sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))
ROWS = 3
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
FITTING = {"task": "support", "day": "2026-05-04", "week": "2026-05-04", "until_day": "2026-05-04", "language": "en"}


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def released(connection: Connection) -> list[Table]:
    """Return the tables as they are now, without those that are worked out from others, or that tell the schema."""
    schema = MetaData()
    schema.reflect(connection)
    return [table for table in schema.sorted_tables if not table.name.startswith(("usage_", "alembic_"))]


def value(column: Column[Any], number: int) -> Any:
    """Return something for a column of a row; rows of one number lead to each other."""
    for key in column.foreign_keys:
        return value(key.column, number)
    kind = str(column.type).upper()
    if column.name in FITTING:
        return FITTING[column.name]
    if "BOOL" in kind:
        return False
    if "INT" in kind:
        return number % 2 if column.name == "score" else number + 1
    if "FLOAT" in kind or "DOUBLE" in kind:
        return number / 4
    if "TIME" in kind:
        return AT
    if "JSON" in kind:
        return {"said": f"{column.name} {number} Grüße \N{WAVING HAND SIGN}"}
    if "BLOB" in kind or "BYTEA" in kind:
        return bytes([number, 0, 255])
    return f"{column.name} {number}"


def fill(connection: Connection) -> None:
    """Put rows into every table of a schema."""
    for table in released(connection):
        for number in range(ROWS):
            connection.execute(table.insert().values({one.name: value(one, number) for one in table.columns}))


def rows(connection: Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the rows of these tables, of each these columns."""
    tables = {table.name: table for table in released(connection)}
    return {
        name: sorted(repr([*row]) for row in connection.execute(select(*(tables[name].c[one] for one in names))))
        for name, names in columns.items()
    }


@pytest.mark.promise("R18")
@pytest.mark.parametrize("schema", RELEASED)
def test_every_row_of_every_table_of_a_released_schema_comes_to_the_newest(
    empty: Database, schema: str, found: Found
) -> None:
    with empty.engine.begin() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        migrations.command.upgrade(config, schema)
        fill(connection)
        columns = {table.name: [column.name for column in table.columns] for table in released(connection)}
        before = rows(connection, columns)
    empty.migrate()
    empty.check()
    with empty.engine.connect() as connection:
        after = rows(connection, columns)
    lost = {name: [row for row in before[name] if row not in after[name]] for name in before}
    lost = {name: gone for name, gone in lost.items() if gone}
    found(f"tables of schema {schema}", len(before))
    found("rows", sum(map(len, before.values())))
    found("lost or changed", sum(map(len, lost.values())))
    assert not lost
    assert {len(found_here) for found_here in before.values()} >= {ROWS}


@pytest.mark.promise("R18")
def test_all_tables_with_rows_come_from_one_kind_of_database_to_the_other_and_back(
    database: Database, empty_file: Path, tmp_path: Path, found: Found
) -> None:
    (tmp_path / "other.db").write_bytes(empty_file.read_bytes())
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with database.engine.begin() as connection:
        for table in transfer.tables():  # a memory's stamps and the like are there from the beginning
            connection.execute(table.delete())
        fill(connection)
    before = transfer.counted(database)
    assert transfer.copy(database, other) == before == transfer.counted(other)
    assert transfer.copy(other, database, is_replacing=True) == before == transfer.counted(database)
    other.close()
    found("tables with rows", sum(table.rows > 0 for table in before.values()))
    found("rows", sum(table.rows for table in before.values()))
    found("checksums that differ", 0)
    assert sum(table.rows > 0 for table in before.values()) > 40


@pytest.fixture
def used(empty_file: Path, tmp_path: Path) -> Path:
    """The file of an SQLite database that was used for a while, closed well."""
    file = tmp_path / "used" / "hearback.db"
    file.parent.mkdir()
    file.write_bytes(empty_file.read_bytes())
    database = Database(f"sqlite:///{file}")
    recorder = Recorder(database, tmp_path / "used" / "spool")
    for number in range(50):
        recorder.interaction(an_interaction(interaction_id=f"use {number}", input_text="Grüße " * 200))
    assert recorder.flush()
    recorder.rate(Rating("use 1", 1), "ada")
    recorder.close()
    assert database.scrub()
    database.close()
    assert not file.with_name("hearback.db-wal").exists()
    return file


def settings_of(file: Path) -> Settings:
    return read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(file.parent)})


def opened_and_backed_up(file: Path, folder: Path) -> None:
    database = Database(f"sqlite:///{file}")
    try:
        database.migrate()
        back_up(settings_of(file), folder)
    finally:
        database.close()


@pytest.mark.promise("R18")
def test_a_torn_copy_of_the_databases_file_is_refused_with_a_sentence(used: Path, tmp_path: Path, found: Found) -> None:
    whole = used.read_bytes()
    torn = {f"cut to {share:.0%}": whole[: int(len(whole) * share)] for share in (0.002, 0.1, 0.5, 0.9, 0.999)}
    torn["other bytes at its beginning"] = b"\0" * 100 + whole[100:]
    torn["no database at all"] = b"Dear Hearback, " * 1_000
    # A copy during which the file went on: the first half of it is older than the second.
    torn["a page of zeros"] = whole[:40_960] + b"\0" * 4_096 + whole[45_056:]
    refused = 0
    for number, (how, content) in enumerate(torn.items()):
        file = tmp_path / f"torn {number}" / "hearback.db"
        file.parent.mkdir()
        file.write_bytes(content)
        with pytest.raises(DatabaseDamaged, match="python -m core restore"):
            opened_and_backed_up(file, tmp_path / f"backups {number}")
        refused += 1
        assert file.read_bytes()[: len(content)] == content, f"{how}: it is left as it is"
        assert not list((tmp_path / f"backups {number}").glob("*.zip"))
    found("torn copies refused", refused)


@pytest.mark.promise("R18")
def test_a_server_says_that_its_file_is_torn_and_records_wait(used: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{used}")
    with used.open("r+b") as file:
        file.truncate(used.stat().st_size // 2)
    recorder = Recorder(database, tmp_path / "spool")
    recorder.interaction(told := an_interaction())
    assert recorder.flush(2) is False
    assert any(told.interaction_id in file.read_text() for file in (tmp_path / "spool").glob("*ing.jsonl"))
    assert recorder.dropped == 0
    with pytest.raises(HearbackError, match="damaged"):
        recorder.choose("ada", told.consent)
    recorder.close()
    database.close()


@pytest.mark.promise("R18")
def test_a_whole_file_is_not_taken_for_torn(used: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{used}")
    database.migrate()
    database.check()
    database.close()
    assert back_up(settings_of(used), tmp_path / "backups").tables["interactions"].rows == 50
    with closing(sqlite3.connect(used)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with pytest.raises(DatabaseUnavailable) as told:
        Database(f"sqlite:///{tmp_path}").migrate()
    assert not isinstance(told.value, DatabaseDamaged)
