"""Stories about a visitor who was forgotten, and about weights that learned from them: flagged, and trained again."""

from __future__ import annotations

import threading
import time

import pytest

from core.errors import NotPromotable
from core.house import House
from core.learning import dataset as learning
from core.learning.reading import Readers
from core.loop import Artefact, ArtefactKind, Training
from core.office.registry import Registry, Retrained
from core.progress import Progress
from core.store import artefacts, datasets, erasure, runs
from core.store.columns import now
from core.store.loop_tables import RunRow
from core.types import Member, Task
from tests.loop import loop_stories as story
from tests.loop.serving_stories import a_head


def trained(house: House, ada: Member, visitors: list[str]) -> Artefact:
    """Return a head that was trained on the approved corrections of visitors."""
    story.corrected(house.database, Task.SENTIMENT, story.labels(60), visitors)
    dataset = learning.build(
        house.database, ada, Task.SENTIMENT, Readers(house.shelf, Task.SENTIMENT), False, Progress()
    )
    run = runs.add(house.database, ada, Task.SENTIMENT, dataset.dataset_id, Training(preset="quick", method="head"))
    with house.database.writing() as session:
        row = session.get(RunRow, run.run_id)
        assert row is not None
        row.state, row.started_at, row.ended_at = "finished", now(), now()
    with house.database.writing() as session:
        return a_head_of(session, house, run.run_id, dataset.dataset_id)


def a_head_of(session: object, house: House, run_id: str, dataset_id: str) -> Artefact:
    return artefacts.add(
        session,  # type: ignore[arg-type]
        Task.SENTIMENT,
        ArtefactKind.HEAD,
        base_id="fake",
        base_sha256="0" * 64,
        sha256="1" * 64,
        folder="artefacts/none",
        card={},
        run_id=run_id,
        dataset_id=dataset_id,
    )


@pytest.mark.promise("R16")
def test_one_click_trains_again_without_whoever_was_forgotten(house: House, room: Registry, ada: Member) -> None:
    visitors = story.visitors(house.database, 6)
    head = trained(house, ada, visitors)
    gone = visitors[0]
    assert erasure.forget(house.database, gone).artefacts == (head.artefact_id,)
    assert "forgotten" in room.artefact(ada, head.artefact_id).flag
    job_id = room.retrain(ada, head.artefact_id)
    end = time.monotonic() + 20
    while (view := room.work(ada, job_id)) is not None and not view.is_over:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert view is not None
    assert isinstance(view.result, Retrained), view.sentence
    run = runs.run(house.database, view.result.run_id)
    assert (run.training.preset, run.training.method, run.dataset_number) == ("quick", "head", 2)
    assert gone not in {row.visitor_id for row in datasets.rows(house.database, run.dataset_id)}
    assert room.work(ada) == view


def test_what_is_written_down_after_somebody_left_is_flagged_at_once(house: House, ada: Member) -> None:
    visitors = story.visitors(house.database, 6)
    head = trained(house, ada, visitors)
    erasure.forget(house.database, visitors[0])
    with house.database.writing() as session:
        late = a_head_of(session, house, head.run_id, head.dataset_id)
    assert "forgotten" in late.flag


def test_what_has_no_run_cannot_be_trained_again(house: House, room: Registry, ada: Member) -> None:
    with pytest.raises(NotPromotable, match="how it was trained"):
        room.retrain(ada, a_head(house, "positive").artefact_id)


def test_every_request_is_answered_whole_by_one_head_while_founders_switch(house: House, ada: Member) -> None:
    heads = [a_head(house, label) for label in ("positive", "neutral")]
    says = {heads[0].artefact_id: "positive", heads[1].artefact_id: "neutral", "fake-head": "negative"}
    wrong: list[tuple[str, str]] = []
    asked = 0
    is_over = threading.Event()

    def ask() -> None:
        nonlocal asked
        while not is_over.is_set():
            reading = house.tasks().sentiment.read("It was late and broken.")
            asked += 1
            if says[reading.origin.adapter_id] != reading.label:
                wrong.append((reading.origin.adapter_id, reading.label))
            time.sleep(0.02)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for place in range(9):
        to = ["", *(head.artefact_id for head in heads)][place % 3]
        with house.database.writing() as session:
            artefacts.serve(session, ada, Task.SENTIMENT, "", to, "promoted" if to else "rolled back")
        house.live.refresh()
        current = house.tasks().sentiment.read("It was late and broken.").origin.adapter_id
        assert current == (to or "fake-head")
        before, end = asked, time.monotonic() + 10
        while asked == before and time.monotonic() < end:  # somebody is answered by each of them
            time.sleep(0.005)
    is_over.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert asked >= 9
