"""What answers: the four tasks on the weights that ship, or on a trained head or adapter, and which of them serves now.

An artefact is checked when it is built and then kept; what cannot be built is told and left, and the weights that ship
answer instead: a task is never down because of what was trained for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.config import Settings
from core.engines.base import Classifier, Generator, Prompt
from core.engines.shelf import TRANSLATOR, Shelf
from core.errors import (
    ArtefactUnfit,
    DeadlineExceeded,
    EngineBusy,
    EngineFailed,
    EngineUnreachable,
    HearbackError,
    Stopped,
    StoreError,
)
from core.loop import Artefact
from core.progress import Progress
from core.store import artefact_files, artefacts
from core.store.db import Database
from core.tasks.sentiment import Sentiment
from core.tasks.summarize import Summarize
from core.tasks.support import Support
from core.tasks.translate import Translate
from core.types import Task

# What was switched in this process is known at once; what another process switched is looked for this often.
LOOK_SECONDS = 1.0
RETRY_SECONDS = 60.0
# What says nothing of an artefact, only of this moment.
PASSING = (EngineBusy, DeadlineExceeded, EngineUnreachable, Stopped)
KEPT = 12
_log = logging.getLogger(__name__)

Served = Translate | Support | Summarize | Sentiment
LiveMap = Mapping[tuple[Task, str], Artefact]


@dataclass(frozen=True)
class _Built:
    """A task with what was trained for it, if anything."""

    task: Served
    engine: Any = None


class Serving:
    """Builds tasks, each artefact's once; thread-safe."""

    def __init__(self, settings: Settings, shelf: Shelf, database: Database | None = None) -> None:
        self._settings = settings
        self._shelf = shelf
        self._database = database
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._built: OrderedDict[str, _Built] = OrderedDict()
        self._problems: dict[str, tuple[HearbackError, float]] = {}

    def task(self, task: Task, artefact: Artefact | None = None) -> Any:
        """Return the task (Translate, Support, Summarize or Sentiment) on an artefact, or on what ships where None.

        Raises ArtefactUnfit where the artefact's files are not what they were, and what the engine raises; one that
        failed is not tried again for a minute.
        """
        if artefact is None:
            return self._kept(task, lambda: _Built(self._shipped(task))).task
        if (problem := self._problems.get(artefact.artefact_id)) and time.monotonic() - problem[1] < RETRY_SECONDS:
            raise type(problem[0])(**problem[0].facts)
        return self._tuned(artefact).task

    def prepare(self, artefact: Artefact, progress: Progress | None = None) -> None:
        """Check, load and ask an artefact anew, so that its first answer waits for nothing; raises as `task`."""
        progress = progress or Progress()
        with self._lock:
            self._problems.pop(artefact.artefact_id, None)
            self._built.pop(artefact.artefact_id, None)
        progress.check()
        progress.advance(0, 1, f"checking and loading {artefact.name}")
        self._tuned(artefact)
        progress.advance(1, 1, "ready")

    def problem(self, artefact_id: str) -> str:
        """Return in a sentence why an artefact could not be used here, or empty."""
        found = self._problems.get(artefact_id)
        return str(found[0]) if found else ""

    def _tuned(self, artefact: Artefact) -> _Built:
        try:
            found = self._kept(artefact.artefact_id, lambda: self._proved(artefact))
        except PASSING:
            raise
        except HearbackError as error:
            self._failed(artefact, error)
            raise
        self._problems.pop(artefact.artefact_id, None)
        return found

    def _kept(self, name: str, build: Callable[[], _Built]) -> _Built:
        with self._lock:
            if name in self._built:
                self._built.move_to_end(name)
                return self._built[name]
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            with self._lock:
                if name in self._built:
                    return self._built[name]
            found = build()
            with self._lock:
                self._built[name] = found
                while len(self._built) > KEPT:
                    self._built.popitem(last=False)
            return found

    def _failed(self, artefact: Artefact, error: HearbackError) -> None:
        _log.error("%s cannot serve, what ships answers instead: %s", artefact.name, error)
        with self._lock:
            self._problems[artefact.artefact_id] = (error, time.monotonic())
            self._built.pop(artefact.artefact_id, None)

    def _shipped(self, task: Task) -> Served:
        match task:
            case Task.TRANSLATE:
                return self._translating(self._shelf.translator())
            case Task.SUPPORT:
                # Quotes only, unless the settings trust the weights with more. Of 11 answers worded by SmolLM2, 5
                # passed the check and 4 of those misled: every number and name stood in the sources, and what was said
                # of them did not.
                words = self._shelf.words()
                return Support(words, self._translated, is_worded=words is not None)
            case Task.SUMMARIZE:
                return Summarize(self._shelf.encoder(), self._shelf.words())
            case Task.SENTIMENT:
                return Sentiment(self._shelf.classifier())

    def _proved(self, artefact: Artefact) -> _Built:
        """Return a task on an artefact that has been asked once: some engines load only then."""
        try:
            found = self._here(artefact)
            _ask(found.engine)
        except HearbackError:
            raise
        except Exception as error:  # the edge: a library's own error must not take the task down
            raise EngineFailed(name=artefact.name) from error
        return found

    def _here(self, artefact: Artefact) -> _Built:
        """Return a task on an artefact, whose files are fetched where another server trained it."""
        files: dict[str, bytes] = {}
        try:
            return self._on(artefact)
        except ArtefactUnfit:
            with suppress(StoreError):
                files = artefact_files.load(self._database, artefact.artefact_id) if self._database else {}
            if not files:
                raise
        from core.engines.artefacts import restore

        restore(self._settings, artefact, files)
        return self._on(artefact)

    def _on(self, artefact: Artefact) -> _Built:
        match artefact.task:
            case Task.TRANSLATE:
                engine = self._adapted(self._shelf.translator(), artefact)
                return _Built(self._translating(engine), engine)
            case Task.SUPPORT:
                engine = self._adapted(self._shelf.writer(), artefact)
                return _Built(Support(engine, self._translated, is_worded=True), engine)
            case Task.SUMMARIZE:
                engine = self._adapted(self._shelf.writer(), artefact)
                return _Built(Summarize(self._shelf.encoder(), engine), engine)
            case Task.SENTIMENT:
                head = self._headed(artefact)
                return _Built(Sentiment(head), head)

    def _translating(self, generator: Generator) -> Translate:
        return Translate(generator, is_by_messages=self._shelf.traits(TRANSLATOR).is_instruct)

    def _adapted(self, generator: Any, artefact: Artefact) -> Generator:
        from core.engines.artefacts import adapter_of

        adapted: Generator = generator.with_adapter(adapter_of(self._settings, artefact))
        return adapted

    def _headed(self, artefact: Artefact) -> Classifier:
        from core.engines.artefacts import head_of

        classifier: Any = self._shelf.classifier()
        headed: Classifier = classifier.with_head(head_of(self._settings, artefact), artefact.artefact_id)
        return headed

    def _translated(self, text: str, source: str, target: str) -> str:
        translate: Translate = self.task(Task.TRANSLATE)
        return translate.translate(text, target, source).text


class Live:
    """Which artefacts serve, as this process knows it; never raises, and never makes two requests wait."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._revision = -1
        self._looked = float("-inf")
        self._map: LiveMap = {}

    def now(self) -> LiveMap:
        """Return what serves by task and segment: one consistent state, which a later switch does not change."""
        is_first = self._looked < 0
        if time.monotonic() - self._looked > LOOK_SECONDS and self._lock.acquire(blocking=is_first):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._map

    def refresh(self) -> None:
        """Look now, because something was switched."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        try:
            found = artefacts.revision(self._database)
            if found != self._revision:
                self._map = artefacts.live(self._database)
                self._revision = found
        except StoreError as error:  # answers go on as they were while the database is away
            _log.warning("what serves could not be looked up: %s", error)
        self._looked = time.monotonic()


def _ask(engine: Generator | Classifier) -> None:
    """Ask an engine for as little as it can give; raises EngineFailed where that is no number."""
    if hasattr(engine, "classify"):
        if not np.isfinite(engine.classify(["This is good."])).all():
            raise EngineFailed(name=engine.fingerprint.weights_id)
    else:
        engine.complete([Prompt(text="Good", max_tokens=1)])
