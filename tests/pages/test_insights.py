"""Founders see who uses what, how good it is, and the uses behind every point; nobody's data is mixed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core.office import usage
from core.store.tables import VisitorRow
from core.types import Consent, Ending, Origin, Rating, Role, Task
from tests.core.store_stories import an_interaction
from tests.pages.conftest import Visit, a_house_at, logged_in

SECTIONS = ("Use", "Coming back", "Quality", "Speed", "Languages")


@pytest.fixture(scope="module")
def busy_file(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a house that 40 visitors used, 12 of them on two days; every tenth answer was rated bad."""
    folder = tmp_path_factory.mktemp("busy") / "house"
    with a_house_at(folder, empty_file):
        fill()
    return folder / "hearback.db"


def fill() -> None:
    from pages.parts.wiring import house

    recorder = house().recorder
    now = datetime.now(UTC)
    for number in range(52):
        told = an_interaction(
            visitor_id=f"visitor {number % 40}",
            started_at=now - timedelta(days=2 if number < 40 else 1, minutes=number),
            task=Task.SUPPORT if number % 4 else Task.TRANSLATE,
            origin=Origin("extracted", "small"),
            segment="Founder, Just me" if number % 2 else "",
            consent=Consent(log=bool(number % 3)),
            ending=Ending.FINISHED,
            input_text=f"Question {number} about a lamp",
        )
        recorder.interaction(told)
        recorder.rate(Rating(told.interaction_id, int(number % 10 != 0)), told.visitor_id)
    recorder.interaction(an_interaction(visitor_id="sample", started_at=now, is_sample=True))
    recorder.flush()
    with house().database.writing() as session:
        session.execute(update(VisitorRow).where(VisitorRow.visitor_id == "sample").values(is_sample=True))


@pytest.fixture
def busy(busy_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """A founder on a copy of that house of this test's own."""
    monkeypatch.setattr(usage, "KEPT_SECONDS", 0.0)
    with a_house_at(tmp_path / "own", busy_file):
        yield logged_in(Role.FOUNDER)


def test_an_empty_house_says_what_will_be_here(own_house: None, founder: Visit) -> None:
    founder.go("founder/insights")
    assert "No uses in this period yet" in founder.text
    assert founder.has_button("sample_offered")
    assert not [control for control in founder.app.segmented_control if control.key == "scope_data"]


def test_the_first_sentence_says_who_came_back_with_n_and_interval(busy: Visit) -> None:
    busy.go("founder/insights")
    assert "40 visitors used it 52 times; 30 % came back on another day (n = 40, 18 to 45 %)" in busy.text
    assert "Support is used most" in busy.text


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_draws_its_figures(busy: Visit, section: str) -> None:
    busy.go("founder/insights")
    busy.widget("segmented_control", "insights_section").set_value(section).run()
    busy.settle()
    assert not busy.app.error, busy.text
    assert busy.app.get("plotly_chart"), section


def test_the_field_below_a_chart_opens_the_uses_behind_it(busy: Visit) -> None:
    busy.go("founder/insights")
    busy.widget("segmented_control", "insights_section").set_value("Quality").run()
    busy.widget("pills", "insights_measure").set_value("Thumbs-up").run()
    busy.widget("selectbox", "point_field_quality_good").set_value(0).run()
    busy.settle()
    assert "36 uses" in busy.text
    assert "about a lamp" in busy.text
    assert "did not allow to keep the texts" in busy.text


def test_sample_data_is_looked_at_by_itself(busy: Visit) -> None:
    busy.go("founder/insights")
    busy.widget("segmented_control", "scope_data").set_value("Sample data").run()
    busy.settle()
    assert "1 visitor used it once" in busy.text


def test_a_scope_narrows_and_stays_narrow_on_the_next_page(busy: Visit) -> None:
    busy.go("founder/insights")
    busy.widget("selectbox", "scope_task").set_value(Task.TRANSLATE).run()
    busy.settle()
    assert "used it 13 times" in busy.text
    busy.go("home").go("founder/insights")
    assert "used it 13 times" in busy.text


def test_home_counts_real_rows_only(busy: Visit) -> None:
    busy.go("home")
    assert [metric.value for metric in busy.app.metric] == [
        "52",
        "41",
        "52",
        "0",
    ]  # the 41st is the founder, on their own visit
