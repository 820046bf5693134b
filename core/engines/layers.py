"""The first layers of a converted language model: what a text looks like half-way to the next word.

The embedding of a multilingual vocabulary is larger than all the layers together, yet a text touches few of its
rows: it stays in the file, mapped into memory in float16, and only the rows that are asked for are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import WeightsDamaged


def open_layers(folder: Path, device: str = "cpu", dtype: str = "float32") -> Any:
    """Return a torch module made from a folder of `core.engines.convert.convert(..., layers=n)`.

    Called with `input_ids` and `attention_mask`, both of shape (texts, tokens), it returns the hidden states after
    the last of its layers, of shape (texts, tokens, width), before any final norm: what transformers calls
    `hidden_states[n]` of the whole model. It is in eval mode and records no gradients. Raises WeightsDamaged.
    """
    import torch
    from safetensors import SafetensorError, safe_open
    from torch import nn
    from transformers import AutoConfig, AutoModel
    from transformers.initialization import no_init_weights

    number_type = getattr(torch, dtype)

    class FirstLayers(nn.Module):
        def __init__(self, body: nn.Module, embedding: torch.Tensor, scale: float) -> None:
            super().__init__()
            self.body = body
            self.embedding = embedding  # not a parameter: moving the module must not copy it
            self.scale = scale

        @torch.inference_mode()
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            rows = self.embedding[input_ids.to(self.embedding.device)].to(device, number_type) * self.scale
            output = self.body(inputs_embeds=rows, attention_mask=attention_mask.to(device), use_cache=False)
            states: torch.Tensor = output.last_hidden_state
            return states

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        width, layers = config.hidden_size, config.num_hidden_layers
        # Built without its own embedding and norm: neither is used.
        config.vocab_size, config.pad_token_id = 1, 0
        with no_init_weights():
            body = AutoModel.from_config(config, dtype=number_type, attn_implementation="sdpa")
        body.norm = nn.Identity()
        with safe_open(folder / "model.safetensors", framework="pt", device="cpu") as file:
            embedding = file.get_tensor("model.embed_tokens.weight")
            state = {
                name.removeprefix("model."): file.get_tensor(name).to(number_type)
                for name in file.keys()  # noqa: SIM118 - not a dictionary
                if name.startswith("model.layers.")
            }
        missing, unexpected = body.load_state_dict(state, strict=False, assign=True)
    except (OSError, SafetensorError, RuntimeError, ValueError) as error:
        raise WeightsDamaged(name=folder.name, why="the converted weights cannot be read") from error
    if unexpected or set(missing) - {"embed_tokens.weight"} or len(body.layers) != layers:
        raise WeightsDamaged(name=folder.name, why="the converted weights do not fit their configuration")
    if device != "cpu":
        embedding = embedding.to(device)
    # Gemma multiplies its embedding by the square root of its width, Llama does not.
    scale = width**0.5 if config.model_type == "gemma3_text" else 1.0
    return FirstLayers(body.to(device), embedding, scale).eval()
