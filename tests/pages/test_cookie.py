"""The cookie and the id that is made of it."""

from __future__ import annotations

import pytest

from pages.parts import cookie

pytestmark = pytest.mark.promise("R15")


def value_of(header: str) -> str:
    return header.split(";")[0].partition("=")[2]


def test_a_cookie_is_out_of_reach_for_scripts_and_other_sites() -> None:
    header = cookie.new_cookie(is_secure=True)
    assert all(word in header for word in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"))
    assert "Secure" not in cookie.new_cookie(is_secure=False)


def test_the_same_cookie_is_the_same_visitor_and_another_is_not() -> None:
    first, second = value_of(cookie.new_cookie(False)), value_of(cookie.new_cookie(False))
    assert cookie.visitor_of({cookie.NAME: first}) == cookie.visitor_of({cookie.NAME: first})
    assert cookie.visitor_of({cookie.NAME: first}) != cookie.visitor_of({cookie.NAME: second})


def test_the_id_does_not_give_the_cookie_away() -> None:
    value = value_of(cookie.new_cookie(False))
    assert value not in cookie.visitor_of({cookie.NAME: value})


def test_a_forged_or_missing_cookie_is_no_visitor() -> None:
    for value in ("", "short", "x" * 33, "../../etc/passwd" * 2, "a" * 31 + "é"):
        assert cookie.visitor_of({cookie.NAME: value}) == ""
    assert cookie.visitor_of({}) == ""
