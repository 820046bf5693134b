"""Stories about what answers: switched between two requests, by segment, and never down because of what was trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import serving
from core.errors import (
    ArtefactUnfit,
    ChangedMeanwhile,
    DatabaseUnavailable,
    EngineBusy,
    EngineFailed,
    NotYours,
)
from core.house import House
from core.loop import Artefact, ArtefactState
from core.store import artefacts
from core.store.db import Database
from core.types import Member, Task
from tests.loop.serving_stories import a_head, a_house, break_files

TEXT = "The delivery was late and the box was broken."


def switch(house: House, who: Member, artefact: Artefact | None, segment: str = "", kind: str = "promoted") -> None:
    with house.database.writing() as session:
        artefacts.serve(session, who, Task.SENTIMENT, segment, artefact.artefact_id if artefact else "", kind)
    house.live.refresh()


def test_without_anything_trained_the_weights_that_ship_answer(house: House) -> None:
    tasks = house.tasks()
    assert tasks.sentiment is house.sentiment
    assert tasks.translate is house.translate
    assert tasks.artefact(Task.SENTIMENT) is None
    assert tasks.sentiment.read(TEXT).origin.adapter_id == "fake-head"


def test_a_promoted_head_answers_the_next_request_and_a_request_under_way_keeps_its_own(
    house: House, ada: Member
) -> None:
    head = a_head(house, "positive")
    under_way = house.tasks()
    switch(house, ada, head)
    reading = house.tasks().sentiment.read(TEXT)
    assert (reading.label, reading.origin.adapter_id) == ("positive", head.artefact_id)
    assert under_way.sentiment.read(TEXT).origin.adapter_id == "fake-head"
    switch(house, ada, None, kind="rolled back")
    assert house.tasks().sentiment is house.sentiment


def test_a_segment_has_its_own_and_all_others_have_everybodys(house: House, ada: Member) -> None:
    for_all, for_agencies = a_head(house, "positive"), a_head(house, "neutral", segment="agency")
    switch(house, ada, for_agencies, "agency")
    assert house.tasks("shop").sentiment is house.sentiment
    switch(house, ada, for_all)
    assert house.tasks("agency").sentiment.read(TEXT).label == "neutral"
    assert house.tasks("shop").sentiment.read(TEXT).label == "positive"
    switch(house, ada, None, "agency", "rolled back")
    assert house.tasks("agency").sentiment.read(TEXT).label == "positive"


def test_another_process_notices_the_switch(
    house: House, ada: Member, tmp_path: Path, migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.0)
    with a_house(tmp_path, migrated_url) as other:
        assert other.tasks().sentiment.read(TEXT).label == "negative"
        switch(house, ada, a_head(house, "positive"))
        assert other.tasks().sentiment.read(TEXT).label == "positive"


def test_what_serves_is_not_asked_of_the_database_at_every_request(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.tasks()
    monkeypatch.setattr(artefacts, "revision", lambda _database: pytest.fail("asked again"))
    house.tasks()


def test_answers_go_on_while_the_database_is_away(house: House, ada: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    switch(house, ada, a_head(house, "positive"))
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.0)

    def away(_database: Database) -> int:
        raise DatabaseUnavailable(doing="looking")

    monkeypatch.setattr(artefacts, "revision", away)
    assert house.tasks().sentiment.read(TEXT).label == "positive"


@pytest.mark.promise("R11")
def test_a_head_whose_files_are_gone_lets_what_ships_answer_and_says_so(
    house: House, ada: Member, caplog: pytest.LogCaptureFixture
) -> None:
    head = a_head(house, "positive")
    break_files(house, head)
    switch(house, ada, head)
    assert house.tasks().sentiment is house.sentiment
    assert "missing" in house.serving.problem(head.artefact_id)
    assert "what ships answers instead" in caplog.text
    caplog.clear()
    assert house.tasks().sentiment is house.sentiment  # not tried again at every request
    assert not caplog.text
    with pytest.raises(ArtefactUnfit):
        house.serving.prepare(head)


def test_a_segments_broken_head_lets_everybodys_answer(house: House, ada: Member) -> None:
    broken = a_head(house, "neutral")
    switch(house, ada, a_head(house, "positive"))
    switch(house, ada, broken, "agency")
    break_files(house, broken)
    assert house.tasks("agency").sentiment.read(TEXT).label == "positive"


@pytest.mark.promise("R11")
def test_a_file_that_was_changed_never_serves(house: House, ada: Member) -> None:
    head = a_head(house, "positive")
    file = house.settings.data_folder / head.folder / "head.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))
    switch(house, ada, head)
    assert house.tasks().sentiment is house.sentiment
    assert "changed" in house.serving.problem(head.artefact_id)


def test_a_head_that_loads_but_fails_when_it_is_asked_lets_what_ships_answer(
    house: House, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(house, ada, a_head(house, "positive"))
    shipped = house.sentiment

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("core.engines.head.Head.probabilities", fail)
    assert house.tasks().sentiment is shipped
    with pytest.raises(EngineFailed):
        house.serving.prepare(artefacts.live(house.database)[(Task.SENTIMENT, "")])


def test_a_head_that_is_only_busy_is_not_taken_for_broken(
    house: House, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = a_head(house, "positive")
    switch(house, ada, head)

    def busy(*_: object) -> None:
        raise EngineBusy(seconds=1.0)

    with monkeypatch.context() as patch:
        patch.setattr("core.engines.head.Head.probabilities", busy)
        assert house.tasks().sentiment is house.sentiment
    assert house.serving.problem(head.artefact_id) == ""
    assert house.tasks().sentiment.read(TEXT).label == "positive"


def test_what_serves_is_loaded_before_anybody_asks(house: House, ada: Member) -> None:
    head = a_head(house, "positive")
    switch(house, ada, head)
    house.warm_live()
    break_files(house, head)
    assert house.tasks().sentiment.read(TEXT).label == "positive"


# The rows behind it


def test_artefacts_are_numbered_within_their_task_and_named(house: House) -> None:
    first, second = a_head(house, "positive"), a_head(house, "neutral")
    assert [one.name for one in artefacts.artefacts(house.database)] == ["sentiment head 2", "sentiment head 1"]
    assert artefacts.artefact(house.database, first.artefact_id).state is ArtefactState.CANDIDATE
    assert artefacts.artefacts(house.database, Task.TRANSLATE) == ()
    assert second.number == 2
    with pytest.raises(NotYours):
        artefacts.artefact(house.database, "../../etc")


def test_states_follow_what_serves(house: House, ada: Member) -> None:
    first, second = a_head(house, "positive"), a_head(house, "neutral")

    def state(one: Artefact) -> ArtefactState:
        return artefacts.artefact(house.database, one.artefact_id).state

    switch(house, ada, first)
    switch(house, ada, first, "agency")
    switch(house, ada, second)
    assert (state(first), state(second)) == (ArtefactState.LIVE, ArtefactState.LIVE)  # agencies still have the first
    switch(house, ada, second, "agency")
    assert state(first) is ArtefactState.RETIRED


def test_roll_backs_go_down_step_by_step(house: House, ada: Member) -> None:
    one, two = a_head(house, "positive"), a_head(house, "neutral")
    assert artefacts.before(house.database, Task.SENTIMENT, "") == ()
    switch(house, ada, one)
    switch(house, ada, two)
    assert artefacts.before(house.database, Task.SENTIMENT, "") == (one.artefact_id, "")
    switch(house, ada, one, kind="rolled back")
    assert artefacts.before(house.database, Task.SENTIMENT, "") == ("",)
    switch(house, ada, None, kind="rolled back alone")
    assert artefacts.before(house.database, Task.SENTIMENT, "") == ()


def test_two_clicks_switch_once(house: House, ada: Member) -> None:
    one, two = a_head(house, "positive"), a_head(house, "neutral")
    with house.database.writing() as session:
        artefacts.serve(session, ada, Task.SENTIMENT, "", one.artefact_id, "promoted", seen=0)
    with pytest.raises(ChangedMeanwhile, match="Ada"), house.database.writing() as session:
        artefacts.serve(session, ada, Task.SENTIMENT, "", two.artefact_id, "promoted", seen=0)
    assert artefacts.live(house.database)[(Task.SENTIMENT, "")].artefact_id == one.artefact_id
    assert len(artefacts.switches(house.database)) == 1


def test_a_withdrawn_artefact_cannot_come_to_serve(house: House, ada: Member) -> None:
    head = a_head(house, "positive")
    with house.database.writing() as session:
        artefacts.withdraw(session, ada, head.artefact_id, "a visitor was forgotten")
    with pytest.raises(ChangedMeanwhile), house.database.writing() as session:
        artefacts.serve(session, ada, Task.SENTIMENT, "", head.artefact_id, "promoted")


def test_what_serves_cannot_be_withdrawn(house: House, ada: Member) -> None:
    head = a_head(house, "positive")
    switch(house, ada, head)
    with pytest.raises(ChangedMeanwhile), house.database.writing() as session:
        artefacts.withdraw(session, ada, head.artefact_id, "")


def test_a_mark_says_why_and_stays(house: House) -> None:
    head = a_head(house, "positive")
    with house.database.writing() as session:
        assert artefacts.flag(session, [head.artefact_id], "A visitor was forgotten.") == 1
        assert artefacts.flag(session, [head.artefact_id], "Another.") == 0
    assert artefacts.artefact(house.database, head.artefact_id).flag == "A visitor was forgotten."
