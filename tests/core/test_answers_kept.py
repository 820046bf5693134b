"""Equal requests are computed once, a finished answer is given again, and nobody meets what is another's."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core.answers_kept import ENTRY_BYTES, AnswersKept, Key
from core.errors import DeadlineExceeded, Stopped
from core.progress import Progress
from core.types import Task


class Served:
    """Stands for a built task."""


SERVED = Served()


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Heard(Progress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.advanced: list[str] = []

    def show(self, text: str) -> None:
        self.texts.append(text)

    def advance(self, done: int, total: int, doing: str) -> None:
        self.advanced.append(doing)


class Slow:
    """Work that waits until the test lets it go on, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.is_running = threading.Event()
        self.go_on = threading.Event()
        self.was_stopped = False

    def __call__(self, progress: Progress) -> str:
        self.begun += 1
        progress.show("half")
        self.is_running.set()
        while not self.go_on.wait(0.005):
            if progress.stop.is_set():
                self.was_stopped = True
                raise Stopped()
        return f"whole {self.begun}"


def key(kept: AnswersKept, text: str = "hello", scope: str = "ann", served: Any = SERVED, **other: str) -> Key:
    base = Key(Task.SENTIMENT, scope, kept.serial(served), "weights", "memory 1", "0", kept.digest(text))
    return replace(base, **other)


def in_thread(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(call())
        except Exception as error:  # noqa: BLE001 - what it raised is what the test looks at
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def counted(result: str = "answer") -> tuple[Callable[[Progress], str], list[int]]:
    calls: list[int] = []

    def make(_progress: Progress) -> str:
        calls.append(1)
        return result

    return make, calls


def test_the_second_of_two_equal_requests_is_answered_from_what_is_kept() -> None:
    kept = AnswersKept()
    make, calls = counted()
    first = kept.answer(key(kept), "ann", Progress(), make)
    second = kept.answer(key(kept), "ann", Progress(), make)
    assert (first.result, first.is_kept, second.result, second.is_kept) == ("answer", False, "answer", True)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"scope": "bob"},
        {"memory": "memory 2"},
        {"revision": "4"},
        {"weights": "other weights"},
        {"text": "hello "},
        {"served": Served()},
    ],
)
def test_whatever_an_answer_depends_on_makes_it_another_request(other: dict[str, Any]) -> None:
    kept = AnswersKept()
    make, calls = counted()
    kept.answer(key(kept), "ann", Progress(), make)
    assert not kept.answer(key(kept, **other), "ann", Progress(), make).is_kept
    assert len(calls) == 2


def test_a_task_that_was_built_anew_is_another_even_where_it_takes_the_place_of_the_old_one() -> None:
    kept = AnswersKept()
    make, calls = counted()
    served = Served()
    kept.answer(key(kept, served=served), "ann", Progress(), make)
    del served
    gc.collect()
    kept.answer(key(kept, served=Served()), "ann", Progress(), make)
    assert len(calls) == 2


def test_equal_requests_at_one_time_are_one_computation_that_speaks_to_all() -> None:
    kept, work = AnswersKept(), Slow()
    listeners = [Heard() for _ in range(8)]
    threads = [in_thread(lambda one=one: kept.answer(key(kept), "ann", one, work)) for one in listeners]
    work.is_running.wait(5)
    deadline = time.monotonic() + 5
    while not all(one.texts for one in listeners) and time.monotonic() < deadline:
        time.sleep(0.005)
    work.go_on.set()
    for thread, _ in threads:
        thread.join(5)
    answers = [found[0] for _, found in threads]
    assert work.begun == 1
    assert {answer.result for answer in answers} == {"whole 1"}
    assert sum(answer.is_shared for answer in answers) == 7
    assert all(one.texts == ["half"] for one in listeners)


def test_one_who_stops_leaves_the_others_their_answer() -> None:
    kept, work, first, second = AnswersKept(), Slow(), Heard(), Heard()
    leading, of_first = in_thread(lambda: kept.answer(key(kept), "ann", first, work))
    work.is_running.wait(5)
    following, of_second = in_thread(lambda: kept.answer(key(kept), "ann", second, work))
    while not second.texts:
        time.sleep(0.005)
    first.stop.set()
    leading.join(5)
    assert isinstance(of_first[0], Stopped)
    assert not work.was_stopped
    work.go_on.set()
    following.join(5)
    assert of_second[0].result == "whole 1"


