"""Who uses what and how good it is: everything behind the pages of figures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from core import retention
from core.errors import StoreError
from core.house import House
from core.insights import quality as answers
from core.insights import usage as insights
from core.office.room import Room, founder
from core.store import removals, rollups, usage, uses
from core.store.usage import Choices, Stock
from core.store.uses import Use
from core.types import Member, Scope

KEPT_SECONDS = 5.0  # how old a figure may be
COUNTING_SECONDS = 0.3  # how long a reader waits for uses to be counted; the rest is counted behind their back
KEPT_FIGURES = 200
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Usage(Room):
    """Counts what visitors did, for founders; figures are at most some seconds old."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._kept: dict[tuple[Any, ...], tuple[float, Any]] = {}
        self._counted_at = float("-inf")
        self._left = 0
        self._took = 0.0
        self._counting = threading.Lock()

    def stock(self, member: Member) -> Stock:
        """Return whether there are real uses enough to look at, and whether there are sample ones."""
        founder(member)
        return self._once(usage.stock)

    def has_sample(self, member: Member) -> bool:
        """Return whether the sample company's history is loaded."""
        return self.stock(member).has_sample

    def choices(self, member: Member, is_sample: bool = False) -> Choices:
        """Return the segments and weights that a scope can be narrowed to, and the day of the newest use."""
        founder(member)
        return self._once(usage.choices, is_sample)

    def left_to_count(self, member: Member) -> int:
        """Return how many days and weeks are still being counted, which figures do not show yet."""
        founder(member)
        return self._left

    def kept(self, member: Member) -> tuple[str, ...]:
        """Return in sentences how long texts and uses are kept, and what went because of its age."""
        founder(member)
        return retention.what_holds(self._house.settings, removals.removals(self._database))

    # What the page of insights shows, a method for each part of it

    def overview(self, member: Member, scope: Scope) -> insights.Overview:
        """Return a period as a whole."""
        founder(member)
        return self._once(insights.overview, scope)

    def course(self, member: Member, scope: Scope) -> tuple[insights.Moment, ...]:
        """Return uses and visitors by day or week."""
        founder(member)
        return self._once(insights.course, scope)

    def funnel(self, member: Member, scope: Scope) -> tuple[insights.Step, ...]:
        """Return how far those who arrived in the period have come."""
        founder(member)
        return self._once(insights.funnel, scope)

    def cohorts(self, member: Member, scope: Scope) -> tuple[insights.Cohort, ...]:
        """Return who stays, by the week in which they began."""
        founder(member)
        return self._once(insights.cohorts, scope)

    def speed(self, member: Member, scope: Scope) -> tuple[tuple[answers.Speed, ...], tuple[answers.Speed, ...]]:
        """Return times by task and weights, and times by task over time."""
        founder(member)
        return self._once(answers.speed, scope), self._once(answers.speed_course, scope)

    def quality(self, member: Member, scope: Scope) -> tuple[answers.Quality, ...]:
        """Return what came of uses, by task."""
        founder(member)
        return self._once(answers.by_task, scope)

    def quality_by_weights(self, member: Member, scope: Scope) -> tuple[answers.Quality, ...]:
        """Return what came of uses, by task and weights."""
        founder(member)
        return self._once(answers.by_weights, scope)

    def quality_course(self, member: Member, scope: Scope) -> dict[date, dict[Any, answers.Quality]]:
        """Return what came of uses, by task, over time."""
        founder(member)
        return self._once(answers.course, scope)

    def resolution(self, member: Member, scope: Scope) -> tuple[answers.Resolution, tuple[answers.Resolution, ...]]:
        """Return how many support questions were resolved, confirmed and assumed apart, as a whole and over time."""
        founder(member)
        return self._once(answers.resolution, scope), self._once(answers.resolution_course, scope)

    def languages(self, member: Member, scope: Scope) -> tuple[answers.LanguageUse, ...]:
        """Return the languages of the uses."""
        founder(member)
        return self._once(answers.languages, scope)

    # What is behind a point

    def behind(self, member: Member, scope: Scope, outcome: str = "", **narrowed: Any) -> tuple[str, ...]:
        """Return the newest uses that a point counted; see `core.store.uses.behind`."""
        founder(member)
        return uses.behind(self._database, scope, outcome, **narrowed)

    def uses(self, member: Member, interaction_ids: Sequence[str]) -> tuple[Use, ...]:
        """Return single uses, as they were."""
        founder(member)
        return uses.uses(self._database, interaction_ids)

    # Inside

    def _once(self, count: Callable[..., _T], *about: Any) -> _T:
        """Return what `count` gives, or gave some seconds ago."""
        self._count()
        key = (count.__module__, count.__name__, *about)
        now = time.monotonic()
        found = self._kept.get(key)
        if found is None or now - found[0] > KEPT_SECONDS:
            if len(self._kept) >= KEPT_FIGURES:
                self._kept.clear()
            found = self._kept[key] = (now, count(self._database, *about))
        return found[1]

    def _count(self) -> None:
        """Count what changed, here for a moment and then in the background; one thread of the process at a time.

        Where that takes long, it is done in the background from the start, and a tenth of the time at most.
        """
        pause = max(KEPT_SECONDS, 10 * self._took)
        if time.monotonic() - self._counted_at < pause or not self._counting.acquire(blocking=False):
            return
        is_over = True
        started_at = self._counted_at = time.monotonic()
        try:
            if self._took > COUNTING_SECONDS:
                self._left = max(1, self._left)
            else:
                self._left = rollups.refresh(self._database, COUNTING_SECONDS)
                self._took = time.monotonic() - started_at
            if self._left:
                threading.Thread(target=self._count_on, name="counting", daemon=True).start()
                is_over = False
        except StoreError as error:  # what was counted before can still be read
            _log.warning("uses are not counted: %s", error)
        finally:
            if is_over:
                self._counting.release()

    def _count_on(self) -> None:
        started_at = time.monotonic()
        try:
            while self._left:
                self._left = rollups.refresh(self._database, 1.0)
            self._took = min(6.0, time.monotonic() - started_at)  # the first count of all says little of the next
        except StoreError as error:
            _log.warning("uses are not counted: %s", error)
        finally:
            self._counted_at = time.monotonic()
            self._kept.clear()
            self._counting.release()
