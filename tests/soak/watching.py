"""What a server takes while it is used: samples every few seconds, and whether its memory stays flat."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

# Neighbouring samples are alike; means of this many stretches are nearly independent, which the interval rests on.
STRETCHES = 12
# Two-sided 95 % of Student's t with STRETCHES - 2 degrees of freedom.
T_95 = 2.228
# What is kept of answers, jobs and documents is bounded, and full only after some hundred uses: before that a slope
# says nothing of an hour.
LATE_SECONDS = 600.0
# A server that grows by less than this is restarted for other reasons long before.
FLAT_MB_PER_HOUR = 60.0
MB = 1e6


@dataclass(frozen=True)
class Sample:
    """A look at the server: seconds since the start, memory, threads and open files of all its processes, its files."""

    seconds: float
    rss_mb: float
    threads: int
    files: int
    children: int
    cpu_seconds: float
    database_mb: float
    log_mb: float
    spool_mb: float


@dataclass(frozen=True)
class Trend:
    """A slope per hour with its 95 % interval, over how many seconds, and what it was at the ends."""

    per_hour: float
    low: float
    high: float
    seconds: float
    first: float
    last: float

    @property
    def verdict(self) -> str:
        """flat, growing, or not long enough to tell."""
        if self.seconds < LATE_SECONDS:
            return "not long enough to tell"
        if self.high < FLAT_MB_PER_HOUR:
            return "flat"
        return "growing" if self.low > 0 else "not long enough to tell"


def look(process: psutil.Process, data: Path, began: float) -> Sample:
    """Return how the process and its children stand now, and how large its database is."""
    rss, threads, files, cpu, children = 0.0, 0, 0, 0.0, 0
    family = [process]
    with suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
    for one in family:
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess), one.oneshot():
            rss += one.memory_info().rss
            threads += one.num_threads()
            files += one.num_fds() if hasattr(one, "num_fds") else one.num_handles()
            cpu += sum(one.cpu_times()[:2])
            children += one is not process
    sizes = {ending: _size(data / f"hearback.db{ending}") for ending in ("", "-wal")}
    spool = sum(_size(path) for path in (data / "spool").glob("*.jsonl")) if (data / "spool").is_dir() else 0
    now = time.monotonic() - began
    return Sample(now, rss / MB, threads, files, children, cpu, sizes[""] / MB, sizes["-wal"] / MB, spool / MB)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def trend(samples: Sequence[Sample], name: str = "rss_mb") -> Trend:
    """Return the slope of a quantity over the second half: least squares over the means of some stretches.

    The first half is left out, in which caches fill and closed visits are still kept.
    """
    half = samples[-1].seconds / 2
    late = [sample for sample in samples if sample.seconds >= half]
    if len(late) < 2 * STRETCHES:
        value = float(getattr(samples[-1], name))
        return Trend(0.0, -math.inf, math.inf, late[-1].seconds - late[0].seconds, value, value)
    width = (late[-1].seconds - late[0].seconds) / STRETCHES
    points = []
    for number in range(STRETCHES):
        low = late[0].seconds + number * width
        inside = [one for one in late if low <= one.seconds <= low + width]
        if inside:
            value = statistics.fmean(float(getattr(one, name)) for one in inside)
            points.append((statistics.fmean(one.seconds for one in inside) / 3_600, value))
    times, values = zip(*points, strict=True)
    middle, mean = statistics.fmean(times), statistics.fmean(values)
    spread = sum((each - middle) ** 2 for each in times)
    slope = sum((x - middle) * (y - mean) for x, y in points) / spread
    left = sum((y - mean - slope * (x - middle)) ** 2 for x, y in points)
    error = math.sqrt(left / (len(points) - 2) / spread)
    span = late[-1].seconds - late[0].seconds
    return Trend(slope, slope - T_95 * error, slope + T_95 * error, span, values[0], values[-1])
