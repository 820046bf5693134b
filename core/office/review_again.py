"""What the live weights would say now to an item's input: run anew in the background, and not kept as a use."""

from __future__ import annotations

from typing import Any

from core.house import House
from core.jobs import Job, JobBoard, JobView
from core.journal import output_text_of
from core.knowledge.library import HANDBOOK
from core.store.reviews import Whole
from core.tasks.language import guess_language
from core.types import Ending, Member, Task


class Again:
    """Runs inputs anew, one after the other."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._board = JobBoard(workers=1)

    def start(self, member: Member, whole: Whole) -> str:
        """Begin, and return the job's id; raises EngineBusy."""
        kept = whole.interaction
        text = whole.correction.input_text if whole.correction else kept.input_text
        return self._board.start(member.member_id, kept.task, lambda job: self._answer(job, whole, text), _forget, text)

    def look(self, member: Member, job_id: str) -> JobView:
        """Return the job as it is now; raises NotYours for another member's."""
        return self._board.look(member.member_id, job_id)

    def _answer(self, job: Job, whole: Whole, text: str) -> str:
        kept = whole.interaction
        request = kept.request
        tasks = self._house.tasks(kept.segment)
        job.advance(0, 1, "asking the weights")
        result: Any
        match kept.task:
            case Task.SUPPORT:
                self._house.handbook.open()
                index = self._house.library.index("")
                result = tasks.support.answer(text, index, kept.messages[:-2], job)
            case Task.TRANSLATE:
                target = request.get("target") or guess_language(_output_of(whole)).code
                is_careful = bool(request.get("is_careful", True))
                result = tasks.translate.translate(text, target, request.get("source", ""), is_careful, job)
            case Task.SUMMARIZE:
                length, form = request.get("length", "short"), request.get("form", "text")
                result = tasks.summarize.summarize(text, length, form, job)
            case Task.SENTIMENT:
                result = tasks.sentiment.read(text, job)
        return output_text_of(result)


def why_not(whole: Whole) -> str:
    """Return why an item cannot be asked again, or empty where it can."""
    request = whole.interaction.request
    if "file" in request or "text_column" in request:
        return "Files and tables are not kept, so this cannot be asked again."
    if request.get("knowledge_id", HANDBOOK) not in ("", HANDBOOK):
        return "This was asked of the visitor's own documents, which are not kept."
    return ""


def _output_of(whole: Whole) -> str:
    return whole.correction.output_text if whole.correction else whole.interaction.output_text


def _forget(_job: Job, _ending: Ending) -> None:
    """Nothing is written down: nobody used anything."""
