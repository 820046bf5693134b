"""What desk and office share: the settings, the engines, the database, the documents and the four tasks."""

from __future__ import annotations

from functools import cached_property

from core.config import Settings, read_settings
from core.engines.shelf import Shelf
from core.handbook import Handbook
from core.knowledge.library import Library
from core.store.db import Database
from core.store.record import Recorder
from core.tasks.language import guess_language
from core.tasks.sentiment import Sentiment
from core.tasks.summarize import Summarize
from core.tasks.support import Support
from core.tasks.translate import Translate


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
        self.library = Library(shelf.encoder, shelf.multilingual_encoder, language_of)
        self.handbook = Handbook(settings.assets / "knowledge", database, self.library)

    @cached_property
    def translate(self) -> Translate:
        """Translation."""
        return Translate(self.shelf.translator())

    @cached_property
    def support(self) -> Support:
        """Answers from documents: quotes only.

        Of 11 answers worded by SmolLM2, 5 passed the check and 4 of those misled: every number and name stood in the
        sources, and what was said of them did not.
        """
        return Support(None, lambda text, source, target: self.translate.translate(text, target, source).text)

    @cached_property
    def summarize(self) -> Summarize:
        """Summaries."""
        return Summarize(self.shelf.encoder())

    @cached_property
    def sentiment(self) -> Sentiment:
        """Sentiment of texts and tables."""
        return Sentiment(self.shelf.classifier())

    def tasks(self, segment: str = "") -> Tasks:
        """Return the four tasks as they are served to a segment now."""
        return Tasks(self, segment)

    def close(self) -> None:
        """Write everything down and free the engines."""
        self.recorder.close()
        self.shelf.close()
        self.database.close()


class Tasks:
    """The four tasks as they are served to one segment; each is made when it is first asked for."""

    def __init__(self, house: House, segment: str) -> None:
        self._house = house
        self.segment = segment

    @property
    def translate(self) -> Translate:
        """Translation."""
        return self._house.translate

    @property
    def support(self) -> Support:
        """Answers from documents."""
        return self._house.support

    @property
    def summarize(self) -> Summarize:
        """Summaries."""
        return self._house.summarize

    @property
    def sentiment(self) -> Sentiment:
        """Sentiment of texts and tables."""
        return self._house.sentiment


def language_of(text: str) -> str:
    """Return the language of a text by its beginning, ISO 639-1, or empty."""
    return guess_language(text[:2_000]).code
