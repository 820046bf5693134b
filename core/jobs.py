"""Work that outlives the click that asked for it.

A page starts a job and keeps only its id; the work runs in a thread of its own, is looked at as often as one likes,
and ends by itself whatever the page does meanwhile. Jobs live in memory: what must last is written down by the
caller's `at_end` before the job shows as ended.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from core.errors import EngineBusy, HearbackError, NotYours, Stopped
from core.progress import Progress
from core.types import Ending, Task, Turn

_log = logging.getLogger(__name__)

WAITING_JOBS = 100
WAITING_JOBS_OF_ONE_VISITOR = 5
KEPT_JOBS = 1_000
_TYPICAL_SECONDS = 4.0


@dataclass(frozen=True)
class JobView:
    """A job as it stands now; `state` is waiting, running, finished, stopped or failed.

    `text` is all of the output so far. `place` counts the jobs ahead in the queue. `sentence` tells why a job
    stopped or failed. `seconds` run from the start of the work, `first_seconds` to the first shown text.
    """

    job_id: str
    task: Task
    state: str
    text: str
    done: int
    total: int
    doing: str
    result: Any
    interaction_id: str
    sentence: str
    place: int
    seconds: float
    first_seconds: float | None
    input_text: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will change."""
        return self.state in ("finished", "stopped", "failed")


@dataclass(eq=False)
class Job(Progress):
    """One piece of work and, as a `Progress`, the voice of the task that does it."""

    visitor_id: str
    task: Task
    work: Callable[[Job], Any]
    at_end: Callable[[Job, Ending], None]
    input_text: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    job_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    interaction_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    stop: threading.Event = field(default_factory=threading.Event)
    state: str = "waiting"
    text: str = ""
    done: int = 0
    total: int = 0
    doing: str = ""
    result: Any = None
    sentence: str = ""
    asked: float = field(default_factory=time.monotonic)
    started: float | None = None
    first: float | None = None
    ended: float | None = None

    def show(self, text: str) -> None:
        """Publish the whole output so far."""
        if self.first is None and text:
            self.first = time.monotonic()
        self.text = text

    def advance(self, done: int, total: int, doing: str) -> None:
        """Publish how far the work is."""
        self.done, self.total, self.doing = done, total, doing

    @property
    def seconds(self) -> float:
        """Wall-clock seconds since the visitor asked, until now or until the end."""
        return (self.ended or time.monotonic()) - self.asked

    @property
    def first_seconds(self) -> float | None:
        """Seconds from the visitor's asking to the first shown text."""
        return None if self.first is None else self.first - self.asked


class JobBoard:
    """Runs jobs in a few threads, in the order of their coming, and answers for each only to its visitor."""

    def __init__(self, workers: int = 4) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._serve, name=f"job-{n}", daemon=True) for n in range(workers)]
        for thread in self._threads:
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
    ) -> str:
        """Queue `work` and return its id at once; `at_end` is called in the worker before the job shows as ended.

        `request` and `turns` tell with what it was asked for, and what was said before, so that it can be asked again.
        Raises EngineBusy when the queue, or this visitor's share of it, is full.
        """
        job = Job(visitor_id, task, work, at_end, input_text, request or {}, turns)
        with self._lock:
            waiting = [other for other in self._jobs.values() if other.state == "waiting"]
            own = sum(other.visitor_id == visitor_id for other in waiting)
            if len(waiting) >= WAITING_JOBS or own >= WAITING_JOBS_OF_ONE_VISITOR:
                raise EngineBusy(seconds=max(1.0, len(waiting) * _TYPICAL_SECONDS / len(self._threads)))
            self._jobs[job.job_id] = job
            self._forget_the_oldest()
        self._queue.put(job)
        return job.job_id

    def look(self, visitor_id: str, job_id: str) -> JobView:
        """Return the job as it is now; raises NotYours for an unknown id or another visitor's."""
        job = self._own(visitor_id, job_id)
        with self._lock:
            place = 0
            if job.state == "waiting":
                place = sum(o.state in ("waiting", "running") and o.asked < job.asked for o in self._jobs.values())
            return JobView(
                job_id=job.job_id,
                task=job.task,
                state=job.state,
                text=job.text,
                done=job.done,
                total=job.total,
                doing=job.doing,
                result=job.result,
                interaction_id=job.interaction_id,
                sentence=job.sentence,
                place=place,
                seconds=job.seconds,
                first_seconds=job.first_seconds,
                input_text=job.input_text,
                request=job.request,
                turns=job.turns,
            )

    def stop(self, visitor_id: str, job_id: str) -> None:
        """Ask the job to end; what it has shown so far is kept. A job that is over stays as it is."""
        self._own(visitor_id, job_id).stop.set()

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
            mine = [job for job in self._jobs.values() if job.visitor_id == visitor_id]
            return any(job.state in ("waiting", "running") for job in mine)

    def forget(self, visitor_id: str) -> None:
        """Stop the visitor's jobs and keep none of them; what still runs ends at the next place to stop."""
        with self._lock:
            for job in [job for job in self._jobs.values() if job.visitor_id == visitor_id]:
                job.stop.set()
                del self._jobs[job.job_id]

    def of_interaction(self, visitor_id: str, interaction_id: str) -> JobView | None:
        """Return the visitor's job that gave this interaction, if it is still remembered."""
        with self._lock:
            found = [job.job_id for job in self._jobs.values() if job.interaction_id == interaction_id]
        return self.look(visitor_id, found[0]) if found else None

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Stop what runs, let every worker write its end down, and return."""
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
        for _ in self._threads:
            self._queue.put(None)
        end = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _own(self, visitor_id: str, job_id: str) -> Job:
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.visitor_id != visitor_id:
            raise NotYours(what="answer")
        return job

    def _forget_the_oldest(self) -> None:
        for job_id in list(self._jobs):
            if len(self._jobs) <= KEPT_JOBS:
                return
            if self._jobs[job_id].ended is not None:
                del self._jobs[job_id]

    def _serve(self) -> None:
        while (job := self._queue.get()) is not None:
            _carry_out(job)


def _carry_out(job: Job) -> None:
    job.started = time.monotonic()
    job.state = "running"
    ending, state = Ending.FINISHED, "finished"
    try:
        job.check()
        job.result = job.work(job)
    except Stopped as stopped:
        ending, state, job.sentence = Ending.STOPPED, "stopped", str(stopped)
    except HearbackError as error:
        ending, state, job.sentence = Ending.FAILED, "failed", str(error)
    except Exception:  # noqa: BLE001 - a bug in a task must end this job, not the thread that serves all visitors
        ending, state = Ending.FAILED, "failed"
        job.sentence = f"{HearbackError()} (reference {job.interaction_id[:8]})"
        _log.exception("job %s of task %s failed, reference %s", job.job_id, job.task, job.interaction_id[:8])
    job.ended = time.monotonic()
    try:
        job.at_end(job, ending)
    except Exception:  # noqa: BLE001 - the visitor's answer stands even where writing it down failed
        _log.exception("the end of job %s could not be recorded", job.job_id)
    job.state = state
