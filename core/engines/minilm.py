"""The layers of MiniLM, a small BERT: what each token of a sentence looks like at its end.

Written out rather than taken from transformers for the reasons of `core.engines.layers`: no padding, and no seconds
spent on loading that library before the first question can be looked up. In float32, as the thresholds of search were
fitted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.engines.linear import Linear
from core.engines.packed import Packed
from core.errors import WeightsDamaged


def open_minilm(folder: Path, name: str, device: str = "cpu") -> MiniLM:
    """Return the layers in a folder with model.safetensors and config.json; raises WeightsDamaged naming `name`."""
    from safetensors import SafetensorError, safe_open

    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        with safe_open(folder / "model.safetensors", framework="pt", device="cpu") as file:
            layers = MiniLM(config, lambda tensor: file.get_tensor(tensor).float().to(device))
        layers(Packed([[0, 0]], device))  # what does not fit together shows here, not with the first visitor
        return layers
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise WeightsDamaged(name=name, why="the weights cannot be read") from error


class MiniLM:
    """Callable with packed sentences of at most `max_position_embeddings` tokens; returns states (tokens, width)."""

    def __init__(self, config: dict[str, Any], tensor: Callable[[str], Any]) -> None:
        self._words = tensor("embeddings.word_embeddings.weight")
        # A lone sentence is of the first of BERT's two kinds of segment: always the same row.
        kind = tensor("embeddings.token_type_embeddings.weight")[0]
        self._places = tensor("embeddings.position_embeddings.weight") + kind
        self._norm = _Norm(tensor, "embeddings.LayerNorm", config["layer_norm_eps"])
        self._layers = [_Layer(config, tensor, f"encoder.layer.{n}.") for n in range(config["num_hidden_layers"])]

    def __call__(self, packed: Packed) -> Any:
        import torch

        with torch.inference_mode():
            states = self._norm(self._words[packed.ids] + self._places[packed.positions])
            for layer in self._layers:
                states = layer(states, packed)
            return states


class _Layer:
    """One encoder layer: attention, then words, each followed by a norm."""

    def __init__(self, config: dict[str, Any], tensor: Callable[[str], Any], prefix: str) -> None:
        import torch

        def linear(*names: str, bend: str = "none") -> Linear:
            parts = [[tensor(f"{prefix}{name}.{part}") for name in names] for part in ("weight", "bias")]
            return Linear(torch.cat(parts[0]), torch.cat(parts[1]), bend)

        self._heads = config["num_attention_heads"]
        self._scale = (config["hidden_size"] // self._heads) ** -0.5
        self._into_heads = linear("attention.self.query", "attention.self.key", "attention.self.value")
        self._out_of_heads = linear("attention.output.dense")
        self._after_attention = _Norm(tensor, f"{prefix}attention.output.LayerNorm", config["layer_norm_eps"])
        self._up, self._down = linear("intermediate.dense", bend="gelu"), linear("output.dense")
        self._after_words = _Norm(tensor, f"{prefix}output.LayerNorm", config["layer_norm_eps"])

    def __call__(self, states: Any, packed: Packed) -> Any:
        joined = self._into_heads(states).view(len(states), 3 * self._heads, -1)
        seen = packed.attend(joined, self._heads, self._scale, is_causal=False)
        states = self._after_attention(states + self._out_of_heads(seen))
        return self._after_words(states + self._down(self._up(states)))


class _Norm:
    """Layer normalization with its weight and bias."""

    def __init__(self, tensor: Callable[[str], Any], name: str, epsilon: float) -> None:
        self._weight, self._bias, self._epsilon = tensor(f"{name}.weight"), tensor(f"{name}.bias"), epsilon

    def __call__(self, x: Any) -> Any:
        import torch

        return torch.nn.functional.layer_norm(x, x.shape[-1:], self._weight, self._bias, self._epsilon)
