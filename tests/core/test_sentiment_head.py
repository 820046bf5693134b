"""Stories of training the head: only clean data is learned from, and probabilities come out calibrated."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from core.engines.base import Vectors
from core.engines.head import load_head
from core.errors import EmptyInput, UnreadableFile
from core.learning.sentiment_head import (
    BACKGROUND_SENTENCES,
    LABELS,
    Kept,
    background_of,
    calibration_error,
    fit,
    measure,
    read_development,
    read_uci,
    read_written,
    train,
)


def clouds(n: int, spread: float = 1.0) -> tuple[Vectors, list[str]]:
    """Three overlapping clouds of points, one a label."""
    numbers = np.random.default_rng(7)
    y = np.arange(n) % 3
    centres = np.array([[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]], dtype=np.float32)
    points = centres[y] + numbers.normal(scale=spread, size=(n, 4))
    return points.astype(np.float32), [LABELS[place] for place in y]


def hashed(texts: Sequence[str]) -> Vectors:
    """Vectors that stand for texts without any weights."""
    rows = np.zeros((len(texts), 32), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row[zlib.crc32(word.encode()) % 32] += 1
    return rows


def write_uci(folder: Path) -> None:
    for name in ("amazon_cells", "imdb", "yelp"):
        lines = [f"this is a good one {n}\t1\nthis is a bad one {n}\t0\n" for n in range(10)]
        (folder / f"uci_{name}.tsv").write_text("".join(lines), "utf-8")


def test_a_head_learns_and_knows_how_sure_it_may_be() -> None:
    points, labels = clouds(1_500, spread=1.2)
    head = fit(points[:900], labels[:900])
    figures = measure(head, points[900:], labels[900:])
    assert figures["accuracy"] > 0.75
    assert figures["ece"] < 0.08
    assert 0.05 <= head.temperature[0] <= 4


def test_two_labels_are_enough_and_one_is_not() -> None:
    points, labels = clouds(300)
    is_polar = [label != "neutral" for label in labels]
    head = fit(points[is_polar], [label for label in labels if label != "neutral"])
    assert measure(head, points[is_polar], [label for label in labels if label != "neutral"])["accuracy"] > 0.8
    with pytest.raises(EmptyInput):
        fit(points[:2], ["positive", "positive"])


def test_calibration_error_is_the_gap_between_sure_and_right() -> None:
    sure = np.array([[0.0, 0.0, 1.0]] * 4)
    assert calibration_error(sure, np.array([2, 2, 2, 2])) == pytest.approx(0.0)
    assert calibration_error(sure, np.array([2, 2, 0, 0])) == pytest.approx(0.5)


def test_foreign_lines_at_the_head_of_a_copy_are_left_out(tmp_path: Path) -> None:
    write_uci(tmp_path)
    path = tmp_path / "uci_imdb.tsv"
    path.write_text("Bạn ơi  \t0\nHelp me\t0\nTôi không thi nữa\t2\nloz.\t0\n" + path.read_text("utf-8"), "utf-8")
    texts = [example.text for example in read_uci(tmp_path)]
    assert len(texts) == 60
    assert not any(text in texts for text in ("Help me", "loz.", "Bạn ơi"))
    with pytest.raises(UnreadableFile):
        read_uci(tmp_path / "nowhere")


def test_the_written_sentences_are_many_varied_and_whole() -> None:
    written = read_written()
    assert len(written) > 2_100
    assert {example.label for example in written} == set(LABELS)
    assert len({example.text for example in written}) == len(written)
    assert {"en", "de", "fr", "es", "pt", "it", "nl", "zh", "ja"} <= {example.language for example in written}
    assert all(example.text == example.text.strip() != "" for example in written)


def test_the_background_leaves_nothing_that_only_tells_languages_apart() -> None:
    numbers = np.random.default_rng(0)
    languages = ["en"] * 50 + ["zh"] * 50
    rows = numbers.normal(size=(100, 16)).astype(np.float32)
    rows[50:, 3] += 5
    found = background_of(rows, languages)
    plain = (rows - found["mean"]) / found["scale"]
    plain -= plain @ found["languages"].T @ found["languages"]
    assert np.abs(plain[:50].mean(0) - plain[50:].mean(0)).max() < 0.05


def test_training_writes_a_head_that_can_be_loaded_with_its_card(tmp_path: Path) -> None:
    write_uci(tmp_path)
    rows = [json.dumps({"text": "a good one", "label": "positive", "lang": "en"})] * 3
    (tmp_path / "sst2_dev.jsonl").write_text("\n".join(rows), "utf-8")
    head = train(hashed, tmp_path, tmp_path / "out")
    found = load_head(tmp_path / "out" / "sentiment.safetensors", head.card["base"]["sha256"])
    assert found.sha256 == head.sha256
    assert found.card["development_figures"]["sst2_dev"]["n"] == 3
    assert (tmp_path / "out" / "background.safetensors").exists()


def test_training_again_leaves_the_background_that_ships(tmp_path: Path) -> None:
    write_uci(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "background.safetensors").write_bytes(b"as it was")
    train(hashed, tmp_path, tmp_path / "out")
    assert (tmp_path / "out" / "background.safetensors").read_bytes() == b"as it was"


def test_later_sentences_teach_the_head_and_not_the_background(tmp_path: Path) -> None:
    write_uci(tmp_path)
    train(hashed, tmp_path, tmp_path / "out")
    first = read_written()[:BACKGROUND_SENTENCES]
    found = load_file(tmp_path / "out" / "background.safetensors")
    assert len(first) < len(read_written())
    assert np.allclose(found["mean"], hashed([example.text for example in first]).mean(0))


def test_a_measured_text_that_reads_like_a_written_one_is_left_out(tmp_path: Path) -> None:
    known = read_written()[-1].text
    texts = [known + "!", "a text of its own", "another one"]
    rows = [json.dumps({"text": text, "label": "positive"}) for text in texts]
    (tmp_path / "zh_hotel.jsonl").write_text("\n".join(rows), "utf-8")
    assert read_development(tmp_path, 1)["zh_hotel"] == (["a text of its own"], ["positive"])


def test_encoded_texts_are_kept_for_the_next_run(tmp_path: Path) -> None:
    asked: list[str] = []

    def pooled(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return hashed(texts)

    first = Kept(pooled, tmp_path / "kept.npz")(["one lamp", "two lamps", "one lamp"])
    second = Kept(pooled, tmp_path / "kept.npz")(["two lamps", "one lamp", "one lamp"])
    assert len(asked) == 2
    assert np.array_equal(first[0], second[1])
