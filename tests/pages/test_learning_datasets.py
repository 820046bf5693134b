"""Datasets on the Learning page: from approved corrections to a frozen dataset with its card, files and training."""

from __future__ import annotations

import time

import pytest

from core.store import datasets
from core.types import Task
from tests.loop import loop_stories as story
from tests.pages.conftest import PATIENCE_SECONDS, Visit

pytestmark = pytest.mark.usefixtures("own_house")


def opened(founder: Visit) -> Visit:
    founder.go("founder/learning")
    founder.app.session_state["learning_section"] = "Datasets"
    founder.app.run()
    return waited(founder)


def waited(founder: Visit) -> Visit:
    """Look until nothing is read or frozen any more, as the page itself does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while founder.has_button("datasets_stop") or ":shimmer[" in founder.text:
        assert time.monotonic() < end, "freezing did not end"
        time.sleep(0.02)
        founder.app.run()
    return founder.settle()


def filled(count: int = 40, *, is_sample: bool = False) -> list[str]:
    from pages.parts.wiring import house

    people = story.visitors(house().database, 6, is_sample=is_sample)
    return story.corrected(
        house().database, Task.TRANSLATE, story.translations(count), people, is_sample=is_sample, segment="agency"
    )


def test_an_empty_page_says_what_comes_here_and_leads_to_review(founder: Visit) -> None:
    opened(founder)
    assert "No correction is approved and allowed for training yet" in founder.text
    assert not founder.has_button("datasets_freeze")
    assert any(link.label == "Review what visitors said" for link in founder.app.get("page_link"))


def test_the_first_sentence_says_what_is_ready_and_what_is_missing(founder: Visit) -> None:
    filled(40)
    opened(founder)
    assert "40 approved corrections are ready" in founder.text
    assert "missing are 110 for translation" in founder.text
    assert "40 rows would be frozen now" in founder.text


def test_the_preview_shows_each_row_and_finds_words_in_it(founder: Visit) -> None:
    filled(30)
    opened(founder)
    one = story.translations(30)[7]
    founder.widget("text_input", "datasets_rows_words").set_value(one.input_text).run()
    shown = founder.settle().text.replace("\\", "")
    assert one.input_text in shown
    assert one.corrected_text in shown
    assert one.output_text in shown
    assert "en → de" in shown
    assert "agency" in shown
    founder.widget("text_input", "datasets_rows_words").set_value("<nothing says this>").run()
    assert "No row says that" in founder.settle().text


def test_a_frozen_dataset_has_a_card_files_and_the_way_on(founder: Visit) -> None:
    filled(40)
    waited(opened(founder).click("datasets_freeze"))
    assert "This is dataset 1: 40 rows, frozen" in founder.text
    assert "Dataset 1** · 40 rows" in founder.text
    assert "by 6 visitors" in founder.text
    labels = {button.label for button in founder.app.get("download_button")}
    assert {"TRL", "LLaMA-Factory", "Axolotl", "Hugging Face datasets"} <= labels
    founder.click("datasets_frozen_train_")
    assert founder.app.session_state["learning_section"] == "Training"
    from pages.parts.wiring import house

    (frozen,) = datasets.datasets(house().database)
    assert founder.app.session_state["runs_dataset"] == frozen.dataset_id


def test_what_is_frozen_already_is_not_frozen_again(founder: Visit) -> None:
    filled(12)
    waited(opened(founder).click("datasets_freeze"))
    assert "Dataset 1 holds all 12 rows that there are now" in founder.text
    assert not founder.has_button("datasets_freeze")
    assert founder.button("datasets_frozen_train_").proto.type == "primary"


def test_what_was_left_out_is_told_with_what_to_do(founder: Visit) -> None:
    from pages.parts.wiring import house

    filled(12)
    people = story.visitors(house().database, 2, begin="later")
    story.corrected(house().database, Task.TRANSLATE, story.translations(15, seed=4)[12:], people, status="saved")
    opened(founder)
    assert "- **3** waiting for a verdict" in founder.text
    assert "give a verdict under Review" in founder.text


def test_who_changes_their_mind_is_told_on_the_dataset(founder: Visit) -> None:
    from pages.parts.wiring import desk, house

    filled(12)
    waited(opened(founder).click("datasets_freeze"))
    (frozen,) = datasets.datasets(house().database)
    visitor = datasets.rows(house().database, frozen.dataset_id)[0].visitor_id
    desk().forget_me(visitor)
    opened(founder)
    assert "2 gone" in founder.text
    assert "forgotten" in founder.text


def test_sample_rows_are_a_dataset_of_their_own_and_marked(founder: Visit) -> None:
    filled(12)
    filled(20, is_sample=True)
    opened(founder)
    assert "12 rows would be frozen" in founder.text
    founder.widget("segmented_control", "scope_data").set_value("Sample data").run()
    waited(founder)
    assert "20 rows would be frozen" in founder.text
    waited(founder.click("datasets_freeze"))
    assert "Dataset 1** · 20 rows :orange-badge" in founder.text


def test_whoever_has_only_the_sample_company_sees_it_at_once(founder: Visit) -> None:
    filled(20, is_sample=True)
    opened(founder)
    assert "20 rows would be frozen now**: 20 from visitors' corrections" in founder.text


def test_what_visitors_typed_is_shown_as_typed(founder: Visit) -> None:
    from pages.parts.wiring import house

    bad = "<script>alert(1)</script> **bold** :rainbow[x] [a](http://evil.example)"
    said = [story.Said(bad, "Hallo.", "Hallo <b>du</b>.", {"target": "de"})]
    story.corrected(house().database, Task.TRANSLATE, said, story.visitors(house().database, 1))
    opened(founder)
    markdown = "\n".join(one.value for one in founder.app.markdown)
    assert "\\<script\\>" in markdown
    assert "**bold**" not in markdown
    assert "](http" not in markdown


def test_a_reviewer_may_not_freeze(reviewer: Visit) -> None:
    reviewer.go("founder/learning")
    assert "founder only" in reviewer.text or not reviewer.has_button("datasets_freeze")
