"""The real app twice on one PostgreSQL, with a data folder each, as two machines would run it: to visitors it is one.

Told in order, by one visitor and one founder who meet now this server and now that one, until one of them is killed.
"""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, func, make_url, select
from streamlit.proto.WidgetStates_pb2 import WidgetState

from core.config import read_settings
from core.engines.shelf import Shelf
from core.learning import dataset as learning
from core.learning.reading import Readers
from core.loop import RunState, Training
from core.store import artefact_files, artefacts, member_list, members, queries, runs
from core.store.db import Database
from core.store.replica import Replica
from core.store.tables import InteractionRow
from core.types import Member, Role, Task
from pages.parts import cookie
from tests.load.client import Client, tell
from tests.load.server import Running, running
from tests.loop import loop_stories as told

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(os.name == "nt", reason="POSIX signals")]

LETTER = "Please send the lamp before Friday."
CORRECTED = "Bitte schicken Sie die Lampe vor Freitag."
QUESTION = "Do you sell zebra umbrellas?"
FACT = "We sell zebra umbrellas for 19 euros."
REVIEW = "The lamp arrived on a Tuesday."


@dataclass
class Pair:
    """Two servers on one database, and what the story carries from one test to the next."""

    servers: list[Running]
    database: Database
    folder: Path
    founder: Member
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def a(self) -> str:
        return self.servers[0].url

    @property
    def b(self) -> str:
        return self.servers[1].url

    def as_founder(self) -> dict[str, str]:
        """Return the cookies of the founder, newly logged in."""
        return {cookie.MEMBER_NAME: members.open_session(self.database, self.founder.member_id, timedelta(hours=1))}

    def uses(self) -> int:
        """Return how many uses are written down."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(InteractionRow)) or 0


@pytest.fixture(scope="module")
def pair(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two servers that start at the same moment on a database without tables."""
    folder = tmp_path_factory.mktemp("two")
    address = make_url(postgres_url).set(drivername="postgresql+psycopg")
    name = f"two_{uuid.uuid4().hex}"
    with (admin := create_engine(address, isolation_level="AUTOCOMMIT")).connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = address.set(database=name).render_as_string(hide_password=False)
    given = {"HEARBACK_DATABASE_URL": url, "HEARBACK_KEY": "k" * 32, "HEARBACK_SLOTS": "2"}
    with ExitStack() as stack, ThreadPoolExecutor(2) as both:
        started = both.map(lambda one: stack.enter_context(running("fake", folder / one, **given)), "ab")
        servers = list(started)
        database = Database(url)
        stack.callback(database.close)
        yield Pair(servers, database, folder, members.add(database, "Ada", Role.FOUNDER))
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()
    said = "".join(server.log.read_text(encoding="utf-8", errors="replace") for server in servers)
    assert "Traceback" not in said, said[-3_000:]


def until(is_so: Callable[[], bool], seconds: float = 20.0, what: str = "it did not happen") -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.05)


async def press_toggle(visit: Client, label: str) -> None:
    found, fragment_id = visit._widget(("checkbox",), label)
    await visit._send_value(found.id, fragment_id, WidgetState(id=found.id, bool_value=True))
    await visit.settled()


async def translate(visit: Client, text: str) -> list[str]:
    await visit.settled()
    await visit.type("Text to translate", text)
    await visit.settled()
    await visit.click("Translate")
    await visit.settled()
    await visit.answered(20)
    return visit.texts()


async def ask(visit: Client, question: str) -> str:
    await visit.settled()
    await visit.type("Your question", question)
    await visit.settled()
    await visit.answered(20)
    return " ".join(visit.texts())


def test_both_started_at_once_on_one_database_and_one_leads(pair: Pair) -> None:
    pair.database.check()
    replica = Replica(pair.database)
    until(lambda: replica.count() == 2, what="both are there")


def test_what_a_visitor_corrects_at_one_server_is_the_very_next_answer_at_the_other(pair: Pair) -> None:
    async def story() -> None:
        async with Client(pair.a, "/translate") as visit:
            await visit.settled()
            await visit.click("Allow both")
            await visit.settled()
            await translate(visit, LETTER)
            await press_toggle(visit, "Edit this answer")
            await visit.type("It should say", CORRECTED)
            await visit.click("Save correction")
            await visit.settled()
            await visit.seen("Your correction is saved")
            pair.cookies = dict(visit.cookies)
        async with Client(pair.b, "/translate", cookies=pair.cookies) as visit:
            await visit.settled()
            assert "Earlier answers" in visit.texts(), "what was asked at the other server is read from the log"
            shown = await translate(visit, LETTER)
            assert any(CORRECTED in text for text in shown)
            assert any("your correction" in text.casefold() for text in shown), shown
        async with Client(pair.b, "/translate") as stranger:
            assert not any(CORRECTED in text for text in await translate(stranger, LETTER))

    tell(story())


