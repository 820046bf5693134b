"""Sentiment with a memory: a known text has its label, near ones move the reading."""

from __future__ import annotations

import numpy as np
import pytest

from core.engines.fake import FakeClassifier
from core.tables import Table
from core.tasks.neighbours import Neighbour, move, one_hot
from core.tasks.sentiment import Sentiment
from tests.core.recall_stories import Away, Memory, known

LABELS = ("negative", "neutral", "positive")
IRONY = "Great, another broken lamp"


def row(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_a_corrected_text_has_the_label_that_a_person_gave() -> None:
    text = "I love waiting for hours"
    plain = Sentiment(FakeClassifier()).read(text)
    assert plain.label == "positive"
    found = Sentiment(FakeClassifier()).read(text, recall=Memory({text: [known(text, "negative")]}))
    assert (found.label, found.origin.path) == ("negative", "memory")
    assert found.probabilities == {"negative": 1.0, "neutral": 0.0, "positive": 0.0}
    assert found.origin.weights_id == ""
    assert "A person gave this label" in found.note
    assert "positive" in found.note
    assert found.origin.memory[0].how == "answer"


def test_a_label_that_is_none_is_not_used() -> None:
    plain = Sentiment(FakeClassifier()).read(IRONY)
    assert Sentiment(FakeClassifier()).read(IRONY, recall=Memory({IRONY: [known(IRONY, "angry")]})) == plain
    assert Sentiment(FakeClassifier()).read(IRONY, recall=Away()) == plain


def test_a_near_text_that_the_weights_misread_alike_moves_the_reading() -> None:
    text = "I love waiting for hours"
    near = known("I love waiting for days", "negative", 0.95)
    plain = Sentiment(FakeClassifier()).read(text)
    found = Sentiment(FakeClassifier()).read(text, recall=Memory({text: [near]}))
    assert found.probabilities["negative"] > plain.probabilities["negative"]
    assert "The weights alone read positive" in found.note
    assert sum(found.probabilities.values()) == pytest.approx(1.0)
    assert found.origin.path == "classified"
    assert [(use.how, use.similarity) for use in found.origin.memory] == [("neighbour", 0.95)]


def test_what_the_weights_read_right_already_is_not_moved_by_an_agreeing_neighbour_of_another_label() -> None:
    blame, praise = row(0.9, 0.05, 0.05), row(0.05, 0.05, 0.9)
    right_praise = Neighbour(0.95, one_hot("positive", LABELS), praise)
    assert int(move(blame, [right_praise]).argmax()) == 0


def test_few_and_far_neighbours_move_little() -> None:
    misread, mine = row(0.05, 0.05, 0.9), row(0.05, 0.05, 0.9)
    far = Neighbour(0.65, one_hot("negative", LABELS), misread)
    close = Neighbour(0.97, one_hot("negative", LABELS), misread)
    assert int(move(mine, [far]).argmax()) == 2
    assert int(move(mine, [close]).argmax()) == 0
    assert move(mine, [Neighbour(0.3, one_hot("negative", LABELS), misread)]) is mine


def test_a_table_asks_the_memory_once_a_chunk_and_uses_what_it_knows() -> None:
    table = Table(("text",), [("I love it",), ("I love waiting",), ("I love it",), ("",)])
    memory = Memory({"I love waiting": [known("I love waiting", "negative")]})
    found = Sentiment(FakeClassifier()).read_table(table, "text", recall=memory)
    assert found.labels == ("positive", "negative", "positive", "")
    assert found.probabilities[1] == (1.0, 0.0, 0.0)
    assert len(memory.asked) == 1
    assert [use.how for use in found.origin.memory] == ["answer"]
    assert found.origin.path == "classified"
