"""The app in use for an hour: does it stay up, right and lean?

    python -m tests.soak                                      40 visitors for 60 minutes on the real weights
    python -m tests.soak --minutes 10 --sessions 8 --profile fake

A real server is started with a database of its own, visitors and a founder use it over WebSockets as browsers do, and
every few seconds its memory, threads, files, database and answers are written down. It always ends: with a verdict, a
report and exit code 0 where nothing went wrong and memory did not grow. Ctrl-C ends it early, with a report.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from core.store import members
from core.store.db import Database
from core.types import Role
from pages.parts import cookie
from tests.load.server import Running, running
from tests.soak.report import Report, written_down
from tests.soak.visits import Counts, Founder, Person
from tests.soak.watching import Sample, Trend, look, trend

PAUSE_SECONDS = (0.5, 4.0)
# Those who are in the middle of something may end it.
GRACE_SECONDS = 20.0
REPORT = Path(tempfile.gettempdir()) / "hearback-soak.json"


async def soak(
    server: Running, data: Path, sessions: int, seconds: float, every: float, report: Report, enough: Counter[str]
) -> None:
    """Let visitors use the server for so long, or until `enough` was done, and write into the report what happens."""
    counts = Counts()
    began = time.monotonic()
    end = began + seconds
    founder = {cookie.MEMBER_NAME: _founder_token(data)}
    people = [Person(server.url, number, counts, PAUSE_SECONDS) for number in range(sessions)]
    people.append(Founder(server.url, 10_000, counts, (2.0, 8.0), founder))
    tasks = [asyncio.create_task(person.live(end)) for person in people]
    everything = asyncio.gather(*tasks, return_exceptions=True)
    samples: list[Sample] = []
    all_waits: dict[str, list[float]] = {}
    try:
        process = psutil.Process(server.pid)
        while time.monotonic() < end + GRACE_SECONDS and not everything.done():
            await asyncio.sleep(min(every, max(0.1, end - time.monotonic())) if time.monotonic() < end else 0.5)
            if server.process.poll() is not None:
                counts.failed("server", RuntimeError(f"it ended by itself with {server.process.returncode}"))
                break
            if time.monotonic() > end:
                continue
            sample = look(process, data, began)
            samples.append(sample)
            waits, counts.waits = counts.waits, {}
            report.samples.append(asdict(sample) | {"done": dict(counts.done), "waits": _percentiles(waits)})
            for name, values in waits.items():
                all_waits.setdefault(name, []).extend(values)
            _tell(sample, counts)
            if enough and counts.done >= enough:
                break
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await everything
        report.minutes = (time.monotonic() - began) / 60
        report.done, report.errors = dict(counts.done), list(counts.errors)
        report.waits = _percentiles(all_waits)
        if samples:
            found: Trend = trend(samples)
            report.memory = asdict(found) | {"verdict": found.verdict}


def _tell(sample: Sample, counts: Counts) -> None:
    print(
        f"{sample.seconds / 60:5.1f} min  {sample.rss_mb:6.0f} MB  {sample.threads} threads  {sample.files} files  "
        f"database {sample.database_mb:.1f} + {sample.log_mb:.1f} MB  {counts.done['answers']} answers  "
        f"{counts.done['errors']} errors",
        flush=True,
    )


def _percentiles(waits: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    found = {}
    for name, values in sorted(waits.items()):
        ordered = sorted(values)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        found[name] = {"n": len(values), "p50": round(statistics.median(values), 3), "p95": round(p95, 3)}
    return found


def _founder_token(data: Path) -> str:
    """Return the token of a session for a new founder, put straight into the server's database."""
    database = Database(f"sqlite:///{data / 'hearback.db'}")
    try:
        database.migrate()
        member = members.add(database, "Soak", Role.FOUNDER)
        return members.open_session(database, member.member_id, timedelta(days=1))
    finally:
        database.close()


def run(
    minutes: float, sessions: int, profile: str, every: float, folder: Path, enough: Mapping[str, int] | None = None
) -> Report:
    """Start a server below `folder`, use it, end it, and return the report; ends early on Ctrl-C or SIGTERM.

    It ends early too once as much was done as `enough` says: {"answers": 5}.
    """
    began_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    report = Report(profile, minutes, sessions, began_at)
    data = folder / "data"
    with running(profile, data, log=folder / "server.log") as server:
        try:
            goal = Counter(enough or {})
            asyncio.run(_until_asked_to_end(server, data, sessions, minutes * 60, every, report, goal))
        except KeyboardInterrupt:
            report.is_cut = True
    said = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    if "Traceback" in said:
        report.errors.append(f"the server's log holds a traceback: {said[said.index('Traceback') :][:4_000]}")
    return report


async def _until_asked_to_end(*arguments: Any) -> None:
    """Soak, and end with a report also where somebody sends SIGTERM."""
    task = asyncio.ensure_future(soak(*arguments))
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the words, run it, write the report; 0 where all went well."""
    parser = argparse.ArgumentParser(prog="hearback.py soak", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    parser.add_argument("--sessions", type=int, default=40, help="visitors at the same time (default 40)")
    parser.add_argument("--profile", default="embedded", choices=("embedded", "gpu", "remote", "fake"))
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two samples (default 5)")
    parser.add_argument("--report", type=Path, default=REPORT, help=f"where the report is written (default {REPORT})")
    parser.add_argument("--record", action="store_true", help="put the figures into tests/benchmarks/results.md")
    options = parser.parse_args(arguments)
    if not 0 < options.minutes <= 24 * 60 or not 1 <= options.sessions <= 500 or not 0.1 <= options.every <= 600:
        parser.error("--minutes goes to 1440, --sessions from 1 to 500, --every from 0.1 to 600")
    with tempfile.TemporaryDirectory(prefix="hearback-soak-") as folder:
        report = run(options.minutes, options.sessions, options.profile, options.every, Path(folder))
    options.report.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    if options.record and not report.is_cut:
        written_down(report)
    for error in report.errors[:10]:
        print(error, file=sys.stderr)
    print(f"{report.sentence()}\nReport: {options.report}")
    return 0 if report.is_good and not report.is_cut else 130 if report.is_cut else 1


if __name__ == "__main__":
    os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
    sys.exit(main())
