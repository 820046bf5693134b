"""R5: the engines run inside the server, so a crash of theirs is one of the server: it is started again by itself.

The server here is the real one, in a process of its own below `hearback.py`'s own `call`, and the kill is real.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import hearback
from core import supervisor
from core.config import PROJECT
from tests.load.client import Client, tell
from tests.load.paced import RATE
from tests.promises import Found
from tests.remote.servers import free_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")

PROGRAM = (
    "import hearback, pathlib, sys; hearback.PYTHON = pathlib.Path(sys.executable); "
    "sys.exit(hearback.call(['-m', 'tests.load.paced', 'run', 'app.py', *sys.argv[1:]], hearback.RESTARTS))"
)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[tuple[str, psutil.Process, Path]]:
    """The real app on engines that take time, below a supervisor; gives address, supervisor and its log."""
    port, log = free_port(), tmp_path / "log"
    words = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    own = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path / "data"), RATE: "5"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            cwd=PROJECT,
            env=os.environ | own,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    found = psutil.Process(process.pid)
    try:
        is_up(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", found, log
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            for left in found.children(recursive=True) if found.is_running() else ():
                left.kill()


def is_up(url: str, seconds: float = 40.0) -> float:
    """Wait until the server answers, and return the seconds that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                return time.monotonic() - began
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail("the server does not answer")


@pytest.mark.promise("R5")
def test_a_server_killed_in_mid_answer_is_back_by_itself_and_answers(
    supervised: tuple[str, psutil.Process, Path], found: Found
) -> None:
    url, supervisor, log = supervised
    (server,) = supervisor.children()

    async def story() -> float:
        async with Client(url, "/translate") as visit:
            await visit.settled()
            await visit.type("Text to translate", "A long letter that takes a while. " * 20)
            await visit.settled()
            await visit.click("Translate")
            await visit.settled()
            assert visit.has("Stop"), "the answer is on its way"
            server.kill()
            with pytest.raises(ConnectionError):
                await visit.until(lambda: False, 5)
            away = await asyncio.to_thread(is_up, url)
            cookies = visit.cookies
        async with Client(url, "/sentiment", cookies=cookies) as visit:  # the same visitor, as a browser comes back
            await visit.settled()
            await visit.type("Text to read", "What a wonderful lamp.")
            await visit.settled()
            await visit.click("Read")
            await visit.answered(20)
            assert any("ositive" in text for text in visit.texts()), visit.texts()
            with urllib.request.urlopen(f"{url}/metrics", timeout=5) as told:
                assert b"hearback_restarts 1.0" in told.read()
        return away

    away = tell(story())
    said = log.read_text(encoding="utf-8")
    assert "SIGKILL ended it: start 1 of 5 follows in 1 s" in said
    (fresh,) = supervisor.children()
    assert fresh.pid != server.pid
    found("seconds until a killed server answers again", round(away, 1))
    supervisor.terminate()
    supervisor.wait(20)
    assert not fresh.is_running() or fresh.status() == psutil.STATUS_ZOMBIE, "asked to end, it is not started again"
    assert log.read_text(encoding="utf-8").count("ended it") == 1


@pytest.mark.promise("R5")
def test_a_server_that_dies_at_once_each_time_stays_down_in_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, found: Found
) -> None:
    monkeypatch.setattr(hearback, "PYTHON", Path(sys.executable))
    pauses: list[float] = []
    monkeypatch.setattr(supervisor.time, "sleep", pauses.append)
    lives = tmp_path / "lives"
    told = f"open({str(lives)!r}, 'a').write(os.environ['HEARBACK_ENDED_BY'] + '.')"
    crash = f"import os, signal; {told}; os.kill(os.getpid(), signal.SIGSEGV)"
    assert hearback.call(["-c", crash], hearback.RESTARTS) == 128 + signal.SIGSEGV
    os.unsetenv("HEARBACK_ENDED_BY")
    assert lives.read_text().split(".") == [" ".join(["SIGSEGV"] * n) for n in range(hearback.RESTARTS + 1)] + [""]
    assert pauses == [1, 2, 4, 8, 16]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "SIGSEGV ended it: start 1 of 5 follows in 1 s."
    assert said[-1].endswith("for the 6th time in ten minutes: it stays down.")
    found("starts after crashes without end", hearback.RESTARTS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_somebody_ended_is_not_started_again(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    monkeypatch.setattr(hearback, "PYTHON", Path(sys.executable))
    end = f"import os, signal; signal.signal({int(number)}, signal.SIG_DFL); os.kill(os.getpid(), {int(number)})"
    assert hearback.call(["-c", end], hearback.RESTARTS) == 128 + number
    assert hearback.call(["-c", "raise SystemExit(1)"], hearback.RESTARTS) == 1


def test_whoever_asks_for_the_end_in_the_pause_before_a_start_is_heard() -> None:
    # As a container's first process it would otherwise not even be ended by this: the system ignores it for that one.
    program = (
        "import sys; from core import supervisor; supervisor.RESTART_PAUSE_SECONDS = 60.0; "
        "sys.exit(supervisor.supervise([sys.executable, '-c', 'import os; os.kill(os.getpid(), 9)'], '.', 5, "
        "lambda line: print(line, flush=True)))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "start 1 of 5 follows in 60 s" in process.stdout.readline()
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.wait(20)
