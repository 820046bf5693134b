"""How a training tells how far it is, and hears that it should stop: by its row in the database, twice a second."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from core.errors import Stopped, StoreError
from core.loop import RunProgress
from core.progress import Progress
from core.store import runs
from core.store.db import Database

WRITE_SECONDS = 0.5
BEAT_SECONDS = 3.0
POINTS = 200
_log = logging.getLogger("hearback.trainer")


class Reports(Progress):
    """A progress that goes to the database: `advance` and `report` return at once, a thread writes the newest.

    `is_cancelled` after a founder asked to stop, `is_lost` once the run belongs to another attempt; both set `stop`.
    A database that is away is waited for: the training goes on meanwhile.
    """

    def __init__(self, database: Database, run_id: str, attempt: int) -> None:
        super().__init__()
        self.is_cancelled = False
        self.is_lost = False
        self._database, self._run_id, self._attempt = database, run_id, attempt
        self._now = RunProgress(doing="starting")
        self._is_new = True
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._began = (time.monotonic(), 0, "")
        self._thread: threading.Thread | None = None

    def start(self, on_stop: Callable[[], None], now_and_then: Callable[[], None]) -> None:
        """Begin to write; `on_stop` is called once when the run is to stop, the other about twice a second."""
        self._thread = threading.Thread(target=self._run, args=(on_stop, now_and_then), name="reports", daemon=True)
        self._thread.start()

    def advance(self, done: int, total: int, doing: str) -> None:
        """Publish that `done` of `total` parts of a phase are finished; the time left follows from its pace."""
        with self._lock:
            now = time.monotonic()
            if doing != self._began[2] or done < self._began[1]:
                self._began = (now, done, doing)
            began, first, _ = self._began
            is_known = done > first and total > 0
            left = (now - began) / (done - first) * (total - done) if is_known else None
            self._put(replace(self._now, doing=doing, step=done, steps=total, seconds_left=left))

    def report(self, progress: RunProgress) -> None:
        """Publish a step with its losses; the course is kept here and thinned to what a chart needs."""
        with self._lock:
            losses, looks = self._now.losses, self._now.validation_losses
            if _is_number(progress.loss):
                losses = _with(losses, progress.step, progress.loss)
            is_new_look = not looks or looks[-1][1] != progress.validation_loss
            if _is_number(progress.validation_loss) and is_new_look:
                looks = _with(looks, progress.step, progress.validation_loss)
            self._began = (time.monotonic(), progress.step, progress.doing)
            self._put(replace(progress, losses=losses, validation_losses=looks))

    def check(self) -> None:
        """Raise Stopped if the run is to stop."""
        if self.stop.is_set():
            raise Stopped()

    def close(self, doing: str = "") -> None:
        """End the thread; `doing` is the last word, which is written once more."""
        is_first = not self._closing.is_set()
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5.0)
        if doing and is_first:
            with self._lock:
                self._put(replace(self._now, doing=doing, seconds_left=None))
            self._tell()

    def _put(self, progress: RunProgress) -> None:
        self._now, self._is_new = progress, True

    def _run(self, on_stop: Callable[[], None], now_and_then: Callable[[], None]) -> None:
        written, has_told = 0.0, False
        while not self._closing.wait(WRITE_SECONDS):
            now_and_then()
            if self._is_new or time.monotonic() - written > BEAT_SECONDS:
                written = time.monotonic()
                self._tell()
            else:
                self._look()
            if self.stop.is_set() and not has_told:
                has_told = True
                on_stop()

    def _tell(self) -> None:
        with self._lock:
            progress, self._is_new = self._now, False
        try:
            self._heard(runs.beat(self._database, self._run_id, self._attempt, progress))
        except StoreError as error:
            _log.warning("how far it is could not be written: %s", error)
            self._is_new = True

    def _look(self) -> None:
        try:
            self._heard(runs.stands(self._database, self._run_id, self._attempt))
        except StoreError as error:
            _log.warning("the run could not be looked at: %s", error)

    def _heard(self, is_stopping: bool | None) -> None:
        if self._closing.is_set():
            return
        self.is_lost = self.is_lost or is_stopping is None
        self.is_cancelled = self.is_cancelled or bool(is_stopping)
        if is_stopping is not False:
            self.stop.set()


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _with(points: tuple[tuple[int, float], ...], step: int, value: float | None) -> tuple[tuple[int, float], ...]:
    """Return the points with one more; every other one goes where they are more than a chart can show."""
    points = (*(point for point in points if point[0] < step), (step, round(value or 0.0, 5)))
    return points if len(points) <= POINTS else (*points[:-1:2], points[-1])
