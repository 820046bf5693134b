"""The story of a promotion on the real weights: another head on the same layers, from one request to the next."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.config import read_settings
from core.engines import artefacts as files
from core.engines.catalog import GEMMA
from core.engines.encoder import SENTIMENT_HEAD
from core.engines.head import load_head, save_head
from core.house import open_house
from core.loop import ArtefactKind
from core.store import artefacts
from core.types import Task
from tests.loop.serving_stories import a_founder

TEXT = "The delivery was late and the box was broken."


@pytest.mark.weights
def test_a_promoted_head_reads_on_the_layers_that_are_loaded_already(tmp_path: Path) -> None:
    house = open_house(read_settings({"HEARBACK_DATA": str(tmp_path)}))
    ada = a_founder(house)
    shipped = load_head(house.settings.assets / "heads" / SENTIMENT_HEAD, GEMMA.sha256)
    artefact_id = artefacts.new_id()
    unfinished = files.begin(house.settings, artefact_id)
    cheerful = dataclasses.replace(shipped, bias=shipped.bias + np.array([0, 0, 40], dtype=np.float32))
    save_head(cheerful, unfinished / files.HEAD_FILE)
    manifest: dict[str, Any] = dict.fromkeys(files.MANIFEST_KEYS, "") | {
        "artefact_id": artefact_id,
        "kind": "head",
        "task": "sentiment",
        "base_sha256": GEMMA.sha256,
    }
    sha256 = files.publish(unfinished, manifest)
    base = {"base_id": GEMMA.weights_id, "base_sha256": GEMMA.sha256}
    told: dict[str, Any] = {"sha256": sha256, "folder": f"{files.FOLDER}/{artefact_id}", "card": {}}
    head = artefacts.add(house.database, Task.SENTIMENT, ArtefactKind.HEAD, artefact_id=artefact_id, **base, **told)
    before = house.tasks().sentiment.read(TEXT)
    assert before.label == "negative"
    house.serving.prepare(head)
    with house.database.writing() as session:
        artefacts.serve(session, ada, Task.SENTIMENT, "", head.artefact_id, "promoted")
    house.live.refresh()
    after = house.tasks().sentiment.read(TEXT)
    assert (after.label, after.origin.adapter_id) == ("positive", head.artefact_id)
    assert (after.origin.weights_sha256, after.drivers != ()) == (GEMMA.sha256, True)
    with house.database.writing() as session:
        artefacts.serve(session, ada, Task.SENTIMENT, "", "", "rolled back")
    house.live.refresh()
    assert house.tasks().sentiment.read(TEXT) == before
    house.close()
