"""Does the band of Sentiment watch hold what it says? Simulated, seeded; no weights.

Coverage: how often the 95 % band holds the true share, beside Wilson's interval of the labels as they stand and the
melded interval (Bayer, Fay and Graubard 2023), for several shares, errors and sizes. False alarms: how often a monitor
where nothing happens shows any spike, where weeks differ by chance alone and where they differ by more.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from core.insights.prevalence import Errors, Tally, difference, share_of
from core.insights.watch import course
from core.rates import wilson
from tests.benchmarks.figure import Figure, wilson_spread

BARS = ("watch",)
ROUNDS = 4_000
MONITORS = 1_000
DRAWS = 1_000
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
SIZES = (30, 100, 1_000)
# (sensitivity, specificity, negative texts, other texts): film reviews, short posts, and one's own check of 60.
KINDS = ((0.848, 0.894, 428, 444), (0.715, 0.834, 312, 1_688), (0.85, 0.85, 25, 35))


def measure() -> list[Figure]:
    """Return the lowest and the mean coverage over all settings, and the rate of false alarms."""
    chance = np.random.default_rng(20)
    rows = [(share, kind, size) for share in SHARES for kind in KINDS for size in SIZES]
    covered = [_coverage(chance, share, kind, size) for share, kind, size in rows]
    figures = []
    for place, name in enumerate(("adjusted band", "Wilson's of the labels", "melded")):
        values = [one[place] for one in covered if one[place] is not None]
        rounds = ROUNDS if place < 2 else 300
        for word, value in (("lowest", min(values)), ("mean", float(np.mean(values)))):
            spread = f"{len(values)} settings of {rounds:,}"
            figures.append(Figure("watch", f"{name}: {word} coverage", value, "", rounds * len(values), spread))
    widths = [(one[3], one[4]) for one in covered]
    figures.append(
        Figure("watch", "width of the melded band over ours", float(np.mean([b / a for a, b in widths])), "", 300)
    )
    hits = sum(_difference_covers(chance) for _ in range(ROUNDS))
    figures.append(
        Figure("watch", "difference of two periods: coverage", hits / ROUNDS, "", ROUNDS, wilson_spread(hits, ROUNDS))
    )
    for size in (15, 50, 200):
        for restless in (0.0, 0.03):
            alarms = sum(_has_alarm(chance, 0.2, size, restless) for _ in range(MONITORS))
            name = f"any false spike in 26 weeks of {size} texts" + (", weeks differ by 3 points" if restless else "")
            figures.append(Figure("watch", name, alarms / MONITORS, "", MONITORS, wilson_spread(alarms, MONITORS)))
    found = sum(_has_alarm(chance, 0.2, 200, 0.0, rise=0.2) for _ in range(MONITORS // 5))
    figures.append(
        Figure("watch", "a week of 200 that rises by 20 points is found", found / (MONITORS // 5), "", MONITORS // 5)
    )
    return figures


def _coverage(
    chance: np.random.Generator, truth: float, kind: tuple[float, float, int, int], size: int
) -> tuple[float, float, float, float, float]:
    sensitivity, specificity, negatives, others = kind
    flagged = chance.binomial(size, truth * sensitivity + (1 - truth) * (1 - specificity), ROUNDS)
    found = chance.binomial(negatives, sensitivity, ROUNDS)
    cleared = chance.binomial(others, specificity, ROUNDS)
    ours = naive = melded = 0
    width = melded_width = 0.0
    for place in range(ROUNDS):
        errors = Errors(int(found[place]), negatives, int(cleared[place]), others)
        share = share_of(Tally(size, int(flagged[place])), errors)
        ours += share.low <= truth <= share.high
        low, high = wilson(int(flagged[place]), size)
        naive += low <= truth <= high
        if place < 300:
            low, high = _melded(chance, int(flagged[place]), size, errors)
            melded += low <= truth <= high
            width += share.high - share.low
            melded_width += high - low
    return ours / ROUNDS, naive / ROUNDS, melded / 300, width, melded_width


def _melded(chance: np.random.Generator, flagged: int, n: int, errors: Errors) -> tuple[float, float]:
    def draws(hits: int, of: int) -> tuple[np.ndarray, np.ndarray]:
        low = chance.beta(hits, of - hits + 1, DRAWS) if hits else np.zeros(DRAWS)
        return low, (chance.beta(hits + 1, of - hits, DRAWS) if hits < of else np.ones(DRAWS))

    flags, found, cleared = (
        draws(flagged, n),
        draws(errors.found, errors.negatives),
        draws(errors.cleared, errors.others),
    )
    low = np.clip((flags[0] + cleared[0] - 1) / np.maximum(found[1] + cleared[0] - 1, 1e-6), 0, 1)
    high = np.clip((flags[1] + cleared[1] - 1) / np.maximum(found[0] + cleared[1] - 1, 1e-6), 0, 1)
    return float(np.quantile(low, 0.025)), float(np.quantile(high, 0.975))


def _difference_covers(chance: np.random.Generator) -> bool:
    before, after = chance.uniform(0.05, 0.6, 2)
    sensitivity, specificity, negatives, others = KINDS[chance.integers(len(KINDS))]
    errors = Errors(
        int(chance.binomial(negatives, sensitivity)), negatives, int(chance.binomial(others, specificity)), others
    )
    tallies = [
        Tally(100, int(chance.binomial(100, share * sensitivity + (1 - share) * (1 - specificity))))
        for share in (before, after)
    ]
    found = difference(tallies[0], tallies[1], errors)
    return bool(found.low <= after - before <= found.high)


def _has_alarm(chance: np.random.Generator, truth: float, size: int, restless: float, rise: float = 0.0) -> bool:
    """Return whether a monitor of 26 weeks shows a spike; with a rise, whether week 24 is one."""
    errors = Errors(363, 428, 397, 444)
    days = {}
    for week in range(26):
        share = truth
        if restless:
            scale = truth * (1 - truth) / restless**2 - 1
            share = chance.beta(truth * scale, (1 - truth) * scale)
        if rise and week == 23:
            share += rise
        n = max(1, int(chance.poisson(size)))
        flagged = chance.binomial(n, share * errors.sensitivity + (1 - share) * (1 - errors.specificity))
        days[date(2026, 1, 5) + timedelta(weeks=week)] = Tally(n, int(flagged))
    spikes = course(days, errors).spikes
    if rise:
        return any(point.start == date(2026, 1, 5) + timedelta(weeks=23) for point in spikes)
    return bool(spikes)
