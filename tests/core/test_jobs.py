"""Work goes on whatever its page does, ends for any reason in words, and answers to its visitor alone."""

import gc
import threading
import time
import weakref

import pytest

from core.errors import EmptyInput, EngineBusy, NotYours
from core.jobs import Job, JobBoard, JobView, bounds
from core.jobs.pace import Load
from core.types import Ending, Task


@pytest.fixture
def board():
    board = JobBoard(workers=2)
    yield board
    board.close()


def wait_until_over(board: JobBoard, visitor_id: str, job_id: str) -> JobView:
    end = time.monotonic() + 5
    while not (view := board.look(visitor_id, job_id)).is_over:
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.005)
    return view


def wait_until_taken(board: JobBoard, count: int) -> None:
    end = time.monotonic() + 5
    while sum(job.state == "running" for job in board._jobs.values()) < count:
        assert time.monotonic() < end, "the workers did not take the jobs"
        time.sleep(0.001)


def ignore(job: Job, ending: Ending) -> None:
    """An `at_end` for tests that don't look at it."""


def test_a_job_shows_its_text_on_the_way_and_its_result_at_the_end(board):
    half, go_on = threading.Event(), threading.Event()

    def work(job: Job) -> str:
        job.show("half")
        job.advance(1, 2, "writing")
        half.set()
        go_on.wait(5)
        return "half and whole"

    job_id = board.start("ann", Task.SUMMARIZE, work, ignore)
    half.wait(5)
    view = board.look("ann", job_id)
    assert (view.state, view.text, view.done, view.total, view.doing) == ("running", "half", 1, 2, "writing")
    assert view.first_seconds is not None
    go_on.set()
    assert wait_until_over(board, "ann", job_id).result == "half and whole"


def test_the_end_is_written_down_before_the_job_shows_as_ended(board):
    states = []

    def at_end(job: Job, ending: Ending) -> None:
        states.append((job.state, ending, job.result))

    wait_until_over(board, "ann", board.start("ann", Task.SUPPORT, lambda job: 7, at_end))
    assert states == [("running", Ending.FINISHED, 7)]


def test_a_stopped_job_keeps_what_it_has_shown(board):
    begun, endings = threading.Event(), []

    def work(job: Job) -> None:
        job.show("so far")
        begun.set()
        while True:
            job.check()
            time.sleep(0.001)

    job_id = board.start("ann", Task.TRANSLATE, work, lambda job, ending: endings.append(ending))
    begun.wait(5)
    board.stop("ann", job_id)
    view = wait_until_over(board, "ann", job_id)
    assert (view.state, view.text, endings) == ("stopped", "so far", [Ending.STOPPED])


def test_a_known_error_ends_the_job_with_its_sentence(board):
    def work(job: Job) -> None:
        raise EmptyInput(what="text")

    view = wait_until_over(board, "ann", board.start("ann", Task.SENTIMENT, work, ignore))
    assert view.state == "failed"
    assert view.sentence.startswith("There is no text to work on yet.")


def test_a_bug_ends_its_job_with_a_reference_and_the_worker_serves_on(board, caplog):
    def work(job: Job) -> None:
        raise ZeroDivisionError("secret detail")

    for _ in range(3):
        view = wait_until_over(board, "ann", board.start("ann", Task.SENTIMENT, work, ignore))
        assert f"reference {view.interaction_id[:8]}" in view.sentence
        assert "secret detail" not in view.sentence
    assert wait_until_over(board, "ann", board.start("ann", Task.SENTIMENT, lambda job: 1, ignore)).result == 1
    assert "secret detail" in caplog.text


def test_an_answer_stands_even_if_writing_it_down_fails(board):
    def at_end(job: Job, ending: Ending) -> None:
        raise OSError("disk full")

    assert wait_until_over(board, "ann", board.start("ann", Task.SUPPORT, lambda job: "yes", at_end)).result == "yes"


def test_nobody_sees_or_stops_another_visitors_job(board):
    job_id = board.start("ann", Task.SUPPORT, lambda job: 1, ignore)
    with pytest.raises(NotYours):
        board.look("bob", job_id)
    with pytest.raises(NotYours):
        board.stop("bob", job_id)
    with pytest.raises(NotYours):
        board.look("bob", "no such id")


