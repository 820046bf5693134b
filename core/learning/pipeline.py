"""What a run does, step by step: read the rows, learn, publish, compare. Each step that is done is not done again.

The id of what a run brings forth follows from the run's own, so that a run that was killed finds what it has published
or registered already, and one run never brings forth two artefacts.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config import PROJECT, Settings
from core.engines import artefacts as files
from core.engines.base import Vectors
from core.engines.head import Head, load_head, save_head
from core.engines.shelf import Shelf
from core.errors import ArtefactUnfit, TooLittleToLearn
from core.knowledge.library import Library
from core.loop import Artefact, ArtefactKind, Row, Run, Split
from core.progress import Progress
from core.serving import Serving
from core.store import artefact_files, artefacts, datasets, receipts, runs
from core.store.datasets import Dataset
from core.store.db import Database
from core.tasks.language import guess_language
from core.types import Task, to_plain

TRAINING_FOLDER = "training"
LOG_FILE, WORK = "log.txt", "work"
LOST_ROWS = "Rows that it learned from were taken back while it learned. Build a new dataset and train again."
_RUNS = uuid.UUID("5e0f2bb4-6f0e-4d3c-9b58-0f3d1e1c7a10")
# What must be free before anything is begun: a head is some kilobytes; an adapter with its checkpoint and a copy for
# llama.cpp was 90 MB at the highest rank.
_HEAD_BYTES, _ADAPTER_BYTES = 8_000_000, 250_000_000


class Workshop:
    """What a trainer's process works with: like the app's house, but with nobody to answer and nothing to record."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.shelf = Shelf(settings)
        self.serving = Serving(settings, self.shelf, database)
        self.library = Library(
            self.shelf.encoder, self.shelf.multilingual_encoder, lambda text: guess_language(text).code
        )

    def close(self) -> None:
        """Free the engines."""
        self.shelf.close()


def folder_of(settings: Settings, run_id: str) -> Path:
    """Return where a run keeps its log and its checkpoints."""
    return settings.data_folder / TRAINING_FOLDER / uuid.UUID(run_id).hex


def artefact_id_of(run_id: str) -> str:
    """Return the id of what a run brings forth."""
    return uuid.uuid5(_RUNS, run_id).hex


def carry_out(workshop: Workshop, run: Run, progress: Progress) -> Artefact:
    """Do what is left of a run and return what it brought forth; raises whatever went wrong, and Stopped."""
    found = next((one for one in artefacts.artefacts(workshop.database, run.task) if one.run_id == run.run_id), None)
    if found is None:
        found = _train(workshop, run, progress)
    _tidy(folder_of(workshop.settings, run.run_id))
    _compare(workshop, found, progress)
    return found


def _train(workshop: Workshop, run: Run, progress: Progress) -> Artefact:
    """Learn, publish and register; what an earlier attempt has published is only registered."""
    dataset = datasets.dataset(workshop.database, run.dataset_id)
    artefact_id = artefact_id_of(run.run_id)
    published = _published(workshop.settings, artefact_id)
    if published is None:
        progress.advance(0, 0, "reading the rows")
        rows = _rows(workshop.database, run)
        unfinished = files.begin(workshop.settings, artefact_id)
        _check_space(workshop.settings, run.task)
        card = _learn(workshop, run, rows, unfinished, progress)
        progress.check()
        progress.advance(0, 0, "checking and publishing")
        manifest = _manifest(workshop.settings, run, dataset, rows, artefact_id, card)
        published = manifest, files.publish(unfinished, manifest)
    found = _register(workshop.database, run, dataset, *published)
    keep_files(workshop.settings, workshop.database, [found])
    return found


def _rows(database: Database, run: Run) -> tuple[Row, ...]:
    """Return what is learned from and what chooses; held-out rows are not even read."""
    found = [
        row
        for split in (Split.TRAIN, Split.VALIDATION)
        for row in datasets.rows(database, run.dataset_id, split)
        if run.training.segment in ("", row.segment)
    ]
    if not any(row.split is Split.TRAIN for row in found):
        of = f" of the segment {run.training.segment}" if run.training.segment else ""
        raise TooLittleToLearn(why=f"this dataset has no rows{of} to learn from any more. Build a new one.")
    return tuple(found)


