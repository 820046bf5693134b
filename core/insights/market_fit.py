"""Market fit: who would miss the product, for what, and who could be won.

The question is Sean Ellis's (2009): how would you feel if you could no longer use it? Forty in a hundred who would be
very disappointed is the line above which products were found to grow. **Who answers "I no longer use it" is not
counted**: the share is one of users, and they are none (so do the guides at pmtoolkit.ai/how-to/calculate-pmf-score
and lotoftools.org; calcbee.com counts them). How many they are is told beside it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from core.periods import start_of, unit_for
from core.rates import ENOUGH, Rate
from core.store.surveys import Response
from core.types import Disappointment, Task

FIT_LINE = 0.4
# How often all that stands out on the page may do so by chance: half for fit, half for quality.
ALPHA = 0.025
COMPANY_SIZES = ("Just me", "2 to 10", "11 to 50", "51 to 250", "More than 250")
NOT_SAID = "Not said"
K = TypeVar("K")
_Z = 1.959963984540054  # of 95 %


class By(StrEnum):
    """What respondents are told apart by."""

    ROLE = "role"
    SIZE = "company size"
    SEGMENT = "role and company size"


@dataclass(frozen=True)
class Score:
    """A net promoter score: 9 and 10 promote, 0 to 6 detract (Reichheld 2003); from -100 to 100."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        """How many gave a number."""
        return self.promoters + self.passives + self.detractors

    @property
    def value(self) -> float:
        """Promoters minus detractors in points of a hundred; 0 where n is 0."""
        return 100 * (self.promoters - self.detractors) / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % adjusted Wald interval (Rocks, The American Statistician 70, 2016), in points.

        Three answers are added, three quarters of one at each end; (-100, 100) where n is 0.
        """
        if not self.n:
            return -100.0, 100.0
        n = self.n + 3
        up, down = (self.promoters + 0.75) / n, (self.detractors + 0.75) / n
        half = _Z * math.sqrt((up + down - (up - down) ** 2) / n)
        return 100 * max(-1.0, up - down - half), 100 * min(1.0, up - down + half)

    @property
    def is_enough(self) -> bool:
        """Whether n is large enough to show the score as a figure."""
        return self.n >= ENOUGH

    def __str__(self) -> str:
        """Return "+24 (n = 84, +6 to +41)", or "not enough yet (n = 7)"."""
        if not self.is_enough:
            return f"not enough yet (n = {self.n:,})"
        low, high = self.interval
        return f"{_signed(self.value)} (n = {self.n:,}, {_signed(low)} to {_signed(high)})"


@dataclass(frozen=True)
class Part:
    """The respondents of one kind: `segments` are all that fall under `name`, `task` is None for all use cases.

    `fence` counts those who would be somewhat disappointed, `gone` those who no longer use it and are not counted.
    """

    name: str
    segments: tuple[str, ...]
    task: Task | None
    fit: Rate
    fence: int
    gone: int


@dataclass(frozen=True)
class Moment:
    """The fit of those who answered in the period that begins on `start`."""

    start: date
    fit: Rate


def fit(responses: Iterable[Response]) -> Rate:
    """Return the share of very disappointed among those who still use it."""
    said = [response.answer.disappointment for response in responses]
    users = [one for one in said if one is not Disappointment.GONE]
    return Rate(users.count(Disappointment.VERY), len(users))


def of(responses: Iterable[Response], *feelings: Disappointment) -> tuple[Response, ...]:
    """Return those who feel one of these ways."""
    return tuple(response for response in responses if response.answer.disappointment in feelings)


def net_promoter(responses: Iterable[Response]) -> Score:
    """Return the net promoter score of all who gave a number."""
    given = [response.answer.recommend for response in responses if response.answer.recommend is not None]
    promoters = sum(number >= 9 for number in given)
    detractors = sum(number <= 6 for number in given)
    return Score(promoters, len(given) - promoters - detractors, detractors)


