"""Retire on train: what the live weights answer right without the memory is not looked up any more.

Each shared entry that was learned from is asked of the weights that serve, with the memory off. Right is the same label
or the same words. A longer text is right too where it is as good as the correction: by chrF at least `LEVEL`, and at
least half of the way from what the weights had said before to the correction, because most corrections change little,
and an answer with the old mistake in it is alike as well.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from core.errors import HearbackError, Stopped, StoreError
from core.house import House
from core.knowledge.library import HANDBOOK
from core.learning.scores import chrf
from core.loop import Artefact
from core.memory.keys import output_key
from core.progress import Progress
from core.store import artefacts, retiring
from core.store.retiring import Entry
from core.tables import Table
from core.types import Task

# chrF of two good translations of a sentence is about 60 to 70; beyond 80 they differ by an ending or a small word.
LEVEL = 80.0
MOST = 2_000
_log = logging.getLogger(__name__)


def retire_known(house: House, progress: Progress | None = None) -> int:
    """Do so after each switch that it was not done after yet, and return how many entries were retired.

    Raises Stopped; what was not finished is begun anew the next time.

    Only where one artefact serves everybody: the memory is shared, so what is retired must be known to all that serve.
    """
    total = 0
    for serving_id, task, served in retiring.newest_unsettled(house.database):
        artefact_id = served.get("", "")
        if not artefact_id or len(served) > 1:
            why = "a segment has weights of its own" if len(served) > 1 else "the weights that ship serve everybody"
            retiring.settle(house.database, serving_id, "", (), {"asked": 0, "why": why})
            continue
        artefact = artefacts.artefact(house.database, artefact_id)
        entries = retiring.to_ask(house.database, artefact)[:MOST]
        try:
            known = known_of(house, task, artefact, entries, progress or Progress())
        except (Stopped, StoreError):
            raise
        except HearbackError as error:
            _log.warning("%s was not asked for what is remembered: %s", artefact.name, error)
            retiring.settle(house.database, serving_id, artefact_id, (), {"asked": 0, "why": str(error)})
            continue
        total += retiring.settle(house.database, serving_id, artefact_id, known, {"asked": len(entries), "why": ""})
    return total


def known_of(house: House, task: Task, artefact: Artefact, entries: Sequence[Entry], progress: Progress) -> list[str]:
    """Return the ids of the entries that an artefact answers right by itself; raises what its engine raises."""
    if not entries:
        return []
    asked = house.serving.task(task, artefact)
    if task is Task.SENTIMENT:
        table = Table(("text",), [(entry.input_text,) for entry in entries])
        labels = asked.read_table(table, "text", progress=progress).labels
        pairs = zip(entries, labels, strict=True)
        return [entry.memory_id for entry, label in pairs if is_right(task, entry, label)]
    known = []
    for done, entry in enumerate(entries):
        progress.check()
        progress.advance(done, len(entries), "asking for what is remembered")
        if _knows(house, task, asked, entry):
            known.append(entry.memory_id)
    return known


def is_right(task: Task, entry: Entry, answer: str) -> bool:
    """Return whether an answer says what the entry says."""
    if output_key(task, answer) == output_key(task, entry.output_text):
        return True
    if task is Task.SENTIMENT or not entry.said:
        return False
    level = max(LEVEL, (100 + chrf(entry.said, entry.output_text)) / 2)
    return chrf(answer, entry.output_text) >= level


def _knows(house: House, task: Task, asked: Any, entry: Entry) -> bool:
    match task:
        case Task.TRANSLATE:
            # Visitors are given the careful version; the quick one is asked first because it costs a sixteenth.
            return all(
                is_right(task, entry, asked.translate(entry.input_text, entry.target, entry.source, is_careful).text)
                for is_careful in (False, True)
            )
        case Task.SUMMARIZE:
            length, _, form = entry.target.partition(" ")
            return is_right(task, entry, asked.summarize(entry.input_text, length, form).text)
        case _:
            if entry.knowledge_id not in ("", HANDBOOK):
                return False
            house.handbook.open()
            return is_right(task, entry, asked.answer(entry.input_text, house.library.index("")).text)
