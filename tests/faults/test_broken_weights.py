"""R4 on the real weights: a file that is cut off, changed or missing takes its own task, and the others answer.

The files are copies, and the catalog is told to look there; everything else is what serves.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.config import Settings, read_settings
from core.desk import Desk
from core.engines import catalog, encoder
from core.engines.catalog import GEMMA, MINILM, Weights, locate
from core.engines.head import load_head, save_head
from core.engines.shelf import CLASSIFIER, ENCODER, TRANSLATOR
from core.house import open_house
from core.types import Task
from tests.core.desk_stories import result_of
from tests.faults.test_broken_engines import ASK, asked
from tests.promises import Found

pytestmark = [pytest.mark.weights, pytest.mark.promise("R4")]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds what an installed package holds, for weights to be found in."""
    folder = tmp_path / "packages" / "broken_weights"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(folder.parent))
    return folder


def moved(weights: Weights, package: Path, file: str) -> Weights:
    """Return the weights as if their package kept them in one piece here."""
    return dataclasses.replace(weights, pieces=((package.name, file),))


@pytest.fixture
def opened(tmp_path: Path, empty_file: Path) -> Iterator[list[Desk]]:
    """A place for the desk that a test opens once its fault is laid; it is closed afterwards."""
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.close()
        desk._house.close()


def a_real_desk(tmp_path: Path, empty_file: Path, opened: list[Desk]) -> Desk:
    file = tmp_path / "hearback.db"
    file.write_bytes(empty_file.read_bytes())
    settings = dataclasses.replace(
        read_settings({"HEARBACK_DATA": str(tmp_path)}), database_url=f"sqlite:///{file}", slots=2
    )
    opened.append(Desk(open_house(settings)))
    opened[0].warm()  # else the first answer waits for torch to be imported
    return opened[0]


def only(hit: set[Task], said: str, found: dict[Task, tuple[str, str]]) -> None:
    for task, (state, sentence) in found.items():
        assert (state == "failed") == (task in hit), found
        assert (said in sentence) == (task in hit), found


def test_a_translator_that_was_cut_off_then_changed_then_put_right(
    tmp_path: Path,
    empty_file: Path,
    opened: list[Desk],
    package: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: Found,
) -> None:
    whole = locate(GEMMA, read_settings().cache_folder)
    copy = package / "gemma.gguf"
    shutil.copyfile(whole, copy)
    monkeypatch.setattr(catalog, "GEMMA", moved(GEMMA, package, copy.name))
    with copy.open("r+b") as file:
        file.truncate(GEMMA.size_bytes // 2)
    desk = a_real_desk(tmp_path, empty_file, opened)
    only({Task.TRANSLATE}, f"126,556,512 bytes instead of {GEMMA.size_bytes:,}", asked(desk))
    shutil.copyfile(whole, copy)
    with copy.open("r+b") as file:  # numbers in the middle that are none
        file.seek(GEMMA.size_bytes // 2)
        file.write(b"\xff" * 4_096)
    view = result_of(desk, "anna", ASK[Task.TRANSLATE](desk, "anna"))
    assert (view.state, "does not have the expected SHA-256" in view.sentence) == ("failed", True)
    assert {state.name: state.state for state in desk.engine_states()}[TRANSLATOR] == "failed"
    copy.unlink()
    view = result_of(desk, "anna", ASK[Task.TRANSLATE](desk, "anna"))
    assert (view.state, "are not on this machine" in view.sentence) == ("failed", True)
    shutil.copyfile(whole, copy)
    view = result_of(desk, "anna", ASK[Task.TRANSLATE](desk, "anna"))
    assert view.state == "finished", view.sentence
    found("faults of real weights", 3)


def test_an_encoder_that_was_cut_off(
    tmp_path: Path,
    empty_file: Path,
    opened: list[Desk],
    package: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: Found,
) -> None:
    folder = locate(MINILM, read_settings().cache_folder).parent
    for file in ("config.json", "tokenizer.json", "model.safetensors"):
        shutil.copyfile(folder / file, package / file)
    with (package / "model.safetensors").open("r+b") as whole:
        whole.truncate(MINILM.size_bytes - 1)
    monkeypatch.setattr(encoder, "MINILM", moved(MINILM, package, "model.safetensors"))
    desk = a_real_desk(tmp_path, empty_file, opened)
    only({Task.SUPPORT, Task.SUMMARIZE}, "90,868,375 bytes instead of 90,868,376", asked(desk))
    assert {state.name: state.state for state in desk.engine_states()}[ENCODER] == "failed"
    found("faults of real weights", 1)


def test_a_sentiment_head_with_numbers_that_are_none(
    tmp_path: Path, empty_file: Path, opened: list[Desk], monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    assets = tmp_path / "assets"
    shutil.copytree(read_settings().assets, assets)
    path = assets / "heads" / encoder.SENTIMENT_HEAD
    head = load_head(path, GEMMA.sha256)
    head.weight[0, 3] = np.nan
    save_head(head, path)
    monkeypatch.setattr(Settings, "assets", property(lambda _self: assets))
    desk = a_real_desk(tmp_path, empty_file, opened)
    only({Task.SENTIMENT}, "it holds numbers that cannot be used", asked(desk))
    assert {state.name: state.state for state in desk.engine_states()}[CLASSIFIER] == "failed"
    found("faults of real weights", 1)
