"""One piece of work: how it runs, how it ends, and how it shows."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.errors import HearbackError, Stopped
from core.jobs.pace import Load
from core.progress import Progress
from core.types import Ending, Task, Turn

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobView:
    """A job as it stands now; `state` is waiting, running, finished, stopped or failed.

    `text` is all of the output so far. `place` counts those who wait and will begin before it, `wait_seconds` is when
    it is expected to begin; both are 0 once it has. `sentence` tells why a job stopped or failed. `seconds` run from
    the asking, `first_seconds` to the first shown text.
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
    wait_seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will change."""
        return self.state in ("finished", "stopped", "failed")


@dataclass(eq=False)
class Job(Progress):
    """One piece of work and, as a `Progress`, the voice of the task that does it.

    `ending` is an error that is to end it, set before `stop`; without one a stop is the visitor's own. `promised` is
    in how many seconds it was expected to begin when it came. `is_typical` is unset where its seconds tell nothing of
    the next one's: it waited for weights to load, or its answer was there already. `is_put_down` is set with `stop`
    where nobody is there to read it: it ends for now, and is taken up again if its visitor comes back.
    """

    visitor_id: str
    task: Task
    work: Callable[[Job], Any]
    at_end: Callable[[Job, Ending], None]
    input_text: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    load: Load = field(default_factory=Load)
    is_long: bool = False
    promised: float = 0.0
    is_typical: bool = True
    is_put_down: bool = False
    is_taken_up: bool = False
    job_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    interaction_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    stop: threading.Event = field(default_factory=threading.Event)
    ending: HearbackError | None = None
    state: str = "waiting"
    text: str = ""
    done: int = 0
    total: int = 0
    doing: str = ""
    result: Any = None
    sentence: str = ""
    asked: float = field(default_factory=time.monotonic)
    queued: float = field(default_factory=time.monotonic)
    started: float | None = None
    first: float | None = None
    ended: float | None = None

    def show(self, text: str) -> None:
        """Publish the whole output so far."""
        if self.first is None and text:
            self.first = time.monotonic()
        if self.is_taken_up and self.text.startswith(text):
            return  # it is written anew, and not yet as far as it was
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

    def view(self, place: int = 0, wait_seconds: float = 0.0) -> JobView:
        """Return the job as it is now."""
        return JobView(
            job_id=self.job_id,
            task=self.task,
            state=self.state,
            text=self.text,
            done=self.done,
            total=self.total,
            doing=self.doing,
            result=self.result,
            interaction_id=self.interaction_id,
            sentence=self.sentence,
            place=place,
            seconds=self.seconds,
            first_seconds=self.first_seconds,
            input_text=self.input_text,
            request=self.request,
            turns=self.turns,
            wait_seconds=wait_seconds,
        )

    def carry_out(self) -> tuple[Ending, str]:
        """Do the work, whatever comes of it; return how it ended and the state to show after `write_down`."""
        self.started = time.monotonic()
        self.state = "running"
        ending, state = Ending.FINISHED, "finished"
        try:
            self.check()
            self.result = self.work(self)
        except Stopped as stopped:
            ending, state = self._stopped(stopped)
        except HearbackError as error:
            ending, state, self.sentence = Ending.FAILED, "failed", str(error)
        except Exception:  # noqa: BLE001 - a bug in a task must end this job, not the thread that serves all visitors
            ending, state = Ending.FAILED, "failed"
            self.sentence = f"{HearbackError()} (reference {self.interaction_id[:8]})"
            _log.exception("job %s of task %s failed, reference %s", self.job_id, self.task, self.interaction_id[:8])
        self.ended = time.monotonic()
        return ending, state

    def end(self, reason: HearbackError | None) -> None:
        """Ask the work to end for good: for this reason or, without one, because its visitor wants it."""
        if self.is_put_down or not self.stop.is_set():
            self.ending = reason
        self.is_put_down = False
        self.stop.set()

    def put_down(self) -> None:
        """Ask the work to end for now."""
        self.is_put_down = True
        self.stop.set()

    def wait_again(self) -> None:
        """Stand as one that waits, after it was put down: with what it has shown so far, and worked on anew."""
        self.stop = threading.Event()  # a new one: what still hears the old one is to end
        self.is_put_down, self.is_taken_up, self.is_typical = False, True, False
        self.state, self.sentence, self.ended, self.queued = "waiting", "", None, time.monotonic()

    def give_up(self) -> tuple[Ending, str]:
        """End a job that never began; return as `carry_out`."""
        self.ended = time.monotonic()
        return self._stopped(Stopped())

    def write_down(self, ending: Ending, state: str) -> None:
        """Tell `at_end` how the work ended, then show it as over."""
        try:
            self.at_end(self, ending)
        except Exception:  # noqa: BLE001 - the visitor's answer stands even where writing it down failed
            _log.exception("the end of job %s could not be recorded", self.job_id)
        # Both hold what was worked on, a whole file or table, and a job that is over is looked at for long.
        self.work, self.at_end = _over, _over
        self.state = state

    @property
    def characters(self) -> float:
        """How much is kept of the job, about: what it was given, and what it shows."""
        return max(self.load.units, len(self.input_text)) + len(self.text)

    def _stopped(self, stopped: Stopped) -> tuple[Ending, str]:
        self.sentence = str(self.ending or stopped)
        if self.ending is None or isinstance(self.ending, Stopped):
            return Ending.STOPPED, "stopped"
        return Ending.FAILED, "failed"


def _over(*_: Any) -> None:
    """Stand where the work was of a job that is over."""
