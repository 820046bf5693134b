"""Two processes of the app on one PostgreSQL behind the proxy, as compose.yaml has them, and real browsers in front."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from core.limits import FILE_BYTES
from pages.parts import cookie
from tests.deploy.proxy import Proxy, is_installed, proxied
from tests.e2e.browser import Visitor
from tests.load.server import running

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not is_installed(), reason="NO NGINX HERE: the proxy was not run. apt-get install nginx-light"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Proxy]:
    """The proxy in front of two app processes on one database and one data folder."""
    folder = tmp_path_factory.mktemp("site")
    shared = {"HEARBACK_DATABASE_URL": postgres_url, "STREAMLIT_SERVER_COOKIE_SECRET": "the same for both"}
    with ExitStack() as stack:
        apps = [
            stack.enter_context(running("fake", folder / "data", log=folder / f"app-{number}.log", **shared))
            for number in (1, 2)
        ]
        yield stack.enter_context(proxied(folder / "nginx", [urlsplit(app.url).netloc for app in apps]))
    for number in (1, 2):
        log = (folder / f"app-{number}.log").read_text(encoding="utf-8")
        assert "Traceback" not in log, log[-4_000:]


def arrive(opened_browser: Browser, site: Proxy) -> Visitor:
    """Return somebody who has not been here, and trusts the proxy's certificate."""
    context = opened_browser.new_context(viewport={"width": 1280, "height": 800}, ignore_https_errors=True)
    return Visitor(context.new_page(), site.url)


def test_a_visit_through_the_proxy_answers_is_rated_and_survives_a_reload(opened_browser: Browser, site: Proxy) -> None:
    visitor = arrive(opened_browser, site).open("support")
    visitor.ask("How long is the warranty on a lamp?").answered()
    visitor.main.get_by_test_id("stFeedback").last.locator("button").first.click()
    visitor.settle().page.reload()
    expect(visitor.main.get_by_text("How long is the warranty on a lamp?").first).to_be_visible()
    jar = {each["name"]: each for each in visitor.page.context.cookies()}
    assert jar[cookie.NAME]["secure"]  # the app knew that the visitor came by https
    assert jar[cookie.NAME]["httpOnly"]
    assert jar["_streamlit_xsrf"]["secure"]
    # After a reload Streamlit's page asks for the page's icon elsewhere, which the security headers refuse.
    heard = [each for each in visitor.complaints if "materialsymbolsrounded" not in each]
    assert not heard, heard


def test_visitors_spread_over_both_processes_and_each_stays_with_one(opened_browser: Browser, site: Proxy) -> None:
    for _ in range(6):
        visitor = arrive(opened_browser, site).open("translate")
        visitor.page.context.close()
    places: dict[str, set[str]] = {}
    for server, who, path, _status in site.visits():
        # The address alone decides until there is a cookie, that is for the very first request.
        if who != "-" and server != "-" and not re.search(r"/(healthz|metrics)", path):
            places.setdefault(who, set()).add(server)
    assert len(places) >= 6
    assert all(len(servers) == 1 for servers in places.values()), places
    assert len(set.union(*places.values())) == 2


def test_a_file_is_read_and_one_above_the_limit_is_refused(
    opened_browser: Browser, site: Proxy, tmp_path: Path
) -> None:
    visitor = arrive(opened_browser, site).open("support")
    visitor.click("Use my own documents")
    field = visitor.settle().page.locator("input[type=file]").first
    good, large = tmp_path / "fair.md", tmp_path / "large.txt"
    good.write_text("# Fair\n\nThe fair opens at nine on Sunday.\n" * 200, encoding="utf-8")
    large.write_bytes(b"a" * (FILE_BYTES + 1_000_000))
    field.set_input_files(good)
    expect(visitor.page.get_by_text("fair.md").first).to_be_visible()
    visitor.settle()
    # Streamlit's page refuses it itself; whoever goes past the page meets the proxy.
    field.set_input_files(large)
    expect(visitor.page.get_by_text(re.compile("10.?MB", re.IGNORECASE)).last).to_be_visible()
    answer = visitor.page.request.put(f"{site.url}/_stcore/upload_file/a/b", data=large.read_bytes())
    assert answer.status == 413
