"""Runs a command again that was killed, and ends a server that lives and answers nobody, so that it is run again.

For `hearback.py`, which starts before anything is installed, so all of this is standard library.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Started again after 1, 2, 4, 8 and 16 seconds; deaths that are longer ago are forgotten.
RESTART_PAUSE_SECONDS, RESTART_WINDOW_SECONDS = 1.0, 600.0
# So many questions in a row without an answer take some two minutes.
MISSES, PAUSE_SECONDS, ANSWER_SECONDS = 6, 10.0, 10.0
PORT = 8501  # where Streamlit serves unless told otherwise
LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("", "localhost", "0.0.0.0", "::")  # noqa: S104 - what nobody binds to here is only recognized

Say = Callable[[str], None]


def supervise(command: list[str], folder: Path, restarts: int, say: Say) -> int:
    """Run a command in a folder until it ends by itself, and return its exit code.

    Where a signal ended it that nobody sent to end it (the system took it as memory ran out, or native code crashed),
    it is started again, at most `restarts` times within ten minutes, each time after a longer pause. It is told by what
    its forerunners were ended. A server that answered once and no longer does is killed, and so started again.
    """
    deaths: list[float] = []
    ended_by: list[str] = []
    while True:
        os.putenv("HEARBACK_ENDED_BY", " ".join(ended_by[-restarts:] if restarts else []))
        code, was_asked = _run_once(command, folder, say if restarts else None)
        if code >= 0 or was_asked or -code in (signal.SIGINT, signal.SIGTERM) or not restarts:
            return 128 - code if code < 0 else code
        deaths = [at for at in deaths if at > time.monotonic() - RESTART_WINDOW_SECONDS] + [time.monotonic()]
        ended_by.append(signal.Signals(-code).name)
        if len(deaths) > restarts:
            say(f"{signal.Signals(-code).name} ended it for the {len(deaths)}th time in ten minutes: it stays down.")
            return 128 - code
        pause = RESTART_PAUSE_SECONDS * 2 ** (len(deaths) - 1)
        with _heeding_an_end():
            say(f"{signal.Signals(-code).name} ended it: start {len(deaths)} of {restarts} follows in {pause:.0f} s.")
            time.sleep(pause)


@contextmanager
def _heeding_an_end() -> Iterator[None]:
    """End if asked to in the block: to a container's first process the system does not do it by itself."""
    previous = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _run_once(command: list[str], folder: Path, say: Say | None) -> tuple[int, bool]:
    """Return the exit code of one run, negative for a signal, and whether somebody asked for its end here.

    Ctrl-C at a terminal reaches the child too, so this process only waits for it; requests to end that come to this
    process alone are handed on. It is watched where `say` says what came of that.
    """
    host, port = address_in(command)
    # Whoever answers there before it was started is somebody else.
    is_watched = say is not None and not is_answering(host, port)
    child = subprocess.Popen(command, cwd=str(folder))  # noqa: S603 - what hearback.py itself puts together
    asked: list[int] = []

    def hand_on(number: int, _frame: object) -> None:
        asked.append(number)
        if number != signal.SIGINT or not sys.stdin or not sys.stdin.isatty():
            child.send_signal(number)

    previous = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    ended = threading.Event()
    if is_watched:
        threading.Thread(target=watch, args=(child, host, port, ended, say), daemon=True).start()
    try:
        return child.wait(), bool(asked)
    finally:
        ended.set()
        for number, handler in previous.items():
            signal.signal(number, handler)


def address_in(arguments: list[str]) -> tuple[str, int]:
    """Return where a server that is started with `arguments` is asked how it is: on this machine, if it can be."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--server.address", dest="host", default="")
    parser.add_argument("--server.port", dest="port", type=int, default=PORT)
    try:
        found = parser.parse_known_args(arguments)[0]
    except argparse.ArgumentError:  # which the server itself complains of
        return LOOPBACK, PORT
    return LOOPBACK if found.host in _EVERYWHERE else found.host, found.port


def is_answering(host: str, port: int) -> bool:
    """Return whether a server says anything in time, however it is."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, OverflowError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def watch(child: subprocess.Popen[bytes], host: str, port: int, ended: threading.Event, say: Say) -> None:
    """Kill a server that answered here once and then, time after time, does not, as halted and stuck ones do.

    One that never answered may serve under an address that is not known here, and is left alone. Where time passed that
    nothing here took, this machine slept or was halted itself, and what was missed before says nothing.
    """
    misses, has_answered = 0, False
    while True:
        began = time.time()  # unlike a monotonic clock it goes on while a machine sleeps
        if ended.wait(PAUSE_SECONDS):
            return
        if is_answering(host, port):
            misses, has_answered = 0, True
        elif has_answered:
            misses += 1
        if not 0 <= time.time() - began < PAUSE_SECONDS + 3 * ANSWER_SECONDS:
            misses = 0
        if misses >= MISSES and not ended.is_set():
            say(f"The server was asked {misses} times how it is and did not answer: it is ended.")
            child.kill()
            return
