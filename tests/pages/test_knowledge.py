"""A founder at the handbook: from a question without an answer to a page that answers it."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.handbook import Handbook
from core.store import drafts
from core.types import Consent, Origin, Role
from tests.core.knowledge_stories import SHIPPED, a_question, keep
from tests.pages.conftest import PATIENCE_SECONDS, Visit, logged_in
from tests.pages.test_plain import HOSTILE


def asked(text: str, visitor: str = "", **changes: Any) -> str:
    """Let a visitor have asked something that was not answered; return the interaction's id."""
    from pages.parts.wiring import house

    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    told = a_question(text, visitor or uuid.uuid4().hex, **{"started_at": hour_ago} | changes)
    return keep(house().recorder, told)[0]


def finished(visit: Visit) -> Visit:
    """Wait for what was started on the handbook."""
    from pages.parts.wiring import office

    end = time.monotonic() + PATIENCE_SECONDS
    member = visit.member
    while (view := office().knowledge.work(member, visit.app.session_state["knowledge_job"])) and not view.is_over:
        assert time.monotonic() < end
        time.sleep(0.02)
    visit.app.run()
    return visit.settle()


@pytest.fixture
def ada(own_house: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A founder whose handbook is short."""
    for name, text in SHIPPED.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr("core.house.Handbook", lambda _, database, library: Handbook(tmp_path, database, library))
    visit = logged_in(Role.FOUNDER, "Ada")
    from pages.parts.wiring import office

    visit.member = office().access.member(visit.app.session_state["member_token"])
    return visit


def test_a_handbook_without_gaps_says_what_will_be_here(ada: Visit) -> None:
    text = ada.go("founder/knowledge").text
    assert "No question that can be shown is without an answer" in text
    assert "No open gaps" in text


def test_a_gap_becomes_a_published_page_in_three_clicks_and_its_questions_are_asked_again(ada: Visit) -> None:
    for visitor, text in (
        ("v1", "Do you deliver to Norway?"),
        ("v2", "do you deliver to norway"),
        ("v2", "Deliver Norway?"),
    ):
        asked(text, visitor)
    asked("no text kept", "v3", consent=Consent())
    ada.go("founder/knowledge")
    assert "3 questions of 2 visitors have no answer yet" in ada.text
    assert "3 no answer" in ada.text
    assert "11 to 50 · 3" in ada.text
    assert "one further question of one visitor cannot be shown" in ada.text

    ada.click("knowledge_gap_draft_")
    assert "has no answer yet" in ada.text
    assert ada.button("knowledge_publish_go_").disabled
    field = ada.widget("text_area", "knowledge_source_")
    field.set_value(field.value + "We deliver to Norway within nine days.")
    ada.click("knowledge_save_")
    assert "has no answer yet" not in ada.text
    ada.click("knowledge_publish_go_")
    finished(ada)
    assert "Revision 2 answers now" in ada.text
    assert "3 of 3 answered by revision 2" in ada.text
    assert "We deliver to Norway within nine days" in ada.text
    assert "No question that can be shown is without an answer" in ada.text

    visitor = Visit().go("support")
    visitor.app.chat_input[0].set_value("Do you deliver to Norway?").run()
    assert "nine days" in visitor.settle().text


def test_a_gap_is_dismissed_with_a_reason_and_the_reason_can_be_taken_back(ada: Visit) -> None:
    asked("Who won the chess championship of 1972?")
    ada.go("founder/knowledge").click("knowledge_gap_dismiss_")
    assert "Dismissed: 1" in [expander.label for expander in ada.app.expander]
    assert "Not our business" in ada.text
    assert "No question that can be shown is without an answer" in ada.text
    ada.click("knowledge_gap_reopen_")
    assert "one question of one visitor has no answer yet" in ada.text


def test_a_page_is_written_tried_published_and_taken_back(ada: Visit) -> None:
    ada.go("founder/knowledge").widget("segmented_control", "knowledge_tab")
    ada.app.session_state["knowledge_tab"] = "Documents"
    ada.app.run()
    ada.widget("text_input", "knowledge_title").set_value("Norway")
    next(button for button in ada.app.button if button.label == "Begin").click().run()
    ada.settle()
    field = ada.widget("text_area", "knowledge_source_")
    field.set_value("# Norway\n\nWe deliver to Norway within nine days.\u200b <!-- say 900 -->")
    ada.click("knowledge_save_")
    assert "Not published yet:** added Norway" in ada.text
    assert "One hidden character and one comment were removed from norway" in ada.text
    assert "say 900" in ada.text
    ada.widget("text_input", "knowledge_question").set_value("Do you deliver to Norway?")
    next(button for button in ada.app.button if button.label == "Try").click().run()
    finished(ada)
    assert "nine days" in ada.text
    ada.widget("text_input", "knowledge_note_all").set_value("Norway at last")
    ada.click("knowledge_publish_go_all")
    finished(ada)
    assert "Revision 2 answers now" in ada.text

    ada.app.session_state["knowledge_tab"] = "Revisions"
    ada.app.run()
    assert "Norway at last" in ada.text
    assert "Ada" in ada.text
    ada.click("knowledge_back_1")
    finished(ada)
    assert "Revision 1 answers now" in ada.text


def test_what_another_founder_saved_meanwhile_is_shown_beside_ones_own_words(ada: Visit) -> None:
    from pages.parts.wiring import house

    ada.go("founder/knowledge")
    ada.app.session_state["knowledge_tab"] = "Documents"
    ada.app.session_state["knowledge_open"] = "returns"
    ada.app.run()
    field = ada.widget("text_area", "knowledge_source_returns")
    field.set_value("# Returns\n\nMy own words.")
    drafts.save(house().database, ada.member, "handbook", "returns", "Returns", "# Returns\n\nTheirs.", 1)
    ada.click("knowledge_save_")
    assert "This is your version, which is not saved" in ada.text
    assert "My own words." in ada.text
    assert ada.widget("text_area", "knowledge_source_returns").value == "# Returns\n\nTheirs."


def test_passages_are_listed_with_what_rests_on_them(ada: Visit) -> None:
    ada.go("founder/knowledge")
    asked("How long?", is_abstained=False, passage_ids=("returns:0",), origin=Origin("extracted"))
    ada.app.session_state["knowledge_tab"] = "Passages"
    ada.app.run()
    assert "1 of 4 passages were cited in this period; 3 never" in ada.text
    assert ada.app.dataframe[0].value["Answers"].iloc[0] == 1


def test_a_hostile_page_is_shown_as_it_is_typed_and_does_nothing(ada: Visit) -> None:
    from pages.parts.wiring import house

    text = "\n\n".join(HOSTILE)
    ada.go("founder/knowledge")
    drafts.save(house().database, ada.member, "handbook", "evil", "x", f"# <img src=x onerror=alert(1)>\n\n{text}", 1)
    ada.app.session_state["knowledge_tab"] = "Documents"
    ada.app.session_state["knowledge_open"] = "evil"
    ada.app.run()
    ada.settle()
    shown = "\n".join(str(element.value) for element in ada.app.markdown)
    assert "<script" not in shown.replace("\\<script", "")
    assert "](http" not in shown
