"""What changed from one week to the next, said only where the figures bear it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.insights import quality, usage
from core.insights.prevalence import newcombe_at
from core.rates import Rate
from core.store.db import Database
from core.types import Scope, Task

RISK = 0.05


@dataclass(frozen=True)
class Change:
    """A rate of this week beside that of the week before, with the interval of their difference.

    The interval is Newcombe's (1998, method 10), at 95 % for all compared rates together (Bonferroni); many visitors
    are in both weeks, which it takes for strangers, so it is rather too wide than too narrow where they judge alike.
    """

    name: str
    now: Rate
    before: Rate
    difference: float
    interval: tuple[float, float]
    is_more_better: bool

    @property
    def is_enough(self) -> bool:
        """Whether both weeks hold enough to be compared."""
        return self.now.is_enough and self.before.is_enough

    @property
    def is_clear(self) -> bool:
        """Whether there was a change: both weeks hold enough, and no change at all lies outside the interval."""
        return self.is_enough and not self.interval[0] <= 0 <= self.interval[1]

    @property
    def is_better(self) -> bool:
        """Whether a clear change is one for the better."""
        return (self.difference > 0) == self.is_more_better


@dataclass(frozen=True)
class Week:
    """Seven days as a whole."""

    scope: Scope
    overview: usage.Overview
    qualities: tuple[quality.Quality, ...]
    resolution: quality.Resolution


def week(database: Database, scope: Scope) -> Week:
    """Return seven days as a whole."""
    return Week(
        scope,
        usage.overview(database, scope),
        quality.by_task(database, scope),
        quality.resolution(database, scope),
    )


def changes(now: Week, before: Week) -> tuple[Change, ...]:
    """Return every rate of a week beside that of the week before, in the order of a report."""
    pairs = [
        ("Came back on another day", now.overview.repeat_days, before.overview.repeat_days, True),
        ("Support questions resolved, confirmed", now.resolution.confirmed, before.resolution.confirmed, True),
        ("Support questions resolved, assumed", now.resolution.assumed, before.resolution.assumed, True),
    ]
    earlier = {one.task: one for one in before.qualities}
    for one in now.qualities:
        old = earlier.get(one.task)
        if old is not None and one.task is not None:
            pairs += _of_task(one.task, one, old)
    compared = [pair for pair in pairs if pair[1].is_enough and pair[2].is_enough]
    return tuple(_change(*pair, len(compared)) for pair in pairs if pair[1].n or pair[2].n)


def _of_task(task: Task, now: quality.Quality, before: quality.Quality) -> Sequence[tuple[str, Rate, Rate, bool]]:
    name = task.capitalize()
    return (
        (f"{name}: thumbs-up", now.good, before.good, True),
        (f"{name}: corrected", now.corrected, before.corrected, False),
        (f"{name}: abstained", now.abstained, before.abstained, False),
        (f"{name}: handed to a person", now.handed_off, before.handed_off, False),
        (f"{name}: stopped", now.stopped, before.stopped, False),
        (f"{name}: errors", now.failed, before.failed, False),
    )


def _change(name: str, now: Rate, before: Rate, is_more_better: bool, compared: int) -> Change:
    difference, low, high = newcombe_at(RISK / max(1, compared), now.hits, now.n, before.hits, before.n)
    return Change(name, now, before, difference, (low, high), is_more_better)