def _learn(workshop: Workshop, run: Run, rows: Sequence[Row], unfinished: Path, progress: Progress) -> dict[str, Any]:
    """Write the files of a head or an adapter into `unfinished` and return their card."""
    if run.task is Task.SENTIMENT:
        return _learn_head(workshop, run, rows, unfinished, progress)
    from core.learning import adapters

    work = folder_of(workshop.settings, run.run_id) / WORK
    work.mkdir(parents=True, exist_ok=True)
    card = adapters.train(run.task, rows, run.training, work, workshop.settings, progress)
    for path in sorted(work.iterdir()):
        if path.is_file() and path.suffix in (".safetensors", ".json", ".gguf"):
            # Copied, not moved: a run that is killed here finds its files where its checkpoint is.
            shutil.copyfile(path, unfinished / path.name)
    return dict(card)


def _learn_head(
    workshop: Workshop, run: Run, rows: Sequence[Row], unfinished: Path, progress: Progress
) -> dict[str, Any]:
    from core.learning import heads
    from core.learning.replayed_sentences import replay

    base = base_head(workshop.settings)
    vectors = _vectors(workshop, run.dataset_id, rows, base, progress)
    kept = replay(workshop.settings, workshop.shelf.classifier(), base, progress)
    head = heads.refit(rows, vectors, base, run.training, progress, kept)
    return save_head(head, unfinished / files.HEAD_FILE).card


def base_head(settings: Settings) -> Head:
    """Return the head that ships, from which every refit starts."""
    if settings.profile == "fake":
        from core.engines.fake import fake_head

        return fake_head()
    from core.engines.encoder import SENTIMENT_HEAD

    path = settings.assets / "heads" / SENTIMENT_HEAD
    return load_head(path, files.base_of(settings, Task.SENTIMENT).sha256)


def _vectors(
    workshop: Workshop, dataset_id: str, rows: Sequence[Row], base: Head, progress: Progress
) -> Mapping[str, NDArray[np.floating]]:
    """Return the states of all rows: as the dataset keeps them, or read now where it has none of these weights."""
    kept: dict[str, Vectors] = datasets.vectors(workshop.database, dataset_id)
    none = np.zeros(0, np.float32)
    missing = [row for row in rows if kept.get(row.row_id, none).shape != base.mean.shape]
    if missing:
        classifier: Any = workshop.shelf.classifier()
        for start in range(0, len(missing), 32):
            progress.check()
            progress.advance(start, len(missing), "reading the texts")
            batch = missing[start : start + 32]
            states = classifier.pooled([row.input_text for row in batch])
            kept |= {row.row_id: state for row, state in zip(batch, states, strict=True)}
    return kept


def _check_space(settings: Settings, task: Task) -> None:
    """Raise as a full disk would, before hours are spent on what cannot be kept."""
    needed = _HEAD_BYTES if task is Task.SENTIMENT else _ADAPTER_BYTES
    if shutil.disk_usage(settings.data_folder).free < needed:
        raise OSError(errno.ENOSPC, "no space left")


def _manifest(
    settings: Settings, run: Run, dataset: Dataset, rows: Sequence[Row], artefact_id: str, card: Mapping[str, Any]
) -> dict[str, Any]:
    base = files.base_of(settings, run.task)
    kind = ArtefactKind.HEAD if run.task is Task.SENTIMENT else ArtefactKind.ADAPTER
    return {
        "artefact_id": artefact_id,
        "kind": kind.value,
        "task": run.task.value,
        "segment": run.training.segment,
        "base_id": base.weights_id,
        "base_sha256": base.sha256,
        "run_id": run.run_id,
        "dataset_id": dataset.dataset_id,
        "dataset_number": dataset.number,
        "dataset_sha256": dataset.sha256,
        "row_ids": [row.row_id for row in rows if row.split is Split.TRAIN],
        "validation_row_ids": [row.row_id for row in rows if row.split is Split.VALIDATION],
        "settings": to_plain(run.training),
        "code_version": code_version(),
        "card": dict(card),
    }


