"""How a head is fitted: weighted log loss around a base, with a prior that pulls towards it.

The formula stands in `core.learning.heads`: `z` is a text's standardized state, `D` and `d` are what is added to the
base.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress

ITERATIONS = 100
# The mean curvature of the log loss in a logit, p (1 - p), where a head is neither sure nor at a loss.
BEND = 0.15
# How far a temperature is expected to lie from the base's, as a standard deviation of its logarithm.
TEMPERATURE_SPREAD = 0.25
TEMPERATURES = np.geomspace(0.4, 2.5, 61)
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Examples:
    """Standardized states, the base's calibrated logits, targets as probabilities, weights, and clusters."""

    z: Matrix
    base: Matrix
    targets: Matrix
    weights: Matrix
    clusters: NDArray[np.int64]

    def of(self, chosen: NDArray[Any]) -> Examples:
        """Return the chosen ones, by place or by mask."""
        return Examples(*(part[chosen] for part in vars(self).values()))

    def and_(self, other: Examples) -> Examples:
        """Return these followed by the others."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Examples(*(np.concatenate(pair) for pair in pairs))

    def weighing(self, total: float) -> Examples:
        """Return the same with weights that sum to `total`."""
        return replace(self, weights=self.weights * (total / max(self.total, 1e-12)))

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return float(self.weights.sum())

    def __len__(self) -> int:
        return len(self.z)


@dataclass(frozen=True, eq=False)
class Change:
    """What is added to the base: `D` of shape (labels, width) and `d` of shape (labels,)."""

    matrix: Matrix
    offset: Matrix

    def logits(self, examples: Examples) -> Matrix:
        """Return the base's logits with the change, of shape (examples, labels)."""
        return np.asarray(examples.base + examples.z @ self.matrix.T + self.offset)


class Fitting:
    """Fits of one set of examples with one strength after another, each from the one before.

    It works in the axes in which the loss bends independently, scaled so that it bends about equally in all of them:
    there L-BFGS takes a dozen steps instead of hundreds. The axes are found once, for the strength only scales them.
    """

    def __init__(self, examples: Examples) -> None:
        self._examples = examples
        self._width = examples.z.shape[1]
        # A last feature that is constant: the offset may move a logit as far as all others are expected to together.
        z = np.hstack([examples.z, np.full((len(examples), 1), self._width**0.5)])
        weighted = z * np.sqrt(BEND * examples.weights)[:, None]
        if len(z) < z.shape[1]:
            bends, places = np.linalg.eigh(weighted @ weighted.T)
            is_used = bends > 1e-9 * max(bends[-1], 1e-12)
            self._bends = bends[is_used]
            self._axes = weighted.T @ places[:, is_used] / np.sqrt(self._bends)
        else:
            bends, self._axes = np.linalg.eigh(weighted.T @ weighted)
            self._bends = np.maximum(bends, 0.0)
        # Single precision: the numbers are read from memory again with every step, which is what takes the time.
        self._seen = (z @ self._axes).astype(np.float32)
        self._last = np.zeros((examples.targets.shape[1], len(self._bends)))

    def fit(self, strength: float, progress: Progress) -> Change:
        """Return the change that minimizes the weighted log loss plus the prior; raises Stopped."""
        from scipy.optimize import minimize

        examples, shape = self._examples, self._last.shape
        scales = 1 / np.sqrt(strength + self._bends)
        seen, prior, weights = self._seen * scales.astype(np.float32), strength * scales**2, examples.weights[:, None]

        def objective(flat: Matrix) -> tuple[float, Matrix]:
            progress.check()
            there = flat.reshape(shape)
            logits = examples.base + seen @ there.T.astype(np.float32)
            logits -= logits.max(1, keepdims=True)
            totals = np.log(np.exp(logits).sum(1, keepdims=True))
            loss = -(weights * examples.targets * (logits - totals)).sum() + 0.5 * (prior * there**2).sum()
            wrong = weights * (np.exp(logits - totals) - examples.targets)
            slope = wrong.T.astype(np.float32) @ seen + prior * there
            return float(loss), slope.ravel()

        options = {"maxiter": ITERATIONS, "ftol": 1e-6, "gtol": 1e-3}
        found = minimize(objective, (self._last / scales).ravel(), jac=True, method="L-BFGS-B", options=options)
        self._last = found.x.reshape(shape) * scales
        whole = self._last @ self._axes.T
        return Change(whole[:, :-1], whole[:, -1] * self._width**0.5)


def best_temperature(logits: Matrix, examples: Examples) -> float:
    """Return what makes probabilities as sure as they are right; few rows leave it near 1, which is the base's."""
    logs = np.log(TEMPERATURES)
    total = float(examples.weights.sum())
    costs = [
        total * log_loss(logits / temperature, examples) + 0.5 * (log / TEMPERATURE_SPREAD) ** 2
        for temperature, log in zip(TEMPERATURES, logs, strict=True)
    ]
    return float(TEMPERATURES[int(np.argmin(costs))])


def log_loss(logits: Matrix, examples: Examples) -> float:
    """Return the weighted mean negative log-likelihood in nats."""
    logits = logits - logits.max(1, keepdims=True)
    losses = np.log(np.exp(logits).sum(1)) - (examples.targets * logits).sum(1)
    return float(np.average(losses, weights=np.maximum(examples.weights, 1e-9)))
