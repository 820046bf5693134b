"""The trainer: one run in a process of its own, `python -m core.learning.trainer RUN_ID`.

It takes what processor time the answers leave, tells the database how far it is, and hears from there that it should
stop. The app that started it holds the other end of its input: when that closes, because the app was closed or died,
the run goes back into the queue with its last checkpoint and this process ends, so that nothing trains on unseen.
Started by hand, it reads its settings from the environment and needs no app.

Whatever it writes is either whole or not there (see `core.engines.artefacts`), so that it may be killed at any moment;
where it does not hear in time, it does that itself.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.logs import set_up as set_up_log

if TYPE_CHECKING:
    from core.config import Settings
    from core.loop import Run

FINISHED, FAILED, CANCELLED, PUT_BACK, LOST = 0, 1, 2, 3, 4
NICENESS = 15
# After being asked to stop, a step gets this long to hear it before the process ends where it stands.
CANCEL_SECONDS, PAUSE_SECONDS = 1.0, 3.0
LOG_BYTES = 256 * 1024
_NO_MEMORY = ("not enough memory", "out of memory", "can't allocate memory", "cannot allocate memory")
_WRITE_END_SECONDS = 30.0
_log = logging.getLogger("hearback.trainer")


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, carry the run out and return how it ended."""
    parser = argparse.ArgumentParser(prog="python -m core.learning.trainer", description="Carry out one training run.")
    parser.add_argument("run_id", help="the id of a waiting run")
    parser.add_argument("--attempt", type=int, default=0, help="the attempt that the app has claimed for this process")
    parser.add_argument("--from-app", action="store_true", help="read settings from the input, and end when it ends")
    told = parser.parse_args(arguments)
    settings = modest(_settings(told.from_app))
    be_modest(settings.threads)
    set_up_log("text")  # rows are what people wrote, and the end of this log is shown to founders
    logging.getLogger("hearback").setLevel(logging.INFO)
    # From here on numpy and torch may be imported: the number of their threads is set.
    from core.store.db import Database

    database = Database(settings.database_url)
    try:
        return _Trainer(settings, database, told.run_id, told.attempt).work(is_led=told.from_app)
    finally:
        database.close()


def _settings(is_from_app: bool) -> Settings:
    from core.config import Settings, read_settings
    from core.types import from_plain

    return from_plain(json.loads(sys.stdin.readline()), Settings) if is_from_app else read_settings()


