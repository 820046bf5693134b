"""P1 and P2 on Gemma 3, which writes every translation: see `p1_p2_generation`.

Its peers write some ten times fewer tokens a second, so it takes longer than a plain run has.
"""

from __future__ import annotations

from core.engines.catalog import GEMMA
from tests.benchmarks.figure import Figure
from tests.benchmarks.p1_p2_generation import figures_of

BARS = ("P1", "P2")
IS_LONG = True


def measure() -> list[Figure]:
    """Return tokens/s of eight users together, as medians of rounds and as ratios within each round."""
    return figures_of(GEMMA)
