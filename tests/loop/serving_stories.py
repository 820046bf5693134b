"""What the stories about serving share: a house with fake engines, and heads that were trained for show."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from core.config import read_settings
from core.engines import artefacts as files
from core.engines.fake import FakeEncoder
from core.engines.head import Head, save_head
from core.house import House, open_house
from core.loop import Artefact, ArtefactKind
from core.store import artefacts, members
from core.store.loop_tables import DatasetItemRow, DatasetRow
from core.types import Member, Role, Task

LABELS = ("negative", "neutral", "positive")


@contextmanager
def a_house(folder: Path, url: str, **environment: str) -> Iterator[House]:
    """Open a house with fake engines on a database, with its data in a folder."""
    settings = read_settings(
        {
            "HEARBACK_PROFILE": "fake",
            "HEARBACK_DATA": str(folder),
            "HEARBACK_DATABASE_URL": url,
            "HEARBACK_SLOTS": "2",
            **environment,
        }
    )
    house = open_house(settings)
    try:
        yield house
    finally:
        house.close()


def a_founder(house: House, name: str = "Ada") -> Member:
    """Return a new founder."""
    return members.add(house.database, name, Role.FOUNDER)


def a_head(
    house: House, says: str, *, segment: str = "", dataset_id: str = "", is_sample: bool = False, **card: Any
) -> Artefact:
    """Return a candidate: a head, its files published, that says the same label to every text."""
    base = files.base_of(house.settings, Task.SENTIMENT)
    width = FakeEncoder().dimensions
    bias = np.array([4.0 if label == says else 0.0 for label in LABELS], dtype=np.float32)
    ones = np.ones(width, dtype=np.float32)
    head = Head(
        LABELS,
        np.zeros(width, dtype=np.float32),
        ones,
        np.zeros((3, width), dtype=np.float32),
        bias,
        np.ones(1, dtype=np.float32),
        {"name": "sentiment", "labels": list(LABELS), "base": {"id": base.weights_id, "sha256": base.sha256}},
    )
    artefact_id = artefacts.new_id()
    unfinished = files.begin(house.settings, artefact_id)
    save_head(head, unfinished / files.HEAD_FILE)
    manifest: dict[str, Any] = dict.fromkeys(files.MANIFEST_KEYS, "")
    manifest |= {
        "artefact_id": artefact_id,
        "kind": "head",
        "task": "sentiment",
        "base_sha256": base.sha256,
        "row_ids": [],
        "settings": {},
    }
    sha256 = files.publish(unfinished, manifest)
    return artefacts.add(
        house.database,
        Task.SENTIMENT,
        ArtefactKind.HEAD,
        artefact_id=artefact_id,
        base_id=base.weights_id,
        base_sha256=base.sha256,
        sha256=sha256,
        folder=f"{files.FOLDER}/{artefact_id}",
        card=card,
        dataset_id=dataset_id,
        segment=segment,
        is_sample=is_sample,
    )


def break_files(house: House, artefact: Artefact) -> None:
    """Lose an artefact's files."""
    shutil.rmtree(house.settings.data_folder / artefact.folder)


def a_dataset(session: Session, rows: dict[str, str], dataset_id: str = "d1", task: Task = Task.SENTIMENT) -> None:
    """Add a dataset whose rows are corrections, by their ids with the split of each."""
    session.add(
        DatasetRow(
            dataset_id=dataset_id, task=task, number=1, sha256="0" * 64, card={}, created_by="Ada", is_sample=False
        )
    )
    session.flush()
    for place, (correction_id, split) in enumerate(rows.items()):
        session.add(
            DatasetItemRow(
                dataset_id=dataset_id,
                row_id=f"r{place}",
                position=place,
                split=split,
                kind="label",
                content={},
                source_kind="correction",
                source_id=correction_id,
                correction_id=correction_id,
            )
        )
