"""How long PostgreSQL may be silent before nobody waits for it any more.

`statement_timeout` is kept by the server, so it is of no use where the server hangs or the network swallows what it
says: the kernel at the other end goes on acknowledging, and a read would wait for ever. So every statement, commit and
connection has a deadline here as well. A connection past its own is closed, which the pool takes as a broken one.

Whoever finds the server silent trips a circuit breaker: everybody else is refused at once instead of waiting as long,
until a probe in the background is answered. A statement that was on its way longer than an answer may take is given up
once a probe has shown that it is the server that is silent, and not the statement that takes its time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.errors import ConnectionTimeout, _WaitTimeout
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from core.limits import (
    DATABASE_ANSWER_SECONDS,
    DATABASE_GRACE_SECONDS,
    DATABASE_IDLE_SECONDS,
    DATABASE_LONGEST_SECONDS,
    DATABASE_PROBE_SECONDS,
)

# A wait for the socket looks up this often, in case the breaker's probe has found the server silent meanwhile.
SLICE_SECONDS = 0.5
# Keeps connections that nobody uses for long from being dead without anybody's noticing; see libpq's documentation.
_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
# The same for the server's end, which else keeps what the network cut off for two hours: a batch of statements whose
# end was swallowed counts as one at work, which no other limit of PostgreSQL ends, and holds its rows.
_KEEPALIVES_THERE = " ".join(f"-c tcp_{name}={value}" for name, value in _KEEPALIVES.items())
_log = logging.getLogger(__name__)


class Silent(psycopg.OperationalError):
    """The server said nothing within its deadline, or nobody waits for it as it is known to be silent."""


class Breaker:
    """A circuit breaker: open from when a server was found silent until it answers a probe again. Thread-safe.

    `probe` raises Silent or ConnectionTimeout where the server is silent still; any other end is an answer.
    """

    def __init__(self, probe: Callable[[], None], pause_seconds: float = DATABASE_PROBE_SECONDS) -> None:
        self._probe = probe
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._answered.set()
        self._is_confirmed = False

    @property
    def is_open(self) -> bool:
        """Whether the server was found silent and has not answered since."""
        return not self._answered.is_set()

    @property
    def is_confirmed(self) -> bool:
        """Whether a connection of the probe's own was not answered either."""
        return self._is_confirmed and self.is_open

    def trip(self) -> None:
        """Open it, and begin to probe."""
        with self._lock:
            if self.is_open:
                return
            self._is_confirmed = False
            self._answered.clear()
        _log.warning("the database is silent: nobody waits for it until it answers")
        threading.Thread(target=self._watch, name="database probe", daemon=True).start()

    def close(self) -> None:
        """Let everybody try again, and end the probing."""
        with self._lock:
            self._answered.set()

    def _watch(self) -> None:
        while self.is_open:
            try:
                self._probe()
            except (Silent, ConnectionTimeout):
                self._is_confirmed = True
                self._answered.wait(self._pause_seconds)
                continue
            except Exception as error:  # noqa: BLE001 - a refusal too is an answer, and whoever asks next is told it
                _log.info("the database refuses a connection: %s", type(error).__name__)
            if self.is_open:
                _log.warning("the database answers again")
            self.close()


class TimedConnection(psycopg.Connection[Any]):
    """A connection on which nothing is waited for without end.

    `statement_seconds` is for a statement or commit. In autocommit mode, as SQLAlchemy pings and signals are listened
    for, what is asked needs no work, so an answer is due in DATABASE_ANSWER_SECONDS.
    """

    statement_seconds: float = DATABASE_ANSWER_SECONDS
    breaker: Breaker | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait as psycopg does; raises Silent, and closes the connection, where the deadline passes."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        seconds = DATABASE_ANSWER_SECONDS if self.autocommit else self.statement_seconds
        breaker = self.breaker
        if breaker is not None and breaker.is_open and self.pgconn.transaction_status == TransactionStatus.IDLE:
            self._give_up("the database was silent a moment ago")
        began = time.monotonic()
        while True:
            try:
                # A wait that ended early is taken up where it was, as psycopg itself does after Ctrl-C.
                return super().wait(gen, interval, min(SLICE_SECONDS, seconds))
            except _WaitTimeout:
                waited = time.monotonic() - began
            if waited >= seconds:
                if breaker is not None:
                    breaker.trip()
                self._give_up(f"no answer within {seconds:.0f} seconds")
            if waited >= DATABASE_ANSWER_SECONDS and breaker is not None and breaker.is_confirmed:
                self._give_up("the database is silent")

    def _give_up(self, why: str) -> None:
        self.pgconn.finish()
        raise Silent(why)


def open_timed(url: URL, busy_seconds: float, **pool: Any) -> Engine:
    """Return an engine for PostgreSQL on which every wait has an end.

    The server gives up a lock after `busy_seconds` and a statement after six times as long; this side waits a little
    longer than that for its word. It also ends a transaction whose owner has said nothing for DATABASE_IDLE_SECONDS:
    where the network swallowed a commit, nobody is left to end it from here. Options in the address replace those of
    ours, and may let statements take longer. An engine without a pool is for one who waits alone, and has no breaker:
    there would be a probe for each of them.
    """
    milliseconds = int(busy_seconds * 1000)
    options = f"-c timezone=UTC -c lock_timeout={milliseconds} -c statement_timeout={6 * milliseconds}"
    options += f" -c idle_in_transaction_session_timeout={int(DATABASE_IDLE_SECONDS * 1000)} {_KEEPALIVES_THERE}"
    own = {"connect_timeout": int(DATABASE_ANSWER_SECONDS), "application_name": "hearback", "options": options}
    arguments = own | _KEEPALIVES | dict(url.query)
    engine = create_engine(url.set(query={}), hide_parameters=True, connect_args=arguments, pool_pre_ping=True, **pool)
    allowed = DATABASE_LONGEST_SECONDS if "options" in url.query else 6 * busy_seconds
    _keep_time(engine, allowed + DATABASE_GRACE_SECONDS, is_shared="poolclass" not in pool)
    return engine


def _keep_time(engine: Engine, statement_seconds: float, *, is_shared: bool) -> None:
    """Let an engine's connections be timed ones, with one breaker for all of them where there are many."""

    def connected(*arguments: Any, **parameters: Any) -> TimedConnection:
        connection = TimedConnection.connect(*arguments, **parameters)
        connection.statement_seconds = statement_seconds
        return connection

    how: list[tuple[Any, Any]] = []

    def probe() -> None:
        arguments, parameters = how[-1]
        with connected(*arguments, **{**parameters, "autocommit": True}) as connection:
            connection.execute("SELECT 1")

    breaker = Breaker(probe) if is_shared else None

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> TimedConnection:
        how[:] = [(arguments, parameters)]
        if breaker is not None and breaker.is_open:
            raise Silent("the database was silent a moment ago")
        try:
            connection = connected(*arguments, **parameters)
        except ConnectionTimeout:
            if breaker is not None:
                breaker.trip()
            raise
        connection.breaker = breaker
        return connection

    @event.listens_for(engine, "engine_disposed")
    def disposed(_engine: Engine) -> None:
        if breaker is not None:
            breaker.close()
