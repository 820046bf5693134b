"""Stories of the encoders: tokens become words again, heads are checked, and the real weights tell moods apart."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.config import PROJECT, read_settings
from core.engines.base import Vectors
from core.engines.catalog import GEMMA
from core.engines.encoder import (
    BACKGROUND,
    SENTIMENT_HEAD,
    HeadClassifier,
    MiddleLayerEncoder,
    MiddleLayers,
    SentenceEncoder,
)
from core.engines.head import Head, load_head, save_head
from core.engines.pooling import words_of
from core.engines.tidy import placed, tidied
from core.errors import WeightsDamaged, WeightsMissing
from core.types import Span

HEADS = PROJECT / "assets" / "heads"


def head_of(width: int = 4, seed: int = 0) -> Head:
    numbers = np.random.default_rng(seed)

    def draw(*shape: int) -> Vectors:
        return numbers.normal(size=shape).astype(np.float32)

    return Head(
        labels=("negative", "neutral", "positive"),
        mean=draw(width),
        scale=np.abs(draw(width)) + 0.5,
        weight=draw(3, width),
        bias=draw(3),
        temperature=np.array([1.5], np.float32),
        card={"name": "test", "base": {"sha256": "base"}},
    )


def spans(*places: tuple[int, int]) -> tuple[Span, ...]:
    return tuple(Span(*place) for place in places)


def test_tokens_are_joined_to_words_and_their_weights_added() -> None:
    text = "I don't like it!  Wow"
    tokens = spans((0, 1), (1, 5), (5, 6), (6, 7), (7, 12), (12, 15), (15, 16), (16, 18), (18, 21))
    words = words_of(text, tokens, np.ones(9, np.float32))
    assert [(word.text, word.weight) for word in words] == [("I", 1), ("don't", 3), ("like", 1), ("it!", 3), ("Wow", 1)]
    assert all(text[word.span.start : word.span.end] == word.text for word in words)


def test_chinese_tokens_are_words_of_their_own() -> None:
    text = "送餐很快,难吃。龘"
    tokens = spans((0, 1), (1, 2), (2, 4), (4, 5), (5, 7), (7, 8), (8, 9), (8, 9), (8, 9))
    assert [word.text for word in words_of(text, tokens, np.ones(9, np.float32))] == [
        "送",
        "餐",
        "很快,",
        "难吃。",
        "龘",
    ]


def test_a_text_is_tidied_and_every_place_can_be_found_again() -> None:
    text = "it 's n't bad , i think &amp; it\\u2019s fun"
    plain, origins = tidied(text)
    assert plain == "It'sn't bad, I think & it’s fun."
    assert len(origins) == len(plain) + 1
    start = plain.index("bad")
    (span,) = placed((Span(start, start + 3),), origins)
    assert text[span.start : span.end].rstrip() == "bad"  # the blank after it was dropped


@pytest.mark.parametrize("text", ["", " ", "A lamp.", "送餐很快", "&bogus", "\\ud800", "x" * 50, " , ", "&lt;"])
def test_tidying_never_loses_its_way(text: str) -> None:
    plain, origins = tidied(text)
    assert len(origins) == len(plain) + 1
    assert list(origins) == sorted(origins)
    assert origins[-1] == len(text)


def test_the_shares_of_all_tokens_add_up_to_the_lead_of_a_label() -> None:
    head = head_of()
    states = np.random.default_rng(1).normal(size=(7, 4)).astype(np.float32)
    probabilities = head.probabilities(states.mean(0, keepdims=True))[0]
    logs = np.log(probabilities)
    for place, label in enumerate(head.labels):
        lead = logs[place] - np.delete(logs, place).mean()
        assert head.shares(states, label).sum() + head.lead_of_nothing(label) == pytest.approx(lead, abs=1e-4)


def test_a_head_that_was_written_is_the_head_that_is_read(tmp_path: Path) -> None:
    saved = save_head(head_of(), tmp_path / "h.safetensors")
    found = load_head(tmp_path / "h.safetensors", "base")
    rows = np.ones((2, 4), np.float32)
    assert np.array_equal(found.probabilities(rows), head_of().probabilities(rows))
    assert found.head_id == saved.head_id
    assert save_head(head_of(seed=1), tmp_path / "i.safetensors").head_id != saved.head_id


@pytest.mark.promise("R4")
def test_a_damaged_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.safetensors"
    with pytest.raises(WeightsMissing):
        load_head(path, "base")
    save_head(head_of(), path)
    with pytest.raises(WeightsDamaged, match="other weights"):
        load_head(path, "another")
    card = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(card | {"sha256": "0" * 64}))
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        load_head(path, "base")
    path.with_suffix(".json").write_text("{")
    with pytest.raises(WeightsDamaged):
        load_head(path, "base")
    path.write_bytes(b"not a head")
    with pytest.raises(WeightsDamaged):
        load_head(path, "base")


@pytest.mark.promise("R4")
def test_a_head_with_numbers_that_are_none_is_refused(tmp_path: Path) -> None:
    broken = head_of()
    broken.weight[1, 2] = np.nan
    save_head(broken, tmp_path / "h.safetensors")
    with pytest.raises(WeightsDamaged, match="cannot be used"):
        load_head(tmp_path / "h.safetensors", "base")


def test_the_shipped_head_fits_the_weights_and_names_its_data() -> None:
    head = load_head(HEADS / SENTIMENT_HEAD, GEMMA.sha256)
    assert head.labels == ("negative", "neutral", "positive")
    assert head.weight.shape == (3, 640)
    assert {"data", "development_figures", "limits", "licence"} <= set(head.card)
    assert not any("sst" in origin or "tweet" in origin for origin in head.card["data"]["examples"])
    assert (HEADS / SENTIMENT_HEAD).stat().st_size < 64 * 1024


@pytest.mark.promise("R4")
def test_missing_weights_are_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> Path:
        raise WeightsMissing(name="MiniLM", how="Install them.")

    monkeypatch.setattr("core.engines.encoder.locate", missing)
    encoder = SentenceEncoder(read_settings({"HEARBACK_CACHE": str(tmp_path)}))
    with pytest.raises(WeightsMissing, match="not on this machine"):
        encoder.encode(["a lamp"])
    encoder.close()


@pytest.fixture(scope="module")
def layers() -> Iterator[MiddleLayers]:
    layers = MiddleLayers(read_settings())
    yield layers
    layers.close()


@pytest.mark.weights
def test_the_shipped_head_tells_moods_apart_in_many_languages(layers: MiddleLayers) -> None:
    classifier = HeadClassifier(layers, HEADS / SENTIMENT_HEAD)
    texts = {
        "positive": ["What a lovely lamp, I am delighted!", "Die Lampe ist wunderbar.", "这盏灯太好了,非常喜欢。"],
        "negative": ["Broken on arrival, a waste of money.", "La lampe est horrible.", "太差了,用了一天就坏。"],
        "neutral": ["The shop opens at nine on Mondays.", "El tren sale a las ocho."],
    }
    for label, examples in texts.items():
        found = classifier.classify(examples)
        assert [classifier.labels[place] for place in found.argmax(1)] == [label] * len(examples)
        assert found.sum(1) == pytest.approx(1, abs=1e-5)


@pytest.mark.weights
def test_the_words_explain_the_reading_exactly(layers: MiddleLayers) -> None:
    classifier = HeadClassifier(layers, HEADS / SENTIMENT_HEAD)
    text = "The light is lovely , but the switch broke 👍🏽 很好。"
    logs = np.log(classifier.classify([text])[0])
    words = classifier.explain(text, "positive")
    lead = logs[2] - logs[:2].mean()
    assert sum(word.weight for word in words) + classifier.head.lead_of_nothing("positive") == pytest.approx(
        lead, abs=0.05
    )
    assert all(text[word.span.start : word.span.end] == word.text for word in words)


@pytest.mark.weights
def test_odd_texts_get_finite_rows_and_many_callers_their_own(layers: MiddleLayers) -> None:
    classifier = HeadClassifier(layers, HEADS / SENTIMENT_HEAD)
    odd = ["", "\ud800", "\x00", "👍", "x" * 20_000, "ز" * 300]
    assert np.isfinite(classifier.classify(odd)).all()
    texts = ["Great lamp!", "Terrible lamp.", "The lamp is 40 cm high."] * 4
    alone = classifier.classify(texts[:3])
    found: list[Vectors] = [alone] * len(texts)

    def read(place: int) -> None:
        found[place] = classifier.classify([texts[place]])[0]

    threads = [threading.Thread(target=read, args=(place,)) for place in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place, row in enumerate(found):
        assert row == pytest.approx(alone[place % 3], abs=0.03)


@pytest.mark.weights
def test_search_finds_the_same_question_in_another_language(layers: MiddleLayers) -> None:
    encoder = MiddleLayerEncoder(layers, HEADS / BACKGROUND)
    questions = encoder.encode(["Wie ändere ich die Lieferadresse?", "El desayuno se sirve a las siete."])
    answers = encoder.encode(
        ["Breakfast is served at seven.", "How do I change the delivery address?", "The lamp is red."]
    )
    assert (questions @ answers.T).argmax(1).tolist() == [1, 0]
    assert np.linalg.norm(answers, axis=1) == pytest.approx(1, abs=1e-4)
    assert encoder.encode([]).shape == (0, 640)


@pytest.mark.weights
def test_minilm_puts_like_sentences_near_each_other() -> None:
    encoder = SentenceEncoder(read_settings())
    rows = encoder.encode(["How long is the warranty?", "The guarantee lasts two years.", "We sell tea."])
    assert rows.shape == (3, 384)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2
    encoder.close()
