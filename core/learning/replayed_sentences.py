"""The states of sentences that ship, read once on a machine and kept: on them a new head is to stay what it was.

The sentences on which a comparison looks for forgetting are not among them: what was trained on proves nothing.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.config import Settings
from core.engines.artefacts import base_of
from core.engines.base import Vectors
from core.engines.head import Head
from core.learning.heads import Replay
from core.learning.sentiment_head import read_written
from core.learning.shipped import shipped
from core.progress import Progress
from core.types import Task

_BATCH = 32


def replay(settings: Settings, classifier: Any, base: Head, progress: Progress) -> Replay:
    """Return the sentences' states, read by `classifier.pooled` or kept from before; raises Stopped, EngineError."""
    path = file_of(settings)
    pooled = _kept(path, base)
    if pooled is None:
        texts = sentences()
        found = []
        for start in range(0, len(texts), _BATCH):
            progress.check()
            progress.advance(start, len(texts), "reading the sentences that ship, once on this machine")
            found.append(classifier.pooled(texts[start : start + _BATCH]))
        pooled = np.concatenate(found).astype(np.float32)
        _keep(path, pooled)
    return Replay(pooled)


def left_to_read(settings: Settings) -> int:
    """Return how many sentences the next training of a head has to read first: all of them, or none."""
    return 0 if file_of(settings).is_file() else len(sentences())


@cache
def sentences() -> tuple[str, ...]:
    """Return every other of the sentences that ship, for more take longer and keep no more; the shortest first."""
    examined = {row.input_text for row in shipped(Task.SENTIMENT)}
    found = sorted({one.text for one in read_written()} - examined, key=lambda text: (len(text), text))
    return tuple(found[::2])


def file_of(settings: Settings) -> Path:
    """Return where the states are kept: with other sentences or other weights, somewhere else."""
    digest = hashlib.sha256("\n".join([base_of(settings, Task.SENTIMENT).sha256, *sentences()]).encode())
    return settings.cache_folder / f"replayed-sentences-{digest.hexdigest()[:16]}.safetensors"


def _kept(path: Path, base: Head) -> Vectors | None:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = load_file(path)["pooled"].astype(np.float32)
    except (OSError, KeyError, SafetensorError):
        return None
    return found if found.ndim == 2 and found.shape[1:] == base.mean.shape and np.isfinite(found).all() else None


def _keep(path: Path, pooled: Vectors) -> None:
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file({"pooled": pooled.astype(np.float16)}, unfinished)
    unfinished.replace(path)
