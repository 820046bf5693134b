"""R5: an engine in a process of its own, killed and halted in mid-answer: what its visitor and the others notice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import PROJECT
from core.desk import Desk
from core.engines.openai import OpenAIEngine
from core.engines.openai_client import Client
from core.engines.shelf import TRANSLATOR
from core.jobs import JobView
from tests.core.desk_stories import a_desk, result_of
from tests.promises import Found, at
from tests.remote.servers import free_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no such signals")

SILENCE_SECONDS = 1.0
TIMES = at(2, 20)


class Engine:
    """The process of an engine on a port that it keeps."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.remote_child", str(self.port)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), "it did not start"

    def send(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.end()


@pytest.fixture
def desk(tmp_path: Path, empty_file: Path, engine: Engine) -> Iterator[Desk]:
    file = tmp_path / "hearback.db"
    file.write_bytes(empty_file.read_bytes())
    client = Client(f"http://127.0.0.1:{engine.port}", first_seconds=SILENCE_SECONDS)
    with a_desk(f"sqlite:///{file}", tmp_path) as made:
        made._shelf._places[TRANSLATOR].open = lambda: OpenAIEngine(client, "toy", slots=2)
        yield made
    client.close()


def long_answer(desk: Desk, visitor: str) -> str:
    """Ask for something endless, and return its job once text is coming."""
    job = desk.translate(visitor, f"An endless letter to {visitor}.", "de", "en", is_careful=False, is_fresh=True)
    end = time.monotonic() + 10
    while desk._shelf.translator().working == 0:  # type: ignore[attr-defined]
        assert time.monotonic() < end, desk.look(visitor, job)
        time.sleep(0.01)
    time.sleep(0.2)
    assert not desk.look(visitor, job).is_over
    return job


def told_after(desk: Desk, visitor: str, job: str) -> tuple[JobView, float]:
    began = time.monotonic()
    view = result_of(desk, visitor, job)
    return view, time.monotonic() - began


def others_are_answered(desk: Desk) -> float:
    began = time.monotonic()
    jobs = [
        desk.read_sentiment("otto", "What a wonderful lamp.", is_fresh=True),
        desk.ask("otto", "How long is the warranty of a lamp?", is_fresh=True),
    ]
    assert {result_of(desk, "otto", job).state for job in jobs} == {"finished"}
    return time.monotonic() - began


def back_by_itself(desk: Desk, seconds: float = 15.0) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        job = desk.translate("anna", "Good morning.", "de", "en", is_careful=False, is_fresh=True)
        view = result_of(desk, "anna", job)
        if view.state == "finished":
            assert "Guten Morgen" in view.result.text
            return time.monotonic() - began
        assert "Your text is kept" in view.sentence
        time.sleep(0.2)
    pytest.fail("it is not back")


@pytest.mark.promise("R5")
def test_an_engine_that_is_killed_in_mid_answer_is_told_at_once_and_found_again(
    desk: Desk, engine: Engine, found: Found
) -> None:
    others_are_answered(desk)
    told, back = [], []
    for number in range(TIMES):
        job = long_answer(desk, f"visitor {number}")
        engine.send(signal.SIGKILL)
        view, seconds = told_after(desk, f"visitor {number}", job)
        told.append(seconds)
        assert view.state == "failed"
        assert "Your text is kept" in view.sentence
        assert desk._shelf.translator().working == 0, "its slot is free"  # type: ignore[attr-defined]
        assert others_are_answered(desk) < 5
        engine.end()
        engine.start()
        back.append(back_by_itself(desk))
    found("kills in mid-answer", TIMES)
    found("seconds until told, worst", round(max(told), 2))
    found("seconds until back, worst", round(max(back), 1))
    assert max(told) < 2.0


@pytest.mark.promise("R5")
def test_an_engine_that_is_halted_in_mid_answer_is_told_in_time_and_used_again_when_it_goes_on(
    desk: Desk, engine: Engine, found: Found
) -> None:
    others_are_answered(desk)
    told, back = [], []
    for number in range(TIMES):
        job = long_answer(desk, f"visitor {number}")
        engine.send(signal.SIGSTOP)
        try:
            assert others_are_answered(desk) < 5
            view, seconds = told_after(desk, f"visitor {number}", job)
            told.append(seconds)
            assert view.state == "failed"
            assert "Your text is kept" in view.sentence
            assert desk._shelf.translator().working == 0, "its slot is free"  # type: ignore[attr-defined]
        finally:
            engine.send(signal.SIGCONT)
        back.append(back_by_itself(desk))
    found("halts in mid-answer", TIMES)
    found(f"seconds until told, worst (may be silent for {SILENCE_SECONDS:.0f} s)", round(max(told), 2))
    found("seconds until back, worst", round(max(back), 1))
    assert max(told) < SILENCE_SECONDS + 2.0
