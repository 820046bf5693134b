"""Where strangers' files are parsed: a process of its own with little memory, little time, no network and no secrets.

A parser that a file makes slow, greedy or wrong costs that file alone. Each file gets a fresh process, which knows no
variable of the environment, imports its parser, gives up what it does not need, reads one file from its standard
input, answers in JSON and ends. What the operating system lacks of this (address space on macOS, all limits but time
on Windows) is left out there; the deadline holds everywhere.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from core import errors
from core.config import PROJECT, bare_environment
from core.errors import FileTrouble, HearbackError, InputError, UnreadableFile, WaitedTooLong
from core.limits import (
    PARSE_ANSWER_BYTES,
    PARSE_BYTES,
    PARSE_CPU_SECONDS,
    PARSE_PROCESSES,
    PARSE_SECONDS,
    PARSE_WAIT_SECONDS,
)


@dataclass(frozen=True)
class Work:
    """A function of ours that reads a file, and the parser that it imports: function(name, content, **options)."""

    module: str
    function: str
    parser: str


WORKS = {
    "pdf": Work("core.files", "pdf_text", "pypdf"),
    "word": Work("core.files", "word_text", "docx"),
    "workbook": Work("core.tables", "workbook_rows", "openpyxl"),
    "unseen pdf": Work("core.knowledge.unseen", "look", "pypdf"),
    "unseen word": Work("core.knowledge.unseen", "look", "docx"),
    "paragraphs": Work("core.tasks.word_paragraphs", "texts_of", "docx"),
    "new paragraphs": Work("core.tasks.word_paragraphs", "with_texts", "docx"),
    "tmx": Work("core.tmx", "units_of", "lxml.etree"),
}

_START = "import sys; sys.path[:] = sys.argv[1:]; from core.confined import serve; serve()"
_NETWORK, _USER = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER of <linux/sched.h>
_NO_NEW_PRIVILEGES, _DUMPABLE = 38, 4  # of <linux/prctl.h>
_REFUSED = ("socket.", "subprocess.", "os.", "shutil.", "ctypes.", "pty.", "signal.", "tempfile.", "glob.", "winreg.")
_HARMLESS = ("os.listdir", "os.scandir")
_FILES_AT_ONCE = 64

_places = threading.BoundedSemaphore(PARSE_PROCESSES)
_log = logging.getLogger(__name__)


def confined(work: str, name: str, content: bytes, **options: Any) -> Any:
    """Return what a reader of `WORKS` makes of a file, in a process of its own; options and answer are plain data.

    Raises what the reader raises, UnreadableFile where the file needs too much or breaks its parser, WaitedTooLong
    where too many files are being read already, and FileTrouble where no process can be started.
    """
    if not _places.acquire(timeout=PARSE_WAIT_SECONDS):
        raise WaitedTooLong(seconds=PARSE_WAIT_SECONDS)
    try:
        header = json.dumps({"work": work, "name": name, "options": options}).encode() + b"\n"
        answer, code, is_late = _asked(header, content)
    finally:
        _places.release()
    if is_late:
        raise UnreadableFile(name=name, why=f"it takes more than {PARSE_SECONDS} seconds to read")
    return _told(name, answer, code)


def _asked(header: bytes, content: bytes) -> tuple[bytes, int, bool]:
    """Return what a child answers, its exit code, and whether it was ended for being late."""
    path = [str(PROJECT), *(place for place in sys.path if place)]
    command = [sys.executable, "-I", "-S", "-c", _START, *dict.fromkeys(path)]
    pipe = subprocess.PIPE
    try:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and code; nothing of the file is in the command
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=bare_environment()
        )
    except OSError as error:
        raise FileTrouble(why="no process could be started to read it") from error
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(PARSE_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        answer = _exchanged(child, header + content)
        if len(answer) > PARSE_ANSWER_BYTES:
            child.kill()
    except BaseException:
        child.kill()
        raise
    finally:
        timer.cancel()
        code = child.wait()
    return answer, code, late.is_set()


def _exchanged(child: subprocess.Popen[bytes], sent: bytes) -> bytes:
    """Return what the child says to this, at most a byte more than an answer may have."""
    if child.stdin is None or child.stdout is None:
        return b""
    with suppress(OSError):  # it ended before it had read all: what it says of that comes next
        child.stdin.write(sent)
        child.stdin.flush()
    with suppress(OSError):
        child.stdin.close()
    with child.stdout:
        return child.stdout.read(PARSE_ANSWER_BYTES + 1)


def _told(name: str, answer: bytes, code: int) -> Any:
    """Return the value in an answer, or raise the error in it; what is no answer is a file that broke its parser."""
    try:
        told = json.loads(answer)
        if "value" in told:
            return told["value"]
        kind = getattr(errors, told["error"])
        if issubclass(kind, InputError):
            raise kind(**told["facts"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        size = len(answer)
        why = "it holds more than a file may" if size > PARSE_ANSWER_BYTES else "its structure cannot be followed"
        _log.warning("a file could not be read: the reader ended with %d after %d bytes", code, size)
        raise UnreadableFile(name=name, why=why) from error
    raise UnreadableFile(name=name, why="its structure cannot be followed")


# From here on: the child.


def serve() -> None:
    """Read one file as the header on the first line asks, and write the answer; run by `confined` alone."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    header = json.loads(source.readline())
    work, name = WORKS[header["work"]], header["name"]
    for unneeded in ("numpy", "PIL"):  # parsers load them where they are there, and read texts no better for it
        sys.modules[unneeded] = None  # type: ignore[assignment]
    import_module(work.parser)
    function = getattr(import_module(work.module), work.function)
    give_up_rights()
    try:
        answer = {"value": function(name, source.read(), **header["options"])}
        said = json.dumps(answer).encode()
    except HearbackError as error:
        said = json.dumps({"error": type(error).__name__, "facts": error.facts}).encode()
    except MemoryError:
        why = "it needs more memory than a file may"
        said = json.dumps({"error": "UnreadableFile", "facts": {"name": name, "why": why}}).encode()
    out.write(said)
    out.flush()
    # Taking a large tree apart again takes longer than ending without it.
    os._exit(0)


