"""The board: takes jobs in or refuses them honestly, runs them in a few threads, shows each to its visitor alone."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from core.errors import EngineBusy, HearbackError, LeftAlone, WaitedTooLong
from core.jobs import bounds
from core.jobs.bounds import Bounds
from core.jobs.job import Job, JobView
from core.jobs.line import Line, Place
from core.jobs.pace import Load, Pace
from core.jobs.presence import Presence
from core.logs import request
from core.refusals import not_yours
from core.types import Ending, Task, Turn

_KEPT_PROMISES = 500


class JobBoard:
    """Runs jobs in a few threads, in fair turns among visitors, and answers for each only to its visitor.

    Two kinds of threads: workers carry jobs out, a keeper ends what nobody waits for any more. `presence` is told who
    is there; of whom nothing is told counts as there. An answer whose visitor has left is put down within a second:
    whoever is back soon, as after a reload, has it taken up before all who came later, else it ends. Only a table or a
    file goes on meanwhile, until somebody waits for a place.
    """

    def __init__(self, workers: int = 4, limits: Bounds = bounds.PATIENT, presence: Presence | None = None) -> None:
        self._limits = limits
        self.presence = presence or Presence()
        self._lock = threading.Lock()
        self._turn = threading.Condition(self._lock)
        self._care = threading.Condition(self._lock)
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._open: dict[str, Job] = {}
        self._dropped: list[Job] = []
        self._line = Line(workers)
        self._pace = Pace()
        self._forecast: tuple[float, dict[str, tuple[int, float]]] = (float("-inf"), {})
        self._promises: deque[tuple[float, float]] = deque(maxlen=_KEPT_PROMISES)
        self._is_closing = False
        self._threads = [threading.Thread(target=self._serve, name=f"job-{n}", daemon=True) for n in range(workers)]
        self._keeper = threading.Thread(target=self._keep, name="jobs-keeper", daemon=True)
        for thread in (*self._threads, self._keeper):
            thread.start()

    def start(
        self,
        visitor_id: str,
        task: Task,
        work: Callable[[Job], Any],
        at_end: Callable[[Job, Ending], None],
        input_text: str = "",
        request: dict[str, Any] | None = None,
        turns: tuple[Turn, ...] = (),
        load: Load | None = None,
    ) -> str:
        """Queue `work` and return its id at once; `at_end` is called in a thread before the job shows as ended.

        `request` and `turns` tell with what it was asked for, and what was said before, so that it can be asked again.
        `load` tells how much work it is. Raises EngineBusy as `admit` does.
        """
        job = Job(visitor_id, task, work, at_end, input_text, request or {}, turns, load or Load())
        with self._lock:
            place = self._admitted(visitor_id, job.job_id, job.load)
            job.is_long = place.is_long
            self._jobs[job.job_id] = self._open[job.job_id] = job
            self._line.join(place)
            job.promised = self._expected(job.job_id)[1]
            self._forget_the_oldest()
            self._turn.notify()
            self._care.notify()
        return job.job_id

    def admit(self, visitor_id: str, load: Load) -> None:
        """Return if such a job would be let in now, else raise EngineBusy with the seconds until it may be.

        It is refused when too many wait, too many of this visitor's, or for longer than the bounds allow.
        """
        with self._lock:
            self._admitted(visitor_id, "", load)

    def look(self, visitor_id: str, job_id: str) -> JobView:
        """Return the job as it is now; raises NotYours for an unknown id or another visitor's."""
        job = self._own(visitor_id, job_id)
        with self._lock:
            place, seconds = self._expected(job_id) if job.state == "waiting" else (0, 0.0)
            return job.view(place, seconds)

    def stop(self, visitor_id: str, job_id: str) -> None:
        """Ask the job to end; what it has shown so far is kept. A job that is over stays as it is."""
        job = self._own(visitor_id, job_id)
        with self._lock:
            self._end(job, None)

    def latest(self, visitor_id: str, task: Task) -> str | None:
        """Return the id of the visitor's newest job of this task, so that a reloaded page finds it again."""
        return next(iter(self.recent(visitor_id, task, 1)), None)

    def recent(self, visitor_id: str, task: Task, limit: int = 10) -> list[str]:
        """Return the ids of the visitor's newest jobs of this task, newest first."""
        with self._lock:
            own = (
                job.job_id for job in reversed(self._jobs.values()) if (job.visitor_id, job.task) == (visitor_id, task)
            )
            return list(islice(own, limit))

    def is_busy(self, visitor_id: str) -> bool:
        """Return whether any of the visitor's jobs is not over yet."""
        with self._lock:
            mine = [job for job in self._open.values() if job.visitor_id == visitor_id]
            return any(job.state in ("waiting", "running") for job in mine)

    def has_just_ended(self, visitor_id: str, seconds: float) -> bool:
        """Return whether any of the visitor's jobs ended within the last seconds."""
        since = time.monotonic() - seconds
        with self._lock:
            ends = [job.ended for job in self._jobs.values() if job.visitor_id == visitor_id]
        return any(end is not None and end > since for end in ends)

    def forget(self, visitor_id: str) -> None:
        """Stop the visitor's jobs and keep none of them; what still runs ends at the next place to stop."""
        with self._lock:
            for job in [job for job in self._jobs.values() if job.visitor_id == visitor_id]:
                self._end(job, None)
                del self._jobs[job.job_id]
        self.presence.forget(visitor_id)

    def of_interaction(self, visitor_id: str, interaction_id: str) -> JobView | None:
        """Return the visitor's job that gave this interaction, if it is still remembered."""
        with self._lock:
            found = [job.job_id for job in self._jobs.values() if job.interaction_id == interaction_id]
        return self.look(visitor_id, found[0]) if found else None

    def crowd(self) -> tuple[int, int]:
        """Return how many jobs wait and how many run."""
        with self._lock:
            states = [job.state for job in self._open.values()]
        return states.count("waiting"), states.count("running")

    def promises(self) -> list[tuple[float, float]]:
        """Return of the last jobs how many seconds of waiting were expected when they came, and how many it was."""
        with self._lock:
            return list(self._promises)

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Stop what runs, let everything's end be written down, and return."""
        with self._lock:
            for job in list(self._open.values()):
                self._end(job, None)
            self._is_closing = True
            self._turn.notify_all()
            self._care.notify_all()
        end = time.monotonic() + timeout_seconds
        for thread in (*self._threads, self._keeper):
            thread.join(max(0.0, end - time.monotonic()))

    # Inside; what follows is called with the lock held

    def _admitted(self, visitor_id: str, job_id: str, load: Load) -> Place:
        """Return the place that a newcomer is to take, or raise EngineBusy."""
        cost = self._pace.seconds(load)
        is_long = self._limits.long_wait_seconds is not None and cost > bounds.LONG_SECONDS
        place = Place(job_id, visitor_id, cost, is_long)
        waiting = self._line.waiting
        own = [other.job_id for other in waiting if other.visitor_id == visitor_id]
        if len(own) >= self._limits.waiting_jobs_of_one:
            raise self._busy(own)
        if len(waiting) >= self._limits.waiting_jobs and not self._make_room(waiting):
            raise self._busy([other.job_id for other in waiting])
        budget = self._limits.budget(is_long)
        if budget is not None and any(other.is_long == is_long for other in waiting):
            expected = self._line.forecast(time.monotonic(), place, self.presence.is_here)[job_id][1]
            if expected > budget:
                raise EngineBusy(seconds=max(1.0, expected - budget))
        return place

    def _busy(self, job_ids: list[str]) -> EngineBusy:
        """Return a refusal until the first of these jobs begins."""
        forecast = self._line.forecast(time.monotonic(), is_here=self.presence.is_here)
        return EngineBusy(seconds=max([1.0, *sorted(forecast[one][1] for one in job_ids if one in forecast)[:1]]))

    def _make_room(self, waiting: list[Place]) -> bool:
        """End one that waits for nobody, where there is one: places are for those who are there."""
        away = [place.job_id for place in waiting if not self.presence.is_here(place.visitor_id)]
        if away:
            self._end(self._open[away[-1]], LeftAlone())
        return bool(away)

    def _expected(self, job_id: str) -> tuple[int, float]:
        """Return a waiting job's place and the seconds until it begins."""
        now = time.monotonic()
        if now - self._forecast[0] > bounds.FORECAST_SECONDS or job_id not in self._forecast[1]:
            self._forecast = now, self._line.forecast(now, is_here=self.presence.is_here)
        place, seconds = self._forecast[1].get(job_id, (0, 0.0))
        return place, max(0.0, seconds - (now - self._forecast[0]))

    def _end(self, job: Job, reason: HearbackError | None) -> None:
        """Ask a job to end: one that waits is given up by the keeper, one that runs hears it at its next check."""
        if job.state not in ("waiting", "running"):
            return
        job.end(reason)
        if self._line.leave(job.job_id):
            self._dropped.append(job)
            self._care.notify()

    def _forget_the_oldest(self) -> None:
        characters = sum(job.characters for job in self._jobs.values())
        for job_id, job in list(self._jobs.items()):
            if len(self._jobs) <= bounds.KEPT_JOBS and characters <= bounds.KEPT_CHARACTERS:
                return
            if job.ended is not None:
                characters -= job.characters
                del self._jobs[job_id]

    # Inside; what follows takes the lock itself

    def _own(self, visitor_id: str, job_id: str) -> Job:
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.visitor_id != visitor_id:
            raise not_yours("answer")
        return job

    def _serve(self) -> None:
        """Carry out one job after another, until the board closes."""
        while (job := self._next()) is not None:
            with request(job.interaction_id[:8]):
                self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        ending, state = job.carry_out()
        with self._lock:
            self._turn.notify_all()
            if job.is_put_down and ending is Ending.STOPPED and job.job_id in self._jobs:
                self._line.put_back(job.job_id, time.monotonic())
                job.wait_again()
                return
            cost = self._line.end(job.job_id, time.monotonic())
            if ending is Ending.FINISHED and job.is_typical:
                self._pace.learn(job.load, cost)
        job.write_down(ending, state)
        with self._lock:
            self._open.pop(job.job_id, None)

    def _next(self) -> Job | None:
        with self._lock:
            while True:
                if (place := self._line.take(time.monotonic(), self.presence.is_here)) is not None:
                    job = self._open[place.job_id]
                    job.state = "running"
                    if not job.is_taken_up:
                        self._promises.append((job.promised, time.monotonic() - job.asked))
                    return job
                if self._is_closing:
                    return None
                self._turn.wait()

    def _keep(self) -> None:
        """End what nobody waits for any more, and what has waited for too long, until the board closes."""
        while True:
            with self._lock:
                while not (self._dropped or self._is_closing):
                    self._look_around()
                    if not self._dropped:
                        self._care.wait(bounds.KEEPER_SECONDS if self._open else None)
                dropped, self._dropped = self._dropped, []
                if not dropped and self._is_closing:
                    return
            for job in dropped:
                job.write_down(*job.give_up())
                with self._lock:
                    self._open.pop(job.job_id, None)

    def _look_around(self) -> None:
        """End what is to end; with the lock held."""
        now = time.monotonic()
        is_wanted = any(self.presence.is_here(place.visitor_id) for place in self._line.waiting)
        for job in list(self._open.values()):
            deadline = self._limits.deadline(job.is_long)
            if job.state == "waiting" and deadline is not None and now - job.queued > deadline:
                self._end(job, WaitedTooLong(seconds=deadline))
            grace = bounds.LONG_LEFT_SECONDS if job.is_long else bounds.LEFT_SECONDS
            if job.stop.is_set() or self.presence.is_here(job.visitor_id):
                continue
            if self.presence.away_seconds(job.visitor_id) >= grace:
                self._end(job, LeftAlone())
            elif job.state == "running" and (is_wanted or not job.load.is_left_alone):
                job.put_down()
        if self._line.waiting:
            self._turn.notify_all()  # who was away may be back
