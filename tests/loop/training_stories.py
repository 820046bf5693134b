"""What the stories of training share: a house of its own on fake engines, with datasets to train on."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from core.config import Settings, read_settings
from core.engines.shelf import Shelf
from core.learning import dataset as learning
from core.learning.reading import Readers
from core.loop import Run, RunState, Training
from core.store import runs
from core.store.datasets import Dataset
from core.store.db import Database
from core.store.replica import Replica
from core.types import Task
from tests.loop import loop_stories as story

PATIENCE_SECONDS = 60.0
OVER = (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)


@dataclasses.dataclass
class Bench:
    """A data folder with its database, as the app and the trainer's process share it."""

    settings: Settings
    database: Database

    @property
    def replica(self) -> Replica:
        """The one server there is."""
        return Replica(self.database)

    def freeze(self, task: Task = Task.SENTIMENT, count: int = 200, is_sample: bool = False) -> Dataset:
        """Return a dataset of so many approved corrections."""
        said = story.labels(count) if task is Task.SENTIMENT else story.translations(count)
        visitors = story.visitors(self.database, 12, is_sample=is_sample, begin=f"{task.value}{count}")
        story.corrected(self.database, task, said, visitors, is_sample=is_sample)
        return self.frozen(task, is_sample)

    def frozen(self, task: Task, is_sample: bool = False) -> Dataset:
        """Return a dataset of what is approved."""
        readers = Readers(Shelf(self.settings), task)
        return learning.build(self.database, story.member(self.database), task, readers, is_sample)

    def queue(self, dataset: Dataset, training: Training | None = None) -> Run:
        """Return a run that waits."""
        method = "head" if dataset.task is Task.SENTIMENT else "supervised"
        return runs.add(
            self.database, story.FOUNDER, dataset.task, dataset.dataset_id, training or Training(method=method)
        )

    def run(self, run_id: str) -> Run:
        """Return a run as it is now."""
        return runs.run(self.database, run_id)

    def wait(self, until: Callable[[], bool], what: str = "it did not happen") -> None:
        """Look again and again until something is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not until():
            assert time.monotonic() < end, what
            time.sleep(0.02)

    def ended(self, run_id: str) -> Run:
        """Wait until a run is over, and return it."""
        self.wait(lambda: self.run(run_id).state in OVER, "the training did not end")
        return self.run(run_id)


def a_bench(folder: Path, empty_file: Path) -> Bench:
    """Return a bench in a new folder, on a copy of this database file."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(empty_file, folder / "hearback.db")
    environment = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder), "HEARBACK_CACHE": str(folder / "cache")}
    settings = read_settings(environment)
    return Bench(settings, Database(settings.database_url))
