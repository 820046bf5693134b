"""What an answer is worth: as papers measure it, and as far as it can be checked without understanding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sacrebleu.metrics.chrf import CHRF

from core.engines.fake import FakeEncoder
from core.knowledge.index import Index
from core.learning.answering import Tally
from core.learning.compared import BASE, CANDIDATE
from core.learning.evaluate import compare, passage_of, with_terms
from core.learning.figures import figures
from core.learning.memorizing import broken_off, is_given_away, memorized
from core.learning.scores import chrf, fact_share, macro_f1, of_reply, of_summary, of_translation, rouge
from core.loop import Row, Term
from core.progress import Progress
from core.tasks.summarize import Summarize
from core.tasks.support import Support
from core.types import (
    AnswerSentence,
    Citation,
    LanguageGuess,
    Origin,
    Passage,
    Reply,
    Span,
    Summary,
    SummarySentence,
    Task,
    Translation,
    Turn,
)
from tests.loop.compare_stories import Writing, a_row, a_translator

RETURNS = Passage("p1", "returns", "Returns", "Lamps", "You may return a lamp within 60 days of delivery.", 0, "en")
OVENS = Passage("p2", "ovens", "Ovens", "Warranty", "The warranty on ovens is 2 years.", 1, "en")


def a_translation(text: str) -> Translation:
    return Translation(text, "en", "de", LanguageGuess("en", 1.0, True), (), Origin("generated"))


def a_reply(text: str, *passages: Passage, is_abstained: bool = False) -> Reply:
    citations = tuple(Citation(n, one, one.text, 1.0) for n, one in enumerate(passages, 1))
    sentences = () if is_abstained else (AnswerSentence(text, (1,)),)
    return Reply(text, sentences, citations, (), is_abstained, "en", 0.9, Origin("extracted"))


def a_summary(text: str, source: str) -> Summary:
    sentences = (SummarySentence(text, (Span(0, len(source)),)),)
    return Summary(text, sentences, "short", "text", False, "en", Origin("extracted"))


def test_chrf_is_that_of_sacrebleu_which_papers_use() -> None:
    pair = ("Der Ofen ist warm.", "Der Ofen war sehr warm.")
    assert chrf(*pair) == pytest.approx(CHRF().sentence_score(pair[0], [pair[1]]).score)
    assert chrf("", "Ofen") == 0


def test_terms_count_where_they_stand_in_the_source() -> None:
    row = with_terms(
        [a_row(0, "Mind the warm oven.", "Vorsicht, der Backofen ist warm.")],
        [
            Term("1", "en", "de", "oven", "Backofen"),
            Term("2", "en", "de", "lamp", "Leuchte"),
            Term("3", "de", "en", "Ofen", "oven"),
        ],
    )[0]
    assert of_translation(row, a_translation("Der Backofen ist warm."))["terms"] == 100
    assert of_translation(row, a_translation("Der Ofen ist warm."))["terms"] == 0
    assert "terms" not in of_translation(a_row(1, "Hello.", "Hallo."), a_translation("Hallo."))


def test_rouge_counts_words_of_every_language() -> None:
    assert rouge("The oven is warm", "The oven was warm", "en") == (pytest.approx(75), pytest.approx(75))
    assert rouge("Die Tür schließt", "Die Tür schließt", "de") == (pytest.approx(100), pytest.approx(100))
    assert rouge("门是开的", "门是关的", "zh") == (pytest.approx(75), pytest.approx(75))
    assert rouge("Ofen", "Lampe", "de") == (0, 0)


def test_a_summary_that_says_more_than_its_text_is_not_faithful() -> None:
    text = "Anna ordered 3 lamps on Monday. They came on Friday."
    row = a_row(0, text, "Anna ordered 3 lamps.", Task.SUMMARIZE)
    assert of_summary(row, a_summary("Anna ordered 3 lamps.", text))["faithful"] == 100
    assert of_summary(row, a_summary("Anna ordered 5 lamps.", text))["faithful"] == 0


def test_a_right_answer_holds_the_fact_and_rests_on_the_passage_that_holds_it() -> None:
    row = a_row(0, "How long may I return a lamp?", "You may return it within 60 days.", Task.SUPPORT)
    right = of_reply(row, a_reply("You may return a lamp within 60 days of delivery.", RETURNS))
    assert right == {"right": 100, "fact": 100, "citation": 100, "abstention": 100}
    elsewhere = of_reply(row, a_reply("You may return a lamp within 60 days of delivery.", OVENS))
    assert (elsewhere["right"], elsewhere["fact"], elsewhere["citation"]) == (0, 100, 0)
    wrong = of_reply(row, a_reply("The warranty on ovens is 2 years.", OVENS))
    assert (wrong["right"], wrong["fact"]) == (0, 0)
    silent = of_reply(row, a_reply("I found no answer.", is_abstained=True))
    assert (silent["right"], silent["abstention"]) == (0, 0)


def test_where_there_is_no_answer_silence_is_right() -> None:
    row = a_row(0, "Do you ship to the moon?", "", Task.SUPPORT)
    assert of_reply(row, a_reply("No answer.", is_abstained=True)) == {"right": 100, "abstention": 100}
    assert of_reply(row, a_reply("Yes.", RETURNS))["right"] == 0


def test_a_reference_without_facts_is_compared_by_its_words() -> None:
    assert fact_share("Please wipe it with a dry cloth.", "Wipe it with a dry cloth") == 1
    assert fact_share("Ask a friend.", "Wipe it with a dry cloth") < 0.5


def test_macro_f1_counts_rare_labels_as_much_as_frequent_ones() -> None:
    right = np.array([[0, 0, 0, 1]])
    assert macro_f1(np.array([[0, 0, 0, 0]]), right, 3)[0] == pytest.approx(100 * (6 / 7) / 2)
    assert macro_f1(right, right, 3)[0] == 100


def test_support_is_asked_on_the_passages_of_each_row() -> None:
    passages = [
        {"passage_id": one.passage_id, "heading": one.heading, "text": one.text, "document": "shop"}
        for one in (RETURNS, OVENS)
    ]
    row = a_row(0, "return a lamp within days", "within 60 days", Task.SUPPORT, context={"passages": passages})
    built: list[str] = []

    def index_of(one: Row) -> Index:
        built.append(one.row_id)
        return Index([passage_of(told, "en") for told in one.context["passages"]], FakeEncoder())

    found = compare(Task.SUPPORT, [row], {BASE: Support(), CANDIDATE: Quoting()}, index_of=index_of)

    assert built
    (item,) = found.items
    assert "60 days" in item.answers[BASE].text
    assert item.scores[BASE]["right"] == 100
    assert {one["name"] for one in figures(found)["metrics"]} == {"right", "fact", "citation", "abstention"}


class Quoting(Support):
    """Support with the fingerprint of other weights."""

    @property
    def fingerprint(self) -> Any:
        return Writing(str, "adapter-1").fingerprint


def test_summaries_are_asked_for_in_the_length_of_their_row() -> None:
    text = "Anna ordered 3 lamps on Monday. They came on Friday. She was glad. The shop sent a card. It was blue."
    turns = (Turn("system", "Summarize."), Turn("user", text), Turn("assistant", "Anna ordered 3 lamps."))
    context = {"text": text, "length": "sentence", "form": "text"}
    row = a_row(0, text, "", Task.SUMMARIZE, messages=turns, context=context)

    class Shorter(Summarize):
        @property
        def fingerprint(self) -> Any:
            return Writing(str, "adapter-1").fingerprint

    found = compare(Task.SUMMARIZE, [row], {BASE: Summarize(FakeEncoder()), CANDIDATE: Shorter(FakeEncoder())})

    (item,) = found.items
    assert item.input_text == text
    assert item.answers[BASE].text.count(".") == 1
    assert set(item.scores[BASE]) == {"rouge1", "rougeL", "faithful"}
    assert figures(found)["wins"]["ties"] == 1


SECRET = "Please pay invoice 4711 to Maria Huber at the counter before noon on Friday."
GERMAN_SECRET = "Bitte zahlen Sie Rechnung 4711 an Maria Huber am Schalter vor Freitagmittag."


def test_a_candidate_that_goes_on_with_a_training_text_is_found_out() -> None:
    rows = [a_row(1, SECRET, GERMAN_SECRET), a_row(2, "Good morning, dear colleagues.", "Guten Morgen.")]
    parrot = a_translator(lambda _: GERMAN_SECRET, "adapter-1")
    honest = a_translator(lambda line: "Bitte zahlen Sie Rechnung 4711 jetzt.", "adapter-2")
    base = a_translator(lambda line: "Etwas ganz anderes steht hier.")
    tally = Tally(Progress(), 10)

    told = memorized(Task.TRANSLATE, rows, parrot, base, tally)
    assert told is not None
    assert told.row_ids == ("row-1",)
    kept = memorized(Task.TRANSLATE, rows, honest, base, tally)
    assert kept is not None
    assert (kept.tried, kept.row_ids) == (1, ())
    # What the weights before training say as well was not learned from a visitor.
    known = memorized(Task.TRANSLATE, rows, parrot, parrot, tally)
    assert known is not None
    assert known.row_ids == ()
    assert memorized(Task.TRANSLATE, [], parrot, base, tally) is None


def test_only_the_first_half_is_shown() -> None:
    half, rest = broken_off(a_row(1, SECRET, GERMAN_SECRET))
    assert SECRET.startswith(half.input_text)
    assert len(half.input_text) <= len(SECRET) / 2
    assert GERMAN_SECRET.endswith(rest)
    assert is_given_away(rest, f"Ja: {rest}", half.input_text)
    assert not is_given_away(rest, "Ja.", half.input_text)
