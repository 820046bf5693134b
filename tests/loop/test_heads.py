"""Stories of refitting a head: it learns what was corrected, keeps what was not, and refuses what teaches nothing."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest

from core.engines.base import Vectors
from core.engines.head import Head, load_head, save_head
from core.errors import CannotTrain, Stopped, TooLittleToLearn
from core.learning import heads
from core.learning.heads import Replay, refit
from core.learning.sentiment_head import LABELS
from core.loop import Row, RowKind, Split, Training
from core.progress import Progress
from core.types import Task, Turn

WIDTH = 24


def a_row(number: int, label: str, split: Split = Split.TRAIN, weight: float = 1.0, cluster: str = "") -> Row:
    return Row(
        row_id=f"row-{number}",
        task=Task.SENTIMENT,
        kind=RowKind.LABEL,
        split=split,
        messages=(Turn("user", f"text {number}"), Turn("assistant", label)),
        cluster=cluster,
        weight=weight,
    )


def a_base() -> Head:
    """A head that reads the first three numbers of a state as the three labels."""
    weight = np.zeros((3, WIDTH), np.float32)
    weight[[0, 1, 2], [0, 1, 2]] = 1.0
    zeros, ones = np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)
    card = {"name": "sentiment", "base": {"weights_id": "w", "sha256": "ab"}}
    return Head(LABELS, zeros, ones, weight, np.zeros(3, np.float32), np.array([0.8], np.float32), card)


def a_world(n: int, seed: int = 0, turned: bool = True) -> tuple[list[Row], dict[str, Vectors], Vectors]:
    """Texts whose label stands in the numbers 3 to 5 where number 6 is up (which the base cannot know), else in 0 to 2.

    Every fifth is for validation.
    """
    numbers = np.random.default_rng(seed)
    states = numbers.normal(size=(n, WIDTH)).astype(np.float32)
    y = numbers.integers(0, 3, n)
    is_turned = numbers.random(n) < 0.5 if turned else np.zeros(n, bool)
    states[np.arange(n), np.where(is_turned, y + 3, y)] += 3.0
    states[:, 6] = np.where(is_turned, 3.0, -3.0)
    rows = [a_row(k, LABELS[y[k]], Split.VALIDATION if k % 5 == 0 else Split.TRAIN) for k in range(n)]
    return rows, {row.row_id: state for row, state in zip(rows, states, strict=True)}, states


def accuracy(head: Head, rows: list[Row], vectors: dict[str, Vectors]) -> float:
    found = head.probabilities(np.array([vectors[row.row_id] for row in rows])).argmax(1)
    return float(np.mean([LABELS[place] == row.output_text for place, row in zip(found, rows, strict=True)]))


def test_a_head_learns_from_corrections_and_is_told_apart_from_its_base(tmp_path: Path) -> None:
    rows, vectors, _ = a_world(600)
    base = save_head(a_base(), tmp_path / "base.safetensors")
    head = refit(rows, vectors, base)
    fresh, fresh_vectors, _ = a_world(400, seed=1)
    assert accuracy(base, fresh, fresh_vectors) < 0.7
    assert accuracy(head, fresh, fresh_vectors) > 0.85
    assert head.card["validation"]["log_loss"] < head.card["validation"]["log_loss_of_base"]
    assert head.card["data"]["validation_rows"] == 120
    saved = save_head(head, tmp_path / "head.safetensors")
    assert load_head(tmp_path / "head.safetensors", "ab").head_id == saved.head_id != base.head_id


def test_the_same_rows_give_the_same_head() -> None:
    rows, vectors, _ = a_world(200)
    one, other = refit(rows, vectors, a_base()), refit(rows, vectors, a_base())
    np.testing.assert_array_equal(one.weight, other.weight)
    assert one.temperature == other.temperature


def test_few_rows_that_agree_with_the_base_leave_it_nearly_as_it_was() -> None:
    rows, vectors, states = a_world(40, turned=False)
    base = a_base()
    moved = np.abs(refit(rows, vectors, base).probabilities(states) - base.probabilities(states)).max()
    assert moved < 0.25


def test_shuffled_labels_make_a_head_less_sure_and_no_better() -> None:
    rows, vectors, states = a_world(300, turned=False)
    numbers = np.random.default_rng(5)
    order = numbers.permutation(len(rows))
    shuffled = [
        dataclasses.replace(row, messages=(row.messages[0], rows[place].messages[1]))
        for row, place in zip(rows, order, strict=True)
    ]
    head = refit(shuffled, vectors, a_base())
    assert accuracy(head, rows, vectors) < accuracy(a_base(), rows, vectors) + 0.02
    assert head.probabilities(states).max(1).mean() < a_base().probabilities(states).max(1).mean()


def test_a_row_counts_as_much_as_its_weight() -> None:
    rows, vectors, _ = a_world(60, turned=False)
    silent = [dataclasses.replace(row, weight=0.0) if row.split is Split.TRAIN else row for row in rows]
    base = a_base()
    untouched = refit(silent, vectors, base)
    np.testing.assert_allclose(untouched.weight, base.weight / base.temperature, atol=1e-6)


def test_rows_of_one_cluster_are_left_out_together() -> None:
    rows, vectors, _ = a_world(50)
    rows = [dataclasses.replace(row, split=Split.TRAIN, cluster=f"c{k % 7}") for k, row in enumerate(rows)]
    base = a_base()
    folds = heads._folds(heads._examples(rows, vectors, base), 0)
    clusters = np.array([k % 7 for k in range(50)])
    assert len(folds) == 4
    assert sorted(np.concatenate([left_out for _, left_out in folds]).tolist()) == list(range(50))
    assert all(not set(clusters[taken]) & set(clusters[left_out]) for taken, left_out in folds)
    assert refit(rows, vectors, base).card["validation"]["judged_on"] == 50


def test_sentences_that_ship_keep_the_head_near_its_base_where_nobody_corrected_it() -> None:
    rows, vectors, _ = a_world(200, seed=2)
    rows = [row for row in rows if vectors[row.row_id][6] > 0]
    elsewhere = a_world(500, seed=3, turned=False)[2]
    base = a_base()

    def drift(head: Head) -> float:
        return float(np.abs(head.probabilities(elsewhere) - base.probabilities(elsewhere)).mean())

    shipped = a_world(300, seed=4, turned=False)[2]
    assert drift(refit(rows, vectors, base, replay=Replay(shipped))) < drift(refit(rows, vectors, base))


def test_held_out_rows_are_never_looked_at() -> None:
    rows, vectors, _ = a_world(100)
    held_out = [a_row(1_000 + k, "positive", Split.HELD_OUT) for k in range(50)]
    with_them = refit([*rows, *held_out], vectors, a_base())
    np.testing.assert_array_equal(with_them.weight, refit(rows, vectors, a_base()).weight)


@pytest.mark.parametrize("n", [0, 1, 10])
def test_too_few_rows_say_how_many_more_are_needed(n: int) -> None:
    rows, vectors, _ = a_world(max(n, 1))
    rows = [dataclasses.replace(row, split=Split.TRAIN) for row in rows[:n]]
    with pytest.raises(TooLittleToLearn, match=f"{20 - n} more corrected readings"):
        refit(rows, vectors, a_base())


def test_one_label_alone_teaches_nothing() -> None:
    rows, vectors, _ = a_world(100)
    rows = [a_row(k, "neutral", row.split) for k, row in enumerate(rows)]
    with pytest.raises(TooLittleToLearn, match="3 more of another label"):
        refit(rows, vectors, a_base())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    rows, vectors, _ = a_world(60)
    vectors["row-7"] = np.full(WIDTH, bad, np.float32)
    with pytest.raises(CannotTrain, match="not finite"):
        refit(rows, vectors, a_base())


def test_states_of_other_weights_missing_ones_and_unknown_labels_are_refused() -> None:
    rows, vectors, _ = a_world(60)
    with pytest.raises(CannotTrain, match="other weights"):
        refit(rows, vectors | {"row-3": np.zeros(WIDTH + 1, np.float32)}, a_base())
    with pytest.raises(CannotTrain, match="1 rows have no vector"):
        refit(rows, {name: vector for name, vector in vectors.items() if name != "row-3"}, a_base())
    with pytest.raises(CannotTrain, match="'furious' is no label"):
        refit([*rows, a_row(3, "furious")], vectors, a_base())
    with pytest.raises(CannotTrain, match="other weights"):
        refit(rows, vectors, a_base(), replay=Replay(np.zeros((5, WIDTH + 1), np.float32)))


def test_a_private_head_is_refused_rather_than_pretended() -> None:
    rows, vectors, _ = a_world(60)
    with pytest.raises(CannotTrain, match="no private training"):
        refit(rows, vectors, a_base(), Training(method="head", epsilon=8.0))


def test_a_refit_stops_when_asked() -> None:
    rows, vectors, _ = a_world(100)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        refit(rows, vectors, a_base(), progress=Progress(stop))
