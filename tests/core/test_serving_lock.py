"""One server on an SQLite file; what else works beside it; a server that was killed is no obstacle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DatabaseInUse
from core.store.db import Database
from core.store.serving_lock import serving_alone

PROJECT = Path(__file__).resolve().parents[2]
SERVE = """
import sys, time
from core.store.serving_lock import serving_alone
with serving_alone(sys.argv[1]):
    print("serving", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'hearback.db'}"


def test_a_second_server_is_told_of_postgresql(url: str) -> None:
    with serving_alone(url), pytest.raises(DatabaseInUse) as refused, serving_alone(url, wait_seconds=0.05):
        pytest.fail("two servers on one file")
    assert "PostgreSQL" in str(refused.value)
    assert "HEARBACK_DATABASE_URL" in str(refused.value)


def test_after_a_server_ended_the_next_one_serves(url: str) -> None:
    with serving_alone(url):
        pass
    with serving_alone(url, wait_seconds=0.05):
        pass


def test_a_server_that_was_killed_leaves_no_obstacle(url: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", SERVE, url], cwd=PROJECT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"serving\n"
    with pytest.raises(DatabaseInUse), serving_alone(url, wait_seconds=0.05):
        pytest.fail("two servers on one file")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with serving_alone(url, wait_seconds=1.0):
        pass


def test_commands_and_the_trainer_work_beside_a_server(url: str) -> None:
    with serving_alone(url):
        database = Database(url)
        database.migrate()
        database.check()
        database.close()


@pytest.mark.parametrize("other", ["postgresql://user:secret@db/hearback", "sqlite:///:memory:", "nonsense"])
def test_other_addresses_are_not_its_business(other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serving_alone(other), serving_alone(other, wait_seconds=0.05):
        assert not list(tmp_path.iterdir())


def test_the_lock_tells_nobody_anything(url: str, tmp_path: Path) -> None:
    with serving_alone(url):
        lock = tmp_path / "data" / "hearback.db.serving"
        assert lock.stat().st_mode & 0o077 == 0
