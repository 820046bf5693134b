"""A correction is known to the very next answer, to its author alone until it may be shared."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.house import open_house
from core.loop import Recalled
from core.memory import recollection
from core.memory.keys import input_key, normalized, output_key, shape
from core.memory.nearness import ENGLISH, MULTILINGUAL, reader_of
from core.memory.pairs import SENTENCES_AT_MOST, pairs_of
from core.memory.recollection import Memory
from core.store import memory, memory_changes, queries
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.tables import Table
from core.types import Consent, Task
from tests.loop.memory_stories import EVERYTHING, LAMP, LEUCHTE, NOTHING, Broken, Town, a_town


@pytest.fixture
def town(tmp_path: Path, migrated_url: str) -> Iterator[Town]:
    with a_town(tmp_path, migrated_url) as opened:
        yield opened


def rows(town: Town) -> int:
    with town.house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(MemoryRow)) or 0


@pytest.mark.parametrize("consent", [EVERYTHING, NOTHING, Consent(log=True), Consent(train=True)])
def test_the_next_answer_is_the_correction_whatever_its_author_allows(town: Town, consent: Consent) -> None:
    town.visitor("ann", consent)
    first = town.translate("ann")
    assert first.result.origin.path == "generated"
    town.correct("ann", first, LEUCHTE)
    again = town.translate("ann", f"  {LAMP} ")
    assert (again.result.text.strip(), again.result.origin.path) == (LEUCHTE, "memory")
    read = town.read("ann", "This is a table.")
    town.correct("ann", read, "negative")
    assert town.read("ann", "this is  a table.").result.label == "negative"


def test_nobody_else_meets_it(town: Town) -> None:
    for name in ("ann", "bob"):
        town.visitor(name)
    town.correct("ann", town.translate("ann"), LEUCHTE)
    other = town.translate("bob").result
    assert (other.origin.path, other.origin.memory) == ("generated", ())


def test_another_language_is_another_question(town: Town) -> None:
    town.visitor("ann")
    town.correct("ann", town.translate("ann"), LEUCHTE)
    assert town.translate("ann", target="fr").result.origin.memory == ()
    assert town.translate("ann", source="nl").result.origin.memory == ()
    assert town.translate("ann", source="", target="de-AT").result.text == LEUCHTE


def test_a_word_of_two_languages_is_told_apart() -> None:
    keys = {input_key(Task.TRANSLATE, source, "fr", "Gift") for source in ("en", "de", "")}
    assert len(keys) == 3


def test_the_sentences_of_a_translation_are_known_alone(town: Town) -> None:
    town.visitor("ann")
    text = f"{LAMP} We wait."
    town.correct("ann", town.translate("ann", text), f"{LEUCHTE} Wir warten.")
    mixed = town.translate("ann", "We wait. It is late.").result
    assert mixed.text.startswith("Wir warten.")
    assert [use.how for use in mixed.origin.memory] == ["answer"]


def test_sentences_are_paired_only_where_both_sides_have_as_many() -> None:
    def units(text: str, right: str) -> list[str]:
        return [pair.unit for pair in pairs_of(Task.TRANSLATE, "en", "de", text, right)]

    assert units("One. Two.", "Eins. Zwei.") == ["text", "sentence", "sentence"]
    assert units("One. Two.", "Eins und zwei.") == ["text"]
    assert units("One.", "Eins.") == ["text"]
    assert units("One. Two.", f"Eins. {'Sehr lang ' * 20}.") == ["text", "sentence"]
    many = "One is here. " * (SENTENCES_AT_MOST + 1)
    assert units(many, many.replace("One", "Eins")) == ["text"]


def test_a_sentiment_that_is_none_is_not_remembered(town: Town) -> None:
    town.visitor("ann")
    town.correct("ann", town.read("ann", "This is a table."), "rather nice, I think")
    assert rows(town) == 0
    assert town.read("ann", "This is a table.").result.label == "neutral"


def test_tables_and_files_are_not_remembered(town: Town) -> None:
    for name, consent in (("ann", EVERYTHING), ("bob", NOTHING)):
        town.visitor(name, consent)
        table = town.done(name, town.desk.read_table(name, Table(("text",), (("good",), ("bad",))), "text"))
        town.correct(name, table, "2 positive")
        file = town.done(name, town.desk.translate_file(name, "a.txt", b"The lamp is broken.", "de", "en"))
        town.correct(name, file, LEUCHTE)
    assert rows(town) == 0


def test_what_is_replaced_or_taken_back_is_used_no_more(town: Town) -> None:
    town.visitor("ann")
    first = town.translate("ann")
    replaced = town.correct("ann", first, "Die Lampe geht nicht.")
    standing = town.correct("ann", first, LEUCHTE)
    assert town.translate("ann").result.text == LEUCHTE
    assert town.state(replaced) == "off"
    town.desk.withdraw_correction("ann", standing)
    assert town.translate("ann").result.origin.path == "generated"
    with town.house.database.reading() as session:
        kept = session.scalars(select(MemoryRow).where(MemoryRow.correction_id == standing)).one()
        assert (kept.input_text, kept.output_text, kept.input_key, kept.vector) == ("", "", "", None)


def test_the_newest_of_ones_own_holds(town: Town) -> None:
    town.visitor("ann")
    town.correct("ann", town.translate("ann"), "Die Lampe geht nicht.")
    town.correct("ann", town.translate("ann"), LEUCHTE)
    assert town.translate("ann").result.text == LEUCHTE


def test_saving_survives_without_an_encoder_and_is_learned_later(town: Town) -> None:
    town.visitor("ann")
    read = town.house.memory._encoders
    encoders = dict(read)
    read.update(dict.fromkeys(read, Broken()))
    town.correct("ann", town.translate("ann"), LEUCHTE)
    assert town.translate("ann").result.text == LEUCHTE
    read[ENGLISH] = encoders[ENGLISH]  # the other one is still away, and not needed
    assert town.house.memory.fill() == 1
    assert town.house.memory.fill() == 0


def test_no_encoder_is_opened_for_an_empty_memory(town: Town) -> None:
    town.house.memory._encoders.update(dict.fromkeys((ENGLISH, MULTILINGUAL), Broken()))
    assert town.house.memory.fill() == 0
    assert town.house.memory.bound("ann", Task.SENTIMENT).recall(["Good."]) == [()]


def test_a_near_input_is_found_with_its_similarity_once_it_was_read(town: Town) -> None:
    town.visitor("ann")
    town.correct("ann", town.translate("ann", "The green lamp in the hall is broken again."), "Die grüne Leuchte.")
    recall = town.house.memory.bound("ann", Task.TRANSLATE, source="en", target="de")
    near, far = recall.recall(["The green lamp in the hall is broken today.", "Nothing of the kind was said."])
    assert [(one.kind, one.is_own, one.output_text) for one in near] == [("near", True, "Die grüne Leuchte.")]
    assert 0.7 < near[0].similarity < 1
    assert far == ()
    assert town.house.memory.bound("bob", Task.TRANSLATE, target="de").recall([near[0].input_text]) == [()]


def test_only_the_encoder_of_a_texts_language_is_asked(town: Town) -> None:
    assert reader_of("The lamp is broken and I want a new one.") == ENGLISH
    assert reader_of("Die Lampe ist kaputt und ich möchte eine neue.") == MULTILINGUAL
    assert reader_of("whatever", "zh") == MULTILINGUAL
    town.visitor("ann")
    town.correct("ann", town.translate("ann"), LEUCHTE)
    town.house.memory._encoders[MULTILINGUAL] = Broken()
    recall = town.house.memory.bound("ann", Task.TRANSLATE, source="de", target="de")
    assert recall.recall(["Die Lampe ist kaputt."]) == [()]


def test_another_process_sees_what_was_corrected_and_what_was_forgotten(town: Town) -> None:
    second = open_house(town.house.settings)
    try:
        recall = second.memory.bound("ann", Task.TRANSLATE, source="en", target="de")
        assert recall.recall([LAMP]) == [()]
        town.visitor("ann")
        town.correct("ann", town.translate("ann"), LEUCHTE)
        assert [one.output_text for one in recall.recall([LAMP])[0]] == [LEUCHTE]
        town.desk.forget_me("ann")
        assert recall.recall([LAMP]) == [()]
    finally:
        second.close()


def test_without_the_database_it_answers_from_what_it_knew(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.visitor("ann")
    town.correct("ann", town.translate("ann"), LEUCHTE)
    recall = town.house.memory.bound("ann", Task.TRANSLATE, source="en", target="de")
    assert recall.recall([LAMP])[0]
    monkeypatch.setattr(memory_changes, "numbers", Broken())
    assert recall.recall([LAMP])[0]


def test_the_answer_and_its_use_are_written_down_together(town: Town) -> None:
    town.visitor("ann")
    correction = town.correct("ann", town.translate("ann"), LEUCHTE)
    again = town.translate("ann")
    assert town.house.recorder.flush()
    with town.house.database.reading() as session:
        use = session.scalars(select(MemoryUseRow)).one()
        assert session.get_one(MemoryRow, use.memory_id).correction_id == correction
    assert (use.interaction_id, use.how, use.similarity) == (again.interaction_id, "answer", 1.0)
    assert queries.interaction(town.house.database, "ann", again.interaction_id).memory_id == use.memory_id


def test_a_use_of_what_is_gone_costs_no_record(town: Town) -> None:
    for name in ("ann", "bob"):
        town.visitor(name)
    correction = town.correct("ann", town.translate("ann"), LEUCHTE)
    town.approve(correction)
    used = town.translate("bob")
    town.house.memory.copy()
    town.desk.forget_me("ann")
    assert town.house.recorder.flush()
    assert queries.interaction(town.house.database, "bob", used.interaction_id).output_text == LEUCHTE


def test_of_one_visitor_the_newest_entries_work(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "OWN_ENTRIES", 3)
    town.visitor("ann")
    ids = [town.correct("ann", town.read("ann", f"This is table {number}."), "negative") for number in range(5)]
    assert [town.state(one) for one in ids] == ["off", "off", "own", "own", "own"]
    assert town.read("ann", "This is table 0.").result.origin.path == "classified"
    assert town.read("ann", "This is table 4.").result.origin.path == "memory"


def test_an_earlier_database_is_remembered_too(town: Town) -> None:
    town.visitor("ann")
    approved = town.correct("ann", town.translate("ann"), LEUCHTE)
    saved = town.correct("ann", town.read("ann", "This is a table."), "negative")
    town.approve(approved)
    with town.house.database.writing() as session:
        for row in session.scalars(select(MemoryRow)):
            session.delete(row)
    fresh = Memory(town.house.database, town.house.shelf.encoder, town.house.shelf.multilingual_encoder)
    assert fresh.fill() == 2
    fresh.close()
    assert (town.state(approved), town.state(saved)) == ("shared reviewer", "own")


def test_what_was_said_is_compared_without_what_does_not_count() -> None:
    assert normalized("Ｌａｍｐ　“a”\r\n b ") == 'Lamp "a" b'
    assert input_key(Task.SUPPORT, "", "", "How long?") == input_key(Task.SUPPORT, "", "", "how  long")
    assert input_key(Task.TRANSLATE, "en", "de", "Polish") != input_key(Task.TRANSLATE, "en", "de", "polish")
    assert input_key(Task.SUPPORT, "", "", "???") == input_key(Task.SUPPORT, "", "", "???")
    assert output_key(Task.SUPPORT, "60 days.") == output_key(Task.SUPPORT, "60 days .")
    assert output_key(Task.SUPPORT, "60 days.") != output_key(Task.SUPPORT, "30 days.")
    assert input_key(Task.SUPPORT, "", "", "a", "handbook") != input_key(Task.SUPPORT, "", "", "a", "mine")


def test_an_answer_of_another_revision_is_no_exact_hit(town: Town) -> None:
    town.visitor("ann")
    asked = town.done("ann", town.desk.ask("ann", "How long may I return a lamp?"))
    town.correct("ann", asked, "You can return anything bought in our shop within 60 days of delivery.")
    with town.house.database.reading() as session:
        row = session.scalars(select(MemoryRow)).one()
        number, knowledge = row.knowledge_revision, row.knowledge_id
    assert (number, knowledge) == (1, "handbook")

    def kinds(revision: int, documents: str = "handbook") -> list[tuple[str, float]]:
        recall = town.house.memory.bound("ann", Task.SUPPORT, knowledge_id=documents, revision=revision)
        found: list[tuple[Recalled, ...]] = recall.recall(["how long may I return a lamp"])
        return [(one.kind, round(one.similarity, 3)) for one in found[0]]

    assert kinds(1) == [("exact", 1.0)]
    assert kinds(2) == [("near", 1.0)]
    assert kinds(1, "somebody's own documents") == []


def test_visitors_who_correct_at_once_are_all_remembered(town: Town) -> None:
    names = [town.visitor(f"visitor {number}") for number in range(6)]
    uses = {name: town.translate(name, f"Here stands house number {name[-1]} of ours.") for name in names}
    with ThreadPoolExecutor(6) as pool:
        saved = [pool.submit(town.desk.correct, name, use.interaction_id, LEUCHTE) for name, use in uses.items()]
        ids = [one.result().correction_id for one in saved]
    town.house.memory.learn_soon("").result()
    assert [town.state(one) for one in ids] == ["own"] * 6
    with town.house.database.reading() as session:
        stamps = session.scalars(select(MemoryRow.stamp)).all()
    assert len(set(stamps)) == 6  # each change has a number of its own, in the order of the commits
    for name in names:
        recall = town.house.memory.bound(name, Task.TRANSLATE, source="en", target="de")
        assert [hit.kind for hit in recall.recall([f"Here stands house number {name[-1]} of ours."])[0]][:1] == [
            "exact"
        ]


def test_praise_is_not_read_by_a_near_denial_of_it(town: Town) -> None:
    town.visitor("ann")
    text = "I could not be happier with the new green lamp in our hall."
    town.correct("ann", town.read("ann", text), "neutral")
    recall = town.house.memory.bound("ann", Task.SENTIMENT)
    same, denied = recall.recall([f"{text} Really.", text.replace("not ", "")])
    assert [one.kind for one in same] == ["near"]
    assert denied == ()


def test_an_exact_hit_of_another_length_is_none(town: Town) -> None:
    town.visitor("ann")
    text = "This is one sentence of a text. Here is another sentence of it. And there is a third one in the end."
    short = town.done("ann", town.desk.summarize("ann", text, "short"))
    town.correct("ann", short, "Here is another sentence of it.")
    kept = input_key(Task.SUMMARIZE, "", shape("short", "text"), text)
    with town.house.database.reading() as session:
        row = session.scalars(select(MemoryRow)).one()
        assert (row.input_key, row.encoder, row.vector) == (kept, recollection.WORD_FOR_WORD, b"")
    for length, found in (("short", ["exact"]), ("long", [])):
        recall = town.house.memory.bound("ann", Task.SUMMARIZE, target=shape(length, "text"))
        assert [hit.kind for hit in recall.recall([text])[0]] == found
