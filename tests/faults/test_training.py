"""Training that goes wrong: killed, halted, deaf or poisoned, it leaves a whole artefact or none, and answers go on.

Each trainer is a real process on fake engines; the nursery imports everything once and forks, so that many deaths take
seconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.config import PROJECT
from core.engines import artefacts as files
from core.house import House, open_house
from core.learning import pipeline
from core.learning.foreman import Foreman, log_tail, start_trainer
from core.loop import ArtefactState, Run, RunState
from core.progress import Progress
from core.store import artefacts, lineage, runs
from core.types import to_plain
from tests.loop import loop_stories as story
from tests.loop.training_stories import Bench, a_bench
from tests.promises import Found, at

needs_signals = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no such signals")


@pytest.fixture
def bench(tmp_path: Path, empty_file: Path) -> Iterator[Bench]:
    found = a_bench(tmp_path / "data", empty_file)
    yield found
    found.database.close()


def child(bench: Bench, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a process of `trainer_child` and give it the settings."""
    command = [sys.executable, "-m", "tests.faults.trainer_child", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(to_plain(bench.settings)).encode() + b"\n")
    process.stdin.flush()
    return process


def claimed(bench: Bench) -> Run:
    found = runs.claim(bench.database)
    assert found is not None
    return found


def everything_is_whole_or_absent(bench: Bench) -> None:
    """Check each folder that bears an artefact's name, and that all that is registered may be loaded."""
    root = bench.settings.data_folder / files.FOLDER
    for folder in root.iterdir() if root.is_dir() else ():
        if not folder.name.endswith(files.UNFINISHED):
            files.check_files(folder, files.read_manifest(folder), folder.name)
    for one in artefacts.artefacts(bench.database):
        files.verify(bench.settings, one)


@needs_signals
@pytest.mark.promise("R10")
def test_kills_at_random_moments_leave_one_whole_artefact_in_the_end(bench: Bench, found: Found) -> None:
    run = bench.queue(bench.freeze(count=120))
    chance = random.Random(4)
    lives = [f"{chance.uniform(0.0, 2.5):.3f}" for _ in range(at(7, 100))]
    nursery = child(bench, "nursery", *lives)
    reached = nursery.communicate(timeout=at(120, 1_200))[0].decode().splitlines()
    assert nursery.returncode == 0
    assert any(line.startswith("running") for line in reached), reached
    everything_is_whole_or_absent(bench)
    if bench.run(run.run_id).state is RunState.QUEUED:
        now = claimed(bench)
        pipeline.carry_out(pipeline.Workshop(bench.settings, bench.database), now, Progress())
        runs.end(bench.database, run.run_id, now.attempt, RunState.FINISHED)
    everything_is_whole_or_absent(bench)
    made = artefacts.artefacts(bench.database)
    found("kills of training", len(reached))
    found("whole artefacts in the end", len(made))
    assert [one.run_id for one in made] == [run.run_id]
    assert len(lineage.lineage(bench.database, made[0]).evaluations) == 1
    assert made[0].state is ArtefactState.CANDIDATE


@needs_signals
@pytest.mark.promise("R10")
def test_kills_in_the_middle_of_publishing_leave_nothing_half(bench: Bench, found: Found) -> None:
    chance = random.Random(8)
    lives = [f"{chance.uniform(0.0, 0.1):.4f}" for _ in range(at(30, 200))]
    done = child(bench, "publishing", *lives)
    done.communicate(timeout=at(120, 600))
    assert done.returncode == 0
    folders = list((bench.settings.data_folder / files.FOLDER).iterdir())
    assert any(not folder.name.endswith(files.UNFINISHED) for folder in folders)
    everything_is_whole_or_absent(bench)
    found("kills of publishing", len(lives))
    found("artefacts left in half", 0)
    assert files.sweep(bench.settings, set(), set()) == len(folders)


@needs_signals
@pytest.mark.promise("R10")
def test_a_killed_trainer_goes_on_and_answers_never_wait_for_it(bench: Bench, found: Found) -> None:
    dataset = bench.freeze(count=120)
    run = bench.queue(dataset)
    house = open_house(bench.settings)
    house.tasks().sentiment.read("The first answer loads what it needs.")
    foreman = Foreman(house)
    foreman.start()
    took: list[float] = []
    try:
        for attempt in (1, 2):
            bench.wait(lambda attempt=attempt: process_of(bench, run.run_id, attempt) is not None)  # type: ignore[misc]
            took.append(answers_in_time(house))
            os.kill(process_of(bench, run.run_id, attempt) or 0, signal.SIGKILL)
        ended = bench.ended(run.run_id)
        took.append(answers_in_time(house))
    finally:
        foreman.close()
        house.close()
    found("slowest answer while trainers are killed", f"{max(took):.2f} s, n {len(took)}")
    assert (ended.state, ended.attempt) == (RunState.FINISHED, 3)
    assert len(artefacts.artefacts(bench.database)) == 1


def answers_in_time(house: House) -> float:
    """Ask, check the answer, and return the seconds that it took."""
    began = time.monotonic()
    reading = house.tasks().sentiment.read("This is a wonderful lamp.")
    assert reading.label == "positive"
    assert reading.origin.adapter_id == "fake-head"
    took = time.monotonic() - began
    assert took < 4.0
    return took


def process_of(bench: Bench, run_id: str, attempt: int) -> int | None:
    """Return the process that has taken over this attempt, once it has."""
    run = bench.run(run_id)
    if run.state is not RunState.RUNNING or run.attempt != attempt:
        return None
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if run_id in command and "core.learning.trainer" in command:
            return int(process.pid)
    return None


