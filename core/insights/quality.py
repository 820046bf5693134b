"""How good the answers are, how fast, and in which languages; `core.store.usage_facts` has the definitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from core.insights.usage import unit_of
from core.rates import ENOUGH, Rate
from core.store import scoped, tallies
from core.store.db import Database
from core.store.tallies import Tally, Times
from core.store.times import percentile
from core.types import Scope, Task


@dataclass(frozen=True)
class Mean:
    """A mean of `n` values with its 95 % interval by the normal distribution; None where n is below two."""

    n: int
    value: float
    interval: tuple[float, float] | None

    @property
    def is_enough(self) -> bool:
        """Whether n is large enough to show the mean as a figure."""
        return self.n >= ENOUGH


@dataclass(frozen=True)
class Quality:
    """What came of some uses; `task` or `weights_id` is None where it stands for all of them.

    good, bad: of the rated. corrected: of the finished. abstained: of support's finished answers. handed_off: of
    support's uses. stopped, failed: of all uses. edit: mean share of the output that corrections changed.
    """

    task: Task | None
    weights_id: str | None
    uses: int
    good: Rate
    bad: Rate
    corrected: Rate
    abstained: Rate
    handed_off: Rate
    stopped: Rate
    failed: Rate
    edit: Mean


@dataclass(frozen=True)
class Resolution:
    """Support questions that were resolved, as shares of all that were asked; see `core.store.usage_facts`.

    Never to be added: `confirmed` is what visitors said, `assumed` what nobody said.
    """

    start: date | None
    confirmed: Rate
    assumed: Rate


@dataclass(frozen=True)
class Duration:
    """Percentiles of a time in seconds over `n` finished uses, None where n is 0; off by `times.ERROR` at most."""

    n: int
    p50: float | None
    p95: float | None

    @property
    def is_enough(self) -> bool:
        """Whether n is large enough to show the percentiles as figures."""
        return self.n >= ENOUGH


@dataclass(frozen=True)
class Speed:
    """How long a task took with some weights: to the first shown text, and in all."""

    task: Task
    weights_id: str | None
    start: date | None
    first: Duration
    total: Duration


@dataclass(frozen=True)
class LanguageUse:
    """The uses in a language, ISO 639-1 or empty where it is not known."""

    language: str
    share: Rate
    good: Rate
    corrected: Rate
    abstained: Rate


def by_task(database: Database, scope: Scope) -> tuple[Quality, ...]:
    """Return what came of the uses of each task, most used first."""
    found = tallies.tallies(database, scope, "task")
    return _sorted(_quality(Task(task), None, tally) for (task,), tally in found.items())


def by_weights(database: Database, scope: Scope) -> tuple[Quality, ...]:
    """Return what came of the uses of each task by the weights that answered, most used first."""
    found = tallies.tallies(database, scope, "task", "weights_id")
    return _sorted(_quality(Task(task), weights, tally) for (task, weights), tally in found.items())


def course(database: Database, scope: Scope) -> dict[date, dict[Task, Quality]]:
    """Return what came of the uses of each task, by day or whole week."""
    unit = unit_of(scope)
    whole = scope if unit == "day" else scoped.whole_weeks(scope)
    found: dict[date, dict[Task, Quality]] = {}
    for (start, task), tally in sorted(tallies.tallies(database, whole, unit, "task").items()):
        found.setdefault(date.fromisoformat(start), {})[Task(task)] = _quality(Task(task), None, tally)
    return found


def resolution(database: Database, scope: Scope) -> Resolution:
    """Return how many support questions of the period were resolved."""
    found = tallies.tallies(database, _support(scope))
    return _resolution(None, found.get((), Tally()))


def resolution_course(database: Database, scope: Scope) -> tuple[Resolution, ...]:
    """Return how many support questions were resolved, by day or whole week, oldest first."""
    unit = unit_of(scope)
    whole = _support(scope if unit == "day" else scoped.whole_weeks(scope))
    found = tallies.tallies(database, whole, unit)
    return tuple(_resolution(date.fromisoformat(start), tally) for (start,), tally in sorted(found.items()))


def speed(database: Database, scope: Scope) -> tuple[Speed, ...]:
    """Return the times of each task by the weights that answered."""
    found = tallies.times(database, scope, "task", "weights_id")
    return tuple(_speed(Task(task), weights, None, times) for (task, weights), times in sorted(found.items()))


def speed_course(database: Database, scope: Scope) -> tuple[Speed, ...]:
    """Return the times of each task by day or whole week, oldest first."""
    unit = unit_of(scope)
    whole = scope if unit == "day" else scoped.whole_weeks(scope)
    found = tallies.times(database, whole, "task", unit)
    return tuple(
        _speed(Task(task), None, date.fromisoformat(start), times) for (task, start), times in sorted(found.items())
    )


def languages(database: Database, scope: Scope) -> tuple[LanguageUse, ...]:
    """Return the languages of the uses, most used first; a language is that of the input, as far as it is known."""
    found = tallies.tallies(database, scope, "language")
    support = tallies.tallies(database, _support(scope), "language") if scope.task in (None, Task.SUPPORT) else {}
    n = sum(tally.uses for tally in found.values())
    return tuple(
        LanguageUse(
            language=key[0],
            share=Rate(tally.uses, n),
            good=Rate(tally.good, tally.rated),
            corrected=Rate(tally.corrected, tally.finished),
            abstained=Rate(support.get(key, Tally()).abstained, support.get(key, Tally()).finished),
        )
        for key, tally in sorted(found.items(), key=lambda one: (-one[1].uses, one[0]))
    )


def _support(scope: Scope) -> Scope:
    return Scope(scope.since, scope.until, Task.SUPPORT, scope.segment, scope.weights_id, scope.is_sample)


def _sorted(found: object) -> tuple[Quality, ...]:
    return tuple(sorted(found, key=lambda one: (-one.uses, one.task, one.weights_id or "")))  # type: ignore[call-overload]


def _quality(task: Task | None, weights_id: str | None, tally: Tally) -> Quality:
    is_support = task is Task.SUPPORT
    return Quality(
        task=task,
        weights_id=weights_id,
        uses=tally.uses,
        good=Rate(tally.good, tally.rated),
        bad=Rate(tally.rated - tally.good, tally.rated),
        corrected=Rate(tally.corrected, tally.finished),
        abstained=Rate(tally.abstained, tally.finished if is_support else 0),
        handed_off=Rate(tally.handed_off, tally.uses if is_support else 0),
        stopped=Rate(tally.stopped, tally.uses),
        failed=Rate(tally.failed, tally.uses),
        edit=mean(tally.edits, tally.edit_sum, tally.edit_squares),
    )


def mean(n: int, total: float, squares: float) -> Mean:
    """Return the mean of `n` values from their sum and the sum of their squares."""
    value = total / n if n else 0.0
    if n < 2:
        return Mean(n, value, None)
    deviation = math.sqrt(max(0.0, squares - n * value * value) / (n - 1))
    half = 1.959963984540054 * deviation / math.sqrt(n)
    return Mean(n, value, (max(0.0, value - half), min(1.0, value + half)))


def _resolution(start: date | None, tally: Tally) -> Resolution:
    return Resolution(start, Rate(tally.confirmed, tally.uses), Rate(tally.assumed, tally.uses))


def _speed(task: Task, weights_id: str | None, start: date | None, times: Times) -> Speed:
    return Speed(task, weights_id, start, _duration(times.first), _duration(times.total))


def _duration(counts: dict[int, int]) -> Duration:
    return Duration(sum(counts.values()), percentile(counts, 0.5), percentile(counts, 0.95))
