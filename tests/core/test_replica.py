"""Several servers on one PostgreSQL: one leads, another takes over, and all have one key."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.config import read_settings
from core.credentials import Key
from core.errors import KeysDiffer, SettingsError
from core.store.db import Database
from core.store.replica import Replica

ONE, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def second(migrated_url: str) -> Iterator[Database]:
    """The same database, as another server has it."""
    database = Database(migrated_url)
    yield database
    database.close()


on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def test_alone_it_leads_and_counts_one(database: Database) -> None:
    replica = Replica(database)
    replica.join([ONE])
    assert replica.leads()
    assert replica.count() == 1
    replica.leave()


@on_postgres
def test_one_of_two_leads_until_it_leaves(database: Database, second: Database) -> None:
    first, other = Replica(database), Replica(second)
    first.join([ONE])
    other.join([ONE])
    assert first.count() == 2
    assert [first.leads(), other.leads(), first.leads()] == [True, False, True]
    first.leave()
    assert other.leads()
    assert other.count() == 1
    other.leave()


@on_postgres
def test_a_leader_whose_connection_was_killed_is_replaced_and_knows_it(database: Database, second: Database) -> None:
    first, other = Replica(database), Replica(second)
    assert first.leads()
    with second.writing() as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
    end = time.monotonic() + 5
    while not other.leads() and time.monotonic() < end:
        time.sleep(0.02)
    assert other.leads()
    assert not first.leads()
    assert not first.leads(), "it is there again, and does not lead"
    first.leave()
    other.leave()


@on_postgres
def test_whoever_waits_to_lead_holds_no_snapshot_that_vacuum_would_wait_for(
    database: Database, second: Database
) -> None:
    replica = Replica(database)
    assert replica.leads()
    with second.reading() as session:
        old = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        assert session.scalar(text(old)) == 1
        assert session.scalar(text(f"{old} AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)")) == 0
    replica.leave()


@on_postgres
def test_a_server_with_another_key_may_not_join(database: Database, second: Database) -> None:
    first, other = Replica(database), Replica(second)
    first.join([ONE])
    with pytest.raises(KeysDiffer, match="HEARBACK_KEY_FILE"):
        other.join([OTHER])
    assert first.count() == 1
    first.leave()


@on_postgres
def test_a_server_that_is_alone_may_bring_a_new_key(
    database: Database, second: Database, caplog: pytest.LogCaptureFixture
) -> None:
    first, other = Replica(database), Replica(second)
    first.join([ONE])
    first.leave()
    with caplog.at_level(logging.WARNING):
        other.join([OTHER])
    assert "receipts" in caplog.text
    other.leave()


@on_postgres
def test_the_key_changes_step_by_step_while_servers_serve(database: Database, second: Database) -> None:
    first, other = Replica(database), Replica(second)
    first.join([ONE, OTHER])
    other.join([OTHER, ONE])
    other.leave()
    first.leave()
    first.join([OTHER])
    first.leave()


class TestKey:
    """Where the key comes from."""

    def test_it_is_given_by_the_environment_and_no_file_is_made(self, tmp_path: Path) -> None:
        env = {"HEARBACK_DATA": str(tmp_path / "data"), "HEARBACK_KEY": f"{ONE} {OTHER}"}
        key = Key(read_settings(env))
        other = Key(read_settings(env | {"HEARBACK_KEY": OTHER}))
        assert key.is_signed("form", "text", other.sign("form", "text")), "what the last key signed holds"
        assert not other.is_signed("form", "text", key.sign("form", "text"))
        assert key.digests()[1] == other.digests()[0]
        assert not (tmp_path / "data").exists()

    def test_the_key_of_a_data_folder_can_be_taken_to_all_servers(self, tmp_path: Path) -> None:
        first = Key(read_settings({"HEARBACK_DATA": str(tmp_path / "data")}))
        signed = first.sign("receipt", "text")
        copied = {"HEARBACK_DATA": str(tmp_path / "b"), "HEARBACK_KEY_FILE": str(tmp_path / "data" / "door.key")}
        assert Key(read_settings(copied)).is_signed("receipt", "text", signed)

    def test_a_file_may_hold_lines(self, tmp_path: Path) -> None:
        (tmp_path / "keys").write_text(f"{ONE}x\n{OTHER}\n")
        key = Key(read_settings({"HEARBACK_KEY_FILE": str(tmp_path / "keys")}))
        assert len(key.digests()) == 2

    @pytest.mark.parametrize("content", [b"", b"short", b"\n\n", b"x" * 31])
    def test_a_file_without_a_key_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "keys").write_bytes(content)
        with pytest.raises(SettingsError, match="HEARBACK_KEY_FILE"):
            Key(read_settings({"HEARBACK_KEY_FILE": str(tmp_path / "keys")})).digests()

    def test_a_file_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="cannot be read"):
            Key(read_settings({"HEARBACK_KEY_FILE": str(tmp_path / "none")})).digests()

    def test_a_short_key_is_refused_and_not_repeated(self) -> None:
        with pytest.raises(SettingsError, match="HEARBACK_KEY") as refused:
            read_settings({"HEARBACK_KEY": "hunter2"})
        assert "hunter2" not in str(refused.value)

    def test_settings_never_show_it(self) -> None:
        found = read_settings({"HEARBACK_KEY": ONE, "HEARBACK_DATABASE_DIRECT_URL": "postgresql://u:secret@h/d"})
        assert ONE not in repr(found)
        assert "secret" not in repr(found)