def give_up_rights() -> None:
    """Give up memory, time, files, processes and the network for the rest of this process; never raises."""
    with suppress(ImportError):
        import resource

        for limit, most in (
            ("RLIMIT_AS", PARSE_BYTES),
            ("RLIMIT_CPU", PARSE_CPU_SECONDS),
            ("RLIMIT_FSIZE", 0),
            ("RLIMIT_CORE", 0),
            ("RLIMIT_NOFILE", _FILES_AT_ONCE),
        ):
            with suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, limit), (most, most))
    if sys.platform == "linux":
        _leave_network()
    sys.addaudithook(_refuse)


def _leave_network() -> None:
    """Go where there is no network, as far as this machine lets one: parsers in C are not held by audit hooks."""
    import ctypes

    library = ctypes.CDLL(None)
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    library.prctl(_DUMPABLE, 0, 0, 0, 0)
    if library.unshare(_NETWORK):
        library.unshare(_USER | _NETWORK)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what reading a file never needs; Python asks before each such deed."""
    if event.startswith(_REFUSED) and event not in _HARMLESS:
        raise PermissionError(f"{event} is not for a reader of files")
    if event == "open":
        path, _, flags = arguments
        is_writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if is_writing or not isinstance(path, str) or not _is_code(path):
            raise PermissionError("a reader of files opens none but those of its own program")


def _is_code(path: str) -> bool:
    # Parts that lead upwards are taken out without asking the disk, which would be another deed to refuse.
    whole = Path(os.path.abspath(path))  # noqa: PTH100
    return any(whole.is_relative_to(place) for place in (*sys.path, sys.base_prefix))
