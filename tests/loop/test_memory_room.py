"""A founder looks after what is remembered and after the glossary: pages, switches, files; nobody else may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from core.errors import (
    AlreadyReviewed,
    AlreadyThere,
    EmptyInput,
    InputError,
    InputTooLong,
    MissingColumn,
    NotAChoice,
    NotAllowed,
    NotYours,
    TooMany,
    TooManyRows,
    UnreadableFile,
    UnsupportedFile,
    UnsupportedLanguage,
)
from core.limits import FILE_BYTES, TERM_CHARACTERS
from core.loop import Term
from core.memory import exchange
from core.memory.glossary import Glossary, holds
from core.office import memory as room
from core.store import audit
from core.types import Consent, Member, Role, Task
from tests.loop.memory_stories import LAMP, LEUCHTE, Town, a_town


@pytest.fixture
def town(tmp_path: Path, migrated_url: str) -> Iterator[Town]:
    with a_town(tmp_path, migrated_url) as opened:
        for name in ("ann", "zoe"):
            opened.visitor(name)
        yield opened


@pytest.fixture
def boss(town: Town) -> Member:
    return town.member()


def remembered(town: Town, text: str = LAMP, right: str = LEUCHTE, is_shared: bool = True) -> str:
    correction = town.correct("ann", town.translate("ann", text), right)
    if is_shared:
        town.approve(correction)
    return correction


def deeds(town: Town) -> list[str]:
    return [one.action for one in audit.page(town.house.database, None, "", 0, 50)[0]]


def csv_of(*rows: str) -> bytes:
    return "\r\n".join(("task,source,target,input,output", *rows)).encode()


def tmx_of(*units: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<tmx version="1.4"><header/><body>{"".join(units)}</body></tmx>'.encode()


def unit(*variants: tuple[str, str]) -> str:
    told = "".join(f'<tuv xml:lang="{language}"><seg>{text}</seg></tuv>' for language, text in variants)
    return f"<tu>{told}</tu>"


def test_the_page_tells_what_is_remembered_and_masks_what_is_nobody_elses(town: Town, boss: Member) -> None:
    remembered(town)
    remembered(town, "Write to ann@example.org please.", "Schreiben Sie an ann@example.org.", is_shared=False)
    town.correct("ann", town.read("ann", "This is a table."), "negative")
    counts = {(one.task, one.state): one.count for one in town.room.counts(boss)}
    assert counts == {(Task.TRANSLATE, "shared"): 1, (Task.TRANSLATE, "own"): 1, (Task.SENTIMENT, "own"): 1}
    page = town.room.page(boss, size=2)
    assert (len(page.entries), page.total) == (2, 3)
    (masked,) = town.room.page(boss, search="Write to").entries
    assert "ann@" not in masked.input_text + masked.output_text
    assert town.room.page(boss, search="ann@example").total in (0, 1)
    assert town.room.page(boss, search="100 %_").total == 0
    assert [one.input_text for one in town.room.page(boss, task=Task.TRANSLATE, state="shared").entries] == [LAMP]
    assert town.room.page(boss, state="retired").total == 0


def test_an_entry_is_turned_off_and_on_with_its_sentences(town: Town, boss: Member) -> None:
    remembered(town, f"{LAMP} We wait.", f"{LEUCHTE} Wir warten.")
    (entry,) = town.room.page(boss).entries
    assert town.translate("zoe").result.text == LEUCHTE
    assert town.room.switch(boss, entry.memory_id, False).is_switched
    assert town.translate("zoe").result.origin.memory == ()
    assert town.room.switch(boss, entry.memory_id, True).state == "shared"
    assert town.translate("zoe").result.text == LEUCHTE
    assert town.house.recorder.flush()
    assert town.room.entry(boss, entry.memory_id)[0].uses == 2
    assert deeds(town)[:2] == ["turned on", "turned off"]
    with pytest.raises(NotYours):
        town.room.switch(boss, "unknown", False)


def test_what_went_off_with_its_correction_is_decided_in_review(town: Town, boss: Member) -> None:
    town.reject(remembered(town, is_shared=False))
    (entry,) = town.room.page(boss, state="off").entries
    with pytest.raises(AlreadyReviewed):
        town.room.switch(boss, entry.memory_id, True)


def test_a_switch_holds_whatever_is_decided_of_the_correction(town: Town, boss: Member) -> None:
    correction = remembered(town, is_shared=False)
    (entry,) = town.room.page(boss).entries
    town.room.switch(boss, entry.memory_id, False)
    town.approve(correction)
    assert town.state(correction).startswith("off")
    town.visitor("ann", Consent(log=True))
    assert town.room.switch(boss, entry.memory_id, True).state == "own"  # its author's consent went meanwhile
    town.visitor("ann")
    assert town.state(correction) == "shared reviewer"


def test_what_was_switched_off_and_rejected_cannot_be_switched_on(town: Town, boss: Member) -> None:
    correction = remembered(town, is_shared=False)
    (entry,) = town.room.page(boss).entries
    town.room.switch(boss, entry.memory_id, False)
    town.reject(correction)
    with pytest.raises(AlreadyReviewed):
        town.room.switch(boss, entry.memory_id, True)


def test_what_is_withdrawn_is_on_no_page(town: Town, boss: Member) -> None:
    town.desk.withdraw_correction("ann", remembered(town))
    assert town.room.page(boss).total == 0
    assert town.room.counts(boss) == ()


def test_the_course_counts_what_is_shared_and_what_is_learned(town: Town, boss: Member) -> None:
    from core.store import memory

    remembered(town)
    remembered(town, "The door is open.", "Die Tür steht offen.")
    (day,) = town.room.course(boss)
    assert (day.shared, day.retired) == (2, 0)
    with town.house.database.writing() as session:
        assert memory.retire(session, [town.room.page(boss, state="shared").entries[0].memory_id], "a1") == 1
    assert [(one.shared, one.retired) for one in town.room.course(boss)] == [(1, 1)]


def test_memory_goes_out_as_csv_and_comes_back(town: Town, boss: Member) -> None:
    remembered(town, "=2+3 is the number of the lamp.", "=5 ist die Nummer der Leuchte.")
    remembered(town, "The door is open.", "Die Tür steht offen.", is_shared=False)
    content = town.room.export(boss, "csv")
    assert b"The door" not in content
    assert b"'=2+3 is the number" in content
    assert town.room.bring(boss, "memory.csv", content) == room.Taken(1, 0, 0)
    assert town.room.bring(boss, "memory.csv", content) == room.Taken(0, 0, 1)
    (brought,) = [one for one in town.room.page(boss).entries if one.released_by == "import"]
    assert (brought.input_text, brought.correction_id) == ("=2+3 is the number of the lamp.", "")
    assert {"imported memory", "exported memory"} <= set(deeds(town))


def test_memory_goes_out_as_tmx_and_comes_back(town: Town, boss: Member) -> None:
    remembered(town, "Nuts & bolts <are> in the box.", "Schrauben & Muttern <sind> in der Schachtel.")
    town.approve(town.correct("ann", town.read("ann", "This is a table."), "negative"))
    content = town.room.export(boss, "tmx")
    assert etree.fromstring(content).get("version") == "1.4"
    assert town.room.bring(boss, "memory.tmx", content).added == 1
    assert town.room.bring(boss, "memory.tmx", content).same == 1
    with pytest.raises(NotAChoice):
        town.room.export(boss, "exe")


def test_imported_pairs_answer_at_once(town: Town, boss: Member) -> None:
    assert (
        town.room.bring(boss, "m.csv", csv_of(f"translate,en,de,{LAMP},{LEUCHTE}", "sentiment,,,Meh.,negative")).added
        == 2
    )
    assert town.translate("zoe").result.text == LEUCHTE
    assert town.read("zoe", "meh.").result.label == "negative"
    town.room.bring(boss, "m.csv", csv_of(f"translate,en,de,{LAMP},Die Leuchte ist defekt."))
    assert town.translate("zoe").result.text == "Die Leuchte ist defekt."


def test_other_tools_tmx_is_read(town: Town, boss: Member) -> None:
    doctype = '<!DOCTYPE tmx SYSTEM "tmx14.dtd">'
    inner = 'The <bpt i="1">&lt;b&gt;</bpt>lamp<ept i="1">&lt;/b&gt;</ept> is <hi>very</hi> broken.'
    content = tmx_of(
        unit(("EN-US", inner), ("de-DE", LEUCHTE), ("xx", "unknown"), ("fr", "La lampe.")),
        unit(("en", ""), ("de", "leer")),
        head=doctype,
    )
    assert town.room.bring(boss, "old.tmx", content).added == 2
    entries = town.room.page(boss).entries
    assert {(one.source, one.target, one.input_text) for one in entries} == {
        ("en", "de", "The lamp is very broken."),
        ("en", "fr", "The lamp is very broken."),
    }


BOMB = '<!DOCTYPE tmx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("m.exe", b"x", UnsupportedFile),
        ("m.tmx", b"no xml", UnreadableFile),
        ("m.tmx", b"<html/>", UnreadableFile),
        ("m.tmx", tmx_of(unit(("en", LAMP))), UnreadableFile),
        ("m.tmx", tmx_of(unit(("en", "&b;"), ("de", "x")), head=BOMB), UnreadableFile),
        ("m.tmx", tmx_of(unit(("en", "&a;"), ("de", "x")), head=OUTSIDE), UnreadableFile),
        ("m.tmx", tmx_of(unit(("en", LAMP), ("de", LEUCHTE)), unit(("en", "a" * 6_000), ("de", "b"))), UnreadableFile),
        ("m.tmx", b" " * (FILE_BYTES + 1), InputTooLong),
        ("m.csv", b"task,input\ntranslate,x", MissingColumn),
        ("m.csv", csv_of(f"translate,en,de,{LAMP},{LEUCHTE}", f"translate,en,tlh,{LAMP},x"), UnreadableFile),
        ("m.csv", csv_of(f"translate,en,de,{LAMP},{LEUCHTE}", f"translate,en,en,{LAMP},x"), UnreadableFile),
        ("m.csv", csv_of(f"translate,en,de,{LAMP},{LEUCHTE}", "sentiment,,,Meh.,rather bad"), UnreadableFile),
        ("m.csv", csv_of(f"translate,en,de,{LAMP},{LEUCHTE}", "cooking,,,a,b"), UnreadableFile),
        ("m.csv", csv_of(f"translate,en,de,{LAMP},{LEUCHTE}", "summarize,,huge text,a text,b"), UnreadableFile),
        ("m.csv", csv_of(f"translate,en,de,{LAMP},{LEUCHTE}", "support,,,...,an answer"), UnreadableFile),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(
    town: Town, boss: Member, name: str, content: bytes, error: type[InputError]
) -> None:
    with pytest.raises(error) as told:
        town.room.bring(boss, name, content)
    assert str(told.value).endswith(".") or "." in str(told.value)
    assert town.room.page(boss).total == 0


def test_too_many_rows_are_refused(town: Town, boss: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MEMORY_PAIRS", 1)
    monkeypatch.setattr(exchange, "TERMS", 1)
    two = csv_of("sentiment,,,One.,negative", "sentiment,,,Two.,negative")
    units = tmx_of(unit(("en", LAMP), ("de", LEUCHTE)), unit(("en", "One."), ("de", "Eins.")))
    for name, content in (("m.csv", two), ("m.tmx", units)):
        with pytest.raises(TooManyRows):
            town.room.bring(boss, name, content)
    with pytest.raises(TooManyRows):
        town.room.bring_terms(boss, "t.csv", b"source,target,source term,target term\nen,de,a b,c\nen,de,d,e")
    assert town.room.page(boss).total == 0


def test_the_glossary_is_written_changed_and_found(town: Town, boss: Member) -> None:
    lamp = town.room.add_term(boss, "en", "DE-at", " table  lamp ", "Tischleuchte")
    assert (lamp.target, lamp.source_term) == ("de", "table lamp")
    recall = town.house.memory.bound("zoe", Task.TRANSLATE, source="en", target="de")
    assert recall.terms(["A Table lamp, please.", "No lamps."]) == [(lamp,), ()]
    with pytest.raises(AlreadyThere):
        town.room.add_term(boss, "en", "de", "table lamp", "Lampe")
    changed = town.room.change_term(boss, Term(lamp.term_id, "en", "de", "lamp", "Leuchte"))
    assert recall.terms(["A lamp, please."]) == [(changed,)]
    assert [one.target_term for one in town.room.terms(boss, search="leucht", source="en").terms] == ["Leuchte"]
    assert town.room.terms(boss, target="fr").total == 0
    town.room.remove_term(boss, lamp.term_id)
    assert (recall.terms(["A lamp, please."]), town.room.terms(boss).total) == ([()], 0)
    for deed in (
        lambda: town.room.remove_term(boss, lamp.term_id),
        lambda: town.room.change_term(boss, changed),
    ):
        with pytest.raises(NotYours):
            deed()
    assert deeds(town)[:3] == ["removed a term", "changed a term", "added a term"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("en", "de", "  ", "Leuchte"), EmptyInput),
        (("en", "de", "lamp", "..."), EmptyInput),
        (("en", "de", "lamp", "x" * (TERM_CHARACTERS + 1)), InputTooLong),
        (("en", "tlh", "lamp", "x"), UnsupportedLanguage),
        (("", "de", "lamp", "x"), UnsupportedLanguage),
        (("de", "de", "Lampe", "Leuchte"), NotAChoice),
    ],
)
def test_terms_that_cannot_be_are_refused(
    town: Town, boss: Member, words: tuple[str, str, str, str], error: type[InputError]
) -> None:
    with pytest.raises(error):
        town.room.add_term(boss, *words)
    assert town.room.terms(boss).total == 0


def test_the_glossary_has_an_end(town: Town, boss: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TERMS", 1)
    town.room.add_term(boss, "en", "de", "lamp", "Leuchte")
    with pytest.raises(TooMany):
        town.room.add_term(boss, "en", "de", "door", "Tür")
    with pytest.raises(TooMany):
        town.room.bring_terms(boss, "t.csv", b"source,target,source term,target term\nen,de,door,Tor")
    assert town.room.bring_terms(boss, "t.csv", b"source,target,source term,target term\nen,de,lamp,Lampe").changed == 1


def test_terms_go_out_and_come_back(town: Town, boss: Member) -> None:
    town.room.add_term(boss, "en", "de", "@home", "=zu Hause")
    content = town.room.export_terms(boss)
    assert b"'@home" in content
    assert b"'=zu Hause" in content
    assert town.room.bring_terms(boss, "terms.csv", content) == room.Taken(0, 0, 1)
    town.room.remove_term(boss, town.room.terms(boss).terms[0].term_id)
    assert town.room.bring_terms(boss, "terms.csv", content) == room.Taken(1, 0, 0)
    assert town.room.terms(boss).terms[0].source_term == "@home"


def test_the_longer_term_holds_and_words_have_ends() -> None:
    lamp, table = Term("1", "en", "de", "lamp", "Leuchte"), Term("2", "en", "de", "table lamp", "Tischleuchte")
    light = Term("3", "zh", "de", "灯", "Leuchte")
    glossary = Glossary([lamp, table, light])
    assert glossary.find(["The table lamp."], "en", "de") == [(table,)]
    assert glossary.find(["A lamp beside a Table  Lamp."], "en", "de") == [(lamp, table)]
    assert glossary.find(["Lamps and clamps."], "en", "de") == [()]
    assert glossary.find(["台灯坏了", "lamp"], "", "de") == [(light,), (lamp,)]
    assert glossary.find(["lamp"], "en", "fr") == [()]
    assert holds("Die Leuchte!", "leuchte")
    assert not holds("Die Leuchten", "Leuchte")


def test_nobody_but_a_founder_enters(town: Town) -> None:
    attempts: list[Callable[[Member], object]] = [
        town.room.counts,
        town.room.course,
        town.room.page,
        lambda who: town.room.entry(who, "x"),
        lambda who: town.room.switch(who, "x", True),
        town.room.export,
        lambda who: town.room.bring(who, "m.csv", b""),
        town.room.terms,
        lambda who: town.room.add_term(who, "en", "de", "a", "b"),
        lambda who: town.room.change_term(who, Term("x", "en", "de", "a", "b")),
        lambda who: town.room.remove_term(who, "x"),
        town.room.export_terms,
        lambda who: town.room.bring_terms(who, "t.csv", b""),
        town.room.languages,
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt(town.member(Role.REVIEWER))
