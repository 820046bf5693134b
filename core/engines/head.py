"""A trained head: a few kilobytes that turn a pooled hidden state into calibrated probabilities, with a card.

Two files: `<name>.safetensors` (mean, scale, weight, bias, temperature) and `<name>.json`, the card, which names the
data, the figures and the weights that the head was trained on. A head is only used on those very weights.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines.base import Vectors
from core.errors import EngineFailed, WeightsDamaged, WeightsMissing

_TENSORS = ("mean", "scale", "weight", "bias", "temperature")


@dataclass(frozen=True, eq=False)
class Head:
    """Logits are `weight @ ((pooled - mean) / scale) + bias`; probabilities their softmax at `temperature`.

    Shapes: mean and scale (width,), weight (labels, width), bias (labels,), temperature (1,); all float32.
    """

    labels: tuple[str, ...]
    mean: Vectors
    scale: Vectors
    weight: Vectors
    bias: Vectors
    temperature: Vectors
    card: dict[str, Any]
    sha256: str = ""

    @property
    def head_id(self) -> str:
        """The card's name with the start of the file's hash: different numbers, different id."""
        return f"{self.card.get('name', 'head')}@{self.sha256[:12]}"

    def probabilities(self, pooled: NDArray[np.floating]) -> Vectors:
        """Return shape (texts, labels), rows summing to 1, from pooled states of shape (texts, width).

        Raises EngineFailed where that gives no numbers.
        """
        logits = ((pooled - self.mean) / self.scale @ self.weight.T + self.bias) / self.temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        found = np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
        if not np.isfinite(found).all():
            raise EngineFailed(name=self.head_id)
        return found

    def shares(self, states: NDArray[np.floating], label: str) -> Vectors:
        """Return each token's share, shape (tokens,), of `label`'s lead over the mean of the other labels' logits.

        Exact: pooling is a mean, so the lead is the sum of the shares plus a constant (`lead_of_nothing`).
        """
        direction = self._contrast(label) @ self.weight / self.scale / self.temperature
        return np.asarray((states - self.mean) @ direction / len(states), dtype=np.float32)

    def lead_of_nothing(self, label: str) -> float:
        """Return the part of the lead that is the same for every text."""
        return float(self._contrast(label) @ self.bias / self.temperature[0])

    def _contrast(self, label: str) -> Vectors:
        place = self.labels.index(label)
        contrast = np.full(len(self.labels), -1.0 / (len(self.labels) - 1), dtype=np.float32)
        contrast[place] = 1.0
        return contrast


def load_head(path: Path, weights_sha256: str) -> Head:
    """Return the head at `path` (a .safetensors file with its .json card beside it).

    Raises WeightsMissing if a file is not there, WeightsDamaged if it is not what its card says, holds numbers
    that are not finite, or was trained on other weights than `weights_sha256`.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
        card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise WeightsMissing(name=path.name, how="It ships in assets/heads; fetch the project again.") from error
    except (OSError, ValueError) as error:
        raise WeightsDamaged(name=path.name, why="it cannot be read") from error
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        tensors = load(content)
        labels = tuple(card["labels"])
        expected, base = card["sha256"], card["base"]["sha256"]
        parts = {name: np.asarray(tensors[name], dtype=np.float32) for name in _TENSORS}
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsDamaged(name=path.name, why="its content is not that of a head") from error
    width = parts["mean"].shape
    shapes = {"mean": width, "scale": width, "weight": (len(labels), *width), "bias": (len(labels),)}
    if expected != sha256:
        raise WeightsDamaged(name=path.name, why="it does not have the SHA-256 of its card")
    if base != weights_sha256:
        raise WeightsDamaged(name=path.name, why="it was trained on other weights")
    if any(parts[name].shape != shape for name, shape in shapes.items()) or parts["temperature"].shape != (1,):
        raise WeightsDamaged(name=path.name, why="its parts do not fit together")
    if not all(np.isfinite(part).all() for part in parts.values()) or not (
        (parts["scale"] > 0).all() and (parts["temperature"] > 0).all()
    ):
        raise WeightsDamaged(name=path.name, why="it holds numbers that cannot be used")
    return Head(labels=labels, card=card, sha256=sha256, **parts)


def save_head(head: Head, path: Path) -> Head:
    """Write the head and its card, the hash last, and return the head with its hash.

    Both files are written beside their place and renamed: nobody ever reads half of one.
    """
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(getattr(head, name), dtype=np.float32) for name in _TENSORS})
    sha256 = hashlib.sha256(content).hexdigest()
    card = head.card | {"labels": list(head.labels), "sha256": sha256}
    path.parent.mkdir(parents=True, exist_ok=True)
    for place, data in (
        (path, content),
        (path.with_suffix(".json"), (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode()),
    ):
        unfinished = place.with_name(f"{place.name}.unfinished")
        unfinished.write_bytes(data)
        unfinished.replace(place)
    return Head(**{**vars(head), "card": card, "sha256": sha256})
