"""What was taken back after something learned from it: what learned is flagged, so that it is trained again without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.learning import pipeline
from core.learning.pipeline import Workshop
from core.loop import Split
from core.progress import Progress
from core.store import datasets, runs, verdicts
from core.store.columns import now
from core.store.db import Database
from core.store.loop_tables import ArtefactRow, DatasetItemRow
from core.store.office_tables import ReviewItemRow, ReviewRow
from core.store.record import Recorder
from core.types import Consent, Member, Role, Task
from tests.loop.erasure_stories import ALL, Life, a_dataset, a_life, an_artefact
from tests.loop.training_stories import Bench, a_bench

TODAY = f"{now():%d %B %Y}"


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(database, tmp_path / "spool")
    yield recorder
    recorder.close()


@pytest.fixture
def lives(database: Database, recorder: Recorder) -> tuple[Life, Life]:
    """Two visitors of whom one taught two artefacts of three, and was only compared on with the third."""
    ada, eve = a_life(database, recorder, "ada"), a_life(database, recorder, "eve", "Eve")
    for life in (ada, eve):
        recorder.advance(life.correction_id, "approved")
    a_dataset(database, "learned", [(ada, Split.TRAIN), (eve, Split.TRAIN)])
    a_dataset(database, "chosen", [(ada, Split.VALIDATION), (eve, Split.TRAIN)])
    a_dataset(database, "compared", [(ada, Split.HELD_OUT), (eve, Split.TRAIN)])
    for number, name in enumerate(("learned", "chosen", "compared"), 1):
        an_artefact(database, f"of {name}", name, number)
    return ada, eve


def flags(database: Database) -> dict[str, str]:
    """Return the flags of what is flagged, by the names of the datasets."""
    with database.reading() as session:
        found = session.scalars(select(ArtefactRow).where(ArtefactRow.flag != ""))
        return {one.dataset_id: one.flag for one in found}


def judge_of(database: Database, life: Life) -> Member:
    with database.reading() as session:
        given = session.get_one(ReviewRow, f"v {life.visitor_id}")
        return Member(given.member_id, "Rita", Role.REVIEWER)


def test_a_correction_that_its_author_takes_back_flags_what_learned_from_it(
    database: Database, recorder: Recorder, lives: tuple[Life, Life]
) -> None:
    ada, _ = lives
    recorder.withdraw_correction(ada.correction_id, ada.visitor_id)
    found = flags(database)
    assert set(found) == {"learned", "chosen"}
    assert f"taken back on {TODAY}" in found["learned"]
    recorder.withdraw_correction(ada.correction_id, ada.visitor_id)
    assert flags(database) == found


def test_a_visitor_who_stops_allowing_training_flags_what_learned_from_them(
    database: Database, recorder: Recorder, lives: tuple[Life, Life]
) -> None:
    ada, _ = lives
    recorder.choose(ada.visitor_id, Consent(log=False, train=True))
    assert flags(database) == {}
    recorder.choose(ada.visitor_id, Consent(log=True, train=False))
    found = flags(database)
    assert set(found) == {"learned", "chosen"}
    assert f"stopped allowing that on {TODAY}" in found["learned"]
    # It has learned from them, whatever they allow from now on.
    recorder.choose(ada.visitor_id, ALL)
    assert flags(database) == found


def test_an_approval_that_is_taken_back_flags_what_learned_from_it(
    database: Database, lives: tuple[Life, Life]
) -> None:
    ada, _ = lives
    verdicts.undo(database, judge_of(database, ada), "v ada")
    found = flags(database)
    assert set(found) == {"learned", "chosen"}
    assert f"approval was taken back on {TODAY}" in found["learned"]


def test_a_members_own_answer_that_is_taken_back_flags_what_learned_from_it(
    database: Database, lives: tuple[Life, Life]
) -> None:
    ada, _ = lives
    rita = judge_of(database, ada)
    about = {"interaction_id": ada.interaction_id, "task": "support", "created_at": now(), "last_at": now()}
    own = {"review_id": "own", "deed_id": "own", "verdict": "approved", "edited_text": "30 days, says Rita."}
    with database.writing() as session:
        item = ReviewItemRow(
            item_id=f"r-{ada.interaction_id}", visitor_id="ada", input_key="key", text_key="text", findings=[], **about
        )
        session.add(item)
        session.add(ReviewRow(interaction_id=ada.interaction_id, member_id=rita.member_id, **own))
        session.execute(
            update(DatasetItemRow)
            .where(DatasetItemRow.dataset_id == "learned", DatasetItemRow.visitor_id == "ada")
            .values(source_kind="company", source_id="own", correction_id=None)
        )
    verdicts.undo(database, rita, "own")
    assert set(flags(database)) == {"learned"}


def test_what_is_flagged_already_keeps_its_reason_until_somebody_is_forgotten(
    database: Database, recorder: Recorder, lives: tuple[Life, Life]
) -> None:
    ada, eve = lives
    recorder.withdraw_correction(ada.correction_id, ada.visitor_id)
    before = flags(database)
    recorder.choose(eve.visitor_id, Consent(log=True, train=False))
    after = flags(database)
    assert {name: after[name] for name in before} == before
    assert "stopped allowing" in after["compared"]
    recorder.forget(eve.visitor_id)
    assert all("was forgotten" in sentence for sentence in flags(database).values())


def test_a_correction_of_no_dataset_flags_nothing(database: Database, recorder: Recorder) -> None:
    ada, eve = a_life(database, recorder, "ada"), a_life(database, recorder, "eve", "Eve")
    a_dataset(database, "of eve", [(eve, Split.TRAIN)])
    an_artefact(database, "of eve's", "of eve", 1)
    recorder.withdraw_correction(ada.correction_id, ada.visitor_id)
    recorder.choose(ada.visitor_id, Consent())
    assert flags(database) == {}


# While something learns


class StopsAllowing(Progress):
    """A progress at whose first word of learning a visitor stops allowing it."""

    def __init__(self, bench: Bench, folder: Path, visitor_id: str) -> None:
        super().__init__()
        self.recorder = Recorder(bench.database, folder)
        self._visitor_id = visitor_id
        self.has_stopped = False

    def advance(self, done: int, total: int, doing: str) -> None:
        """Stop allowing it as soon as the rows are read."""
        if not self.has_stopped and doing != "reading the rows":
            self.has_stopped = True
            self.recorder.choose(self._visitor_id, Consent(log=True, train=False))


def test_what_may_no_longer_be_taught_when_a_run_ends_flags_what_came_of_it(
    tmp_path: Path, empty_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_compare", lambda *_: None)
    bench = a_bench(tmp_path / "data", empty_file)
    dataset = bench.freeze(Task.SENTIMENT, 120)
    rows = datasets.rows(bench.database, dataset.dataset_id, Split.VALIDATION)
    run = bench.queue(dataset)
    claimed = runs.claim(bench.database, run.run_id)
    assert claimed is not None
    workshop = Workshop(bench.settings, bench.database)
    progress = StopsAllowing(bench, tmp_path / "spool", rows[0].visitor_id)
    try:
        found = pipeline.carry_out(workshop, claimed, progress)
    finally:
        workshop.close()
        progress.recorder.close()
    assert progress.has_stopped
    with bench.database.reading() as session:
        assert session.get_one(ArtefactRow, found.artefact_id).flag == pipeline.LOST_ROWS
    bench.database.close()