def name_of(segment: str, by: By) -> str:
    """Return what a segment is called when respondents are told apart by role, by size, or by both."""
    parts = [part.strip() for part in segment.split(",") if part.strip()]
    sizes = [part for part in parts if part in COMPANY_SIZES]
    roles = [part for part in parts if part not in COMPANY_SIZES]
    chosen = {By.ROLE: roles, By.SIZE: sizes, By.SEGMENT: roles + sizes}[by]
    return ", ".join(chosen) or NOT_SAID


def parts(responses: Sequence[Response], by: By | None, *, is_by_task: bool = False) -> tuple[Part, ...]:
    """Return the respondents by kind of people, by use case, or by both, the largest first.

    With `by` None and `is_by_task` the parts are the use cases; whose use case is unknown is in none of these.
    """
    if is_by_task:
        responses = [response for response in responses if response.task is not None]

    def key(response: Response) -> tuple[str, Task | None]:
        return (name_of(response.segment, by) if by else "", response.task if is_by_task else None)

    found = _together(responses, key)
    made = [_part(name, task, members) for (name, task), members in found.items()]
    return tuple(sorted(made, key=lambda part: (-part.fit.n, part.name, part.task or "")))


def over_time(responses: Sequence[Response]) -> tuple[str, tuple[Moment, ...]]:
    """Return the unit (day, week or month) and the fit of each period in which somebody answered, oldest first.

    The unit is the shortest in which a period holds enough answers on average.
    """
    days = Counter(response.answered_at.date() for response in responses)
    unit = unit_for(days)
    found = _together(responses, lambda response: start_of(response.answered_at.date(), unit))
    return unit, tuple(Moment(start, fit(found[start])) for start in sorted(found))


def strongest(responses: Sequence[Response]) -> Part | None:
    """Return the part with the highest fit among those that stand out, or None where none does.

    A part stands out if its fit is higher than that of all others by Fisher's exact test, one-sided, at `ALPHA`
    divided by the number of parts looked at (Bonferroni): all of them with enough answers, by role, size, both, use
    case, and each of these with the use case. So chance alone names one in at most 25 of 1,000 companies; it was 14 of
    1,000 made-up ones with 827 answers and no difference.
    """
    looked_at = []
    for by, is_by_task in [(None, True), *((by, both) for by in By for both in (False, True))]:
        looked_at += [
            part
            for part in parts(responses, by, is_by_task=is_by_task)
            if part.fit.n >= ENOUGH and part.name != NOT_SAID
        ]
    whole = fit(responses)
    found = [part for part in looked_at if _chance(part.fit, whole) < ALPHA / len(looked_at)]
    # Of parts that are the same people, the one that says most of them.
    return max(
        found, key=lambda part: (part.fit.share, part.fit.n, precision(part.name), bool(part.task)), default=None
    )


def precision(name: str) -> int:
    """Return how much a name says of people: nothing, their role or company size, or both."""
    return len([part for part in name.split(", ") if part])


def _chance(part: Rate, whole: Rate) -> float:
    """Return the chance of so many hits in a part or more, were hits spread evenly (hypergeometric)."""
    if part.n == whole.n:
        return 1.0
    most = min(part.n, whole.hits)
    ways = sum(
        math.comb(whole.hits, hits) * math.comb(whole.n - whole.hits, part.n - hits)
        for hits in range(part.hits, most + 1)
    )
    return ways / math.comb(whole.n, part.n)


def _part(name: str, task: Task | None, members: Sequence[Response]) -> Part:
    return Part(
        name=name,
        segments=tuple(sorted({response.segment for response in members})),
        task=task,
        fit=fit(members),
        fence=len(of(members, Disappointment.SOMEWHAT)),
        gone=len(of(members, Disappointment.GONE)),
    )


def _together(responses: Iterable[Response], key: Callable[[Response], K]) -> dict[K, list[Response]]:
    found: dict[K, list[Response]] = {}
    for response in responses:
        found.setdefault(key(response), []).append(response)
    return found


def _signed(points: float) -> str:
    return f"{round(points):+d}" if round(points) else "0"
