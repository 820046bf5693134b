"""Whatever is sent to the door instead of a form: a page with a sentence, never an error of the server's own."""

from __future__ import annotations

import re
import time

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import credentials
from core.errors import HearbackError
from core.store import login_tries
from pages.parts import cookie
from tests.faults.hostile_texts import ACTIVE, ODD
from tests.pages.test_door import ADDRESS, Browser
from tests.promises import Found, at

pytestmark = pytest.mark.promise("R6")

FORMS = ("/door", "/door/link", "/door/password", "/door/out")
REFUSED = (400, 403, 410, 413, 429)
FORM = "application/x-www-form-urlencoded"
TYPES = (FORM, "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "x")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash cheaply and let wrong tries wait for nothing: neither is what is asked here."""
    monkeypatch.setattr(credentials, "_hasher", PasswordHasher(1, 8, 1))
    monkeypatch.setattr(credentials, "_NOBODY", [])
    monkeypatch.setattr(login_tries, "SOURCE_FREE", 10**9)
    monkeypatch.setattr(login_tries, "NAME_FREE", 10**9)


def sent(browser: Browser, path: str, text: str) -> float:
    """Send a text in every field of a form; returns the processor's seconds of all that answering took."""
    fields = {name: text.encode("utf-8", "replace").decode() for name in ("name", "password", "again", "present", "to")}
    own = time.process_time()
    answer = browser.send(path, **fields)
    spent = time.process_time() - own
    assert answer.status_code in (*REFUSED, 303), (path, text[:40], answer.status_code)
    assert HearbackError.sentence not in answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/")
        assert not answer.headers["location"].startswith("//")
    else:
        assert "<script" not in answer.text
        assert re.search(r"\w+ \w+ \w+.*\.", answer.text), "a sentence says what was wrong"
    assert browser.member is None
    return spent


@pytest.mark.parametrize("path", FORMS)
def test_odd_texts_in_every_field_of_the_door_are_refused_with_a_sentence(path: str, found: Found) -> None:
    browser = Browser()
    texts = [*ODD.values(), *at(ACTIVE[:8], ACTIVE), "9" * 1_000_000]  # type: ignore[call-overload]
    assert max(sent(browser, path, text) for text in texts) < 2.5
    found(f"texts at {path}", len(texts))


@settings(max_examples=at(40, 2_000), deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(path=st.sampled_from(FORMS), text=st.text(max_size=200))
def test_any_text_in_every_field_of_the_door_is_refused_with_a_sentence(path: str, text: str) -> None:
    sent(Browser(), path, text)


@settings(max_examples=at(40, 2_000), deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(path=st.sampled_from(FORMS), kind=st.sampled_from(TYPES), body=st.binary(max_size=300))
def test_a_body_that_is_no_form_is_refused_and_breaks_nothing(path: str, kind: str, body: bytes) -> None:
    browser = Browser()
    answer = browser.client.post(path, content=body, headers={"Content-Type": kind, "Origin": ADDRESS})
    assert answer.status_code in REFUSED
    assert browser.get("/door").status_code == 200


@pytest.mark.parametrize("name", [cookie.MEMBER_NAME, cookie.DOOR_NAME, cookie.LINK_NAME])
@pytest.mark.parametrize("value", ["", "x", "a" * 8_000, "..%2f..%2fetc", "%00", "'; DROP TABLE members; --", "\x7f"])
def test_a_cookie_that_was_never_given_opens_nothing(name: str, value: str) -> None:
    browser = Browser()
    for path in FORMS:
        answer = browser.client.get(path, headers={"Cookie": f"{name}={value}"})
        assert answer.status_code in (200, 303, *REFUSED)
        assert "/settings" not in answer.headers.get("location", "")
        assert "/insights" not in answer.headers.get("location", "")
