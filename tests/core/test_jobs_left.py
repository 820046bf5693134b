"""Those who leave in mid-answer: their work is put down within a second, and taken up again if they are back soon."""

import threading
import time
from dataclasses import replace

import pytest

from core.jobs import Job, JobBoard, Load, Presence, bounds
from core.jobs.bounds import VISITORS
from core.types import Ending, Task
from tests.core.test_jobs import ignore, wait_until_over
from tests.core.test_jobs_crowd import Tabs, hold, make, patient, tabs, until

__all__ = ["hold", "make", "tabs"]


def leave_in_mid_answer(
    board: JobBoard, tabs: Tabs, hold: threading.Event, who: str, is_waited_for: bool, load: Load
) -> float:
    """Return the seconds from a closed tab to the end of the work for it."""
    tabs.open = {f"{who}'s tab", "bob's tab"}
    board.presence.arrive(who, f"{who}'s tab")
    ended = threading.Event()
    work = patient(hold)

    def until_stopped(job: Job) -> str:
        try:
            return work(job)
        finally:
            ended.set()

    theirs = board.start(who, Task.SUPPORT, until_stopped, ignore, load=load)
    until(lambda: board.look(who, theirs).text == "so far")
    bobs = board.start("bob", Task.SUPPORT, lambda job: 1, ignore, load=Load("support")) if is_waited_for else ""
    tabs.open = {"bob's tab"}
    took = until(ended.is_set)
    if is_waited_for:
        assert wait_until_over(board, "bob", bobs).state == "finished"
    until(lambda: board.look(who, theirs).state == "waiting")
    return took


@pytest.mark.promise("R7")
@pytest.mark.parametrize("is_waited_for", [False, True])
@pytest.mark.parametrize("load", [Load("support"), Load("translate careful", 5_000)], ids=["short", "long"])
def test_work_for_a_closed_tab_ends_within_a_second_whether_or_not_somebody_waits(
    make, tabs, hold, is_waited_for, load
):
    board = make()
    board.presence.arrive("bob", "bob's tab")
    took = [leave_in_mid_answer(board, tabs, hold, f"visitor {one}", is_waited_for, load) for one in range(3)]
    assert min(took) < 1.0  # of three, so that a busy machine is no finding


@pytest.mark.promise("R7")
def test_whoever_is_not_back_in_time_finds_what_was_written_and_why_it_ended(make, tabs, hold, monkeypatch):
    monkeypatch.setattr(bounds, "LEFT_SECONDS", 0.3)
    board = make()
    endings = []
    tabs.open = {"ann's tab"}
    board.presence.arrive("ann", "ann's tab")
    ids = [
        board.start("ann", Task.SUPPORT, patient(hold), lambda job, e: endings.append(e), load=Load("support"))
        for _ in range(3)
    ]
    until(lambda: board.look("ann", ids[0]).text == "so far")
    tabs.open = set()
    views = [wait_until_over(board, "ann", job_id) for job_id in ids]
    assert [view.state for view in views] == ["stopped"] * 3
    assert "this page was closed" in views[0].sentence
    assert views[0].text == "so far"
    assert endings == [Ending.STOPPED] * 3, "each is written down once"


@pytest.mark.promise("R8")
def test_a_reload_loses_nothing_and_its_answer_comes_before_all_who_came_later(make, tabs, hold):
    board = make()
    endings, stops, begun = [], [], []

    def work(job: Job) -> str:
        stops.append(job.stop)
        begun.append("ann")
        job.show("so" if len(stops) > 1 else "so far")
        while not hold.wait(0.005):
            job.check()
        return "done"

    tabs.open = {"before", "bob's"}
    board.presence.arrive("ann", "before")
    board.presence.arrive("bob", "bob's")
    job_id = board.start("ann", Task.SUPPORT, work, lambda job, e: endings.append(e), load=Load("support"))
    until(lambda: board.look("ann", job_id).text == "so far")
    board.start("bob", Task.SUPPORT, patient(hold), ignore, load=Load("support", 50))
    cids = board.start("cid", Task.SUPPORT, lambda job: begun.append("cid"), ignore, load=Load("support", 50))
    tabs.open = {"bob's"}
    until(lambda: board.crowd()[1] == 1 and board.look("ann", job_id).state == "waiting")
    tabs.open = {"after"}
    board.presence.arrive("ann", "after")  # bob has left in his turn
    until(lambda: len(stops) == 2)
    assert stops[0].is_set(), "what still works for the first time hears that it is to end"
    assert board.look("ann", job_id).text == "so far", "what was read does not vanish while it is written anew"
    assert "cid" not in begun
    hold.set()
    view = wait_until_over(board, "ann", job_id)
    assert (view.state, view.result, endings) == ("finished", "done", [Ending.FINISHED])
    wait_until_over(board, "cid", cids)


