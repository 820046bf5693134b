"""R11: shuffled labels, numbers that are none, another base, changed files: such an artefact never serves anybody.

And what serves is taken back by one click, from the next request on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import random
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.engines import artefacts as files
from core.engines.catalog import hash_file
from core.errors import ArtefactUnfit
from core.house import House, open_house
from core.learning import pipeline
from core.loop import Artefact
from core.office.registry import Registry
from core.progress import Progress
from core.store import artefacts, evaluations, runs
from core.store.loop_tables import ArtefactRow
from core.types import Task
from tests.loop import loop_stories as story
from tests.loop import serving_stories as stories
from tests.loop.training_stories import Bench, a_bench
from tests.promises import Found

BROKEN = "The delivery was late and the box was broken."


@pytest.fixture
def bench(tmp_path: Path, empty_file: Path) -> Iterator[Bench]:
    found = a_bench(tmp_path / "data", empty_file)
    yield found
    found.database.close()


def trained(bench: Bench, said: list[story.Said]) -> Artefact:
    """Train on what was said, in this process, and return what came of it."""
    story.corrected(bench.database, Task.SENTIMENT, said, story.visitors(bench.database, 12))
    story.member(bench.database)
    dataset = bench.frozen(Task.SENTIMENT)
    bench.queue(dataset)
    run = runs.claim(bench.database)
    assert run is not None
    workshop = pipeline.Workshop(bench.settings, bench.database)
    return pipeline.carry_out(workshop, run, Progress())


@pytest.mark.promise("R11")
def test_shuffled_labels_are_refused_by_the_gate(bench: Bench, found: Found) -> None:
    said = story.labels(300)
    wanted = [one.corrected_text for one in said]
    random.Random(1).shuffle(wanted)
    shuffled = [dataclasses.replace(one, corrected_text=label) for one, label in zip(said, wanted, strict=True)]
    candidate = trained(bench, shuffled)
    made = evaluations.latest(bench.database, candidate.artefact_id)
    assert made is not None
    found("shuffled labels", f"refused: {made.verdict['sentence']}")
    assert not made.is_promotable, made.verdict["sentence"]


@pytest.mark.promise("R11")
def test_an_adapter_of_another_base_never_serves(bench: Bench, found: Found) -> None:
    candidate = trained(bench, story.labels(120))
    house = open_house(bench.settings)
    other: Any = dataclasses.replace(candidate, base_sha256="f" * 64)
    with pytest.raises(ArtefactUnfit):
        house.serving.task(Task.SENTIMENT, other)
    manifest = files.folder_of(bench.settings, candidate.artefact_id) / files.MANIFEST
    manifest.write_text(manifest.read_text().replace(candidate.base_sha256, "f" * 64))
    with pytest.raises(ArtefactUnfit):
        house.serving.task(Task.SENTIMENT, other)
    assert house.tasks().sentiment.read("This is a wonderful lamp.").origin.adapter_id == "fake-head"
    house.close()
    found("of another base", "refused twice: by the registry's row and by its own card")


@pytest.fixture
def house(tmp_path: Path, migrated_url: str) -> Iterator[House]:
    with stories.a_house(tmp_path, migrated_url) as opened:
        yield opened


@pytest.mark.promise("R11")
def test_a_head_of_numbers_that_are_none_never_serves_even_where_every_digest_fits(house: House, found: Found) -> None:
    head = stories.a_head(house, "positive")
    folder = files.folder_of(house.settings, head.artefact_id)
    content = bytearray((folder / files.HEAD_FILE).read_bytes())
    content[-4:] = struct.pack("<f", math.nan)
    (folder / files.HEAD_FILE).write_bytes(content)
    card = (folder / files.HEAD_FILE).with_suffix(".json")
    changed = json.loads(card.read_text()) | {"sha256": hashlib.sha256(content).hexdigest()}
    card.write_text(json.dumps(changed))
    manifest = json.loads((folder / files.MANIFEST).read_text())
    manifest["files"] |= {file: hash_file(folder / file) for file in (files.HEAD_FILE, card.name)}
    (folder / files.MANIFEST).write_text(json.dumps(manifest))
    founder = stories.a_founder(house)
    with house.database.writing() as session:
        session.get_one(ArtefactRow, head.artefact_id).sha256 = files.digest(manifest["files"])
        artefacts.serve(session, founder, Task.SENTIMENT, "", head.artefact_id, "promoted")
    house.live.refresh()
    reading = house.tasks().sentiment.read(BROKEN)
    assert (reading.label, reading.origin.adapter_id) == ("negative", "fake-head")
    why = house.serving.problem(head.artefact_id)
    assert "cannot be used" in why
    found("numbers that are none", f"refused: {why}")


@pytest.mark.promise("R11")
def test_one_click_takes_a_promoted_head_back_from_the_next_request_on(house: House, found: Found) -> None:
    room, ada = Registry(house), stories.a_founder(house)
    head = stories.a_head(house, "positive")
    verdict = {"is_promotable": True, "sentence": "Better on 41 of 60."}
    evaluation = evaluations.add(house.database, head.artefact_id, "", "", {}, verdict, [])
    job_id = room.promote(ada, head.artefact_id, evaluation)
    end = time.monotonic() + 30
    while (view := room.work(ada, job_id)) is None or not view.is_over:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert view.state == "finished", view.sentence
    with readers(house) as answers:
        while "positive" not in answers:
            assert time.monotonic() < end
            time.sleep(0.01)
        began = time.monotonic()
        room.roll_back(ada, Task.SENTIMENT)
        took = time.monotonic() - began
        assert house.tasks().sentiment.read(BROKEN).label == "negative"
    assert set(answers) <= {"positive", "negative"}, "every request was answered, by one of the two"
    found("seconds of a roll back under load", f"{took:.3f}")
    assert took < 5.0


@contextmanager
def readers(house: House) -> Iterator[list[str]]:
    """Let three visitors ask one after another, and give the labels that they got."""
    answers: list[str] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.wait(0.01):
            answers.append(house.tasks().sentiment.read(BROKEN).label)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
