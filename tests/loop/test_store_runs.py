"""The queue of trainings: one at a time whoever asks, held by signs of life, and never written by who lost it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.errors import ChangedMeanwhile, NotYours, StoreError, TooMany
from core.loop import Run, RunProgress, RunState, Training
from core.store import audit, members, runs
from core.store.columns import now
from core.store.db import Database
from core.store.loop_tables import DatasetRow, RunRow
from core.types import Member, Role, Task


def a_member(database: Database) -> Member:
    return members.add(database, f"founder {now().timestamp()}", Role.FOUNDER)


def a_dataset(database: Database, number: int = 1, task: Task = Task.SENTIMENT, is_sample: bool = False) -> str:
    dataset_id = f"{task}-{number}"
    with database.writing() as session:
        session.add(
            DatasetRow(
                dataset_id=dataset_id,
                task=task,
                number=number,
                sha256="0" * 64,
                card={},
                is_sample=is_sample,
                created_by="ada",
            )
        )
    return dataset_id


def queued(database: Database, count: int = 1) -> list[Run]:
    who, dataset_id = a_member(database), a_dataset(database)
    return [runs.add(database, who, Task.SENTIMENT, dataset_id, Training(method="head")) for _ in range(count)]


def sleep_since(database: Database, run_id: str, seconds: float) -> None:
    """Let a run's last sign of life lie so long back."""
    with database.writing() as session:
        then = now() - timedelta(seconds=seconds)
        session.execute(update(RunRow).where(RunRow.run_id == run_id).values(beat_at=then))


def test_a_run_waits_runs_and_ends(database: Database) -> None:
    run = queued(database)[0]
    assert (run.state, run.dataset_number, run.training.method) == (RunState.QUEUED, 1, "head")
    claimed = runs.claim(database)
    assert claimed is not None
    assert (claimed.run_id, claimed.state, claimed.attempt) == (run.run_id, RunState.RUNNING, 1)
    taken = runs.take(database, run.run_id, 1, 4711)
    assert taken is not None
    progress = RunProgress("learning", 3, 10, 0.5, None, 12.0, ((1, 0.9), (3, 0.5)), ((2, 0.8),))
    assert runs.beat(database, run.run_id, 1, progress) is False
    assert runs.run(database, run.run_id).progress == progress
    assert runs.end(database, run.run_id, 1, RunState.FINISHED)
    ended = runs.run(database, run.run_id)
    assert ended.state is RunState.FINISHED
    assert ended.ended_at is not None
    assert ended.started_at is not None
    assert runs.runs(database) == (ended,)
    assert audit.page(database, None, "started training", 0, 5)[1] == 1


def test_runs_are_begun_in_the_order_of_their_coming_and_one_at_a_time(database: Database) -> None:
    first, second = queued(database, 2)
    assert (claimed := runs.claim(database)) is not None
    assert claimed.run_id == first.run_id
    assert runs.claim(database) is None
    assert runs.claim(database, second.run_id) is None
    runs.end(database, first.run_id, 1, RunState.FINISHED)
    assert (claimed := runs.claim(database)) is not None
    assert claimed.run_id == second.run_id


def test_of_many_who_ask_at_once_one_begins(database: Database, database_url: str) -> None:
    queued(database, 4)
    won: list[Run] = []
    gate = threading.Barrier(6)

    def ask() -> None:
        other = Database(database_url)
        gate.wait()
        for _ in range(5):
            if (found := runs.claim(other)) is not None:
                won.append(found)
        other.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_the_database_itself_refuses_a_second_running_run(database: Database) -> None:
    queued(database, 2)
    with pytest.raises(StoreError), database.writing() as session:
        session.execute(update(RunRow).values(state=RunState.RUNNING))


def test_a_run_without_signs_of_life_waits_again_and_its_old_process_can_change_nothing(database: Database) -> None:
    run = queued(database)[0]
    runs.claim(database)
    assert runs.recover(database) == ()
    sleep_since(database, run.run_id, 60)
    assert runs.recover(database) == (run.run_id,)
    assert runs.run(database, run.run_id).state is RunState.QUEUED
    assert runs.beat(database, run.run_id, 1) is None
    assert (again := runs.claim(database)) is not None
    assert again.attempt == 2
    assert runs.beat(database, run.run_id, 1, RunProgress("still here")) is None
    assert not runs.end(database, run.run_id, 1, RunState.FINISHED)
    assert runs.take(database, run.run_id, 1, 1) is None
    with pytest.raises(ChangedMeanwhile), database.writing() as session:
        runs.trained(session, run.run_id, 1, "0" * 32)
    assert runs.run(database, run.run_id).progress.doing != "still here"


def test_a_run_that_was_killed_three_times_fails_with_a_sentence(database: Database) -> None:
    run = queued(database)[0]
    for attempt in range(1, runs.ATTEMPTS + 1):
        assert runs.claim(database) is not None
        state = runs.put_back(database, run.run_id, attempt)
    assert state is RunState.FAILED
    assert "memory" in runs.run(database, run.run_id).error
    assert runs.claim(database) is None


def test_an_attempt_that_nobody_is_to_blame_for_is_not_counted(database: Database) -> None:
    run = queued(database)[0]
    for _ in range(runs.ATTEMPTS + 2):
        assert (claimed := runs.claim(database)) is not None
        assert runs.put_back(database, run.run_id, claimed.attempt, is_counted=False) is RunState.QUEUED


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_is_asked_to_stop(database: Database) -> None:
    first, second = queued(database, 2)
    who = a_member(database)
    runs.claim(database)
    assert runs.cancel(database, who, second.run_id) is RunState.CANCELLED
    assert runs.cancel(database, who, first.run_id) is RunState.RUNNING
    assert runs.beat(database, first.run_id, 1) is True
    assert runs.put_back(database, first.run_id, 1) is RunState.CANCELLED
    assert runs.cancel(database, who, first.run_id) is RunState.CANCELLED
    with pytest.raises(NotYours):
        runs.cancel(database, who, "unknown")


def test_the_queue_has_a_limit_and_knows_its_datasets(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "WAITING_RUNS", 2)
    who = a_member(database)
    queued(database, 2)
    with pytest.raises(TooMany):
        runs.add(database, who, Task.SENTIMENT, "sentiment-1", Training())
    with pytest.raises(NotYours):
        runs.add(database, who, Task.SENTIMENT, "no such", Training())
    with pytest.raises(NotYours):
        runs.add(database, who, Task.TRANSLATE, "sentiment-1", Training())
