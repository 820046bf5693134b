"""What uses add up to in a scope, read from the counted days, some thousand rows at most.

Weeks are whole ISO weeks (Monday to Sunday, UTC), also at the edges of a period. All raise StoreError.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from core.store.day_counts import MEASURES
from core.store.db import Database
from core.store.scoped import within
from core.store.times import unpacked
from core.store.usage_tables import EVERY, UsageDayRow, UsageTimesRow
from core.types import Scope

Key = tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """What some uses add up to; `core.store.usage_facts` says what each number counts.

    `edits` counts standing corrections whose edit share is known; `edit_sum` and `edit_squares` are the sums of the
    shares and of their squares.
    """

    uses: int = 0
    visits: int = 0
    finished: int = 0
    stopped: int = 0
    failed: int = 0
    abstained: int = 0
    handed_off: int = 0
    rated: int = 0
    good: int = 0
    corrected: int = 0
    confirmed: int = 0
    assumed: int = 0
    edits: int = 0
    edit_sum: float = 0.0
    edit_squares: float = 0.0


@dataclass(frozen=True)
class Times:
    """Histograms of times of finished uses, by bucket of `core.store.times`."""

    first: Counter[int] = field(default_factory=Counter)
    total: Counter[int] = field(default_factory=Counter)


def tallies(database: Database, scope: Scope, *keys: str) -> dict[Key, Tally]:
    """Return what uses add up to, by `keys` (task, weights_id, segment, language, day, week); () for all of them."""
    row = UsageDayRow
    columns = [getattr(row, key) for key in keys]
    by_segment = "segment" in keys
    segment = row.segment == (scope.segment or EVERY) if scope.segment or not by_segment else row.segment != EVERY
    found = select(*columns, *[func.coalesce(func.sum(getattr(row, name)), 0) for name in MEASURES])
    found = found.where(*within(row, scope), segment).group_by(*columns)
    with database.reading("counting uses") as session:
        return {
            tuple(one[: len(keys)]): Tally(*map(_number, one[len(keys) :], MEASURES)) for one in session.execute(found)
        }


def times(database: Database, scope: Scope, *keys: str) -> dict[Key, Times]:
    """Return how long finished uses took, by `keys` (task, weights_id, day, week)."""
    row = UsageTimesRow
    columns = [getattr(row, key) for key in keys]
    found = select(*columns, row.first_times, row.total_times)
    found = found.where(*within(row, scope), row.segment == (scope.segment or EVERY))
    many: dict[Key, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    with database.reading("counting uses") as session:
        for *key, first, total in session.execute(found):
            many[tuple(key)][0].append(first)
            many[tuple(key)][1].append(total)
    return {key: Times(unpacked(first), unpacked(total)) for key, (first, total) in many.items()}


def _number(value: Any, name: str) -> Any:
    return float(value) if name in ("edit_sum", "edit_squares") else int(value)
