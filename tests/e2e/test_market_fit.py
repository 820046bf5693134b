"""A visitor uses it twice, is asked, and answers; a founder reads what they said, in two browsers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.weights]

BENEFIT = "It shows where an answer comes from"


def test_who_has_used_it_twice_is_asked_and_a_founder_reads_the_answer(
    company: Visitor, address: str, opened_browser: Browser
) -> None:
    # The company is not asked, so the visitor comes with a browser of their own.
    stranger = opened_browser.new_context(viewport={"width": 1280, "height": 800})
    guest = Visitor(stranger.new_page(), address)
    line = guest.page.get_by_text("Two minutes to tell us")
    guest.open("sentiment").write("The lamp came quickly and works well.").click("Read it").answered()
    expect(line).to_have_count(0)
    guest.write("The lamp broke after a day.").click("Read it").answered()
    expect(line).to_be_visible()
    guest.click("Answer")
    guest.page.get_by_role("heading", level=1, name="Two minutes for us").wait_for()
    guest.settle().main.get_by_text("Very disappointed", exact=True).click()
    guest.settle().page.get_by_label("What is the main benefit").fill(BENEFIT)
    guest.main.get_by_text("9", exact=True).click()
    guest.settle().click("Send my answers")
    expect(guest.main).to_contain_text("Thank you. Your answers are saved.")
    expect(guest.main).to_contain_text(BENEFIT)
    assert not guest.complaints, guest.complaints
    stranger.close()

    company.open("market_fit")
    own = company.main.get_by_text("Your data", exact=True)
    if own.count():
        own.first.click()
        company.settle()
    expect(company.main).to_contain_text(re.compile(r"Fit: not enough yet\. \d+ of the 30 answers"))
    expect(company.main).to_contain_text(BENEFIT)
