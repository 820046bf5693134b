"""A conversion is there whole or not at all, and gives what the libraries' own slow way gives."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from core.config import read_settings
from core.engines.catalog import GEMMA, SMOLLM2
from core.engines.convert import convert, folder_of, is_converted
from core.errors import Stopped
from core.progress import Progress


def test_a_folder_without_its_manifest_or_with_a_foreign_one_is_not_a_conversion(tmp_path: Path) -> None:
    folder = folder_of(SMOLLM2, tmp_path, 9)
    assert not is_converted(SMOLLM2, tmp_path, 9)
    folder.mkdir()
    for content in ("", "[]", "{}", '{"source_sha256": "0", "conversion": 1, "files": {}}', "\x00"):
        (folder / "manifest.json").write_text(content)
        assert not is_converted(SMOLLM2, tmp_path, 9)


def test_whole_and_cut_conversions_of_both_weights_have_folders_of_their_own(tmp_path: Path) -> None:
    assert len({folder_of(weights, tmp_path, n) for weights in (SMOLLM2, GEMMA) for n in (None, 9)}) == 4


class Told(Progress):
    """Keeps what it is told, and stops after `patience` reports."""

    def __init__(self, patience: int = 10_000) -> None:
        super().__init__(threading.Event())
        self.told: list[tuple[int, int]] = []
        self.patience = patience

    def advance(self, done: int, total: int, doing: str) -> None:
        self.told.append((done, total))
        if len(self.told) == self.patience:
            self.stop.set()


@pytest.mark.weights
def test_a_stopped_conversion_leaves_nothing_and_a_finished_one_is_whole(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        convert(SMOLLM2, tmp_path, 2, Told(patience=3))
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    progress = Told()
    folder = convert(SMOLLM2, tmp_path, 2, progress)
    done, total = progress.told[-1]
    assert done == total
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["source_sha256"] == SMOLLM2.sha256
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= set(manifest["files"])
    again = Told()
    assert convert(SMOLLM2, tmp_path, 2, again) == folder
    assert again.told == []
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(1_000)
    assert not is_converted(SMOLLM2, tmp_path, 2)


@pytest.mark.weights
def test_the_first_layers_are_the_hidden_states_of_the_whole_model() -> None:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    from core.engines.layers import open_layers
    from core.engines.packed import Packed

    cache = read_settings().cache_folder  # a conversion of these weights takes half a minute: made once a machine
    cut, whole = convert(GEMMA, cache, 9), convert(GEMMA, cache)
    tokenizer = Tokenizer.from_file(str(cut / "tokenizer.json"))
    texts = [tokenizer.encode(text).ids for text in ("One short text.", "Another text, 更长一些, longer by far.")]
    model = AutoModelForCausalLM.from_pretrained(whole, dtype=torch.float32)
    with torch.no_grad():
        expected = torch.cat([model.model(torch.tensor([ids]), output_hidden_states=True).hidden_states[9][0]
                              for ids in texts])  # fmt: skip
    found = open_layers(cut)(Packed(texts))
    assert (found - expected).abs().max() < 1e-3 * expected.abs().max()


@pytest.mark.weights
def test_the_conversion_dequantizes_as_the_gguf_package_does(tmp_path: Path) -> None:
    from gguf import GGUFReader, dequantize
    from safetensors import safe_open

    from core.engines.catalog import locate

    folder = convert(SMOLLM2, tmp_path, 1)
    tensors = {tensor.name: tensor for tensor in GGUFReader(locate(SMOLLM2, tmp_path)).tensors}
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        for ours, theirs in (("mlp.down_proj", "ffn_down"), ("input_layernorm", "attn_norm")):
            tensor = tensors[f"blk.0.{theirs}.weight"]
            expected = dequantize(tensor.data, tensor.tensor_type)
            assert np.allclose(file.get_tensor(f"model.layers.0.{ours}.weight"), expected, rtol=1e-3, atol=1e-6)
