"""What the very first start takes: the weights' parts are joined, checked and converted, the handbook is read.

Every round begins with an empty cache folder and an empty data folder; there is no peer, since the usual way downloads.
The page is there meanwhile and says how far it is; each answer is asked for at once and waits for its own weights only.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from core.config import PROJECT
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine
from tests.benchmarks.p11_start import PATIENCE_SECONDS, QUESTION, TEXT, started
from tests.load.client import Client

BARS = ("P11",)
IS_LONG = True
ROUNDS = 5
WAITS = ("first page", "answer to a question to the handbook", "sentiment of a text")


def measure() -> list[Figure]:
    """Return the seconds from the start of the process to the first page and to each first answer."""
    found: dict[str, list[float]] = {name: [] for name in WAITS}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            for name, seconds in _first(Path(folder)).items():
                found[name].append(seconds)
    return [
        Figure(
            "P11",
            f"very first start, {name}",
            statistics.median(seconds),
            "s",
            len(seconds),
            rounds_spread(seconds),
            note=f"nothing converted, nothing published; {machine()}",
            is_lower_better=True,
        )
        for name, seconds in found.items()
    ]


def _first(folder: Path) -> dict[str, float]:
    environment = {
        "HEARBACK_PROFILE": "embedded",
        "HEARBACK_DATA": str(folder / "data"),
        "HEARBACK_CACHE": str(folder / "cache"),
    }
    with started(["app.py"], PROJECT, environment) as (url, began):
        return dict(zip(WAITS, asyncio.run(_asked(url, began)), strict=True))


async def _asked(url: str, began: float) -> tuple[float, float, float]:
    """Two visitors ask at once, each on a page of their own."""

    async def sentiment() -> float:
        async with Client(url, page="/sentiment", patience_seconds=PATIENCE_SECONDS) as visit:
            await visit.seen("Sentiment")
            await visit.settled()
            await visit.type("Text to read", TEXT)
            await visit.click("Read it")
            await visit.seen("Read by the weights")
            return time.monotonic() - began

    async with Client(url, page="/support", patience_seconds=PATIENCE_SECONDS) as visit:
        await visit.seen("Support")
        painted = time.monotonic() - began
        other = asyncio.create_task(sentiment())
        await visit.settled()
        await visit.type("Your question", QUESTION)
        await visit.seen("Quoted from the text")
        answered = time.monotonic() - began
        return painted, answered, await other
