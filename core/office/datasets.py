"""Datasets as a founder makes them: what is ready, what would be trained on, and what was frozen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import NotYours
from core.house import House
from core.jobs import Job, JobBoard, JobView
from core.learning import dataset as learning
from core.learning.card import card_of
from core.learning.export import FORMS, export, lines_of
from core.learning.reading import Readers
from core.loop import LeftOut, Row, Split
from core.office.room import Room, founder
from core.progress import Progress
from core.store import audit, dataset_sources, datasets, splits
from core.store.datasets import Dataset
from core.types import Member, Task

__all__ = ["FORMS", "USEFUL_ROWS", "Dataset", "Datasets", "Preview"]

# A comparison says "not enough yet" under thirty held-out items, and a fifth of a dataset is held out.
USEFUL_ROWS = 150
PATIENCE_SECONDS = 1.0
_READER = "preview"


@dataclass(frozen=True)
class Preview:
    """What would be frozen now. Of `unsettled` rows the split is only settled when their near-duplicates are known.

    `missing` is how many rows lack until a comparison on the held-out ones can tell anything; `last` is the newest
    dataset of the task; `is_frozen` says that it holds just these rows.
    """

    task: Task
    is_sample: bool
    rows: tuple[Row, ...]
    left_out: Mapping[LeftOut, int]
    card: dict[str, Any]
    missing: int
    unsettled: int
    last: Dataset | None = None
    is_frozen: bool = False

    @property
    def counts(self) -> dict[Split, int]:
        """How many rows are in each split."""
        return {split: sum(row.split is split for row in self.rows) for split in Split}


class Datasets(Room):
    """What a founder does with datasets. Reading thousands of texts takes time: `peek` and `start` are jobs."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._lock = threading.Lock()
        self._kept: dict[tuple[Task, bool], tuple[Any, Preview]] = {}
        self._made = learning.Made()
        self._looks: dict[tuple[Task, bool], str] = {}
        self._opened: JobBoard | None = None

    # What there is

    def ready(self, member: Member, is_sample: bool = False) -> dict[Task, int]:
        """Return how many approved corrections of each task may be trained on; raises StoreError."""
        founder(member)
        return dataset_sources.ready(self._database, is_sample)

    def preview(self, member: Member, task: Task, is_sample: bool = False) -> Preview:
        """Return what would be trained on, row by row, and what was left out; raises StoreError."""
        founder(member)
        return self._known(task, is_sample) or self._look(task, is_sample, Progress())

    def peek(self, member: Member, task: Task, is_sample: bool = False) -> Preview | JobView:
        """Return the preview if it is there within a moment, else the job that works on it, or that failed."""
        founder(member)
        if (found := self._known(task, is_sample)) is not None:
            return found

        def work(job: Job) -> None:
            self._look(task, is_sample, job)

        key, end = (task, is_sample), time.monotonic() + PATIENCE_SECONDS
        if key not in self._looks or self._board.look(_READER, self._looks[key]).is_over:
            self._looks[key] = self._start(_READER, task, work)
        while not (view := self._board.look(_READER, self._looks[key])).is_over and time.monotonic() < end:
            time.sleep(0.01)
        # As it was when it began: where visitors never rest, something has always come since.
        return self._kept[key][1] if view.state == "finished" else view

    def all(self, member: Member, task: Task | None = None, is_sample: bool = False) -> tuple[Dataset, ...]:
        """Return the frozen datasets, newest first."""
        founder(member)
        return datasets.datasets(self._database, task, is_sample)

    def usable(self, member: Member, dataset_ids: Sequence[str]) -> dict[str, dict[Split, int]]:
        """Return how many rows of each dataset may still be used, by split."""
        founder(member)
        return datasets.usable(self._database, dataset_ids)

    def rows(self, member: Member, dataset_id: str, split: Split | None = None) -> tuple[Row, ...]:
        """Return the rows of a frozen dataset that may still be used; raises NotYours, StoreError."""
        founder(member)
        datasets.dataset(self._database, dataset_id)
        return datasets.rows(self._database, dataset_id, split)

    # What a founder does

    def build(self, member: Member, task: Task, is_sample: bool = False, progress: Progress | None = None) -> Dataset:
        """Freeze what there is now and return it; unchanged rows are the newest dataset again.

        Raises TooLittleToLearn, EngineError, StoreError, Stopped.
        """
        founder(member)
        readers = Readers(self._house.shelf, task)
        return learning.build(self._database, member, task, readers, is_sample, progress, self._made)

    def start(self, member: Member, task: Task, is_sample: bool = False) -> str:
        """Freeze in the background; returns the job's id."""
        founder(member)
        return self._start(member.member_id, task, lambda job: self.build(member, task, is_sample, job))

    def work(self, member: Member, task: Task, job_id: str = "") -> JobView | None:
        """Return what `start` has come to: this job, or the member's newest of the task; None where there is none."""
        founder(member)
        found = job_id or self._board.latest(member.member_id, task)
        try:
            return self._board.look(member.member_id, found) if found else None
        except NotYours:  # the server was started anew
            return None

    def stop(self, member: Member, job_id: str) -> None:
        """Stop freezing; nothing of it is kept."""
        founder(member)
        self._board.stop(member.member_id, job_id)

    def export(self, member: Member, dataset_id: str, form: str) -> bytes:
        """Return the rows that may still be used as a zip, in one of `FORMS`; raises NotAChoice, NotYours."""
        founder(member)
        found = datasets.dataset(self._database, dataset_id)
        content = export(found, datasets.rows(self._database, dataset_id), form)
        audit.record(self._database, member, "downloaded dataset", dataset_id, number=found.number, form=form)
        return content

    def export_preview(self, member: Member, task: Task, is_sample: bool = False) -> bytes:
        """Return the preview's rows as JSON, one a line; raises StoreError."""
        shown = self.preview(member, task, is_sample)
        audit.record(self._database, member, "downloaded preview", task.value, rows=len(shown.rows))
        return lines_of(shown.rows).encode()

    def close(self) -> None:
        """Stop what runs."""
        if self._opened is not None:
            self._opened.close()

    # Inside

    def _known(self, task: Task, is_sample: bool) -> Preview | None:
        """Return the preview if nothing has changed since it was made."""
        stamp, found = self._kept.get((task, is_sample), ((), None))
        return found if found is not None and stamp == dataset_sources.stamp(self._database) else None

    def _look(self, task: Task, is_sample: bool, progress: Progress) -> Preview:
        # Taken before: what changes meanwhile is seen at the next look.
        stamp = dataset_sources.stamp(self._database)
        material = learning.gather(self._database, task, is_sample, progress, self._made)
        known = splits.placed(self._database, task, is_sample, with_vectors=False)
        rows, unsettled = learning.preview_of(material, known)
        last = next(iter(datasets.datasets(self._database, task, is_sample)), None)
        found = Preview(
            task=task,
            is_sample=is_sample,
            rows=rows,
            left_out=material.left_out,
            card=card_of(task, rows, material.left_out, material.cap),
            missing=max(0, USEFUL_ROWS - len(rows)),
            unsettled=unsettled,
            last=last,
            is_frozen=last is not None and not last.erased and learning.digest_of(rows) == last.sha256,
        )
        self._kept[task, is_sample] = (stamp, found)
        return found

    def _start(self, who: str, task: Task, work: Callable[[Job], object]) -> str:
        return self._board.start(who, task, work, lambda _job, _ending: None)

    @property
    def _board(self) -> JobBoard:
        with self._lock:
            if self._opened is None:
                self._opened = JobBoard(workers=2)
            return self._opened
