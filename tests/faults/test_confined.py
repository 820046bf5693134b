"""Strangers' files are parsed where a parser that goes wrong can neither take the machine nor tell anybody anything."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import confined
from core.errors import FileTrouble, UnreadableFile, WaitedTooLong
from core.files import text_of
from tests.core.test_files import make_pdf, make_word
from tests.promises import Found

HOSTILE = """
import sys
sys.path[:] = sys.argv[1:]
import core.confined as confined
for name in ("spin", "sleep", "eat", "crash", "flood", "lie", "try_to"):
    confined.WORKS[name] = confined.Work("tests.faults.hostile_reader", name, "json")
confined.PARSE_CPU_SECONDS = 1
confined.serve()
"""
Read = Callable[..., Any]


@pytest.fixture
def taken_over(monkeypatch: pytest.MonkeyPatch) -> Read:
    """A reader that a file has taken over, in the process in which files are read."""
    monkeypatch.setattr(confined, "_START", HOSTILE)
    monkeypatch.setattr(confined, "PARSE_SECONDS", 6)
    return confined.confined


@pytest.mark.promise("R6")
@pytest.mark.parametrize(
    ("deed", "sentence"),
    [
        ("spin", "its structure cannot be followed"),
        ("eat", "it needs more memory than a file may"),
        ("crash", "its structure cannot be followed"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems hold a process to less")
def test_a_reader_that_never_ends_takes_everything_or_breaks_costs_its_file_alone(
    taken_over: Read, deed: str, sentence: str, found: Found
) -> None:
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match=sentence):
        taken_over(deed, "a.pdf", b"")
    found("seconds until the sentence", round(time.monotonic() - started, 1))


@pytest.mark.promise("R6")
def test_a_reader_that_hangs_is_ended_at_the_deadline(
    taken_over: Read, monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    monkeypatch.setattr(confined, "PARSE_SECONDS", 1)
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="more than 1 seconds"):
        taken_over("sleep", "a.pdf", b"")
    found("seconds over the deadline", round(time.monotonic() - started - 1, 1))


@pytest.mark.promise("R6")
def test_an_answer_without_end_is_not_kept(taken_over: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "PARSE_ANSWER_BYTES", 5_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableFile, match="holds more than a file may"):
        taken_over("flood", "a.pdf", b"")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.promise("R6")
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not JSON",
        b"[]",
        b'"value"',
        b"\xff\xfe",
        b"{}",
        b'{"error": "HearbackError", "facts": {}}',
        b'{"error": "SettingsError", "facts": {"name": "a", "value": "b", "why": "c"}}',
        b'{"error": "UnreadableFile", "facts": {}}',
        b'{"error": "UnreadableFile", "facts": 3}',
        b'{"error": "annotations", "facts": {}}',
        b'{"error": "no such error", "facts": {}}',
        b"[" * 100_000,
    ],
)
def test_an_answer_that_no_reader_gives_is_a_file_that_cannot_be_read(answer: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"a\.pdf"):
        confined._told("a.pdf", answer, 0)


@pytest.mark.promise("R6")
@pytest.mark.promise("R14")
def test_a_reader_reaches_no_network_no_file_and_no_program_and_knows_no_secret(
    taken_over: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    monkeypatch.setenv("HEARBACK_ENGINE_KEY", "canary-5b1e")
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-77d0", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        port = str(listener.getsockname()[1])
        deeds = {
            "connect": port,
            "look up a name": "",
            "write a file": str(tmp_path / "new"),
            "read a file": str(secret),
            "delete a file": str(secret),
            "start a program": "",
            "fork": "",
        }
        done = {deed: taken_over("try_to", "a.pdf", deed.encode(), where=where) for deed, where in deeds.items()}
        with pytest.raises(TimeoutError):
            listener.accept()
    assert all("refused" in outcome for outcome in done.values()), done
    assert "canary" not in taken_over("try_to", "a.pdf", b"list the environment", where="")["done"]
    assert secret.exists()
    assert not (tmp_path / "new").exists()
    found("deeds refused", len(done))


@pytest.mark.promise("R14")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process leave the network")
def test_a_parser_in_c_which_no_hook_holds_finds_no_network(found: Found) -> None:
    code = (
        "import socket, sys; from core.confined import _leave_network; _leave_network()\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=2); print('connected')\n"
        "except OSError: print('unreachable')"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        ended = subprocess.run([sys.executable, "-c", code, port], capture_output=True, text=True, timeout=60)
    if "connected" in ended.stdout:
        pytest.skip("this machine lets no process leave its network: the hook in Python alone holds here")
    assert ended.stdout.strip() == "unreachable", ended
    found("network left", True)


@pytest.mark.promise("R6")
def test_a_file_costs_little_to_be_read_apart(found: Found) -> None:
    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    costs = []
    for name, content in (("a.pdf", make_pdf([("Lamps last.", 12)])), ("a.docx", make_word())) * 2:
        before = spent()
        assert text_of(name, content)
        costs.append(spent() - before)
    found("processor seconds a file", round(sorted(costs)[len(costs) // 2], 2))
    assert min(costs) < 1


@pytest.mark.promise("R6")
def test_only_so_many_files_are_read_at_once_and_the_next_one_hears_it(
    taken_over: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [confined._places.acquire(timeout=5) for _ in range(confined.PARSE_PROCESSES)]
    try:
        monkeypatch.setattr(confined, "PARSE_WAIT_SECONDS", 0.1)
        with pytest.raises(WaitedTooLong):
            taken_over("spin", "a.pdf", b"")
    finally:
        for _ in places:
            confined._places.release()


@pytest.mark.promise("R6")
def test_where_no_process_can_be_started_it_is_said_and_the_next_file_is_read(
    taken_over: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(FileTrouble):
            text_of("a.pdf", make_pdf([("Lamps", 12)]))
    assert taken_over("pdf", "a.pdf", make_pdf([("Lamps", 12)]), keep_headings=False).strip() == "Lamps"


@pytest.mark.promise("R14")
def test_every_reader_is_a_function_of_ours_that_is_there() -> None:
    from importlib import import_module

    for work in confined.WORKS.values():
        assert work.module.startswith("core.")
        assert callable(getattr(import_module(work.module), work.function))
