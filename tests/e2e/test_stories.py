"""What people come for, on the real weights, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from pages.parts.examples import SUMMARIZE
from tests.e2e.browser import Visitor
from tests.pages.test_plain import HOSTILE

pytestmark = [pytest.mark.e2e, pytest.mark.weights]

TEXT = SUMMARIZE["News of a closed path"]


# Long enough to be at work while a page is left or reloaded.
LETTER = """Dear team, one of the two lamps arrived yesterday with a crack in its shade.
Please send me a new one by Friday."""


def test_a_customer_gets_an_answer_and_opens_its_source(visitor: Visitor) -> None:
    visitor.open("support").click("How long do I have to return").answered()
    answer = visitor.main.get_by_test_id("stChatMessage").last
    expect(answer).to_contain_text("60 days")
    answer.get_by_test_id("stPopover").get_by_role("button").first.click()
    expect(visitor.page.get_by_test_id("stPopoverBody")).to_contain_text("60 days of delivery")
    visitor.page.keyboard.press("Escape")
    answer.get_by_test_id("stFeedback").locator("button").first.click()
    # The bar is drawn anew once the thumb is saved; nobody is quicker than that, but this click can be.
    visitor.settle()
    answer.get_by_text("Good source", exact=True).click()
    visitor.settle().go("Your feedback")
    expect(visitor.main).to_contain_text("Good source")


def test_a_customer_whose_question_has_no_answer_is_handed_to_a_person(visitor: Visitor) -> None:
    visitor.open("support").ask("Who won the chess championship of 1972?").answered()
    answer = visitor.main.get_by_test_id("stChatMessage").last
    expect(answer).to_contain_text("I would rather not guess")
    answer.get_by_role("button", name="Ask a person").click()
    visitor.page.get_by_role("button", name="Hand over").click()
    expect(answer).to_contain_text("A person will look at this")


def test_a_text_is_translated_and_a_correction_shows_under_your_feedback(visitor: Visitor) -> None:
    visitor.open("translate").main.get_by_text("Quick", exact=True).click()
    visitor.settle().click("Thank you for your order").answered()
    expect(visitor.main).to_contain_text("Detected English")
    translated = visitor.main.get_by_test_id("stCode").first.inner_text().strip()
    assert translated
    assert "Thank you" not in translated
    visitor.main.get_by_text("Edit this answer").click()
    visitor.page.get_by_label("It should say").fill("Danke für die Bestellung. Sie geht morgen früh an Sie ab.")
    visitor.click("Save correction")
    expect(visitor.main).to_contain_text("Your correction is saved")
    visitor.settle().go("Your feedback")
    expect(visitor.main).to_contain_text("Saved; a person will look at it")
    expect(visitor.main).to_contain_text("Bestellung")
    visitor.click("Take it back")
    expect(visitor.main).not_to_contain_text("Saved; a person will look at it")


def test_a_talk_is_summarized_with_each_sentence_at_its_place(visitor: Visitor) -> None:
    visitor.open("summarize").click("News of a closed path").answered()
    visitor.main.get_by_test_id("stExpander").get_by_text("Where it stands in the text").click()
    source = visitor.main.get_by_test_id("stExpanderDetails").first
    expect(source).to_contain_text("The river path between the old mill and the harbour")
    marked = source.locator("[class*=stMarkdownColoredBackground]")
    expect(marked.first).to_be_visible()
    assert marked.first.inner_text() in TEXT


def test_feelings_are_read_in_two_languages_and_in_a_table(visitor: Visitor) -> None:
    visitor.open("sentiment").click("The app is quick").answered()
    expect(visitor.main.get_by_role("heading", name="Positive")).to_be_visible()
    visitor.click("Drei Wochen gewartet")
    expect(visitor.main.get_by_role("heading", name="Negative")).to_be_visible()
    visitor.settle().main.get_by_text("A table", exact=True).click()
    visitor.settle().click("Take sample reviews")
    visitor.settle().click("Read 265 rows")
    expect(visitor.main).to_contain_text("265 texts read")
    expect(visitor.main).to_contain_text("n = 265")


@pytest.mark.promise("R8")
def test_a_reload_in_the_middle_of_an_answer_finds_it_again(visitor: Visitor) -> None:
    visitor.open("translate").write(LETTER).click("Translate")
    visitor.stop_button.wait_for()
    visitor.page.reload()
    visitor.page.get_by_role("heading", level=1, name="Translate").wait_for()
    visitor.answered()
    expect(visitor.main).to_contain_text("Detected English")


@pytest.mark.promise("R8")
def test_an_answer_goes_on_while_another_page_is_open(visitor: Visitor) -> None:
    visitor.open("translate").write(LETTER).click("Translate")
    visitor.stop_button.wait_for()
    visitor.go("Summarize").go("Translate").answered()
    expect(visitor.main.get_by_test_id("stCode").first).not_to_be_empty()


def test_a_phone_shows_every_page_without_scrolling_sideways(opened_browser: Browser, address: str) -> None:
    context = opened_browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="light", has_touch=True)
    visitor = Visitor(context.new_page(), address)
    for path in ("", "support", "translate", "summarize", "sentiment", "your_feedback"):
        visitor.page.emulate_media(color_scheme="light")
        visitor.open(path)
        # The page follows the system's theme at once: opening it anew for the other would show nothing more.
        for theme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            expect(visitor.page.get_by_test_id("stApp")).to_have_css("color-scheme", theme)
            wide = visitor.page.evaluate(
                """() => [document.documentElement, ...document.querySelectorAll('[data-testid=stApp] *')]
                    .filter(element => element.contains(document.querySelector('[data-testid=stMainBlockContainer]')))
                    .filter(element => element.scrollWidth > element.clientWidth + 1)
                    .map(element => element.dataset.testid || element.className)"""
            )
            assert not wide, (path, theme, wide)
    context.close()
    assert not visitor.complaints
    assert not visitor.strangers


@pytest.mark.promise("R14")
def test_hostile_text_is_shown_and_does_nothing(visitor: Visitor) -> None:
    opened: list[str] = []
    visitor.page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    text = "\n".join(HOSTILE[:8]) + " zqxv?"
    visitor.open("support").ask(text).answered()
    asked = visitor.main.get_by_test_id("stChatMessage").first.get_by_test_id("stMarkdownContainer").first
    markup = asked.inner_html()
    for tag in ("<a", "<img", "<script", "<code", "<strong", "<em", "katex", "<h1", "<li"):
        assert tag not in markup
    shown = asked.inner_text().replace("\u2060", "").replace("\u00a0", " ")
    assert shown.split() == text.split()
    for path, button in (("sentiment", "Read it"), ("summarize", "Summarize")):
        visitor.open(path).write(f"{text}\nThe lamp broke. {HOSTILE[2]} We were sorry.").click(button).answered()
        for active in ("img[src*=evil]", "a[href*=evil]", "a[href^=javascript]", "iframe", "script", ".katex"):
            expect(visitor.main.locator(active)).to_have_count(0)
    assert not opened, "a script ran"


@pytest.mark.promise("R15")
def test_nobody_meets_the_texts_of_somebody_else(visitor: Visitor, opened_browser: Browser, address: str) -> None:
    visitor.open("sentiment").click("The parcel arrived on Tuesday").answered()
    context = opened_browser.new_context()
    other = Visitor(context.new_page(), address)
    other.open("sentiment")
    expect(other.main).to_contain_text("The reading will be here")
    expect(other.main).not_to_contain_text("Earlier answers")
    context.close()
