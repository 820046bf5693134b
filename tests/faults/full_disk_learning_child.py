"""What becomes of datasets and trainings on a disk that fills up: `python -m tests.faults.full_disk_learning_child`.

Its words: where the small file system is, a folder elsewhere, and a database file with empty tables to copy. It prints
one line of JSON with what it found.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.engines import artefacts as files
from core.engines.shelf import Shelf
from core.errors import HearbackError
from core.learning import dataset as learning
from core.learning import pipeline, trainer
from core.learning.reading import Readers
from core.loop import Training
from core.store import artefacts, datasets, runs
from core.store.db import Database
from core.types import Task
from tests.faults.full_disk_child import filled
from tests.loop import loop_stories as story
from tests.loop.training_stories import Bench, a_bench
from tests.promises import at

PAGE_BYTES = 4096
MOST_PAGES = 400
# How many pages more are free with each try: in the length that was promised, one.
FILES_STEP, DATABASE_STEP = at(4, 1), at(30, 1)


@contextmanager
def filled_but(folder: Path, pages: int) -> Iterator[None]:
    """Fill the file system but for so many pages, and free it with the block."""
    room = folder / "room"
    room.write_bytes(b"x" * pages * PAGE_BYTES)
    with filled(folder):
        room.unlink()
        yield


def until_it_fits(folder: Path, step: int, deed: Callable[[], str]) -> list[str]:
    """Return what `deed` told with ever more pages free, the last one where nothing was wrong any more."""
    told = []
    for pages in range(0, MOST_PAGES, step):
        with filled_but(folder, pages):
            told.append(deed())
        if not told[-1]:
            break
    return told


def half_left(bench: Bench) -> list[str]:
    """Return what lies about under an artefact's name and is not whole, or is registered and may not be loaded."""
    found = []
    root = bench.settings.data_folder / files.FOLDER
    for folder in root.iterdir() if root.is_dir() else ():
        if not folder.name.endswith(files.UNFINISHED):
            try:
                files.check_files(folder, files.read_manifest(folder), folder.name)
            except HearbackError as error:
                found.append(str(error))
    for one in artefacts.artefacts(bench.database):
        try:
            files.verify(bench.settings, one)
        except HearbackError as error:
            found.append(str(error))
    return found


def training(folder: Path, bench: Bench, task: Task, method: str) -> dict[str, Any]:
    """Train again and again with ever more room, on a database that has room; the files alone meet the full disk."""
    dataset = bench.freeze(task, count=60)
    half: list[str] = []

    def train() -> str:
        run = bench.queue(dataset, Training(method=method))
        claimed = runs.claim(bench.database, run.run_id)
        assert claimed is not None
        trainer._Trainer(bench.settings, bench.database, run.run_id, claimed.attempt).work(is_led=False)
        half.extend(half_left(bench))
        ended = bench.run(run.run_id)
        pipeline.sweep_work(bench.settings, set())
        return ended.error or ("" if ended.state == "finished" else str(ended.state))

    told = until_it_fits(folder, FILES_STEP, train)
    made = artefacts.artefacts(bench.database, task)
    known = {one.artefact_id for one in made}
    files.sweep(bench.settings, known, set())
    left = sorted(path.name for path in (bench.settings.data_folder / files.FOLDER).iterdir())
    return {"told": told, "half": half, "made": len(made), "left": len(set(left) - known)}


def freezing(folder: Path, empty_file: Path) -> dict[str, Any]:
    """Freeze a dataset again and again in a database whose disk has ever more room."""
    bench = a_bench(folder / "data", empty_file)
    story.corrected(bench.database, Task.SENTIMENT, story.labels(160), story.visitors(bench.database, 12))
    readers = Readers(Shelf(bench.settings), Task.SENTIMENT)
    member = story.member(bench.database)
    seen: list[int] = []

    def freeze() -> str:
        try:
            learning.build(bench.database, member, Task.SENTIMENT, readers, False)
        except HearbackError as error:
            return str(error)
        finally:
            with suppress(HearbackError):
                seen.append(len(datasets.datasets(bench.database)))
        return ""

    told = until_it_fits(folder, DATABASE_STEP, freeze)
    found = datasets.datasets(bench.database)
    rows = [len(datasets.rows(bench.database, one.dataset_id)) for one in found]
    with bench.database.reading() as session:
        integrity = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
    learned = bench.frozen(Task.SENTIMENT).dataset_id in {one.dataset_id for one in found}
    return {"told": told, "seen": seen, "rows": rows, "integrity": integrity, "is_the_same": learned}


def main(folder: Path, elsewhere: Path, empty_file: Path) -> dict[str, Any]:
    """Return all that came of it."""
    pipeline._check_space = lambda *_: None  # the disk fills up after it was looked at
    here = a_bench(elsewhere / "store", empty_file)
    bench = Bench(replace(here.settings, data_folder=folder / "files"), here.database)
    bench.settings.data_folder.mkdir()
    found = {
        "head": training(folder, bench, Task.SENTIMENT, "head"),
        "adapter": training(folder, bench, Task.TRANSLATE, "supervised"),
        "dataset": freezing(folder, empty_file),
    }
    Database.close(bench.database)
    return found


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:]))))
