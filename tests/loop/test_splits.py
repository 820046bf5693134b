"""What is held out stays held out: planted near-duplicates, bridges, and any order of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.engines.base import Vectors
from core.engines.fake import FakeEncoder
from core.learning.splits import SIMILARITY, Placement, place, split_clusters
from core.loop import Split
from core.store.splits import Placed

ENCODER = "fake"


def text(number: int, vector: Sequence[float] | None = None, key: str = "", split: Split = Split.TRAIN) -> Placed:
    stored = None if vector is None else np.asarray(vector, dtype=np.float16).tobytes()
    return Placed("correction", str(number), key or f"key{number}", f"key{number}", split, ENCODER, stored)


def seen(_encoder: str, vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def angle(degrees: float) -> tuple[float, float]:
    return float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))


def sentences(texts: Sequence[str]) -> list[Placed]:
    return [
        text(number, vector, one.casefold())
        for number, (one, vector) in enumerate(zip(texts, FakeEncoder().encode(texts), strict=True))
    ]


def unit(one: Placed) -> Vectors:
    return seen("", np.frombuffer(one.vector or b"", np.float16).astype(np.float32)[None])[0]


def splits_of(placement: Placement) -> list[Split | None]:
    return [one.split if one else None for one in placement.places]


def test_planted_near_duplicates_never_come_apart() -> None:
    plain = [f"The {thing} number {number} arrived broken on {day}" for number, (thing, day) in enumerate(
        (thing, day) for thing in ("kettle", "backpack", "mattress", "umbrella", "keyboard", "suitcase")
        for day in ("Monday", "Friday", "Christmas", "Sunday")
    )]  # fmt: skip
    planted = [f"{one}!" for one in plain] + [one.upper() for one in plain] + [f"{one}, too" for one in plain]
    texts = sentences(plain + planted)
    placed = place(texts, (), seen).places
    vectors = seen("", np.stack([np.frombuffer(one.vector or b"", np.float16).astype(np.float32) for one in texts]))
    near = [(a, b) for a, b in combinations(range(len(texts)), 2) if vectors[a] @ vectors[b] >= SIMILARITY]
    assert len(near) >= 3 * len(plain)
    for a, b in near:
        one, other = placed[a], placed[b]
        assert one is not None
        assert other is not None
        assert (one.split, one.cluster) == (other.split, other.cluster)


def test_a_new_text_near_a_held_out_one_is_held_out_too() -> None:
    known = text(1, angle(0), split=Split.HELD_OUT)
    (joined, far) = place([text(2, angle(20)), text(3, angle(90))], [known], seen).places
    assert joined is not None
    assert far is not None
    assert (joined.split, joined.cluster) == (Split.HELD_OUT, known.cluster)
    assert far.cluster != known.cluster


def test_a_bridge_between_splits_is_left_out_and_what_hangs_on_it_is_not() -> None:
    teaches, examines = text(1, angle(0), split=Split.TRAIN), text(2, angle(45), split=Split.HELD_OUT)
    bridge, with_first, with_other = text(3, angle(22)), text(4, angle(-20)), text(5, angle(65))
    placement = place([bridge, with_first, with_other], [teaches, examines], seen)
    assert splits_of(placement) == [None, Split.TRAIN, Split.HELD_OUT]
    assert [one.source_id for one in placement.new] == ["4", "5"]


def test_equal_texts_are_one_cluster_without_any_encoder() -> None:
    texts = [text(number, key="same") for number in range(5)]
    assert len({one.cluster for one in place(texts, ()).places if one}) == 1
    (later,) = place([text(9, key="same")], [text(1, key="same", split=Split.VALIDATION)]).places
    assert later is not None
    assert later.split is Split.VALIDATION


def test_vectors_of_different_encoders_are_never_compared() -> None:
    other = Placed("correction", "2", "key2", "", Split.TRAIN, "another", np.asarray(angle(1), np.float16).tobytes())
    one, two = place([text(1, angle(0)), other], (), seen).places
    assert one is not None
    assert two is not None
    assert one.cluster != two.cluster


@pytest.mark.parametrize("count", [4, 10, 50, 1_000])
def test_there_is_something_to_examine_with_as_soon_as_there_are_a_few(count: int) -> None:
    found = split_clusters([f"cluster{number}" for number in range(count)], ())
    shares = {split: sum(one is split for one in found.values()) / count for split in Split}
    assert 0.15 <= shares[Split.HELD_OUT] <= 0.35
    assert shares[Split.TRAIN] >= 0.6
    if count >= 10:
        assert shares[Split.VALIDATION] > 0


def test_about_seventy_ten_and_twenty_of_a_hundred() -> None:
    found = list(split_clusters([f"cluster{number}" for number in range(5_000)], ()).values())
    assert found.count(Split.TRAIN) / 5_000 == pytest.approx(0.7, abs=0.02)
    assert found.count(Split.VALIDATION) / 5_000 == pytest.approx(0.1, abs=0.02)
    assert found.count(Split.HELD_OUT) / 5_000 == pytest.approx(0.2, abs=0.02)


degrees = some.lists(some.integers(0, 180), min_size=1, max_size=25)


@settings(max_examples=60)
@given(first=degrees, later=degrees, shuffled=some.randoms(use_true_random=False))
def test_no_two_alike_texts_are_ever_in_different_splits(first: list[int], later: list[int], shuffled: object) -> None:
    """Whatever comes in two datasets after one another, in whatever order: nothing leaks, nothing moves."""
    old = [text(number, angle(one)) for number, one in enumerate(first)]
    before = [one for one in place(old, (), seen).places if one]
    new = [text(100 + number, angle(one)) for number, one in enumerate(later)]
    mixed = [*old, *new]
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    placement = place(mixed, before, seen)
    again = {one.source_id: one for one in place([*new, *old], before, seen).places if one}
    after = {one.source_id: one for one in placement.places if one}
    assert after == again
    assert all(after[one.source_id].split is one.split for one in before)
    at = {one.source_id: unit(one) for one in mixed}
    for one, other in combinations(after.values(), 2):
        if at[one.source_id] @ at[other.source_id] >= SIMILARITY:
            assert one.split is other.split
