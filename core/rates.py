"""Shares as they are shown to people: with their n and their interval, or not at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

ENOUGH = 30
_Z = 1.959963984540054  # of 95 %


@dataclass(frozen=True)
class Rate:
    """`hits` of `n`; below `ENOUGH` a share says little, and pages say "not enough yet" instead."""

    hits: int
    n: int

    @property
    def share(self) -> float:
        """The share itself, 0 to 1; 0 where n is 0."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the share."""
        return wilson(self.hits, self.n)

    @property
    def is_enough(self) -> bool:
        """Whether n is large enough to show the share as a figure."""
        return self.n >= ENOUGH

    def __str__(self) -> str:
        """Return "31 % (n = 84, 22 to 41 %)", or "not enough yet (n = 7)"."""
        if not self.is_enough:
            return f"not enough yet (n = {self.n:,})"
        low, high = self.interval
        return f"{self.share:.0%} (n = {self.n:,}, {low * 100:.0f} to {high:.0%})".replace("%", " %")


def wilson(hits: float, n: float, z: float = _Z) -> tuple[float, float]:
    """Return the Wilson score interval of a share, 95 % by default (Wilson 1927); (0, 1) where n is 0."""
    if n <= 0:
        return 0.0, 1.0
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
