"""Summaries in other words than the text's: corrected ones, and those of trained weights, shown only where proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.engines.base import Prompt
from core.engines.fake import FakeEncoder, FakeGenerator
from core.errors import EngineBusy, Stopped
from core.progress import Progress
from core.tasks.summarize import Summarize
from core.tasks.summary_words import WORDED_CHARACTERS, borne_out
from core.tasks.wordings import SUMMARY_VERSION, summary_prompt
from tests.core.recall_stories import Away, Memory, known
from tests.core.test_summarize import ARTICLE, DIALOGUE

FAITHFUL = "Ben orders a chocolate cake for twelve people. Ann says the cake costs 40 euros."


def trained(summary: str) -> Summarize:
    return Summarize(FakeEncoder(), FakeGenerator(lambda prompt: summary, name="tuned"))


def test_a_corrected_summary_is_shown_with_its_places_in_the_text() -> None:
    summary = Summarize(FakeEncoder()).summarize(DIALOGUE, recall=Memory({DIALOGUE: [known(DIALOGUE, FAITHFUL)]}))
    assert summary.text == FAITHFUL
    assert summary.origin.path == "memory"
    assert summary.is_dialogue
    assert [use.how for use in summary.origin.memory] == ["answer"]
    places = [DIALOGUE[span.start : span.end] for span in summary.sentences[0].source_spans]
    assert "The chocolate cake for twelve costs 40 euros." in places


@pytest.mark.parametrize(
    "invented",
    [
        "Ben orders a chocolate cake for 50 euros.",
        "Ben orders a cake for Carla.",
        "Ann does not sell chocolate cakes.",
        "Elephants dance well.",
    ],
)
def test_a_correction_that_goes_beyond_the_text_is_not_shown(invented: str) -> None:
    task = Summarize(FakeEncoder())
    found = task.summarize(DIALOGUE, recall=Memory({DIALOGUE: [known(DIALOGUE, invented)]}))
    assert found.note == "Your correction is not shown here: the text does not say what it says."
    assert replace(found, note="") == task.summarize(DIALOGUE)
    others = task.summarize(DIALOGUE, recall=Memory({DIALOGUE: [known(DIALOGUE, invented, is_own=False)]}))
    assert others == task.summarize(DIALOGUE)


def test_a_summary_of_a_near_text_is_not_used() -> None:
    task = Summarize(FakeEncoder())
    memory = Memory({DIALOGUE: [known(DIALOGUE + " ", FAITHFUL, 0.98)]})
    assert task.summarize(DIALOGUE, recall=memory) == task.summarize(DIALOGUE)
    assert task.summarize(ARTICLE, recall=Away()) == task.summarize(ARTICLE)


def test_trained_weights_word_the_summary_and_are_named() -> None:
    asked: list[Prompt] = []

    def write(prompt: Prompt) -> str:
        asked.append(prompt)
        return FAITHFUL

    summary = Summarize(FakeEncoder(), FakeGenerator(write, name="tuned")).summarize(DIALOGUE, "short", "points")
    assert summary.text == ("- Ben orders a chocolate cake for twelve people.\n- Ann says the cake costs 40 euros.")
    assert (summary.origin.path, summary.origin.weights_id) == ("worded", "tuned")
    assert summary.origin.prompt_version == SUMMARY_VERSION
    assert asked[0].messages == summary_prompt(DIALOGUE, "short")
    assert all(sentence.source_spans for sentence in summary.sentences)


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "Ben orders a cake for 50 euros.",
        "Ann orders a birthday cake and will pick up the cake on Friday.",
        "The two of them go on a holiday to the mountains together.",
        f"{FAITHFUL} They marry in Paris.",
    ],
)
def test_what_trained_weights_make_up_is_never_shown(wording: str) -> None:
    summary = trained(wording).summarize(DIALOGUE)
    assert summary == Summarize(FakeEncoder()).summarize(DIALOGUE)
    assert summary.origin.path == "extracted"


def test_a_text_that_the_weights_cannot_read_whole_is_not_given_to_them() -> None:
    generator = FakeGenerator()
    Summarize(FakeEncoder(), generator).summarize("The bakery sells bread to the town. " * (WORDED_CHARACTERS // 30))
    assert generator.prompts == []


def test_an_engine_that_fails_costs_only_the_wording_and_a_stop_is_heard() -> None:
    busy = Summarize(FakeEncoder(), FakeGenerator(error=EngineBusy(seconds=1.0)))
    assert busy.summarize(DIALOGUE).origin.path == "extracted"
    progress = Progress()
    progress.stop.set()
    with pytest.raises(Stopped):
        trained(FAITHFUL).summarize(DIALOGUE, progress=progress)


def test_places_are_those_of_the_text_as_it_was_given() -> None:
    text = "  Ann:  I sell \u00a0cakes here.\r\n\r\nBen: I want bread.\r\nAnn: Bread is sold out.\r\n"
    found = borne_out("Ann sells cakes. Ben wants bread.", text)
    assert found is not None
    assert [text[span.start : span.end] for span in found[0].source_spans] == ["I sell \u00a0cakes here."]
