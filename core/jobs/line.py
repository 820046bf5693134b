"""Who waits, whose turn it is, and how long that will take: plain bookkeeping, without threads or clocks of its own.

Turns are fair by work, not by number: start-time fair queueing (Goyal, Vin and Cheng 1996). Each job carries a tag,
the later of its visitor's last tag's end and the line's own time; the smallest tag goes first. So a visitor with fifty
requests gets as much of the engine as one with a single request, in the order in which each asked, and nobody
starves: whoever waits is overtaken only by tags that were given out before, and by visitors who had less.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from core.jobs import bounds

# Visitors with nothing to their tag are forgotten once there are more than so many: the line is never longer.
_KEPT_ENDS = 200


@dataclass
class Place:
    """A job as the line sees it: whose it is, and what it is expected to cost, in seconds of the whole engine."""

    job_id: str
    visitor_id: str
    cost: float
    is_long: bool
    tag: float = 0.0
    number: int = 0

    @property
    def order(self) -> tuple[float, int]:
        """The smaller goes first."""
        return self.tag, self.number


@dataclass
class _Lane:
    """The jobs of one lane: those that wait, in order, and how many of each visitor run."""

    waiting: list[Place] = field(default_factory=list)
    running: Counter[str] = field(default_factory=Counter)
    time: float = 0.0
    ends: dict[str, float] = field(default_factory=dict)

    def copy(self) -> _Lane:
        return _Lane(list(self.waiting), Counter(self.running))


class Line:
    """The line before `slots` slots; its board's lock guards it."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._numbers = count()
        self._lanes = {False: _Lane(), True: _Lane()}
        self._running: dict[str, tuple[Place, float]] = {}
        self._spent = 0.0
        self._seen_at: float | None = None

    # Coming and going; `now` is on any clock that only goes forward, in seconds

    def join(self, place: Place) -> None:
        """Give a job its tag, and let it wait."""
        lane = self._lanes[place.is_long]
        place.tag = max(lane.time, lane.ends.get(place.visitor_id, 0.0))
        place.number = next(self._numbers)
        lane.ends[place.visitor_id] = place.tag + place.cost
        lane.waiting.append(place)
        lane.waiting.sort(key=lambda other: other.order)

    def leave(self, job_id: str) -> bool:
        """Let a job go that waits; return whether it did. Its visitor's later ones do not pay for it."""
        for lane in self._lanes.values():
            for place in lane.waiting:
                if place.job_id == job_id:
                    lane.waiting.remove(place)
                    self._close_up(lane, place)
                    return True
        return False

    def take(self, now: float, is_here: Callable[[str], bool] = lambda _visitor_id: True) -> Place | None:
        """Return whose turn it is, as running from now on, or None where nobody's is; away visitors are passed over."""
        self.tick(now)
        if (place := _next(self._lanes, self.slots, len(self._running), is_here)) is None:
            return None
        lane = self._lanes[place.is_long]
        lane.waiting.remove(place)
        lane.running[place.visitor_id] += 1
        lane.time = max(lane.time, place.tag)
        if len(lane.ends) > _KEPT_ENDS:
            lane.ends = {visitor: end for visitor, end in lane.ends.items() if end > lane.time}
        self._running[place.job_id] = (place, self._spent)
        return place

    def end(self, job_id: str, now: float) -> float:
        """Note that a running job is over; return what it cost, in seconds of the whole engine."""
        return self._end(job_id, now)[1]

    def put_back(self, job_id: str, now: float) -> None:
        """Let a running job wait again, where it stood: it had its turn, and comes before all who came later."""
        place, _ = self._end(job_id, now)
        lane = self._lanes[place.is_long]
        lane.waiting.append(place)
        lane.waiting.sort(key=lambda other: other.order)

    def _end(self, job_id: str, now: float) -> tuple[Place, float]:
        self.tick(now)
        place, began = self._running.pop(job_id)
        lane = self._lanes[place.is_long]
        lane.running[place.visitor_id] -= 1
        if not lane.running[place.visitor_id]:
            del lane.running[place.visitor_id]
        if not lane.waiting and not lane.running:  # nobody waits, nobody owes: the next crowd begins anew
            lane.time = max(lane.ends.values(), default=lane.time)
            lane.ends.clear()
        return place, self._spent - began

    def tick(self, now: float) -> None:
        """Charge the time since the last call to those who run: each an equal share."""
        if self._seen_at is not None and self._running:
            self._spent += max(0.0, now - self._seen_at) / len(self._running)
        self._seen_at = now

    # What is to be expected

    @property
    def waiting(self) -> list[Place]:
        """Everybody who waits, lane by lane, in order."""
        return [place for lane in self._lanes.values() for place in lane.waiting]

    def forecast(
        self, now: float, newcomer: Place | None = None, is_here: Callable[[str], bool] = lambda _visitor_id: True
    ) -> dict[str, tuple[int, float]]:
        """Return by job how many who wait will begin before it, and in how many seconds; away visitors have none.

        The future is played through: those who run end when their expected cost is spent, each gets an equal share,
        and whose turn it then is follows the same rule as in earnest. A `newcomer` is let in for this play only.
        """
        self.tick(now)
        lanes = {is_long: lane.copy() for is_long, lane in self._lanes.items()}
        for lane in lanes.values():
            lane.waiting = [place for place in lane.waiting if is_here(place.visitor_id)]
        if newcomer is not None:
            self._squeeze_in(lanes, newcomer)
        # What outlasts its forecast will last a bit longer still.
        ends = [
            (self._spent + max(place.cost - (self._spent - began), 0.1 * place.cost), place.number, place)
            for place, began in self._running.values()
        ]
        heapq.heapify(ends)
        found: dict[str, tuple[int, float]] = {}
        spent, seconds = self._spent, 0.0
        while any(lane.waiting for lane in lanes.values()):
            place = _next(lanes, self.slots, len(ends))
            if place is not None:
                lanes[place.is_long].waiting.remove(place)
                lanes[place.is_long].running[place.visitor_id] += 1
                heapq.heappush(ends, (spent + place.cost, place.number, place))
                found[place.job_id] = (len(found), seconds)
                continue
            end, _, over = heapq.heappop(ends)
            seconds += (end - spent) * (len(ends) + 1)
            spent = end
            running = lanes[over.is_long].running
            running[over.visitor_id] -= 1
            if not running[over.visitor_id]:
                del running[over.visitor_id]
        return found

    def _squeeze_in(self, lanes: dict[bool, _Lane], newcomer: Place) -> None:
        lane = self._lanes[newcomer.is_long]
        newcomer.tag = max(lane.time, lane.ends.get(newcomer.visitor_id, 0.0))
        newcomer.number = next(self._numbers)
        waiting = lanes[newcomer.is_long].waiting
        waiting.append(newcomer)
        waiting.sort(key=lambda other: other.order)

    def _close_up(self, lane: _Lane, gone: Place) -> None:
        """Move the later ones of the visitor of `gone` forward by what it would have cost."""
        for place in lane.waiting:
            if place.visitor_id == gone.visitor_id and place.order > gone.order:
                place.tag = max(lane.time, place.tag - gone.cost)
        lane.ends[gone.visitor_id] = max(lane.time, lane.ends.get(gone.visitor_id, 0.0) - gone.cost)
        lane.waiting.sort(key=lambda other: other.order)


