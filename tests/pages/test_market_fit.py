"""What a founder reads about market fit: nothing yet, too little, and enough, with the planted cell named."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core.store import rollups
from core.store.columns import now
from core.store.tables import Base, RatingRow, SurveyRow
from core.types import Disappointment, Role, Task
from tests.core.store_stories import an_interaction
from tests.pages.conftest import Visit, a_house_at, logged_in

HOSTILE = "<script>alert(1)</script> [now](javascript:x)"


@pytest.fixture
def founder(own_house: None) -> Visit:
    """A founder of a house of this test's own."""
    return logged_in(Role.FOUNDER)


def people(
    count: int, segment: tuple[str, str], task: Task, feeling: Disappointment, down: bool, benefit: str, wish: str
) -> None:
    """Have people of a segment use a task four times, rate two of them, and answer the survey."""
    from pages.parts.wiring import house

    name = ", ".join(part for part in segment if part)
    rows: list[Base] = []
    for number in range(count):
        visitor = uuid.uuid4().hex
        uses = [
            an_interaction(visitor_id=visitor, task=task, started_at=now() - timedelta(days=day), segment=name)
            for day in range(4)
        ]
        for one in uses:
            house().recorder.interaction(one)
        rows += [
            RatingRow(
                interaction_id=one.interaction_id, visitor_id=visitor, score=int(not (down and number % 4)),
                reasons=[], comment="", key=one.interaction_id,
            )
            for one in uses[:2]
        ]  # fmt: skip
        rows.append(
            SurveyRow(
                survey_id=visitor, visitor_id=visitor, disappointment=feeling, benefit=benefit, audience="Shops",
                improvement=wish, recommend=number % 11 if down else 10, segment=name, task=task,
            )
        )  # fmt: skip
    assert house().recorder.flush()
    with house().database.writing() as session:
        session.add_all(rows)


@pytest.fixture(scope="module")
def filled_file(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a house where translation disappoints one segment, and support delights another."""
    folder = tmp_path_factory.mktemp("filled") / "house"
    with a_house_at(folder, empty_file):
        fill()
    return folder / "hearback.db"


def fill() -> None:
    from pages.parts.wiring import house

    very, somewhat, left = Disappointment.VERY, Disappointment.SOMEWHAT, Disappointment.GONE
    marketing, helpers = ("Marketing", "11 to 50"), ("Support", "2 to 10")
    time = "Saves time answering customers"
    people(30, helpers, Task.SUPPORT, very, False, time, "")
    people(10, helpers, Task.SUPPORT, somewhat, False, "Cheap", "A connection to Slack")
    people(24, marketing, Task.TRANSLATE, somewhat, True, time, "Our own terms in translations")
    people(9, marketing, Task.TRANSLATE, very, True, f"It translates quickly {HOSTILE}", "")
    people(2, marketing, Task.TRANSLATE, left, True, "", "")
    # Counted before anybody looks: the page would say that it is being counted, and be right.
    while rollups.waiting(house().database):
        rollups.refresh(house().database)
    # The file is copied without its log, which may stay where a thread still reads when the house is closed.
    assert house().database.scrub()


@pytest.fixture
def filled(filled_file: Path, tmp_path: Path) -> Iterator[Visit]:
    """A founder on a copy of that house of this test's own."""
    with a_house_at(tmp_path / "own", filled_file):
        yield logged_in(Role.FOUNDER).go("founder/market_fit")


def test_without_answers_the_page_says_what_will_be_here_and_what_fills_it(founder: Visit) -> None:
    founder.go("founder/market_fit")
    assert "No answers yet" in founder.text
    assert founder.has_button("sample_offered")
    assert not founder.app.metric


def test_few_answers_are_not_enough_yet_but_can_be_read(founder: Visit) -> None:
    people(1, ("Support", ""), Task.SUPPORT, Disappointment.VERY, False, "It quotes", HOSTILE)
    founder.go("founder/market_fit")
    assert "Fit: not enough yet. 1 of the 30 answers that it takes are in (n = 1)" in founder.text
    assert (founder.app.metric[0].label, founder.app.metric[0].value) == ("Fit (n = 1)", "not enough yet")
    assert "“It quotes”" in founder.text
    assert "would win most" not in founder.text


def test_with_enough_answers_the_first_sentence_says_how_much_and_with_whom(filled: Visit) -> None:
    assert (
        "Fit is 53 % (n = 73, 42 to 64 %): above the 40 % line, strongest with Support\\, 2 to 10 using support."
        in filled.text
    )
    assert "**Better answers in translate would win most with Marketing\\, 11 to 50:** 24 of 33" in filled.text
    assert [metric.value for metric in filled.app.metric][2:] == ["34 of 73", "2"]


def test_the_first_cell_of_the_matrix_is_open_and_another_can_be_chosen(filled: Visit) -> None:
    assert "**Marketing\\, 11 to 50, translate**" in filled.text
    assert "71 % (n = 70" in filled.text, "thumbs down of ratings"
    field = filled.widget("selectbox", "market_matrix_field_")
    field.set_value(next(place for place, option in enumerate(field.options) if option == "Support, 2 to 10, support"))
    field.run()
    filled.settle()
    assert "**Support\\, 2 to 10, support**" in filled.text
    assert "75 % (n = 40" in filled.text, "fit"


def test_words_are_grouped_with_their_counts_and_whom_to_win_is_named(filled: Visit) -> None:
    assert "**30** · “Saves time answering customers”" in filled.text
    assert "**24** · “Our own terms in translations”" in filled.text
    assert "**24 of 34 on the fence want what the very disappointed love.**" in filled.text


def test_what_visitors_wrote_is_shown_as_typed_and_does_nothing(filled: Visit) -> None:
    assert "\\<script\\>" in filled.text
    assert "<script>" not in filled.text
    assert "](javascript" not in filled.text


def test_by_role_the_marketing_people_are_one_row(filled: Visit) -> None:
    filled.widget("button_group", "market_matrix_by").set_value("Role").run()
    filled.widget("button_group", "market_by").set_value("Role").run()
    filled.settle()
    assert "**Marketing, translate**" in filled.text


def test_a_period_without_answers_is_empty(filled: Visit) -> None:
    from pages.parts.wiring import house

    with house().database.writing() as session:
        session.execute(update(SurveyRow).values(answered_at=now() - timedelta(days=60)))
    filled.go("founder/market_fit")
    assert "No answers yet" in filled.text or "No answers in this period" in filled.text
    filled.widget("button_group", "scope_period").set_value("All").run()
    filled.settle()
    assert "Fit is 53 %" in filled.text
