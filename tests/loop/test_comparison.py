"""A founder compares what was trained with what serves, votes blindly, and sets what the gate asks for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.errors import AlreadyReviewed, EmptyInput, NotAChoice, NotAllowed, NotYours, OutOfRange
from core.house import House
from core.learning import evaluate
from core.loop import Artefact
from core.office import Office
from core.office.comparison import View
from core.store import artefacts, audit, evaluations, members
from core.store.loop_tables import DatasetItemRow, EvaluationItemRow
from core.store.tables import CorrectionRow, CorrectionStepRow, VisitorRow
from core.types import Member, Role, Task
from tests.core.review_stories import Company
from tests.loop.compare_stories import a_dataset_of_labels
from tests.loop.serving_stories import a_founder, a_head, a_house

# The head that ships in the fake house finds neither praise nor blame in these, so it calls all of them neutral.
TEXTS = ["positive"] * 45 + ["neutral"] * 15


class Story:
    """A house with a candidate that was compared, and a founder."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.office = Office(house)
        self.ada = a_founder(house)
        self.room = self.office.comparison

    def candidate(self, says: str = "positive", **changes: object) -> Artefact:
        return a_head(self.house, says, dataset_id="d1", **changes)  # type: ignore[arg-type]

    def compared(self, artefact: Artefact, dataset_id: str = "d1") -> str:
        return evaluate.run(self.house, artefact, dataset_id)

    def view(self, artefact: Artefact) -> View:
        return self.room.of(self.ada, artefact.artefact_id)


