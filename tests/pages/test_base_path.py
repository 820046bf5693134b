"""The door behind a proxy that gives Hearback a path of its own (`server.baseUrlPath`)."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
import streamlit as st
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app import FrontDoor
from core import credentials
from core.store import members
from core.types import Role
from pages.parts import cookie, door
from pages.parts.wiring import house

PASSWORD = "three unrelated words"
ADDRESS = "http://hearback.test"


@pytest.fixture(params=["help", "/help/", "a/b"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What stands before every path, as the option is written in one way or another."""
    monkeypatch.setattr(credentials, "_hasher", PasswordHasher(1, 8, 1))
    given = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: request.param if name == "server.baseUrlPath" else given(name))
    return "/" + str(request.param).strip("/")


@pytest.fixture
def browser(path: str) -> TestClient:
    app = Starlette(routes=door.routes(), middleware=[Middleware(FrontDoor)])
    return TestClient(app, base_url=ADDRESS, follow_redirects=False, client=(uuid.uuid4().hex, 50_000))


def send(browser: TestClient, address: str, **fields: str) -> Any:
    page = browser.get(address).text
    found = re.search(r'name="form" value="(\w+)"', page)
    assert found is not None, page
    action = re.search(r'method="post" action="([^"]+)"', page)
    assert action is not None
    return browser.post(action[1], data={"form": found[1], **fields}, headers={"Origin": ADDRESS})


def test_a_member_logs_in_and_out_below_it(path: str, browser: TestClient) -> None:
    name = f"Ada {uuid.uuid4().hex[:6]}"
    members.add(house().database, name, Role.FOUNDER, credentials.hash_password(PASSWORD))
    asked = browser.get(f"{path}/insights")
    assert (asked.status_code, asked.headers["location"]) == (303, f"{path}/door?to=insights")
    entered = send(browser, asked.headers["location"], name=name, password=PASSWORD, to="insights")
    assert (entered.status_code, entered.headers["location"]) == (303, f"{path}/insights")
    assert browser.cookies.get(cookie.MEMBER_NAME)
    left = send(browser, f"{path}/door/out")
    assert (left.status_code, left.headers["location"]) == (303, f"{path}/")


def test_every_address_on_the_page_is_below_it(path: str, browser: TestClient) -> None:
    found = re.findall(r'(?:href|src|srcset|action)="([^"]+)"', browser.get(f"{path}/door").text)
    assert found
    assert all(one.startswith(f"{path}/") for one in found), found
    assert browser.get(f"{path}/assets/door.css").status_code == 200


def test_nothing_is_served_beside_it(path: str, browser: TestClient) -> None:
    assert browser.get("/door").status_code == 404
