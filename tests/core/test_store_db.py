"""The door to the database: private, strict about addresses, and silent about the driver's own errors."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from core.errors import DatabaseUnavailable, SettingsError, StoreError
from core.store.db import Database
from core.store.tables import VisitorRow


def test_the_database_and_its_folder_belong_to_their_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'private' / 'hearback.db'}")
    database.migrate()
    database.close()
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    for file in (tmp_path / "private").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_sqlite_is_opened_with_what_our_promises_need(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hearback.db'}", busy_seconds=0.3)
    with database.reading() as session:
        found = {
            pragma: session.scalar(text(f"PRAGMA {pragma}"))
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    database.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 300,
        "secure_delete": 1,
    }


def test_opening_the_file_twice_does_not_lose_what_is_written_after_another_program_looked(tmp_path: Path) -> None:
    file = tmp_path / "hearback.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    with database.writing() as session:
        session.execute(insert(VisitorRow).values(visitor_id="ada"))
    Database(f"sqlite:///{file}").close()
    count = f"import sqlite3; print(sqlite3.connect({str(file)!r}).execute('SELECT count(*) FROM visitors').fetchone())"
    look = [sys.executable, "-c", count]
    assert subprocess.run(look, capture_output=True, text=True, check=True).stdout == "(1,)\n"
    with database.writing() as session:
        session.execute(insert(VisitorRow).values(visitor_id="bea"))
    assert subprocess.run(look, capture_output=True, text=True, check=True).stdout == "(2,)\n"
    database.close()


def test_a_writer_that_fails_halfway_leaves_nothing(database: Database) -> None:
    def fail_halfway() -> None:
        with database.writing() as session:
            session.add(VisitorRow(visitor_id="ada"))
            session.flush()
            raise KeyError("a bug of the caller")

    with pytest.raises(KeyError):
        fail_halfway()
    with database.reading() as session:
        assert session.get(VisitorRow, "ada") is None


def test_a_reader_cannot_write_on_postgresql(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite knows no reading transaction that refuses")
    with pytest.raises(StoreError), database.reading() as session:
        session.execute(text("DELETE FROM visitors"))


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads what is committed at each statement")
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM visitors")) == 0
        with database.writing() as other:
            other.add(VisitorRow(visitor_id="ada"))
        assert session.scalar(text("SELECT count(*) FROM visitors")) == 0


def test_a_broken_rule_is_our_error_and_not_a_database_that_is_away(database: Database) -> None:
    with database.writing() as session:
        session.add(VisitorRow(visitor_id="ada"))
    with pytest.raises(StoreError) as caught, database.writing() as session:
        session.add(VisitorRow(visitor_id="ada"))
    assert not isinstance(caught.value, DatabaseUnavailable)
    assert caught.value.__cause__ is not None


def test_an_error_never_carries_what_somebody_typed_into_the_log(database: Database) -> None:
    refused = insert(VisitorRow).values(visitor_id="ada", role=" ".join(["my", "secret", "plan"]), company_size=None)
    with pytest.raises(StoreError) as caught, database.writing() as session:
        session.execute(refused)
    told = "".join(traceback.format_exception(caught.value))
    assert "visitors" in told
    assert "my secret plan" not in told


def test_waiting_for_another_writer_ends_with_a_sentence(impatient: Database) -> None:
    is_inside, may_leave = threading.Event(), threading.Event()

    def hold() -> None:
        with impatient.writing() as session:
            session.execute(text("UPDATE visitors SET role = ''" if impatient.is_sqlite else "LOCK TABLE visitors"))
            is_inside.set()
            may_leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    is_inside.wait(10)
    try:
        with (
            pytest.raises(DatabaseUnavailable, match="while saving your choice"),
            impatient.writing("saving your choice") as session,
        ):
            session.add(VisitorRow(visitor_id="ada"))
    finally:
        may_leave.set()
        holder.join()
    with impatient.writing() as session:
        session.add(VisitorRow(visitor_id="ada"))


def test_a_lock_held_by_another_process_ends_with_a_sentence(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hearback.db'}", busy_seconds=0.1)
    database.migrate()
    other = sqlite3.connect(tmp_path / "hearback.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable), database.writing() as session:
        session.add(VisitorRow(visitor_id="ada"))
    other.close()
    database.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hearback.db",
        "mysql://root:secret@host/name",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://u:secret@h:x/n",
    ],
)
def test_an_address_that_cannot_work_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_gets_the_driver_that_we_ship(scheme: str) -> None:
    database = Database(f"{scheme}://nobody@127.0.0.1:1/none?sslmode=disable", busy_seconds=0.5)
    assert database.url.drivername == "postgresql+psycopg"
    with pytest.raises(DatabaseUnavailable):
        database.check()


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "hearback.db"
    file.write_bytes(b"this is a letter, not a database " * 100)
    before = file.read_bytes()
    with pytest.raises(DatabaseUnavailable):
        Database(f"sqlite:///{file}").migrate()
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(DatabaseUnavailable):
        Database(f"sqlite:///{tmp_path / 'taken' / 'hearback.db'}")
