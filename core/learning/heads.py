"""Refit the sentiment head from corrections: seconds, because the weights beneath it stay as they are.

The new head is a multinomial logistic regression that is pulled towards the head that ships: with `z` a text's
standardized state, its logits are those of the base plus `D z + d`, and `(strength / 2) ||D||^2` is added to the
weighted log loss. That is the maximum a posteriori under a normal prior around the base, so what no row speaks of stays
as it was. Strength and temperature are chosen by the log loss on rows that were not trained on.

It always starts from the head that ships and never from the one that serves: datasets hold all that was approved, so
nothing is lost, and a head that is trained after somebody was forgotten holds nothing of them.

There is no differential privacy for heads: noise that hides one visitor among a few hundred rows drowns what 1,923
numbers could learn from them (output perturbation, Chaudhuri et al. 2011), so it is refused rather than pretended.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines.base import Vectors
from core.engines.head import Head
from core.errors import CannotTrain, TooLittleToLearn
from core.learning.head_fit import Change, Examples, Fitting, Matrix, best_temperature, log_loss
from core.loop import Row, Split, Training
from core.progress import Progress

LEAST_ROWS = 20
LEAST_OF_A_LABEL = 3
# From here on validation rows alone choose; below, rows are also left out of training in turns (four folds).
ENOUGH_VALIDATION_ROWS = 60
STRENGTHS = (10_000.0, 3_000.0, 1_000.0, 300.0, 100.0, 30.0)
_FOLDS = 4


@dataclass(frozen=True, eq=False)
class Replay:
    """States of sentences that ship, of shape (texts, width), on which a new head is to stay what the base is.

    Corrections tell where a head errs, and of nothing else: learned from alone, they make it worse everywhere else.
    The sentences stand for the rest of what is asked; all of them together count `share` times as much as all rows,
    about as many readings are right for each that is wrong. (Two draws of 100 corrected posts moved other posts by +2
    points and film reviews by -4; without the sentences by -4 and -21.)
    """

    pooled: Vectors
    share: float = 3.0


def refit(
    rows: Sequence[Row],
    vectors: Mapping[str, NDArray[np.floating]],
    base: Head,
    training: Training | None = None,
    progress: Progress | None = None,
    replay: Replay | None = None,
) -> Head:
    """Return a head that has learned from the rows' labels; `vectors` are raw pooled states by row id.

    Rows of the split train are learned from, those of validation choose; held-out ones are not looked at. Raises
    TooLittleToLearn, CannotTrain (vectors that are not the base's, or not finite; unknown labels; epsilon), Stopped.
    """
    began = time.monotonic()
    training, progress = training or Training(method="head"), progress or Progress()
    if training.epsilon:
        raise CannotTrain(why="a head has no private training; choose none, or leave visitors' shares to their cap.")
    learned = _examples([row for row in rows if row.split is Split.TRAIN], vectors, base)
    unseen = _examples([row for row in rows if row.split is Split.VALIDATION], vectors, base)
    _check_enough(learned, base.labels)
    kept = _replayed(replay, base, learned.total)
    from threadpoolctl import threadpool_limits

    # Matrices this small are multiplied sooner by one thread: several wait for each other, seconds on a busy machine.
    with threadpool_limits(1):
        change, temperature, figures = _choose(learned, unseen, kept, progress, training.seed)
    head = _joined(base, change, temperature)
    if not all(np.isfinite(part).all() for part in (head.weight, head.bias, head.temperature)):
        raise CannotTrain(why="the fit did not come to finite numbers.")
    labels = _counted(learned, base.labels)
    card = _card(base, training, labels, len(unseen), temperature, figures, replay)
    return replace(head, card=card | {"seconds": round(time.monotonic() - began, 3)}, sha256="")


def _examples(rows: Sequence[Row], vectors: Mapping[str, NDArray[np.floating]], base: Head) -> Examples:
    missing = [row.row_id for row in rows if row.row_id not in vectors]
    unknown = sorted({row.output_text for row in rows} - set(base.labels))
    if missing or unknown:
        what = f"{len(missing):,} rows have no vector." if missing else f"{unknown[0][:40]!r} is no label of this head."
        raise CannotTrain(why=what)
    width = len(base.mean)
    if any(np.shape(vectors[row.row_id]) != (width,) for row in rows):
        raise CannotTrain(why="the rows were read by other weights than those that this head stands on.")
    pooled = np.array([vectors[row.row_id] for row in rows], dtype=np.float64).reshape(len(rows), width)
    if not np.isfinite(pooled).all() or not all(0 <= row.weight < np.inf for row in rows):
        raise CannotTrain(why="some rows hold numbers that are not finite.")
    targets = np.zeros((len(rows), len(base.labels)))
    targets[np.arange(len(rows)), [base.labels.index(row.output_text) for row in rows]] = 1.0
    names = {name: number for number, name in enumerate(dict.fromkeys(row.cluster or row.row_id for row in rows))}
    clusters = np.array([names[row.cluster or row.row_id] for row in rows], dtype=np.int64)
    return _seen(pooled, base, targets, np.array([row.weight for row in rows], dtype=np.float64), clusters)


def _seen(pooled: Matrix, base: Head, targets: Matrix, weights: Matrix, clusters: NDArray[np.int64]) -> Examples:
    z = (pooled - base.mean) / base.scale
    return Examples(z, (z @ base.weight.T + base.bias) / base.temperature, targets, weights, clusters)


def _check_enough(learned: Examples, labels: Sequence[str]) -> None:
    counts = _counted(learned, labels)
    if (missing := LEAST_ROWS - len(learned)) > 0:
        raise TooLittleToLearn(why=f"{missing} more corrected readings are needed ({len(learned)} are there).")
    common, least = sorted(counts.values(), reverse=True)[:2]
    if least < LEAST_OF_A_LABEL:
        told = max(counts, key=lambda label: counts[label])
        raise TooLittleToLearn(
            why=f"{common} of {len(learned)} rows say {told}; {LEAST_OF_A_LABEL - least} more of another label are "
            "needed, else the head would only learn to say that."
        )


def _counted(examples: Examples, labels: Sequence[str]) -> dict[str, int]:
    counts = Counter(examples.targets.argmax(1).tolist()) if len(examples) else Counter()
    return {label: counts.get(place, 0) for place, label in enumerate(labels)}


def _replayed(replay: Replay | None, base: Head, total: float) -> Examples | None:
    """Return the sentences that ship with what the base says of them as their target (Li and Hoiem 2016)."""
    if replay is None or not len(replay.pooled):
        return None
    if replay.pooled.shape[1:] != base.mean.shape or not np.isfinite(replay.pooled).all():
        raise CannotTrain(why="the sentences to be kept in mind were read by other weights.")
    number = len(replay.pooled)
    pooled = np.asarray(replay.pooled, dtype=np.float64)
    nobody = np.full(number, -1, dtype=np.int64)
    return _seen(pooled, base, _softmax_of(pooled, base), np.full(number, replay.share * total / number), nobody)


def _softmax_of(pooled: Matrix, base: Head) -> Matrix:
    return np.asarray(base.probabilities(pooled), dtype=np.float64)


def _with(learned: Examples, kept: Examples | None) -> Examples:
    return learned if kept is None else learned.and_(kept)


def _choose(
    learned: Examples, unseen: Examples, kept: Examples | None, progress: Progress, seed: int
) -> tuple[Change, float, dict[str, Any]]:
    """Return the change whose strength has the least log loss on rows that were left out, and its temperature there."""
    folds = [] if len(unseen) >= ENOUGH_VALIDATION_ROWS else _folds(learned, seed)
    judged = _joined_examples([learned.of(left_out) for _, left_out in folds] + [unseen])
    # How far the rest of what is asked would drift shows on sentences that are not held on to: here every other is.
    taught = None if kept is None else kept.of(_every_other(kept, 0)).weighing(kept.total)
    share = 0.0 if kept is None else kept.total / max(learned.total, 1e-12)
    rest = None if kept is None else kept.of(_every_other(kept, 1)).weighing(judged.total * share)
    best = (np.inf, STRENGTHS[0], judged.base, judged)
    turns = [(Fitting(_with(learned.of(taken), taught)), learned.of(left_out)) for taken, left_out in folds]
    all_rows = Fitting(_with(learned, taught))
    losses = {}
    for number, strength in enumerate(STRENGTHS):
        progress.advance(number, len(STRENGTHS) + 1, "choosing how far to go")
        found = [turn.fit(strength, progress).logits(left_out) for turn, left_out in turns]
        change = all_rows.fit(strength, progress)
        logits, whole = np.concatenate([*found, change.logits(unseen)]), judged
        if rest is not None:
            whole, logits = judged.and_(rest), np.concatenate([logits, change.logits(rest)])
        losses[strength] = log_loss(logits, whole)
        if losses[strength] < best[0]:
            best = (losses[strength], strength, logits, whole)
        elif losses[strength] > best[0] * 1.02:
            break  # each of the next goes further still
    _, strength, logits, whole = best
    temperature = best_temperature(logits, whole)
    logits = logits[: len(judged)]
    figures = {
        "judged_on": len(judged),
        "log_loss_of_base": round(log_loss(judged.base, judged), 4),
        "log_loss": round(log_loss(logits / temperature, judged), 4),
        "log_loss_by_strength": {f"{strength:g}": round(loss, 4) for strength, loss in losses.items()},
    }
    progress.advance(len(STRENGTHS), len(STRENGTHS) + 1, "learning as far as that")
    return Fitting(_with(learned, kept)).fit(strength, progress), temperature, figures | {"strength": strength}


def _every_other(examples: Examples, first: int) -> NDArray[np.int64]:
    return np.arange(first, len(examples), 2)


def _folds(learned: Examples, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return (taken, left out) by clusters, so that no row is judged by a head that learned nearly the same."""
    order = np.random.default_rng(seed).permutation(int(learned.clusters.max()) + 1)
    fold = order[learned.clusters] % min(_FOLDS, len(order))
    parts = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(_FOLDS)]
    return [(taken, left_out) for taken, left_out in parts if len(taken) and len(left_out)]


