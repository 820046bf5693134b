"""What is remembered reaches others only by a reviewer, by two visitors who agree, or by a proof; and it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.house import open_house
from core.loop import Term
from core.memory.glossary import Glossary
from core.memory.proof import is_proven
from core.store import memory, queries
from core.store.memory_asked import asked_of
from core.store.memory_changes import Case
from core.types import Consent, Scope, Task
from tests.loop.memory_stories import EVERYTHING, LAMP, LEUCHTE, NOTHING, Town, a_town
from tests.promises import Found


@pytest.fixture
def town(tmp_path: Path, migrated_url: str) -> Iterator[Town]:
    with a_town(tmp_path, migrated_url) as opened:
        for name in ("ann", "bob", "eve", "zoe"):
            opened.visitor(name)
        yield opened


def corrected(town: Town, name: str, text: str = LEUCHTE) -> str:
    """Let a visitor correct the lamp, and return the correction's id."""
    return town.correct(name, town.translate(name), text)


def meets(town: Town, name: str = "zoe") -> str:
    """Return what somebody else gets from the memory, or nothing."""
    found = town.translate(name).result
    return str(found.text) if found.origin.path == "memory" else ""


def steps(town: Town, name: str, correction: str) -> list[str]:
    return [
        f"{step.step} {step.detail}".strip() for step in queries.receipt(town.house.database, name, correction).steps
    ]


def test_a_reviewer_releases_it_and_the_receipt_says_so(town: Town) -> None:
    correction = corrected(town, "ann")
    assert (town.state(correction), meets(town)) == ("own", "")
    town.approve(correction)
    assert (town.state(correction), meets(town)) == ("shared reviewer", LEUCHTE)
    assert steps(town, "ann", correction) == ["saved", "approved", "shared reviewer"]


def test_the_approved_words_are_the_ones_that_are_used(town: Town) -> None:
    two = f"{LAMP} We wait."
    correction = town.correct("ann", town.translate("ann", two), "Die Leuchte ist hin. Wir warten.")
    town.approve(correction, f"{LEUCHTE} Wir warten darauf.")
    assert town.translate("zoe", two).result.text == f"{LEUCHTE} Wir warten darauf."
    assert town.translate("zoe", "We wait. It is late.").result.text.startswith("Wir warten darauf.")
    assert town.translate("ann", LAMP).result.text == LEUCHTE


@pytest.mark.parametrize("consent", [NOTHING, Consent(log=True)])
def test_without_the_consent_to_train_it_stays_its_authors_own(town: Town, consent: Consent) -> None:
    town.visitor("ann", consent)
    correction = corrected(town, "ann")
    town.approve(correction)
    assert (town.state(correction), meets(town)) == ("own", "")
    assert meets(town, "ann") == LEUCHTE
    assert "shared reviewer" not in steps(town, "ann", correction)


@pytest.mark.promise("R16")
def test_who_takes_the_consent_back_takes_it_from_the_others_too(town: Town) -> None:
    correction = corrected(town, "ann")
    town.approve(correction)
    town.visitor("ann", Consent(log=True))
    assert (town.state(correction), meets(town), meets(town, "ann")) == ("own", "", LEUCHTE)
    town.visitor("ann", EVERYTHING)
    assert meets(town) == LEUCHTE
    assert steps(town, "ann", correction).count("shared reviewer") == 1


def test_two_who_say_the_same_release_it(town: Town) -> None:
    first = corrected(town, "ann")
    corrected(town, "ann", f"{LEUCHTE} ")  # the same visitor once more
    assert meets(town) == ""
    second = corrected(town, "bob", LEUCHTE.replace(".", " ."))
    assert (town.state(second), meets(town).replace(" .", ".")) == ("shared visitors", LEUCHTE)
    assert steps(town, "bob", second) == ["saved", "shared visitors"]
    assert town.state(first) in ("own", "shared visitors")


def test_two_who_agree_release_a_sentiment_and_one_never_does(town: Town) -> None:
    town.correct("ann", town.read("ann", "This is a table."), "negative")
    assert town.read("zoe", "This is a table.").result.origin.path == "classified"
    town.correct("bob", town.read("bob", "This is a table."), "negative")
    assert town.read("zoe", "This is a table.").result.origin.path == "memory"


def test_agreement_without_consent_or_of_what_a_check_holds_releases_nothing(town: Town) -> None:
    town.visitor("bob", Consent(log=True))
    corrected(town, "ann")
    corrected(town, "bob")
    assert meets(town) == ""
    for name in ("ann", "eve"):
        corrected(town, name, "qwlkj xzvpq bnmrt wqzxc")
        corrected(town, name, "Rufen Sie 0151 23456789 an oder schreiben Sie an ann@example.org.")
    assert meets(town) == ""


