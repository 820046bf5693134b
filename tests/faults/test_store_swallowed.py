"""The network to PostgreSQL swallows what is said, and closes nothing: as a pulled plug, or a firewall that forgot.

Between the program and a real PostgreSQL stands a relay on loopback that stops passing on in the middle of a
transaction. A connection that lost a word stays dead for good, on both sides; new ones work once the network is back.
After a while the server's kernel finds that nobody answers it on a dead one, and closes its end: here the relay does
so, as the socket that it holds answers every keepalive.
"""

from __future__ import annotations

import select as waiting
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url

from core import limits
from core.errors import DatabaseUnavailable
from core.store import deadlines
from core.types import Consent
from tests.core.desk_stories import a_desk, over
from tests.faults.away import OwnPostgres
from tests.faults.test_store_away import USERS, Crowd, refused, stored
from tests.faults.test_store_silent import ANSWER_SECONDS, FIRST_SECONDS, until
from tests.promises import Found, at

pytestmark = pytest.mark.postgres

# In the length that was promised the deadlines are those that serve.
IDLE_SECONDS = at(3, 60)
# Until PostgreSQL's kernel gives up a connection on which nobody answers.
KEEPALIVE_SECONDS = at(5, 60)
# What was on its way as the network came back, before a probe had shown that it was gone, is waited for as long as a
# statement may take; it may then meet a transaction that PostgreSQL has yet to end.
DRAINED_SECONDS = 6 * 5.0 + limits.DATABASE_GRACE_SECONDS + KEEPALIVE_SECONDS + 30


class SwallowingRelay:
    """Passes on what comes at a local port, until it is told to swallow: from the next COMMIT on, which it keeps."""

    def __init__(self, to: Path) -> None:
        self.is_armed = False
        self.is_swallowing = threading.Event()
        self.dead = 0
        self._to = str(to)
        self._lines: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """Swallow everything from the next COMMIT on."""
        self.is_armed = True

    def heal(self) -> None:
        """Pass on again what comes over new connections."""
        self.is_armed = False
        self.is_swallowing.clear()

    def close(self) -> None:
        """Take nobody any more, and close every line."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._to)
            self._lines += [line, server]
            threading.Thread(target=self._pass_on, args=(line, server), daemon=True).start()

    def _pass_on(self, line: socket.socket, server: socket.socket) -> None:
        is_dead, died = False, 0.0
        ends = {line: server, server: line}
        while ends:
            try:
                ready, _, _ = waiting.select(list(ends), [], [], 1)
                if is_dead and time.monotonic() - died > KEEPALIVE_SECONDS:
                    server.close()
                    return
                for one in ready:
                    said = one.recv(65536)
                    if self.is_armed and one is line and b"COMMIT" in said:
                        self.is_swallowing.set()
                    if self.is_swallowing.is_set() and not is_dead:
                        is_dead, died = True, time.monotonic()
                        self.dead += 1
                    if is_dead and not said:
                        del ends[one]  # its end is swallowed like the rest: the other side hears nothing of it
                    elif not said:
                        return
                    elif not is_dead:
                        ends[one].sendall(said)
            except (OSError, ValueError, KeyError):  # the test is over
                return
        # Both ends have gone, each without the other's knowing.


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[OwnPostgres]:
    server = OwnPostgres()
    yield server
    server.end()


@pytest.fixture
def relay(own_postgres: OwnPostgres) -> Iterator[SwallowingRelay]:
    folder = Path(str(make_url(own_postgres.url).query["host"]))
    relay = SwallowingRelay(next(folder.glob(".s.PGSQL.[0-9]*[0-9]")))
    yield relay
    relay.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the deadlines pass sooner, so that a test need not wait for long."""
    monkeypatch.setattr(deadlines, "DATABASE_ANSWER_SECONDS", float(ANSWER_SECONDS))
    monkeypatch.setattr(deadlines, "DATABASE_IDLE_SECONDS", float(IDLE_SECONDS))


@pytest.mark.promise("R2")
def test_both_ends_notice_a_connection_on_which_nobody_answers(own_postgres: OwnPostgres) -> None:
    engine = deadlines.open_timed(make_url(own_postgres.url), 5.0)
    with engine.connect() as connection:
        asked = "SELECT name, reset_val FROM pg_settings WHERE name ~ '^tcp_keepalives'"
        there = {name: int(value) for name, value in connection.exec_driver_sql(asked)}
    engine.dispose()
    # Where they are nought, PostgreSQL waits as long as the system's default: two hours and more.
    assert there == {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


@pytest.mark.promise("R2")
def test_ten_people_go_on_while_the_network_swallows_what_is_said_and_all_is_written_down_once(
    own_postgres: OwnPostgres, relay: SwallowingRelay, tmp_path: Path, found: Found
) -> None:
    through = make_url(own_postgres.url).set(host="127.0.0.1", port=relay.port, query={})
    with a_desk(through.render_as_string(hide_password=False), tmp_path) as desk:
        visitors = [f"visitor {number}" for number in range(USERS)]
        before = {}
        for visitor_id in visitors:
            desk.choose(visitor_id, Consent(log=True))
            before[visitor_id] = over(desk, visitor_id, desk.read_sentiment(visitor_id, "Once before.")).interaction_id
        until(lambda: desk._recorder.flush(1))
        ada, mine = next(iter(before.items()))
        crowd = Crowd(desk)
        threads = [threading.Thread(target=crowd.use, args=(visitor_id,)) for visitor_id in visitors]
        for thread in threads:
            thread.start()
        until(lambda: len(crowd.answered) > USERS)
        relay.swallow()
        until(relay.is_swallowing.is_set)
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            desk.rate(ada, mine, 0)
        noticed = time.monotonic() - began
        until(lambda: desk.backlog().since is not None and desk.backlog().spool_bytes > 0)
        time.sleep(max(0.0, at(1, 60) - (time.monotonic() - began)))
        told = [
            refused(doing, desk, ada, mine)
            for doing in ("saving your rating", "saving your correction", "saving your choice", "forgetting you")
        ]
        count = len(crowd.answered)
        until(lambda: len(crowd.answered) > count + USERS)
        ended, waiting_now, dead = time.monotonic(), desk.backlog(), relay.dead
        relay.heal()
        crowd.is_over.set()
        for thread in threads:
            thread.join(30)
        drained = until(lambda: desk._recorder.flush(1), DRAINED_SECONDS)
        desk.rate(ada, mine, 1)
        kept = stored(desk)
    during = [took for _, _, when, took in crowd.answered if began < when < ended]
    lost = {one for _, one, _, _ in crowd.answered} - set(kept)
    found("connections whose words were swallowed", dead)
    found("answers meanwhile, swallowed", len(during))
    found("slowest answer meanwhile, swallowed, s", round(max(during), 2))
    found("the first refused after, swallowed, s", round(noticed, 2))
    found("the next refused after, swallowed, s at most", round(max(told), 2))
    found("lost, swallowed", len(lost))
    found("doubled, swallowed", len(kept) - len(set(kept)))
    found("drained after the network was back, s", round(drained, 2))
    assert not crowd.failed, crowd.failed[:3]
    assert dead >= 1
    assert not lost
    assert len(kept) == len(set(kept)) == len(crowd.answered) + USERS
    assert waiting_now.spool_bytes > 0
    assert waiting_now.dropped == 0
    assert noticed < FIRST_SECONDS
    assert max(during) < FIRST_SECONDS
    assert max(told) < ANSWER_SECONDS, "whoever comes later need not wait"