@pytest.fixture
def story(tmp_path: Path, migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    monkeypatch.setattr(evaluate, "shipped", lambda _: [])
    with a_house(tmp_path, migrated_url) as house:
        told = Story(house)
        yield told
        told.office.close()


@contextmanager
def serving(story: Story, artefact: Artefact) -> Iterator[None]:
    with story.house.database.writing() as session:
        artefacts.serve(session, story.ada, Task.SENTIMENT, "", artefact.artefact_id, "promoted")
    yield


def test_an_evaluation_is_kept_with_its_items_figures_and_verdict(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    candidate = story.candidate()

    evaluation_id = story.compared(candidate)

    kept = evaluations.evaluation(story.house.database, evaluation_id)
    items = evaluations.items(story.house.database, evaluation_id)
    assert (kept.artefact_id, kept.live_id, kept.dataset_id) == (candidate.artefact_id, "", "d1")
    assert (kept.figures["wins"]["wins"], kept.figures["wins"]["losses"]) == (45, 15)
    assert len(items) == 60
    assert {item.answers["candidate"]["adapter_id"] for item in items} == {candidate.artefact_id}
    assert {item.answers["base"]["adapter_id"] for item in items} == {"fake-head"}
    view = story.view(candidate)
    assert view.verdict is not None
    assert view.verdict.plain() == kept.verdict
    assert view.rival_name == "the weights that ship"


def test_what_would_serve_one_segment_is_asked_by_that_segment_alone(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    with story.house.database.writing() as session:
        for place in range(40):
            row = session.get(DatasetItemRow, ("d1", f"row-{place}"))
            assert row is not None
            row.content = row.content | {"segment": "agency"}

    story.compared(candidate := story.candidate(segment="agency"))

    kept = evaluations.latest(story.house.database, candidate.artefact_id)
    assert kept is not None
    assert kept.figures["n"] == 40


def test_receipts_are_told_once_and_again_only_when_the_word_changes(story: Story) -> None:
    correction_id = Company(story.house).correct("grace", "positive", asked="positive text 0", task=Task.SENTIMENT)
    with story.house.database.writing() as session:
        session.execute(update(CorrectionRow).values(status="approved"))
    a_dataset_of_labels(story.house, TEXTS, correction_ids=[correction_id])

    candidate = story.candidate("negative")
    story.compared(candidate)
    story.compared(candidate)

    with story.house.database.reading() as session:
        steps = [(row.step, row.detail) for row in session.query(CorrectionStepRow).order_by(CorrectionStepRow.at)]
    assert [step for step, _ in steps if step in ("better", "not better")] == ["not better"]
    assert "better on 0, worse on" in dict(steps)["not better"]


def test_a_comparison_is_stale_once_something_else_serves(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    first, second = story.candidate(), story.candidate("neutral")
    story.compared(first)

    with serving(story, second):
        view = story.view(first)
        assert view.is_stale
        assert view.verdict is not None
        assert view.verdict.decision == "compare again"
        assert not view.verdict.is_promotable
        assert story.room.candidates(story.ada)[1].decision == "compare again"
        assert story.view(second).is_serving


def test_comparing_again_is_a_job_on_the_newest_dataset(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS[:20])
    candidate = story.candidate()
    story.compared(candidate)
    a_dataset_of_labels(story.house, TEXTS, "d2", 2)
    assert story.view(candidate).newer_dataset == 2

    job_id = story.room.start(story.ada, candidate.artefact_id)
    end = time.monotonic() + 10
    while not (view := story.room.work(story.ada, job_id)).is_over:
        assert time.monotonic() < end
        time.sleep(0.02)

    assert view.state == "finished", view.sentence
    evaluation = story.view(candidate).evaluation
    assert evaluation is not None
    assert (evaluation.evaluation_id, evaluation.dataset_id) == (view.result, "d2")
    assert story.view(candidate).newer_dataset == 0
    page, _ = audit.page(story.house.database, story.ada.member_id, "compared", 0, 10)
    assert [one.subject for one in page] == [candidate.artefact_id]


def test_what_serves_is_not_compared_with_itself(story: Story) -> None:
    candidate = story.candidate()
    with serving(story, candidate), pytest.raises(AlreadyReviewed, match="serves, so there is nothing"):
        story.room.start(story.ada, candidate.artefact_id)


def test_votes_are_blind_and_their_sides_differ_between_members(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    candidate = story.candidate()
    evaluation_id = story.compared(candidate)
    bob = members.add(story.house.database, "Bob", Role.REVIEWER)

    def sides(member: Member) -> dict[str, str]:
        found = {}
        while ballot := story.room.ballot(member, evaluation_id):
            assert {ballot.left, ballot.right} == {"positive", "neutral"}
            found[ballot.row_id] = ballot.left
            story.room.vote(member, evaluation_id, ballot.row_id, "left" if ballot.left == "positive" else "right")
        return found

    ada_saw, bob_saw = sides(story.ada), sides(bob)

    assert len(ada_saw) == len(bob_saw) == 60
    assert 10 < sum(ada_saw[one] != bob_saw[one] for one in ada_saw) < 50
    assert 15 < list(ada_saw.values()).count("positive") < 45
    outcome = story.view(candidate).outcome
    assert outcome is not None
    assert (outcome.candidate, outcome.rival, outcome.n, outcome.members) == (120, 0, 120, 2)
    assert outcome.low > 0.95
    assert (outcome.agreeing, outcome.both) == (45, 60)


def test_nothing_is_unblinded_before_the_vote(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    candidate = story.candidate()
    evaluation_id = story.compared(candidate)

    assert story.room.items(story.ada, evaluation_id).hidden == 60
    assert story.room.items(story.ada, evaluation_id).items == ()
    ballot = story.room.ballot(story.ada, evaluation_id)
    assert ballot is not None
    story.room.vote(story.ada, evaluation_id, ballot.row_id, "equal")
    assert [item.row_id for item in story.room.items(story.ada, evaluation_id).items] == [ballot.row_id]
    assert story.view(candidate).outcome is None

    story.room.unblind(story.ada, evaluation_id)

    assert story.room.items(story.ada, evaluation_id).total == 60
    assert story.room.ballot(story.ada, evaluation_id) is None
    assert story.view(candidate).outcome is not None
    with pytest.raises(AlreadyReviewed, match="blind"):
        story.room.vote(story.ada, evaluation_id, ballot.row_id, "left")
    with pytest.raises(AlreadyReviewed, match="blind"):
        story.room.undo(story.ada, evaluation_id)


def test_the_last_vote_can_be_taken_back(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    candidate = story.candidate()
    evaluation_id = story.compared(candidate)
    first = story.room.ballot(story.ada, evaluation_id)
    assert first is not None
    story.room.vote(story.ada, evaluation_id, first.row_id, "left")
    second = story.room.ballot(story.ada, evaluation_id)
    assert second is not None
    story.room.vote(story.ada, evaluation_id, second.row_id, "right")

    assert story.room.undo(story.ada, evaluation_id) == second.row_id
    assert story.view(candidate).votes_done == 1
    assert story.room.undo(story.ada, evaluation_id) == first.row_id
    assert story.room.undo(story.ada, evaluation_id) == ""


def test_people_who_prefer_the_other_answers_are_heard(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    candidate = story.candidate()
    evaluation_id = story.compared(candidate)
    while ballot := story.room.ballot(story.ada, evaluation_id):
        side = "left" if ballot.left == "neutral" else "right"
        story.room.vote(story.ada, evaluation_id, ballot.row_id, side)

    outcome = story.view(candidate).outcome

    assert outcome is not None
    assert outcome.flag == "People prefer what serves, the figures the candidate: read the items before you decide."


def test_items_come_worst_or_best_first(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    evaluation_id = story.compared(story.candidate())
    story.room.unblind(story.ada, evaluation_id)

    worst = story.room.items(story.ada, evaluation_id, "worst", 1, 5)
    best = story.room.items(story.ada, evaluation_id, "best", 1, 5)

    assert worst.leads == (-100.0,) * 5
    assert best.leads == (100.0,) * 5
    assert worst.total == 60


def test_thresholds_are_set_with_a_reason_and_judge_what_was_compared(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    candidate = story.candidate()
    story.compared(candidate)
    assert story.view(candidate).verdict.is_promotable  # type: ignore[union-attr]

    story.room.set_thresholds(story.ada, {"least_items": 100}, "Sixty items of one week say too little of a year.")

    value, bounds = story.room.thresholds(story.ada)["least_items"]
    assert value == 100
    assert "30" in bounds.reason
    assert not story.view(candidate).verdict.is_promotable  # type: ignore[union-attr]
    kept = evaluations.latest(story.house.database, candidate.artefact_id)
    assert kept is not None
    assert not kept.is_promotable
    page, _ = audit.page(story.house.database, story.ada.member_id, "changed", 0, 10)
    assert page[0].detail["reason"] == "Sixty items of one week say too little of a year."
    assert page[0].detail["judged"] == [candidate.artefact_id]


def test_thresholds_beyond_sense_and_without_reason_are_refused(story: Story) -> None:
    with pytest.raises(OutOfRange):
        story.room.set_thresholds(story.ada, {"level": 0.9}, "Because I want it to pass.")
    with pytest.raises(EmptyInput):
        story.room.set_thresholds(story.ada, {"level": 0.05}, "Because")
    with pytest.raises(NotAChoice):
        story.room.set_thresholds(story.ada, {"luck": 1}, "Because I want it to pass.")


def test_a_visitor_who_is_forgotten_takes_their_items_along(story: Story) -> None:
    a_dataset_of_labels(story.house, TEXTS)
    candidate = story.candidate()
    evaluation_id = story.compared(candidate)
    with story.house.database.writing() as session:
        session.add(VisitorRow(visitor_id="ada"))
        session.flush()
        row = session.get(EvaluationItemRow, (evaluation_id, "row-0"))
        assert row is not None
        row.visitor_id = "ada"
    with story.house.database.writing() as session:
        session.delete(session.get(VisitorRow, "ada"))

    assert len(evaluations.items(story.house.database, evaluation_id)) == 59
    assert story.view(candidate).verdict is not None


def test_what_is_taken_back_while_it_is_compared_is_not_written_down_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = Company(story.house)
    correction_id = company.correct("grace", "positive", asked="positive text 0", task=Task.SENTIMENT)
    a_dataset_of_labels(story.house, TEXTS, correction_ids=[correction_id])
    decide = evaluate.decide

    def taking_back(*args: Any) -> Any:
        story.house.recorder.withdraw_correction(correction_id, "grace")
        return decide(*args)

    monkeypatch.setattr(evaluate, "decide", taking_back)
    evaluation_id = story.compared(story.candidate())
    kept = evaluations.items(story.house.database, evaluation_id)
    assert len(kept) == 59
    assert "positive text 0" not in {item.input_text for item in kept}


def test_strangers_are_refused_and_unknown_ids_are_nobodys(story: Story) -> None:
    bob = members.add(story.house.database, "Bob", Role.REVIEWER)
    for ask in (
        lambda: story.room.of(bob, "x"),
        lambda: story.room.candidates(bob),
        lambda: story.room.start(bob, "x"),
        lambda: story.room.unblind(bob, "x"),
        lambda: story.room.set_thresholds(bob, {}, "a reason of some length"),
        lambda: story.room.ballot(None, "x"),  # type: ignore[arg-type]
        lambda: story.room.vote(None, "x", "y", "left"),  # type: ignore[arg-type]
    ):
        with pytest.raises(NotAllowed):
            ask()
    with pytest.raises(NotYours):
        story.room.of(story.ada, "../../etc")
    with pytest.raises(NotYours):
        story.room.ballot(story.ada, "nothing")
    a_dataset_of_labels(story.house, TEXTS)
    evaluation_id = story.compared(story.candidate())
    with pytest.raises(NotYours):
        story.room.vote(story.ada, evaluation_id, "row-999", "left")
    with pytest.raises(NotAChoice):
        story.room.vote(story.ada, evaluation_id, "row-0", "candidate")
