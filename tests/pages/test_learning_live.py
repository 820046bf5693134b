"""What a founder sees of what serves, and does about it, on the page."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from core.errors import NotPromotable
from core.house import House
from core.loop import Artefact
from core.store import artefacts, evaluations, live_quality, members
from core.types import Role, Task
from tests.loop.serving_stories import a_dataset, a_founder, a_head, break_files
from tests.pages.conftest import Visit

pytestmark = pytest.mark.usefixtures("own_house")
SENTENCE = "Better on 41 of 60 held-out items."


@pytest.fixture
def house(own_house: None) -> Iterator[House]:
    from pages.parts import wiring

    yield wiring.house()
    wiring.office().close()


def compared(house: House, artefact: Artefact, is_promotable: bool = True) -> str:
    verdict = {"is_promotable": is_promotable, "sentence": SENTENCE if is_promotable else "Not enough to tell."}
    return evaluations.add(house.database, artefact.artefact_id, "", artefact.dataset_id, {}, verdict, [])


def until(visit: Visit, seen: str) -> Visit:
    end = time.monotonic() + 10
    while seen not in visit.text:
        assert time.monotonic() < end, visit.text
        visit.app.run()
        time.sleep(0.02)
    return visit.settle()


def label(house: House) -> str:
    return house.tasks().sentiment.read("It came on Monday.").label


def test_without_anything_trained_the_page_leads_to_the_datasets(founder: Visit) -> None:
    founder.go("founder/learning")
    assert "**The weights that ship answer everything.**" in founder.text
    founder.click("live_to_datasets")
    assert founder.app.session_state["learning_section"] == "Datasets"


@pytest.mark.promise("R11")
def test_a_founder_promotes_looks_back_to_the_click_and_rolls_back(house: House, founder: Visit) -> None:
    with house.database.writing() as session:
        a_dataset(session, {})
    head = a_head(house, "positive", dataset_id="d1")
    compared(house, head)
    before = label(house)
    founder.go("founder/learning")
    assert "Sentiment head 1 passed the gate and can be promoted below" in founder.text
    founder.click(f"live_promote_{head.artefact_id}")
    until(founder, "answers from the next request on")
    assert label(house) == "positive" != before
    assert "Sentiment head 1 serves since" in founder.text
    assert "too early to say how visitors like it" in founder.text
    assert SENTENCE in founder.text.replace("\\", "")
    founder.widget("toggle", f"live_origin_{head.artefact_id}").set_value(True).run()
    assert "**Dataset 1**" in founder.settle().text
    founder.click("live_back_sure_sentiment_")
    assert label(house) == before
    assert "**The weights that ship answer everything.**" in founder.text
    assert "was promoted by" in founder.text


def test_a_roll_back_that_a_click_came_before_takes_back_no_later_switch(house: House, founder: Visit) -> None:
    def serve(answer: str) -> str:
        head, who = a_head(house, answer), a_founder(house, answer)
        with house.database.writing() as session:
            artefacts.serve(session, who, Task.SENTIMENT, "", head.artefact_id, "promoted")
        house.live.refresh()
        founder.go("founder/learning")
        return str(founder.button("live_back_sure_sentiment_").key)

    first, second = serve("positive"), serve("negative")
    for key, seen in ((first, "negative"), (second, "positive")):
        # What a press leaves behind whose run was ended before it came to the button.
        founder.app.session_state["press_held"] = {key: [time.monotonic(), "pressed"]}
        founder.app.run()
        assert label(house) == seen


def test_over_the_gate_a_reason_is_needed(house: House, founder: Visit) -> None:
    head = a_head(house, "positive")
    compared(house, head, is_promotable=False)
    founder.go("founder/learning")
    assert not founder.has_button(f"live_promote_{head.artefact_id}")
    sure = f"live_override_sure_{head.artefact_id}"
    assert founder.button(sure).disabled
    founder.widget("text_area", f"live_set_reason_{head.artefact_id}").set_value("I read **all** of them.").run()
    founder.click(sure)
    until(founder, "answers from the next request on")
    assert "over the gate" in founder.text
    assert "I read \\*\\*all\\*\\* of them" in founder.text


def test_what_learned_from_somebody_who_left_is_shown_with_the_one_click(house: House, founder: Visit) -> None:
    head = a_head(house, "positive")
    with house.database.writing() as session:
        artefacts.flag(session, [head.artefact_id], "It was trained with rows of a visitor who was forgotten.")
    founder.go("founder/learning")
    assert "a visitor who was forgotten" in founder.text
    assert not founder.has_button(f"live_override_sure_{head.artefact_id}")


def test_a_head_that_cannot_be_used_is_told_on_the_page(house: House, founder: Visit) -> None:
    head = a_head(house, "positive")
    break_files(house, head)
    grace = members.add(house.database, "Grace", Role.FOUNDER)
    with house.database.writing() as session:
        artefacts.serve(session, grace, Task.SENTIMENT, "", head.artefact_id, "promoted")
    house.live.refresh()
    label(house)
    founder.go("founder/learning")
    assert "cannot be used" in founder.text
    assert "its files are missing" in founder.text


def test_the_rule_is_set_on_the_page(house: House, founder: Visit) -> None:
    a_head(house, "positive")
    founder.go("founder/learning")
    founder.widget("toggle", "live_set_on").set_value(False).run()
    founder.click("live_rule_save")
    assert not live_quality.rule(house.database).is_on


def test_a_refusal_is_a_sentence(house: House, founder: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts.wiring import office

    head = a_head(house, "positive")
    compared(house, head)
    founder.go("founder/learning")

    def refuse(*_: object) -> str:
        raise NotPromotable(name="It", why="somebody was <b>faster</b>.")

    monkeypatch.setattr(office().registry, "promote", refuse)
    founder.click(f"live_promote_{head.artefact_id}")
    assert "somebody was" in "".join(str(one.value) for one in founder.app.error)


def test_samples_are_marked_and_cannot_be_promoted(house: House, founder: Visit) -> None:
    head = a_head(house, "positive", is_sample=True)
    compared(house, head)
    founder.go("founder/learning")
    assert "Sample data" in founder.text
    assert "passed the gate" not in founder.text
    assert not founder.has_button(f"live_promote_{head.artefact_id}")


def test_what_was_taken_back_by_itself_is_said_first_and_why(house: House, founder: Visit) -> None:
    head = a_head(house, "positive")
    grace = members.add(house.database, "Grace", Role.FOUNDER)
    for to, kind, why in ((head.artefact_id, "promoted", ""), ("", "rolled back alone", "Thumbs-down: *more*.")):
        with house.database.writing() as session:
            artefacts.serve(session, grace, Task.SENTIMENT, "", to, kind, why)
    founder.go("founder/learning")
    assert "Sentiment was taken back by itself on" in founder.text
    assert "\\*more\\*" in founder.text
