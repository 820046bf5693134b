"""The connection breaks after "commit" was said and before the answer: nobody knows, so it is said again, and is once.

Between the program and a real PostgreSQL stands a relay that lets the COMMIT through, waits until the server has
answered it, and cuts both lines without passing the answer on.
"""

from __future__ import annotations

import select as waiting
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from core.errors import DatabaseUnavailable, PerhapsSaved
from core.store import queries, surveys, transfer
from core.store.db import Database
from core.store.record import Recorder
from core.types import Consent, Disappointment, Member, Rating, Role, SurveyAnswer, SurveyRule
from tests.core.store_stories import an_interaction
from tests.promises import Found

pytestmark = pytest.mark.postgres

SURVEY = SurveyAnswer(Disappointment.VERY, "It is quick.", "", "", 9)


class Relay:
    """Passes on what comes at a local port; cuts the line after each of the next `cuts` COMMITs was answered."""

    def __init__(self, to: Path) -> None:
        self.cuts = self.cut = 0
        self.is_closed = False
        self._to = str(to)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take nobody any more."""
        self.is_closed = True
        with suppress(OSError):  # closed before
            self._listener.shutdown(socket.SHUT_RDWR)  # or it would take one more
        self._listener.close()

    def _accept(self) -> None:
        while not self.is_closed:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._to)
            threading.Thread(target=self._pass_on, args=(line, server), daemon=True).start()

    def _pass_on(self, line: socket.socket, server: socket.socket) -> None:
        is_committing = False
        with line, server:
            while True:
                ready, _, _ = waiting.select([line, server], [], [], 60)
                for one in ready:
                    said = one.recv(65536)
                    if not said:
                        return
                    if one is line:
                        is_committing = self.cuts > 0 and b"COMMIT" in said
                        server.sendall(said)
                    elif is_committing and b"COMMIT" in said:
                        self.cuts -= 1
                        self.cut += 1
                        return
                    else:
                        line.sendall(said)


@pytest.fixture
def relay(postgres_url: str) -> Iterator[Relay]:
    folder = Path(str(make_url(postgres_url).query["host"]))
    relay = Relay(next(folder.glob(".s.PGSQL.[0-9]*[0-9]")))
    yield relay
    relay.close()


@pytest.fixture
def through(relay: Relay, postgres_template: str, postgres_url: str) -> Iterator[Database]:
    """A database of this test's own, reached through the relay."""
    address = make_url(postgres_url).set(drivername="postgresql+psycopg")
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE unsure TEMPLATE {postgres_template}")
    local = address.set(host="127.0.0.1", port=relay.port, database="unsure", query={})
    database = Database(local.render_as_string(hide_password=False))
    yield database
    database.close()
    with server.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE unsure WITH (FORCE)")
    server.dispose()


@pytest.mark.promise("R1")
@pytest.mark.promise("R18")
def test_a_write_whose_acknowledgement_was_cut_off_is_said_again_and_is_there_once(
    relay: Relay, through: Database, tmp_path: Path, found: Found
) -> None:
    recorder = Recorder(through, tmp_path / "spool")
    recorder.interaction(an_interaction(interaction_id="one"))
    assert recorder.flush()
    deeds: dict[str, Callable[[], object]] = {
        "rating": lambda: recorder.rate(Rating("one", 1, ("Clear",), "Good."), "ada"),
        "correction": lambda: recorder.correct("one", "ada", "31 days.", ""),
        "hand-off": lambda: recorder.hand_off("one", "ada", "A person, please."),
        "consent": lambda: recorder.choose("ada", Consent(log=True, train=True), "Founder"),
        "survey": lambda: surveys.save(through, "ada", SURVEY),
        "no survey": lambda: surveys.decline(through, "ada"),
        "survey taken back": lambda: surveys.take_back(through, "ada"),
        "rating taken back": lambda: recorder.undo_rating("one", "ada"),
    }
    surveys.set_rule(through, Member("bo", "Bo", Role.FOUNDER), SurveyRule(True, 1, 0, 7))
    for deed in deeds.values():
        relay.cuts = 1
        deed()
        assert relay.cuts == 0
    relay.cuts = 1
    recorder.interaction(an_interaction(interaction_id="two"))
    assert recorder.flush()
    rows = {name: table.rows for name, table in transfer.counted(through).items()}
    wanted = {"interactions": 2, "ratings": 0, "corrections": 1, "correction_steps": 1, "memory": 1, "hand_offs": 1}
    wanted |= {"consents": 1, "surveys": 0, "survey_invitations": 1, "visitors": 1}
    found("acknowledgements cut off", relay.cut)
    found("doubled", sum(max(0, rows[name] - number) for name, number in wanted.items()))
    found("lost", sum(max(0, number - rows[name]) for name, number in wanted.items()))
    assert relay.cut == len(deeds) + 1
    assert {name: rows[name] for name in wanted} == wanted
    relay.cuts = 1
    recorder.forget("ada")
    assert queries.feedback(through, "ada") == ()
    recorder.close()


@pytest.mark.promise("R1")
def test_who_cannot_be_told_either_way_is_told_so(relay: Relay, through: Database, tmp_path: Path) -> None:
    recorder = Recorder(through, tmp_path / "spool")
    recorder.interaction(an_interaction(interaction_id="one"))
    assert recorder.flush()
    relay.cuts = 2
    with pytest.raises(PerhapsSaved, match="it may be saved or not"):
        recorder.rate(Rating("one", 1), "ada")
    assert queries.feedback(through, "ada")[0].rating == Rating("one", 1)
    relay.close()
    through.close()
    with pytest.raises(DatabaseUnavailable) as told:
        recorder.rate(Rating("one", 0), "ada")
    assert type(told.value) is DatabaseUnavailable, "before a commit nothing is in doubt"
    recorder.close()
