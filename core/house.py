"""What desk and office share: the settings, the engines, the database, the documents and the four tasks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any

from core.config import Settings, read_settings
from core.credentials import Key
from core.engines.shelf import Shelf
from core.errors import HearbackError, Stopped
from core.handbook import Handbook
from core.knowledge.library import Library
from core.learning import checks
from core.loop import Artefact
from core.memory.recollection import Memory
from core.progress import Progress
from core.serving import Live, LiveMap, Serving
from core.store.db import Database
from core.store.memory_changes import Case
from core.store.record import Recorder
from core.store.replica import Replica
from core.store.signals import FORGOTTEN, HANDBOOK, MEMORY, SERVING, Signals
from core.tasks.language import guess_language
from core.tasks.sentiment import Sentiment
from core.tasks.summarize import Summarize
from core.tasks.support import Support
from core.tasks.translate import Translate
from core.types import Task

_log = logging.getLogger(__name__)


def open_house(settings: Settings | None = None) -> House:
    """Return a house on a migrated database; nothing heavy is loaded before it is asked for or warmed."""
    settings = settings or read_settings()
    database = Database(settings.database_url)
    database.migrate()
    return House(settings, Shelf(settings), database, Recorder(database, settings.data_folder / "spool"))


class House:
    """One process's engines, database, documents and tasks; each is opened once and is safe to share."""

    def __init__(self, settings: Settings, shelf: Shelf, database: Database, recorder: Recorder) -> None:
        self.settings = settings
        self.shelf = shelf
        self.database = database
        self.recorder = recorder
        self.library = Library(shelf.encoder, shelf.multilingual_encoder, language_of, settings.data_folder / "vectors")
        self.handbook = Handbook(settings.assets / "knowledge", database, self.library)
        self.serving = Serving(settings, shelf, database)
        self.live = Live(database)
        self.replica = Replica(database)
        self.signals = Signals(database, settings.database_direct_url)

    @cached_property
    def memory(self) -> Memory:
        """What is remembered of corrections, and the glossary."""
        return Memory(self.database, self.shelf.encoder, self.shelf.multilingual_encoder, is_clean)

    @cached_property
    def translate(self) -> Translate:
        """Translation by the weights that ship."""
        return self._shipped(Task.TRANSLATE)

    @cached_property
    def support(self) -> Support:
        """Answers from documents by the weights that ship."""
        return self._shipped(Task.SUPPORT)

    @cached_property
    def summarize(self) -> Summarize:
        """Summaries by the weights that ship."""
        return self._shipped(Task.SUMMARIZE)

    @cached_property
    def sentiment(self) -> Sentiment:
        """Sentiment of texts and tables by the head that ships."""
        return self._shipped(Task.SENTIMENT)

    def _shipped(self, task: Task) -> Any:
        return self.serving.task(task)

    def tasks(self, segment: str = "") -> Tasks:
        """Return the four tasks as they are served to a segment now; they stay so, whatever is switched later.

        A segment's own artefact comes first, then everybody's, then what ships; never raises.
        """
        return Tasks(self, segment, self.live.now())

    def warm(self, progress: Progress) -> None:
        """Open the engines, index the handbook and load what serves, before anybody asks; what fails is told later."""
        self.shelf.plan()
        engines = threading.Thread(target=self._warm_engines, args=(progress,), name="warm engines", daemon=True)
        engines.start()
        try:
            self.handbook.open()
            self.library.index("")
        except HearbackError as error:
            _log.warning("not everything is ready: %s", error)
        engines.join()
        try:
            self.warm_live(progress)
        except HearbackError as error:
            _log.warning("not everything is ready: %s", error)

    def _warm_engines(self, progress: Progress) -> None:
        with suppress(Stopped):
            self.shelf.warm(progress)

    def warm_live(self, progress: Progress | None = None) -> None:
        """Load what serves now; what cannot be loaded is told in the log and in the registry."""
        for artefact in {one.artefact_id: one for one in self.live.now().values()}.values():
            try:
                self.serving.prepare(artefact, progress)
            except Stopped:
                raise
            except HearbackError:
                continue

    def join(self) -> None:
        """Be one of the servers on this database, and hear what the others change; `close` ends it.

        Raises KeysDiffer where this one has another key than they have, SettingsError, StoreError.
        """
        self.replica.join(Key(self.settings).digests())
        self.signals.on(SERVING, self._switched)
        self.signals.on(HANDBOOK, self.handbook.notice)
        self.signals.on(MEMORY, self._remembered)
        self.signals.on(FORGOTTEN, self._remembered)
        self.signals.start()

    def _switched(self) -> None:
        """Let what another server promoted answer here too, and load it before somebody waits for it."""
        self.live.refresh()
        threading.Thread(target=self._load_live, name="loading", daemon=True).start()

    def _load_live(self) -> None:
        for place, artefact in self.live.now().items():
            with suppress(HearbackError):  # the serving has told of it; what ships answers
                self.serving.task(place[0], artefact)

    def _remembered(self) -> None:
        if "memory" in self.__dict__:
            self.memory.copy()

    def close(self) -> None:
        """Write everything down and free the engines."""
        self.signals.close()
        if "memory" in self.__dict__:
            self.memory.close()
        self.recorder.close()
        self.shelf.close()
        self.replica.leave()
        self.database.close()


class Tasks:
    """The four tasks as they are served to one segment; each is made when it is first asked for."""

    def __init__(self, house: House, segment: str, live: LiveMap) -> None:
        self._house = house
        self._live = live
        self.segment = segment

    @property
    def translate(self) -> Translate:
        """Translation."""
        return self._served(Task.TRANSLATE)

    @property
    def support(self) -> Support:
        """Answers from documents."""
        return self._served(Task.SUPPORT)

    @property
    def summarize(self) -> Summarize:
        """Summaries."""
        return self._served(Task.SUMMARIZE)

    @property
    def sentiment(self) -> Sentiment:
        """Sentiment of texts and tables."""
        return self._served(Task.SENTIMENT)

    def artefact(self, task: Task) -> Artefact | None:
        """Return the head or adapter that is to answer, or None where the weights that ship are."""
        return next(self._wanted(task), None)

    def _wanted(self, task: Task) -> Iterator[Artefact]:
        for segment in dict.fromkeys((self.segment, "")):
            if (found := self._live.get((task, segment))) is not None:
                yield found

    def _served(self, task: Task) -> Any:
        for artefact in self._wanted(task):
            with suppress(HearbackError):  # the serving has told of it; what is beneath answers
                return self._house.serving.task(task, artefact)
        return getattr(self._house, task.value)


def is_clean(case: Case) -> bool:
    """Return whether none of the checks of the review queue would hold a correction back."""
    target = case.target if case.task is Task.TRANSLATE else ""  # of a summary it is the length and the form
    return not checks.check(checks.Candidate(case.task, case.input_text, case.output_text, case.corrected_text, target))


def language_of(text: str) -> str:
    """Return the language of a text by its beginning, ISO 639-1, or empty."""
    return guess_language(text[:2_000]).code