def _next(
    lanes: dict[bool, _Lane], slots: int, running: int, is_here: Callable[[str], bool] = lambda _visitor_id: True
) -> Place | None:
    """Return who is to begin now, or None. Long work has slots of its own, so that short work cannot starve it."""
    if running >= slots:
        return None
    most_long = max(1, slots // bounds.SLOTS_A_LONG_JOB)
    quick = _first(lanes[False], slots, is_here)
    long = _first(lanes[True], most_long, is_here)
    if quick is None or long is None:
        return quick or long
    # Where all slots could be the long lane's, as with a single one, they take turns as they came.
    return long if most_long < slots or long.number < quick.number else quick


def _first(lane: _Lane, slots: int, is_here: Callable[[str], bool]) -> Place | None:
    """Return the first of a lane whose visitor has not had their share, as far as the lane has a slot."""
    if not lane.waiting or lane.running.total() >= slots:
        return None
    share = _share(lane, slots)
    return next(
        (
            place
            for place in lane.waiting
            if lane.running[place.visitor_id] < share(place.visitor_id) and is_here(place.visitor_id)
        ),
        None,
    )


def _share(lane: _Lane, slots: int) -> Callable[[str], int]:
    """Return how many of a lane's slots may be one visitor's now: few while others are there."""
    among_others = max(1, slots // bounds.SLOTS_A_JOB_OF_ONE)
    alone = max(min(2, slots), slots // bounds.SLOTS_A_JOB_OF_ONE_ALONE)
    active = lane.running.keys() | _visitors(lane.waiting)
    return lambda visitor_id: alone if active <= {visitor_id} else among_others


def _visitors(places: Iterable[Place]) -> set[str]:
    return {place.visitor_id for place in places}
