"""Stories of tabs without a browser, against the real app: they come, ask, wait, reload, go elsewhere and leave.

The engines are fakes that write forty words a second for all together, one answer at a time.
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets import InvalidStatus, Origin
from websockets.sync.client import connect

from tests.load.client import Client, tell
from tests.load.paced import LEFT_SECONDS, RATE
from tests.load.server import Running, running

pytestmark = pytest.mark.e2e

AWAY_SECONDS = 2.0
LONG = "We wrote this letter so that somebody takes a while to put it into another language, word by word by word."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("paced") / "data"
    slow = {RATE: "40", LEFT_SECONDS: str(AWAY_SECONDS), "HEARBACK_SLOTS": "1", "HEARBACK_HOSTS": "demo.example"}
    with running("fake", folder, module="tests.load.paced", **slow) as server:
        yield server
        said = server.log.read_text(encoding="utf-8")
    assert "Traceback" not in said, said[-3_000:]


@pytest.fixture
def address(server: Running) -> str:
    return server.url


@pytest.fixture
def stored(server: Running) -> Callable[[], int]:
    """Return a function that counts the finished uses in the database's own file."""
    file = server.log.parent / "data" / "hearback.db"

    def count() -> int:
        if not file.exists():  # nobody was there yet
            return 0
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return int(
                connection.execute("SELECT count(*) FROM interactions WHERE lower(ending) = 'finished'").fetchone()[0]
            )

    return count


def story(told: Callable[[str], Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of an asynchronous story, after which one use more is in the database."""

    def run(address: str, stored: Callable[[], int]) -> None:
        before = stored()
        tell(told(address))
        if told.__name__ not in WITHOUT_AN_END:
            end = time.monotonic() + 10
            while stored() == before and time.monotonic() < end:
                time.sleep(0.05)
            assert stored() == before + 1

    run.__name__ = told.__name__
    return run


async def ask(visit: Client, text: str) -> None:
    """Ask for a translation; it runs or waits when this returns."""
    await visit.type("Text to translate", text)
    await visit.settled()
    await visit.click("Translate")
    await visit.settled()


WITHOUT_AN_END = ("test_a_visitor_who_asks_for_too_much_at_once_is_told_when_to_come_back",)


def is_working(visit: Client) -> bool:
    return visit.has("Stop")


@story
async def test_a_question_is_typed_and_answered(address):
    async with Client(address, "/support") as visit:
        assert await visit.settled() > 0
        await visit.type("Your question", "How long is the warranty of a lamp?")
        await visit.settled()
        await visit.answered(20)
        await visit.seen("10 years", 10)
        assert visit.bytes_received > 10_000


@pytest.mark.promise("R8")
@story
async def test_a_reload_in_the_middle_of_an_answer_loses_nothing(address):
    async with Client(address, "/translate") as visit:
        await visit.settled()
        await ask(visit, f"{LONG} Reloaded.")
        assert is_working(visit)
        await visit.reload()
        await visit.settled()
        await visit.answered(30)
        await visit.seen("Reloaded", 10)
        assert not any("Stopped" in text for text in visit.texts())


@pytest.mark.promise("R8")
@story
async def test_another_page_in_the_middle_of_an_answer_loses_nothing(address):
    async with Client(address, "/translate") as visit:
        await visit.settled()
        await ask(visit, f"{LONG} Left and found.")
        await visit.go("/sentiment")
        await visit.settled()
        await asyncio.sleep(AWAY_SECONDS + 0.5)
        await visit.go("/translate")
        await visit.settled()
        await visit.answered(30)
        await visit.seen("Left and found", 10)
        assert not any("Stopped" in text for text in visit.texts())


@pytest.mark.promise("R8")
@story
async def test_reruns_and_clicks_elsewhere_in_the_middle_of_an_answer_lose_nothing(address):
    async with Client(address, "/translate") as visit:
        await visit.settled()
        await ask(visit, f"{LONG} Clicked away.")
        for number in range(3):
            assert is_working(visit)
            await visit.rerun()
            await visit.type("Text to translate", f"Something else meanwhile, {number}.")
            await visit.settled()
        await visit.answered(30)
        await visit.seen("Clicked away", 10)
        assert not any("Stopped" in text for text in visit.texts())


@pytest.mark.promise("R7")
@story
async def test_whoever_waits_is_told_their_place_and_a_closed_tab_frees_the_engine(address):
    async with Client(address, "/translate") as first, Client(address, "/translate") as second:
        await first.settled()
        await second.settled()
        # No sentence twice: an equal one is translated once. Long enough that nothing but leaving can end it in time.
        await ask(first, " ".join(f"{LONG} This was letter {number}." for number in range(12)))
        await ask(second, "A short one.")
        assert is_working(second)
        await first.close()
        left_at = time.monotonic()
        await second.until(lambda: any("Written by the weights" in text for text in second.texts()), 30)
        # Freed within a second, the short one itself, the page's own look at it, and the paces of a busy machine.
        assert time.monotonic() - left_at < 1.0 + 3.0 + 2.0


@story
async def test_a_visitor_who_asks_for_too_much_at_once_is_told_when_to_come_back(address):
    tabs = [Client(address, "/translate")]
    await tabs[0].open()
    await tabs[0].settled()
    try:
        await ask(tabs[0], f"{LONG} " * 30)
        for number in range(12):
            tab = Client(address, "/translate", cookies=tabs[0].cookies)
            tabs.append(tab)
            await tab.open()
            await tab.settled()
            await ask(tab, f"Number {number}. " + f"{LONG} " * 20)
            if any("All places are taken right now" in text for text in tab.texts()):
                break
        else:
            pytest.fail("everything was let in")
    finally:
        for tab in tabs:
            await tab.close()


@pytest.mark.promise("R15")
@pytest.mark.parametrize(
    ("host", "origin", "refused_with"),
    [
        ("127.0.0.1", "http://127.0.0.1", None),
        ("127.0.0.1", "http://evil.example", 403),
        ("127.0.0.1", "null", 403),
        # A name of the attacker's that was made to lead here: to the browser both are one origin.
        ("evil.example", "http://evil.example", 400),
    ],
)
def test_a_connection_is_opened_to_pages_of_this_origin_and_name_alone(
    address: str, host: str, origin: str, refused_with: int | None
) -> None:
    port = urlsplit(address).port
    whence = Origin(origin if origin == "null" else f"{origin}:{port}")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as reached:
        open_it = partial(connect, f"ws://{host}:{port}/_stcore/stream", sock=reached, origin=whence)
        if refused_with is None:
            with open_it():
                return
        with pytest.raises(InvalidStatus) as refused, open_it():
            pass
    assert refused.value.response.status_code == refused_with
