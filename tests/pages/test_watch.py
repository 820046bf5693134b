"""Sentiment watch as a founder uses it, without a browser."""

from __future__ import annotations

import json
import time
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.office.monitors import Columns
from core.store import members
from core.tables import Table
from core.types import Role
from tests.pages.conftest import PATIENCE_SECONDS, Visit, logged_in


@pytest.fixture(autouse=True)
def _errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The errors of the classifier that stands in for the real one are known."""
    counts = {"domain": "Film reviews", "language": "en", "n": 400, "counts": [[180, 5, 15], [0, 0, 0], [20, 0, 180]]}
    told = {"head_id": "fake-head", "labels": ["negative", "neutral", "positive"], "sets": {"sst2_dev": counts}}
    (tmp_path / "errors.json").write_text(json.dumps(told))
    monkeypatch.setattr("core.office.monitor_views.ERRORS_FILE", str(tmp_path / "errors.json"))


def read(visit: Visit) -> Visit:
    """Wait until no monitor is being read, as the page does by looking again and again."""
    end = time.monotonic() + PATIENCE_SECONDS
    while visit.has_button("watch_stop_"):
        assert time.monotonic() < end
        time.sleep(0.02)
        visit.app.run()
    assert not visit.app.exception, [exception.value for exception in visit.app.exception]
    return visit


@pytest.fixture
def sample(founder: Visit) -> Visit:
    """A monitor of two products over eight weeks, read and open."""
    from pages.parts.wiring import house, office

    rows = []
    for week in range(8):
        day = date(2026, 3, 2) + timedelta(weeks=week)
        bad = 20 if week == 7 else 4
        rows += [(day.isoformat(), "Lamp", f"Terrible delivery, {week} {one}.") for one in range(bad)]
        rows += [(day.isoformat(), "Bulb", f"Great light, I love it, {week} {one}.") for one in range(26)]
    who = members.add(house().database, uuid.uuid4().hex, Role.FOUNDER)
    table = Table(("date", "product", "review"), rows)
    name = f"Shop {uuid.uuid4().hex[:8]}"
    columns = Columns("review", "date", "product")
    founder.app.session_state["watch_monitor"] = office().monitors.add_table(who, name, table, columns, "shop.csv")
    return read(founder.go("founder/watch"))


def choose(visit: Visit, section: str) -> Visit:
    widget: Any = next(one for one in visit.app.button_group if one.key == "watch_section")
    widget.set_value(section).run()
    assert not visit.app.exception, [exception.value for exception in visit.app.exception]
    return visit


def test_an_empty_page_says_what_will_be_here_and_one_click_fills_it(own_house: None) -> None:
    visit = logged_in(Role.FOUNDER)
    visit.app.session_state["watch_monitor"] = "0" * 32
    visit.go("founder/watch")
    assert "will be here" in visit.text
    widget: Any = next(one for one in visit.app.segmented_control if one.key == "watch_new_kind")
    widget.set_value("A folder").run()
    assert "HEARBACK_WATCH" in visit.text
    read(visit.click("watch_sample"))
    assert "Sample reviews" in visit.text
    assert "texts of the last four weeks" in visit.text


def test_the_sentence_that_matters_comes_first_with_its_basis(sample: Visit) -> None:
    said = sample.text
    assert "of 136 texts of the last four weeks are negative" in said
    assert "no difference shown from the four weeks before" in said or "up from" in said
    assert "As labelled:" in said
    assert "film reviews" in said


def test_the_list_shows_the_share_and_the_line(sample: Visit) -> None:
    sample.click("watch_line_set")
    sample.click("watch_back")
    assert "line 30 %" in sample.text or "above 30 %" in sample.text
    assert "with a line is above it" in sample.text or "above the line" in sample.text


def test_a_wrong_label_is_corrected_and_taken_back(sample: Visit) -> None:
    choose(sample, "Texts")
    before = sample.text
    sample.click("watch_fix_negative_")
    assert "corrected" in sample.text
    assert sample.text != before
    sample.click("watch_undo_")
    assert ", corrected" not in sample.text


def test_every_section_can_be_looked_at(sample: Visit) -> None:
    for section in ("What stands out", "Aspects", "Compare", "Texts", "How sure"):
        assert choose(sample, section).text
    assert "The share now, by the errors counted on" in sample.text


def test_thirty_texts_are_checked_without_showing_what_was_read(sample: Visit) -> None:
    choose(sample, "How sure").click("watch_check_start")
    assert "Keys 1, 2 and 3" in sample.text
    for _ in range(2):
        sample.click("watch_check_negative")
    assert "2 texts of this monitor were checked" in sample.text
    sample.click("watch_check_end")
    assert sample.has_button("watch_check_start")


def test_a_monitor_is_deleted_after_a_second_look(sample: Visit) -> None:
    sample.click("watch_delete_sure")
    assert not sample.has_button("watch_back")
