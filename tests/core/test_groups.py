"""Texts of one meaning end up together, in the same way every time."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import numpy as np
import pytest

from core.engines.base import Vectors
from core.engines.fake import FakeEncoder
from core.knowledge import groups
from core.knowledge.groups import Group, group_by_meaning

SAID = [
    "Saves time answering customers",
    "Shipping to Norway",
    "It saves time when answering customers",
    "",
    "Do you ship to Norway?",
    "Saves me time answering customers",
    "Quotes its sources",
]


class Drawn:
    """An encoder whose vectors a test has drawn by hand, by text."""

    def __init__(self, vectors: dict[str, Sequence[float]]) -> None:
        self._vectors = vectors

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the drawn vectors at length 1."""
        rows = np.array([self._vectors[text] for text in texts], dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_texts_of_one_meaning_are_together_and_the_biggest_group_comes_first() -> None:
    found = group_by_meaning(SAID, FakeEncoder())
    assert [group.places for group in found] == [(0, 2, 5), (1, 4), (6,)]


def test_a_blank_text_is_in_no_group_and_nothing_makes_no_groups() -> None:
    assert group_by_meaning(["", "  \n"], FakeEncoder()) == ()
    assert group_by_meaning([], FakeEncoder()) == ()
    assert group_by_meaning(["one alone"], FakeEncoder()) == (Group((0,), 0),)


def test_the_centre_is_the_text_that_is_most_like_the_others() -> None:
    drawn = {"left": (1.0, 0.4), "middle": (1.0, 0.0), "right": (1.0, -0.4)}
    (found,) = group_by_meaning(list(drawn), Drawn(drawn), similarity=0.5)  # type: ignore[arg-type]
    assert found == Group((0, 1, 2), 1)


def test_groups_join_as_long_as_they_are_similar_on_average() -> None:
    # Cosine of the two is 0.6: together at 0.6, apart above.
    drawn = {"here": (1.0, 0.0), "there": (0.6, 0.8)}
    for similarity, count in ((0.6, 1), (0.61, 2)):
        assert len(group_by_meaning(list(drawn), Drawn(drawn), similarity=similarity)) == count  # type: ignore[arg-type]


def test_the_order_of_the_texts_changes_no_group() -> None:
    order = list(range(len(SAID)))
    random.Random(7).shuffle(order)
    straight = {frozenset(SAID[place] for place in group.places) for group in group_by_meaning(SAID, FakeEncoder())}
    shuffled = [SAID[place] for place in order]
    turned = {
        frozenset(shuffled[place] for place in group.places) for group in group_by_meaning(shuffled, FakeEncoder())
    }
    assert straight == turned


def test_beyond_the_tree_texts_join_the_nearest_group_or_found_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "TEXTS_IN_TREE", 4)
    drawn = {"a": (1, 0, 0), "b": (1, 0.1, 0), "c": (0, 1, 0), "d": (0, 1, 0.1), "e": (1, 0.2, 0), "f": (0, 0, 1)}
    found = group_by_meaning(list(drawn), Drawn(drawn))  # type: ignore[arg-type]
    assert [group.places for group in found] == [(0, 1, 4), (2, 3), (5,)]


def test_two_thousand_texts_are_grouped_within_seconds() -> None:
    chosen = random.Random(3)
    words = ["refund", "norway", "invoice", "warranty", "battery", "lamp", "delivery", "discount", "password", "colour"]
    texts = [f"Question about the {chosen.choice(words)} number {chosen.randrange(99)}" for _ in range(2_000)]
    began = time.monotonic()
    found = group_by_meaning(texts, FakeEncoder())
    assert time.monotonic() - began < 20
    assert sorted(place for group in found for place in group.places) == list(range(2_000))
