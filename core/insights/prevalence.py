"""The share of negative texts behind a classifier that errs: what was read, set right by how often it reads wrong.

A classifier finds a share `sensitivity` of the negative texts and calls a share `1 - specificity` of the others
negative. Both are only known from so many labelled texts, and every interval here carries that as well as the
sampling of the texts themselves. All of it holds where the classifier errs on these texts as it did on the labelled
ones; which those were is part of `Errors`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from core.rates import ENOUGH, wilson

_Z = 1.959963984540054  # of 95 %
# Below this a classifier says so little that nothing can be set right by it.
LEAST_YOUDEN = 0.1


@dataclass(frozen=True)
class Errors:
    """How a classifier errs: `found` of `negatives` negative texts were read so, and `cleared` of `others` were not.

    `domain` says on which texts that was counted, `is_own` that a founder labelled texts of this very monitor.
    """

    found: int
    negatives: int
    cleared: int
    others: int
    domain: str = ""
    is_own: bool = False

    @property
    def sensitivity(self) -> float:
        """The share of negative texts that were read as negative."""
        return self.found / self.negatives if self.negatives else 0.0

    @property
    def specificity(self) -> float:
        """The share of other texts that were not read as negative."""
        return self.cleared / self.others if self.others else 0.0

    @property
    def n(self) -> int:
        """How many labelled texts the counts rest on."""
        return self.negatives + self.others

    @property
    def is_usable(self) -> bool:
        """Whether the classifier tells negative texts from others well enough to be set right."""
        return self.negatives > 0 and self.others > 0 and self.sensitivity + self.specificity - 1 > LEAST_YOUDEN


@dataclass(frozen=True)
class Tally:
    """Texts as they were read and as far as people said better.

    Of `n` texts `flagged` were read as negative among those that nobody checked; of `known` that somebody did,
    `known_negative` are negative.
    """

    n: int = 0
    flagged: int = 0
    known: int = 0
    known_negative: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(
            self.n + other.n,
            self.flagged + other.flagged,
            self.known + other.known,
            self.known_negative + other.known_negative,
        )

    @property
    def raw(self) -> float:
        """The share of negative labels as they stand, corrections included; 0 where n is 0."""
        return self.negative / self.n if self.n else 0.0

    @property
    def negative(self) -> int:
        """How many labels are negative as they stand."""
        return self.flagged + self.known_negative

    def expected_flags(self, errors: Errors) -> float:
        """Return how many texts the classifier would have flagged, as if nobody had said better.

        So known texts go through the same sum as all others and come out as what they are.
        """
        cleared = self.known - self.known_negative
        return self.flagged + self.known_negative * errors.sensitivity + cleared * (1 - errors.specificity)


@dataclass(frozen=True)
class Share:
    """A share of negative texts: `value` with its 95 % interval, over `n` texts; `raw` is that of the labels.

    `is_adjusted` is False where no errors are known: then `value` is `raw` and the interval Wilson's.
    """

    value: float
    low: float
    high: float
    n: int
    raw: float
    is_adjusted: bool

    @property
    def is_enough(self) -> bool:
        """Whether n is large enough to show the share as a figure."""
        return self.n >= ENOUGH

    def __str__(self) -> str:
        """Return "28 % (n = 1,240, 24 to 33 %)", or "not enough yet (n = 7)"."""
        if not self.is_enough:
            return f"not enough yet (n = {self.n:,})"
        return f"{self.value * 100:.0f} % (n = {self.n:,}, {self.low * 100:.0f} to {self.high * 100:.0f} %)"


def share_of(tally: Tally, errors: Errors | None) -> Share:
    """Return the share of negative texts: adjusted where errors are known and usable, else as labelled."""
    if errors is None or not errors.is_usable or not tally.n:
        low, high = wilson(tally.negative, tally.n)
        return Share(tally.raw, low, high, tally.n, tally.raw, False)
    flags = tally.expected_flags(errors)
    low, high = lang_reiczigel(flags, tally.n, errors)
    value = min(max(rogan_gladen(flags / tally.n, errors), 0.0), 1.0)
    return Share(value, min(low, value), max(high, value), tally.n, tally.raw, True)


def rogan_gladen(flagged_share: float, errors: Errors) -> float:
    """Return the share that makes a classifier flag so many (Rogan and Gladen 1978); it may lie beyond 0 and 1."""
    return (flagged_share + errors.specificity - 1) / (errors.sensitivity + errors.specificity - 1)


def lang_reiczigel(flagged: float, n: float, errors: Errors, z: float = _Z) -> tuple[float, float]:
    """Return the 95 % interval of the adjusted share, for estimated sensitivity and specificity.

    Lang and Reiczigel, Preventive Veterinary Medicine 113 (2014), 13 to 22: the delta method on shares drawn towards
    the middle (Agresti and Coull for the flags, one success and one failure more for the two rates), shifted.
    """
    flags = (flagged + z * z / 2) / (n + z * z)
    sensitivity, n_sensitivity = (errors.found + 1) / (errors.negatives + 2), errors.negatives + 2
    specificity, n_specificity = (errors.cleared + 1) / (errors.others + 2), errors.others + 2
    youden = sensitivity + specificity - 1
    if youden <= 0:
        return 0.0, 1.0
    share = (flags + specificity - 1) / youden
    of_sensitivity = sensitivity * (1 - sensitivity) / n_sensitivity
    of_specificity = specificity * (1 - specificity) / n_specificity
    spread = flags * (1 - flags) / (n + z * z) + share**2 * of_sensitivity + (1 - share) ** 2 * of_specificity
    shift = 2 * z * z * (share * of_sensitivity - (1 - share) * of_specificity)
    half = z * math.sqrt(spread) / youden
    return min(1.0, max(0.0, share + shift - half)), min(1.0, max(0.0, share + shift + half))


@dataclass(frozen=True)
class Difference:
    """How much larger the share of negative texts is in `after` than in `before`, with its 95 % interval.

    `raw`, `raw_low` and `raw_high` are of the labels as they stand, by Newcombe's interval.
    """

    before: Share
    after: Share
    value: float
    low: float
    high: float
    raw: float
    raw_low: float
    raw_high: float

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out zero, and both sides have enough texts."""
        return self.before.is_enough and self.after.is_enough and not self.low <= 0 <= self.high