def test_what_was_put_down_is_stopped_or_forgotten_like_anything_else(make, tabs, hold):
    board = make()
    tabs.open = {"tab"}
    board.presence.arrive("ann", "tab")
    endings = []
    ids = [board.start("ann", Task.SUPPORT, patient(hold), lambda job, e: endings.append(e)) for _ in range(2)]
    until(lambda: board.look("ann", ids[0]).text == "so far")
    tabs.open = set()
    until(lambda: board.look("ann", ids[0]).state == "waiting")
    board.stop("ann", ids[0])
    view = wait_until_over(board, "ann", ids[0])
    assert (view.state, view.sentence) == ("stopped", "Stopped. What was finished so far is kept.")
    board.forget("ann")
    until(lambda: not board._open)
    assert endings == [Ending.STOPPED] * 2


def test_whoever_presses_stop_while_it_is_being_put_down_is_heard(make, tabs):
    board = make()
    go_on, asked = threading.Event(), threading.Event()

    def slow_to_stop(job: Job) -> None:
        job.stop.wait(5)
        asked.set()
        go_on.wait(5)
        job.check()

    tabs.open = {"tab"}
    board.presence.arrive("ann", "tab")
    job_id = board.start("ann", Task.SUPPORT, slow_to_stop, ignore)
    until(lambda: board.look("ann", job_id).state == "running")
    tabs.open = set()
    asked.wait(5)
    board.stop("ann", job_id)
    go_on.set()
    assert wait_until_over(board, "ann", job_id).sentence == "Stopped. What was finished so far is kept."


def test_those_who_left_keep_no_newcomer_out(make, tabs, hold):
    """Nor do they lengthen what is promised: what waits for nobody takes no place, and gives up its own."""
    board = make(1, replace(VISITORS, waiting_jobs=3))
    for number in range(4):
        tabs.open.add(f"tab {number}")
        board.presence.arrive(f"visitor {number}", f"tab {number}")
    ids = []
    for one in range(4):
        ids.append(
            board.start(f"visitor {one}", Task.TRANSLATE, patient(hold), ignore, load=Load("translate careful", 150))
        )
        until(lambda: board.look("visitor 0", ids[0]).text == "so far")  # or the fourth finds three waiting
    tabs.open = set()
    until(lambda: board.crowd() == (4, 0))
    newest = board.start("ann", Task.TRANSLATE, patient(hold), ignore, load=Load("translate careful", 500))
    until(lambda: board.look("ann", newest).state == "running")
    assert wait_until_over(board, "visitor 3", ids[3]).state == "stopped", "its place was needed"


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


def test_a_table_of_whoever_left_goes_on_until_somebody_waits_and_is_taken_up_when_they_are_back(make, tabs, hold):
    board = make(1)
    tabs.open = {"tab"}
    board.presence.arrive("ann", "tab")
    looks: list[int] = []

    def table(job: Job) -> str:
        looks.append(0)
        return patient(hold)(job)

    job_id = board.start("ann", Task.SENTIMENT, table, ignore, load=Load("sentiment table", 1e6))
    until(lambda: board.look("ann", job_id).text == "so far")
    tabs.open = set()
    until(lambda: board.presence.away_seconds("ann") > 2 * bounds.KEEPER_SECONDS)
    assert board.look("ann", job_id).state == "running"
    bobs = board.start("bob", Task.SUPPORT, lambda job: "for bob", ignore, load=Load("support"))
    assert wait_until_over(board, "bob", bobs).result == "for bob"
    assert board.look("ann", job_id).state == "waiting"
    tabs.open = {"tab"}
    until(lambda: len(looks) == 2)
    hold.set()
    assert wait_until_over(board, "ann", job_id).result == "done"


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
