"""What a founder sees and does under Learning, Memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.rates import Rate
from core.store.columns import now
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.memory_effect import Effect
from core.types import Role
from pages.parts import charts_memory, learning_memory
from tests.core.store_stories import an_interaction
from tests.pages.conftest import Visit, logged_in

pytestmark = pytest.mark.usefixtures("own_house")


@pytest.fixture
def memory() -> Callable[[], Visit]:
    """Return a function that opens the section as a founder."""

    def opened() -> Visit:
        visit = logged_in(Role.FOUNDER)
        visit.app.session_state["learning_section"] = "Memory"
        return visit.go("founder/learning")

    return opened


def remember(count: int = 1, state: str = "shared", task: str = "translate", **changes: object) -> list[str]:
    """Put imported entries into the memory; return their ids."""
    from pages.parts.wiring import house

    rows = [
        MemoryRow(
            **{
                "memory_id": f"{task}-{state}-{number}",
                "task": task,
                "source": "en",
                "target": "de",
                "input_text": f"Input **{number}** of {state}",
                "output_text": f"Ausgabe {number}",
                "input_key": f"{task} {state} {number}",
                "output_key": f"{number}",
                "state": state,
                "released_by": "reviewer",
                "shared_at": now() - timedelta(days=9 - number % 9),
                **changes,
            }
        )
        for number in range(count)
    ]
    ids = [row.memory_id for row in rows]
    with house().database.writing() as session:
        session.add_all(rows)
    return ids


def use(memory_id: str, times: int) -> None:
    from pages.parts.wiring import house

    told = [replace(an_interaction(), started_at=now()) for _ in range(times)]
    for one in told:
        house().recorder.interaction(one)
    assert house().recorder.flush()
    with house().database.writing() as session:
        session.add_all(
            MemoryUseRow(memory_id=memory_id, interaction_id=one.interaction_id, how="example", similarity=0.9)
            for one in told
        )


def test_an_empty_memory_says_what_fills_it(memory: Callable[[], Visit]) -> None:
    visit = memory()
    assert "Nothing is remembered yet" in visit.text
    assert "at once" in visit.text
    assert not visit.app.exception


def test_the_sentence_that_matters_comes_first(memory: Callable[[], Visit]) -> None:
    shared = remember(12)
    remember(3, "own", released_by="", shared_at=None)
    remember(2, "retired", retired_at=now())
    use(shared[0], 4)
    visit = memory()
    assert "17 corrections are remembered" in visit.text
    assert "12 for everybody, 3 for their authors alone, 2 retired" in visit.text
    assert "used in 4 answers to one visitor" in visit.text
    assert "not enough yet (n = 0)" in visit.text
    assert len(visit.app.get("plotly_chart")) == 1


def test_entries_are_found_filtered_and_paged(memory: Callable[[], Visit]) -> None:
    remember(12)
    remember(1, task="sentiment", source="", target="")
    visit = memory()
    assert "13 corrections" in visit.text
    assert "\\*\\*0\\*\\*" in visit.text or "\\*\\*9\\*\\*" in visit.text
    visit.widget("selectbox", "memory_task").select("sentiment").run()
    assert "1 correction" in visit.text.splitlines()
    visit.widget("selectbox", "memory_task").select("").run()
    visit.widget("text_input", "memory_search").set_value("Ausgabe 11").run()
    assert "1 correction" in visit.text.splitlines()
    visit.widget("text_input", "memory_search").set_value("no such words").run()
    assert "Nothing fits these filters" in visit.text


def test_the_most_used_come_first_when_asked(memory: Callable[[], Visit]) -> None:
    ids = remember(3)
    use(ids[1], 2)
    visit = memory()
    visit.widget("selectbox", "memory_order").select("most used").run()
    entries = [line for line in visit.text.splitlines() if "Input" in line]
    assert "Input \\*\\*1" in entries[0]
    assert "used 2 times" in visit.text


def test_an_entry_is_turned_off_and_on_again(memory: Callable[[], Visit]) -> None:
    remember(1)
    visit = memory().click("memory_off_")
    assert "1 turned off" in visit.text
    visit.click("memory_on_")
    assert "1 for everybody" in visit.text


def test_a_term_is_added_changed_and_removed(memory: Callable[[], Visit]) -> None:
    visit = glossary(memory)
    assert "No terms yet" in visit.text
    visit.widget("text_input", "memory_said_new").set_value("Lamp <b>One</b>")
    visit.widget("text_input", "memory_wanted_new").set_value("Lampe Eins")
    next(button for button in visit.app.button if button.label == "Add term").click().run()
    assert "1 term" in visit.text.splitlines()
    assert "Lamp \\<b\\>One" in visit.text
    added = next(
        one for one in visit.app.text_input if one.label == "Its translation" and not str(one.key).endswith("new")
    )
    added.set_value("Leuchte Eins")
    next(button for button in visit.app.button if button.label == "Save").click().run()
    assert "Leuchte Eins" in visit.text
    visit.click("memory_term_remove_")
    assert "No terms yet" in visit.text


def test_a_term_that_cannot_be_is_refused_in_a_sentence(memory: Callable[[], Visit]) -> None:
    visit = glossary(memory)
    next(button for button in visit.app.button if button.label == "Add term").click().run()
    assert "There is no term" in visit.app.error[0].value


def glossary(memory: Callable[[], Visit]) -> Visit:
    visit = memory()
    visit.widget("button_group", "memory_part").set_value("Glossary").run()
    return visit


GOOD = b"source,target,source term,target term\nen,de,order,Bestellung\nen,de,lamp,Lampe\n"


def test_a_file_is_looked_at_before_it_is_taken(memory: Callable[[], Visit]) -> None:
    visit = glossary(memory)
    uploader = visit.widget("file_uploader", "memory_bring_terms")
    uploader.set_value(("terms.csv", GOOD, "text/csv")).run()
    assert "2 rows" in visit.text
    assert list(visit.app.dataframe[-1].value["source term"]) == ["order", "lamp"]
    assert "No terms yet" in visit.text
    visit.click("memory_bring_terms_take")
    assert "Imported: 2 new" in visit.text.replace("\\", "")
    assert "2 terms" in visit.text.splitlines()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"source,target\nen,de\n", "no column named source term"),
        (b"source,target,source term,target term\nen,xx,order,Bestellung\n", "row 2 cannot be used"),
        (b"\xff\xfe\x00", "could not be read"),
    ],
)
def test_a_file_with_a_problem_is_refused_whole_with_the_problem(
    memory: Callable[[], Visit], content: bytes, words: str
) -> None:
    visit = glossary(memory)
    visit.widget("file_uploader", "memory_bring_terms").set_value(("terms.csv", content, "text/csv")).run()
    assert words in visit.app.error[0].value.replace("\\", "")
    assert "Nothing was taken" in visit.app.error[0].value
    assert not visit.has_button("memory_bring_terms_take")


def test_a_translation_memory_is_taken(memory: Callable[[], Visit]) -> None:
    visit = memory()
    content = b"task,source,target,input,output\ntranslate,en,de,Good morning.,Guten Morgen.\n"
    visit.widget("file_uploader", "memory_bring_memory").set_value(("memory.csv", content, "text/csv")).run()
    visit.click("memory_bring_memory_take")
    assert "1 correction is remembered" in visit.text
    assert "imported" in visit.text


def test_the_repeated_error_is_told_with_its_n() -> None:
    told = learning_memory.used(Effect(230, 41, Rate(3, 46)))
    assert "230 answers to 41 visitors" in told
    assert "7 % (n = 46, 2 to 18 %)" in told


def test_the_course_holds_from_day_to_day_and_names_its_lines() -> None:
    figure = charts_memory.course([("2026-05-01", 4, 0), ("2026-05-09", 10, 0), ("2026-06-01", 3, 7)])
    assert [list(line.y) for line in figure.data] == [[4, 10, 3], [0, 0, 7]]
    assert {line.line.shape for line in figure.data} == {"hv"}
    assert "n = 10" in figure.layout.title.subtitle.text
