"""Datasets as a founder makes them: what is ready, what would be trained on, and what was frozen."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.house import House
from core.jobs import JobBoard, JobView
from core.learning import dataset as learning
from core.learning.card import card_of
from core.learning.export import FORMS, export
from core.learning.reading import Readers
from core.loop import LeftOut, Row, Split
from core.office.room import Room, founder
from core.progress import Progress
from core.store import audit, dataset_sources, datasets, splits
from core.store.datasets import Dataset
from core.types import Member, Task

__all__ = ["FORMS", "Dataset", "Datasets", "Preview"]

# A comparison says "not enough yet" under thirty held-out items, and a fifth of a dataset is held out.
USEFUL_ROWS = 150


@dataclass(frozen=True)
class Preview:
    """What would be frozen now. Of `unsettled` rows the split is only settled when their near-duplicates are known.

    `missing` is how many rows lack until a comparison on the held-out ones can tell anything; `last` is the newest
    dataset of the task, `new` how many rows are in none yet.
    """

    task: Task
    is_sample: bool
    rows: tuple[Row, ...]
    left_out: Mapping[LeftOut, int]
    card: dict[str, Any]
    missing: int
    unsettled: int
    last: Dataset | None = None

    @property
    def counts(self) -> dict[Split, int]:
        """How many rows are in each split."""
        return {split: sum(row.split is split for row in self.rows) for split in Split}


@dataclass
class _Kept:
    stamp: tuple[Any, ...] = ()
    previews: dict[tuple[Task, bool], Preview] = field(default_factory=dict)


class Datasets(Room):
    """What a founder does with datasets. Freezing takes time: it is a job, looked at with `work`."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._lock = threading.Lock()
        self._kept = _Kept()
        self._opened: JobBoard | None = None

    def preview(self, member: Member, task: Task, is_sample: bool = False) -> Preview:
        """Return what would be trained on, row by row, and what was left out; raises StoreError."""
        founder(member)
        with self._lock:
            stamp = dataset_sources.stamp(self._database)
            if stamp != self._kept.stamp:
                self._kept = _Kept(stamp)
            found = self._kept.previews.get((task, is_sample))
            if found is None:
                found = self._kept.previews[task, is_sample] = self._look(task, is_sample)
            return found

    def all(self, member: Member, task: Task | None = None, is_sample: bool = False) -> tuple[Dataset, ...]:
        """Return the frozen datasets, newest first."""
        founder(member)
        return datasets.datasets(self._database, task, is_sample)

    def rows(self, member: Member, dataset_id: str, split: Split | None = None) -> tuple[Row, ...]:
        """Return the rows of a frozen dataset that may still be used; raises NotYours, StoreError."""
        founder(member)
        datasets.dataset(self._database, dataset_id)
        return datasets.rows(self._database, dataset_id, split)

    def build(self, member: Member, task: Task, is_sample: bool = False, progress: Progress | None = None) -> Dataset:
        """Freeze what there is now and return it; unchanged rows are the newest dataset again.

        Raises TooLittleToLearn, EngineError, StoreError, Stopped.
        """
        founder(member)
        return learning.build(
            self._database, member, task, Readers(self._house.shelf, task), is_sample, progress or Progress()
        )

    def export(self, member: Member, dataset_id: str, form: str) -> bytes:
        """Return the rows that may still be used as a zip, in one of `FORMS`; raises NotAChoice, NotYours."""
        founder(member)
        found = datasets.dataset(self._database, dataset_id)
        content = export(found, datasets.rows(self._database, dataset_id), form)
        audit.record(self._database, member, "downloaded dataset", dataset_id, number=found.number, form=form)
        return content

    def start(self, member: Member, task: Task, is_sample: bool = False) -> str:
        """Freeze in the background; returns the job's id."""
        founder(member)
        return self._board.start(
            member.member_id, task, lambda job: self.build(member, task, is_sample, job), lambda _job, _ending: None
        )

    def work(self, member: Member, job_id: str) -> JobView:
        """Return what `start` has come to; raises NotYours."""
        founder(member)
        return self._board.look(member.member_id, job_id)

    def stop(self, member: Member, job_id: str) -> None:
        """Stop freezing; nothing of it is kept."""
        founder(member)
        self._board.stop(member.member_id, job_id)

    def close(self) -> None:
        """Stop what runs."""
        if self._opened is not None:
            self._opened.close()

    def _look(self, task: Task, is_sample: bool) -> Preview:
        material = learning.gather(self._database, task, is_sample)
        known = splits.placed(self._database, task, is_sample, with_vectors=False)
        rows, unsettled = learning.preview_of(material, known)
        return Preview(
            task=task,
            is_sample=is_sample,
            rows=rows,
            left_out=material.left_out,
            card=card_of(task, rows, material.left_out, material.cap),
            missing=max(0, USEFUL_ROWS - len(rows)),
            unsettled=unsettled,
            last=next(iter(datasets.datasets(self._database, task, is_sample)), None),
        )

    @property
    def _board(self) -> JobBoard:
        with self._lock:
            if self._opened is None:
                self._opened = JobBoard(workers=1)
            return self._opened
