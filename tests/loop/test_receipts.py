"""What became of a correction is told to its author, and to whoever holds the link that they kept; to nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.config import read_settings
from core.desk import Desk
from core.errors import Forgotten, NoReceipt, NotYours, ReceiptGone
from core.house import open_house
from core.store import own_data, queries, receipts
from core.store.db import Database
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.record import Recorder
from core.types import Consent, Task
from tests.core.store_stories import an_interaction
from tests.loop.erasure_stories import ALL, MARK, a_life, left


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(database, tmp_path / "spool")
    yield recorder
    recorder.close()


def corrected(recorder: Recorder, visitor_id: str = "ada") -> str:
    recorder.choose(visitor_id, ALL)
    use = an_interaction(visitor_id=visitor_id, consent=ALL)
    recorder.interaction(use)
    return recorder.correct(use.interaction_id, visitor_id, "31 days.", "").correction_id


def used(
    database: Database, recorder: Recorder, correction_id: str, visitor_id: str, entries: int = 1, day: int = 5
) -> None:
    """Let an answer to a visitor use so many entries of a correction."""
    at = datetime(2026, 5, day, 12, tzinfo=UTC)
    use = an_interaction(visitor_id=visitor_id, input_text=f"{visitor_id} asks", consent=ALL, started_at=at)
    recorder.interaction(use)
    assert recorder.flush()
    with database.writing() as session:
        for number in range(entries):
            memory_id = f"{use.interaction_id} {number}"
            session.add(
                MemoryRow(
                    memory_id=memory_id,
                    correction_id=correction_id,
                    task="support",
                    input_text="",
                    output_text="",
                    input_key="",
                    output_key="",
                    state="shared",
                )
            )
            session.flush()
            session.add(
                MemoryUseRow(memory_id=memory_id, interaction_id=use.interaction_id, how="answer", similarity=1.0)
            )


def test_a_receipt_counts_the_answers_that_used_the_correction(database: Database, recorder: Recorder) -> None:
    mine, other = corrected(recorder), corrected(recorder)
    used(database, recorder, mine, "ada", entries=3, day=5)
    used(database, recorder, mine, "eve", day=7)
    used(database, recorder, mine, "eve", day=6)
    receipt = queries.receipt(database, "ada", mine)
    assert (receipt.own_uses, receipt.other_uses) == (1, 2)
    assert receipt.first_used_at is not None
    assert receipt.used_at is not None
    assert (receipt.first_used_at.day, receipt.used_at.day) == (5, 7)
    unused = queries.receipt(database, "ada", other)
    assert (unused.own_uses, unused.other_uses, unused.used_at) == (0, 0, None)


def test_own_uses_are_told_whole_and_those_of_others_by_day_and_use_case_alone(
    database: Database, recorder: Recorder
) -> None:
    mine = corrected(recorder)
    used(database, recorder, mine, "ada", entries=2, day=5)
    used(database, recorder, mine, "eve", day=6)
    theirs, own = receipts.uses(database, "ada", mine)
    assert (own.is_own, own.input_text, own.output_text) == (True, "ada asks", "30 days.")
    assert theirs == receipts.Used(datetime(2026, 5, 6).date(), Task.SUPPORT, "answer", is_own=False)
    assert "eve" not in repr(theirs)
    assert len(receipts.uses(database, "ada", mine, limit=1)) == 1


def test_nobody_else_reads_the_uses(database: Database, recorder: Recorder) -> None:
    mine = corrected(recorder)
    for visitor_id, correction_id in (("eve", mine), ("ada", "unknown")):
        with pytest.raises(NotYours):
            receipts.uses(database, visitor_id, correction_id)


def test_steps_are_told_on_every_receipt_that_is_still_there(database: Database, recorder: Recorder) -> None:
    mine = corrected(recorder)
    with database.writing() as session:
        assert receipts.tell(session, [mine, "gone"], "dataset", "3") == 1
        receipts.tell(session, [mine], "better", "better on 41 of 60 held-out items")
    receipt = queries.receipt(database, "ada", mine)
    assert [step.step for step in receipt.steps] == ["saved", "dataset", "better"]
    assert receipt.correction.status == "saved"


def test_a_visitor_takes_all_of_their_data_along_and_none_of_others(database: Database, recorder: Recorder) -> None:
    a_life(database, recorder, "ada")
    a_life(database, recorder, "eve", "Evesmark")
    told = own_data.everything(database, "ada")
    assert set(told) == set(own_data.TOLD) - {"dataset_items"}
    assert MARK in str(told)
    assert "Evesmark" not in str(told)
    assert "Rita" not in str(told)
    assert own_data.everything(database, "nobody") == {}


@pytest.fixture
def desk(migrated_url: str, tmp_path: Path) -> Iterator[Desk]:
    told = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path), "HEARBACK_CACHE": str(tmp_path)}
    house = open_house(replace(read_settings(told), database_url=migrated_url))
    desk = Desk(house)
    yield desk
    desk.close()
    house.close()


def asked_and_corrected(desk: Desk, visitor_id: str = "ann", text: str = "I love this lamp.") -> str:
    desk.choose(visitor_id, ALL)
    job_id = desk.read_sentiment(visitor_id, text)
    while not (view := desk.look(visitor_id, job_id)).is_over:
        time.sleep(0.01)
    wrong = "negative" if view.result.label != "negative" else "neutral"
    return desk.correct(visitor_id, view.interaction_id, wrong).correction_id


def test_a_link_that_was_kept_leads_to_its_receipt_without_any_cookie(desk: Desk) -> None:
    mine, other = asked_and_corrected(desk), asked_and_corrected(desk, text="It is broken.")
    key = desk.receipt_key("ann", mine)
    assert key == desk.receipt_key("ann", mine)
    assert desk.receipt(key).correction.correction_id == mine
    assert key.isalnum()
    assert desk.receipt_key("ann", other)[32:] != key[32:]


def test_a_link_cannot_be_guessed_from_another_nor_asked_for_by_others(desk: Desk) -> None:
    mine, other = asked_and_corrected(desk), asked_and_corrected(desk, text="It is broken.")
    key = desk.receipt_key("ann", mine)
    wrong = [
        other + key[32:],
        key[:-1],
        key[:-1] + ("0" if key[-1] != "0" else "1"),
        key + "0",
        mine,
        "",
        "\ud83d" * 96,
    ]
    for guess in wrong:
        with pytest.raises(NoReceipt) as caught:
            desk.receipt(guess)
        assert type(caught.value) is NoReceipt
        with pytest.raises(NoReceipt):
            desk.withdraw_by_receipt(guess)
    with pytest.raises(NotYours):
        desk.receipt_key("eve", mine)


def test_whoever_holds_the_link_may_take_the_correction_back_and_nothing_more(desk: Desk) -> None:
    mine = asked_and_corrected(desk)
    key = desk.receipt_key("ann", mine)
    desk.withdraw_by_receipt(key)
    desk.withdraw_by_receipt(key)
    receipt = desk.receipt(key)
    assert receipt.correction.status == "withdrawn"
    assert receipt.correction.corrected_text == ""
    assert [step.step for step in receipt.steps] == ["saved", "withdrawn"]


def test_the_link_of_somebody_who_was_forgotten_says_that_all_is_gone(desk: Desk) -> None:
    key = desk.receipt_key("ann", asked_and_corrected(desk))
    desk.forget_me("ann")
    with pytest.raises(ReceiptGone, match="forgotten"):
        desk.receipt(key)
    with pytest.raises(ReceiptGone):
        desk.withdraw_by_receipt(key)


def test_whoever_is_forgotten_is_gone_from_running_work_and_own_documents_too(desk: Desk, database_url: str) -> None:
    asked_and_corrected(desk, text=f"{MARK} is lovely.")
    brought = desk.bring_documents("ann", [("own.md", f"# {MARK}\n\nThe lamp has {MARK}.".encode())])
    asked = desk.ask("ann", f"What does {MARK} have?", knowledge_id=brought.knowledge_id)
    desk.forget_me("ann")
    for attempt in (
        lambda: desk.look("ann", asked),
        lambda: desk.ask("ann", "Again?", knowledge_id=brought.knowledge_id),
    ):
        with pytest.raises(NotYours):
            attempt()
    assert desk.recent("ann", Task.SENTIMENT) == []
    assert desk.feedback("ann") == ()
    assert desk.my_data("ann") == {}
    assert desk.is_forgotten("ann")
    assert not desk.is_forgotten("eve")
    with pytest.raises(Forgotten):
        desk.choose("ann", Consent())
    desk._recorder.flush()
    database = Database(database_url)
    assert left(database, MARK) == []
    database.close()