def difference(before: Tally, after: Tally, errors: Errors | None) -> Difference:
    """Return the difference between two sets of texts that one classifier read.

    Its errors are the same on both sides, so the adjusted difference is that of the flags divided by Youden's index;
    the interval of the quotient is that of MOVER-R (Donner and Zou 2012) from Newcombe's of either. It leaves zero
    out exactly where that of the flags does: errors blur a difference, they do not make one.
    """
    shares = share_of(before, errors), share_of(after, errors)
    raw = newcombe(after.negative, after.n, before.negative, before.n)
    value, low, high = raw
    if errors is not None and errors.is_usable:
        flags = newcombe(after.expected_flags(errors), after.n, before.expected_flags(errors), before.n)
        youden = newcombe(errors.found, errors.negatives, errors.others - errors.cleared, errors.others)
        value, low, high = _quotient(flags, youden)
    return Difference(shares[0], shares[1], value, low, high, *raw)


def newcombe(hits: float, n: float, other_hits: float, other_n: float, z: float = _Z) -> tuple[float, float, float]:
    """Return share minus other share with the 95 % interval of Newcombe (1998), method 10; (0, -1, 1) without texts."""
    if n <= 0 or other_n <= 0:
        return 0.0, -1.0, 1.0
    one, other = hits / n, other_hits / other_n
    (low, high), (other_low, other_high) = wilson(hits, n, z), wilson(other_hits, other_n, z)
    value = one - other
    return value, value - math.hypot(one - low, other_high - other), value + math.hypot(high - one, other - other_low)


def newcombe_at(chance: float, hits: float, n: float, other_hits: float, other_n: float) -> tuple[float, float, float]:
    """Return `newcombe` with an interval that misses at most with this chance, for several looked at together."""
    return newcombe(hits, n, other_hits, other_n, NormalDist().inv_cdf(1 - chance / 2))


def _quotient(top: tuple[float, float, float], bottom: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return the quotient of two estimates with intervals; the lower one's interval must lie above zero."""
    (a, a_low, a_high), (b, b_low, b_high) = top, bottom
    if b_low <= 0:
        return max(-1.0, min(1.0, a / b)), -1.0, 1.0
    low = (a * b - math.sqrt(max(0.0, (a * b) ** 2 - a_low * b_high * (2 * a - a_low) * (2 * b - b_high)))) / (
        b_high * (2 * b - b_high)
    )
    high = (a * b + math.sqrt(max(0.0, (a * b) ** 2 - a_high * b_low * (2 * a - a_high) * (2 * b - b_low)))) / (
        b_low * (2 * b - b_low)
    )
    return max(-1.0, min(1.0, a / b)), max(-1.0, low), min(1.0, high)
