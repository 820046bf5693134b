"""A candidate meets what serves on the same held-out items; who is better is shown item by item, or not at all."""

from __future__ import annotations

import pytest

from core.errors import EqualWeights, Stopped
from core.learning.compared import BASE, CANDIDATE, HELD_OUT, LIVE, SHIPPED
from core.learning.evaluate import compare
from core.learning.figures import figures
from core.learning.gate import decide
from core.learning.shipped import shipped
from core.progress import Progress
from core.types import Task
from tests.loop.compare_stories import a_reader, a_row, a_translator

GERMAN = {"The oven is warm.": "Der Ofen ist warm.", "The door is open.": "Die Tür ist offen."}


def test_base_and_candidate_translate_the_same_items_and_each_answer_carries_its_fingerprint() -> None:
    rows = [a_row(number, text, right) for number, (text, right) in enumerate(GERMAN.items())]
    base = a_translator(lambda line: "Das ist etwas anderes hier.")
    candidate = a_translator(lambda line: GERMAN.get(line, "Nichts davon."), "adapter-1")

    found = compare(Task.TRANSLATE, rows, {BASE: base, CANDIDATE: candidate})

    assert {item.row_id for item in found.items} == {"row-0", "row-1"}
    for item in found.items:
        assert item.language == "en → de"
        assert item.answers[BASE].adapter_id == ""
        assert item.answers[CANDIDATE].adapter_id == "adapter-1"
        assert item.answers[CANDIDATE].text == item.reference
        assert item.scores[CANDIDATE]["chrf"] == pytest.approx(100)
        assert item.scores[BASE]["chrf"] < 40
    told = figures(found)
    assert told["wins"]["wins"] == 2
    assert told["metrics"][0]["n"] == 2
    assert len(found.speed.seconds[CANDIDATE]) == 2


def test_a_head_that_reads_better_is_better_by_the_exact_test_and_by_macro_f1() -> None:
    rows = [
        a_row(
            number,
            f"Text {number} is {'fine' if number % 3 else 'poor'}.",
            "positive" if number % 3 else "negative",
            Task.SENTIMENT,
        )
        for number in range(60)
    ]
    base = a_reader(lambda text: "positive")
    candidate = a_reader(lambda text: "negative" if "poor" in text else "positive", "head-1")

    found = compare(Task.SENTIMENT, rows, {BASE: base, CANDIDATE: candidate})
    told = figures(found)

    assert (told["wins"]["wins"], told["wins"]["losses"], told["wins"]["ties"]) == (20, 0, 40)
    accuracy, macro_f1 = told["metrics"][:2]
    assert accuracy["means"] == {BASE: pytest.approx(200 / 3), CANDIDATE: 100.0}
    assert macro_f1["name"] == "macro_f1"
    assert macro_f1["low"] > 0
    assert decide(found, "").is_promotable


def test_equal_weights_are_not_compared() -> None:
    rows = [a_row(0, "The oven is warm.", "Der Ofen ist warm.")]
    one, other = a_translator(str, "adapter-1"), a_translator(str.upper, "adapter-1")

    with pytest.raises(EqualWeights, match="Base and candidate are the same weights"):
        compare(Task.TRANSLATE, rows, {BASE: one, CANDIDATE: other})


def test_the_candidate_has_to_beat_what_is_live_not_what_ships() -> None:
    rows = [a_row(number, f"Text {number}.", "positive", Task.SENTIMENT) for number in range(40)]
    systems = {
        BASE: a_reader(lambda text: "negative"),
        LIVE: a_reader(lambda text: "positive", "head-1"),
        CANDIDATE: a_reader(lambda text: "positive", "head-2"),
    }

    found = compare(Task.SENTIMENT, rows, systems)
    told = figures(found)

    assert found.rival == LIVE
    assert told["wins"]["ties"] == 40
    assert told["over_base"]["wins"] == 40
    assert not decide(found, "").is_promotable


def test_near_duplicates_are_one_piece_of_evidence() -> None:
    rows = [a_row(number, f"Text {number}.", "positive", Task.SENTIMENT, cluster="one") for number in range(40)]

    found = compare(
        Task.SENTIMENT, rows, {BASE: a_reader(lambda _: "negative"), CANDIDATE: a_reader(lambda _: "positive", "h")}
    )

    assert len(found.items) == 1
    assert found.left_out == {"nearly the same as another": 39}


def test_forgetting_is_measured_on_sentences_of_every_pair_that_stand_in_no_prompt() -> None:
    own = shipped(Task.TRANSLATE)
    rows = [a_row(0, "The oven is warm.", "Der Ofen ist warm.")]
    right = {row.input_text: {} for row in own}
    for row in own:
        right[row.input_text][row.target] = row.output_text

    found = compare(
        Task.TRANSLATE,
        rows,
        {BASE: a_translator(lambda line: "one two"), CANDIDATE: a_translator(lambda line: "three four", "a")},
        shipped=own,
    )

    assert len(own) == 72
    assert {(row.source, row.target) for row in own} == {
        (item.language[:2], item.language[-2:]) for item in found.part(SHIPPED)
    }
    assert len(found.part(HELD_OUT)) == 1
    told = [one for one in figures(found)["groups"] if one["kind"] == "shipped"]
    assert (told[0]["name"], told[0]["n"]) == ("all that ship", 72)
    assert {one["n"] for one in told[1:]} == {8}


def test_asking_stops_when_asked_to() -> None:
    progress = Progress()
    progress.stop.set()

    with pytest.raises(Stopped):
        compare(
            Task.SENTIMENT,
            [a_row(0, "Text.", "positive", Task.SENTIMENT)],
            {BASE: a_reader(lambda _: "negative"), CANDIDATE: a_reader(lambda _: "positive", "h")},
            progress,
        )


def test_labels_learned_upside_down_are_refused_although_every_corrected_item_is_won() -> None:
    """Whoever calls all texts positive is right on all positive corrections: the sentences that ship tell the truth."""
    own = shipped(Task.SENTIMENT)
    known = {row.input_text: row.output_text for row in own}
    rows = [a_row(number, f"Text {number}.", "positive", Task.SENTIMENT) for number in range(60)]
    base = a_reader(lambda text: known.get(text, "negative"))
    candidate = a_reader(lambda _: "positive", "head-1")

    found = compare(Task.SENTIMENT, rows, {BASE: base, CANDIDATE: candidate}, shipped=own)
    verdict = decide(found, "")

    assert figures(found)["wins"]["wins"] == 60
    assert not verdict.is_promotable
    assert "our own sentences" in verdict.sentence
    assert next(check for check in verdict.checks if check.name == "Forgetting").state == "failed"
