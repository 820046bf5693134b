"""Which documents a question may be answered from: the handbook for everybody, own documents for one visit.

A visitor's documents are held in memory only, for as long as the visit is among the most recent ones, and are
found by their owner alone.
"""

from __future__ import annotations

import threading
import uuid
from collections import ChainMap, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.engines.base import Encoder
from core.errors import HearbackError, InputTooLong
from core.knowledge.documents import read_document
from core.knowledge.hidden import told
from core.knowledge.index import Index
from core.knowledge.manuscript import seen_file
from core.knowledge.passages import split_passages
from core.knowledge.remembering import Remembered, Remembering
from core.knowledge.vectors_kept import VectorFile
from core.limits import VISIT_DOCUMENTS, VISIT_PASSAGES
from core.progress import Progress
from core.refusals import not_yours
from core.types import Knowledge, Passage

HANDBOOK = "handbook"
KEPT_VISITS = 30


def read_passages(
    files: Sequence[tuple[str, bytes]], language_of: Callable[[str], str]
) -> tuple[list[Passage], list[str]]:
    """Return the passages of all files that can be read, and a sentence for each that cannot or that hid text."""
    passages: list[Passage] = []
    problems: list[str] = []
    for name, content in files:
        try:
            seen, removed = seen_file(name, content)
            document = read_document(name, seen)
            passages.extend(split_passages(document, language_of(document.text)))
            if removed:
                problems.append(told(name, removed))
        except HearbackError as error:
            problems.append(str(error))
    return passages, problems


def describe(knowledge_id: str, passages: Sequence[Passage], problems: Sequence[str] = ()) -> Knowledge:
    """Return what a visitor should know of these documents."""
    titles = dict.fromkeys(passage.title or passage.document for passage in passages)
    return Knowledge(knowledge_id, tuple(titles), len(passages), tuple(problems))


@dataclass(frozen=True)
class Built:
    """An index ready to answer, with the vectors of its texts, from which the next one is built faster.

    `encoded` counts the texts that were not known from the last one.
    """

    index: Index
    english: Remembered
    multilingual: Remembered
    encoded: int = 0


@dataclass
class _Shelfmark:
    """One set of documents; its index is built when first asked for, under its own lock."""

    visitor_id: str
    passages: tuple[Passage, ...]
    lock: threading.Lock
    built: Built | None = None