@needs_signals
@pytest.mark.promise("R10")
def test_a_trainer_that_dies_three_times_gives_up_with_a_sentence(bench: Bench) -> None:
    run = bench.queue(bench.freeze(count=60))
    foreman = Foreman(bench)
    foreman.start()
    try:
        for attempt in (1, 2, 3):
            bench.wait(lambda attempt=attempt: process_of(bench, run.run_id, attempt) is not None)  # type: ignore[misc]
            os.kill(process_of(bench, run.run_id, attempt) or 0, signal.SIGKILL)
        ended = bench.ended(run.run_id)
    finally:
        foreman.close()
    assert ended.state is RunState.FAILED
    assert "killed 3 times" in ended.error
    assert artefacts.artefacts(bench.database) == ()


@pytest.mark.promise("R10")
def test_closing_the_app_puts_the_run_back_and_the_next_start_finishes_it(bench: Bench) -> None:
    run = bench.queue(bench.freeze(count=200))
    first = Foreman(bench)
    first.start()
    bench.wait(lambda: bench.run(run.run_id).progress.step > 0)
    process = process_of(bench, run.run_id, 1)
    began = time.monotonic()
    first.close()
    assert time.monotonic() - began < 7.0
    assert process is None or not psutil.pid_exists(process)
    put_back = bench.run(run.run_id)
    assert (put_back.state, put_back.attempt) == (RunState.QUEUED, 0)
    second = Foreman(bench)
    second.start()
    assert bench.ended(run.run_id).state is RunState.FINISHED
    second.close()


@needs_signals
@pytest.mark.promise("R10")
def test_a_trainer_whose_app_was_killed_puts_its_run_back_and_ends(bench: Bench) -> None:
    run = bench.queue(bench.freeze(count=200))
    app = child(bench, "app")
    bench.wait(lambda: bench.run(run.run_id).progress.step > 0)
    process = process_of(bench, run.run_id, 1)
    app.kill()
    app.wait()
    bench.wait(lambda: bench.run(run.run_id).state is RunState.QUEUED, "the run was not put back")
    bench.wait(lambda: process is None or not psutil.pid_exists(process), "the trainer went on unseen")


@needs_signals
@pytest.mark.promise("R10")
def test_a_halted_trainer_is_replaced_and_can_change_nothing_when_it_wakes_up(bench: Bench) -> None:
    run = bench.queue(bench.freeze(count=200))
    now = claimed(bench)
    halted = start_trainer(bench.settings, now)
    bench.wait(lambda: bench.run(run.run_id).progress.step > 0)
    os.kill(halted.pid, signal.SIGSTOP)
    foreman = Foreman(bench, stale_seconds=1.0)
    foreman.start()
    bench.wait(lambda: bench.run(run.run_id).attempt == 2)
    os.kill(halted.pid, signal.SIGCONT)
    assert halted.wait(20) == 4
    assert bench.ended(run.run_id).state is RunState.FINISHED
    foreman.close()
    assert len(artefacts.artefacts(bench.database)) == 1
    everything_is_whole_or_absent(bench)


def test_cancel_ends_a_running_training_within_seconds(bench: Bench) -> None:
    who = story.member(bench.database)
    run = bench.queue(bench.freeze(count=2_000))
    foreman = Foreman(bench)
    foreman.start()
    bench.wait(lambda: bench.run(run.run_id).progress.step > 0)
    began = time.monotonic()
    runs.cancel(bench.database, who, run.run_id)
    assert bench.ended(run.run_id).state is RunState.CANCELLED
    assert time.monotonic() - began < 3.0
    foreman.close()
    assert all(one.state is ArtefactState.CANDIDATE for one in artefacts.artefacts(bench.database))


def test_a_step_that_does_not_hear_is_ended_where_it_stands(bench: Bench) -> None:
    who = story.member(bench.database)
    run = bench.queue(bench.freeze(count=40))
    deaf = child(bench, "deaf", run.run_id, claimed(bench).attempt)
    bench.wait((bench.settings.data_folder / "deaf").exists)
    began = time.monotonic()
    runs.cancel(bench.database, who, run.run_id)
    assert bench.ended(run.run_id).state is RunState.CANCELLED
    assert time.monotonic() - began < 4.0
    assert deaf.wait(10) == 2


@pytest.mark.promise("R10")
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("full", "the disk is full"),
        ("no memory", "memory ran out"),
        ("not a number", "numbers that cannot be used"),
        ("bug", "something unexpected"),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence_and_serves_nobody(
    bench: Bench, found: Found, fault: str, sentence: str
) -> None:
    run = bench.queue(bench.freeze(count=60))
    ended = child(bench, fault, run.run_id, claimed(bench).attempt)
    assert ended.wait(60) == 1
    failed = bench.run(run.run_id)
    assert failed.state is RunState.FAILED
    found("fails cleanly at", fault)
    assert sentence in failed.error
    assert artefacts.artefacts(bench.database) == ()
    assert not [
        path for path in (bench.settings.data_folder / files.FOLDER).glob("*") if path.suffix != files.UNFINISHED
    ]


def test_a_log_stays_short_and_its_end_is_what_founders_see(bench: Bench) -> None:
    run = bench.queue(bench.freeze(count=60))
    ended = start_trainer(bench.settings, claimed(bench))
    ended.wait(60)
    assert "attempt 1" in log_tail(bench.settings, run.run_id)
    path = pipeline.folder_of(bench.settings, run.run_id) / pipeline.LOG_FILE
    path.write_text("\n".join(f"line {number}" for number in range(100_000)))
    tail = log_tail(bench.settings, run.run_id)
    assert tail.splitlines()[-1] == "line 99999"
    assert len(tail) < 2_000
