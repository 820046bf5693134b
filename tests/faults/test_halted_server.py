"""R5: a server that lives and answers nobody, since it is halted or stuck, is noticed, ended and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import hearback
from core import supervisor
from tests.promises import Found
from tests.remote.servers import free_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")

# Asked for the second time, it writes its process id down: whoever watches has had an answer by then.
SERVER = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        if len(asked) == 2:
            open(sys.argv[1], "a").write(f"{os.getpid()} ")
        self.send_response(503)
        self.end_headers()
    def log_message(self, *words): pass
asked = []
server = HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
server.serve_forever()
"""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask more often than in earnest, with the same rules."""
    monkeypatch.setattr(hearback, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(supervisor, "RESTART_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(supervisor, "MISSES", 3)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing, ended with the test."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.promise("R5")
def test_a_halted_server_is_ended_and_the_next_one_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: Found
) -> None:
    port, pids = free_port(), tmp_path / "pids"
    pids.touch()
    halted_for: list[float] = []

    def started() -> list[int]:
        return [int(pid) for pid in pids.read_text().split(" ") if pid]

    def visit() -> None:
        until(lambda: len(started()) == 1)
        os.kill(started()[0], signal.SIGSTOP)
        began = time.monotonic()
        try:
            until(lambda: len(started()) == 2 and supervisor.is_answering("127.0.0.1", port))
            halted_for.append(time.monotonic() - began)
        finally:
            os.kill(started()[-1], signal.SIGTERM if halted_for else signal.SIGKILL)

    visitor = threading.Thread(target=visit)
    visitor.start()
    code = hearback.call(["-c", SERVER, str(pids), str(port), f"--server.port={port}"], 1)
    visitor.join(30)
    assert code == 128 + signal.SIGTERM, "the second one was ended by the visitor"
    said = capsys.readouterr().out
    assert "asked 3 times how it is and did not answer: it is ended" in said
    assert "SIGKILL ended it: start 1 of 1 follows" in said
    with pytest.raises(ProcessLookupError):
        os.kill(started()[0], 0)
    found("seconds until a halted server answers again, asked each second", round(halted_for[0], 1))


def test_one_that_never_answered_at_the_address_we_know_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, child: subprocess.Popen[bytes]
) -> None:
    asked: list[int] = []
    ended = threading.Event()
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.0)

    def is_answering(_host: str, port: int) -> bool:
        asked.append(port)
        if len(asked) > 20:
            ended.set()
        return False

    monkeypatch.setattr(supervisor, "is_answering", is_answering)
    supervisor.watch(child, "127.0.0.1", 1, ended, print)
    assert child.poll() is None


def test_misses_of_a_machine_that_slept_do_not_count(
    monkeypatch: pytest.MonkeyPatch, child: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(supervisor, "is_answering", lambda _host, port: not asked.append(port) and len(asked) == 1)
    # The clock jumps by an hour with each of the first twenty questions, and runs as ever after that.
    monkeypatch.setattr(supervisor.time, "time", lambda: min(len(asked), 20) * 3_600.0)
    supervisor.watch(child, "127.0.0.1", 1, threading.Event(), print)
    assert child.wait(10) == -signal.SIGKILL
    assert len(asked) == 20 + 3
    assert "it is ended" in capsys.readouterr().out


def test_an_answer_in_between_begins_the_count_anew(
    monkeypatch: pytest.MonkeyPatch, child: subprocess.Popen[bytes]
) -> None:
    answers = [True, False, False, True, False, False, True, False, False, False]
    asked: list[int] = []
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(supervisor, "is_answering", lambda _host, port: asked.append(port) or answers[len(asked) - 1])
    supervisor.watch(child, "127.0.0.1", 1, threading.Event(), print)
    assert len(asked) == len(answers)


def test_where_somebody_else_answers_already_nobody_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    watched: list[object] = []
    monkeypatch.setattr(supervisor, "watch", lambda *words: watched.append(words))
    with HTTPServer(("127.0.0.1", 0), Handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        assert hearback.call(["-c", "pass", f"--server.port={other.server_port}"], 1) == 0
        other.shutdown()
    assert not watched
    assert hearback.call(["-c", "pass", f"--server.port={free_port()}"], 1) == 0
    assert len(watched) == 1
    assert hearback.call(["-c", "pass", f"--server.port={free_port()}"]) == 0
    assert len(watched) == 1, "only what is started again is watched"


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ([], ("127.0.0.1", 8501)),
        (["--server.port", "80", "--server.address=0.0.0.0"], ("127.0.0.1", 80)),
        (["--server.address=10.0.0.7", "--server.port=99"], ("10.0.0.7", 99)),
        (["--server.port=none"], ("127.0.0.1", 8501)),
        (["--server.port"], ("127.0.0.1", 8501)),
    ],
)
def test_it_is_asked_where_its_words_put_it(words: list[str], address: tuple[str, int]) -> None:
    assert supervisor.address_in(["-m", "streamlit", "run", "app.py", *words]) == address


@pytest.mark.parametrize("port", [-1, 0, 70_000])
def test_a_port_that_cannot_be_answers_nothing(port: int) -> None:
    assert not supervisor.is_answering("127.0.0.1", port)
