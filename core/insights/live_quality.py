"""Whether visitors like what answers since a promotion less than what answered before it: counted, and tested.

Two things are counted by the definitions of `core.store.usage_facts`: thumbs-down of the rated uses, and standing
corrections of the finished ones, of real visitors, of one task and one segment.

The counts grow, and whoever looks at growing counts again and again sees "worse" sooner or later by chance alone. So
there are at most `LOOKS` looks, each at the first so many uses since, and each at its share of the whole chance
(Bonferroni, over the looks and the two rates). A rate is worse where Fisher's exact test, one-sided, gives so large a
difference less than that chance, and the difference itself is large enough to matter. Simulated 600 times
each without any harm, with thumbs-down at 5, 20 and 40 % and a third as many corrections, a promotion was taken back in
0.3 to 0.7 % of cases with 60 uses before it, and in 1.8 to 3.0 % with 1,000; a doubling from 10 to 20 % was found in
25 % with 60 uses before it, and always with 1,000, after 120 uses in the median.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.insights.prevalence import newcombe
from core.rates import Rate
from core.store.live_quality import Course, RollbackRule

# Each look has twice as many uses as the one before: a large harm is seen early, a small one in the end.
LOOKS = (30, 60, 120, 240, 480, 960)
# Of what served before, so many of the newest uses are held against: older ones tell of another time.
BEFORE_USES = 1_000
# Of what serves now, so many of the first uses: enough that the last look finds as many rated ones.
SINCE_USES = 10_000
RATES = {"bad": "thumbs-down", "corrected": "corrections"}


@dataclass(frozen=True)
class Bound:
    """The bounds of a number in the rule, what it is called, and why it is what it is."""

    low: float
    high: float
    label: str
    reason: str


BOUNDS = {
    "least": Bound(
        30, 960, "Uses before and since, at least", "30, as everywhere here: below that a share says little."
    ),
    "drop": Bound(
        0.0, 0.5, "Worse by at least", "2 points of 100: a smaller loss is not worth a switch that visitors notice."
    ),
    "chance": Bound(
        0.001, 0.2, "Chance of going back for nothing", "5 %, the usual one, shared by all looks and both rates."
    ),
}


@dataclass(frozen=True)
class Change:
    """One rate before and since, with the 95 % interval of the difference; above zero is worse.

    `looked` is how many uses the last look took, 0 where there was none; `is_worse` is what that look says.
    """

    name: str
    before: Rate
    since: Rate
    value: float
    low: float
    high: float
    looked: int
    is_worse: bool

    @property
    def is_enough(self) -> bool:
        """Whether both sides have enough uses to be shown as figures."""
        return self.before.is_enough and self.since.is_enough


@dataclass(frozen=True)
class Standing:
    """Both rates; `worse` names in a sentence what got worse, or is empty."""

    changes: tuple[Change, ...]
    worse: str = ""


def compare(before: Course, since: Course, rule: RollbackRule) -> Standing:
    """Return how what came of the uses since stands to what came of those before."""
    changes = (
        _change(RATES["bad"], before.bad, since.bad, rule),
        _change(RATES["corrected"], before.corrected, since.corrected, rule),
    )
    return Standing(changes, " ".join(_told(one) for one in changes if one.is_worse))


def _change(name: str, before: Sequence[int], since: Sequence[int], rule: RollbackRule) -> Change:
    rates = Rate(sum(before), len(before)), Rate(sum(since), len(since))
    shown = newcombe(rates[1].hits, rates[1].n, rates[0].hits, rates[0].n)
    looked = max((look for look in LOOKS if rule.least <= look <= len(since)), default=0)
    is_worse = False
    if looked and len(before) >= rule.least:
        hits = sum(since[:looked])
        is_enough = hits / looked - rates[0].share >= rule.drop
        chance = _chance(hits, looked, rates[0].hits, rates[0].n)
        is_worse = is_enough and chance <= rule.chance / (len(LOOKS) * len(RATES))
    return Change(name, *rates, *shown, looked if len(before) >= rule.least else 0, is_worse)


def _chance(hits: int, n: int, before: int, before_n: int) -> float:
    """Return the chance of so many hits or more since, were they spread evenly over before and since."""
    drawn = hits + before
    ways = sum(math.comb(n, k) * math.comb(before_n, drawn - k) for k in range(hits, min(n, drawn) + 1))
    return ways / math.comb(n + before_n, drawn)


def _told(change: Change) -> str:
    return f"{change.name.capitalize()}: {change.before} before, {change.since} since."
