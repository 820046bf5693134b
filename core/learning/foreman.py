"""The foreman: a thread of the app that starts waiting runs, one at a time, and looks after those that were lost.

A run that was claimed gets a process of its own (`core.learning.trainer`); what becomes of it stands in the database,
where every process of the app sees it. A trainer that ended without a word is noticed at once by the foreman who
started it, and by any other when its signs of life stay away. Closing the app closes the trainer's input, on which it
puts its run back with its last checkpoint: the next start goes on there.

The same thread carries out what has to be looked at now and then (`Duty`); of several servers on one database the one
that leads does so for all, and each for its own folders.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from core import heap
from core.config import PROJECT, Settings
from core.engines import artefacts as files
from core.errors import HearbackError, StoreError
from core.learning.pipeline import LOG_FILE, artefact_id_of, folder_of, keep_files, sweep_work
from core.limits import clean_text
from core.loop import Run, RunState
from core.store import artefacts, runs
from core.store.db import Database
from core.store.replica import Replica
from core.types import to_plain

LOOK_SECONDS = 1.0
CLOSE_SECONDS = 5.0
SWEEP_SECONDS = 60.0
# A trainer that was asked to stop ends by itself within two seconds; one that cannot, such as a halted one, is ended.
STUBBORN_SECONDS = 6.0
TAKE_OVER_SECONDS = 5.0
TAIL_LINES = 20
_TAIL_BYTES = 16 * 1024
_log = logging.getLogger(__name__)


class House(Protocol):
    """What the foreman needs of the app; `core.house.House` has it all."""

    settings: Settings
    database: Database
    replica: Replica


@dataclass
class Duty:
    """Something to be done about every so many seconds; what it raises is told in the log and ends nothing.

    One that `is_everywhere` is done by every server, for what is its own; others by the one that leads.
    """

    name: str
    every_seconds: float
    work: Callable[[], Any]
    is_everywhere: bool = False

    def __post_init__(self) -> None:
        # Not at once: the app has just been started, and has to answer.
        self.due_at = time.monotonic() + self.every_seconds


@dataclass
class _Child:
    """A trainer's process and the run that it carries out."""

    run: Run
    process: subprocess.Popen[bytes]
    stubborn_at: float = float("inf")