def test_the_computation_ends_when_the_last_one_has_left_and_the_next_request_begins_anew() -> None:
    kept, work, only = AnswersKept(), Slow(), Heard()
    thread, found = in_thread(lambda: kept.answer(key(kept), "ann", only, work))
    work.is_running.wait(5)
    only.stop.set()
    thread.join(5)
    assert isinstance(found[0], Stopped)
    assert work.was_stopped
    work.go_on.set()
    assert kept.answer(key(kept), "ann", Progress(), work).result == "whole 2"


def test_an_error_reaches_everybody_who_waited_and_is_not_kept() -> None:
    kept, gate, calls = AnswersKept(), threading.Event(), []

    def fail(progress: Progress) -> str:
        calls.append(1)
        progress.show("half")
        gate.wait(5)
        raise DeadlineExceeded(seconds=1)

    listeners = [Heard(), Heard()]
    threads = [in_thread(lambda one=one: kept.answer(key(kept), "ann", one, fail)) for one in listeners]
    while not all(one.texts for one in listeners):
        time.sleep(0.005)
    gate.set()
    for thread, found in threads:
        thread.join(5)
        assert isinstance(found[0], DeadlineExceeded)
    make, again = counted()
    assert kept.answer(key(kept), "ann", Progress(), make).result == "answer"
    assert (len(calls), len(again)) == (1, 1)


def test_what_is_less_than_it_could_be_or_no_longer_holds_is_given_once() -> None:
    kept = AnswersKept()
    make, calls = counted()

    def lacking(progress: Progress) -> str:
        progress.lack()
        return make(progress)

    kept.answer(key(kept), "ann", Progress(), lacking)
    kept.answer(key(kept, "other"), "ann", Progress(), make, is_still=lambda: False)
    assert kept.counts == (0, 0)
    assert len(calls) == 2


def test_a_fresh_answer_takes_the_place_of_the_kept_one() -> None:
    kept = AnswersKept()
    kept.answer(key(kept), "ann", Progress(), lambda _: "old")
    fresh = kept.answer(key(kept), "ann", Progress(), lambda _: "new", is_fresh=True)
    assert (fresh.result, fresh.is_kept) == ("new", False)
    assert kept.answer(key(kept), "ann", Progress(), lambda _: "never").result == "new"
    assert kept.counts[0] == 1


def test_it_is_bounded_by_entries_by_bytes_and_by_time() -> None:
    clock = Clock()
    kept = AnswersKept(entries=3, size=1_000, clock=clock)
    for number in range(5):
        kept.answer(key(kept, str(number)), "ann", Progress(), lambda _: "x" * 100)
    assert kept.counts[0] == 3
    for number in range(10, 15):
        kept.answer(key(kept, str(number)), "ann", Progress(), lambda _: "x" * 400)
    assert kept.counts[1] <= 1_000
    kept.answer(key(kept, "huge"), "ann", Progress(), lambda _: "x" * (ENTRY_BYTES + 1))
    make, calls = counted()
    kept.answer(key(kept, "huge"), "ann", Progress(), make)
    clock.now = 3_601.0
    kept.answer(key(kept, "huge"), "ann", Progress(), make)
    assert len(calls) == 2


@pytest.mark.promise("R16")
def test_a_forgotten_visitor_leaves_nothing_not_even_what_is_on_its_way() -> None:
    kept, work = AnswersKept(), Slow()
    kept.answer(key(kept, "done", scope=""), "ann", Progress(), lambda _: "done")
    kept.answer(key(kept, "bobs", scope="bob"), "bob", Progress(), lambda _: "bobs")
    thread, found = in_thread(lambda: kept.answer(key(kept), "ann", Progress(), work))
    work.is_running.wait(5)
    kept.forget("ann")
    work.go_on.set()
    thread.join(5)
    assert found[0].result == "whole 1"
    assert kept.counts[0] == 1
    assert kept.answer(key(kept, "bobs", scope="bob"), "bob", Progress(), lambda _: "never").is_kept


def test_closing_stops_what_is_on_its_way() -> None:
    kept, work = AnswersKept(), Slow()
    thread, found = in_thread(lambda: kept.answer(key(kept), "ann", Progress(), work))
    work.is_running.wait(5)
    kept.close()
    thread.join(5)
    assert isinstance(found[0], Stopped)
    assert kept.counts == (0, 0)


def test_a_digest_says_nothing_of_the_text_to_another_process() -> None:
    one, other = AnswersKept(), AnswersKept()
    assert one.digest("hello") == one.digest("hello")
    assert one.digest("hello") != other.digest("hello")
    assert one.digest("ab", "c") != one.digest("a", "bc")
    assert one.digest("\ud800")
