"""P12: twice as many requests as the engine can serve, against the most it can; and how soon the others are told.

The real desk on the real weights: every request is a quick translation of a new sentence by a visitor of their own.
First eight visitors ask one thing after another: what is answered then is the peak. Then requests come evenly at twice
that rate, to the product's own admission and to a queue without bounds; a good answer is one that has come within the
patience of whoever asked. Either is counted once the house has filled: what is on its way when a count begins stands
for what is on its way when it ends. So that a round is short, all waiting is a tenth of what it is in the product:
whoever would wait for 3 s (there 30) is refused, and patience ends after 7 s, which is that wait, an answer and a
moment more. A round holds all three; each starts with an empty house.

A refusal is timed twice: at the desk, and on the page of a visitor who asks for more than their share while eight
others saturate the engine: from the click until the page's run with the sentence has arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.config import read_settings
from core.desk import Desk
from core.errors import EngineBusy
from core.house import House, open_house
from core.jobs import JobBoard
from core.jobs.bounds import Bounds
from tests.benchmarks import p10_reruns
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine
from tests.load.client import Client
from tests.load.server import running

BARS = ("P12",)
ROUNDS = 5
PEAK_SECONDS, OVERLOAD_SECONDS, FILLING_SECONDS = 8.0, 8.0, 4.0
OVERLOAD = 2.0
GREEDY_CLICKS = 40
PATIENCE_SECONDS = 7.0
OURS = Bounds(wait_seconds=3.0, long_wait_seconds=60.0)
UNBOUNDED = Bounds(waiting_jobs=10**9, waiting_jobs_of_one=10**9)
SENTENCES = (
    "The parcel came late and the lamp inside was broken.",
    "Where can I change the address of our order?",
    "Please send the invoice to our office in Berlin.",
    "The room was clean, but breakfast started too late.",
)


@dataclass
class Seen:
    """What all rounds brought: rates in answers a second, times in seconds."""

    peak: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    page_refusals: list[float] = field(default_factory=list)
    promises: list[tuple[float, float]] = field(default_factory=list)
    answers: int = 0


class Crowd:
    """Visitors who each ask once, of a desk with one kind of queue."""

    def __init__(self, house: House, limits: Bounds, numbers: itertools.count[int]) -> None:
        self._house = house
        self._limits = limits
        self._numbers = numbers
        self.desk = Desk(house)
        self._asked: list[tuple[float, str, str]] = []

    def __enter__(self) -> Crowd:
        self.desk._board.close()
        self.desk._board = JobBoard(self._house.settings.slots, self._limits)
        return self

    def __exit__(self, *_: object) -> None:
        self.desk._board.close(30.0)

    def ask(self) -> tuple[str, str]:
        """Ask something new as somebody new; raises EngineBusy."""
        number = next(self._numbers)
        visitor = f"{number:032x}"
        text = f"Order {number}: {SENTENCES[number % len(SENTENCES)]}"
        job_id = self.desk.translate(visitor, text, "de", "en", is_careful=False)
        self._asked.append((time.monotonic(), visitor, job_id))
        return visitor, job_id

    def good(self, began: float, seconds: float) -> float:
        """Return how many good answers a second came in this stretch of time."""
        found = 0
        for asked, visitor, job_id in self._asked:
            view = self.desk.look(visitor, job_id)
            is_good = view.state == "finished" and view.seconds <= PATIENCE_SECONDS
            found += is_good and began <= asked + view.seconds <= began + seconds
        return found / seconds


def measure(
    rounds: int = ROUNDS, peak_seconds: float = PEAK_SECONDS, seconds: float = OVERLOAD_SECONDS
) -> list[Figure]:
    """Return goodput over peak for both queues, the time to a refusal, and what promises were worth."""
    seen, numbers = Seen(), itertools.count()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(
            read_settings(), database_url=f"sqlite:///{Path(folder) / 'hearback.db'}", data_folder=Path(folder)
        )
        house = open_house(settings)
        try:
            house.translate.translate(SENTENCES[0], "de", "en")  # the weights are loaded with the first request
            _peak(house, numbers, 2.0)
            for _ in range(rounds):
                seen.peak.append(_peak(house, numbers, peak_seconds))
                rate = OVERLOAD * seen.peak[-1]
                seen.ours.append(_overload(house, OURS, numbers, rate, seconds, seen))
                seen.peer.append(_overload(house, UNBOUNDED, numbers, rate, seconds, None))
        finally:
            house.close()
        with running("embedded", Path(folder) / "data") as server:
            seen.page_refusals = asyncio.run(_refusals_on_the_page(server.url))
    return _figures(seen)


def _peak(house: House, numbers: itertools.count[int], seconds: float) -> float:
    """Return the answers a second where as many visitors as there are slots ask one thing after another."""
    with Crowd(house, UNBOUNDED, numbers) as crowd:
        began = time.monotonic()
        end = began + FILLING_SECONDS + seconds

        def visitor(place: int) -> None:
            time.sleep(FILLING_SECONDS * place / house.settings.slots)  # nor do people begin all at once
            while time.monotonic() < end:
                who, job_id = crowd.ask()
                while not crowd.desk.look(who, job_id).is_over and time.monotonic() < end:
                    time.sleep(0.01)

        threads = [threading.Thread(target=visitor, args=(place,)) for place in range(house.settings.slots)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return crowd.good(began + FILLING_SECONDS, seconds)


def _overload(
    house: House, limits: Bounds, numbers: itertools.count[int], rate: float, seconds: float, seen: Seen | None
) -> float:
    """Return the good answers a second while `rate` requests a second come, once the house has filled."""
    with Crowd(house, limits, numbers) as crowd:
        began = time.monotonic()
        for number in range(int(rate * (seconds + FILLING_SECONDS))):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            asked = time.perf_counter()
            try:
                crowd.ask()
            except EngineBusy:
                if seen is not None:
                    seen.refusals.append(time.perf_counter() - asked)
        good = crowd.good(began + FILLING_SECONDS, seconds)
        if seen is not None:
            seen.promises += crowd.desk._board.promises()
            seen.answers += round(good * seconds)
        return good


async def _refusals_on_the_page(url: str) -> list[float]:
    """Return the seconds from the click to the page with the refusal, while the engine is saturated."""
    numbers, stop, took = itertools.count(10**6), asyncio.Event(), []
    async with contextlib.AsyncExitStack() as tabs:
        asking = [await tabs.enter_async_context(Client(url, "/translate")) for _ in range(p10_reruns.VISITORS)]
        greedy = await tabs.enter_async_context(Client(url, "/translate"))
        for tab in (*asking, greedy):
            await tab.settled()
        await p10_reruns.warm(asking[0])
        work = [asyncio.create_task(p10_reruns.keep_asking(tab, numbers, stop, p10_reruns.Seen())) for tab in asking]
        for _ in range(GREEDY_CLICKS):
            await greedy.type("Text to translate", f"Order {next(numbers)}: {' '.join(SENTENCES)}")
            await greedy.settled()
            await greedy.click("Translate")
            seconds = await greedy.settled()
            if any("All places are taken" in text for text in greedy.texts()):
                took.append(seconds)
        stop.set()
        await asyncio.gather(*work)
    return took


def _p95(seconds: list[float]) -> float:
    """Return the 95th percentile; of one value that value, and of none NaN."""
    return statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else (*seconds, float("nan"))[0]


def _figures(seen: Seen) -> list[Figure]:
    ours = [good / peak for good, peak in zip(seen.ours, seen.peak, strict=True)]
    peer = [good / peak for good, peak in zip(seen.peer, seen.peak, strict=True)]
    waited = [(promised, real) for promised, real in seen.promises if promised > 1.0]
    errors = [abs(real - promised) for promised, real in waited]
    note = f"peak {statistics.median(seen.peak):.2f} answers/s, {seen.answers} good answers; {machine()}"
    p95 = _p95(seen.refusals)
    return [
        Figure(
            "P12",
            "good answers at twice capacity, over peak",
            statistics.median(ours),
            "x",
            len(ours),
            rounds_spread(ours),
            0.8,
            0.95,
            f"an unbounded queue: {statistics.median(peer):.2f} ({rounds_spread(peer)})",
            note,
        ),
        Figure(
            "P12",
            "time to an honest refusal, p95, at the desk",
            1e3 * p95,
            "ms",
            len(seen.refusals),
            f"median {1e3 * statistics.median(seen.refusals or [0]):.1f}, "
            f"worst {1e3 * max(seen.refusals, default=0):.0f}",
            200.0,
            is_lower_better=True,
        ),
        Figure(
            "P12",
            "time to an honest refusal, p95, on the page, engine saturated",
            1e3 * _p95(seen.page_refusals),
            "ms",
            len(seen.page_refusals),
            f"median {1e3 * statistics.median(seen.page_refusals or [0]):.0f}, "
            f"worst {1e3 * max(seen.page_refusals, default=0):.0f}",
            200.0,
            is_lower_better=True,
        ),
        Figure(
            "P12",
            "wait that came over wait that was promised, median of those promised more than 1 s",
            statistics.median(real / promised for promised, real in waited) if waited else float("nan"),
            "x",
            len(waited),
            f"off by {statistics.median(errors or [0]):.2f} s in the median, "
            f"{statistics.quantiles(errors, n=10)[-1] if len(errors) > 1 else 0:.2f} s at p90",
        ),
    ]


if __name__ == "__main__":
    rounds, *lengths = sys.argv[1:] or [str(ROUNDS)]
    for figure in measure(int(rounds), *map(float, lengths)):
        print(figure.name, f"{figure.value:.3g} {figure.unit}, n {figure.n},", figure.spread, figure.peer, figure.note)
