"""A restart computes none of the handbook's vectors again, and believes no file that is not whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.engines.base import Vectors
from core.engines.fake import FakeEncoder
from core.knowledge.library import HANDBOOK, Library
from core.knowledge.remembering import Remembering
from core.knowledge.vectors_kept import VectorFile
from core.types import Passage

PASSAGES = [
    Passage("a-1", "a", "A", "Returns", "You can send a lamp back within 30 days. Keep the box.", 0, "en"),
    Passage("a-2", "a", "A", "Warranty", "The warranty of every lamp is two years.", 1, "en"),
]


def library(folder: Path, encoder: FakeEncoder) -> Library:
    return Library(lambda: encoder, lambda: encoder, lambda _: "en", folder)


def built_once(folder: Path) -> FakeEncoder:
    encoder = FakeEncoder()
    first = library(folder, encoder)
    first.publish(PASSAGES)
    first.index("")
    return encoder


def file_of(folder: Path) -> Path:
    return folder / "handbook-english.vectors"


def encoded_after_restart(folder: Path, encoder: FakeEncoder | None = None) -> int:
    encoder = encoder or FakeEncoder()
    second = library(folder, encoder)
    second.publish(PASSAGES)
    second.index("")
    return sum(encoder.calls)


def test_a_restart_takes_the_vectors_from_the_disk_and_finds_the_very_same(tmp_path: Path) -> None:
    encoder = built_once(tmp_path)
    again = FakeEncoder()
    second = library(tmp_path, again)
    second.publish(PASSAGES)
    index = second.index("")
    assert sum(again.calls) <= 4 < sum(encoder.calls)  # a few are computed to see whether the encoder still agrees
    first = library(tmp_path / "other", encoder)
    first.publish(PASSAGES)
    assert index.search("How long is the warranty?") == first.index("").search("How long is the warranty?")


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-7]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"something else"),
        lambda file: file.write_bytes(file.read_bytes()[:-4] + b"\x00\x00\xc0\x7f"),
        lambda file: file.write_bytes(file.read_bytes().replace(b'"count": ', b'"count": 9')),
        lambda file: file.write_bytes(file.read_bytes().replace(b"{", b"[", 1)),
        lambda file: (file.unlink(), file.mkdir()),
    ],
)
def test_a_file_that_is_not_whole_is_as_good_as_none(tmp_path: Path, harm) -> None:
    encoder = built_once(tmp_path)
    harm(file_of(tmp_path))
    assert encoded_after_restart(tmp_path) == sum(encoder.calls)


def test_another_encoder_believes_nothing_of_it_and_takes_its_place(tmp_path: Path) -> None:
    encoder = built_once(tmp_path)
    other = FakeEncoder(name="other-encoder")
    assert encoded_after_restart(tmp_path, other) == sum(encoder.calls)
    assert encoded_after_restart(tmp_path, FakeEncoder(name="other-encoder")) <= 4


class Changed(FakeEncoder):
    """The same weights by name, computed in another way since an update."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = super().encode(texts)
        return np.roll(vectors, 1, axis=1)


def test_vectors_that_the_encoder_does_not_agree_with_any_more_are_all_computed_anew(tmp_path: Path) -> None:
    encoder = built_once(tmp_path)
    assert encoded_after_restart(tmp_path, Changed()) >= sum(encoder.calls)


def test_a_page_that_was_taken_back_leaves_no_vector_behind(tmp_path: Path) -> None:
    encoder = built_once(tmp_path)
    before = file_of(tmp_path).stat().st_size
    second = library(tmp_path, FakeEncoder())
    changed = [PASSAGES[0], Passage("b-1", "b", "B", "New", "Spare parts cost nothing.", 0, "en")]
    second.publish(PASSAGES)
    second.index("")
    second.publish(changed, second.build(changed))
    kept = VectorFile(file_of(tmp_path)).load(encoder)
    of_warranty = Remembering(FakeEncoder())
    of_warranty.encode(["Warranty: The warranty of every lamp is two years."])
    assert kept
    assert not set(of_warranty.vectors) & set(kept)
    assert file_of(tmp_path).stat().st_size != before


def test_a_visitors_documents_never_reach_the_disk(tmp_path: Path) -> None:
    built_once(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    second = library(tmp_path, FakeEncoder())
    second.publish(PASSAGES)
    own = second.bring("ann", [("menu.md", b"# Menu\n\nThe soup of the day costs 7 euros.")])
    second.index("ann", own.knowledge_id)
    second.index("", HANDBOOK)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_disk_that_takes_nothing_costs_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    built_once(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_more_than_is_kept_is_not_written(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "x.vectors", most_bytes=100)
    file.save(FakeEncoder(), {b"k" * 16: np.ones(512, np.float32)})
    assert not (tmp_path / "x.vectors").exists()
    assert VectorFile(tmp_path / "nothing here").load(FakeEncoder()) == {}