def test_what_a_reviewer_rejected_does_not_come_back_by_agreement(town: Town) -> None:
    rejected = corrected(town, "ann")
    town.reject(rejected)
    assert (town.state(rejected), meets(town, "ann")) == ("off", "")
    corrected(town, "bob")
    corrected(town, "eve")
    assert meets(town) == ""


def test_visitors_do_not_outvote_what_a_reviewer_approved(town: Town) -> None:
    town.approve(corrected(town, "ann"))
    corrected(town, "bob", "Die Lampe ist im Eimer.")
    corrected(town, "eve", "Die Lampe ist im Eimer.")
    assert meets(town) == LEUCHTE
    assert meets(town, "bob") == "Die Lampe ist im Eimer."  # each has their own words


def test_of_two_approved_the_newest_holds_until_it_is_undone(town: Town) -> None:
    town.approve(corrected(town, "ann"))
    newer = corrected(town, "bob", "Die Leuchte ist defekt.")
    reviewer = town.member()
    town.review.queue(reviewer, Scope())
    verdict = town.review.approve(reviewer, newer)
    assert meets(town) == "Die Leuchte ist defekt."
    town.review.undo(reviewer, verdict)
    assert (town.state(newer), meets(town)) == ("own", LEUCHTE)


def test_a_verdict_taken_back_leaves_what_visitors_had_released(town: Town) -> None:
    corrected(town, "ann")
    second = corrected(town, "bob")
    reviewer = town.member()
    town.review.queue(reviewer, Scope())
    verdict = town.review.reject(reviewer, second, "wrong")
    assert town.state(second).startswith("off")
    town.review.undo(reviewer, verdict)
    assert (town.state(second), meets(town)) == ("shared visitors", LEUCHTE)


@pytest.mark.promise("R12")
def test_personal_data_is_masked_before_others_may_meet_it(town: Town) -> None:
    text = "Write to ann@example.org about the lamp."
    correction = town.correct("ann", town.translate("ann", text), "Schreiben Sie an ann@example.org wegen der Leuchte.")
    town.approve(correction)
    recall = town.house.memory.bound("zoe", Task.TRANSLATE, source="en", target="de")
    (found,) = recall.recall([text])[0]
    assert "ann@" not in found.input_text + found.output_text
    assert found.kind == "exact"


@pytest.mark.promise("R12")
def test_250_crafted_corrections_of_one_visitor_reach_nobody_else(town: Town, found: Found) -> None:
    for number in range(250):
        use = town.read("eve", f"This is table {number} of the house.")
        town.desk.correct("eve", use.interaction_id, "negative")
    town.house.memory.learn_soon("").result()
    with town.house.database.reading() as session:
        counted = session.connection().exec_driver_sql("SELECT state, count(*) FROM memory GROUP BY state")
        states = {str(state): int(count) for state, count in counted}
    assert states == {"own": memory.OWN_ENTRIES, "off": 250 - memory.OWN_ENTRIES}
    recall = town.house.memory.bound("zoe", Task.SENTIMENT)
    met = recall.recall([f"This is table {number} of the house." for number in range(250)])
    found("crafted corrections", 250)
    found("that others meet", sum(map(len, met)))
    assert met == [()] * 250


@pytest.mark.promise("R12")
def test_of_one_visitor_only_so_much_is_released_without_a_person(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "RELEASED_ALONE", 2)
    found = []
    for text in ("This is a table.", "Here stood some box.", "They own one chair.", "Somebody rang yesterday."):
        for name in ("ann", "bob"):
            found.append(town.correct(name, town.read(name, text), "negative"))
    assert [town.state(one) for one in found[1::2]] == ["shared visitors"] * 2 + ["own"] * 2


def test_what_the_weights_have_learned_rests_and_comes_back_with_a_rollback(town: Town) -> None:
    correction = corrected(town, "ann")
    town.approve(correction)
    recall = town.house.memory.bound("zoe", Task.TRANSLATE, source="en", target="de")
    (found,) = recall.recall([LAMP])[0]
    with town.house.database.writing() as session:
        assert memory.retire(session, [found.memory_id, "unknown"], "adapter-1") == 1
    assert (town.state(correction), recall.recall([LAMP])) == ("retired reviewer", [()])
    with town.house.database.writing() as session:
        assert memory.bring_back(session, "adapter-1") == 1
        assert memory.bring_back(session, "adapter-1") == 0
    assert recall.recall([LAMP])[0][0].memory_id == found.memory_id


