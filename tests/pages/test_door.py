"""The door for members: what a browser sends there, and what it is given."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app import FrontDoor
from core import credentials
from core.store import audit, login_links, members
from core.store.office_tables import LoginLinkRow, LoginTryRow
from core.types import Member, Role
from pages.parts import cookie, door
from pages.parts.wiring import house, office
from tests.pages.conftest import Visit

pytestmark = pytest.mark.promise("R15")

PASSWORD = "three unrelated words"
ADDRESS = "http://hearback.test"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as cheaply as argon2 allows: its cost is no part of these stories."""
    monkeypatch.setattr(credentials, "_hasher", PasswordHasher(1, 8, 1))
    monkeypatch.setattr(credentials, "_NOBODY", [])


class Browser:
    """A browser at the door: keeps cookies, sends what forms hold, and follows no redirect by itself."""

    def __init__(self, source: str = "", address: str = ADDRESS) -> None:
        app = Starlette(routes=door.routes(), middleware=[Middleware(FrontDoor)])
        source = source or uuid.uuid4().hex  # every test comes from elsewhere, so that none waits for another's tries
        self.client = TestClient(app, base_url=address, follow_redirects=False, client=(source, 50_000))
        self.address = address

    def get(self, path: str) -> Any:
        """Ask for a page."""
        return self.client.get(path)

    def send(self, path: str, origin: str | None = "", **fields: str) -> Any:
        """Open the form of a page and send it, with the page's own origin if no other is given."""
        found = re.search(r'name="form" value="(\w+)"', self.client.get(path).text)
        fields.setdefault("form", found[1] if found else "")
        headers = {} if origin is None else {"Origin": origin or self.address}
        return self.client.post(path, data=fields, headers=headers)

    def log_in(self, name: str, password: str = PASSWORD, **more: str) -> Any:
        """Send the form to log in."""
        return self.send("/door", name=name, password=password, **more)

    def open_link(self, token: str) -> Any:
        """Open a one-time link and go where it leads."""
        answer = self.get(f"/door?setup={token}")
        return self.get(answer.headers["location"])

    @property
    def token(self) -> str:
        """The token of this browser's session."""
        return self.client.cookies.get(cookie.MEMBER_NAME) or ""

    @property
    def member(self) -> Member | None:
        """Who this browser is to the pages."""
        return office().access.member(self.token)


@pytest.fixture
def browser() -> Browser:
    """A browser from somewhere new."""
    return Browser()


@pytest.fixture
def ada() -> Member:
    """A founder with a password."""
    name = f"Ada {uuid.uuid4().hex[:6]}"
    return members.add(house().database, name, Role.FOUNDER, credentials.hash_password(PASSWORD))


@pytest.fixture
def empty(own_house: None) -> Iterator[str]:
    """A house without members: the token of its setup link."""
    token = login_links.make_setup(house().database)
    assert token
    return token


def refusals() -> list[str]:
    """What was refused lately."""
    return [entry.subject for entry in audit.page(house().database, None, audit.REFUSED, 0, 50)[0]]


# The first founder


