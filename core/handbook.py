"""The handbook's way into the database, and from there to the desk: one revision answers, the next gets ready aside."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from core.errors import ChangedMeanwhile, HearbackError, StoreError
from core.knowledge.library import HANDBOOK, Built, Library, read_passages
from core.progress import Progress
from core.store import queries, revisions
from core.store.db import Database
from core.types import Passage

SHIPPED = "shipped pages"
CHECK_SECONDS = 3.0
_log = logging.getLogger(__name__)


class Handbook:
    """Keeps the live revision of the handbook in the library; thread-safe.

    Whoever publishes in this process brings the new index along (`change`). What another process published is noticed
    within `CHECK_SECONDS` of the next look, and made ready in the background; until then the old revision answers.
    """

    def __init__(self, folder: Path, database: Database, library: Library) -> None:
        self._folder = folder
        self._database = database
        self._library = library
        self._lock = threading.Lock()
        self._changing = threading.Lock()
        self._revision: int | None = None
        self._checked = 0.0
        self._follower: threading.Thread | None = None

    def open(self) -> int:
        """Return the number of the revision that answers now, loaded if it was not; raises StoreError."""
        with self._lock:
            if self._revision is None:
                revision, passages = live_handbook(self._folder, self._database, self._library)
                self._library.publish(passages)
                self._revision = revision
                self._checked = time.monotonic()
            elif time.monotonic() - self._checked > CHECK_SECONDS:
                self._checked = time.monotonic()
                self._look()
            return self._revision

    def change(
        self,
        passages: Sequence[Passage],
        commit: Callable[[], int],
        progress: Progress | None = None,
        before: Built | None = None,
    ) -> int:
        """Build the index of `passages`, then `commit` what makes their revision live, then let it answer.

        `commit` returns the revision's number. If building or `commit` raises, the old revision goes on answering.
        """
        self.open()
        with self._changing:
            built = self._library.build(passages, progress, before)
            number = commit()
            with self._lock:
                self._library.publish(passages, built)
                self._revision = number
                self._checked = time.monotonic()
            return number

    def follow(self) -> int:
        """Bring the revision that is live in the database into the library, and return its number."""
        self.open()
        with self._changing:
            number, passages = queries.live_passages(self._database, HANDBOOK)
            if number != self._revision:
                built = self._library.build(passages)
                with self._lock:
                    self._library.publish(passages, built)
                    self._revision = number
            return number

    def notice(self) -> None:
        """Look in the background, because somebody published; returns at once."""
        with self._lock:
            if self._revision is not None:
                self._look()

    def _look(self) -> None:
        """Look in the background whether another process has published: a slow database must keep nobody waiting."""
        is_looking = self._follower is not None and self._follower.is_alive()
        if not is_looking and not self._changing.locked():
            self._follower = threading.Thread(target=self._follow_quietly, name="handbook", daemon=True)
            self._follower.start()

    def _follow_quietly(self) -> None:
        try:
            if revisions.live_number(self._database, HANDBOOK) != self._revision:
                self.follow()
        except StoreError:  # while the database is away, the revision that is here goes on answering
            return
        except HearbackError as error:
            _log.warning("a new revision of the handbook is not ready yet: %s", error)


def live_handbook(folder: Path, database: Database, library: Library) -> tuple[int, tuple[Passage, ...]]:
    """Return the live revision's number and passages, publishing the pages in `folder` first where none is live.

    A shipped handbook that changed with the code becomes a new revision only while nobody has published another in
    between, and only once: what a founder published, or went back to, is never replaced.
    """
    files = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.md"))]
    digest = hashlib.sha256(b"\0".join(content for _, content in files)).hexdigest()
    note = f"{SHIPPED} {digest[:12]}"
    live = revisions.live_revision(database, HANDBOOK)
    is_ours = live is None or (not live.published_by and live.note.startswith(SHIPPED))
    if is_ours and not revisions.has_note(database, HANDBOOK, note):
        passages, _ = read_passages(files, library.language_of)
        documents = {key: list(group) for key, group in groupby(passages, lambda passage: passage.document)}
        sources = {Path(name).stem: content.decode("utf-8") for name, content in files}
        try:
            revisions.publish(database, HANDBOOK, documents, note, sources=sources, expected=live.number if live else 0)
        except ChangedMeanwhile:  # another process was first, with these pages or a founder's
            _log.info("the handbook was published by another process")
    return queries.live_passages(database, HANDBOOK)
