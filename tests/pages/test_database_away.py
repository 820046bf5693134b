"""What visitors and founders see while nothing can be saved: one quiet line, their words in the form, and answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from core.store.db import Database
from core.types import Role
from pages.parts import backlog, rating
from tests.faults.away import sqlite_locked
from tests.pages.conftest import Visit, logged_in
from tests.promises import Found


@pytest.fixture
def impatient_house(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A house of this test's own that gives up on a lock soon."""
    monkeypatch.setattr("core.house.Database", partial(Database, busy_seconds=0.3))
    monkeypatch.setattr(rating, "AGAIN_SECONDS", 0.5)
    request.getfixturevalue("own_house")


@pytest.fixture
def lock() -> Iterator[ExitStack]:
    """Holds what the test locks, and lets it go."""
    with ExitStack() as stack:
        yield stack


def ask(visit: Visit, text: str) -> Visit:
    visit.widget("text_area", "translate_text").set_value(text)
    return visit.click("translate_start")


@pytest.mark.promise("R2")
@pytest.mark.promise("R3")
def test_answers_go_on_what_was_typed_stays_and_the_page_says_why_nothing_is_saved(
    impatient_house: None, lock: ExitStack, found: Found
) -> None:
    visit = Visit()
    visit.click("visitor_allow")
    founder = logged_in(Role.FOUNDER).go("translate")
    ask(visit.go("translate"), "The lamp is here.")
    assert backlog.GOES_ON not in visit.text

    from pages.parts.wiring import desk, house

    lock.enter_context(sqlite_locked(Path(str(house().database.url.database))))
    ask(visit, "The chair is here.")
    assert "chair" in visit.text, "the answer is there"
    end = time.monotonic() + 10
    while desk().backlog().since is None and time.monotonic() < end:
        time.sleep(0.05)
    visit.app.run()
    assert f"{backlog.AWAY} {backlog.GOES_ON}" in visit.text
    assert "uses wait" not in visit.text, "the numbers are the company's"
    founder.app.run()
    assert "1 uses wait since" in founder.text
    assert "0 were lost" in founder.text

    visit.widget("feedback", "rating_thumbs_").set_value(1).run()
    assert "Not saved yet." in visit.text
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    typed = next(area for area in visit.app.text_area if area.label == "It should say")
    typed.set_value("Der Stuhl ist hier.")
    next(one for one in visit.app.button if one.label == "Save correction").click().run()
    refused = [str(error.value) for error in visit.app.error]
    assert any("while saving your correction" in error for error in refused), refused
    assert next(area for area in visit.app.text_area if area.label == "It should say").value == "Der Stuhl ist hier."

    lock.close()
    assert house().recorder.flush(10)
    time.sleep(0.6)
    next(one for one in visit.app.button if one.label == "Save correction").click().run()
    visit.settle()
    assert "Your correction is saved" in visit.text
    assert backlog.GOES_ON not in visit.text
    assert "Not saved yet." not in visit.text
    founder.app.run()
    assert "uses wait" not in founder.text
    items = desk().feedback(visit.app.session_state["visitor_id"])
    found("refused and kept in the form, then saved", len(items))
    assert [item.rating.score for item in items if item.rating] == [1]
    assert [receipt.correction.corrected_text for item in items for receipt in item.receipts] == ["Der Stuhl ist hier."]


@pytest.mark.promise("R3")
def test_a_full_disk_is_said_as_such(impatient_house: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from core.store.columns import now
    from core.store.writer import Backlog
    from pages.parts.wiring import desk

    visit = Visit().go("support")
    full = replace(Backlog(), waiting=3, since=now(), is_disk_full=True, is_in_memory=True, dropped=2)
    monkeypatch.setattr(desk(), "backlog", lambda: full)
    visit.app.run()
    assert f"{backlog.DISK} {backlog.GOES_ON}" in visit.text
    founder = logged_in(Role.FOUNDER).go("translate")
    assert "3 uses wait" in founder.text
    assert "not even the spool" in founder.text
    assert "2 were lost" in founder.text
