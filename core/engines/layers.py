"""The first layers of converted Gemma 3 weights: what a text looks like half-way to the next word.

Written out here rather than taken from transformers, because reading a text is all that is asked for: no cache of keys,
no padding (see `core.engines.packed`), products that carry out what follows them, and nothing of that library has to
be loaded. The states are those of transformers to the rounding of the dtype.

The embedding of a multilingual vocabulary is larger than all the layers together, yet a text touches few of its
rows: it stays in the file, mapped into memory in float16, and only the rows that are asked for are read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.engines.linear import Linear
from core.engines.packed import Packed
from core.errors import WeightsDamaged

# Texts are cut to Gemma's sliding window, within which its sliding layers attend as the full ones do.
POSITIONS = 512


def open_layers(folder: Path, device: str = "cpu", dtype: str = "float32") -> FirstLayers:
    """Return the layers in a folder of `core.engines.convert.convert(..., layers=n)`; raises WeightsDamaged."""
    from safetensors import SafetensorError, safe_open

    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        with safe_open(folder / "model.safetensors", framework="pt", device="cpu") as file:
            count = sum(name.endswith("input_layernorm.weight") for name in file.keys())  # noqa: SIM118
            if config["model_type"] != "gemma3_text" or config["num_hidden_layers"] != count:
                raise WeightsDamaged(name=folder.name, why="the converted weights do not fit their configuration")
            layers = FirstLayers(config, lambda name: file.get_tensor(f"model.{name}.weight"), device, dtype)
        layers(Packed([[0, 0]], device))  # what does not fit together shows here, not with the first visitor
        return layers
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise WeightsDamaged(name=folder.name, why="the converted weights cannot be read") from error


class FirstLayers:
    """Callable with packed texts of at most `POSITIONS` tokens; returns float32 states of shape (tokens, width).

    They are the hidden states after the last of the layers, before any final norm: what transformers calls
    `hidden_states[n]` of the whole model. `tensor` gives the file's weight of a name.
    """

    def __init__(self, config: dict[str, Any], tensor: Callable[[str], Any], device: str, dtype: str) -> None:
        import torch

        self.device = device
        self._embedding = tensor("embed_tokens")
        if device != "cpu":
            self._embedding = self._embedding.to(device)
        self._scale = config["hidden_size"] ** 0.5  # Gemma multiplies its embedding by the square root of its width
        number_type = getattr(torch, dtype)
        self._layers = [
            _Layer(config, tensor, f"layers.{number}.", device, number_type)
            for number in range(config["num_hidden_layers"])
        ]
        self._kinds = config["layer_types"]
        self._turns = {
            kind: _turns(rope["rope_theta"], config["head_dim"], device)
            for kind, rope in config["rope_parameters"].items()
        }

    def __call__(self, packed: Packed) -> Any:
        import torch

        with torch.inference_mode():
            rows = self._embedding[packed.ids.to(self._embedding.device)]
            states = rows.float() * self._scale
            turns = {kind: tuple(table[packed.positions] for table in tables) for kind, tables in self._turns.items()}
            for layer, kind in zip(self._layers, self._kinds, strict=True):
                states = layer(states, packed, turns[kind])
            return states


class _Layer:
    """One decoder layer. The stream between layers is float32, products are in the dtype of the weights."""

    def __init__(
        self, config: dict[str, Any], tensor: Callable[[str], Any], prefix: str, device: str, dtype: Any
    ) -> None:
        import torch

        def matrix(*names: str) -> Any:
            return torch.cat([tensor(prefix + name) for name in names]).to(device, dtype)

        def norm(name: str) -> Any:
            return 1.0 + tensor(prefix + name).to(
                device, torch.float32
            )  # Gemma's norms multiply by one plus the weight

        self._dtype = dtype
        self._heads, self._groups = config["num_attention_heads"], config["num_key_value_heads"]
        self._head_width, self._epsilon = config["head_dim"], config["rms_norm_eps"]
        self._attention_scale = config["query_pre_attn_scalar"] ** -0.5
        self._before_attention, self._after_attention = norm("input_layernorm"), norm("post_attention_layernorm")
        self._before_words = norm("pre_feedforward_layernorm")
        self._after_words = norm("post_feedforward_layernorm")
        self._of_heads = torch.cat(
            [
                norm("self_attn.q_norm").repeat(self._heads, 1),
                norm("self_attn.k_norm").repeat(self._groups, 1),
            ]
        )
        self._into_heads = Linear(matrix("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"))
        self._out_of_heads = Linear(matrix("self_attn.o_proj"))
        self._gate, self._up = Linear(matrix("mlp.gate_proj"), bend="gelu-tanh"), Linear(matrix("mlp.up_proj"))
        self._down = Linear(matrix("mlp.down_proj"))

    def __call__(self, states: Any, packed: Packed, turns: tuple[Any, ...]) -> Any:
        import torch

        heads = self._into_heads(self._norm(states, self._before_attention).to(self._dtype))
        heads = heads.view(len(states), -1, self._head_width)
        turned = self._norm(heads[:, : -self._groups].float(), None).mul_(self._of_heads)
        turned = _turned(turned, *turns).to(self._dtype)
        joined = torch.cat([turned, heads[:, -self._groups :]], dim=1)
        seen = packed.attend(joined, self._heads, self._attention_scale, is_causal=True)
        states = states + self._norm(self._out_of_heads(seen).float(), self._after_attention)
        x = self._norm(states, self._before_words).to(self._dtype)
        words = self._down(self._up(x, times=self._gate(x)))
        return states.add_(self._norm(words.float(), self._after_words))

    def _norm(self, x: Any, weight: Any) -> Any:
        import torch

        return torch.nn.functional.rms_norm(x, x.shape[-1:], weight, self._epsilon)


def _turns(base: float, width: int, device: str) -> tuple[Any, Any]:
    """Return cosines and signed sines of rotary positions, each of shape (POSITIONS, 1, width)."""
    import torch

    speeds = base ** -(torch.arange(0, width, 2, dtype=torch.float32) / width)
    angles = torch.arange(POSITIONS, dtype=torch.float32)[:, None] * speeds
    cosines, sines = angles.cos(), angles.sin()
    both = torch.cat([cosines, cosines], 1), torch.cat([-sines, sines], 1)
    return both[0][:, None].to(device), both[1][:, None].to(device)


def _turned(x: Any, cosines: Any, sines: Any) -> Any:
    """Return x of shape (tokens, heads, width) turned by the positions of its tokens."""
    import torch

    half = x.shape[-1] // 2
    return (x * cosines).add_(torch.cat([x[..., half:], x[..., :half]], -1).mul_(sines))
