"""How many cores this process may keep busy: engines that start more threads than that wait for themselves."""

from __future__ import annotations

import functools
import math
import os
from pathlib import Path

# Beyond so many, small weights gain nothing: their threads meet after every matrix.
AT_MOST = 8
_ROOT = Path("/")


@functools.cache
def usable(root: Path = _ROOT) -> int:
    """Return the whole cores that may be used, 1 to `AT_MOST`.

    Counts those that this process is let run on, two threads of one core as one, and no more than a container's share
    of processor time comes to: eight threads on two cores' worth of time are stopped for most of it. What cannot be
    read, as outside Linux, counts as no limit.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    whole = {_siblings(root, number) for number in allowed}
    return max(1, math.ceil(min(len(whole), _share(root), AT_MOST)))


def _siblings(root: Path, number: int) -> str:
    """Return what is the same for all threads of one core."""
    try:
        return (root / f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list").read_text("ascii").strip()
    except (OSError, ValueError):
        return str(number)


def _share(root: Path) -> float:
    """Return the cores' worth of time that the control group is given, infinity without a limit."""
    groups = root / "sys/fs/cgroup"
    try:  # version 2: "200000 100000", or "max 100000"
        quota, period = (groups / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:  # version 1, where -1 is no limit
            quota, period = ((groups / "cpu" / f"cpu.cfs_{name}_us").read_text("ascii") for name in ("quota", "period"))
        except (OSError, ValueError):
            return math.inf
    try:
        share = float(quota) / float(period)
    except (ValueError, ZeroDivisionError):
        return math.inf
    return share if share > 0 else math.inf