def _joined_examples(parts: Sequence[Examples]) -> Examples:
    first, *others = parts
    for other in others:
        first = first.and_(other)
    return first


def _joined(base: Head, change: Change, temperature: float) -> Head:
    """Return base and change as one head: the base's own temperature is part of its weights from here on."""
    weight = (base.weight / base.temperature + change.matrix).astype(np.float32)
    bias = (base.bias / base.temperature + change.offset).astype(np.float32)
    return Head(base.labels, base.mean, base.scale, weight, bias, np.array([temperature], np.float32), {})


def _card(
    base: Head,
    training: Training,
    counts: Mapping[str, int],
    validation_rows: int,
    temperature: float,
    figures: Mapping[str, Any],
    replay: Replay | None,
) -> dict[str, Any]:
    return {
        "name": base.card.get("name", "head"),
        "base": base.card.get("base", {}),
        "base_head": {"sha256": base.sha256, "head_id": base.head_id},
        "features": base.card.get("features", ""),
        "method": {
            "model": "multinomial logistic regression, pulled towards the head that ships",
            "strength": figures["strength"],
            "temperature": round(temperature, 4),
            "replayed_sentences": 0 if replay is None else len(replay.pooled),
            "seed": training.seed,
        },
        "data": {"rows": dict(counts), "validation_rows": validation_rows},
        "validation": dict(figures),
        "licence": base.card.get("licence", ""),
    }
