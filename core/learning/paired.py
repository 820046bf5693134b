"""What a comparison of two systems on the same items is worth: intervals, an exact test, and how many items it takes.

Every item is answered by both, so it is the differences item by item that are counted, never two averages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.rates import Rate

RESAMPLES = 4_000
SEED = 20_261_122
MOST_ITEMS = 5_000
_CHUNK = 1_000_000  # numbers drawn at once, so that many items do not take much memory
_NORMAL = NormalDist()

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean with its interval, of `n` items."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Wins:
    """How many items one system answers better, worse and as well as the other."""

    wins: int
    losses: int
    ties: int

    @property
    def n(self) -> int:
        """All items."""
        return self.wins + self.losses + self.ties

    @property
    def decided(self) -> int:
        """Items on which the two differ: only these say which is better."""
        return self.wins + self.losses

    @property
    def rate(self) -> Rate:
        """Wins among the decided items."""
        return Rate(self.wins, self.decided)


def wins_of(differences: Sequence[float], margin: float = 0.0) -> Wins:
    """Count differences above `margin` as wins, below minus `margin` as losses, the rest as ties."""
    wins = sum(float(value) > margin for value in differences)
    losses = sum(float(value) < -margin for value in differences)
    return Wins(wins, losses, len(differences) - wins - losses)


def sign_test(wins: Wins) -> float:
    """Return the chance of so many wins or more among the decided items if both were equally good: one-sided, exact.

    Ties are dropped (Dixon and Mood 1946). Of right and wrong answers this is McNemar's exact test.
    """
    return upper_tail(wins.wins, wins.decided)


@lru_cache(maxsize=4_096)
def upper_tail(hits: int, n: int) -> float:
    """Return P(X >= hits) of a binomial variable of `n` throws of a fair coin."""
    if hits <= 0 or n == 0:
        return 1.0
    return sum(math.comb(n, count) for count in range(hits, n + 1)) / 2**n


def exact_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact binomial interval of a share (Clopper and Pearson 1934); (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    beyond = (1 - level) / 2
    low = 0.0 if hits == 0 else _solve(lambda share: _tail(hits, n, share) - beyond)
    high = 1.0 if hits == n else _solve(lambda share: beyond - (1 - _tail(hits + 1, n, share)))
    return low, high


def _solve(rising: Callable[[float], float]) -> float:
    """Return where a rising function of a share crosses 0, to a millionth."""
    low, high = 0.0, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _tail(hits: int, n: int, share: float) -> float:
    """P(X >= hits) of n throws that hit with probability `share`."""
    if hits <= 0:
        return 1.0
    if share in (0.0, 1.0):
        return share
    counts = np.arange(hits, n + 1)
    logs = _log_choose(n)[counts] + counts * math.log(share) + (n - counts) * math.log1p(-share)
    return float(min(1.0, np.exp(logs).sum()))


@lru_cache(maxsize=512)
def _log_choose(n: int) -> Numbers:
    return np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)])


def mean_interval(
    differences: Sequence[float], level: float = 0.95, seed: int = SEED, resamples: int = RESAMPLES
) -> Interval:
    """Return the mean of paired differences with its bootstrap interval, bias-corrected and accelerated.

    BCa as in Efron 1987, "Better bootstrap confidence intervals" (JASA 82); the acceleration of a mean is its skewness
    over 6 times the root of n. Of one item, or of equal ones, nothing can be drawn: the interval is the mean itself.
    """
    values = np.asarray(differences, dtype=np.float64)
    n = len(values)
    if n == 0:
        return Interval(0.0, 0.0, 0.0, 0)
    mean = float(values.mean())
    spread = values - mean
    if n == 1 or not np.any(np.abs(spread) > 1e-12):
        return Interval(mean, mean, mean, n)
    means = drawn(n, lambda places: values[places].mean(axis=1), seed, resamples)
    below = (np.sum(means < mean) + 0.5 * np.sum(means == mean)) / len(means)
    bias = _NORMAL.inv_cdf(min(max(float(below), 1e-6), 1 - 1e-6))
    skew = float(np.sum(spread**3) / (6 * np.sum(spread**2) ** 1.5))
    low, high = (_corrected(share, bias, skew) for share in ((1 - level) / 2, (1 + level) / 2))
    return Interval(mean, float(np.quantile(means, low)), float(np.quantile(means, high)), n)


def chance_of_noise(differences: Sequence[float], seed: int = SEED, draws: int = RESAMPLES) -> float:
    """Return how likely a mean as low as this is, if both systems were equally good: the paired permutation test.

    Of equals, each difference could as well have the other sign; so signs are flipped, all ways where there are few
    differences, else `draws` times, and the means counted that are as low (Fisher 1935; Phipson and Smyth 2010 for
    the one that is added). Exact also for a handful of items, where the bootstrap finds losses that are none.
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[values != 0]
    n = len(values)
    if n == 0 or values.sum() >= 0:
        return 1.0
    reached = values.sum() + 1e-9
    if 2**n <= draws:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        return float(np.mean(signs @ values <= reached))
    generator = np.random.default_rng(seed)
    at_once = max(1, _CHUNK // n)
    as_low = 0
    for start in range(0, draws, at_once):
        flips = generator.integers(0, 2, (min(at_once, draws - start), n), dtype=np.int8)
        as_low += int(np.sum((1 - 2 * flips) @ values <= reached))
    return (as_low + 1) / (draws + 1)


def holm(chances: Sequence[float], level: float) -> list[bool]:
    """Return which of several chances are too small to be noise, so that wrongly any is called so at most at `level`.

    The smallest has to be below level / k, the next below level / (k - 1), and so on (Holm 1979): who looks at many
    groups finds a bad one by luck.
    """
    found = [False] * len(chances)
    for rank, place in enumerate(sorted(range(len(chances)), key=lambda one: chances[one])):
        if chances[place] > level / (len(chances) - rank):
            break
        found[place] = True
    return found


def _corrected(share: float, bias: float, skew: float) -> float:
    z = bias + _NORMAL.inv_cdf(share)
    return _NORMAL.cdf(bias + z / (1 - skew * z))


def is_better(differences: Sequence[float], margin: float, level: float) -> bool:
    """Return whether both proofs hold at `level` (one-sided): the exact sign test, and a mean above zero.

    Of two equally good systems, one is called better at most that often, because the sign test alone is exact.
    """
    if sign_test(wins_of(differences, margin)) > level:
        return False
    return mean_interval(differences, 1 - 2 * level).low > 0


def interval_of(
    n: int,
    statistic: Callable[[NDArray[np.intp]], Numbers],
    level: float = 0.95,
    seed: int = SEED,
    resamples: int = 2_000,
) -> Interval:
    """Return a statistic of `n` items with its percentile bootstrap interval.

    For what is no mean, such as a difference of two macro-F1: each resample draws items, both answers with them.
    `statistic` takes places of shape (resamples, n) and returns one number for each resample.
    """
    value = float(statistic(np.arange(n)[None, :])[0])
    found = drawn(n, statistic, seed, resamples)
    low, high = np.quantile(found, ((1 - level) / 2, (1 + level) / 2))
    return Interval(value, float(low), float(high), n)


def drawn(n: int, statistic: Callable[[NDArray[np.intp]], Any], seed: int, resamples: int) -> Numbers:
    """Return a statistic of `resamples` draws of n places out of n, with replacement; equal seeds draw alike."""
    generator = np.random.default_rng(seed)
    at_once = max(1, min(resamples, _CHUNK // max(1, n)))
    found = []
    for start in range(0, resamples, at_once):
        found.append(statistic(generator.integers(0, n, (min(at_once, resamples - start), n))))
    return np.concatenate(found)


@lru_cache(maxsize=256)
def decided_needed(share: float, level: float = 0.025, power: float = 0.8) -> int | None:
    """Return how many decided items the sign test needs to find a true share of wins, or None beyond `MOST_ITEMS`.

    The least number from which the exact test at `level` (one-sided) succeeds with probability `power`, and still does
    with the next few, because its power goes up in teeth.
    """
    if share <= 0.5:
        return None
    enough = 0
    least = max(1, math.ceil(-math.log2(level)))
    z = _NORMAL.inv_cdf(1 - level) * 0.5 + _NORMAL.inv_cdf(power) * math.sqrt(share * (1 - share))
    about = (z / (share - 0.5)) ** 2
    if about > MOST_ITEMS:
        return None
    for n in range(max(least, int(about * 0.6)), MOST_ITEMS):
        enough = enough + 1 if _tail(_critical(n, level), n, min(share, 1 - 1e-9)) >= power else 0
        if enough == 6:
            return n - 5
    return None


def _critical(n: int, level: float) -> int:
    """The least number of wins of `n` that the sign test calls better at `level`; n + 1 if none is."""
    logs = _log_choose(n) - n * math.log(2)
    tails = np.exp(logs[::-1]).cumsum()[::-1]
    enough = np.flatnonzero(tails <= level)
    return int(enough[0]) if len(enough) else n + 1
