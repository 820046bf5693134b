"""One measured figure: what a benchmark returns, and how it stands against its bar."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A value with its unit, the `n` it rests on and its spread, beside the floor and the aim of its bar.

    `bar` is the bar's code ("Q4") or a short word where no bar exists; `spread` is text for people ("41.2 to 43.9,
    5 rounds" or "95 % 0.86 to 0.90"); `peer` what a ratio compares with. Better is upwards unless the aim lies
    below the floor; where both are equal or one is missing, `is_lower_better` says it. `limit` tells how near the value
    comes to what the machine can do at most (`Machine.of_bandwidth`, `Machine.of_arithmetic`).
    """

    bar: str
    name: str
    value: float
    unit: str
    n: int
    spread: str = ""
    floor: float | None = None
    aim: float | None = None
    peer: str = ""
    note: str = ""
    is_lower_better: bool | None = None
    limit: str = ""

    @property
    def verdict(self) -> str:
        """One of: aim reached, floor held, BELOW FLOOR, or measured (no bar to hold it against)."""
        if self.aim is not None and self._reaches(self.aim):
            return "aim reached"
        if self.floor is None:
            return "measured" if self.aim is None else "aim not reached"
        return "floor held" if self._reaches(self.floor) else "BELOW FLOOR"

    def _reaches(self, line: float) -> bool:
        is_lower = self.is_lower_better
        if is_lower is None:
            is_lower = self.floor is not None and self.aim is not None and self.aim < self.floor
        return self.value <= line if is_lower else self.value >= line


def rounds_spread(values: Sequence[float]) -> str:
    """Return the spread of repeated rounds as text: lowest to highest, and how many there were."""
    return f"{min(values):.4g} to {max(values):.4g}, {len(values)} rounds" if values else ""


def wilson_spread(hits: int, n: int) -> str:
    """Return the 95 % interval of a share as text (Wilson 1927, score interval)."""
    if n == 0:
        return ""
    z = statistics.NormalDist().inv_cdf(0.975)
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * ((share * (1 - share) + z * z / (4 * n)) / n) ** 0.5 / (1 + z * z / n)
    return f"95 % {middle - half:.3f} to {middle + half:.3f}"
