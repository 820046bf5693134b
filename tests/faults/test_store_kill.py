"""`kill -9` among mixed writes costs nothing that was acknowledged, and doubles nothing that is tried again.

One process imports everything once and forks the writers, so that ten deaths take seconds.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.config import PROJECT
from core.errors import Forgotten
from core.store import queries, surveys
from core.store.db import Database
from core.store.erasure import belongs, tables
from core.store.record import Recorder
from core.store.tables import CorrectionRow
from core.types import Consent, Disappointment, Member, Rating, Role, SurveyAnswer, SurveyRule
from tests.core.store_stories import an_interaction
from tests.promises import Found, at

SURVEY = SurveyAnswer(Disappointment.VERY, "It is quick.", "Shops.", "More languages.", 9)
BOTH = Consent(log=True, train=True)

# What each deed leaves behind, as `actual` reads it.
EFFECTS: dict[str, dict[str, object]] = {
    "rated": {"score": 1},
    "corrected": {"corrections": [("saved", "31 days.")]},
    "chosen": {"consents": 1, "trains": True},
    "handed off": {"hand_offs": 1},
    "rated anew": {"score": 0},
    "surveyed": {"survey": SURVEY, "asked": 1},
    "declined": {"asked": 1},
    "chosen less": {"consents": 2, "trains": None},
    "withdrawn": {"corrections": [("withdrawn", "")]},
    "taken back": {"survey": None},
    "undone": {"score": None},
    "forgotten": dict.fromkeys(("score", "corrections", "consents", "trains", "hand_offs", "survey", "asked")),
}

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


def deeds(recorder: Recorder, database: Database, name: str) -> dict[str, Callable[[], object]]:
    """Return what one person does, in this order; each may be done again, and changes nothing more."""
    return {
        "rated": lambda: recorder.rate(Rating(name, 1, ("Clear",), "Good."), name, key=name),
        "corrected": lambda: recorder.correct(name, name, "31 days.", key=name),
        "chosen": lambda: recorder.choose(name, BOTH, "Founder", "Just me"),
        "handed off": lambda: recorder.hand_off(name, name, "I need a person.", "ada@example.com"),
        "rated anew": lambda: recorder.rate(Rating(name, 0), name, key=f"{name} anew"),
        "surveyed": lambda: surveys.save(database, name, SURVEY),
        "declined": lambda: surveys.decline(database, name),
        "chosen less": lambda: recorder.choose(name, Consent(log=True)),
        "withdrawn": lambda: withdraw(recorder, database, name),
        "taken back": lambda: surveys.take_back(database, name),
        "undone": lambda: recorder.undo_rating(name, name),
        "forgotten": lambda: recorder.forget(name),
    }


def withdraw(recorder: Recorder, database: Database, name: str) -> None:
    for correction_id, _, _ in corrections(database, name):
        recorder.withdraw_correction(correction_id, name)


def corrections(database: Database, name: str) -> list[tuple[str, str, str]]:
    """Return id, status and text of each correction, taken back or not."""
    columns = (CorrectionRow.correction_id, CorrectionRow.status, CorrectionRow.corrected_text)
    with database.reading() as session:
        return [(*row,) for row in session.execute(select(*columns).where(CorrectionRow.visitor_id == name))]


def plan(name: str) -> list[str]:
    """Return what this person does, in order: one does all, one leaves what they said, one is forgotten at once."""
    every = list(EFFECTS)
    return [every, every[:7], ["rated", "corrected", "forgotten"]][int(name.split("-")[1]) % 3]


def write_until_killed(url: str, spool: Path, life: int, acknowledgements: int) -> None:
    """Do without end all that people do, and say so through the pipe each time it is acknowledged."""
    database = Database(url)
    recorder = Recorder(database, spool)
    for number in range(1_000_000):
        name = f"{life}-{number}"
        recorder.interaction(an_interaction(interaction_id=name, visitor_id=name))
        for what in plan(name):
            deeds(recorder, database, name)[what]()
            os.write(acknowledgements, f"{what}|{name}\n".encode())


def expected(done: list[str]) -> dict[str, object]:
    """Return what the database must say after these deeds of one person."""
    state: dict[str, object] = dict.fromkeys(EFFECTS["forgotten"])
    for what in done:
        state |= EFFECTS[what]
    return state


def actual(database: Database, name: str) -> dict[str, object]:
    """Return what the database says of a person."""
    with database.reading() as session:
        rows = {
            table.name: session.scalar(select(func.count()).select_from(table).where(belongs(table, name))) or 0
            for table in tables()
        }
    items = queries.feedback(database, name)
    rating = items[0].rating if items else None
    return {
        "score": rating.score if rating else None,
        "corrections": [(status, text) for _, status, text in corrections(database, name)] or None,
        "consents": rows["consents"] or None,
        "trains": queries.visitor(database, name).consent.train or None,
        "hand_offs": rows["hand_offs"] or None,
        "survey": surveys.state(database, name).answer,
        "asked": rows["survey_invitations"] or None,
    }


@pytest.mark.promise("R1")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_kills_lose_and_double_nothing_that_was_acknowledged(tmp_path: Path, found: Found) -> None:
    url = f"sqlite:///{tmp_path / 'hearback.db'}"
    database = Database(url)
    database.migrate()
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "a full sync before it is acknowledged"
    surveys.set_rule(database, Member("bo", "Bo", Role.FOUNDER), SurveyRule(True, 1, 0, 7))
    kills = at(10, 200)
    seconds = [f"{random.Random(life).uniform(0, 0.5):.4f}" for life in range(kills)]
    nursery = [sys.executable, "-c", NURSERY, url, str(tmp_path / "spool"), *seconds]
    done = subprocess.run(nursery, cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    acknowledged: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        what, name = line.split("|")
        acknowledged.setdefault(name, []).append(what)
    assert {name.split("-")[0] for name in acknowledged} == {str(life) for life in range(kills)}

    recorder = Recorder(database, tmp_path / "spool")
    assert recorder.flush()
    lost, doubled = [], []
    for name, done_by in acknowledged.items():
        # The deed after the last that was acknowledged may be committed as well, wholly or not at all.
        begun = plan(name)[: len(done_by) + 1]
        found_here = actual(database, name)
        if found_here not in (expected(done_by), expected(begun)):
            lost.append((name, done_by, found_here))
        if found_here == expected(begun):
            done_by = begun
        if "forgotten" in done_by:
            with pytest.raises(Forgotten):
                recorder.welcome(name)
            continue
        # The last is said once more, as by a page whose connection broke.
        deeds(recorder, database, name)[done_by[-1]]()
        if actual(database, name) != found_here:
            doubled.append((name, done_by[-1]))
    recorder.close()
    database.close()
    with closing(sqlite3.connect(tmp_path / "hearback.db")) as file:
        integrity = file.execute("PRAGMA integrity_check").fetchall()
    kinds = Counter(one for what in acknowledged.values() for one in what)
    found("kills", kills)
    found("acknowledged writes", sum(kinds.values()))
    found("kinds of them", len(kinds))
    found("lost", len(lost))
    found("people", len(acknowledged))
    found("doubled", len(doubled))
    found("integrity", integrity[0][0])
    assert not lost, "\n".join(map(str, lost))
    assert not doubled, doubled
    assert integrity == [("ok",)]
    assert len(kinds) > 4, kinds
