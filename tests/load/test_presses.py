"""A press that is followed at once by a click elsewhere, against the real app: what was pressed is done, and once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.load.client import Client, tell
from tests.load.server import Running, running

pytestmark = [pytest.mark.e2e, pytest.mark.promise("R8")]

# From "in the same moment" to "as quick as a hand is"; where a run is ended depends on it.
PAUSES = (0.0, 0.001, 0.003, 0.01, 0.02, 0.04)
LETTER = "Please send the lamp before Friday."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("fake", tmp_path_factory.mktemp("pressed") / "data") as server:
        yield server
        said = server.log.read_text(encoding="utf-8")
    assert "Traceback" not in said, said[-3_000:]


def count(server: Running, query: str) -> int:
    file = server.log.parent / "data" / "hearback.db"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        return int(connection.execute(query).fetchone()[0])


def tell_with_pauses(story: Callable[[float], Coroutine[Any, Any, None]]) -> None:
    """Tell a story with every pause."""
    for pause in PAUSES:
        tell(story(pause))


async def and_on(visit: Client, pause: float) -> None:
    """Click elsewhere after so many seconds, and once more when that has ended."""
    await asyncio.sleep(pause)
    await visit.rerun()
    await visit.settled()
    await visit.rerun()


def test_a_consent_is_kept_though_the_next_click_comes_at_once(server: Running) -> None:
    async def story(pause: float) -> None:
        async with Client(server.url, "/support") as visit:
            await visit.settled()
            await visit.click("Allow both")
            await and_on(visit, pause)
            await visit.until(lambda: not visit.has("Allow both"), 10)

    tell_with_pauses(story)
    assert count(server, "SELECT count(*) FROM consents") == len(PAUSES)


def test_a_correction_is_saved_once_though_the_next_click_comes_at_once(server: Running) -> None:
    async def story(pause: float) -> None:
        async with Client(server.url, "/translate") as visit:
            await visit.settled()
            await visit.type("Text to translate", LETTER)
            await visit.settled()
            await visit.click("Translate")
            await visit.settled()
            await visit.answered(20)
            toggle, fragment_id = visit._widget(("checkbox",), "Edit this answer")
            await visit._send_value(toggle.id, fragment_id, WidgetState(id=toggle.id, bool_value=True))
            await visit.seen("It should say", 10)
            await visit.settled()
            await visit.type("It should say", f"Bitte schicken Sie die Lampe vor Freitag. {pause}")
            await visit.click("Save correction")
            await and_on(visit, pause)
            await visit.seen("Your correction is saved", 10)

    tell_with_pauses(story)
    assert count(server, "SELECT count(*) FROM corrections") == len(PAUSES)


def test_a_question_is_asked_once_though_the_next_click_comes_at_once(server: Running) -> None:
    async def story(pause: float) -> None:
        async with Client(server.url, "/support") as visit:
            await visit.settled()
            await visit.type("Your question", f"How long is the warranty of a lamp? {pause}")
            await and_on(visit, pause)
            await visit.seen("10 years", 20)
            await visit.settled()
            await visit.answered(20)

    tell_with_pauses(story)
    assert count(server, "SELECT count(*) FROM interactions WHERE task = 'support'") == len(PAUSES)
