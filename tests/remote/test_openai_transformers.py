"""The engine beyond this process against `transformers serve`, on the real weights: two models and two adapters."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.engines.base import Prompt
from core.engines.catalog import SMOLLM2
from core.engines.openai import OpenAIEngine
from core.engines.openai_client import Client
from core.errors import ArtefactUnfit, EngineFailed, EngineUnfit
from core.loop import Adapter
from core.types import Turn
from tests.remote.servers import converted, into_hub, transformers_server

pytestmark = pytest.mark.weights

RANK = 4
SPEAKS = ("a" * 32, "b" * 32)
ASKED = Prompt(text="1, 2, 3, 4,", max_tokens=12)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAIEngine]:
    """The engine on a server that knows the weights by the catalog's name, with two adapters beside them."""
    hub = tmp_path_factory.mktemp("hub")
    folder = converted(SMOLLM2)
    into_hub(hub, SMOLLM2.weights_id, folder)
    for number, adapter_id in enumerate(SPEAKS):
        made = tmp_path_factory.mktemp(adapter_id)
        write_adapter(made, folder, seed=number)
        into_hub(hub, f"hearback/{adapter_id}", made)
    with transformers_server(hub) as url:
        client = Client(url, first_seconds=60.0)
        made_engine = OpenAIEngine(client, SMOLLM2.weights_id, slots=4, adapter_name="hearback/{adapter}")
        made_engine.open()
        yield made_engine
        client.close()


def write_adapter(folder: Path, base: Path, seed: int) -> None:
    """Write an adapter that changes what is said: low-rank noise on the way out of each attention, as PEFT keeps it."""
    draw = np.random.default_rng(seed)
    model = json.loads((base / "config.json").read_text())
    width, layers = model["hidden_size"], model["num_hidden_layers"]
    tensors = {}
    for layer in range(layers):
        name = f"base_model.model.model.layers.{layer}.self_attn.o_proj"
        tensors[f"{name}.lora_A.weight"] = draw.normal(0, width**-0.5, (RANK, width)).astype(np.float32)
        tensors[f"{name}.lora_B.weight"] = draw.normal(0, 0.5, (width, RANK)).astype(np.float32)
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(base),
        "target_modules": ["o_proj"],
        "r": RANK,
        "lora_alpha": 2 * RANK,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (folder / name).symlink_to(base / name)


def test_it_streams_stops_and_chats(engine: OpenAIEngine) -> None:
    assert engine.trouble == ""
    (done,) = engine.complete([ASKED])
    assert done.text.replace(" ", "").startswith("5,6,7")
    assert (done.reason, done.tokens) == ("length", 12)
    pieces = list(engine.stream(Prompt(text="1, 2, 3, 4,", max_tokens=20, stop=("7",))))
    assert len(pieces) > 1
    assert "".join(pieces).strip() == "5, 6,"
    (said,) = engine.complete([Prompt(messages=(Turn("user", "Say hello in one sentence."),), max_tokens=8)])
    assert said.text


def test_eight_together_are_answered_in_order(engine: OpenAIEngine) -> None:
    prompts = [Prompt(text=f"{number}, {number + 1}, {number + 2},", max_tokens=4) for number in range(8)]
    found = engine.complete(prompts)
    assert [str(number + 3) in one.text for number, one in enumerate(found)] == [True] * 8


def test_leaving_an_answer_makes_room_for_the_next(engine: OpenAIEngine) -> None:
    for _ in range(3):
        pieces = engine.stream(Prompt(text="Once upon a time", max_tokens=1_000))
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
    began = time.monotonic()
    assert engine.complete([ASKED])[0].tokens == 12
    assert time.monotonic() - began < 20


def test_two_adapters_answer_by_their_names_beside_the_plain_weights(engine: OpenAIEngine) -> None:
    asked = Prompt(text="Once upon a time", max_tokens=12)
    plain = engine.complete([asked])[0].text
    adapters = [Adapter(one, SMOLLM2.sha256, Path("adapter.gguf"), Path()) for one in SPEAKS]
    first, second = (engine.with_adapter(adapter).complete([asked])[0].text for adapter in adapters)
    assert len({plain, first, second}) == 3
    assert engine.complete([asked])[0].text == plain
    with pytest.raises(ArtefactUnfit, match="lists no weights named hearback/cccc"):
        engine.with_adapter(Adapter("c" * 32, SMOLLM2.sha256, Path("adapter.gguf"), Path()))


def test_a_name_that_it_does_not_know_is_told(engine: OpenAIEngine) -> None:
    with pytest.raises(EngineUnfit, match="serves no weights named other"):
        OpenAIEngine(engine._client, "other", slots=1).complete([ASKED])


def test_what_it_cannot_do_is_a_sentence(engine: OpenAIEngine) -> None:
    with pytest.raises(EngineFailed, match="no grammars"):
        engine.scores([("The capital of France is", " Paris")])
