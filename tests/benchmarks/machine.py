"""What this machine can do at most, measured: the limit that a figure is read against.

Writing text on a CPU is bound by memory (each token reads all weights once), reading it by arithmetic; so a rate is
told as a share of bytes per token over bandwidth, or of operations over GFLOP/s.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache

ROUNDS = 5
# Far more than any cache of the processor holds, and still read in a few hundredths of a second.
BYTES_OF_A_CORE = 128 * 2**20
SIDE = 1536
# The runner measures once before each script and hands it on, so that a script's own engine does not disturb it.
HANDED_ON = "HEARBACK_BENCH_MACHINE"


@dataclass(frozen=True)
class Machine:
    """Reading bandwidth of all cores together in GB/s, float32 products in GFLOP/s, and the load before measuring."""

    bandwidth_gb: float
    gflops: float
    load: float
    cores: int

    def __str__(self) -> str:
        """Say it in a line, for notes."""
        return f"{self.bandwidth_gb:.0f} GB/s, {self.gflops:.0f} GFLOP/s fp32, {self.cores} cores, load {self.load:.1f}"

    def of_bandwidth(self, rate: float, bytes_of_one: float, what: str = "tokens/s") -> str:
        """Return how near `rate` comes to reading `bytes_of_one` for each one, such as all weights for each token."""
        limit = self.bandwidth_gb * 1e9 / bytes_of_one
        size = f"{bytes_of_one / 1e6:,.0f} MB" if bytes_of_one >= 1e6 else f"{bytes_of_one / 1e3:,.0f} kB"
        return f"{rate / limit:.0%} of {limit:,.0f} {what} ({size} each at {self.bandwidth_gb:.0f} GB/s)"

    def of_arithmetic(self, rate: float, operations_of_one: float, what: str = "texts/s") -> str:
        """Return how near `rate` comes to doing `operations_of_one` floating point operations for each one."""
        limit = self.gflops * 1e9 / operations_of_one
        return (
            f"{rate / limit:.0%} of {limit:,.0f} {what} ({operations_of_one / 1e9:,.2g} GFLOP each "
            f"at {self.gflops:.0f} GFLOP/s)"
        )


@cache
def machine() -> Machine:
    """Return this machine's figures: those that the runner handed on, else measured now in about a second."""
    handed_on = os.environ.get(HANDED_ON)
    return Machine(**json.loads(handed_on)) if handed_on else measure_machine()


def measure_machine() -> Machine:
    """Measure, best of some rounds: what else runs meanwhile makes a round slower, never faster."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(_bandwidth_gb(cores), _gflops(), round(load, 1), cores)


def handed_on(found: Machine) -> dict[str, str]:
    """Return the environment variable in which a script finds the figures."""
    return {HANDED_ON: json.dumps(asdict(found))}


def _bandwidth_gb(cores: int) -> float:
    """Let every core read two arrays of its own: the scalar product of BLAS does nothing else for so few operations."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    count = BYTES_OF_A_CORE // 2 // 4
    pairs = [(np.ones(count, np.float32), np.full(count, 2, np.float32)) for _ in range(cores)]

    def together() -> None:
        threads = [threading.Thread(target=np.dot, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with threadpool_limits(1):
        return BYTES_OF_A_CORE * cores / _best_seconds(together) / 1e9


def _gflops() -> float:
    import numpy as np

    square = np.ones((SIDE, SIDE), np.float32)
    product = np.empty_like(square)
    return 2 * SIDE**3 / _best_seconds(lambda: np.matmul(square, square, out=product)) / 1e9


def _best_seconds(work: Callable[[], object]) -> float:
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
