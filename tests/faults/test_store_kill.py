"""`kill -9` between two writes costs nothing that was acknowledged, and doubles nothing that is tried again.

One process imports everything once and forks the writers, so that ten deaths take seconds.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import PROJECT
from core.store import queries
from core.store.db import Database
from core.store.record import Recorder
from core.types import Consent, Rating
from tests.core.store_stories import an_interaction

DEATHS = 10

NURSERY = """
import os
import signal
import sys
import time
from pathlib import Path
from core.store.db import Database
from tests.faults.test_store_kill import write_until_killed

for life, seconds in enumerate(sys.argv[3:]):
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        write_until_killed(sys.argv[1], Path(sys.argv[2]), life, writes)
    os.close(writes)
    heard = os.read(reads, 65536)
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while heard:
        sys.stdout.write(heard.decode())
        heard = os.read(reads, 65536)
"""


def write_until_killed(url: str, spool: Path, life: int, acknowledgements: int) -> None:
    """Rate, correct and choose without end, and say so through the pipe each time it is committed."""
    recorder = Recorder(Database(url), spool)
    for number in range(1_000_000):
        name = f"{life}-{number}"
        recorder.interaction(an_interaction(interaction_id=name, visitor_id=name))
        recorder.rate(Rating(name, 1), name, key=name)
        os.write(acknowledgements, f"rated {name}\n".encode())
        recorder.correct(name, name, "31 days.", key=name)
        os.write(acknowledgements, f"corrected {name}\n".encode())
        recorder.choose(name, Consent(log=True, train=True))
        os.write(acknowledgements, f"chosen {name}\n".encode())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_ten_kills_lose_and_double_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hearback.db'}"
    database = Database(url)
    database.migrate()
    seconds = [f"{random.Random(life).uniform(0, 0.08):.4f}" for life in range(DEATHS)]
    nursery = [sys.executable, "-c", NURSERY, url, str(tmp_path / "spool"), *seconds]
    done = subprocess.run(nursery, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    acknowledged = [line.split() for line in done.stdout.splitlines()]
    assert {name.split("-")[0] for _, name in acknowledged} == {str(life) for life in range(DEATHS)}

    recorder = Recorder(database, tmp_path / "spool")
    for kind, name in acknowledged:
        item = queries.feedback(database, name)[0]
        assert item.rating == Rating(name, 1)
        if kind == "corrected":
            recorder.correct(name, name, "31 days.", key=name)
            assert len(queries.feedback(database, name)[0].receipts) == 1
        if kind == "chosen":
            recorder.choose(name, Consent(log=True, train=True))
            assert len(queries.consents(database, name)) == 1
    recorder.close()
    database.close()
    assert sqlite3.connect(tmp_path / "hearback.db").execute("PRAGMA integrity_check").fetchall() == [("ok",)]