def test_what_a_founder_publishes_at_one_server_answers_at_the_other_within_seconds(pair: Pair) -> None:
    async def story() -> None:
        async with Client(pair.b, "/support", cookies=pair.cookies) as visitor:
            assert "19 euros" not in await ask(visitor, QUESTION)
            async with Client(pair.a, "/knowledge", cookies=pair.as_founder()) as founder:
                await founder.settled()
                await founder.seen("zebra umbrellas", 20)
                await founder.click("Draft a page")
                await founder.settled()
                await founder.type("Text of the page", f"# {QUESTION}\n\n{FACT}\n")
                await founder.click("Save draft")
                await founder.settled()
                await founder.click("Publish")
                await founder.seen("answers now", 20)
            published = time.monotonic()
            while "19 euros" not in await ask(visitor, QUESTION):
                assert time.monotonic() - published < 8, visitor.texts()

    tell(story())


def test_a_session_that_is_ended_at_one_server_is_over_at_the_other_at_once(pair: Pair) -> None:
    async def story() -> None:
        async with Client(pair.b, "/insights", cookies=pair.as_founder()) as founder:
            await founder.settled()
            assert not any("open to the people" in text for text in founder.texts())
            member_list.end_everywhere(pair.database, pair.founder, pair.founder.member_id, "")
            await founder.rerun()
            await founder.settled()
            assert any("open to the people" in text for text in founder.texts())

    tell(story())


def test_uses_of_both_add_up(pair: Pair) -> None:
    before = pair.uses()

    async def story() -> None:
        for address in (pair.a, pair.b, pair.a, pair.b):
            async with Client(address, "/translate", cookies=pair.cookies) as visit:
                await translate(visit, "One more.")

    tell(story())
    until(lambda: pair.uses() == before + 4)
    time.sleep(0.5)
    assert pair.uses() == before + 4, "each is written down once"


def test_a_visitor_who_is_forgotten_at_one_server_leaves_nothing_in_the_other(pair: Pair) -> None:
    async def story() -> None:
        async with Client(pair.b, "/translate") as visit:
            await translate(visit, "My secret plan.")
            who = cookie.visitor_of(visit.cookies)
            cookies = dict(visit.cookies)
        until(lambda: bool(queries.recent(pair.database, who, Task.TRANSLATE, 1)))
        async with Client(pair.a, "/your_feedback", cookies=cookies) as visit:
            await visit.settled()
            await visit.click("Forget me for good")
            await visit.settled()
        async with Client(pair.b, "/translate", cookies=cookies) as visit:
            await visit.settled()
            assert not any("secret plan" in text for text in visit.texts())

    tell(story())


def test_a_server_that_is_killed_in_mid_training_hands_it_to_the_other_which_serves_the_outcome(pair: Pair) -> None:
    run_id = _queue_training(pair)
    until(lambda: runs.run(pair.database, run_id).progress.step > 0, 60, "no server trains")
    holder = _holder(pair, run_id)
    survivor = next(server for server in pair.servers if server is not holder)
    holder.process.send_signal(signal.SIGKILL)
    holder.process.wait()
    until(lambda: runs.run(pair.database, run_id).state is RunState.FINISHED, 60, "the other took nothing over")
    [head] = artefacts.artefacts(pair.database)
    assert artefact_files.load(pair.database, head.artefact_id)
    until(lambda: Replica(pair.database).count() == 1)
    assert tell(_read_by(pair, survivor.url)) != head.artefact_id
    _serve(pair, head.artefact_id, "promoted")
    until(lambda: tell(_read_by(pair, survivor.url)) == head.artefact_id, 10, "it does not serve")
    _serve(pair, "", "rolled back")
    until(lambda: tell(_read_by(pair, survivor.url)) != head.artefact_id, 10, "it serves still")


def _queue_training(pair: Pair) -> str:
    settings = read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(pair.folder / "desk")})
    visitors = told.visitors(pair.database, 12, begin="trained")
    told.corrected(pair.database, Task.SENTIMENT, told.labels(200), visitors)
    dataset = learning.build(pair.database, pair.founder, Task.SENTIMENT, Readers(Shelf(settings), Task.SENTIMENT))
    return runs.add(pair.database, pair.founder, Task.SENTIMENT, dataset.dataset_id, Training(method="head")).run_id


def _holder(pair: Pair, run_id: str) -> Running:
    """Return the server whose trainer carries a run out."""
    for process in psutil.process_iter(["cmdline", "ppid"]):
        command: list[str] = process.info["cmdline"] or []
        if run_id in command:
            return next(server for server in pair.servers if server.pid == process.info["ppid"])
    raise AssertionError("nobody trains")


def _serve(pair: Pair, artefact_id: str, kind: str) -> None:
    with pair.database.writing() as session:
        artefacts.serve(session, pair.founder, Task.SENTIMENT, "", artefact_id, kind)


async def _read_by(pair: Pair, address: str) -> str:
    """Return the id of the head that reads a visitor's text now, as the log has it."""
    async with Client(address, "/sentiment") as visit:
        await visit.settled()
        await visit.type("Text to read", f"{REVIEW} {uuid.uuid4().hex}")
        await visit.settled()
        await visit.click("Read it")
        await visit.settled()
        await visit.answered(20)
        who = cookie.visitor_of(visit.cookies)
    until(lambda: bool(queries.recent(pair.database, who, Task.SENTIMENT, 1)))
    return queries.recent(pair.database, who, Task.SENTIMENT, 1)[0][0].origin.adapter_id