def be_modest(threads: int) -> None:
    """Give way to whoever answers visitors: low priority, few threads, and first to go where memory runs out."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(NICENESS)
    else:
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    with suppress(OSError):  # Linux alone has it
        Path("/proc/self/oom_score_adj").write_text("600", encoding="ascii")


def modest(settings: Settings) -> Settings:
    """Return the settings with the threads that a training may take: one processor stays free where there are more."""
    return replace(settings, threads=settings.threads - 1 if settings.threads > 2 else settings.threads)


def keep_short(handle: int = 2) -> None:
    """Halve the log that a file handle appends to, once it is longer than anybody reads; others are left alone."""
    with suppress(OSError):
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode) and found.st_size > LOG_BYTES:
            os.lseek(handle, -LOG_BYTES // 2, os.SEEK_END)
            last = os.read(handle, LOG_BYTES // 2)
            os.ftruncate(handle, 0)
            os.write(handle, last.partition(b"\n")[2])


class _Trainer:
    """One run and the process that carries it out."""

    def __init__(self, settings: Settings, database: Any, run_id: str, attempt: int) -> None:
        from core.learning.reports import Reports
        from core.store import runs

        self._runs = runs
        self._settings = settings
        self._database = database
        if not attempt and (claimed := runs.claim(database, run_id)) is not None:
            attempt = claimed.attempt
        self._run_id, self._attempt = run_id, attempt
        self._reports = Reports(database, run_id, attempt)
        self._lock = threading.Lock()
        self._is_pausing = False

    def work(self, is_led: bool) -> int:
        """Carry the run out and write down how it ended; return the exit status."""
        run = self._runs.take(self._database, self._run_id, self._attempt, os.getpid())
        if run is None:
            _log.warning("run %s is not this process's to carry out", self._run_id)
            return LOST
        _log.info("run %s, attempt %d, process %d", run.run_id, run.attempt, os.getpid())
        if is_led:
            threading.Thread(target=self._follow, name="leash", daemon=True).start()
        self._reports.start(self._on_stop, keep_short)
        try:
            return self._carry_out(run)
        finally:
            self._reports.close()

    def _carry_out(self, run: Run) -> int:
        from core.errors import HearbackError, Stopped
        from core.learning import pipeline

        workshop = pipeline.Workshop(self._settings, self._database)
        try:
            pipeline.carry_out(workshop, run, self._reports)
        except Stopped:
            return self._stopped()
        except HearbackError as error:
            _log.info("failed: %s", error, exc_info=error.__cause__)
            return self._failed(_sentence(error) or str(error))
        except Exception as error:  # noqa: BLE001 - a bug ends the run with a reference, and stays loud in its log
            _log.exception("failed")
            return self._failed(_sentence(error) or _unexpected(self._run_id))
        finally:
            with suppress(HearbackError):
                workshop.close()
        return FINISHED if self._end("finished") else LOST

    def _failed(self, sentence: str) -> int:
        return FAILED if self._end("failed", sentence) else LOST

    def _stopped(self) -> int:
        if self._reports.is_lost:
            return LOST
        if self._is_pausing and not self._reports.is_cancelled:
            self._retrying(lambda: self._runs.put_back(self._database, self._run_id, self._attempt, False))
            return PUT_BACK
        return CANCELLED if self._end("cancelled") else LOST

    def _end(self, state: str, error: str = "") -> bool:
        from core.loop import RunState

        self._reports.close(state)
        ended = self._retrying(
            lambda: self._runs.end(self._database, self._run_id, self._attempt, RunState(state), error)
        )
        return bool(ended)

    def _retrying(self, write: Any) -> Any:
        """Write, again and again while the database is away; in the end the missing sign of life tells the rest."""
        from core.errors import DatabaseUnavailable

        deadline = time.monotonic() + _WRITE_END_SECONDS
        while True:
            try:
                with self._lock:
                    return write()
            except DatabaseUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _follow(self) -> None:
        """Wait until the app closes the other end of the input, then stop."""
        with suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 1024):
                pass
        _log.info("the app is gone: back into the queue")
        self._is_pausing = True
        self._reports.stop.set()
        self._on_stop()

    def _on_stop(self) -> None:
        """End the process where it stands, should it not hear in time; called once somebody asked it to stop."""
        seconds = PAUSE_SECONDS if self._is_pausing else CANCEL_SECONDS
        timer = threading.Timer(seconds, self._end_here)
        timer.daemon = True
        timer.start()

    def _end_here(self) -> None:
        _log.info("it did not hear in time: ended where it stood")
        code = LOST
        with suppress(Exception):
            code = self._stopped()
        logging.shutdown()
        os._exit(code)


def _sentence(error: BaseException) -> str:
    """Return what to do about a full disk or memory that ran out, wherever in the chain it stands; else empty."""
    from core.errors import TrainingFailed
    from core.store.trouble import is_full

    for one in _chain(error):
        if isinstance(one, MemoryError) or any(words in str(one).lower() for words in _NO_MEMORY):
            why = "memory ran out. Close what else runs on this machine, or choose a quicker preset, and try again."
            return str(TrainingFailed(why=why))
        if is_full(one) or "no space left" in str(one).lower():
            why = "the disk is full. Make room where Hearback keeps its data, and try again; what serves is untouched."
            return str(TrainingFailed(why=why))
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _unexpected(run_id: str) -> str:
    from core.errors import TrainingFailed

    return str(TrainingFailed(why=f"something unexpected happened (reference {run_id[:8]}); its log tells more."))


if __name__ == "__main__":
    sys.exit(main())
