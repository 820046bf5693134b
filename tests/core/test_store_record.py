"""What a visitor does is written down once, owned by them, and as much of it as they allowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select

from core.errors import DatabaseUnavailable, EmptyInput, InputTooLong, NotYours
from core.limits import COMMENT_CHARACTERS, CORRECTION_CHARACTERS
from core.store import queries
from core.store.db import Database
from core.store.record import Recorder
from core.store.tables import CorrectionRow
from core.types import Consent, Ending, Rating, Task, Visitor
from tests.core.store_stories import an_interaction


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(database, tmp_path / "spool")
    yield recorder
    recorder.close()


def test_an_interaction_comes_back_as_it_was_recorded(database: Database, recorder: Recorder) -> None:
    told = an_interaction(ending=Ending.STOPPED, first_seconds=None, memory_id="m1", segment="founder, 1-10")
    recorder.interaction(told)
    assert recorder.flush()
    assert queries.interaction(database, "ada", told.interaction_id) == told


def test_an_interaction_recorded_twice_is_there_once(database: Database, recorder: Recorder) -> None:
    told = an_interaction()
    recorder.interaction(told)
    recorder.interaction(told)
    assert recorder.flush()
    assert queries.counts(database).interactions == {task: int(task is Task.SUPPORT) for task in Task}


@pytest.mark.promise("R16")
def test_without_consent_only_numbers_are_kept_and_a_rating_still_attaches(
    database: Database, recorder: Recorder
) -> None:
    told = an_interaction(consent=Consent(log=False), ending=Ending.FAILED, error="lamp.pdf could not be read")
    recorder.interaction(told)
    recorder.rate(Rating(told.interaction_id, 0, ("wrong",), "My own words, sent on purpose"), "ada")
    kept = queries.interaction(database, "ada", told.interaction_id)
    assert (kept.input_text, kept.output_text, kept.error) == ("", "", "")
    assert (kept.request, kept.output, kept.messages, kept.passage_ids) == ({}, {}, (), ())
    assert (kept.ending, kept.language, kept.origin, kept.total_seconds) == (Ending.FAILED, "en", told.origin, 0.25)
    assert queries.feedback(database, "ada")[0].rating == Rating(
        told.interaction_id, 0, ("wrong",), "My own words, sent on purpose"
    )


def test_times_come_back_aware_and_in_utc(database: Database, recorder: Recorder) -> None:
    in_tokyo = datetime(2026, 5, 4, 12, 0, tzinfo=timezone(timedelta(hours=9)))
    told = an_interaction(started_at=in_tokyo)
    recorder.interaction(told)
    recorder.correct(told.interaction_id, "ada", "31 days.", "k")
    kept = queries.interaction(database, "ada", told.interaction_id)
    assert kept.started_at == in_tokyo
    item = queries.feedback(database, "ada")[0]
    for time in (
        kept.started_at,
        item.started_at,
        item.receipts[0].correction.created_at,
        item.receipts[0].steps[0].at,
    ):
        assert time.tzinfo is UTC


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Grüße 👩‍👩‍👧 und 你好", "Grüße 👩‍👩‍👧 und 你好"),
        ("שלום, كيف حالك؟", "שלום, كيف حالك؟"),
        ("a\x00b", "ab"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("'; DROP TABLE visitors; --", "'; DROP TABLE visitors; --"),
    ],
)
def test_texts_of_any_script_are_kept_and_what_a_database_cannot_hold_is_not(
    database: Database, recorder: Recorder, typed: str, kept: str
) -> None:
    told = an_interaction(input_text=typed, request={"text": typed, typed: [typed]}, output={"score": float("nan")})
    recorder.interaction(told)
    assert recorder.flush()
    found = queries.interaction(database, "ada", told.interaction_id)
    assert found.input_text == kept
    assert found.request == {"text": kept, kept: [kept]}
    assert found.output == {"score": None}


def test_a_rating_is_one_however_often_it_changes_and_can_be_taken_back(database: Database, recorder: Recorder) -> None:
    told = an_interaction()
    recorder.interaction(told)
    recorder.rate(Rating(told.interaction_id, 1), "ada", key="first")
    recorder.rate(Rating(told.interaction_id, 0, ("wrong",)), "ada", key="second")
    recorder.rate(Rating(told.interaction_id, 1), "ada", key="second")
    assert queries.counts(database).ratings == 1
    assert queries.history(database, "ada")[0].score == 0
    recorder.undo_rating(told.interaction_id, "ada")
    recorder.undo_rating(told.interaction_id, "ada")
    assert queries.history(database, "ada")[0].score is None
    assert queries.feedback(database, "ada") == ()


def test_nobody_touches_or_sees_what_another_visitor_did(database: Database, recorder: Recorder) -> None:
    told = an_interaction()
    recorder.interaction(told)
    mine = recorder.correct(told.interaction_id, "ada", "31 days.", "k")
    identity = told.interaction_id
    for attempt in (
        lambda: recorder.rate(Rating(identity, 0), "eve"),
        lambda: recorder.undo_rating(identity, "eve"),
        lambda: recorder.correct(identity, "eve", "Never.", "k"),
        lambda: recorder.hand_off(identity, "eve", "call me", ""),
        lambda: recorder.withdraw_correction(mine.correction_id, "eve"),
        lambda: queries.interaction(database, "eve", identity),
        lambda: queries.receipt(database, "eve", mine.correction_id),
        lambda: recorder.rate(Rating("no such id", 0), "ada"),
    ):
        with pytest.raises(NotYours):
            attempt()
    assert queries.history(database, "eve") == ()
    assert queries.feedback(database, "eve") == ()
    assert queries.feedback(database, "eve", identity) == ()
    assert queries.receipt(database, "ada", mine.correction_id).correction.corrected_text == "31 days."


def test_a_correction_keeps_a_receipt_of_all_that_became_of_it(database: Database, recorder: Recorder) -> None:
    told = an_interaction()
    recorder.choose("ada", Consent(log=True, train=True))
    recorder.interaction(told)
    saved = recorder.correct(told.interaction_id, "ada", "31 days.\r\n", "k")
    assert saved == recorder.correct(told.interaction_id, "ada", "a repeated click", "k")
    assert (saved.corrected_text, saved.input_text, saved.status) == ("31 days.\n", told.input_text, "saved")
    for step in ("used", "approved", "trained", "better"):
        recorder.advance(saved.correction_id, step, "adapter 1.2")
    receipt = queries.receipt(database, "ada", saved.correction_id)
    assert [step.step for step in receipt.steps] == ["saved", "used", "approved", "shared", "trained", "better"]
    assert receipt.correction.status == "trained"
    assert queries.counts(database).corrections == 1


def test_a_second_correction_replaces_the_first_and_both_can_be_withdrawn(
    database: Database, recorder: Recorder
) -> None:
    told = an_interaction()
    recorder.interaction(told)
    first = recorder.correct(told.interaction_id, "ada", "31 days.", "one")
    second = recorder.correct(told.interaction_id, "ada", "32 days.", "two")
    statuses = [receipt.correction.status for receipt in queries.feedback(database, "ada")[0].receipts]
    assert statuses == ["replaced", "saved"]
    for correction in (first, second, second):
        recorder.withdraw_correction(correction.correction_id, "ada")
    assert queries.feedback(database, "ada") == ()
    withdrawn = queries.receipt(database, "ada", second.correction_id)
    assert (withdrawn.correction.corrected_text, withdrawn.correction.input_text) == ("", "")
    assert [step.step for step in withdrawn.steps] == ["saved", "withdrawn"]


def test_a_text_that_was_replaced_or_withdrawn_can_be_saved_again(database: Database, recorder: Recorder) -> None:
    told = an_interaction()
    recorder.interaction(told)
    for text in ("31 days.", "32 days.", "31 days."):
        last = recorder.correct(told.interaction_id, "ada", text, key=text)
        assert (last.corrected_text, last.status) == (text, "saved")
    statuses = [receipt.correction.status for receipt in queries.feedback(database, "ada")[0].receipts]
    assert statuses == ["replaced", "replaced", "saved"]
    recorder.withdraw_correction(last.correction_id, "ada")
    again = recorder.correct(told.interaction_id, "ada", "31 days.", key="31 days.")
    assert (again.corrected_text, again.status) == ("31 days.", "saved")


def test_a_visitor_is_known_without_the_database_as_last_seen_or_else_allows_nothing(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = recorder.choose("ada", Consent(log=True, train=True), "founder")
    assert recorder.visitor("ada") == chosen

    def away(*arguments: object) -> Visitor:
        raise DatabaseUnavailable(doing="reading your choices")

    monkeypatch.setattr(queries, "visitor", away)
    assert recorder.visitor("ada") == chosen
    assert recorder.visitor("bob") == Visitor("bob")


def test_history_is_the_visitors_own_newest_first_and_by_task(database: Database, recorder: Recorder) -> None:
    first = an_interaction(passage_ids=())
    second = an_interaction(passage_ids=(), task=Task.SUMMARIZE, started_at=first.started_at + timedelta(seconds=1))
    for told in (first, second, an_interaction(visitor_id="eve")):
        recorder.interaction(told)
    recorder.rate(Rating(first.interaction_id, 0), "ada")
    assert recorder.flush()
    assert [item.interaction_id for item in queries.history(database, "ada")] == [
        second.interaction_id,
        first.interaction_id,
    ]
    assert queries.recent(database, "ada") == ((second, None), (first, 0))
    assert queries.recent(database, "ada", Task.SUPPORT) == ((first, 0),)
    assert queries.recent(database, "ada", limit=1) == ((second, None),)


def test_a_correction_of_an_unlogged_answer_keeps_what_the_visitor_saw(database: Database, recorder: Recorder) -> None:
    told = an_interaction(consent=Consent())
    recorder.interaction(told)
    saved = recorder.correct(
        told.interaction_id, "ada", "31 days.", "k", input_text="How long?", output_text="30 days."
    )
    assert (saved.input_text, saved.output_text, saved.corrected_text) == ("How long?", "30 days.", "31 days.")


def test_words_beyond_their_limits_are_refused_before_anything_is_written(
    database: Database, recorder: Recorder
) -> None:
    told = an_interaction()
    recorder.interaction(told)
    with pytest.raises(InputTooLong):
        recorder.rate(Rating(told.interaction_id, 1, (), "x" * (COMMENT_CHARACTERS + 1)), "ada")
    with pytest.raises(InputTooLong):
        recorder.correct(told.interaction_id, "ada", "x" * (CORRECTION_CHARACTERS + 1), "k")
    with pytest.raises(EmptyInput):
        recorder.correct(told.interaction_id, "ada", " \x00\n", "k")
    with pytest.raises(InputTooLong):
        recorder.hand_off(told.interaction_id, "ada", "x" * (COMMENT_CHARACTERS + 1), "")
    assert queries.feedback(database, "ada") == ()


def test_asking_twice_for_a_person_is_one_request(recorder: Recorder) -> None:
    told = an_interaction()
    recorder.interaction(told)
    first = recorder.hand_off(told.interaction_id, "ada", "not found", "")
    assert first == recorder.hand_off(told.interaction_id, "ada", "not found", "ada@example.org")


def test_a_choice_is_remembered_and_each_change_stays_in_the_history(database: Database, recorder: Recorder) -> None:
    assert recorder.welcome("ada") == Visitor("ada")
    recorder.choose("ada", Consent(log=True, train=True), "founder", "1-10")
    recorder.choose("ada", Consent(log=True, train=True), "founder", "11-50")
    recorder.choose("ada", Consent(log=True, train=False), "founder", "11-50")
    expected = Visitor("ada", Consent(log=True, train=False), True, "founder", "11-50")
    assert recorder.welcome("ada") == queries.visitor(database, "ada") == expected
    assert [(row.log, row.train) for row in queries.consents(database, "ada")] == [(True, True), (True, False)]


def test_eight_threads_writing_at_once_lose_nothing(database: Database, recorder: Recorder) -> None:
    failures: list[Exception] = []

    def visit(name: str) -> None:
        try:
            for number in range(10):
                told = an_interaction(visitor_id=name)
                recorder.interaction(told)
                recorder.rate(Rating(told.interaction_id, number % 2), name)
                recorder.correct(told.interaction_id, name, f"better {number}", "")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must tell
            failures.append(error)

    threads = [threading.Thread(target=visit, args=(f"visitor {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    counted = queries.counts(database)
    assert (counted.interactions[Task.SUPPORT], counted.visitors) == (80, 8)
    assert (counted.ratings, counted.corrections) == (80, 80)


def test_a_correction_keeps_how_much_it_changed(database: Database, recorder: Recorder) -> None:
    told = an_interaction(output_text="You have thirty days")
    unlogged = an_interaction(consent=Consent())
    recorder.interaction(told)
    recorder.interaction(unlogged)
    recorder.correct(told.interaction_id, "ada", "You have sixty days", "one")
    recorder.correct(unlogged.interaction_id, "ada", "Two words", "two")
    with database.reading() as session:
        shares = {row.interaction_id: row.edit_share for row in session.scalars(select(CorrectionRow))}
    assert shares == {told.interaction_id: 0.25, unlogged.interaction_id: None}
