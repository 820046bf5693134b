"""How remembered readings of near texts move the reading of a text.

Interpolation with nearest neighbours as in kNN-LM (Khandelwal et al. 2020), with two differences. What a neighbour
adds is not its label but what its correction changed (the label less the weights' own reading of the neighbour): so it
moves only what the weights get wrong in the same way, and praise beside blame, which are near as vectors, stays praise.
And the weights count as a neighbour of their own, so that few and far neighbours move little.

Chosen on 2,600 phrases of films and 1,000 tweets, each split in halves six times, the four nearest of the one half
moving the other: 17 readings were put right and 4 spoiled of 21,600 (weights growing linearly, half a neighbour for the
weights: 37 and 23; labels instead of changes spoiled more than they put right). One neighbour at 0.9 counts for 0.63.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_SIMILARITY = 0.6  # from here on a neighbour counts, at 1 fully
OWN_WEIGHT = 1 / 3  # how many neighbours of similarity 1 the weights' own reading counts for


@dataclass(frozen=True)
class Neighbour:
    """A near text: its similarity, the row of its right label, and the row that the weights alone read of it."""

    similarity: float
    right: NDArray[np.floating]
    read: NDArray[np.floating]


def one_hot(label: str, labels: Sequence[str]) -> NDArray[np.float32]:
    """Return the row of probabilities that is sure of `label`."""
    return np.array([float(name == label) for name in labels], dtype=np.float32)


def move(row: NDArray[np.floating], neighbours: Sequence[Neighbour]) -> NDArray[np.floating]:
    """Return `row` moved by the neighbours' corrections, or `row` itself where none counts."""
    near = [neighbour for neighbour in neighbours if neighbour.similarity > LEAST_SIMILARITY]
    if not near:
        return row
    weights = np.array([(found.similarity - LEAST_SIMILARITY) / (1 - LEAST_SIMILARITY) for found in near]) ** 2
    changes = np.stack([found.right - found.read for found in near])
    moved = np.maximum(row + weights @ changes / (OWN_WEIGHT + weights.sum()), 0.0)
    return np.asarray(moved / moved.sum(), dtype=np.float32)
