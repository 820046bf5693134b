"""One real server for all stories, in the browser that all share; every story is a visitor of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from core.store import members
from core.store.db import Database
from core.types import Role
from pages.parts import cookie
from tests.e2e.browser import Visitor, server


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the server's data and log."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def address(server_folder: Path) -> Iterator[str]:
    """The address of the app, running on the embedded weights with its data in a temporary folder."""
    with server(server_folder) as running:
        yield running
    log = (server_folder / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log[-4_000:]


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


@pytest.fixture
def company(context: BrowserContext, address: str, server_folder: Path) -> Iterator[Visitor]:
    """A founder who is logged in, with a session put straight into the server's database."""
    story = enter(context, address, server_folder, Role.FOUNDER)
    yield story
    assert not story.complaints, story.complaints
    assert not story.strangers, story.strangers


def enter(context: BrowserContext, address: str, folder: Path, role: Role) -> Visitor:
    """Return a new member of the company at a browser that carries their session; `folder` is the server's."""
    database = Database(f"sqlite:///{folder / 'data' / 'hearback.db'}")
    try:
        database.migrate()
        member = members.add(database, f"{role} {uuid.uuid4().hex[:8]}", role)
        token = members.open_session(database, member.member_id, timedelta(hours=1))
    finally:
        database.close()
    context.add_cookies([{"name": cookie.MEMBER_NAME, "value": token, "url": address, "sameSite": "Strict"}])
    return Visitor(context.new_page(), address)