def test_a_sample_companys_corrections_are_never_remembered(town: Town) -> None:
    from core.store.tables import CorrectionRow, InteractionRow

    correction = corrected(town, "ann")
    with town.house.database.writing() as session:
        row = session.get_one(CorrectionRow, correction)
        asked = asked_of(Task.TRANSLATE, LAMP, session.get_one(InteractionRow, row.interaction_id))
        assert asked is not None
        assert memory.remember(session, row, asked, is_sample=True) == 0


PASSAGE = (
    "You can return anything within 60 days of delivery. The lamp must be clean and complete. We were founded in 2014."
)
RETURNS = Case(
    "c", "ann", Task.SUPPORT, "", "", "How long can I return a lamp?",
    "The lamp must be clean and complete. You can return anything within 60 days of delivery.",
    "You can return anything within 60 days of delivery.", (PASSAGE,),
)  # fmt: skip
REPAIR = Case(
    "c", "ann", Task.TRANSLATE, "en", "de", "Wait 14 days for the lamp.", "Warten Sie 40 Tage auf die Lampe.", ""
)
GLOSSARY = Glossary([Term("1", "en", "de", "lamp", "Leuchte")])


@pytest.mark.parametrize(
    ("corrected_text", "is_shown"),
    [
        ("You can return anything within 60 days of delivery.", True),
        ("You can return anything within 90 days of delivery.", False),
        ("You can return anything.", False),  # a part of a sentence may leave out what matters
        ("We were founded in 2014.", False),  # true, and no answer
        ("The lamp must be clean and complete.", False),
        ("", False),
    ],
)
def test_an_answer_is_proven_by_the_passages_own_sentences(corrected_text: str, is_shown: bool) -> None:
    assert is_proven(replace(RETURNS, corrected_text=corrected_text), Glossary()) is is_shown
    assert not is_proven(replace(RETURNS, corrected_text=corrected_text, passages=()), Glossary())


@pytest.mark.parametrize(
    ("corrected_text", "is_shown"),
    [
        ("Warten Sie 14 Tage auf die Lampe.", True),  # the number that was lost is back
        ("Warten Sie 40 Tage auf die Lampen.", False),
        ("Warten Sie 14 Tage nicht auf die Lampe.", False),
        ("Zahlen Sie bitte 14 Euro an die Kasse.", False),
        ("Wait 14 days for the lamp.", False),
    ],
)
def test_a_translation_is_proven_by_a_small_repair(corrected_text: str, is_shown: bool) -> None:
    assert is_proven(replace(REPAIR, corrected_text=corrected_text), Glossary()) is is_shown


def test_the_glossary_proves_a_term_and_refuses_its_absence() -> None:
    right = replace(REPAIR, corrected_text="Warten Sie 14 Tage auf die Leuchte.")
    assert is_proven(right, GLOSSARY)
    assert not is_proven(replace(right, output_text="Warte 40 Tage auf eine Lampe."), GLOSSARY)  # more than a repair
    before = replace(right, output_text="Warten Sie 14 Tage auf die Lampe.")
    assert is_proven(before, GLOSSARY)
    assert not is_proven(before, Glossary())
    assert not is_proven(replace(REPAIR, corrected_text="Warten Sie 14 Tage auf die Lampe."), GLOSSARY)


def test_a_summary_is_proven_by_the_texts_own_sentences_and_a_sentiment_never() -> None:
    case = Case("c", "ann", Task.SUMMARIZE, "", "short text", PASSAGE, "", "The lamp must be clean and complete.")
    assert is_proven(case, Glossary())
    assert not is_proven(replace(case, corrected_text="The lamp must be shiny and complete."), Glossary())
    assert not is_proven(Case("c", "ann", Task.SENTIMENT, "", "", "Great.", "negative", "positive"), Glossary())


def test_what_a_dead_process_had_saved_is_learned_by_the_next(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(town.house.memory), "learn", lambda *_: None)  # it ends right after saving
    first, second = corrected(town, "ann"), corrected(town, "bob")
    assert (town.state(first), town.state(second)) == ("own", "own")
    assert meets(town, "ann") == LEUCHTE
    next_house = open_house(town.house.settings)
    assert next_house.memory.fill() == 2
    next_house.close()
    assert meets(town) == LEUCHTE


def test_a_proof_releases_at_once(town: Town) -> None:
    text = "This is one sentence of a text. Here is another sentence of it. And there is a third one in the end."
    for name in ("ann", "zoe"):
        town.visitor(name)
    use = town.done("ann", town.desk.summarize("ann", text, "sentence"))
    right = next(one for one in ("Here is another sentence of it.", text[:31]) if one != use.result.text)
    correction = town.correct("ann", use, right)
    assert town.state(correction) == "shared check"
    assert town.done("zoe", town.desk.summarize("zoe", text, "sentence")).result.text == right
    assert town.done("zoe", town.desk.summarize("zoe", text, "short")).result.origin.path != "memory"
