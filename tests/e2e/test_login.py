"""From the first start to a founder's page and out again, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.browser import Visitor, server

pytestmark = pytest.mark.e2e

PASSWORD = "three unrelated words"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server without weights in which nobody is a member yet, and its log."""
    folder = tmp_path_factory.mktemp("fresh")
    with server(folder, profile="fake") as address:
        yield address, folder / "server.log"


def setup_link(log: Path) -> str:
    """Return the link that the terminal shows at first start."""
    for _ in range(600):  # a minute: beside other stories that begin, a server takes its time to open
        if found := re.search(r"http://\S+/door\?setup=\S+", log.read_text(encoding="utf-8")):
            return found.group()
        time.sleep(0.1)
    raise AssertionError("no setup link was printed")


def test_a_founder_sets_up_stays_in_over_a_reload_and_goes(context: BrowserContext, fresh: tuple[str, Path]) -> None:
    address, log = fresh
    founder = Visitor(context.new_page(), address)
    page = founder.page
    link = setup_link(log)
    assert link.startswith(address)
    page.goto(link)
    assert "setup=" not in page.url
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set up and enter").click()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Settings").wait_for()
    assert page.url == f"{address}/insights"

    founder.open("settings")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page.get_by_text("Ada · founder")).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("For the company")

    page.goto(f"{address}/door?to=settings")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert not founder.complaints, founder.complaints
    assert not founder.strangers, founder.strangers

    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("used before")
    assert PASSWORD not in log.read_text(encoding="utf-8")


def test_a_member_s_browser_opens_a_founder_s_page(company: Visitor) -> None:
    company.open("settings")
    expect(company.page.get_by_role("heading", level=1)).to_have_text("Settings")
