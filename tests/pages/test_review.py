"""A reviewer works through the queue: approve, edit, turn down, skip, undo; checks first; a second opinion."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from core.office import review_sorting
from core.store import queries
from core.types import Role, Task
from tests.core.review_stories import WITHIN_60, Company
from tests.pages.conftest import PATIENCE_SECONDS, Visit, logged_in


@pytest.fixture
def company(own_house: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    from pages.parts.wiring import house

    monkeypatch.setattr(review_sorting, "PATIENCE_SECONDS", 30.0)
    return Company(house())


@pytest.fixture
def queue(company: Company) -> Callable[[], Visit]:
    """Open the queue as a new reviewer."""
    return lambda: logged_in(Role.REVIEWER).go("founder/review")


def choose(visit: Visit, key: str, value: Any) -> Visit:
    visit.widget("selectbox", key).set_value(value).run()
    return visit.settle()


def steps(company: Company, item: str, visitor: str = "ann") -> list[str]:
    return [step.step for step in queries.receipt(company.database, visitor, item).steps]


def titles(visit: Visit) -> list[str]:
    return [str(one.label).replace("\\", "") for one in visit.app.button if (one.key or "").startswith("card_")]


def test_an_empty_queue_says_what_will_be_here(queue: Callable[[], Visit]) -> None:
    visit = queue()
    assert "Nothing waits for a verdict" in visit.text
    assert "What visitors correct, or rate as not good, comes here" in visit.text
    assert not visit.has_button("review_approve")


def test_an_item_is_shown_whole_and_approved(company: Company, queue: Callable[[], Visit]) -> None:
    item = company.correct("ann", segment="Founder, 2 to 10")
    visit = queue()
    assert "1 item waits for a verdict" in visit.text
    for part in ("How long may I return a lamp", "~~30~~", "2 to 10", "minilm", "English", "new"):
        assert part in visit.text
    visit.click("review_approve")
    assert "Nothing waits for a verdict" in visit.text
    assert "example for training" in visit.app.toast[0].value
    assert steps(company, item) == ["saved", "approved", "shared"]
    choose(visit, "review_state", "approved")
    assert "Approved text" in visit.text
    assert not visit.has_button("review_approve")


def test_what_several_said_alike_is_one_line_and_one_verdict(company: Company, queue: Callable[[], Visit]) -> None:
    items = {name: company.correct(name) for name in ("ann", "ben", "cem")}
    other = company.correct("dan", "Within 90 days, I was told on the phone.")
    visit = queue()
    assert "2 different things wait for a verdict** (4 items)" in visit.text
    assert len(titles(visit)) == 2
    assert "What others said of the same input" in visit.text
    visit.click(f"review_to_{items['ann']}" if visit.has_button(f"review_to_{items['ann']}") else f"review_to_{other}")
    if visit.has_button(f"review_to_{items['ann']}"):
        visit.click(f"review_to_{items['ann']}")
    assert "said alike by 3 visitors" in visit.text
    visit.click("review_approve")
    assert "all 3 that say the same" in visit.app.toast[0].value
    assert "1 item waits" in visit.text
    assert [steps(company, item, name) for name, item in items.items()] == [["saved", "approved", "shared"]] * 3
    visit.click("review_undo")
    assert [steps(company, item, name)[-1] for name, item in items.items()] == ["reopened"] * 3
    assert len(titles(visit)) == 2


def test_it_is_edited_and_approved(company: Company, queue: Callable[[], Visit]) -> None:
    item = company.correct("ann")
    visit = queue().click("review_edit")
    assert not visit.has_button("review_approve"), "keys rest while somebody types"
    visit.app.text_area[0].set_value("Within 60 days, at our cost.")
    visit.click("FormSubmitter:review_edit_form-Approve this text")
    (correction,) = queries.feedback(company.database, "ann")[0].receipts
    assert correction.correction.status == "approved"
    assert company.review.item(company.member(), item).approved_text == "Within 60 days, at our cost."


def test_turning_down_needs_a_reason_and_can_be_left(company: Company, queue: Callable[[], Visit]) -> None:
    item = company.correct("ann")
    visit = queue().click("review_reject").click("FormSubmitter:review_reject_form-Cancel")
    assert visit.has_button("review_approve")
    visit.click("review_reject").click("FormSubmitter:review_reject_form-Do not take it")
    assert "Choose one of these" in visit.app.error[0].value
    visit.widget("button_group", "review_why").set_value("wrong")
    visit.click("FormSubmitter:review_reject_form-Do not take it")
    assert steps(company, item) == ["saved", "rejected"]


def test_the_last_verdict_is_undone_and_the_receipt_stays_true(company: Company, queue: Callable[[], Visit]) -> None:
    first, second = company.correct("ann", asked="One?"), company.correct("ann", asked="Two?")
    visit = queue()
    assert visit.button("review_undo").disabled
    visit.click("review_approve").click("review_approve")
    assert "Nothing waits" in visit.text
    visit.click("review_undo")
    assert "1 item waits" in visit.text
    assert "One" in visit.text
    assert steps(company, first) == ["saved", "approved", "shared", "reopened"]
    assert steps(company, second) == ["saved", "approved", "shared"]
    visit.click("review_undo")
    assert "2 items wait" in visit.text
    assert visit.button("review_undo").disabled


def test_an_approval_that_a_click_came_before_is_given_to_its_own_item_alone(
    company: Company, queue: Callable[[], Visit]
) -> None:
    first, second = company.correct("ann", asked="One?"), company.correct("ann", asked="Two?")
    visit = queue()
    assert visit.button("review_approve").key == f"review_approve_{second}"
    # What a press leaves behind whose run was ended before it came to the button.
    visit.app.session_state["press_held"] = {f"review_approve_{first}": [time.monotonic(), "pressed"]}
    visit.app.run()
    assert (steps(company, first), steps(company, second)) == (["saved"], ["saved"])
    visit.click("review_next")
    assert (steps(company, first), steps(company, second)) == (["saved", "approved", "shared"], ["saved"])


def test_skipping_and_going_up_and_down(company: Company, queue: Callable[[], Visit]) -> None:
    for asked in ("One?", "Two?", "Three?"):
        company.correct("ann", asked=asked)
    visit = queue()
    assert titles(visit) == ["**Three?**", "Two?", "One?"]
    assert visit.button("review_previous").disabled
    visit.click("review_next").click("review_next")
    assert visit.button("review_next").disabled
    visit.click("review_previous").click("review_skip")
    assert titles(visit) == ["Three?", "**One?**"]
    choose(visit, "review_state", "skipped")
    assert "Two" in visit.text
    assert visit.has_button("review_approve")


def test_a_held_item_says_why_and_masks_personal_data(company: Company, queue: Callable[[], Visit]) -> None:
    company.correct("ann", "Write to ann@example.org within 60 days.")
    visit = queue()
    assert "Nothing waits for a verdict** but 1 item held by a check" in visit.text
    choose(visit, "review_state", "held")
    assert "It holds personal data" in visit.text
    assert "ann" not in visit.text
    visit.widget("toggle", "review_show_").set_value(True).run()
    assert "example" in visit.text
    visit.widget("toggle", "review_show_").set_value(False).run()
    assert "example" not in visit.text


def test_a_thumbs_down_gets_an_answer_or_is_a_gap(company: Company, queue: Callable[[], Visit]) -> None:
    company.rate("ann", 0, "One?")
    company.rate("ann", 0, "Two?")
    visit = queue()
    assert "It is 60 days" in visit.text
    assert not visit.has_button("review_approve")
    visit.click("review_gap").click("review_edit")
    visit.app.text_area[0].set_value(WITHIN_60)
    visit.click("FormSubmitter:review_edit_form-Approve this text")
    assert "Nothing waits" in visit.text
    assert "own" in visit.app.toast[0].value


def test_a_founder_finds_the_way_from_a_gap_to_the_documents(company: Company, queue: Callable[[], Visit]) -> None:
    company.rate("ann", 0)
    queue().click("review_gap")
    boss = choose(logged_in(Role.FOUNDER).go("founder/review"), "review_state", "rejected")
    assert "calls it a knowledge gap" in boss.text
    assert [link.proto.label for link in boss.app.get("page_link")] == ["Close the gap under Knowledge"]


def test_a_sentiment_is_edited_by_its_label(company: Company, queue: Callable[[], Visit]) -> None:
    item = company.correct("ann", "neutral", "So so.", task=Task.SENTIMENT, output_text="positive")
    visit = queue().click("review_edit")
    visit.widget("button_group", "review_text").set_value("negative")
    visit.click("FormSubmitter:review_edit_form-Approve this text")
    assert company.review.item(company.member(), item).approved_text == "negative"


def test_two_reviewers_give_their_opinions_blind_and_a_founder_decides(
    company: Company, queue: Callable[[], Visit]
) -> None:
    item = company.correct("ann")
    queue().click("review_approve")
    second = choose(queue(), "review_state", "second")
    assert "approved it" not in second.text
    assert "Approved text" not in second.text
    second.click("review_reject")
    second.widget("button_group", "review_why").set_value("unclear")
    second.click("FormSubmitter:review_reject_form-Do not take it")
    assert "otherwise" in second.app.toast[0].value
    assert "not enough yet (n = 1)" in second.text
    assert "1 disagreement waits" in second.text
    assert not second.has_button("review_decide_")
    boss = logged_in(Role.FOUNDER).go("founder/review").click("review_decide_False")
    assert "disagreement waits" not in boss.text
    assert steps(company, item) == ["saved", "approved", "shared", "rejected"]


def test_who_comes_second_reads_a_sentence(company: Company, queue: Callable[[], Visit]) -> None:
    company.correct("ann")
    one, two = queue(), queue()
    one.click("review_approve")
    two.click("review_approve")
    assert not two.app.error, "the item had left the list before the click was seen"
    assert "Nothing waits" in two.text


def test_the_weights_are_asked_again(company: Company, queue: Callable[[], Visit]) -> None:
    company.correct("ann", "positive", "Great lamp, thanks!", task=Task.SENTIMENT, output_text="negative")
    visit = queue().click("review_again")
    end = time.monotonic() + PATIENCE_SECONDS
    while "The same as the correction" not in visit.text:
        assert time.monotonic() < end
        visit.app.run()
    assert "It says by now what it should" in visit.text


def test_what_people_typed_does_nothing(company: Company, queue: Callable[[], Visit]) -> None:
    company.correct("ann", "<b>bold</b> **loud** [a](http://x.example) $x$", asked="# Title <script>?")
    visit = queue()
    shown = "\n".join(str(element.value) for element in visit.app.markdown)
    assert "\\<script\\>" in shown
    assert "](http" not in shown
    assert "**loud**" not in shown


@pytest.mark.parametrize(("reason", "told"), [("wrong", "could not confirm"), ("spam", "not taken")])
def test_the_visitor_reads_what_became_of_a_correction(
    company: Company, queue: Callable[[], Visit], reason: str, told: str
) -> None:
    from pages.parts.receipt_words import moments

    item = company.correct("ann")
    queue()
    company.review.reject(company.member(), item, reason)
    last = moments(queries.receipt(company.database, "ann", item))[-1]
    assert told in f"{last.title} {last.meaning}"
