"""What a founder may do with training, and what is refused with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CannotTrain, NotAChoice, NotAllowed, NotReady, NotYours, OutOfRange
from core.house import House, open_house
from core.loop import RunState, Split, Training
from core.office.training import TrainingRoom
from core.store import audit, erasure, runs
from core.types import Task
from tests.loop import loop_stories as story
from tests.loop.loop_stories import FOUNDER, REVIEWER
from tests.loop.training_stories import Bench, a_bench


@pytest.fixture
def bench(tmp_path: Path, empty_file: Path) -> Iterator[Bench]:
    found = a_bench(tmp_path / "data", empty_file)
    yield found
    found.database.close()


@pytest.fixture
def room(bench: Bench) -> Iterator[TrainingRoom]:
    house: House = open_house(bench.settings)
    yield TrainingRoom(house)
    house.close()


def test_a_plan_tells_rows_pairs_methods_and_time(bench: Bench, room: TrainingRoom) -> None:
    dataset = bench.freeze(Task.TRANSLATE, 80)
    plan = room.plan(FOUNDER, dataset.dataset_id)
    assert plan.counts == dict(dataset.counts)
    assert plan.pairs == plan.counts[Split.TRAIN]
    assert plan.methods == ("supervised", "preference")
    assert list(plan.seconds) == ["quick", "balanced", "thorough"]
    assert all(seconds > 0 for seconds in plan.seconds.values())
    head = room.plan(FOUNDER, bench.freeze(Task.SENTIMENT, 40).dataset_id)
    assert head.methods == ("head",)


def test_a_start_is_queued_and_audited_and_again_queues_the_same(bench: Bench, room: TrainingRoom) -> None:
    dataset = bench.freeze(Task.TRANSLATE, 80)
    wanted = Training("quick", "preference", "", 8.0, 7, {"epochs": 2.0})
    run = room.start(FOUNDER, dataset.dataset_id, wanted)
    assert (run.state, run.training, run.created_by) == (RunState.QUEUED, wanted, FOUNDER.name)
    assert room.cancel(FOUNDER, run.run_id) is RunState.CANCELLED
    again = room.again(FOUNDER, run.run_id)
    assert (again.training, again.state) == (wanted, RunState.QUEUED)
    assert room.runs(FOUNDER)[0] == again
    entries, count = audit.page(bench.database, None, "started training", 0, 9)
    assert count == 2
    assert entries[0].detail["dataset"] == 1


def test_a_head_is_trained_as_heads_are(bench: Bench, room: TrainingRoom) -> None:
    dataset = bench.freeze(Task.SENTIMENT, 40)
    run = room.start(FOUNDER, dataset.dataset_id, Training("thorough", "preference", options={"rank": 4}))
    assert run.training == Training("quick", "head")
    with pytest.raises(CannotTrain, match="private"):
        room.start(FOUNDER, dataset.dataset_id, Training(method="head", epsilon=3.0))


@pytest.mark.parametrize(
    ("training", "error"),
    [
        (Training("slow"), NotAChoice),
        (Training(method="head"), NotAChoice),
        (Training(method="magic"), NotAChoice),
        (Training(epsilon=-1.0), OutOfRange),
        (Training(epsilon=float("nan")), OutOfRange),
        (Training(options={"rank": 10_000}), OutOfRange),
        (Training(options={"rank": float("nan")}), OutOfRange),
        (Training(options={"__class__": 1}), NotAChoice),
        (Training(seed=-1), NotAChoice),
        (Training(segment="nobody"), NotReady),
    ],
)
def test_what_cannot_be_is_refused(bench: Bench, room: TrainingRoom, training: Training, error: type) -> None:
    dataset = bench.freeze(Task.TRANSLATE, 40)
    with pytest.raises(error):
        room.start(FOUNDER, dataset.dataset_id, training)
    assert room.runs(FOUNDER) == ()


def test_preferences_take_pairs(bench: Bench, room: TrainingRoom) -> None:
    said = story.translations(60)
    rated = [story.Said(one.input_text, one.corrected_text, "", one.request) for one in said]
    story.rated(bench.database, Task.TRANSLATE, rated, story.visitors(bench.database, 6))
    dataset = bench.frozen(Task.TRANSLATE)
    assert room.plan(FOUNDER, dataset.dataset_id).methods == ("supervised",)
    with pytest.raises(CannotTrain, match="Choose supervised"):
        room.start(FOUNDER, dataset.dataset_id, Training(method="preference"))


def test_a_dataset_whose_visitors_are_all_gone_trains_nothing(bench: Bench, room: TrainingRoom) -> None:
    dataset = bench.freeze(Task.SENTIMENT, 40)
    with bench.database.reading() as session:
        from sqlalchemy import select

        from core.store.tables import VisitorRow

        everybody = list(session.scalars(select(VisitorRow.visitor_id)))
    for one in everybody:
        erasure.forget(bench.database, one)
    with pytest.raises(NotReady, match="Build a new dataset"):
        room.start(FOUNDER, dataset.dataset_id, Training(method="head"))


def test_nobody_but_founders_gets_in_and_unknown_ids_are_nobody_s(bench: Bench, room: TrainingRoom) -> None:
    dataset = bench.freeze(Task.SENTIMENT, 40)
    run = room.start(FOUNDER, dataset.dataset_id, Training())
    for who in (None, REVIEWER):
        with pytest.raises(NotAllowed):
            room.start(who, dataset.dataset_id, Training())  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            room.cancel(who, run.run_id)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            room.log(who, run.run_id)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            room.runs(who)  # type: ignore[arg-type]
    for unknown in ("", "../../etc/passwd", "0" * 32):
        with pytest.raises(NotYours):
            room.log(FOUNDER, unknown)
        with pytest.raises(NotYours):
            room.again(FOUNDER, unknown)
        with pytest.raises(NotYours):
            room.start(FOUNDER, unknown, Training())
    assert runs.run(bench.database, run.run_id).state is RunState.QUEUED
