"""A reviewer works through the queue with the keyboard alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from core.store import queries
from core.store.db import Database
from core.store.record import Recorder
from core.types import Consent, Rating, Role, Task
from tests.core.store_stories import an_interaction
from tests.e2e.browser import Visitor
from tests.e2e.conftest import enter

pytestmark = pytest.mark.e2e

QUESTION = "How long may I return a lamp?"
WITHIN_60 = "You may return it within 60 days of delivery."


@contextmanager
def recorder(folder: Path) -> Iterator[tuple[Database, Recorder]]:
    """Open the server's own database from outside, as another process of the same company would."""
    database = Database(f"sqlite:///{folder / 'data' / 'hearback.db'}")
    database.migrate()
    opened = Recorder(database, folder / "spool")
    yield database, opened
    opened.close()
    database.close()


def correct(writer: Recorder, visitor_id: str, text: str, asked: str = QUESTION, **changes: object) -> str:
    """Let a visitor correct an answer; return the correction's id."""
    writer.choose(visitor_id, Consent(log=True, train=True), "Founder", "2 to 10")
    allowed = Consent(log=True, train=True)
    told = {"output_text": "You may return a lamp within 30 days.", "segment": "Founder, 2 to 10", **changes}
    use = an_interaction(visitor_id=visitor_id, input_text=asked, consent=allowed, passage_ids=(), **told)
    writer.interaction(use)
    assert writer.flush()
    return writer.correct(use.interaction_id, visitor_id, text, "").correction_id


def fill(writer: Recorder) -> dict[str, str]:
    """Make a small queue: repeated, disputed, held, and rated as not good; return items by name."""
    items = {name: correct(writer, name, WITHIN_60) for name in ("ann", "ben", "cem")}
    items["dan"] = correct(writer, "dan", "On Monday, before noon.", "When do you ship to Norway?")
    items["eve"] = correct(writer, "eve", "Every Friday.", "When do you ship to Norway?")
    items["flo"] = correct(writer, "flo", "Call me at +44 20 7946 0958, I know it.", "Who repairs lamps?")
    items["gus"] = correct(
        writer,
        "gus",
        "negative",
        "The lamp came broken and nobody answers.",
        task=Task.SENTIMENT,
        output_text="neutral",
    )
    items["hal"] = correct(
        writer,
        "hal",
        "Danke für Ihre Bestellung, sie geht morgen früh an Sie ab.",
        "Thank you for your order. It leaves tomorrow.",
        task=Task.TRANSLATE,
        output_text="Danke für die Ordnung. Es verlässt morgen.",
        request={"target": "de"},
    )
    use = an_interaction(
        visitor_id="ida", input_text="Is there a shop in Oslo?", consent=Consent(log=True), passage_ids=()
    )
    writer.choose("ida", Consent(log=True))
    writer.interaction(use)
    assert writer.flush()
    writer.rate(Rating(use.interaction_id, 0, ("Wrong", "Incomplete"), "You closed it in March."), "ida")
    return items


@pytest.fixture
def reviewer(context: BrowserContext, address: str, server_folder: Path) -> Iterator[Visitor]:
    """A reviewer who is logged in."""
    story = enter(context, address, server_folder, Role.REVIEWER)
    yield story
    assert not story.complaints, story.complaints
    assert not story.strangers, story.strangers


def press(visitor: Visitor, key: str) -> None:
    visitor.page.keyboard.press(key)
    visitor.settle()


def test_a_reviewer_approves_edits_rejects_skips_and_undoes_by_keyboard(reviewer: Visitor, server_folder: Path) -> None:
    with recorder(server_folder) as (database, writer):
        items = fill(writer)

        def status(name: str) -> str:
            return queries.receipt(database, name, items[name]).correction.status

        def becomes(name: str, wanted: str) -> None:
            """Wait until a correction has this status, as long as a busy machine may take."""
            end = time.monotonic() + 30
            while status(name) != wanted:
                assert time.monotonic() < end, f"{name} is {status(name)}, not {wanted}"
                reviewer.page.wait_for_timeout(100)
            reviewer.settle()

        reviewer.open("review")
        expect(reviewer.main).to_contain_text("6 different things wait for a verdict (8 items)")
        line = reviewer.main.locator("[class*=st-key-review_line_]")
        expect(line.first).to_contain_text("2 different corrections")
        expect(reviewer.main.get_by_role("button", name="Approve").first).to_be_visible()
        press(reviewer, "j")
        expect(line.nth(1).locator("strong")).to_be_visible()
        press(reviewer, "k")
        expect(line.first.locator("strong")).to_be_visible()
        told = reviewer.main.locator("[class*=st-key-review_difference]").inner_text()
        first = "dan" if "Monday" in told else "eve"
        press(reviewer, "a")
        becomes(first, "approved")
        press(reviewer, "u")
        becomes(first, "saved")

        # What is typed is text, whatever the keys mean elsewhere.
        press(reviewer, "e")
        field = reviewer.page.get_by_label("It should say")
        field.click()
        field.press("Control+a")
        reviewer.page.keyboard.type("Every Monday and Friday, says a person: use, skip, ask, judge.")
        reviewer.settle()
        assert status(first) == "saved"
        reviewer.main.get_by_role("button", name="Approve this text").click()
        becomes(first, "approved")

        # Nor does typing to find a filter do anything.
        before = {name: status(name) for name in items}
        reviewer.main.get_by_label("Reason").click()
        reviewer.page.keyboard.type("asxu")
        reviewer.settle()
        reviewer.page.keyboard.press("Escape")
        reviewer.settle()
        assert {name: status(name) for name in items} == before

        reviewer.main.get_by_role("heading", level=1).click()
        press(reviewer, "x")
        reviewer.main.get_by_text("unclear", exact=True).click()
        reviewer.main.get_by_role("button", name="Do not take it").click()
        expect(reviewer.main.get_by_role("button", name="Skip")).to_be_visible()
        reviewer.settle()
        assert [status(name) for name in items].count("rejected") == 1
        waiting = line.count()
        press(reviewer, "s")
        expect(line).to_have_count(waiting - 1)
