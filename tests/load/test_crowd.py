"""R7: many tabs at once for a while, against the real app.

The engines are fakes that share one pace, as real ones do; everything else is what serves. In the length that was
promised it is 200 tabs for a quarter of an hour, else a small part of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright, expect
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.browser import CHROMIUM_FLAGS, chromium
from tests.load.client import Client, tell
from tests.load.paced import LEFT_SECONDS, RATE
from tests.load.server import Running, running
from tests.promises import Found, at

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1_800)]

TABS, SECONDS = at(20, 200), at(10, 900)
# Real browsers beside them, which draw what the others only count; a run of seconds is over before they are.
BROWSERS = at(0, 2)
# All tabs together use the app about twice a second: what two cores carry with the tabs themselves beside it.
USES_A_SECOND = 2.0
CANARY = "canary-4711-of-a-visitor"
BUG = "Something unexpected happened"
ASKED = {
    "/translate": ("Text to translate", "Translate"),
    "/summarize": ("Text to summarize", "Summarize"),
    "/sentiment": ("Text to read", "Read it"),
}
ANSWERS = "hearback_answers_total"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("crowd") / "data"
    own = {RATE: "300", LEFT_SECONDS: "2.0", "HEARBACK_LOG": "json"}
    with running("fake", folder, module="tests.load.paced", **own) as server:
        until_ready(server)
        yield server


def until_ready(server: Running) -> None:
    """Wait until the server is open: its pages are there before."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{server.url}/readyz", timeout=5):
                return
        except urllib.error.HTTPError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def numbers(server: Running) -> dict[tuple[str, ...], float]:
    """Return what the server says of itself."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        (one.name, *sorted(one.labels.values())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def check_page(visit: Client) -> None:
    if broken := [text for text in visit.texts() if BUG in text]:
        raise RuntimeError(f"{visit.page}: {broken[0][:200]}")


async def use(visit: Client, number: int, chance: random.Random, done: Counter[str]) -> None:
    """Use one page once, and look at what came."""
    page = chance.choice(list(ASKED))
    if page != visit.page:
        await visit.go(page)
        await visit.settled()
    field, button = ASKED[page]
    text = f"Letter {number} came today, says {CANARY}. The lamp is wonderful. It shines on the table."
    await visit.type(field, text)
    await visit.settled()
    await visit.click(button)
    await visit.settled()
    await visit.answered()
    check_page(visit)
    done["refused" if any("All places are taken" in said for said in visit.texts()) else "answered"] += 1


async def tab(server: Running, number: int, until: float, done: Counter[str], errors: list[str]) -> None:
    """Come within the first third, use the app now and then, and leave at the end."""
    chance = random.Random(number)
    try:
        await asyncio.sleep(chance.uniform(0, SECONDS / 3))
        async with Client(server.url, "/translate") as visit:
            await visit.settled()
            done["opened"] += 1
            while time.monotonic() < until:
                await use(visit, done.total(), chance, done)
                pause = chance.expovariate(USES_A_SECOND / TABS)
                await asyncio.sleep(max(0.0, min(pause, until - time.monotonic())))
            check_page(visit)
            done["stayed"] += 1
    except (TimeoutError, ConnectionError, LookupError, RuntimeError, OSError) as error:
        errors.append(f"tab {number}: {type(error).__name__}: {str(error)[:300]}")


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Give a headless Chromium, or a loud skip where there is none."""
    if chromium() is None:
        pytest.skip("NO CHROMIUM ON THIS MACHINE: tabs of real browsers were not opened")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_FLAGS))
        try:
            yield opened
        finally:
            await opened.close()


async def write(page: Page, server: Running, text: str) -> Locator:
    """Open the page of translations in a real browser, write a text, and return the button that asks for its answer."""
    await page.goto(f"{server.url}/translate")
    main = page.get_by_test_id("stMain")
    field = main.get_by_role("textbox").first
    await field.wait_for()
    await field.fill(text)
    await field.blur()
    return main.get_by_role("button", name="Translate", exact=True)


async def real_tab(opened: Browser, server: Running, number: int, until: float, errors: list[str]) -> int:
    """Use the app in a real browser, a use each ten seconds; return how many answers were drawn."""
    context = await opened.new_context()
    page = await context.new_page()
    page.set_default_timeout(60_000)
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # On a page opened by its own address Streamlit first looks for its server below that, and is told 404.
        if message.type == "error" and "404" not in message.text:
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    count = 0
    try:
        while time.monotonic() < until:
            button = await write(page, server, f"Browser {number} has letter {count}. The lamp is wonderful.")
            await button.click()
            await page.get_by_test_id("stMain").get_by_test_id("stFeedback").last.wait_for()
            await expect(page.get_by_text(BUG)).to_have_count(0)
            count += 1
            await asyncio.sleep(max(0.0, min(10.0, until - time.monotonic())))
    except Exception as error:  # noqa: BLE001 - whatever a person would have met is what the test is about
        errors.append(f"browser {number}: {type(error).__name__}: {str(error)[:300]}")
    errors.extend(f"browser {number} says: {one[:300]}" for one in said)
    await context.close()
    return count


async def real_tabs(server: Running, until: float, errors: list[str]) -> list[int]:
    """Open as many real browsers as there are to be; return how many answers each drew."""
    if not BROWSERS:
        return []
    async with a_browser() as opened:
        return await asyncio.gather(*(real_tab(opened, server, one, until, errors) for one in range(BROWSERS)))


async def sample(server: Running, until: float, memory: list[float]) -> None:
    process = psutil.Process(server.pid)
    while time.monotonic() < until:
        memory.append(process.memory_info().rss / 1e6)
        await asyncio.sleep(SECONDS / 60)


@pytest.mark.promise("R7")
def test_many_tabs_for_a_while_meet_no_error_and_the_memory_stays(server: Running, found: Found) -> None:
    done: Counter[str] = Counter()
    errors: list[str] = []
    memory: list[float] = []

    async def crowd() -> list[int]:
        until = time.monotonic() + SECONDS
        drawn, *_ = await asyncio.gather(
            real_tabs(server, until, errors),
            sample(server, until, memory),
            *(tab(server, number, until, done, errors) for number in range(TABS)),
        )
        return drawn

    drawn = tell(crowd())
    found("real browsers among them", len(drawn))
    found("answers that they drew", sum(drawn))
    found("tabs", done["opened"])
    found("seconds", SECONDS)
    found("answers", done["answered"])
    found("honest refusals", done["refused"])
    found("errors", len(errors))
    assert not errors, errors[:5]
    assert done["opened"] == done["stayed"] == TABS
    assert done["answered"] + done["refused"] >= TABS
    assert done["answered"] > done["refused"]
    assert all(drawn), drawn
    told = numbers(server)
    assert not any(value for key, value in told.items() if key[0] == ANSWERS and "failed" in key)
    fifth = len(memory) // 5
    middle, last = statistics.fmean(memory[2 * fifth : 3 * fifth]), statistics.fmean(memory[-fifth:])
    found("MB in the middle and at the end", f"{middle:.0f}, {last:.0f}")
    # The first tabs of a short run bring libraries and caches along: only a long one can show a plateau.
    assert last - middle < at(200, int(max(30, 0.05 * middle)))


@pytest.mark.promise("R13")
def test_the_log_of_all_this_is_json_and_holds_nothing_that_was_typed(server: Running, found: Found) -> None:
    said = server.log.read_text(encoding="utf-8")
    assert CANARY not in said
    assert "Traceback" not in said, said[-3_000:]
    lines = [line for line in said.splitlines() if line.startswith("{")]
    assert all("level" in json.loads(line) for line in lines)
    found("lines of JSON in the log of the crowd", len(lines))
