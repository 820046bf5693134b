"""The disk is full, or a quota is reached: answers go on, whoever cannot save is told why, and all is well later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config import PROJECT
from tests.promises import Found, at

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX limits and mounts")

CHILD = (sys.executable, "-m", "tests.faults.full_disk_child")
MEGABYTES = 8


def own_namespace() -> tuple[str, ...]:
    """Return the words before a command that let it mount what nobody else sees, or () where that may not be."""
    for words in (("unshare", "-m"), ("unshare", "-rm")):
        try:
            done = subprocess.run([*words, "true"], capture_output=True, timeout=10, check=False)
        except OSError:
            return ()
        if not done.returncode:
            return words
    return ()


def told(*words: str) -> dict[str, Any]:
    """Return what the child found."""
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, timeout=at(120, 600), check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check(story: dict[str, Any], kind: str, found: Found) -> None:
    """Check what the child found, and say it."""
    found(f"answers on a full disk ({kind})", story["waited"])
    found("slowest of them, s", round(story["slowest"], 2))
    found("lost", story["lost"])
    found("dropped", story["dropped"])
    found("integrity", story["integrity"])
    assert len(story["told"]) == 4
    for what, sentence in story["told"].items():
        assert sentence.startswith("The disk takes no more"), (what, sentence)
        assert "what you typed is still here" in sentence
    assert (story["is_disk_full"], story["waited"]) == (True, 20)
    assert (story["lost"], story["dropped"], story["ratings_changed"], story["ratings"]) == (0, 0, 0, 5)
    assert story["is_written"]
    assert story["is_well_again"]
    assert story["integrity"] == "ok"
    assert not set(story["files"]["told"].values()) & {"written"}, story["files"]
    assert story["files"]["left"] == [], "nothing half is left lying about"
    assert story["files_later"]["told"] == {"backup": "written", "archive": "written"}
    assert len(story["files_later"]["left"]) == 2


@pytest.mark.promise("R3")
def test_on_a_full_disk_answers_go_on_and_nothing_that_was_acknowledged_is_lost(tmp_path: Path, found: Found) -> None:
    words = own_namespace()
    folder = tmp_path / "small"
    folder.mkdir()
    mount = f'mount -t tmpfs -o size={MEGABYTES}m tmpfs "$0" && exec "$@"'
    if not words or subprocess.run([*words, "sh", "-c", mount, folder, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a small file system; the test with a quota runs")
    check(told(*words, "sh", "-c", mount, str(folder), *CHILD, "filled", str(folder)), "a small file system", found)
    assert list(folder.iterdir()) == [], "it was that file system alone"


@pytest.mark.promise("R3")
def test_what_is_trained_or_frozen_on_a_full_disk_is_whole_or_absent(
    tmp_path: Path, empty_file: Path, found: Found
) -> None:
    words = own_namespace()
    folder, elsewhere = tmp_path / "small", tmp_path / "elsewhere"
    folder.mkdir()
    mount = f'mount -t tmpfs -o size={2 * MEGABYTES}m tmpfs "$0" && exec "$@"'
    if not words or subprocess.run([*words, "sh", "-c", mount, folder, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a small file system")
    child = (sys.executable, "-m", "tests.faults.full_disk_learning_child", *map(str, (folder, elsewhere, empty_file)))
    story = told(*words, "sh", "-c", mount, str(folder), *child)
    for kind in ("head", "adapter"):
        sentences, half = story[kind]["told"], story[kind]["half"]
        found(f"trainings of a {kind} on a full disk", len(sentences) - 1)
        assert len(sentences) > 1
        assert all("the disk is full. Make room" in one for one in sentences[:-1]), sentences
        assert (sentences[-1], half, story[kind]["made"], story[kind]["left"]) == ("", [], 1, 0)
    frozen = story["dataset"]
    found("datasets that met a full disk", len(frozen["told"]) - 1)
    found("half of a dataset or artefact that was left", 0)
    assert len(frozen["told"]) > 1
    assert all(one.startswith("The disk takes no more") for one in frozen["told"][:-1]), frozen["told"]
    assert frozen["seen"] == [0] * (len(frozen["told"]) - 1) + [1]
    assert frozen["told"][-1] == ""
    assert len(frozen["rows"]) == 1
    assert frozen["rows"][0] > 0
    assert (frozen["integrity"], frozen["is_the_same"]) == ("ok", True)


@pytest.mark.promise("R3")
def test_where_no_file_may_grow_any_more_it_is_the_same(tmp_path: Path, found: Found) -> None:
    check(told(*CHILD, "limited", str(tmp_path)), "a quota", found)