def test_the_setup_link_makes_the_first_founder_and_logs_them_in(empty: str, browser: Browser) -> None:
    page = browser.open_link(empty)
    assert "Set up Hearback" in page.text
    assert empty not in page.text
    answer = browser.send("/door/link", name="Ada", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    assert answer.headers["location"] in ("/insights", "/settings")
    assert browser.member == members.find(house().database, "Ada")[0]  # type: ignore[index]
    assert browser.member.role is Role.FOUNDER  # type: ignore[union-attr]


def test_the_setup_link_works_once(empty: str, browser: Browser) -> None:
    browser.open_link(empty)
    browser.send("/door/link", name="Ada", password=PASSWORD, again=PASSWORD)
    late = Browser()
    assert late.open_link(empty).status_code == 410
    assert login_links.make_setup(house().database) is None


def test_two_who_hold_the_setup_link_do_not_both_get_in(empty: str) -> None:
    first, second = Browser(), Browser()
    first.open_link(empty)
    second.open_link(empty)
    signature = re.search(r'name="form" value="(\w+)"', second.get("/door/link").text)
    first.send("/door/link", name="Ada", password=PASSWORD, again=PASSWORD)
    late = second.client.post(
        "/door/link",
        data={"form": signature[1], "name": "Eve", "password": PASSWORD, "again": PASSWORD},  # type: ignore[index]
        headers={"Origin": ADDRESS},
    )
    assert late.status_code == 410
    assert second.member is None


def test_an_expired_link_says_so_and_does_nothing(empty: str, browser: Browser) -> None:
    with house().database.writing() as session:
        session.execute(update(LoginLinkRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    answer = browser.open_link(empty)
    assert answer.status_code == 410
    assert "too old" in answer.text
    assert "a login link" in refusals()


def test_a_new_start_replaces_a_link_that_nobody_used(empty: str, browser: Browser) -> None:
    again = login_links.make_setup(house().database)
    assert again
    assert browser.open_link(empty).status_code == 410
    assert Browser().open_link(again).status_code == 200


IMPOSSIBLE = (
    ("Ada", "short", "short", "at least 12 characters"),
    ("Ada", PASSWORD, "three unrelated birds", "the two passwords differ"),
    ("Ada", "x" * 201, "x" * 201, "at most 200 characters"),
    ("Ada", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "guessed at once"),
    ("Ada Lovelace", "ada lovelace", "ada lovelace", "guessed at once"),
    ("  ", PASSWORD, PASSWORD, "the name is empty"),
    ("A" * 81, PASSWORD, PASSWORD, "at most 80 characters"),
)


def test_what_cannot_be_a_login_is_told_and_only_passwords_are_lost(empty: str, browser: Browser) -> None:
    browser.open_link(empty)
    for name, password, again, told in IMPOSSIBLE:
        answer = browser.send("/door/link", name=name, password=password, again=again)
        assert answer.status_code == 400
        assert told in answer.text
        assert f'value="{name}"' in answer.text
        assert password not in answer.text.replace(f'value="{name}"', "")
    assert not members.has_members(house().database)


def test_before_the_first_founder_the_door_says_where_the_link_is(empty: str, browser: Browser) -> None:
    assert "in the terminal" in browser.get("/door").text


# Tokens, cookies and addresses


def test_a_link_s_token_leaves_the_address_at_once_and_is_told_to_nobody(empty: str, browser: Browser) -> None:
    answer = browser.get(f"/door?setup={empty}")
    assert answer.status_code == 303
    assert empty not in answer.headers["location"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "HttpOnly" in answer.headers["set-cookie"]


def test_the_pages_of_the_door_run_nothing_and_are_kept_nowhere(browser: Browser, ada: Member) -> None:
    headers = browser.get("/door").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert "<script" not in browser.get("/door").text


@pytest.mark.parametrize("address", [ADDRESS, "https://hearback.test"])
def test_the_session_s_cookie_is_out_of_reach(ada: Member, address: str) -> None:
    answer = Browser(address=address).log_in(ada.name)
    header = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(cookie.MEMBER_NAME))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert ("Secure" in header) == address.startswith("https")
    assert len(header.split(";")[0].partition("=")[2]) == 43


def test_a_login_gives_a_new_token_and_ends_the_one_that_was_brought(ada: Member, browser: Browser) -> None:
    browser.log_in(ada.name)
    first = browser.token
    browser.client.cookies.delete(cookie.DOOR_NAME)
    signature = re.search(r'value="(\w{64})"', browser.get("/door/password").text)
    browser.client.post(
        "/door",
        data={"form": signature[1], "name": ada.name, "password": PASSWORD},  # type: ignore[index]
        headers={"Origin": ADDRESS},
    )
    assert browser.token != first
    assert browser.member == ada
    assert office().access.member(first) is None


def test_a_token_chosen_by_somebody_else_is_never_a_session(ada: Member, browser: Browser) -> None:
    planted = "A" * 43
    browser.client.cookies.set(cookie.MEMBER_NAME, planted)
    browser.log_in(ada.name)
    assert office().access.member(planted) is None


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "evil",
        "../settings",
        "settings/../../x",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_sent_anywhere_but_to_a_page_of_ours(ada: Member, to: str) -> None:
    answer = Browser().log_in(ada.name, to=to)
    assert answer.headers["location"].lstrip("/") in door.COMPANY_PAGES
    assert to not in Browser().client.get("/door", params={"to": to}).text


def test_the_page_that_was_asked_for_is_where_the_login_leads(ada: Member, browser: Browser) -> None:
    asked = browser.get("/settings")
    assert asked.headers["location"] == "/door?to=settings"
    assert 'name="to" value="settings"' in browser.get(asked.headers["location"]).text
    assert browser.log_in(ada.name, to="settings").headers["location"] == "/settings"


# Forms from elsewhere


def test_a_form_without_its_token_is_refused(ada: Member, browser: Browser) -> None:
    assert browser.log_in(ada.name, form="").status_code == 403
    assert browser.log_in(ada.name, form="0" * 64).status_code == 403
    assert browser.member is None
    assert "a form at /door from elsewhere" in refusals()


def test_another_browser_s_token_is_refused(ada: Member, browser: Browser) -> None:
    signature = re.search(r'name="form" value="(\w+)"', Browser().get("/door").text)
    assert signature
    assert browser.log_in(ada.name, form=signature[1]).status_code == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://hearback.test.evil.test", "http://hearback.test:81"]
)
def test_a_form_of_another_origin_is_refused(ada: Member, browser: Browser, origin: str) -> None:
    answer = browser.send("/door", origin=origin, name=ada.name, password=PASSWORD)
    assert answer.status_code == 403
    assert browser.member is None


def test_a_form_sent_across_sites_is_refused_even_without_an_origin(ada: Member, browser: Browser) -> None:
    browser.client.headers["Sec-Fetch-Site"] = "cross-site"
    assert browser.send("/door", origin=None, name=ada.name, password=PASSWORD).status_code == 403


def test_a_form_too_long_is_not_read(browser: Browser) -> None:
    assert browser.log_in("Ada", "x" * 20_000).status_code == 413


# Wrong tries


def test_a_wrong_password_and_an_unknown_name_look_the_same(ada: Member) -> None:
    wrong = Browser().log_in(ada.name, "not the right words")
    unknown = Browser().log_in("Nobody at all", "not the right words")
    assert wrong.status_code == unknown.status_code == 403
    told = [re.search(r'role="alert"[^>]*>([^<]+)', page.text)[1] for page in (wrong, unknown)]  # type: ignore[index]
    assert told[0] == told[1] == "You are not logged in: name or password is wrong."


def test_what_is_typed_is_kept_nowhere(ada: Member, browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    browser.log_in("my secret typed as a name", "my secret password")
    with house().database.reading() as session:
        tries = session.query(LoginTryRow).order_by(LoginTryRow.try_id.desc()).limit(1).all()
    told = (
        str([(row.name, row.source) for row in tries]) + str(audit.page(house().database, None, "", 0, 5)) + caplog.text
    )
    assert "secret" not in told


def test_wrong_tries_are_slowed_and_told_for_how_long(ada: Member, browser: Browser) -> None:
    codes = [browser.log_in(ada.name, "not the right words").status_code for _ in range(5)]
    assert codes == [403, 403, 403, 429, 429]
    answer = browser.log_in(ada.name)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 3
    assert re.search(r"Wait \d seconds?", answer.text)
    assert browser.member is None


def test_whoever_guesses_cannot_lock_the_owner_out(ada: Member, browser: Browser) -> None:
    assert browser.log_in(ada.name).status_code == 303
    for _ in range(4):
        attacker = Browser()
        for _ in range(3):
            attacker.log_in(ada.name, "not the right words")
    assert Browser().log_in(ada.name).status_code == 429, "the name is slowed for strangers"
    assert browser.send("/door/out").status_code == 303
    assert browser.log_in(ada.name).status_code == 303, "but not from where its owner was before"


def test_a_disabled_member_s_password_is_worth_nothing(ada: Member) -> None:
    founder = members.add(house().database, f"Other {uuid.uuid4().hex[:6]}", Role.FOUNDER)
    office().access.disable(founder, ada.member_id)
    assert Browser().log_in(ada.name).status_code == 403


# Sessions and passwords


def test_logging_out_ends_the_session_and_takes_the_cookie(ada: Member, browser: Browser) -> None:
    browser.log_in(ada.name)
    token = browser.token
    assert "Log out" in browser.get("/door/out").text
    assert office().access.member(token) == ada, "a link alone logs nobody out"
    answer = browser.send("/door/out")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert office().access.member(token) is None


def test_a_new_password_ends_all_other_sessions(ada: Member) -> None:
    here, there = Browser(), Browser()
    here.log_in(ada.name)
    there.log_in(ada.name)
    new = "four other plain words"
    assert here.send("/door/password", present="wrong words here", password=new, again=new).status_code == 400
    assert there.member == ada
    assert here.send("/door/password", present=PASSWORD, password=new, again=new).status_code == 303
    assert here.member == ada
    assert there.member is None
    assert Browser().log_in(ada.name).status_code == 403
    assert Browser().log_in(ada.name, new).status_code == 303


def test_changing_a_password_needs_a_session(browser: Browser) -> None:
    assert browser.get("/door/password").headers["location"] == "/door"


def test_an_invited_reviewer_comes_in_by_the_link_and_under_the_name_that_was_given(ada: Member) -> None:
    name = f"Rae {uuid.uuid4().hex[:6]}"
    link = office().access.invite(ada, name, Role.REVIEWER)
    guest = Browser()
    guest.get(link.path)
    assert "invited as a reviewer" in guest.get("/door/link").text
    assert guest.send("/door/link", name="Somebody else", password=PASSWORD, again=PASSWORD).status_code == 303
    assert guest.member == Member(guest.member.member_id, name, Role.REVIEWER)  # type: ignore[union-attr]


def test_a_founder_s_link_gives_a_new_password_and_ends_the_old_sessions(ada: Member, browser: Browser) -> None:
    browser.log_in(ada.name)
    link = office().access.renew(ada, ada.name)
    other = Browser()
    other.get(link.path)
    assert (
        other.send("/door/link", password="five quite other words", again="five quite other words").status_code == 303
    )
    assert browser.member is None
    assert other.member == ada


def test_a_name_is_shown_as_typed_and_runs_nothing(browser: Browser, ada: Member) -> None:
    answer = browser.log_in('"><script>alert(1)</script>', "not the right words")
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_only_the_door_s_own_files_are_served(browser: Browser) -> None:
    assert browser.get("/assets/door.css").status_code == 200
    for name in ("door.html", "..%2fapp.py", "%2e%2e/app.py", "translation_examples.json"):
        assert browser.get(f"/assets/{name}").status_code == 404


def test_a_session_of_the_door_opens_the_pages(ada: Member, browser: Browser) -> None:
    browser.log_in(ada.name)
    visit = Visit(run=False)
    visit.app.session_state["member_token"] = browser.token
    visit.app.run()
    assert visit.go("founder/settings").app.title[0].value == "Settings"
    browser.send("/door/out")
    assert visit.go("founder/settings").app.title[0].value == "For the company"
