"""Forgetting while something learns: what has not begun learns without the visitor, what has begun is marked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engines import artefacts as files
from core.errors import Stopped
from core.learning import pipeline
from core.learning.pipeline import Workshop
from core.learning.reports import Reports
from core.loop import Run, RunState
from core.progress import Progress
from core.store import artefacts, datasets, erasure, runs
from core.types import Task
from tests.loop.training_stories import Bench, a_bench


@pytest.fixture
def bench(tmp_path: Path, empty_file: Path) -> Iterator[Bench]:
    opened = a_bench(tmp_path / "data", empty_file)
    yield opened
    opened.database.close()


@pytest.fixture
def workshop(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    # What is compared afterwards is another story.
    monkeypatch.setattr(pipeline, "_compare", lambda *_: None)
    opened = Workshop(bench.settings, bench.database)
    yield opened
    opened.close()


class Forgetting(Progress):
    """A progress at whose first word of learning somebody is forgotten."""

    def __init__(self, bench: Bench, visitor_id: str) -> None:
        super().__init__()
        self.erased: erasure.Erased | None = None
        self._bench = bench
        self._visitor_id = visitor_id

    def advance(self, done: int, total: int, doing: str) -> None:
        """Forget as soon as the rows are read."""
        if self.erased is None and doing != "reading the rows":
            self.erased = erasure.forget(self._bench.database, self._visitor_id)


def somebody(bench: Bench, run: Run) -> tuple[str, set[str]]:
    """Return a visitor of a run's dataset, and the ids of the rows that they taught."""
    rows = datasets.rows(bench.database, run.dataset_id)
    visitor_id = next(row.visitor_id for row in rows if row.split == "train")
    return visitor_id, {row.row_id for row in rows if row.visitor_id == visitor_id}


def row_ids(bench: Bench, artefact_id: str) -> set[str]:
    manifest = files.read_manifest(files.folder_of(bench.settings, artefact_id))
    return {*manifest["row_ids"], *manifest["validation_row_ids"]}


@pytest.mark.promise("R16")
def test_a_run_that_waits_learns_without_whoever_is_forgotten_meanwhile(bench: Bench, workshop: Workshop) -> None:
    run = bench.queue(bench.freeze(Task.SENTIMENT, 120))
    visitor_id, theirs = somebody(bench, run)
    erased = erasure.forget(bench.database, visitor_id)
    assert erased.runs == ()
    claimed = runs.claim(bench.database, run.run_id)
    assert claimed is not None
    artefact = pipeline.carry_out(workshop, claimed, Progress())
    assert row_ids(bench, artefact.artefact_id)
    assert not row_ids(bench, artefact.artefact_id) & theirs
    assert artefact.flag == ""


def test_what_had_read_the_rows_is_stopped_and_if_it_ends_all_the_same_it_is_marked(
    bench: Bench, workshop: Workshop
) -> None:
    run = bench.queue(bench.freeze(Task.SENTIMENT, 120))
    visitor_id, theirs = somebody(bench, run)
    claimed = runs.claim(bench.database, run.run_id)
    assert claimed is not None
    progress = Forgetting(bench, visitor_id)
    artefact = pipeline.carry_out(workshop, claimed, progress)
    assert progress.erased is not None
    assert progress.erased.runs == (run.run_id,)
    assert row_ids(bench, artefact.artefact_id) & theirs
    assert "Train it anew" in artefacts.artefact(bench.database, artefact.artefact_id).flag


def test_a_trainer_hears_that_it_should_stop(bench: Bench) -> None:
    run = bench.queue(bench.freeze(Task.SENTIMENT, 120))
    visitor_id, _ = somebody(bench, run)
    claimed = runs.claim(bench.database, run.run_id)
    assert claimed is not None
    reports = Reports(bench.database, claimed.run_id, claimed.attempt)
    reports.start(lambda: None, lambda: None)
    try:
        erasure.forget(bench.database, visitor_id)
        bench.wait(reports.stop.is_set, "it was not told")
        with pytest.raises(Stopped):
            reports.check()
    finally:
        reports.close()
    assert runs.end(bench.database, claimed.run_id, claimed.attempt, RunState.CANCELLED)
    assert bench.run(claimed.run_id).error == erasure.RUN_STOPPED