def test_a_reloaded_page_finds_the_newest_job_of_its_task(board):
    board.start("ann", Task.SUPPORT, lambda job: 1, ignore)
    newest = board.start("ann", Task.SUPPORT, lambda job: 2, ignore)
    board.start("ann", Task.TRANSLATE, lambda job: 3, ignore)
    board.start("bob", Task.SUPPORT, lambda job: 4, ignore)
    assert board.latest("ann", Task.SUPPORT) == newest
    assert board.latest("ann", Task.SUMMARIZE) is None


def test_one_visitor_cannot_fill_the_queue_for_all(board):
    hold = threading.Event()
    try:
        for _ in range(2):
            board.start("ann", Task.SUPPORT, lambda job: hold.wait(5), ignore)
        wait_until_taken(board, 2)
        for _ in range(bounds.PATIENT.waiting_jobs_of_one):
            board.start("ann", Task.SUPPORT, lambda job: 1, ignore)
        with pytest.raises(EngineBusy, match="Try again in about"):
            board.start("ann", Task.SUPPORT, lambda job: 1, ignore)
        waiting = board.start("bob", Task.SUPPORT, lambda job: 1, ignore)
        assert board.look("bob", waiting).place == 0, "who has had nothing comes before who had two, however early"
    finally:
        hold.set()
    assert wait_until_over(board, "bob", waiting).state == "finished"


def test_a_job_that_is_over_holds_nothing_of_the_file_it_was_made_of(board):
    class File:
        """What a visitor brought."""

    def begin():
        file = File()
        told = []

        def work(_job):
            return "read" if file else ""

        def at_end(_job, _ending):
            told.append(file)

        return weakref.ref(file), board.start("ann", Task.SENTIMENT, work, at_end)

    file, job_id = begin()
    assert wait_until_over(board, "ann", job_id).result == "read"
    gc.collect()
    assert file() is None, "a job is looked at for long after its end"


def test_one_that_was_given_up_before_it_began_holds_nothing_either(board):
    hold = threading.Event()
    running = [board.start(name, Task.SUPPORT, lambda job: hold.wait(5), ignore) for name in ("bob", "cat")]
    wait_until_taken(board, 2)
    content = bytearray(10)
    file = memoryview(content)
    waiting = board.start("ann", Task.TRANSLATE, lambda job, file=file: len(file), ignore)
    board.stop("ann", waiting)
    wait_until_over(board, "ann", waiting)
    del file
    gc.collect()
    content.clear()  # raises where somebody still holds a view of it
    hold.set()
    assert len(running) == 2


def test_old_tables_are_forgotten_before_they_fill_the_memory(board, monkeypatch):
    monkeypatch.setattr(bounds, "KEPT_CHARACTERS", 2_500)
    seen = []
    for _ in range(4):
        load = Load("sentiment table", 1_000)
        seen.append(board.start("ann", Task.SENTIMENT, lambda job: 1, ignore, load=load))
        wait_until_over(board, "ann", seen[-1])
    assert board.recent("ann", Task.SENTIMENT) == seen[:1:-1], "the newest two stay"
    with pytest.raises(NotYours):
        board.look("ann", seen[0])


def test_a_table_that_is_being_read_is_never_forgotten(board, monkeypatch):
    monkeypatch.setattr(bounds, "KEPT_CHARACTERS", 500)
    hold = threading.Event()
    load = Load("sentiment table", 1_000)
    running = board.start("ann", Task.SENTIMENT, lambda job: hold.wait(5), ignore, load=load)
    wait_until_over(board, "bob", board.start("bob", Task.SUPPORT, lambda job: 1, ignore))
    assert board.look("ann", running).state == "running"
    hold.set()
    assert wait_until_over(board, "ann", running).state == "finished"


def test_old_jobs_are_forgotten_and_running_ones_are_not(board, monkeypatch):
    monkeypatch.setattr(bounds, "KEPT_JOBS", 3)
    hold = threading.Event()
    running = board.start("ann", Task.SUPPORT, lambda job: hold.wait(5), ignore)
    for _ in range(6):
        wait_until_over(board, "bob", board.start("bob", Task.SUPPORT, lambda job: 1, ignore))
    assert len(board._jobs) <= 4
    assert board.look("ann", running).state == "running"
    hold.set()
