"""A founder looks at a house that nobody has used yet, in a real browser: the sample company comes, and goes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Visitor

pytestmark = pytest.mark.e2e


def test_the_sample_company_comes_is_read_and_goes_without_a_trace(company: Visitor) -> None:
    settings(company).click("Load sample data")
    expect(company.main).to_contain_text(re.compile(r"5,\d{3} uses by 872 invented"))
    company.settle().go("Market fit").settle()
    # Where there are few real uses, the sample company's are shown at once; else they are a click away.
    company.main.get_by_text("Sample data", exact=True).first.click()
    company.settle()
    expect(company.main).to_contain_text("Marketing, 11 to 50")
    settings(company).click("Remove the sample data")
    expect(company.main.get_by_role("button", name="Load sample data")).to_be_visible(timeout=90_000)


def settings(company: Visitor) -> Visitor:
    """Open what the settings say of the sample data."""
    company.open("settings")
    company.main.get_by_text("Sample data", exact=True).click()
    return company.settle()
