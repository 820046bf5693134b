"""A hosted Hearback: members come by their company's login, and the list of addresses says who is one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Visitor, server
from tests.e2e.oidc_provider import CLIENT, Provider, provider

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A company's login."""
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def hosted(company: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server without weights that knows that login and one founder."""
    folder = tmp_path_factory.mktemp("hosted")
    settings = {
        "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
        "cookie_secret": secrets.token_urlsafe(32),
        "client_id": CLIENT,
        "client_secret": company.secret,
        "server_metadata_url": f"{company.address}/.well-known/openid-configuration",
    }
    lines = ["[auth]", *(f'{name} = "{value}"' for name, value in settings.items())]
    (folder / "secrets.toml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMLIT_SECRETS_FILES", str(folder / "secrets.toml"))
        patch.setenv("HEARBACK_LOGIN", "oidc")
        patch.setenv("HEARBACK_FOUNDERS", "ada@example.com")
        with server(folder, profile="fake") as address:
            yield address
    log = (folder / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log[-4_000:]
    assert "setup=" not in log


def arrive(browser: Browser, address: str) -> Visitor:
    """Come to the door and press the button that leads to the company's login."""
    visitor = Visitor(browser.new_context(viewport={"width": 1280, "height": 800}).new_page(), address)
    visitor.page.goto(f"{address}/door?to=settings")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("For the company")
    visitor.settle().main.get_by_role("button", name="Log in").click()
    visitor.page.wait_for_url(f"{address}/")
    return visitor.open("settings?login=company")


def test_a_founder_on_the_list_gets_in_and_out(opened_browser: Browser, hosted: str, company: Provider) -> None:
    company.account = {"sub": "1", "email": "Ada@example.com", "email_verified": True}
    founder = arrive(opened_browser, hosted)
    expect(founder.page.get_by_role("heading", level=1)).to_have_text("Settings")
    # Between the parts of an address stands an invisible sign, so that it is no link.
    expect(
        founder.page.get_by_test_id("stSidebar").get_by_text(re.compile("^ada.?@example.com · founder"))
    ).to_be_visible()
    founder.page.get_by_test_id("stSidebar").get_by_role("button", name="Log out").click()
    founder.page.wait_for_url(f"{hosted}/")
    founder.open("settings?login=company")
    expect(founder.page.get_by_role("heading", level=1)).to_have_text("For the company")


@pytest.mark.parametrize("email", ["eve@example.com", "ada@example.com"])
def test_somebody_else_is_told_so_and_sees_nothing(
    opened_browser: Browser, hosted: str, company: Provider, email: str
) -> None:
    company.account = {"sub": "2", "email": email, "email_verified": False}
    stranger = arrive(opened_browser, hosted)
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("For the company")
    expect(stranger.main).to_contain_text("not on the list")
    expect(stranger.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Settings")).to_have_count(0)
