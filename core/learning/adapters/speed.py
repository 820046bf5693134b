"""How fast this machine trains: measured by every run, kept in the data folder, and guessed before the first one."""

from __future__ import annotations

import functools
import json
import math
import os
import time
from pathlib import Path

import numpy as np

from core.config import Settings
from core.engines.catalog import Weights

FILE = "training_speed.json"
# Tokens a second for each GFLOP/s of NumPy's float32 product, from the machine that this was written on: two cores
# of an AMD EPYC with AVX-512. Four operations a parameter and token, less what is lost between matrices.
_TOKENS_PER_GIGAFLOP = {"gemma-3-270m-q4_k_m": 0.8, "smollm2-135m-instruct-q4_1": 1.3}
_NEWEST = 0.5


def tokens_per_second(settings: Settings, weights: Weights) -> float:
    """Return how many tokens a second a training reads: what the last runs took, else a guess from a short product."""
    found = _read(settings.data_folder / FILE).get(weights.weights_id, 0.0)
    return found or max(5.0, _TOKENS_PER_GIGAFLOP.get(weights.weights_id, 0.8) * _gigaflops())


def remember(settings: Settings, weights: Weights, measured: float) -> None:
    """Keep what a run has measured, halfway towards what was known before; that it cannot be kept harms nobody."""
    if not math.isfinite(measured) or measured <= 0:
        return
    path = settings.data_folder / FILE
    known = _read(path)
    before = known.get(weights.weights_id, measured)
    known[weights.weights_id] = round(before + _NEWEST * (measured - before), 1)
    unfinished = path.with_name(f"{FILE}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(known), encoding="utf-8")
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, float]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): float(value) for name, value in found.items() if 0 < float(value) < math.inf}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


@functools.lru_cache(maxsize=1)
def _gigaflops() -> float:
    """Return the speed of one product of two matrices, the best of three, in about a tenth of a second; asked once."""
    left = np.ones((768, 768), dtype=np.float32)
    best = math.inf
    for _ in range(3):
        began = time.perf_counter()
        left @ left
        best = min(best, time.perf_counter() - began)
    return 2 * 768**3 / max(best, 1e-9) / 1e9
