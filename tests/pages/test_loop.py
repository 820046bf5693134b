"""The loop from end to end on pages, without weights: corrected, used, trained, promoted, rolled back, forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from core.loop import RunState
from core.store.loop_tables import MemoryRow
from core.types import Member, Role, Task
from tests.loop import loop_stories as story
from tests.pages.conftest import Visit, logged_in

PATIENCE_SECONDS = 60.0
OVER = (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)
# Of the kind that the seeded corrections are about, and not one of them; the made-up weights read it as neutral.
TEXT = "Our old windmill fell apart within a fortnight."


@pytest.fixture
def folder(own_house: None) -> Path:
    """The house's own data folder, with the corrections of many others in its database."""
    from pages.parts.wiring import house

    said = story.labels(240)
    visitors = story.visitors(house().database, 14)
    story.corrected(house().database, Task.SENTIMENT, said[:200], visitors)
    liked = [story.Said(one.input_text, one.corrected_text, one.corrected_text) for one in said[200:]]
    story.rated(house().database, Task.SENTIMENT, liked, visitors)
    return house().settings.data_folder


def wait(until: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not until():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def read(visit: Visit, text: str = TEXT) -> Visit:
    visit.go("sentiment")
    visit.widget("text_area", "sentiment_text").set_value(text)
    return visit.click("sentiment_start")


def correct(visit: Visit, label: str) -> None:
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    next(group for group in visit.app.button_group if group.label == "It should be").set_value(label)
    next(button for button in visit.app.button if button.label == "Save correction").click().run()


def section(founder: Visit, name: str) -> Visit:
    founder.app.session_state["learning_section"] = name
    founder.app.run()
    return founder.go("founder/learning")


@pytest.mark.promise("R16")
def test_a_correction_is_used_learned_promoted_rolled_back_and_forgotten(folder: Path) -> None:
    from pages.parts.wiring import house, office

    # A visitor corrects an answer, and the very next one uses that.
    ann = Visit().click("visitor_allow")
    assert "Read by the weights" in read(ann).text
    correct(ann, "negative")
    assert "From your correction" in read(ann).text
    bob = Visit().click("visitor_decline")
    assert "Read by the weights" in read(bob).text

    # Others get it once it is approved.
    founder = logged_in(Role.FOUNDER).go("founder/review").click("review_approve")
    who = office().access.member(founder.app.session_state["member_token"])
    assert who is not None
    assert "From an approved correction" in read(bob).text

    # A dataset is frozen, a training runs in a process of its own, and the gate lets it pass.
    section(founder, "Datasets")
    wait(lambda: founder.app.run() and founder.has_button("datasets_freeze"), "no rows to freeze")
    founder.click("datasets_freeze")
    wait(lambda: office().datasets.all(who), "the dataset is not frozen")
    section(founder, "Training").click("runs_start")
    wait(lambda: office().training.runs(who)[0].state in OVER, "the training did not end")
    run = office().training.runs(who)[0]
    assert run.state is RunState.FINISHED, run.error
    section(founder, "Compare").click("compare_promote")
    wait(lambda: live(who), "it does not serve")
    assert "Improved from corrections" in read(Visit(), "Our old windmill squeaks so loudly that I returned it.").text

    # What it knows by itself rests, and the receipt tells each step.
    office().registry.retire()
    wait(lambda: memory_state() == "retired", "the memory does not rest")
    assert "Improved from corrections" in read(bob).text
    ann.go("your_feedback")
    for words in ("It helps everybody now", "Chosen to learn from", "dataset 1", "The new version answers"):
        assert words in ann.text, words

    # One click brings back what answered before, and whatever had been retired.
    place = next(one for one in office().registry.places(who) if one.artefact)
    section(founder, "Live").click(f"live_back_sure_{place.task}_{place.segment}")
    assert not live(who)
    assert memory_state() == "shared"
    ann.go("your_feedback")
    assert "went back to the version before" in ann.text
    assert "From an approved correction" in read(bob).text

    # Whoever is forgotten leaves nothing behind: no row, no file, and a mark on what learned from them.
    ann.go("your_feedback").click("own_data_sure")
    assert "Read by the weights" in read(bob).text
    house().recorder.flush()
    assert holding(folder, TEXT) == []
    section(founder, "Live")
    assert "forgotten on" in founder.text
    assert founder.has_button("live_retrain_")


def live(who: Member) -> bool:
    from pages.parts.wiring import office

    return any(place.artefact for place in office().registry.places(who))


def memory_state() -> str:
    """Return the state of what is remembered of this story's correction."""
    from pages.parts.wiring import house

    with house().database.reading() as session:
        return str(session.scalar(select(MemoryRow.state).where(MemoryRow.input_text == TEXT)))


def holding(folder: Path, words: str) -> list[str]:
    """Return the files of a folder in which these words stand."""
    return [
        str(one.relative_to(folder))
        for one in folder.rglob("*")
        if one.is_file() and words.encode() in one.read_bytes()
    ]
