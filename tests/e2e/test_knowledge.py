"""From a question that nobody answers to a page that does, in a real browser on the real weights."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.weights]

QUESTION = "Can the Fjell be mounted on a wall?"
FACT = "The Fjell can be mounted on a wall with the bracket B12, which costs 19 euros."


def test_a_gap_becomes_a_page_in_three_clicks_and_the_question_is_answered(company: Visitor) -> None:
    company.open("support")
    company.page.get_by_role("button", name="Allow both").click()
    company.settle().ask(QUESTION).answered()
    expect(company.main.get_by_test_id("stChatMessage").last).to_contain_text("I would rather not guess")

    company.go("Knowledge").settle()
    expect(company.main).to_contain_text("no answer yet")
    gap = company.main.locator("[class*=st-key-knowledge_gap_]").filter(has_text=QUESTION).first
    expect(gap).to_be_visible()
    gap.get_by_role("button", name="Draft a page").click()
    company.settle()
    field = company.main.get_by_role("textbox", name="Text of the page").first
    expect(field).to_have_value(f"# {QUESTION}\n\n")
    expect(company.main.get_by_role("button", name="Publish")).to_be_disabled()
    field.fill(f"# {QUESTION}\n\n{FACT}\n")
    company.click("Save draft").settle()
    company.click("Publish")
    expect(company.main).to_contain_text("answers now")
    expect(company.main).to_contain_text("1 of 1 answered by revision")
    company.main.get_by_text("Each question, and what it is told now").click()
    expect(company.main).to_contain_text("19 euros")

    company.go("Support")
    company.settle().click("New conversation").settle().ask(QUESTION).answered()
    answer = company.main.get_by_test_id("stChatMessage").last
    expect(answer).to_contain_text("19 euros")

    company.go("Knowledge").settle()
    company.main.get_by_text("Revisions", exact=True).click()
    company.settle().click("Go back to this")
    expect(company.main).to_contain_text("Revision 1 answers now")
