"""When many come at once: who is let in, who is told when to come back, and whose work ends because they left."""

import threading
import time
from dataclasses import replace

import pytest

from core.errors import EngineBusy
from core.jobs import Job, JobBoard, Load, Presence, bounds
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


@pytest.mark.promise("R7")
def test_a_closed_tab_frees_the_engine_within_a_second_of_the_grace(make, tabs, hold, monkeypatch):
    monkeypatch.setattr(bounds, "LEFT_SECONDS", 0.3)
    board = make()
    tabs.open = {"ann's tab", "bob's tab"}
    board.presence.arrive("ann", "ann's tab")
    board.presence.arrive("bob", "bob's tab")
    ids = [board.start("ann", Task.SUPPORT, patient(hold), ignore, load=Load("support")) for _ in range(3)]
    bobs = board.start("bob", Task.SUPPORT, lambda job: "for bob", ignore, load=Load("support"))
    until(lambda: board.look("ann", ids[0]).text == "so far")
    tabs.open = {"bob's tab"}
    assert until(lambda: board.look("bob", bobs).is_over) < 0.3 + 1.0
    views = [board.look("ann", job_id) for job_id in ids]
    assert [view.state for view in views] == ["stopped"] * 3
    assert "this page was closed" in views[0].sentence
    assert views[0].text == "so far"


def test_a_reload_in_time_loses_nothing(make, tabs, hold, monkeypatch):
    monkeypatch.setattr(bounds, "LEFT_SECONDS", 0.5)
    board = make()
    tabs.open = {"before"}
    board.presence.arrive("ann", "before")
    job_id = board.start("ann", Task.SUPPORT, patient(hold), ignore, load=Load("support"))
    until(lambda: board.look("ann", job_id).text == "so far")
    tabs.open = set()
    time.sleep(0.3)
    tabs.open = {"after"}
    board.presence.arrive("ann", "after")
    time.sleep(0.5)
    assert board.look("ann", job_id).state == "running"
    hold.set()
    assert wait_until_over(board, "ann", job_id).result == "done"


def test_what_waits_does_not_begin_for_nobody_and_begins_when_its_visitor_is_back(make, tabs, hold):
    board = make()
    tabs.open = {"ann's tab"}
    board.presence.arrive("ann", "ann's tab")
    board.start("zoe", Task.SUPPORT, lambda job: time.sleep(0.2), ignore, load=Load("support"))
    waiting = board.start("ann", Task.SUPPORT, lambda job: "here", ignore, load=Load("support"))
    tabs.open = set()
    other = board.start("bob", Task.SUPPORT, lambda job: "first", ignore, load=Load("support"))
    assert wait_until_over(board, "bob", other).result == "first"
    assert board.look("ann", waiting).state == "waiting"
    tabs.open = {"ann's tab"}
    assert wait_until_over(board, "ann", waiting).result == "here"


def test_long_work_stays_for_longer_than_an_answer(make, tabs, hold, monkeypatch):
    monkeypatch.setattr(bounds, "LEFT_SECONDS", 0.1)
    board = make(8)
    tabs.open = {"tab"}
    board.presence.arrive("ann", "tab")
    table = board.start("ann", Task.SENTIMENT, patient(hold), ignore, load=Load("sentiment table", 1e6))
    quick = board.start("ann", Task.SENTIMENT, patient(hold), ignore, load=Load("sentiment", 20))
    until(lambda: board.look("ann", table).text == board.look("ann", quick).text == "so far")
    tabs.open = set()
    assert wait_until_over(board, "ann", quick).state == "stopped"
    assert board.look("ann", table).state == "running"


def test_a_visitor_of_whom_no_tab_is_known_counts_as_there():
    presence = Presence(lambda session_id: False)
    assert presence.away_seconds("a program") == 0.0


def test_away_seconds_count_from_when_the_last_tab_was_missed():
    now = [100.0]
    tabs = Tabs()
    tabs.open = {"one", "two"}
    presence = Presence(tabs, clock=lambda: now[0])
    presence.arrive("ann", "one")
    presence.arrive("ann", "two")
    tabs.open = {"two"}
    assert presence.away_seconds("ann") == 0.0
    tabs.open = set()
    assert presence.away_seconds("ann") == 0.0
    now[0] += 7.0
    assert presence.away_seconds("ann") == 7.0
    presence.arrive("ann", "three")
    tabs.open = {"three"}
    assert presence.away_seconds("ann") == 0.0


def test_presence_is_bounded_in_visitors_and_tabs(monkeypatch):
    from core.jobs import presence as module

    monkeypatch.setattr(module, "VISITORS", 3)
    monkeypatch.setattr(module, "SESSIONS_OF_ONE", 2)
    presence = Presence()
    for visitor in range(10):
        for tab in range(5):
            presence.arrive(f"visitor {visitor}", f"tab {tab}")
    assert len(presence._sessions) == 3
    assert all(len(tabs) == 2 for tabs in presence._sessions.values())


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
