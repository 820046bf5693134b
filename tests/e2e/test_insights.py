"""A founder opens the figures, narrows them, and reads the uses behind one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.weights]


def test_a_founder_sees_a_use_counted_and_opens_it(company: Visitor) -> None:
    company.open("sentiment").click("The app is quick").answered()
    company.go("Insights").settle()
    expect(company.main).to_contain_text("visitor")
    expect(company.main).to_contain_text("Visitors by week")
    for section, shown in (
        ("Coming back", "How far they got"),
        ("Quality", "Thumbs-up"),
        ("Speed", "Time to the whole answer"),
        ("Languages", "Languages"),
    ):
        company.main.get_by_role("radio", name=section, exact=True).or_(
            company.main.get_by_role("button", name=section, exact=True)
        ).first.click()
        company.settle()
        expect(company.main).to_contain_text(shown)
    company.main.get_by_role("combobox", name="Open the uses behind").first.click()
    company.page.get_by_role("option").first.click()
    company.settle()
    expect(company.main).to_contain_text("use")
    expect(company.main).to_contain_text("Sentiment")
