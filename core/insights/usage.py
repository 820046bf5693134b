"""Who uses what, who comes back, and how far those who arrive get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.rates import Rate
from core.store import scoped, tallies, visitor_counts
from core.store.db import Database
from core.store.rollups import monday_of
from core.store.tallies import Tally
from core.store.visitor_counts import People
from core.types import Scope, Task

STAGES = ("Visited", "First use", "Second use case", "Rated", "Corrected", "Took the survey")
WEEKS_OF_DAYS = 21  # a period up to so many days is shown by day


@dataclass(frozen=True)
class Overview:
    """A period as a whole.

    `repeat_days` is the share of visitors with uses on two days (UTC) or more, `repeat_visits` that of visitors in two
    visits or more, a visit being uses with gaps under 30 minutes. `by_task` holds the tasks that were used, most first.
    """

    people: People
    tally: Tally
    by_task: dict[Task, Tally]

    @property
    def repeat_days(self) -> Rate:
        """The share of visitors who came back on another day."""
        return Rate(self.people.on_two_days, self.people.visitors)

    @property
    def repeat_visits(self) -> Rate:
        """The share of visitors who came back for another visit."""
        return Rate(self.people.in_two_visits, self.people.visitors)

    @property
    def most_disliked(self) -> tuple[Task, Rate] | None:
        """The task with the largest share of thumbs-down among those with ratings enough, if it has any."""
        shares = [(Rate(tally.rated - tally.good, tally.rated), task) for task, tally in self.by_task.items()]
        enough = [(rate.share, task, rate) for rate, task in shares if rate.is_enough and rate.hits]
        return max(enough)[1:] if enough else None


@dataclass(frozen=True)
class Moment:
    """A day or a week of the course: `repeat` is the share of its visitors with uses on two days of it or more."""

    start: date
    uses: int
    visitors: int
    newcomers: int | None
    repeat: Rate | None
    by_task: dict[Task, int]


@dataclass(frozen=True)
class Step:
    """A stage of the funnel with its share of the stage before and of all who arrived."""

    name: str
    visitors: int
    of_before: Rate
    of_all: Rate


@dataclass(frozen=True)
class Cohort:
    """The visitors whose first use was in the week of `start`; `shares[k]` is how many of them used it k weeks on."""

    start: date
    size: int
    shares: tuple[Rate, ...]


def overview(database: Database, scope: Scope) -> Overview:
    """Return a period as a whole."""
    found = tallies.tallies(database, scope, "task")
    by_task = {Task(key[0]): tally for key, tally in sorted(found.items(), key=lambda one: -one[1].uses)}
    everything = {name: sum(getattr(one, name) for one in found.values()) for name in Tally.__dataclass_fields__}
    return Overview(visitor_counts.people(database, scope), Tally(**everything), by_task)


def unit_of(scope: Scope) -> str:
    """Return whether a period is shown by "day" or by "week"."""
    if scope.since is None:
        return "week"
    until = scope.until or datetime.now(UTC).date()
    return "day" if (until - scope.since).days < WEEKS_OF_DAYS else "week"


def course(database: Database, scope: Scope) -> tuple[Moment, ...]:
    """Return a period by its days or by the whole weeks that it touches, oldest first; empty ones are there too."""
    unit = unit_of(scope)
    whole = scope if unit == "day" else scoped.whole_weeks(scope)
    by_task: dict[str, dict[Task, int]] = {}
    for (start, task), tally in tallies.tallies(database, whole, unit, "task").items():
        by_task.setdefault(start, {})[Task(task)] = tally.uses
    weeks = visitor_counts.people_by_week(database, scope) if unit == "week" else {}
    days = visitor_counts.people_by_day(database, scope) if unit == "day" else {}
    moments = []
    for start in _starts(by_task, unit):
        uses, people = by_task.get(start, {}), weeks.get(start, People())
        is_week = unit == "week"
        moments.append(
            Moment(
                start=date.fromisoformat(start),
                uses=sum(uses.values()),
                visitors=people.visitors if is_week else days.get(start, 0),
                newcomers=people.newcomers if is_week else None,
                repeat=Rate(people.on_two_days, people.visitors) if is_week else None,
                by_task=uses,
            )
        )
    return tuple(moments)


def funnel(database: Database, scope: Scope) -> tuple[Step, ...]:
    """Return how far visitors who first came in the period have got until now.

    Stages need not follow each other (a rating needs no second use case): the share of the stage before is of those
    who reached that one, and counts who reached both.
    """
    found = visitor_counts.stages(database, scope)
    befores = (found.reached[0], *found.reached)
    return tuple(
        Step(name, n, Rate(both, before), Rate(n, found.reached[0]))
        for name, n, both, before in zip(STAGES, found.reached, found.with_before, befores, strict=False)
    )


def cohorts(database: Database, scope: Scope) -> tuple[Cohort, ...]:
    """Return the weekly cohorts of a period, oldest first, each followed to the last week with uses.

    A cohort is those whose very first use, of any task, was in that week. Within a narrower scope a share says how
    many of them had such a use in a week.
    """
    sizes = visitor_counts.sizes(database, scope)
    found = visitor_counts.cohorts(database, scope)
    if not found:
        return ()
    last = date.fromisoformat(max(week for _, week in found))
    rows = []
    for start in sorted(start for start, size in sizes.items() if size):
        first = date.fromisoformat(start)
        weeks = [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]
        shares = tuple(Rate(found.get((start, week.isoformat()), 0), sizes[start]) for week in weeks)
        rows.append(Cohort(first, sizes[start], shares))
    return tuple(rows)


def _starts(found: dict[str, dict[Task, int]], unit: str) -> list[str]:
    if not found:
        return []
    step = timedelta(weeks=1) if unit == "week" else timedelta(days=1)
    start, last = date.fromisoformat(min(found)), date.fromisoformat(max(found))
    starts = []
    while start <= last:
        starts.append(start.isoformat())
        start += step
    return starts


def week_before(day: date) -> tuple[Scope, Scope]:
    """Return the last whole week (Monday to Sunday) that is over on `day`, and the one before it."""
    monday = monday_of(day) - timedelta(weeks=1)
    return (
        Scope(monday, monday + timedelta(days=6)),
        Scope(monday - timedelta(weeks=1), monday - timedelta(days=1)),
    )
