"""Datasets on the real weights: near-duplicates are found, and the states of a head survive being kept."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
import pytest

from core.config import read_settings
from core.engines.shelf import Shelf
from core.learning import dataset as learning
from core.learning.reading import Readers
from core.learning.splits import SIMILARITY
from core.store import datasets
from core.store.db import Database
from core.types import Task
from tests.loop import loop_stories as story

pytestmark = pytest.mark.weights


def test_labels_keep_the_states_that_the_head_reads_and_paraphrases_stay_together(database: Database) -> None:
    said = story.labels(12)
    shouted = [dataclasses.replace(one, input_text=one.input_text.replace(".", ", really!")) for one in said[:4]]
    story.corrected(database, Task.SENTIMENT, [*said, *shouted], story.visitors(database, 8))
    shelf = Shelf(read_settings())

    frozen = learning.build(database, story.member(database), Task.SENTIMENT, Readers(shelf, Task.SENTIMENT))

    rows, kept = datasets.rows(database, frozen.dataset_id), datasets.vectors(database, frozen.dataset_id)
    stored = np.stack([kept[row.row_id] for row in rows])
    assert stored.shape == (16, 640)
    assert np.isfinite(stored).all()
    classifier = shelf.classifier()
    now = classifier.classify([row.input_text for row in rows])
    np.testing.assert_allclose(classifier.head.probabilities(stored), now, atol=0.005)  # type: ignore[attr-defined]
    units = Readers(shelf, Task.SENTIMENT).seen(frozen.card["encoders"][0], stored)
    near = [(a, b) for a, b in combinations(range(16), 2) if units[a] @ units[b] >= SIMILARITY]
    assert near
    assert all(rows[a].cluster == rows[b].cluster and rows[a].split is rows[b].split for a, b in near)
    shelf.close()
