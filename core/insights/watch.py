"""The share of negative texts over time: its course, where it departs from its own recent level, and its line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.insights.prevalence import Difference, Errors, Share, Tally, difference, share_of
from core.periods import end_of, start_of, unit_for

# A period is held against so many before it, of which at least some, with so many texts, must be there.
LEVEL_PERIODS = 8
LEAST_PERIODS = 4
# How restless a monitor is, is learned from as many before it as this: from a few it is mostly chance.
RESTLESS_PERIODS = 26
LEAST_LEVEL_TEXTS = 60
LEAST_TEXTS = 10
# So many unusual periods in a row are no spike any more but how things are now.
NEW_LEVEL_PERIODS = 4
# The chance that a monitor where nothing happens shows any spike at all.
FALSE_ALARM = 0.05
RECENT_DAYS = 28


@dataclass(frozen=True)
class Point:
    """One period with its texts and their share; `direction` is 1 or -1 where it departs from `usual`, else 0."""

    start: date
    end: date
    tally: Tally
    share: Share
    direction: int = 0
    usual: Share | None = None


@dataclass(frozen=True)
class Course:
    """All periods with texts, in order; `unit` is day, week or month."""

    unit: str
    points: tuple[Point, ...]

    @property
    def spikes(self) -> tuple[Point, ...]:
        """The periods that depart from their recent level beyond chance, newest first."""
        return tuple(point for point in reversed(self.points) if point.direction)


@dataclass(frozen=True)
class Recent:
    """The last four weeks with texts, and the four weeks before them; without dates all texts and None."""

    since: date | None
    until: date | None
    share: Share
    change: Difference | None


def course(days: Mapping[date, Tally], errors: Errors | None) -> Course:
    """Return the share by the shortest unit whose periods rest on enough texts, with its spikes."""
    unit = unit_for({day: tally.n for day, tally in days.items()}) if days else "day"
    tallies: dict[date, Tally] = {}
    for day, tally in sorted(days.items()):
        start = start_of(day, unit)
        tallies[start] = tallies.get(start, Tally()) + tally
    points = [Point(start, end_of(start, unit), tally, share_of(tally, errors)) for start, tally in tallies.items()]
    return Course(unit, tuple(_with_spikes(points, errors)))


def between(days: Mapping[date, Tally], since: date, until: date) -> Tally:
    """Return the texts of the days from `since` to `until`, both included."""
    return sum((tally for day, tally in days.items() if since <= day <= until), Tally())


def recent(days: Mapping[date, Tally], undated: Tally, errors: Errors | None) -> Recent:
    """Return the share of now, and how it changed; without dates, that of all texts."""
    if not days:
        return Recent(None, None, share_of(undated, errors), None)
    until = max(days)
    since = until - timedelta(days=RECENT_DAYS - 1)
    now = between(days, since, until)
    before = between(days, since - timedelta(days=RECENT_DAYS), since - timedelta(days=1))
    change = difference(before, now, errors) if before.n else None
    return Recent(since, until, share_of(now, errors), change)


def above_since(found: Course, line: float) -> date | None:
    """Return since when the lower bound has been above the line without a break until now, or None."""
    since = None
    for point in reversed(found.points):
        if point.share.low <= line:
            break
        since = point.start
    return since


def _with_spikes(points: Sequence[Point], errors: Errors | None) -> list[Point]:
    """Return the points with those marked that depart from their level.

    Each is tested against the level before it by Fisher's exact test (two-sided, mid-p) at `FALSE_ALARM` shared by
    all that can be tested (Bonferroni). The flags are compared, which differ exactly where the adjusted shares do.
    Weeks differ by more than chance even where nothing happens; by how much is measured on the half year before
    (Pearson's dispersion, at least 1), and all counts are divided by it.
    """
    tested = max(1, sum(place >= LEAST_PERIODS for place in range(len(points))))
    marked: list[Point] = []
    level: list[Point] = []
    run: list[Point] = []
    for point in points:
        past = level[-LEVEL_PERIODS:]
        tally = sum((one.tally for one in past), Tally())
        found = point
        if len(past) >= LEAST_PERIODS and tally.n >= LEAST_LEVEL_TEXTS and point.tally.n >= LEAST_TEXTS:
            longer = [one.tally for one in level[-RESTLESS_PERIODS:]]
            direction = _direction(point.tally, tally, longer, errors, FALSE_ALARM / tested)
            found = Point(point.start, point.end, point.tally, point.share, direction, share_of(tally, errors))
        marked.append(found)
        run = [*run, found] if found.direction and (not run or run[-1].direction == found.direction) else []
        if found.direction and not run:
            run = [found]
        if not found.direction:
            level.append(found)
        elif len(run) >= NEW_LEVEL_PERIODS:
            level, run = run, []
    return marked


def _direction(tally: Tally, level: Tally, longer: Sequence[Tally], errors: Errors | None, alpha: float) -> int:
    spread = _dispersion([_flags(one, errors) for one in longer], [one.n for one in longer])
    mine, usual = _flags(tally, errors), _flags(level, errors)
    direction = 1 if mine * level.n > usual * tally.n else -1
    chance = fisher(*(round(count / spread) for count in (mine, tally.n, usual, level.n)))
    return direction if chance < alpha else 0


def _flags(tally: Tally, errors: Errors | None) -> float:
    return tally.expected_flags(errors) if errors is not None and errors.is_usable else float(tally.negative)


def _dispersion(flags: Sequence[float], sizes: Sequence[int]) -> float:
    """Return how much more than by chance the shares of these periods differ, at least 1."""
    share = sum(flags) / sum(sizes)
    if not 0 < share < 1 or len(sizes) < 2:
        return 1.0
    squares = sum(
        (hits - n * share) ** 2 / (n * share * (1 - share)) for hits, n in zip(flags, sizes, strict=True) if n
    )
    return max(1.0, squares / (len(sizes) - 1))


def fisher(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Return twice the smaller tail of Fisher's exact test of two shares with mid-p (Lancaster 1961), at most 1."""
    drawn = hits + other_hits
    low, high = max(0, drawn - other_n), min(n, drawn)
    whole = _log_choose(n + other_n, drawn)

    def tail(first: int, last: int) -> float:
        return math.fsum(
            math.exp(_log_choose(n, k) + _log_choose(other_n, drawn - k) - whole) for k in range(first, last + 1)
        )

    return min(1.0, 2 * min(tail(low, hits), tail(hits, high)) - tail(hits, hits))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
