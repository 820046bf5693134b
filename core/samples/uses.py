"""What one use of a task comes to in the sample company's history: its text, its times, its ending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from core.samples.people import Person, first_day, weighted
from core.samples.story import (
    AFTER,
    BAD_DAY,
    BEFORE,
    CHANGE_WEEK,
    ERRORS,
    FAILED,
    GAPS,
    SECONDS,
    SECONDS_AFTER,
    STOPPED,
    SUMMARY_WEIGHTS,
)
from core.samples.texts import SAMPLE_WEIGHTS_SHA256, Text, Texts
from core.types import Ending, Task

_BAD_HOURS = range(13, 17)


@dataclass(frozen=True)
class Use:
    """A use as it went; `week` counts from 0."""

    interaction_id: str
    person: Person
    task: Task
    at: datetime
    week: int
    text: Text
    ending: Ending
    error: str
    first_seconds: float | None
    total_seconds: float

    @property
    def has_answer(self) -> bool:
        """Whether there is something to judge."""
        return self.ending is Ending.FINISHED

    @property
    def is_after(self) -> bool:
        """Whether the weights had changed by then."""
        return self.week >= CHANGE_WEEK


class Uses:
    """Draws uses one after another; each has an id of its own."""

    def __init__(self, chance: Random, texts: Texts, until: date) -> None:
        self._chance = chance
        self._texts = texts
        self._start = first_day(until)
        self._count = 0
        self._pools: dict[tuple[Task, str, str], list[Text]] = {}

    def of(self, person: Person, at: datetime, task: Task, text: Text | None = None) -> Use:
        """Return what came of a use; `text` is what was sent, by default something that the visitor would send."""
        week = (at.date() - self._start).days // 7
        text = text or self._sent(person, task, week)
        slower = SECONDS_AFTER.get(task, 1.0) if week >= CHANGE_WEEK else 1.0
        is_bad = (week, at.weekday()) == BAD_DAY[:2] and at.hour in _BAD_HOURS
        slower *= BAD_DAY[3] if is_bad else 1.0
        shown = self._seconds(SECONDS[task][0] * slower)
        total = max(shown, self._seconds(SECONDS[task][1] * slower))
        first: float | None = round(shown, 4)
        ending, error, luck = Ending.FINISHED, "", self._chance.random()
        if luck < (BAD_DAY[2] if is_bad else FAILED):
            ending, error = Ending.FAILED, self._chance.choice(ERRORS)
            first, total = None, 0.2 if error == ERRORS[0] else 120.0
        elif luck > 1 - STOPPED[task]:
            ending, total = Ending.STOPPED, max(shown, total * self._chance.random())
        self._count += 1
        name = f"sample_use_{self._count:05}"
        return Use(name, person, task, at, week, text, ending, error, first, round(total, 4))

    def _seconds(self, middle: float) -> float:
        return self._chance.lognormvariate(0, 0.45) * middle

    def _sent(self, person: Person, task: Task, week: int) -> Text:
        kind = ""
        if task is Task.SUPPORT:
            open_now = {name: share for name, (share, begins) in GAPS.items() if week >= begins}
            kind = weighted(self._chance, {**open_now, "answer": 1 - sum(open_now.values())})
        elif task is Task.TRANSLATE:
            kind = "marketing" if person.group.role == "Marketing" and self._chance.random() < 0.9 else "general"
        pool = self._pool(task, kind, person.language)
        # What is asked first on the list is asked most.
        return pool[int(len(pool) * self._chance.random() ** 1.3)]

    def _pool(self, task: Task, kind: str, language: str) -> Sequence[Text]:
        key = (task, kind, language)
        if key not in self._pools:
            of_kind = [text for text in self._texts.of_task[task] if not kind or text.kind == kind]
            own = [text for text in of_kind if text.language == language]
            self._pools[key] = own if len(own) > 1 else [text for text in of_kind if text.language == "en"]
        return self._pools[key]


def row_of(use: Use, revision: int) -> dict[str, Any]:
    """Return the row of the table `interactions`; without consent to log, only what can be counted."""
    text, person = use.text, use.person
    is_kept = person.consent.log
    is_whole = use.ending is Ending.FINISHED
    output_text = text.output_text if is_whole else text.output_text[: len(text.output_text) // 3]
    if use.ending is Ending.FAILED:
        output_text = ""
    versions = {Task.SUMMARIZE: SUMMARY_WEIGHTS, **(AFTER if use.is_after else BEFORE)}
    weights_id, adapter_id = versions.get(use.task, ("", "")) if is_whole else ("", "")
    messages = [{"role": "user", "content": text.input_text}, {"role": "assistant", "content": output_text}]
    is_support = use.task is Task.SUPPORT
    return {
        "interaction_id": use.interaction_id,
        "visitor_id": person.visitor_id,
        "task": use.task.value,
        "started_at": use.at,
        "recorded_at": use.at + timedelta(seconds=use.total_seconds),
        "input_text": text.input_text if is_kept else "",
        "request": text.request if is_kept else {},
        "output_text": output_text if is_kept else "",
        "output": text.output if is_kept and is_whole else {},
        "messages": messages if is_kept else [],
        "language": text.language if is_whole else "",
        "ending": use.ending.value,
        "error": use.error if is_kept else "",
        "path": text.path if is_whole else "",
        "weights_id": weights_id,
        "weights_sha256": SAMPLE_WEIGHTS_SHA256 if weights_id else "",
        "adapter_id": adapter_id,
        "prompt_version": "translate-1" if use.task is Task.TRANSLATE and is_whole else "",
        "settings": text.settings if is_whole else {},
        "first_seconds": use.first_seconds,
        "total_seconds": use.total_seconds,
        "memory_id": "",
        "is_abstained": is_whole and text.is_abstained,
        "segment": person.group.segment,
        "consent_log": person.consent.log,
        "consent_train": person.consent.train,
        "knowledge_id": "handbook" if is_support else "",
        "knowledge_revision": revision if is_support else 0,
        "is_sample": True,
    }
