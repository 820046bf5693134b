"""From a GGUF file to a folder that transformers, PEFT and safetensors read: done once, kept in the cache folder.

The libraries' own way parses the file three times and takes one to two minutes; here the tensors are taken straight
from the file, dequantized by the `gguf` package and written row by row, which takes seconds and little memory.

Matrices are stored in float16: the file's own scales are float16, so the rounding (one part in 2,048) lies far below
that of four-bit weights. Vectors (norms) keep float32. Either is read back in any dtype that is asked for.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
from importlib.metadata import version
from pathlib import Path
from typing import Any

import filelock
import numpy as np
from numpy.typing import NDArray

from core.engines.catalog import Weights, hash_file, is_unchanged, locate
from core.engines.imports import whole
from core.errors import WeightsDamaged, WeightsMissing
from core.progress import Progress

# Raised whenever the same source would give another folder.
CONVERSION = 1
MANIFEST = "manifest.json"
_ROWS_AT_ONCE = 16_384

_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_norm": "post_attention_layernorm",
}
_GEMMA_NAMES = _NAMES | {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}


def folder_of(weights: Weights, cache_folder: Path, layers: int | None = None) -> Path:
    """Return where the conversion lies, or will lie, whether or not it is there."""
    ending = "safetensors" if layers is None else f"first-{layers}-layers"
    return cache_folder / f"{weights.weights_id}-{ending}-{CONVERSION}"


def is_converted(weights: Weights, cache_folder: Path, layers: int | None = None) -> bool:
    """Whether the folder is there, whole and unchanged, and made from the very file in the catalog."""
    folder = folder_of(weights, cache_folder, layers)
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        return (manifest["source_sha256"], manifest["conversion"]) == (weights.sha256, CONVERSION) and all(
            is_unchanged(folder / name, sha256) for name, sha256 in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def convert(weights: Weights, cache_folder: Path, layers: int | None = None, progress: Progress | None = None) -> Path:
    """Return a folder with model.safetensors, config.json and tokenizer.json, made now if it is not there yet.

    `layers` keeps only that many first layers (with the embedding and the last norm), for encoders. Two processes
    may ask at once: one works, the other waits. Raises WeightsMissing, WeightsDamaged, and Stopped between tensors.
    """
    progress = progress or Progress()
    folder = folder_of(weights, cache_folder, layers)
    if is_converted(weights, cache_folder, layers):
        return folder
    source = locate(weights, cache_folder)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.with_name(f"{folder.name}.lock")):
            if is_converted(weights, cache_folder, layers):
                return folder
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            try:
                _write(source, unfinished, weights, layers, progress)
                shutil.rmtree(folder, ignore_errors=True)
                unfinished.rename(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise WeightsMissing(name=weights.name, how=f"They could not be prepared: {error.strerror}.") from error
    return folder


def _write(source: Path, folder: Path, weights: Weights, layers: int | None, progress: Progress) -> None:
    whole("torch", "transformers.integrations.gguf.reader", "transformers.integrations.gguf.gguf_tokenizer_mapping")
    from safetensors.numpy import save_file
    from transformers.integrations.gguf.reader import read_gguf_metadata

    try:
        metadata, _ = read_gguf_metadata(str(source))
        reader = _reader(source)
        config = _config(metadata, layers)
    except (ValueError, KeyError) as error:
        raise WeightsDamaged(name=weights.name, why="its GGUF header cannot be read") from error
    wanted = [tensor for tensor in reader.tensors if _is_wanted(tensor.name, layers)]
    steps = len(wanted) + 2
    tensors: dict[str, NDArray[Any]] = {}
    for number, tensor in enumerate(wanted):
        progress.check()
        progress.advance(number, steps, f"Unpacking {weights.name}")
        tensors[_name(tensor.name, config.model_type)] = _values(tensor, config)
    progress.advance(len(wanted), steps, f"Writing {weights.name}")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    tensors.clear()
    progress.check()
    progress.advance(len(wanted) + 1, steps, f"Reading the vocabulary of {weights.name}")
    config.save_pretrained(folder)
    _write_tokenizer(source, folder)
    manifest = {
        "source": weights.weights_id,
        "source_sha256": weights.sha256,
        "conversion": CONVERSION,
        "layers": layers,
        "dtype": "float16 matrices, float32 vectors",
        "libraries": {name: version(name) for name in ("transformers", "gguf", "safetensors", "tokenizers")},
        "files": {path.name: hash_file(path) for path in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2), "utf-8")
    progress.advance(steps, steps, f"{weights.name} is ready")


def _reader(source: Path) -> Any:
    """Return gguf's reader of the tensors; the vocabulary's arrays, half a million values, are stepped over."""
    from gguf import GGUFReader, GGUFValueType

    class TensorReader(GGUFReader):
        def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
            if raw_type != GGUFValueType.ARRAY:
                return super()._get_field_parts(orig_offs, raw_type)
            blob = memoryview(self.data)  # type: ignore[arg-type]
            kind, count = struct.unpack_from("<IQ", blob, orig_offs)
            end = orig_offs + 12
            if kind == GGUFValueType.STRING:
                for _ in range(count):
                    end += 8 + struct.unpack_from("<Q", blob, end)[0]
            else:
                end += count * np.dtype(self.gguf_scalar_to_np[GGUFValueType(kind)]).itemsize
            return end - orig_offs, [], [], [GGUFValueType.ARRAY]

    return TensorReader(source)


def _is_wanted(name: str, layers: int | None) -> bool:
    layer = re.match(r"blk\.(\d+)\.", name)
    return name != "rope_freqs.weight" and (layer is None or layers is None or int(layer.group(1)) < layers)


def _name(name: str, model_type: str) -> str:
    """Return what transformers calls a tensor of a GGUF file."""
    names = _GEMMA_NAMES if model_type == "gemma3_text" else _NAMES
    if layer := re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name):
        return f"model.layers.{layer.group(1)}.{names[layer.group(2)]}.weight"
    return f"{names[name.removesuffix('.weight')]}.weight"


def _values(tensor: Any, config: Any) -> NDArray[Any]:
    """Return a tensor as transformers has it: dequantized, llama.cpp's changes undone, matrices in float16."""
    from gguf import dequantize

    if tensor.data.ndim == 1:
        vector = np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        # Gemma's norms multiply by one plus the weight; llama.cpp stores the sum.
        return vector - 1.0 if config.model_type == "gemma3_text" and tensor.name.endswith("norm.weight") else vector
    rows = tensor.data.shape[0]
    matrix = np.empty(tuple(reversed(tensor.shape.tolist())), dtype=np.float16)
    for start in range(0, rows, _ROWS_AT_ONCE):
        part = tensor.data[start : start + _ROWS_AT_ONCE]
        matrix[start : start + len(part)] = dequantize(part, tensor.tensor_type)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    kind = tensor.name.split(".")[-2]
    if config.model_type == "llama" and kind in heads:
        # llama.cpp pairs neighbouring rows for rotary positions, transformers the two halves of a head.
        halves = matrix.reshape(heads[kind], rows // heads[kind] // 2, 2, -1)
        matrix = np.ascontiguousarray(halves.swapaxes(1, 2).reshape(matrix.shape))
    return matrix


def _config(metadata: dict[str, Any], layers: int | None) -> Any:
    """Return transformers' configuration for the metadata of a Llama or Gemma 3 file."""
    from transformers import AutoConfig

    architecture = metadata["general.architecture"]
    model_type = {"llama": "llama", "gemma3": "gemma3_text"}[architecture]
    of = {key.removeprefix(f"{architecture}."): value for key, value in metadata.items()}
    heads, width = of["attention.head_count"], of["embedding_length"]
    fields = {
        "architectures": ["LlamaForCausalLM" if model_type == "llama" else "Gemma3ForCausalLM"],
        "vocab_size": metadata["tokenizer.ggml.tokens"],
        "hidden_size": width,
        "intermediate_size": of["feed_forward_length"],
        "num_hidden_layers": layers or of["block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": of["attention.head_count_kv"],
        "head_dim": of.get("attention.key_length", width // heads),
        "max_position_embeddings": of["context_length"],
        "rms_norm_eps": of["attention.layer_norm_rms_epsilon"],
        # Both families share the embedding with the output; a file of weights with its own would hold "output".
        "tie_word_embeddings": True,
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "pad_token_id": metadata["tokenizer.ggml.padding_token_id"],
        "dtype": "float16",
    }
    base = of["rope.freq_base"]
    if model_type == "llama":
        fields["rope_parameters"] = {"rope_type": "default", "rope_theta": base}
    else:
        fields["sliding_window"] = of["attention.sliding_window"]
        fields["rope_parameters"] = {
            "full_attention": {"rope_type": "default", "rope_theta": base},
            # Fixed for the whole family, so the file does not say it.
            "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
        }
    return AutoConfig.for_model(model_type, **fields)


def _write_tokenizer(source: Path, folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast
    from transformers.integrations.gguf.gguf_tokenizer_mapping import convert_gguf_tokenizer, get_gguf_tokenizer

    architecture, vocabulary, settings = get_gguf_tokenizer(str(source))
    backend, _ = convert_gguf_tokenizer(architecture, vocabulary)
    # The plain fast class reads tokenizer.json as it is; the families' own classes build it anew at each start.
    PreTrainedTokenizerFast(tokenizer_object=backend, **settings).save_pretrained(folder)