class Library:
    """Holds indexes by knowledge id; thread-safe. In the folder `vectors` the handbook's outlive the process."""

    def __init__(
        self,
        encoder: Callable[[], Encoder],
        multilingual: Callable[[], Encoder],
        language_of: Callable[[str], str],
        vectors: Path | None = None,
    ) -> None:
        self._encoder = encoder
        self._multilingual = multilingual
        self.language_of = language_of
        names = ("english", "multilingual") if vectors else ()
        self._files = {name: VectorFile(vectors / f"handbook-{name}.vectors") for name in names if vectors}
        self._lock = threading.Lock()
        self._marks: OrderedDict[str, _Shelfmark] = OrderedDict()

    def publish(self, passages: Sequence[Passage], built: Built | None = None) -> None:
        """Make these the handbook's passages from the next question on; without `built` it waits for the index."""
        with self._lock:
            self._marks[HANDBOOK] = _Shelfmark("", tuple(passages), threading.Lock(), built)
        if built is not None:
            self._keep(built)

    def build(
        self, passages: Sequence[Passage], progress: Progress | None = None, before: Built | None = None
    ) -> Built:
        """Return an index of passages that nobody is asked from yet; what the handbook's says is not encoded again.

        `before` is another index to take vectors from. Raises what the encoders raise, and Stopped.
        """
        with self._lock:
            mark = self._marks.get(HANDBOOK)
        known = [built for built in (before, mark.built if mark else None) if built is not None]
        english = self._remembering(self._encoder(), "english", [built.english for built in known], progress)
        is_foreign = any(passage.language not in ("", "en") for passage in passages)
        multilingual = None
        if is_foreign:
            vectors = [built.multilingual for built in known]
            multilingual = self._remembering(self._multilingual(), "multilingual", vectors, progress)
        index = Index(passages, english, multilingual)
        english.seal()
        encoded = english.encoded + (multilingual.seal().encoded if multilingual else 0)
        return Built(index, english.vectors, multilingual.vectors if multilingual else {}, encoded)

    def bring(self, visitor_id: str, files: Sequence[tuple[str, bytes]]) -> Knowledge:
        """Take a visitor's own documents for this visit.

        Raises InputTooLong beyond the limits on documents and passages; files that cannot be read are named in
        `problems`, and if none can, the first one's error is raised.
        """
        if len(files) > VISIT_DOCUMENTS:
            raise InputTooLong(what="set of documents", length=len(files), limit=VISIT_DOCUMENTS, unit="files")
        passages, problems = read_passages(files, self.language_of)
        if len(passages) > VISIT_PASSAGES:
            raise InputTooLong(what="set of documents", length=len(passages), limit=VISIT_PASSAGES, unit="passages")
        knowledge_id = uuid.uuid4().hex
        if passages:
            with self._lock:
                self._marks[knowledge_id] = _Shelfmark(visitor_id, tuple(passages), threading.Lock())
                self._forget_old_visits()
        return describe(knowledge_id if passages else "", passages, problems)

    def forget(self, visitor_id: str) -> None:
        """Let go of a visitor's own documents."""
        with self._lock:
            for key in [key for key, mark in self._marks.items() if visitor_id and mark.visitor_id == visitor_id]:
                del self._marks[key]

    def describe(self, visitor_id: str, knowledge_id: str = HANDBOOK) -> Knowledge:
        """Return the documents behind an id; raises NotYours."""
        return describe(knowledge_id, self._mark(visitor_id, knowledge_id).passages)

    def check(self, visitor_id: str, knowledge_id: str) -> None:
        """Raise NotYours unless the visitor may ask these documents."""
        self._mark(visitor_id, knowledge_id)

    def index(self, visitor_id: str, knowledge_id: str = HANDBOOK) -> Index:
        """Return the index, built on first use; raises NotYours, and what the encoder raises."""
        mark = self._mark(visitor_id, knowledge_id)
        with mark.lock:
            if mark.built is None:
                built = self.build(mark.passages)
                if not mark.visitor_id:
                    self._keep(built)
                # The vectors of a visit's own documents serve nobody again, so they are not kept beside its index.
                mark.built = built if not mark.visitor_id else Built(built.index, {}, {})
            return mark.built.index

    def _remembering(
        self, encoder: Encoder, name: str, known: list[Remembered], progress: Progress | None
    ) -> Remembering:
        """Return an encoder that knows what this process has computed, or before that what an earlier one has."""
        if known or name not in self._files:
            return Remembering(encoder, ChainMap(*known), progress)
        return Remembering(encoder, self._files[name].load(encoder), progress, is_doubted=True)

    def _keep(self, built: Built) -> None:
        """Write the handbook's vectors to the disk, if any of them is new."""
        if not built.encoded or not self._files:
            return
        self._files["english"].save(self._encoder(), built.english)
        if built.multilingual:
            self._files["multilingual"].save(self._multilingual(), built.multilingual)

    def _mark(self, visitor_id: str, knowledge_id: str) -> _Shelfmark:
        with self._lock:
            mark = self._marks.get(knowledge_id or HANDBOOK)
            if mark is None or mark.visitor_id not in ("", visitor_id):
                raise not_yours("set of documents")
            return mark

    def _forget_old_visits(self) -> None:
        own = [key for key, mark in self._marks.items() if mark.visitor_id]
        for key in own[: max(0, len(own) - KEPT_VISITS)]:
            del self._marks[key]
