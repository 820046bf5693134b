"""Stories of the owner thread: batches grow with the load, failures stay with whoever caused them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from core.engines.batching import Batcher
from core.errors import DeadlineExceeded, EngineBusy, EngineFailed, HearbackError, WeightsMissing


class Doubler:
    """A worker that doubles numbers; `gate` holds it inside a batch until a test lets it go on."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.is_inside = threading.Event()
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()

    def prepare(self, items: Sequence[int]) -> list[int]:
        if any(not isinstance(item, int) for item in items):
            raise TypeError("numbers only")
        return list(items)

    def size(self, prepared: int) -> int:
        return max(prepared, 1)

    def compute(self, batch: Sequence[int]) -> list[int]:
        self.threads.add(threading.get_ident())
        self.batches.append(list(batch))
        self.is_inside.set()
        self.gate.wait(5)
        if 13 in batch:
            raise RuntimeError("thirteen")
        return [2 * item for item in batch]


@pytest.fixture
def doubler() -> Doubler:
    return Doubler()


@pytest.fixture
def batcher(doubler: Doubler) -> Iterator[Batcher[int, int]]:
    batcher: Batcher[int, int] = Batcher("doubler", lambda: doubler, budget=1_000)
    yield batcher
    doubler.gate.set()
    batcher.close()


def together(batcher: Batcher[int, int], calls: Sequence[Sequence[int]]) -> list[object]:
    """Run all calls at once; a call's place holds its results or its error."""
    found: list[object] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            found[place] = batcher.run(calls[place])
        except HearbackError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return found


def test_results_come_in_the_order_of_the_items(batcher: Batcher[int, int]) -> None:
    assert batcher.run([9, 1, 500, 3]) == [18, 2, 1000, 6]
    assert batcher.run([]) == []


def test_what_waits_while_a_batch_runs_makes_the_next_batch(batcher: Batcher[int, int], doubler: Doubler) -> None:
    doubler.gate.clear()
    first = threading.Thread(target=batcher.run, args=([1],))
    first.start()
    assert doubler.is_inside.wait(5)
    release = threading.Timer(0.3, doubler.gate.set)
    release.start()
    assert together(batcher, [[number] for number in range(20, 40)]) == [[2 * number] for number in range(20, 40)]
    first.join(5)
    assert len(doubler.batches) <= 4
    assert len(doubler.threads) == 1


def test_a_batch_stays_within_its_budget(batcher: Batcher[int, int], doubler: Doubler) -> None:
    batcher.run([100] * 35)
    assert all(max(batch) * len(batch) <= 1_000 for batch in doubler.batches)
    assert sum(len(batch) for batch in doubler.batches) == 35


def test_a_short_item_is_not_padded_by_a_long_one(batcher: Batcher[int, int], doubler: Doubler) -> None:
    batcher.run([1, 2, 3, 400, 410])
    assert sorted(map(sorted, doubler.batches)) == [[1, 2, 3], [400, 410]]


@pytest.mark.promise("R5")
def test_an_item_that_fails_hurts_its_own_caller_only(batcher: Batcher[int, int], doubler: Doubler) -> None:
    doubler.gate.clear()
    first = threading.Thread(target=batcher.run, args=([1],))
    first.start()
    assert doubler.is_inside.wait(5)
    threading.Timer(0.2, doubler.gate.set).start()
    good, bad = together(batcher, [[12, 14], [13]])
    first.join(5)
    assert good == [24, 28]
    assert isinstance(bad, EngineFailed)
    assert isinstance(bad.__cause__, RuntimeError)
    assert batcher.run([7]) == [14]


def test_an_item_that_cannot_be_prepared_does_not_end_the_thread(batcher: Batcher[int, int]) -> None:
    with pytest.raises(EngineFailed):
        batcher.run(["seven"])  # type: ignore[list-item]
    assert batcher.run([7]) == [14]


@pytest.mark.promise("R5")
def test_a_deadline_is_kept_and_the_next_caller_served(batcher: Batcher[int, int], doubler: Doubler) -> None:
    doubler.gate.clear()
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        batcher.run([1], deadline_seconds=0.2)
    assert time.monotonic() - began < 2
    doubler.gate.set()
    assert batcher.run([2]) == [4]


def test_a_long_table_lets_a_single_text_through(batcher: Batcher[int, int], doubler: Doubler) -> None:
    doubler.gate.clear()
    table = threading.Thread(target=batcher.run, args=([100] * 300,))
    table.start()
    assert doubler.is_inside.wait(5)
    threading.Timer(0.1, doubler.gate.set).start()
    assert batcher.run([90]) == [180]
    # Thirty batches of ten lie before the end of the table; the text was in one of the first.
    assert next(place for place, batch in enumerate(doubler.batches) if 90 in batch) <= 2
    table.join(5)


def test_weights_that_could_not_be_opened_are_tried_again() -> None:
    attempts = []

    def open_worker() -> Doubler:
        attempts.append(1)
        if len(attempts) == 1:
            raise WeightsMissing(name="doubler", how="")
        return Doubler()

    batcher: Batcher[int, int] = Batcher("doubler", open_worker)
    with pytest.raises(WeightsMissing):
        batcher.open()
    assert batcher.run([4]) == [8]
    batcher.close()


def test_too_many_callers_are_told_so_at_once(
    batcher: Batcher[int, int], doubler: Doubler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.engines.batching._CALLS_AT_MOST", 1)
    doubler.gate.clear()
    first = threading.Thread(target=batcher.run, args=([1],))
    first.start()
    assert doubler.is_inside.wait(5)
    with pytest.raises(EngineBusy):
        batcher.run([2])
    doubler.gate.set()
    first.join(5)
    assert batcher.run([2]) == [4]


def test_closing_answers_whoever_still_waits(batcher: Batcher[int, int], doubler: Doubler) -> None:
    doubler.gate.clear()
    found: list[object] = []
    first = threading.Thread(target=batcher.run, args=([1],))
    waiting = threading.Thread(target=lambda: found.extend(together(batcher, [[2]])))
    first.start()
    assert doubler.is_inside.wait(5)
    waiting.start()
    time.sleep(0.1)
    threading.Timer(0.1, doubler.gate.set).start()
    batcher.close()
    first.join(5)
    waiting.join(5)
    assert isinstance(found[0], EngineFailed)


def test_a_closed_engine_opens_again_when_it_is_asked() -> None:
    opened: list[Doubler] = []
    batcher: Batcher[int, int] = Batcher("doubler", lambda: opened.append(Doubler()) or opened[-1])
    batcher.close()
    assert batcher.run([1]) == [2]
    batcher.close()
    assert batcher.run([2]) == [4]
    batcher.close()
    assert len(opened) == 2
