"""What a visitor sees and does on each page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import limits
from core.errors import EngineFailed
from tests.pages.conftest import SlowTranslation, Visit

PAGES = ("support", "translate", "summarize", "sentiment")
Answered = Callable[[str], Visit]


def test_the_first_page_names_the_four_uses_and_counts_what_happened(visit: Visit) -> None:
    assert all(word in visit.text for word in ("Support", "Translate", "Summarize", "Sentiment"))
    assert [metric.label for metric in visit.app.metric] == ["Answers", "Visitors", "Ratings", "Corrections"]


@pytest.mark.parametrize("page", PAGES)
def test_an_example_on_the_first_page_is_answered_on_its_own(visit: Visit, page: str) -> None:
    visit.click(f"home_{page}")
    assert visit.has_button(f"example_{page}_") or page == "support"
    assert visit.widget("toggle", "rating_edit_")


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_page_offers_three_examples(visit: Visit, page: str) -> None:
    visit.go(page)
    assert sum((button.key or "").startswith(f"example_{page}_") for button in visit.app.button) == 3
    assert not visit.has_button("rating_undo_")


@pytest.mark.parametrize("page", PAGES)
def test_an_example_is_answered_and_says_how_it_was_made(answered: Answered, page: str) -> None:
    visit = answered(page)
    assert "-badge[:material/" in visit.text
    assert visit.widget("toggle", "rating_edit_")


@pytest.mark.parametrize("page", PAGES)
def test_a_thumb_brings_the_reasons_that_fit(answered: Answered, page: str) -> None:
    visit = answered(page)
    visit.app.feedback[0].set_value(0).run()
    chips = visit.widget("button_group", "rating_chips_")
    chips.set_value([chips.options[0]]).run()
    visit.widget("text_input", "rating_comment_").set_value("Look <b>here</b>").run()
    visit.go("your_feedback")
    assert "Not good" in visit.text
    assert "Look \\<b\\>here\\<\\/b\\>" in visit.text


@pytest.mark.parametrize("page", ["support", "translate", "summarize"])
def test_a_correction_is_shown_with_its_difference_and_can_be_taken_back(answered: Answered, page: str) -> None:
    visit = answered(page)
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    form = next(area for area in visit.app.text_area if area.label == "It should say")
    form.set_value("Quite another answer")
    next(button for button in visit.app.button if button.label == "Save correction").click().run()
    assert "Your correction is saved" in visit.text
    assert "green-background[**" in visit.text
    visit.go("your_feedback")
    assert "Saved; a person will look at it" in visit.text
    visit.click("feedback_undo_")
    assert "Saved; a person will look at it" not in visit.text


def test_a_sentiment_is_corrected_by_its_label(answered: Answered) -> None:
    visit = answered("sentiment")
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    group = next(group for group in visit.app.button_group if group.label == "It should be")
    other = "neutral" if group.value != "neutral" else "negative"
    group.set_value(other)
    next(button for button in visit.app.button if button.label == "Save correction").click().run()
    assert "Your correction is saved" in visit.text


@pytest.mark.parametrize(("page", "key"), [("translate", "start"), ("summarize", "start"), ("sentiment", "start")])
def test_nothing_to_work_on_is_said_in_a_sentence(visit: Visit, page: str, key: str) -> None:
    visit.go(page).click(f"{page}_{key}")
    assert "Type or paste some text first" in visit.app.error[0].value


def test_a_question_beyond_the_limit_is_refused_with_the_limit(visit: Visit) -> None:
    # The input stops at the limit; whoever goes around it, as this does, meets the same limit behind the desk.
    visit.go("support").app.session_state["example_support"] = "a" * (limits.QUESTION_CHARACTERS + 1)
    visit.app.run()
    assert f"{limits.QUESTION_CHARACTERS:,}" in visit.app.error[0].value.replace("\\", "")


def test_a_file_fills_the_text_and_a_broken_one_is_named(visit: Visit) -> None:
    visit.go("summarize")
    visit.app.file_uploader[0].set_value(("notes.txt", b"First line. Second line.", "text/plain")).run()
    assert visit.app.text_area[0].value == "First line. Second line."
    visit.app.file_uploader[0].set_value(("broken.pdf", b"%PDF-1.7 not really", "application/pdf")).run()
    assert "broken.pdf could not be read" in visit.app.error[0].value.replace("\\", "")


def test_a_question_is_shown_as_typed_and_stays_after_a_page_switch(visit: Visit) -> None:
    question = "How long <img src=x onerror=alert(1)> can I return **it**?"
    visit.go("support").app.chat_input[0].set_value(question).run()
    visit.settle()
    assert "How long \\<img src\\=x onerror\\=alert\\(1\\)\\>" in visit.text
    visit.go("home").go("support")
    assert "How long \\<img src" in visit.text


def test_an_unanswerable_question_offers_a_person(visit: Visit) -> None:
    visit.go("support").app.chat_input[0].set_value("Qwxz vbnm plokij?").run()
    visit.settle()
    assert "I would rather not guess" in visit.text
    next(button for button in visit.app.button if button.label == "Hand over").click().run()
    assert "A person will look at this" in visit.text


def test_a_new_conversation_leaves_the_old_one_behind(answered: Answered) -> None:
    visit = answered("support").click("support_new")
    assert not visit.app.chat_message
    assert visit.has_button("example_support_")


@pytest.mark.promise("R8")
def test_a_running_answer_is_found_again_after_a_page_switch(visit: Visit, slow: SlowTranslation) -> None:
    visit.go("translate").button("example_translate_").click().run()
    assert visit.has_button("running_stop_")
    visit.app.switch_page("home.py").run()
    assert slow.has_shown.wait(30)
    visit.app.switch_page("translate.py").run()
    assert visit.has_button("running_stop_")
    assert "first half" in visit.text
    slow.go_on.set()
    visit.settle()
    assert "first half, second half" in visit.text


def test_a_stopped_answer_keeps_what_was_shown(visit: Visit, slow: SlowTranslation) -> None:
    visit.go("translate").button("example_translate_").click().run()
    assert slow.has_shown.wait(30)
    visit.click("running_stop_")
    assert "Stopped" in visit.text
    assert "first half" in visit.text


def test_an_engine_that_fails_is_said_in_a_sentence(visit: Visit, slow: SlowTranslation) -> None:
    slow.error = EngineFailed(name="Gemma")
    slow.go_on.set()
    visit.go("translate").click("example_translate_")
    assert "could not finish this" in visit.text


def test_a_bug_shows_a_reference_and_no_traceback(visit: Visit, slow: SlowTranslation) -> None:
    slow.error = ValueError("secret detail")
    slow.go_on.set()
    visit.go("translate").click("example_translate_")
    assert "reference" in visit.text
    assert "secret detail" not in visit.text


def test_consent_is_asked_in_one_line_and_not_again(visit: Visit) -> None:
    assert visit.has_button("visitor_allow")
    visit.click("visitor_allow")
    assert not visit.has_button("visitor_allow")
    visit.go("your_feedback")
    assert [toggle.value for toggle in visit.app.toggle] == [True, True]


def test_declining_blocks_nothing(visit: Visit) -> None:
    visit.click("visitor_decline").go("sentiment").click("example_sentiment_")
    assert visit.widget("toggle", "rating_edit_")


def test_a_table_is_read_with_shares_and_a_download(visit: Visit) -> None:
    visit.go("sentiment")
    visit.widget("button_group", "sentiment_mode").set_value("A table").run()
    visit.click("table_sample_start").click("table_start")
    assert "texts read" in visit.text
    assert visit.app.dataframe
    assert "Earlier answers" not in visit.text


def test_the_page_says_which_weights_answer(visit: Visit) -> None:
    assert "small open weights on this server" in visit.text


def test_nothing_given_yet_is_said_with_a_way_to_begin(visit: Visit) -> None:
    visit.go("your_feedback")
    assert "Nothing here yet" in visit.text