def code_version() -> str:
    """Return twelve digits that change with any line of the code that learns or runs weights."""
    sources = sorted(path for name in ("learning", "engines") for path in (PROJECT / "core" / name).rglob("*.py"))
    found = hashlib.sha256()
    for path in sources:
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _published(settings: Settings, artefact_id: str) -> tuple[dict[str, Any], str] | None:
    """Return manifest and digest of what an earlier attempt has published whole, or None."""
    folder = files.folder_of(settings, artefact_id)
    try:
        manifest = files.read_manifest(folder)
        return manifest, files.check_files(folder, manifest, "What was published")
    except ArtefactUnfit:
        return None


def _register(database: Database, run: Run, dataset: Dataset, manifest: Mapping[str, Any], sha256: str) -> Artefact:
    """Write the candidate down, name it to its run and tell the receipts of what it learned from: all or nothing."""
    with database.writing("saving what was trained") as session:
        datasets.hold(session, dataset.dataset_id)
        runs.trained(session, run.run_id, run.attempt, manifest["artefact_id"])
        found = artefacts.add(
            session,
            run.task,
            ArtefactKind(manifest["kind"]),
            base_id=manifest["base_id"],
            base_sha256=manifest["base_sha256"],
            sha256=sha256,
            folder=f"{files.FOLDER}/{manifest['artefact_id']}",
            card=dict(manifest["card"]),
            artefact_id=manifest["artefact_id"],
            run_id=run.run_id,
            dataset_id=dataset.dataset_id,
            segment=manifest["segment"],
            is_sample=dataset.is_sample,
        )
        corrections = runs.learned_from(session, dataset.dataset_id, manifest["row_ids"])
        receipts.tell(session, corrections, "trained", found.name)
        learned = (*manifest["row_ids"], *manifest["validation_row_ids"])
        if not datasets.are_usable(session, dataset.dataset_id, learned):
            # Somebody was forgotten or took something back while it learned: as if that had come right after.
            artefacts.flag(session, [found.artefact_id], LOST_ROWS)
        return found


def keep_files(settings: Settings, database: Database, found: Sequence[Artefact]) -> int:
    """Keep the files of artefacts where other servers on the database can fetch them, and return of how many.

    Nothing is lost where this fails: it is tried again by every sweep of a server that has the files.
    """
    if not settings.is_shared:
        return 0
    missing, kept = set(artefact_files.missing(database)), 0
    for artefact in found:
        if artefact.artefact_id in missing and (content := files.contents(settings, artefact)):
            with database.writing("keeping what was trained") as session:
                artefact_files.keep(session, artefact.artefact_id, content)
            kept += 1
    return kept


def _compare(workshop: Workshop, artefact: Artefact, progress: Progress) -> None:
    """Ask base, live and candidate the same held-out questions, unless that was done before."""
    from core.learning import evaluate
    from core.store import evaluations

    if evaluations.latest(workshop.database, artefact.artefact_id) is None:
        progress.check()
        progress.advance(0, 0, "comparing on held-out items")
        evaluate.run(workshop, artefact, artefact.dataset_id, progress)


def _tidy(folder: Path) -> None:
    """Leave the log of a run and nothing else: what was learned is published."""
    shutil.rmtree(folder / WORK, ignore_errors=True)


def sweep_work(settings: Settings, at_work: Collection[str]) -> int:
    """Remove the checkpoints of runs that are over, which may hold what a forgotten visitor taught; return how many."""
    removed = 0
    for folder in (settings.data_folder / TRAINING_FOLDER).glob(f"*/{WORK}"):
        if folder.parent.name not in at_work:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed
