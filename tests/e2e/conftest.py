"""One real server and one real browser for all stories; every story is a visitor of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.browser import Visitor, browser, chromium, server


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, running on the embedded weights with its data in a temporary folder."""
    folder: Path = tmp_path_factory.mktemp("server")
    with server(folder) as running:
        yield running
    log = (folder / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log[-4_000:]


@pytest.fixture(scope="session")
def opened_browser() -> Iterator[Browser]:
    """A headless Chromium, or a loud skip where there is none."""
    if chromium() is None:
        pytest.skip(
            "NO CHROMIUM ON THIS MACHINE: none of the browser stories ran. Install it: apt-get install chromium"
        )
    with browser() as opened:
        yield opened


@pytest.fixture
def context(opened_browser: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has used, on a laptop."""
    fresh = opened_browser.new_context(viewport={"width": 1280, "height": 800})
    yield fresh
    fresh.close()


@pytest.fixture
def visitor(context: BrowserContext, address: str) -> Iterator[Visitor]:
    """A visitor whose story ends well only if the console stayed quiet and no request left the origin."""
    story = Visitor(context.new_page(), address)
    yield story
    assert not story.complaints, story.complaints
    assert not story.strangers, story.strangers
