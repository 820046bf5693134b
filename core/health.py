"""How this server stands, for founders and for the machines that watch it: engines, database, spool, queue, disk.

Looking is cheap, bounded in time and never raises: whoever asks mostly asks because something is wrong.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.desk import Desk
from core.engines.shelf import EngineState
from core.errors import HearbackError
from core.house import House
from core.outcomes import Took
from core.store.db import Database
from core.store.writer import Backlog

# How old the last look at the database may be, and how long one may take before it counts as away.
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
LOW_DISK_BYTES = 1024**3
# The spool stands for hours without a database; from here on somebody should look.
FULL_SHARE = 0.9


@dataclass(frozen=True)
class Health:
    """One look: `waiting` and `running` are answers in the queue, `disk_free` and `disk_total` bytes (0 if unknown).

    `up_since` is UTC; `ended_by` are the signals that ended the server before, each of which was followed by a start.
    `database_said` is the sentence of a database that does not answer, else empty. All counts are of this server alone;
    `is_shared` where others may work on the same database.
    """

    engines: tuple[EngineState, ...]
    database_said: str
    backlog: Backlog
    waiting: int
    running: int
    disk_free: int
    disk_total: int
    outcomes: Mapping[tuple[str, str], Took]
    up_since: datetime
    ended_by: tuple[str, ...] = ()
    is_shared: bool = False

    @property
    def is_database_up(self) -> bool:
        """Whether the database answers."""
        return not self.database_said

    @property
    def is_spool_full(self) -> bool:
        """Whether there is hardly room left for records that wait."""
        return self.backlog.limit_bytes > 0 and self.backlog.spool_bytes >= FULL_SHARE * self.backlog.limit_bytes

    @property
    def is_disk_low(self) -> bool:
        """Whether the disk under the data folder is nearly full."""
        return self.disk_total > 0 and self.disk_free < LOW_DISK_BYTES

    @property
    def not_ready(self) -> tuple[str, ...]:
        """Why this server should not be sent anybody, in sentences; empty where it is ready."""
        found = [self.database_said] if self.database_said else []
        if self.is_spool_full:
            found.append("The records that wait for the database fill their place on the disk.")
        return (*found, *(one.detail or one.name for one in self.engines if one.state == "failed"))

    @property
    def troubles(self) -> tuple[str, ...]:
        """Everything that is not as it should be, in sentences, what matters most first."""
        found = list(self.not_ready)
        backlog = self.backlog
        if backlog.since is not None:
            where = "in memory only" if backlog.is_in_memory else "on the disk"
            found.append(f"{backlog.waiting:,} uses wait {where} until they can be written down.")
        if backlog.dropped:
            found.append(
                f"This server could not keep {backlog.dropped:,} uses since its start; their visitors were answered."
            )
        if self.is_disk_low:
            found.append(f"Only {self.disk_free / 1e9:.1f} GB are free on the disk of the data folder.")
        return tuple(found)


class Watch:
    """Looks at one house and its desk; thread-safe."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house, self._desk = house, desk
        self._database = _Probe(house.database)
        self._up_since = datetime.now(UTC)

    def now(self) -> Health:
        """Return how everything stands; takes PATIENCE_SECONDS at most where the database hangs."""
        waiting, running = self._desk.crowd()
        free, total = _disk(self._house.settings.data_folder)
        return Health(
            engines=self._house.shelf.states(),
            database_said=self._database.said(),
            backlog=self._house.recorder.backlog,
            waiting=waiting,
            running=running,
            disk_free=free,
            disk_total=total,
            outcomes=self._desk.outcomes.now(),
            up_since=self._up_since,
            ended_by=self._house.settings.ended_by,
            is_shared=self._house.settings.is_shared,
        )


class _Probe:
    """Asks a database whether it is there: one question at a time, in a thread that may hang as long as it likes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._answer: Future[str] = Future()

    def said(self) -> str:
        """Return why the database does not answer, or empty."""
        with self._lock:
            is_old = time.monotonic() - self._asked_at > LOOK_SECONDS
            if is_old and (self._asked_at < 0 or self._answer.done()):
                self._answer, self._asked_at = Future(), time.monotonic()
                threading.Thread(target=self._ask, args=(self._answer,), name="probe", daemon=True).start()
            answer, left = self._answer, self._asked_at + PATIENCE_SECONDS - time.monotonic()
        if not wait((answer,), max(0.0, left)).done:
            return "The database does not answer."
        return answer.result()

    def _ask(self, answer: Future[str]) -> None:
        try:
            with self._database.reading("looking after it") as session:
                session.connection().exec_driver_sql("SELECT 1 FROM visitors LIMIT 1")
        except HearbackError as error:
            answer.set_result(str(error))
        except Exception:  # noqa: BLE001 - the edge of the thread: whoever waits is to hear of it
            answer.set_result("The database does not answer.")
        else:
            answer.set_result("")


def _disk(folder: Path) -> tuple[int, int]:
    """Return free and total bytes of the disk under a folder; nought where the system does not say."""
    try:
        found = shutil.disk_usage(folder)
    except OSError:
        return 0, 0
    return found.free, found.total
