"""The front desk: what a visitor can do.

Every use is a job (see `core.jobs`): asked for in one call, looked at until it is over, written down when it ends for
whatever reason. The desk joins tasks, engines and the store, which do not know each other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from core import limits
from core.credentials import Key
from core.desk_answers import REPEATED, Answers, Asked, Work
from core.desk_feedback import FeedbackDesk
from core.desk_survey import SurveyDesk
from core.engines.shelf import EngineState
from core.errors import NotYours
from core.house import House, Tasks
from core.jobs import VISITORS, Job, JobBoard, JobView, load_of
from core.journal import file_result, interaction_of, segment_of
from core.knowledge.library import HANDBOOK
from core.limits import check_text, clean_text
from core.loop import Recall
from core.outcomes import Outcomes
from core.progress import Progress
from core.store import erasure, own_data, queries
from core.store.erasure import Erased
from core.store.signals import FORGOTTEN
from core.store.writer import Backlog
from core.tables import Table
from core.tasks.language import LANGUAGES
from core.tasks.translate_files import translate_file
from core.tasks.translation_examples import SERVED
from core.traces import Trace, Tracer, open_traces
from core.types import (
    Consent,
    Ending,
    FileResult,
    Knowledge,
    Reply,
    Task,
    Turn,
    Visitor,
)

COUNTS_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Desk(FeedbackDesk, SurveyDesk):
    """What a visitor can do. Every method takes the visitor's id first, and every id is answered to its owner alone."""

    def __init__(self, house: House, tracer: Tracer | None = None) -> None:
        self._house = house
        self._shelf = house.shelf
        self._database = house.database
        self._recorder = house.recorder
        self._library = house.library
        self._handbook = house.handbook
        self._key = Key(house.settings)
        house.signals.on(FORGOTTEN, self._let_go_of_forgotten)
        self._leaving = Progress()
        self._board = JobBoard(workers=house.settings.slots, limits=VISITORS)
        self.presence = self._board.presence
        self.outcomes = Outcomes()
        self._tracer = tracer or open_traces(house.settings)
        self._answers = Answers(house)
        self._counted: tuple[float, queries.Counts] | None = None

    # Who is here

    def welcome(self, visitor_id: str) -> Visitor:
        """Return the visitor behind an id, made known if new."""
        return self._recorder.welcome(visitor_id)

    def choose(self, visitor_id: str, consent: Consent, role: str = "", company_size: str = "") -> Visitor:
        """Save what the visitor allows and says of themselves; it holds from the next use on."""
        return self._recorder.choose(visitor_id, consent, role, company_size)

    # The four use cases: each returns a job's id at once, and raises InputError before any work is done

    def ask(
        self,
        visitor_id: str,
        question: str,
        history: Sequence[Turn] = (),
        knowledge_id: str = "",
        *,
        is_fresh: bool = False,
    ) -> str:
        """Ask the handbook, or the visitor's own documents; `history` holds the turns before."""
        question = check_text(question, limits.QUESTION_CHARACTERS, "question")
        history = [Turn(turn.role, clean_text(turn.content[: limits.TURN_CHARACTERS])) for turn in history]
        knowledge_id = knowledge_id or HANDBOOK
        revision = self._handbook.open()
        self._library.check(visitor_id, knowledge_id)

        def work(job: Progress, tasks: Tasks, recall: Recall | None) -> Reply:
            job.advance(0, 2, "reading the documents")
            index = self._library.index(visitor_id, knowledge_id)
            job.check()
            job.advance(1, 2, "looking for the answer")
            return tasks.support.answer(question, index, history[-limits.TURNS_REMEMBERED :], job, recall=recall)

        request = {"knowledge_id": knowledge_id, "revision": revision if knowledge_id == HANDBOOK else 0}
        return self._start(visitor_id, Task.SUPPORT, question, request, work, tuple(history), is_fresh=is_fresh)

    def translate(
        self,
        visitor_id: str,
        text: str,
        target: str,
        source: str = "",
        is_careful: bool = True,
        *,
        is_fresh: bool = False,
    ) -> str:
        """Translate a text; without `source` its language is detected. Careful shows a draft first, then chooses."""
        text = check_text(text, limits.TRANSLATION_CHARACTERS)
        request = {"target": target, "source": source, "is_careful": is_careful}
        return self._start(
            visitor_id,
            Task.TRANSLATE,
            text,
            request,
            lambda job, tasks, recall: tasks.translate.translate(text, target, source, is_careful, job, recall=recall),
            is_fresh=is_fresh,
        )

    def translate_file(
        self,
        visitor_id: str,
        name: str,
        content: bytes,
        target: str,
        source: str = "",
        column: str = "",
        is_careful: bool = False,
    ) -> str:
        """Translate a text, Markdown, Word or CSV file into a file of the same kind."""

        def work(job: Progress, tasks: Tasks, recall: Recall | None) -> FileResult:
            translate = tasks.translate
            found = translate_file(translate, name, content, target, source, column, is_careful, job, recall=recall)
            return file_result(found.name, found.content, translate.fingerprint, found.memory)

        request = {"target": target, "source": source, "file": name, "column": column, "is_careful": is_careful}
        return self._start(visitor_id, Task.TRANSLATE, name, request, work, units=len(content))

    def summarize(
        self, visitor_id: str, text: str, length: str = "short", form: str = "text", *, is_fresh: bool = False
    ) -> str:
        """Summarize a text; length sentence, short or long; form text or points."""
        text = check_text(text, limits.SUMMARY_CHARACTERS)
        return self._start(
            visitor_id,
            Task.SUMMARIZE,
            text,
            {"length": length, "form": form},
            lambda job, tasks, recall: tasks.summarize.summarize(text, length, form, job, recall=recall),
            is_fresh=is_fresh,
        )

    def read_sentiment(self, visitor_id: str, text: str, *, is_fresh: bool = False) -> str:
        """Read the sentiment of one text."""
        text = check_text(text, limits.SENTIMENT_CHARACTERS)
        return self._start(
            visitor_id,
            Task.SENTIMENT,
            text,
            {},
            lambda job, tasks, recall: tasks.sentiment.read(text, job, recall=recall),
            is_fresh=is_fresh,
        )

    def read_table(self, visitor_id: str, table: Table, text_column: str, date_column: str = "") -> str:
        """Read the sentiment of every row of a table."""
        request = {"text_column": text_column, "date_column": date_column, "rows": len(table.rows)}
        return self._start(
            visitor_id,
            Task.SENTIMENT,
            f"{len(table.rows)} rows of {text_column}",
            request,
            lambda job, tasks, recall: tasks.sentiment.read_table(table, text_column, date_column, job, recall=recall),
            units=table.characters(text_column),
        )

    def again(self, visitor_id: str, interaction_id: str) -> str:
        """Ask the same again, with what is known by now, and have it computed.

        Raises NotYours for what is not kept, a file or a table.
        """
        seen = self._board.of_interaction(visitor_id, interaction_id)
        if seen is not None:
            task, text, request, turns = seen.task, seen.input_text, seen.request, seen.turns
        else:
            kept = queries.interaction(self._database, visitor_id, interaction_id)
            task, text, request, turns = kept.task, kept.input_text, kept.request, kept.messages[:-2]
        if not text or request.get("file") or request.get("text_column"):
            raise NotYours(what="answer")
        match task:
            case Task.SUPPORT:
                return self.ask(visitor_id, text, turns, request.get("knowledge_id", ""), is_fresh=True)
            case Task.TRANSLATE:
                source, is_careful = request.get("source", ""), bool(request.get("is_careful", True))
                return self.translate(visitor_id, text, request.get("target", ""), source, is_careful, is_fresh=True)
            case Task.SUMMARIZE:
                length, form = request.get("length", "short"), request.get("form", "text")
                return self.summarize(visitor_id, text, length, form, is_fresh=True)
            case Task.SENTIMENT:
                return self.read_sentiment(visitor_id, text, is_fresh=True)

    # Jobs

    def look(self, visitor_id: str, job_id: str) -> JobView:
        """Return a job as it is now."""
        return self._board.look(visitor_id, job_id)

    def latest(self, visitor_id: str, task: Task) -> str | None:
        """Return the visitor's newest job of a task, for a page that was reloaded."""
        return self._board.latest(visitor_id, task)

    def recent(self, visitor_id: str, task: Task, limit: int = 10) -> list[JobView]:
        """Return this visit's jobs of a task, newest first; they need no consent, since nothing of them is kept."""
        return [self._board.look(visitor_id, job_id) for job_id in self._board.recent(visitor_id, task, limit)]

    def stop(self, visitor_id: str, job_id: str) -> None:
        """Ask a job to end; what it has shown is kept."""
        self._board.stop(visitor_id, job_id)

    # What is kept of a visitor

    def my_data(self, visitor_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return everything that is kept of the visitor, by table, ready for JSON."""
        self._recorder.flush()
        return own_data.everything(self._database, visitor_id)

    def forget_me(self, visitor_id: str) -> Erased:
        """Forget the visitor: running work, own documents, and all that was written down or learned from them."""
        erased = self._recorder.forget(visitor_id)  # first: where it is refused, nothing of the visit was touched
        self._let_go(visitor_id)
        self._house.memory.copy()  # which drops what is gone from the database
        return erased

    def is_forgotten(self, visitor_id: str) -> bool:
        """Return whether the visitor of this id was forgotten, here or by another process."""
        return erasure.is_forgotten(self._database, visitor_id)

    def counts(self) -> queries.Counts:
        """Return the counts of the house, at most some seconds old: they read whole indexes."""
        if self._counted is None or time.monotonic() - self._counted[0] > COUNTS_SECONDS:
            self._counted = (time.monotonic(), queries.counts(self._database))
        return self._counted[1]

    def backlog(self) -> Backlog:
        """Return what this server could not write down yet, since when and why."""
        return self._recorder.backlog

    # Documents and engines

    def bring_documents(self, visitor_id: str, files: Sequence[tuple[str, bytes]]) -> Knowledge:
        """Take own documents for this visit; they are held in memory and never stored."""
        return self._library.bring(visitor_id, files)

    def handbook(self) -> Knowledge:
        """Return what is in the shipped handbook."""
        self._handbook.open()
        return self._library.describe("")

    def languages(self) -> dict[str, str]:
        """Return the languages that can be translated between, by code, with their English names."""
        return {code: LANGUAGES[code] for code in SERVED}

    def engine_states(self) -> tuple[EngineState, ...]:
        """Return each engine with its state, device and dtype."""
        return self._shelf.states()

    def crowd(self) -> tuple[int, int]:
        """Return how many answers wait and how many are being made."""
        return self._board.crowd()

    def expect(self, task: Task) -> None:
        """Get ready first what this task takes, because somebody is on its page."""
        self._answers.expect(task)

    def warm(self) -> None:
        """Open the engines and index the handbook before anybody asks; what fails here is told when it is asked for."""
        self._house.warm(self._leaving)

    def close(self) -> None:
        """Stop all work and write it down."""
        self._leaving.stop.set()
        self._board.close()
        self._answers.close()
        if self._tracer is not None:
            self._tracer.close()

    # Inside

    def _let_go(self, visitor_id: str) -> None:
        """Hold nothing of a visitor in memory."""
        self._board.forget(visitor_id)
        self._answers.forget(visitor_id)
        self._library.forget(visitor_id)

    def _let_go_of_forgotten(self) -> None:
        """Hold nothing of whoever was forgotten at another server."""
        for visitor_id in self._recorder.forgotten_elsewhere():
            self._let_go(visitor_id)

    def _start(
        self,
        visitor_id: str,
        task: Task,
        input_text: str,
        request: dict[str, Any],
        work: Work,
        turns: tuple[Turn, ...] = (),
        units: float | None = None,
        *,
        is_fresh: bool = False,
    ) -> str:
        """Queue a use; `is_fresh` wants it computed, whatever is kept. Raises EngineBusy.

        `units` is the length of what is to be worked on where that is not `input_text`, which then is no text to keep.
        """
        load = load_of(task, request, len(input_text) if units is None else units)
        with self.outcomes.refusals(task):
            self._board.admit(visitor_id, load)  # a refusal costs no look into the database
        visitor = self._recorder.visitor(visitor_id)
        started_at = datetime.now(UTC)
        segment = segment_of(visitor)

        asked = Asked(visitor_id, task, input_text, request, turns, segment, units is None, is_fresh)
        trace = Trace(started_at)

        def carry_out(job: Job) -> Any:
            with trace.carrying_out():
                return self._answers.answer(asked, job, trace.counted(work))

        def at_end(job: Job, ending: Ending) -> None:
            self.outcomes.note(task, ending, job.seconds)
            self._recorder.interaction(interaction_of(job, ending, visitor, started_at, input_text, request, turns))
            if self._tracer is not None:
                self._tracer.note(trace, job, ending, REPEATED)

        return self._board.start(visitor_id, task, carry_out, at_end, input_text, request, turns, load)
