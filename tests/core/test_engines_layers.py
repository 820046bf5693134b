"""The layers that are written out here give what transformers gives, whatever lengths lie side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import WeightsDamaged

pytestmark = pytest.mark.weights

TEXTS = [[2, 5, 9, 14], [2], [2, 7, 7, 30, 41, 12, 3, 8, 19], [2, 60]]


@pytest.fixture(scope="module")
def gemma() -> Any:
    """A Gemma 3 of toy size with weights of chance, and layers of both kinds."""
    import torch
    from transformers import Gemma3TextConfig, Gemma3TextModel

    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=64, hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=16, sliding_window=512,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
    )  # fmt: skip
    config.dtype = "float32"
    model = Gemma3TextModel(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


def keep(model: Any, folder: Path, prefix: str) -> Path:
    from safetensors.torch import save_file

    save_file({f"{prefix}{name}": tensor.clone() for name, tensor in model.state_dict().items()},
              folder / "model.safetensors")  # fmt: skip
    model.config.save_pretrained(folder)
    return folder


def alone(model: Any, ids: list[int]) -> Any:
    import torch

    with torch.no_grad():
        return model(torch.tensor([ids]), output_hidden_states=True)


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[2:3], [TEXTS[0], TEXTS[0]]])
def test_packed_texts_get_the_states_that_each_gets_alone(gemma: Any, tmp_path: Path, texts: list[list[int]]) -> None:
    import torch

    from core.engines.layers import open_layers
    from core.engines.packed import Packed

    folder = keep(gemma, tmp_path, "model.")
    states = open_layers(folder)(Packed(texts))
    # The last of transformers' hidden states has gone through the final norm, so it is taken away.
    gemma.norm, kept = torch.nn.Identity(), gemma.norm
    expected = torch.cat([alone(gemma, ids).hidden_states[3][0] for ids in texts])
    gemma.norm = kept
    assert states.dtype == torch.float32
    assert (states - expected).abs().max() < 1e-4 * expected.abs().max()


def test_half_the_bits_change_little(gemma: Any, tmp_path: Path) -> None:
    import torch

    from core.engines.layers import open_layers
    from core.engines.packed import Packed

    folder, packed = keep(gemma, tmp_path, "model."), Packed(TEXTS)
    exact, rough = (open_layers(folder, "cpu", dtype)(packed) for dtype in ("float32", "bfloat16"))
    assert torch.nn.functional.cosine_similarity(exact, rough).min() > 0.99


def test_layers_that_do_not_fit_are_damaged(gemma: Any, tmp_path: Path) -> None:
    from core.engines.layers import open_layers

    folder = keep(gemma, tmp_path, "model.")
    config = json.loads((folder / "config.json").read_text())
    for change in ({"num_hidden_layers": 18}, {"model_type": "llama"}, {"head_dim": 48}, {"layer_types": None}):
        (folder / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(WeightsDamaged):
            open_layers(folder)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(WeightsDamaged):
        open_layers(folder)
    (folder / "config.json").write_text("[]")
    with pytest.raises(WeightsDamaged):
        open_layers(folder)


def test_a_small_bert_is_what_transformers_makes_of_it(tmp_path: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel

    from core.engines.minilm import open_minilm
    from core.engines.packed import Packed

    torch.manual_seed(0)
    config = BertConfig(vocab_size=64, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96)
    model = BertModel(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    folder = keep(model, tmp_path, "")
    states = open_minilm(folder, "MiniLM")(Packed(TEXTS))
    expected = torch.cat([alone(model, ids).last_hidden_state[0] for ids in TEXTS])
    assert (states - expected).abs().max() < 1e-4 * expected.abs().max()
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsDamaged, match="MiniLM"):
        open_minilm(folder, "MiniLM")


def test_a_mean_leaves_out_what_begins_a_text_unless_there_is_nothing_else() -> None:
    import torch

    from core.engines.packed import Packed

    states = torch.tensor([[100.0], [1.0], [3.0], [7.0], [50.0], [9.0]])
    packed = Packed([[2, 5, 6], [2], [2, 9]])
    assert packed.means(states, skipped=1)[:, 0].tolist() == [2.0, 7.0, 9.0]
    assert packed.means(states, skipped=0)[:, 0].tolist() == pytest.approx([104 / 3, 7.0, 29.5])


def test_a_layer_does_in_one_pass_what_follows_its_product() -> None:
    import torch

    from core.engines.linear import Linear

    torch.manual_seed(0)
    weight, bias, x, times = torch.randn(8, 16), torch.randn(8), torch.randn(5, 16), torch.randn(5, 8)
    plain = x @ weight.T + bias
    for bend, form in (("gelu", "none"), ("gelu-tanh", "tanh")):
        bent = torch.nn.functional.gelu(plain, approximate=form)
        assert torch.allclose(Linear(weight, bias, bend)(x), bent, atol=1e-5)
        assert torch.allclose(Linear(weight, bias, bend)(x, times), bent * times, atol=1e-5)
    assert torch.allclose(Linear(weight, bias)(x, times), plain * times, atol=1e-5)
    assert torch.allclose(Linear(weight)(x), x @ weight.T, atol=1e-5)
