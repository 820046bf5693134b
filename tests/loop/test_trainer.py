"""What a trainer tells and hears, how it gives way, and the sentences for what stops it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import DatabaseUnavailable, EngineFailed, Stopped
from core.learning import pipeline, reports, trainer
from core.learning.reports import Reports
from core.loop import RunProgress
from core.store import runs
from core.types import Task
from tests.loop.training_stories import Bench, a_bench


@pytest.fixture
def bench(tmp_path: Path, empty_file: Path) -> Any:
    found = a_bench(tmp_path / "data", empty_file)
    yield found
    found.database.close()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[RunProgress | None]:
    """What is written to the database, with a run that goes on."""
    written: list[RunProgress | None] = []

    def beat(_database: object, _run_id: str, _attempt: int, progress: RunProgress | None = None) -> bool:
        written.append(progress)
        return False

    monkeypatch.setattr(runs, "beat", beat)
    monkeypatch.setattr(runs, "stands", lambda *_: False)
    return written


def started(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.02) -> Reports:
    monkeypatch.setattr(reports, "WRITE_SECONDS", seconds)
    found = Reports(None, "run", 1)  # type: ignore[arg-type]
    found.start(lambda: None, lambda: None)
    return found


def wait(until: Any) -> None:
    end = time.monotonic() + 5
    while not until():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_thousand_reports_are_a_few_writes(monkeypatch: pytest.MonkeyPatch, heard: list[RunProgress]) -> None:
    told = started(monkeypatch, 0.05)
    end = time.monotonic() + 0.3
    step = 0
    while time.monotonic() < end:
        step += 1
        told.report(RunProgress("learning", step, 100_000, 1.0))
    told.close("finished")
    assert step > 1_000
    assert len(heard) <= 8
    assert (heard[-1].doing, heard[-1].step) == ("finished", step)


def test_the_course_of_the_loss_is_kept_and_thinned(monkeypatch: pytest.MonkeyPatch, heard: list[RunProgress]) -> None:
    told = started(monkeypatch)
    for step in range(1, 2_001):
        told.report(RunProgress("learning", step, 2_000, 1 / step, 0.5 if step < 1_000 else 0.4, 3.0))
    told.close("finished")
    last = heard[-1]
    assert 50 < len(last.losses) <= reports.POINTS
    assert last.losses[-1][0] == 2_000
    assert [step for step, _ in last.losses] == sorted({step for step, _ in last.losses})
    assert last.validation_losses == ((1, 0.5), (1_000, 0.4))


def test_a_loss_that_is_no_number_is_not_drawn(monkeypatch: pytest.MonkeyPatch, heard: list[RunProgress]) -> None:
    told = started(monkeypatch)
    told.report(RunProgress("learning", 1, 2, float("nan")))
    told.report(RunProgress("learning", 2, 2, 0.5))
    told.close("finished")
    assert heard[-1].losses == ((2, 0.5),)


def test_the_time_left_follows_from_the_pace(monkeypatch: pytest.MonkeyPatch, heard: list[RunProgress]) -> None:
    clock = iter([0.0, 0.0, 10.0, 20.0])
    told = Reports(None, "run", 1)  # type: ignore[arg-type]
    monkeypatch.setattr(reports.time, "monotonic", lambda: next(clock))
    told.advance(0, 10, "asking base")
    told.advance(2, 10, "asking base")
    assert told._now.seconds_left == pytest.approx(0.0)
    told.advance(4, 10, "asking base")
    assert told._now.seconds_left == pytest.approx(15.0)
    told.advance(4, 10, "asking candidate")
    assert told._now.seconds_left is None


@pytest.mark.parametrize(("said", "is_lost"), [(True, False), (None, True)])
def test_a_founder_or_another_attempt_stops_it(
    monkeypatch: pytest.MonkeyPatch, heard: list[RunProgress], said: bool | None, is_lost: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(reports, "WRITE_SECONDS", 0.01)
    told = Reports(None, "run", 1)  # type: ignore[arg-type]
    told.start(lambda: asked.append("stop"), lambda: None)
    told.check()
    monkeypatch.setattr(runs, "beat", lambda *_: said)
    monkeypatch.setattr(runs, "stands", lambda *_: said)
    wait(lambda: asked)
    with pytest.raises(Stopped):
        told.check()
    assert (told.is_lost, told.is_cancelled) == (is_lost, not is_lost)
    time.sleep(0.05)
    assert asked == ["stop"]
    told.close()


def test_a_database_that_is_away_stops_nothing(monkeypatch: pytest.MonkeyPatch, heard: list[RunProgress]) -> None:
    def away(*_: object) -> None:
        raise DatabaseUnavailable(doing="testing")

    told = started(monkeypatch)
    monkeypatch.setattr(runs, "stands", away)
    told.report(RunProgress("learning", 5, 10, 1.0))
    wait(lambda: heard and heard[-1] and heard[-1].step == 5)
    told.check()
    told.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "memory ran out"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory"), "memory ran out"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OSError(errno.EDQUOT, "quota"), "disk is full"),
        (OSError(errno.EFBIG, "File too large"), "disk is full"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "disk is full"),
        (ValueError("something else"), ""),
        (OSError(errno.EACCES, "no"), ""),
    ],
)
def test_what_ran_out_is_told_wherever_it_stands_in_the_chain(error: Exception, words: str) -> None:
    wrapped = EngineFailed(name="x")
    wrapped.__cause__ = error
    for one in (error, wrapped):
        found = trainer._sentence(one)
        assert words in found
        assert bool(found) == bool(words)


@pytest.mark.timeout(5)
def test_a_chain_that_bites_its_tail_ends() -> None:
    one, other = ValueError("a"), ValueError("b")
    one.__context__, other.__context__ = other, one
    assert trainer._sentence(one) == ""


def test_a_trainer_gives_way(tmp_path: Path) -> None:
    program = (
        "import os; from core.learning import trainer; trainer.be_modest(1); "
        "print(os.nice(0), os.environ['OMP_NUM_THREADS'])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    nice, threads = found.stdout.split()
    assert int(nice) >= min(19, trainer.NICENESS)
    assert threads == "1"


def test_one_processor_stays_free_where_there_are_more_than_two(bench: Bench) -> None:
    import dataclasses

    for threads, taken in ((1, 1), (2, 2), (3, 2), (8, 7)):
        assert trainer.modest(dataclasses.replace(bench.settings, threads=threads)).threads == taken


def test_a_log_is_halved_before_it_grows_large(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("ab+") as file:
        for number in range(60_000):
            file.write(f"line {number}\n".encode())
        file.flush()
        trainer.keep_short(file.fileno())
        file.write(b"the end\n")
    lines = path.read_text().splitlines()
    assert path.stat().st_size <= trainer.LOG_BYTES
    assert lines[-2:] == ["line 59999", "the end"]
    assert lines[0].startswith("line ")


def test_a_run_that_is_not_there_is_nobody_s(bench: Bench) -> None:
    found = trainer._Trainer(bench.settings, bench.database, "0" * 32, 1)
    assert found.work(is_led=False) == trainer.LOST


def test_checkpoints_of_runs_that_are_over_are_swept(bench: Bench) -> None:
    run = bench.queue(bench.freeze(Task.TRANSLATE, 30))
    over = "f" * 32
    for run_id in (run.run_id, over):
        (pipeline.folder_of(bench.settings, run_id) / pipeline.WORK).mkdir(parents=True)
        (pipeline.folder_of(bench.settings, run_id) / pipeline.LOG_FILE).touch()
    assert pipeline.sweep_work(bench.settings, runs.at_work(bench.database)) == 1
    assert (pipeline.folder_of(bench.settings, run.run_id) / pipeline.WORK).is_dir()
    assert (pipeline.folder_of(bench.settings, over) / pipeline.LOG_FILE).is_file()


def test_a_full_disk_is_noticed_before_anything_is_begun(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(pipeline.shutil, "disk_usage", lambda _path: usage(1, 1, 1_000))
    with pytest.raises(OSError, match="no space left") as caught:
        pipeline._check_space(bench.settings, Task.TRANSLATE)
    assert "disk is full" in trainer._sentence(caught.value)


def test_rows_that_were_taken_back_while_it_learned_flag_what_came_of_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import delete

    from core.learning import heads
    from core.progress import Progress
    from core.store.loop_tables import DatasetItemRow

    bench.queue(bench.freeze(count=120))
    run = runs.claim(bench.database)
    assert run is not None
    real = heads.refit

    def refit(rows: Any, *rest: Any) -> Any:
        with bench.database.writing() as session:
            session.execute(delete(DatasetItemRow).where(DatasetItemRow.row_id == rows[0].row_id))
        return real(rows, *rest)

    monkeypatch.setattr(heads, "refit", refit)
    found = pipeline._train(pipeline.Workshop(bench.settings, bench.database), run, Progress())
    from core.store import artefacts

    assert "taken back" in artefacts.artefact(bench.database, found.artefact_id).flag
