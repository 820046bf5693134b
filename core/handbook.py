"""The shipped handbook's way into the database, and from there to the desk."""

from __future__ import annotations

import hashlib
import threading
from itertools import groupby
from pathlib import Path

from core.knowledge.library import HANDBOOK, Library, read_passages
from core.store import queries
from core.store.db import Database
from core.store.record import Recorder
from core.types import Passage

SHIPPED = "shipped pages"


class Handbook:
    """Puts the live revision of the handbook into the library, once a process; thread-safe."""

    def __init__(self, folder: Path, database: Database, recorder: Recorder, library: Library) -> None:
        self._folder = folder
        self._database = database
        self._recorder = recorder
        self._library = library
        self._lock = threading.Lock()
        self._revision: int | None = None

    def open(self) -> int:
        """Return the number of the revision that answers now, loaded if it was not; raises StoreError."""
        with self._lock:
            if self._revision is None:
                revision, passages = live_handbook(self._folder, self._database, self._recorder, self._library)
                self._library.publish(passages)
                self._revision = revision
            return self._revision


def live_handbook(
    folder: Path, database: Database, recorder: Recorder, library: Library
) -> tuple[int, tuple[Passage, ...]]:
    """Return the live revision's number and passages, publishing the pages in `folder` first where none is live.

    A shipped handbook that changed with the code becomes a new revision only while nobody has published another in
    between: what a founder published is never replaced.
    """
    files = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.md"))]
    digest = hashlib.sha256(b"\0".join(content for _, content in files)).hexdigest()
    note = f"{SHIPPED} {digest[:12]}"
    live = queries.live_note(database, HANDBOOK)
    if live == "" or (live.startswith(SHIPPED) and live != note):
        passages, _ = read_passages(files, library.language_of)
        documents = {key: list(group) for key, group in groupby(passages, lambda passage: passage.document)}
        recorder.publish(HANDBOOK, documents, note)
    return queries.live_passages(database, HANDBOOK)
