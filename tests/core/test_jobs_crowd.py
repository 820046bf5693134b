"""When many come at once: who is let in, who is told when to come back, and whose work ends because they left."""

import threading
import time
from dataclasses import replace

import pytest

from core.errors import EngineBusy
from core.jobs import Job, JobBoard, Load, Presence
from core.jobs.bounds import VISITORS, Bounds
from core.types import Ending, Task
from tests.core.test_jobs import ignore, wait_until_over


class Tabs:
    """Which tabs are connected, as a server would know."""

    def __init__(self) -> None:
        self.open: set[str] = set()

    def __call__(self, session_id: str) -> bool:
        return session_id in self.open


@pytest.fixture
def tabs():
    return Tabs()


@pytest.fixture
def hold():
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def make(tabs, hold):
    boards = []

    def make_board(workers: int = 1, limits: Bounds = VISITORS) -> JobBoard:
        boards.append(JobBoard(workers, limits, Presence(tabs)))
        return boards[-1]

    yield make_board
    hold.set()
    for board in boards:
        board.close()


def until(is_so, seconds: float = 5.0) -> float:
    """Wait until something is so, and return how long that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it did not come to that"
        time.sleep(0.005)
    return time.monotonic() - began


def patient(hold: threading.Event):
    """Return work that goes on until it is stopped, or until `hold` is set."""

    def work(job: Job) -> str:
        job.show("so far")
        while not hold.wait(0.005):
            job.check()
        return "done"

    return work


def test_whoever_would_wait_for_longer_than_half_a_minute_is_refused_with_the_time_until_there_is_room(make, hold):
    board = make()
    board.start("zoe", Task.TRANSLATE, patient(hold), ignore, load=Load("translate careful", 200))  # 9.8 s
    for number in range(3):  # 9.8 s each: these begin after 10, 20 and 29 s
        board.start(f"visitor {number}", Task.TRANSLATE, patient(hold), ignore, load=Load("translate careful", 200))
    with pytest.raises(EngineBusy) as refused:
        board.start("visitor 3", Task.TRANSLATE, patient(hold), ignore, load=Load("translate careful", 200))
    assert refused.value.facts["seconds"] == pytest.approx(39.2 - 30.0, abs=0.5)
    board.start("cid", Task.SENTIMENT, lambda job: 1, ignore, load=Load("sentiment table", 400_000))  # its own lane


def test_a_refusal_takes_less_than_a_fifth_of_a_second_with_a_full_line(make, hold):
    board = make(8, replace(VISITORS, wait_seconds=1e9))
    for number in range(8 + VISITORS.waiting_jobs):
        board.start(f"visitor {number}", Task.SUPPORT, patient(hold), ignore, load=Load("support", 50))
    took = []
    for _ in range(20):
        began = time.perf_counter()
        with pytest.raises(EngineBusy):
            board.start("late", Task.SUPPORT, patient(hold), ignore, load=Load("support", 50))
        took.append(time.perf_counter() - began)
    assert sorted(took)[10] < 0.2


def test_nothing_waits_without_a_bound(make, hold):
    board = make(1)
    refused = 0
    for number in range(400):
        try:
            board.start(f"visitor {number}", Task.SENTIMENT, patient(hold), ignore, load=Load("sentiment", 20))
        except EngineBusy:
            refused += 1
    assert 400 - refused - 1 <= VISITORS.waiting_jobs


def test_what_is_promised_while_waiting_is_told_with_the_place(make, hold):
    board = make()
    first = board.start("zoe", Task.SUPPORT, patient(hold), ignore, load=Load("support", 50))
    until(lambda: board.look("zoe", first).text == "so far")
    names = ["ann", "bob", "cid"]
    ids = [board.start(name, Task.SUPPORT, patient(hold), ignore, load=Load("support", 50)) for name in names]
    views = [board.look(name, job_id) for name, job_id in zip(names, ids, strict=True)]
    assert [view.place for view in views] == [0, 1, 2]
    assert views[0].wait_seconds < views[1].wait_seconds < views[2].wait_seconds
    assert views[2].wait_seconds == pytest.approx(1.5, abs=0.3)


def test_what_has_waited_for_too_long_ends_with_a_sentence_and_is_written_down(make, hold):
    board = make(1, Bounds(wait_seconds=0.15, patience=2.0))
    board.start("zoe", Task.SENTIMENT, patient(hold), ignore, load=Load("sentiment", 20))
    endings = []
    late = board.start(
        "ann", Task.SENTIMENT, patient(hold), lambda job, e: endings.append(e), load=Load("sentiment", 20)
    )
    view = wait_until_over(board, "ann", late)
    assert view.state == "failed"
    assert view.sentence.startswith("Nobody could take this")
    assert endings == [Ending.FAILED]


def test_stopping_what_only_waits_ends_it_at_once(make, hold):
    board = make()
    board.start("zoe", Task.SUPPORT, patient(hold), ignore, load=Load("support", 50))
    endings = []
    waiting = board.start("ann", Task.SUPPORT, patient(hold), lambda job, e: endings.append(e), load=Load("support"))
    board.stop("ann", waiting)
    assert wait_until_over(board, "ann", waiting).state == "stopped"
    assert endings == [Ending.STOPPED]


def test_the_end_of_the_house_ends_what_waits_too_and_writes_it_down(make, hold):
    board = make()
    endings = []
    for name in ("ann", "bob", "cid"):
        board.start(name, Task.SUPPORT, patient(hold), lambda job, e: endings.append(e), load=Load("support"))
    board.close()
    assert endings == [Ending.STOPPED] * 3


def test_promises_are_kept_for_comparison_with_what_came(make):
    board = make()
    for number in range(3):
        job_id = board.start(
            f"visitor {number}", Task.SUPPORT, lambda job: time.sleep(0.05), ignore, load=Load("support")
        )
    wait_until_over(board, "visitor 2", job_id)
    promises = board.promises()
    assert len(promises) == 3
    assert promises[0][0] == 0.0
    assert promises[2][0] == pytest.approx(1.0, abs=0.2), "two answers of half a second were expected before it"
