"""P10: how quick a page stays while the engine is saturated, against the same page while nobody asks for anything.

The real app on the real weights, in a process of its own. Eight visitors keep asking for careful translations of new
texts, each in a tab that polls as a browser does; a ninth goes on clicking. A click's time is what its tab sees: from
sending it until the end of the page's run has arrived. Idle and saturated rounds take turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine
from tests.load.client import Client
from tests.load.server import Running, running

BARS = ("P10",)
PAGES = ("/support", "/translate")
VISITORS = 8
ROUNDS = 5
CLICKS = 24
# A person does not click faster; and the pause lets polls and tokens fall anywhere around a click.
PAUSE_SECONDS = 0.15
READY_SECONDS = 240.0
TEXTS = (
    "The delivery came two days late and the lamp inside was broken.",
    "I would like to change the date of my booking without paying more.",
    "Please tell me how long the warranty of the kettle lasts.",
    "The room was clean and quiet, but breakfast started far too late.",
    "We have moved; where can I change the address of our order?",
)


@dataclass
class Seen:
    """The milliseconds of every click, by round, and what polls cost meanwhile."""

    idle: list[list[float]] = field(default_factory=list)
    busy: list[list[float]] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    poll_bytes: list[int] = field(default_factory=list)
    answers: int = 0
    busy_seconds: float = 0.0


def measure(rounds: int = ROUNDS, clicks: int = CLICKS) -> list[Figure]:
    """Return the ratio of the 95th percentiles, and the two themselves."""
    with tempfile.TemporaryDirectory() as folder, running("embedded", Path(folder) / "data") as server:
        seen = asyncio.run(_measure(server, rounds, clicks))
    return _figures(seen)


async def _measure(server: Running, rounds: int, clicks: int) -> Seen:
    seen = Seen()
    numbers = itertools.count()
    async with contextlib.AsyncExitStack() as tabs:
        clicking = [await tabs.enter_async_context(Client(server.url, page)) for page in PAGES]
        asking = [await tabs.enter_async_context(Client(server.url, "/translate")) for _ in range(VISITORS)]
        for tab in (*clicking, *asking):
            await tab.settled()
        await warm(asking[0])
        for tab in clicking:
            await _click(tab, 3)
        for _ in range(rounds):
            seen.idle.append([ms for tab in clicking for ms in await _click(tab, clicks)])
            before = [len(tab.runs) for tab in asking]
            stop = asyncio.Event()
            work = [asyncio.create_task(keep_asking(tab, numbers, stop, seen)) for tab in asking]
            await asyncio.sleep(2.0)
            began = time.monotonic()
            seen.busy.append([ms for tab in clicking for ms in await _click(tab, clicks)])
            seen.busy_seconds += time.monotonic() - began
            stop.set()
            await asyncio.gather(*work)
            polls = [r for tab, n in zip(asking, before, strict=True) for r in tab.runs[n:] if r.kind == "poll"]
            seen.polls += [run.seconds * 1e3 for run in polls]
            seen.poll_bytes += [run.bytes for run in polls]
    return seen


async def warm(tab: Client) -> None:
    """Have the weights loaded: the first answer waits for them."""
    await tab.type("Text to translate", TEXTS[0])
    await tab.settled()
    await tab.click("Translate")
    await tab.settled(READY_SECONDS)
    await tab.answered(READY_SECONDS)


async def _click(tab: Client, clicks: int) -> list[float]:
    took = []
    for _ in range(clicks):
        await tab.rerun()
        took.append(1e3 * await tab.settled())
        await asyncio.sleep(PAUSE_SECONDS)
    return took


async def keep_asking(tab: Client, numbers: itertools.count[int], stop: asyncio.Event, seen: Seen) -> None:
    """Ask for one translation after another; once told to stop, press the page's own button."""
    while not stop.is_set():
        number = next(numbers)
        await tab.type("Text to translate", f"Order {number}: {TEXTS[number % len(TEXTS)]} {TEXTS[(number + 1) % 5]}")
        await tab.settled()
        await tab.click("Translate")
        await tab.settled()
        answered = asyncio.create_task(tab.answered(READY_SECONDS))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((answered, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not answered.done():
            with contextlib.suppress(LookupError):  # it has just ended by itself
                await tab.click("Stop")
        else:
            seen.answers += 1
        await answered


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _figures(seen: Seen) -> list[Figure]:
    ratios = [_p95(busy) / _p95(idle) for idle, busy in zip(seen.idle, seen.busy, strict=True)]
    idle, busy = [ms for r in seen.idle for ms in r], [ms for r in seen.busy for ms in r]
    note = (
        f"p95 {_p95(idle):.0f} ms idle, {_p95(busy):.0f} ms busy; medians {statistics.median(idle):.0f} and "
        f"{statistics.median(busy):.0f} ms; a poll {statistics.median(seen.polls or [0]):.0f} ms, "
        f"{statistics.median(seen.poll_bytes or [0]) / 1e3:.1f} kB; "
        f"{seen.answers} translations meanwhile; {machine()}"
    )
    return [
        Figure(
            "P10",
            f"a click while {VISITORS} visitors' careful translations saturate the engine, p95",
            statistics.median(ratios),
            "x",
            len(busy),
            rounds_spread(ratios),
            2.0,
            1.3,
            "the same pages, idle",
            note,
        ),
        Figure(
            "P10",
            "a click, engine saturated, p95",
            _p95(busy),
            "ms",
            len(busy),
            rounds_spread([_p95(r) for r in seen.busy]),
        ),
        Figure("P10", "a click, idle, p95", _p95(idle), "ms", len(idle), rounds_spread([_p95(r) for r in seen.idle])),
    ]


if __name__ == "__main__":
    for figure in measure(*(int(word) for word in sys.argv[1:])):
        print(figure.name, f"{figure.value:.3g} {figure.unit}", figure.spread, figure.note)
