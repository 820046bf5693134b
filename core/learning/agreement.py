"""How far two reviewers agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from core.rates import Rate


@dataclass(frozen=True)
class Agreement:
    """`rate` is the share of items with the same verdict; `kappa` is None where chance alone explains everything."""

    rate: Rate
    kappa: float | None


def agreement_of(table: Mapping[tuple[str, str], int]) -> Agreement:
    """Return the agreement of pairs of verdicts, counted as (first, second).

    Cohen's kappa, (observed - expected) / (1 - expected), with the agreement expected of two who judge independently
    at their own rates (Cohen 1960, Educational and Psychological Measurement 20).
    """
    n = sum(table.values())
    same = sum(count for (one, other), count in table.items() if one == other)
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (one, other), count in table.items():
        first[one] += count
        second[other] += count
    expected = sum(first[verdict] * second[verdict] for verdict in first) / (n * n) if n else 1.0
    kappa = None if expected == 1.0 else (same / n - expected) / (1.0 - expected)
    return Agreement(Rate(same, n), kappa)
