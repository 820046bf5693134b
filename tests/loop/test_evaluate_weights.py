"""A comparison on the real weights: the same weights under another name answer the same, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.config import read_settings
from core.engines.base import Fingerprint
from core.engines.shelf import Shelf
from core.learning import answering
from core.learning.compared import BASE, CANDIDATE
from core.learning.evaluate import compare
from core.learning.figures import figures
from core.learning.gate import decide
from core.tasks.sentiment import Sentiment
from core.tasks.translate import Translate
from core.types import Task
from tests.loop.compare_stories import a_row

pytestmark = pytest.mark.weights


class Twin:
    """The same engine under the name of an adapter that changes nothing."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @property
    def fingerprint(self) -> Fingerprint:
        """That of the engine, and a name."""
        found = self._engine.fingerprint
        return Fingerprint(found.weights_id, found.sha256, "twin")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    opened = Shelf(read_settings())
    yield opened
    opened.close()


def test_drafts_of_equal_weights_are_equal_and_references_as_surprising(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How fast they are is no question here: one round of timing shows that it is measured.
    monkeypatch.setattr(answering, "ROUNDS", 1)
    monkeypatch.setattr(answering, "ROUNDS_OF_READINGS", 1)
    # One after another: what is written beside another text is rounded otherwise, and a close choice may turn out so.
    monkeypatch.setattr(answering, "AT_ONCE", 1)
    rows = [
        a_row(0, "Can I still cancel it?", "Kann ich es noch stornieren?"),
        a_row(1, "The door is open.", "Die Tür ist offen."),
    ]
    generator = shelf.translator()

    found = compare(Task.TRANSLATE, rows, {BASE: Translate(generator), CANDIDATE: Translate(Twin(generator))})
    told = figures(found)

    assert (told["wins"]["ties"], told["n"]) == (2, 2)
    perplexity = next(one for one in told["metrics"] if one["name"] == "perplexity")
    assert perplexity["n"] == 2
    assert 1 < perplexity["means"][BASE] < 20
    assert perplexity["difference"] == pytest.approx(0, abs=0.05)
    assert told["speed"]["tokens_per_second"][BASE] > 0
    assert not decide(found, "").is_promotable


def test_readings_of_equal_weights_are_equal(shelf: Shelf) -> None:
    texts = {"I love it, thank you.": "positive", "It broke after a day.": "negative", "It opens at nine.": "neutral"}
    rows = [a_row(number, text, label, Task.SENTIMENT) for number, (text, label) in enumerate(texts.items())]
    classifier = shelf.classifier()

    found = compare(Task.SENTIMENT, rows, {BASE: Sentiment(classifier), CANDIDATE: Sentiment(Twin(classifier))})

    assert figures(found)["wins"]["ties"] == 3
    assert {item.answers[BASE].weights_id for item in found.items} == {"gemma-3-270m-q4_k_m"}
