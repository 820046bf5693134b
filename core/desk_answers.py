"""How the desk comes to an answer: the engines that it takes first, then what is kept, or else the work itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.answers_kept import EVERYBODY, Answered, AnswersKept, Key
from core.engines.shelf import CLASSIFIER, ENCODER, TRANSLATOR
from core.errors import HearbackError
from core.house import House, Tasks
from core.jobs import Job
from core.knowledge.library import HANDBOOK
from core.limits import TURNS_REMEMBERED
from core.loop import Recall
from core.memory.bound import state_of
from core.memory.keys import shape
from core.progress import Progress
from core.types import Task, Turn

# What every answer of a task takes; anything else (a translator for a foreign question) is opened when it is needed.
NEEDS = {
    Task.SUPPORT: (ENCODER,),
    Task.TRANSLATE: (TRANSLATOR,),
    Task.SUMMARIZE: (ENCODER,),
    Task.SENTIMENT: (CLASSIFIER,),
}
# In the settings of an answer's origin, where it was not computed for this use: how it came.
REPEATED = "repeated"
OF_THE_VISITOR, OF_ANYBODY, AT_THE_SAME_TIME = "the visitor's", "anybody's", "at the same time"

_log = logging.getLogger(__name__)

Work = Callable[[Progress, Tasks, Recall | None], Any]


@dataclass(frozen=True)
class Asked:
    """One use as it was asked for; `can_be_kept` is False for files and tables, which are large and seldom equal.

    `is_fresh` wants an answer that is made now, whatever is kept.
    """

    visitor_id: str
    task: Task
    input_text: str
    request: dict[str, Any]
    turns: Sequence[Turn] = ()
    segment: str = ""
    can_be_kept: bool = True
    is_fresh: bool = False


class Answers:
    """Answers for one house; thread-safe."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept = AnswersKept()

    def expect(self, task: Task) -> None:
        """Open first what this task takes: somebody is on its page."""
        self._house.shelf.expect(NEEDS[task])

    def answer(self, asked: Asked, job: Job, work: Work) -> Any:
        """Return the result of `work`, or an equal one that is there already; raises what `work` raises, and Stopped.

        While an engine is being opened, `job` is told so. What serves is asked for when the work can start, so that a
        promotion before that counts. A result that was not computed for this use says so in its origin.
        """
        if self._house.shelf.prepare(NEEDS[asked.task], job):
            job.is_typical = False
        tasks, remembered = self._house.tasks(asked.segment), self._recall(asked)
        key = self._key(asked, tasks, remembered)
        if key is None:
            return work(job, tasks, remembered)
        answered = self._kept.answer(
            key,
            asked.visitor_id,
            job,
            lambda progress: work(progress, tasks, remembered),
            is_still=lambda: self._key(asked, tasks, remembered) == key,
            is_fresh=asked.is_fresh,
        )
        if answered.is_kept or answered.is_shared:
            job.is_typical = False
        return _told(answered, key)

    def forget(self, visitor_id: str) -> None:
        """Keep nothing of a visitor's."""
        self._kept.forget(visitor_id)

    def close(self) -> None:
        """Stop what is on its way."""
        self._kept.close()

    def _recall(self, asked: Asked) -> Recall | None:
        """Return the memory as it may be used for this, or None where it cannot: an answer never depends on it."""
        request, is_summary = asked.request, asked.task is Task.SUMMARIZE
        target = shape(request["length"], request["form"]) if is_summary else request.get("target", "")
        try:
            return self._house.memory.bound(
                asked.visitor_id,
                asked.task,
                source=request.get("source", ""),
                target=target,
                knowledge_id=request.get("knowledge_id", ""),
                revision=request.get("revision", 0),
                segment=asked.segment,
            )
        except HearbackError as error:
            _log.warning("answering without the memory: %s", error)
            return None

    def _key(self, asked: Asked, tasks: Tasks, recall: Recall | None) -> Key | None:
        """Return all that the answer depends on, or None where that cannot be told, and nothing may be kept."""
        memory = state_of(recall)
        if not asked.can_be_kept or memory is None:
            return None
        knowledge_id, revision = asked.request.get("knowledge_id", ""), int(asked.request.get("revision", 0))
        if knowledge_id == HANDBOOK and self._house.handbook.open() != revision:
            return None  # published between the asking and now: another index answers than the log will say
        served = getattr(tasks, asked.task.value)
        is_everybodys = knowledge_id == HANDBOOK and not asked.turns and not memory.has_own
        turns = [(turn.role, turn.content) for turn in asked.turns[-TURNS_REMEMBERED:]]
        return Key(
            task=asked.task,
            scope=EVERYBODY if is_everybodys else asked.visitor_id,
            served=self._kept.serial(served),
            weights=str(getattr(served, "fingerprint", "")),
            memory=memory.digest,
            revision=str(revision),
            content=self._kept.digest(asked.input_text, sorted(asked.request.items()), turns),
        )


def _told(answered: Answered, key: Key) -> Any:
    """Return the result, with how it came in its origin where it was not computed for this use."""
    if not answered.is_kept and not answered.is_shared:
        return answered.result
    how = AT_THE_SAME_TIME if answered.is_shared else OF_ANYBODY if key.scope == EVERYBODY else OF_THE_VISITOR
    origin = answered.result.origin
    return replace(answered.result, origin=replace(origin, settings={**origin.settings, REPEATED: how}))
