"""A LoRA as PEFT keeps it, made into one that llama.cpp reads: the same numbers under other names.

llama.cpp pairs neighbouring rows for rotary positions in the Llama family, transformers the two halves of a head: there
the rows of B of queries and keys change places, as those of the weights did.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ArtefactUnfit

_PREFIX = "base_model.model."
_PART = re.compile(r"(.+)\.lora_(A|B)\.weight\Z")


def to_gguf(peft_folder: Path, base_folder: Path, out: Path) -> None:
    """Write the adapter in `peft_folder` as GGUF to `out`; `base_folder` is what `core.engines.convert` made.

    The numbers stay float32. Raises ArtefactUnfit where the adapter does not fit the weights.
    """
    from gguf import GGUFType, GGUFWriter
    from gguf.constants import MODEL_ARCH, MODEL_ARCH_NAMES
    from gguf.tensor_mapping import get_tensor_name_map
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(peft_folder / "adapter_model.safetensors")
        told = json.loads((peft_folder / "adapter_config.json").read_text("utf-8"))
        base = json.loads((base_folder / "config.json").read_text("utf-8"))
        alpha = float(told["lora_alpha"])
        architecture = {"llama": MODEL_ARCH.LLAMA, "gemma3_text": MODEL_ARCH.GEMMA3}[base["model_type"]]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ArtefactUnfit(name=peft_folder.name, why="its files cannot be read") from error
    names = get_tensor_name_map(architecture, int(base["num_hidden_layers"]))
    unfinished = out.with_name(f"{out.name}.unfinished")
    writer = GGUFWriter(unfinished, MODEL_ARCH_NAMES[architecture])
    writer.add_type(GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for key in sorted(tensors):
        part = _PART.match(key)
        name = names.get_name(f"{part[1].removeprefix(_PREFIX)}.weight", try_suffixes=(".weight",)) if part else None
        if part is None or name is None:
            raise ArtefactUnfit(name=peft_folder.name, why=f"{key[:80]} has no place in these weights")
        values = tensors[key].astype(np.float32)
        if part[2] == "B" and base["model_type"] == "llama":
            values = _paired(values, key, base)
        writer.add_tensor(f"{name}.lora_{part[2].lower()}", np.ascontiguousarray(values))
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


def _paired(values: NDArray[Any], key: str, base: dict[str, Any]) -> NDArray[Any]:
    """Return the rows of B of a query or key matrix in llama.cpp's order; other matrices stay as they are."""
    heads = 0
    if ".q_proj." in key:
        heads = int(base["num_attention_heads"])
    elif ".k_proj." in key:
        heads = int(base["num_key_value_heads"])
    if not heads:
        return values
    rows, columns = values.shape
    return values.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
