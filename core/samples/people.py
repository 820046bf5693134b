"""Who comes to the sample company, when, and for what: growth over the weeks, days of work, and who comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TypeVar

from core.samples.story import CONSENTS, GROUPS, LANGUAGES, WEEKS, Group
from core.types import Consent, Task

Choice = TypeVar("Choice")

# By hour of the day in the visitor's own time, and by day of the week from Monday.
_HOURS = (1, 1, 0, 0, 0, 1, 3, 9, 22, 34, 36, 30, 20, 25, 33, 34, 30, 21, 12, 8, 7, 6, 4, 2)
_WEEKDAYS = (1.15, 1.2, 1.15, 1.1, 0.9, 0.22, 0.18)
_HOURS_AHEAD = {"en": (0, 0, 1, -5), "de": (1,), "fr": (1,), "es": (1,), "zh": (8,)}
_GROWTH_A_WEEK = 0.08


@dataclass
class Person:
    """A sample visitor; `uses` are the moments of use with their tasks, in order of time."""

    visitor_id: str
    group: Group
    language: str
    consent: Consent
    created_at: datetime
    uses: list[tuple[datetime, Task]] = field(default_factory=list)


def first_day(until: date) -> date:
    """Return the Monday on which the history begins whose last day is `until`."""
    return until - timedelta(days=until.weekday(), weeks=WEEKS - 1)


def people(chance: Random, until: date) -> list[Person]:
    """Return the visitors of the twelve weeks up to `until`, each with the uses that they make."""
    start = first_day(until)
    found: list[Person] = []
    for group in GROUPS:
        for _ in range(group.visitors):
            language = weighted(chance, LANGUAGES)
            consent = Consent(*weighted(chance, dict(CONSENTS)))
            person = Person(f"sample_visitor_{len(found):04}", group, language, consent, datetime.min)
            for day in _days(chance, group, start, until):
                person.uses += _uses_of(chance, person, day)
            person.uses.sort(key=lambda use: use[0])
            # Everybody comes for something first.
            person.uses[0] = (person.uses[0][0], next(iter(group.uses)))
            person.created_at = person.uses[0][0] - timedelta(seconds=chance.randint(20, 240))
            found.append(person)
    return found


def weighted(chance: Random, shares: dict[Choice, float]) -> Choice:
    """Return one of the keys, each as often as its share."""
    return chance.choices(tuple(shares), tuple(shares.values()))[0]


def _days(chance: Random, group: Group, start: date, until: date) -> list[date]:
    """Return the days on which a visitor comes, the first one in a week that growth makes likelier the later it is."""
    weeks = range(WEEKS)
    begun = chance.choices(weeks, [1 + _GROWTH_A_WEEK * week for week in weeks])[0]
    days = {_day(chance, start + timedelta(weeks=begun), until)}
    kind = chance.random()
    for week in weeks[begun + 1 :]:
        age = week - begun
        if kind < group.weekly:
            is_back, visits = chance.random() < 0.82, chance.randint(1, 3)
        elif kind < group.weekly + group.sometimes:
            is_back, visits = chance.random() < 0.4 * 0.9**age, 1
        else:
            is_back, visits = False, 0
        if is_back:
            days |= {_day(chance, start + timedelta(weeks=week), until) for _ in range(visits)}
    return sorted(days)


def _day(chance: Random, monday: date, until: date) -> date:
    last = min((until - monday).days, 6)
    return monday + timedelta(days=chance.choices(range(last + 1), _WEEKDAYS[: last + 1])[0])


def _uses_of(chance: Random, person: Person, day: date) -> list[tuple[datetime, Task]]:
    """Return one visit: some uses within the same half hour, mostly of what the visitor comes for."""
    hour = chance.choices(range(24), _HOURS)[0] - chance.choice(_HOURS_AHEAD[person.language])
    moment = datetime.combine(day, time(max(0, min(hour, 22))), UTC) + timedelta(seconds=chance.randint(0, 3599))
    uses = []
    for _ in range(min(9, 1 + int(chance.expovariate(0.52)))):
        uses.append((moment, weighted(chance, person.group.uses)))
        moment += timedelta(seconds=chance.randint(25, 300))
    return uses