class Foreman:
    """Starts trainers and carries out duties until it is closed; `start` begins."""

    def __init__(self, house: House, duties: Sequence[Duty] = (), stale_seconds: float = runs.STALE_SECONDS) -> None:
        self._settings = house.settings
        self._database = house.database
        self._replica = house.replica
        own = Duty("sweeping", SWEEP_SECONDS, self._sweep, is_everywhere=True)
        lean = Duty("giving memory back", heap.EVERY_SECONDS, heap.give_back, is_everywhere=True)
        self._duties = [own, lean, *duties]
        self._stale_seconds = stale_seconds
        self._child: _Child | None = None
        self._is_closing = False
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="foreman", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now: something was queued or cancelled."""
        self._awake.set()

    def close(self) -> None:
        """Let the trainer put its run back, wait a little for that, and end."""
        self._is_closing = True
        self._awake.set()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS + 2 * LOOK_SECONDS)
        self._dismiss()

    def _run(self) -> None:
        self._carefully("sweep", self._sweep)
        while not self._is_closing:
            self._carefully("queue", self._look)
            for duty in self._duties:
                if not self._is_closing and time.monotonic() >= duty.due_at:
                    self._on_duty(duty)
            self._awake.wait(LOOK_SECONDS)
            self._awake.clear()

    def _on_duty(self, duty: Duty) -> None:
        if duty.is_everywhere or self._replica.leads():
            self._carefully(duty.name, duty.work)
            duty.due_at = time.monotonic() + duty.every_seconds
        else:  # and if the leader is gone, this one leads before long
            duty.due_at = time.monotonic() + min(duty.every_seconds, TAKE_OVER_SECONDS)

    def _carefully(self, name: str, work: Callable[[], Any]) -> None:
        try:
            work()
        except HearbackError as error:
            if not self._is_closing:
                _log.warning("%s: %s", name, error)
        except Exception:  # noqa: BLE001 - the edge of the thread: one bug must not stop the queue and all duties
            _log.exception("%s failed", name)

    def _look(self) -> None:
        if self._child is not None:
            self._mind(self._child)
        runs.recover(self._database, self._stale_seconds, self._child.run.run_id if self._child else "")
        if self._child is None and not self._is_closing and (run := runs.claim(self._database)) is not None:
            self._hire(run)

    def _hire(self, run: Run) -> None:
        """Start the process of a run that is claimed; where it cannot be, the run fails with a sentence."""
        try:
            self._child = _Child(run, start_trainer(self._settings, run))
        except OSError as error:
            why = f"its process could not be started ({error.strerror})."
            runs.end(self._database, run.run_id, run.attempt, RunState.FAILED, f"The training ended early: {why}")

    def _mind(self, child: _Child) -> None:
        """Notice that a trainer ended, or end one that was to stop and did not."""
        run = child.run
        if child.process.poll() is not None:
            self._child = None
            _close_input(child.process)
            # Nothing to do where it wrote its end down; else it was killed, and this attempt counts.
            state = runs.put_back(self._database, run.run_id, run.attempt)
            if state is not None:
                _log.warning("trainer of run %s ended with %s: %s", run.run_id, child.process.returncode, state)
            return
        is_wanted = runs.stands(self._database, run.run_id, run.attempt) is False
        if is_wanted:
            child.stubborn_at = float("inf")
        elif child.stubborn_at == float("inf"):
            child.stubborn_at = time.monotonic() + STUBBORN_SECONDS
        elif time.monotonic() > child.stubborn_at:
            child.process.kill()

    def _dismiss(self) -> None:
        """Close the trainer's input, on which it ends, and end it if it does not."""
        child, self._child = self._child, None
        if child is None:
            return
        _close_input(child.process)
        try:
            child.process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait(CLOSE_SECONDS)
        with suppress(StoreError):
            # It was this app that ended it, so the attempt does not count; mostly the trainer has said so already.
            runs.put_back(self._database, child.run.run_id, child.run.attempt, is_counted=False)

    def _sweep(self) -> None:
        """Remove half-written artefacts and checkpoints of runs that are over."""
        active = runs.at_work(self._database)
        found = artefacts.artefacts(self._database)
        known = {one.artefact_id for one in found}
        removed = files.sweep(self._settings, known, {artefact_id_of(run_id) for run_id in active})
        keep_files(self._settings, self._database, found)
        removed += sweep_work(self._settings, active)
        if removed:
            _log.info("removed %d folders that earlier trainings had left", removed)


def start_trainer(settings: Settings, run: Run) -> subprocess.Popen[bytes]:
    """Start the process of a claimed run and give it the settings by its input; raises OSError.

    Not by the command line, which everybody on the machine can read, for the database's address may hold a password.
    """
    folder = folder_of(settings, run.run_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "core.learning.trainer", run.run_id, "--attempt", str(run.attempt), "--from-app"]
    with (folder / LOG_FILE).open("ab+") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module, an id from the database and a number
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=os.name != "nt"
        )
    if process.stdin is not None:
        with suppress(BrokenPipeError):  # it died already, which is noticed like any other end
            process.stdin.write(json.dumps(to_plain(settings)).encode() + b"\n")
            process.stdin.flush()
    return process


def log_tail(settings: Settings, run_id: str) -> str:
    """Return the last lines of a run's log, or empty where there is none."""
    path = folder_of(settings, run_id) / LOG_FILE
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return clean_text("\n".join(text.splitlines()[-TAIL_LINES:])).replace(str(Path.home()), "~")


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
