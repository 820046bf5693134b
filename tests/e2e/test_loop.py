"""The loop, whole, on real weights in a real browser: corrected, used, approved, trained, promoted, rolled back."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.config import read_settings
from core.engines.shelf import Shelf
from core.store.db import Database
from core.types import Role, Task
from tests.e2e.browser import Visitor, server
from tests.e2e.conftest import enter
from tests.e2e.loop_texts import ironic, plain
from tests.loop import loop_stories as story

pytestmark = [pytest.mark.e2e, pytest.mark.weights, pytest.mark.timeout(900)]

# Neither of them is among the others' reviews; the second is like the first, and nobody has corrected it.
REVIEW = "Congratulations, one more lamp that hums at night, my neighbours are delighted."
LIKE_IT = "Bravo, yet another switch that sparks, what a lovely firework."


@pytest.fixture
def folder() -> Iterator[Path]:
    """The folder of a server of this story's own: what it promotes must not answer in others."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def shop(folder: Path) -> Iterator[str]:
    """The address of a shop whose customers have corrected some hundred readings of their ironic reviews."""
    fill(folder / "data")
    with server(folder) as address:
        yield address
    log = (folder / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log[-4_000:]


def fill(data: Path) -> None:
    """Put in what customers corrected and liked; what was said is what the weights that ship really say."""
    settings = read_settings({"HEARBACK_PROFILE": "embedded", "HEARBACK_DATA": str(data)})
    texts = [(text, "negative") for text in ironic(230)] + [(text, "positive") for text in plain(80)]
    shelf = Shelf(settings)
    try:
        classifier = shelf.classifier()
        said = [classifier.labels[place] for place in classifier.classify([text for text, _ in texts]).argmax(1)]
    finally:
        shelf.close()
    told = [story.Said(text, label, right) for (text, right), label in zip(texts, said, strict=True)]
    database = Database(settings.database_url)
    try:
        database.migrate()
        people = story.visitors(database, 15)
        story.corrected(
            database, Task.SENTIMENT, [one for one in told if one.output_text != one.corrected_text], people
        )
        story.rated(database, Task.SENTIMENT, [one for one in told if one.output_text == one.corrected_text], people)
    finally:
        database.close()


def someone(browser: Browser, address: str) -> Visitor:
    return Visitor(browser.new_context(viewport={"width": 1280, "height": 900}).new_page(), address)


def read(visitor: Visitor, text: str) -> Visitor:
    """Have a review read, and wait for what is said of it."""
    visitor.open("sentiment").write(text).click("Read it").answered()
    return visitor


def section(founder: Visitor, name: str) -> Visitor:
    founder.open("learning")
    choose(founder.page, name)
    return founder.settle()


def choose(page: Page, name: str) -> None:
    page.get_by_test_id("stMainBlockContainer").get_by_role("radio", name=name, exact=True).click()


@pytest.mark.promise("R11")
def test_a_correction_goes_round_the_whole_loop_and_back(opened_browser: Browser, shop: str, folder: Path) -> None:
    ann, bob = someone(opened_browser, shop), someone(opened_browser, shop)
    founder = enter(opened_browser.new_context(viewport={"width": 1280, "height": 900}), shop, folder, Role.FOUNDER)

    # Corrected, and used by the very next answer.
    ann.open("").click("Allow both").settle()
    # Only what its visitor allowed is shared once it is approved: the answer has to be saved before the page is left.
    expect(ann.main.get_by_role("button", name="Allow both")).to_have_count(0)
    read(ann, REVIEW)
    expect(ann.main).to_contain_text("Read by the weights")
    ann.main.get_by_text("Edit this answer").click()
    ann.settle()
    ann.page.get_by_test_id("stForm").get_by_role("radio", name="negative").click()
    ann.settle().click("Save correction")
    expect(ann.main).to_contain_text("Your correction is saved")
    read(ann, REVIEW)
    expect(ann.main).to_contain_text("From your correction")
    expect(ann.main.get_by_role("heading", name="Negative")).to_be_visible()

    # Approved, it works for others.
    founder.open("review").click("Approve")
    expect(founder.main).to_contain_text("Nothing waits for a verdict")
    read(bob, REVIEW)
    expect(bob.main).to_contain_text("From an approved correction")

    # Frozen, trained, compared, promoted.
    section(founder, "Datasets").click("Freeze dataset")
    expect(founder.main).to_contain_text("This is dataset 1")
    section(founder, "Training").click("Start training")
    compare = founder.main.get_by_role("button", name="Compare", exact=True)
    expect(compare).to_be_visible(timeout=240_000)
    compare.click()
    expect(founder.main).to_contain_text("held-out items")
    founder.click("Promote")
    expect(founder.main).to_contain_text("serves now")

    # Nobody corrected this one: now the weights know by themselves, from the next request on and without a restart.
    read(bob, LIKE_IT)
    expect(bob.main).to_contain_text("Improved from corrections")
    expect(bob.main.get_by_role("heading", name="Negative")).to_be_visible()
    ann.go("Your feedback").settle()
    for words in ("It helps everybody now", "dataset 1", "sentiment head 1", "The new version answers"):
        expect(ann.main).to_contain_text(words)

    # What they know is not looked up any more, until they are rolled back.
    for _ in range(60):
        section(founder, "Memory")
        if " retired" in founder.main.inner_text():
            break
        founder.page.wait_for_timeout(1_000)
    # Of those that came before there was a memory too, once it has caught up with them: how many depends on the moment.
    expect(founder.main).to_contain_text(re.compile(r"\b[1-9]\d* retired"))
    section(founder, "Live").click("Roll back")
    founder.page.get_by_role("button", name="Back to").click()
    expect(founder.page.get_by_text("The weights that ship answer again").first).to_be_visible()
    section(founder, "Memory")
    expect(founder.main).not_to_contain_text("retired,")
    ann.open("your_feedback")
    expect(ann.main).to_contain_text("went back to the version before")
    read(bob, REVIEW)
    expect(bob.main).to_contain_text("From an approved correction")

    for story_of in (ann, bob, founder):
        assert not story_of.complaints, story_of.complaints
        assert not story_of.strangers, story_of.strangers
