"""A founder finds out what got worse, on the real weights, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.weights]


def test_a_founder_watches_the_sample_reviews_and_corrects_a_label(company: Visitor) -> None:
    company.open("watch").click("Try it with sample reviews")
    expect(company.main).to_contain_text("texts of the last four weeks are negative")
    company.settle()
    expect(company.main.get_by_test_id("stPlotlyChart").first).to_be_visible()
    company.main.get_by_text("Texts", exact=True).click()
    company.settle().main.get_by_text("This label is wrong").first.click()
    company.page.get_by_test_id("stPopoverBody").get_by_role(
        "button", name=re.compile("neutral|positive")
    ).first.click()
    expect(company.main).to_contain_text(", corrected")
    company.settle().click("Undo")
    expect(company.main).not_to_contain_text(", corrected")
    company.settle().click("Delete")
    company.page.get_by_role("button", name="Delete it").click()
    expect(company.main.get_by_role("button", name="Try it with sample reviews")).to_be_visible()
