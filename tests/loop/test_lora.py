"""Adapters on the real weights: the same numbers in torch and in llama.cpp, beside the plain weights, on one server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings, read_settings
from core.engines.base import Prompt
from core.engines.catalog import GEMMA, SMOLLM2, Weights
from core.engines.convert import convert
from core.engines.llamacpp import LlamaCpp
from core.engines.lora import to_gguf
from core.errors import ArtefactUnfit, WeightsDamaged
from core.learning.adapters.agreement import check_engines
from core.learning.adapters.examples import Lesson, Reader
from core.loop import Adapter
from core.types import Task, Turn

pytestmark = pytest.mark.weights

LINES = (
    "Der Zug nach Hamburg kommt heute leider zehn Minuten später an als gestern.",
    "Bitte schicken Sie mir die Rechnung für den letzten Monat noch einmal mit der Post.",
    "Das Wetter soll am Wochenende schön werden, also fahren wir mit den Kindern ans Meer.",
)

CHATS = [
    Lesson(str(number), "", prompt=(Turn("user", f"Write a long story about {what}."),))
    for number, what in enumerate(
        ("a river", "a lamp", "an old man", "the sea", "two trains", "winter", "a bakery", "the moon")
    )
]


@dataclass
class Made:
    """An adapter that changes a lot, drawn by chance: in PEFT's form, in llama.cpp's, and in a torch model."""

    adapter: Adapter
    network: Any
    reader: Reader
    settings: Settings


def made(weights: Weights, task: Task, folder: Path, seed: int, strength: float, only: tuple[str, ...] = ("",)) -> Made:
    import torch

    from core.learning.adapters.network import open_network

    settings = read_settings()
    base = convert(weights, settings.cache_folder)
    network, tokenizer = open_network(
        base, rank=8, alpha=16, dropout=0.0, seed=seed, device="cpu", dtype="float32", name=weights.name
    )
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, master in network.masters.items():
            if ".lora_B." in name and any(part in name for part in only):
                master.copy_(torch.empty(master.shape).normal_(0, strength, generator=generator))
    network.load()
    network.save(folder)
    to_gguf(folder, base, folder / "adapter.gguf")
    adapter = Adapter(f"{seed}" * 32, weights.sha256, folder / "adapter.gguf", folder)
    return Made(adapter, network, Reader(task, tokenizer, 512), settings)


@pytest.fixture(scope="module")
def smol(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(SMOLLM2, Task.SUMMARIZE, tmp_path_factory.mktemp("smol"), 1, 0.2)


@pytest.fixture(scope="module")
def engine(smol: Made) -> Iterator[LlamaCpp]:
    found = LlamaCpp(SMOLLM2, smol.settings.cache_folder, threads=2, slots=4, context_tokens=512)
    yield found
    found.close()


def test_the_llama_family_says_the_same_in_both_engines(smol: Made) -> None:
    told = check_engines(smol.network, smol.reader, CHATS, SMOLLM2, smol.adapter.folder, smol.settings)
    assert told["moved_by"] > 0.2
    assert told["difference"] < 0.2 * told["moved_by"]


def test_gemma_says_the_same_in_both_engines(tmp_path: Path) -> None:
    gemma = made(GEMMA, Task.TRANSLATE, tmp_path, 2, 0.06)
    lessons = [Lesson(str(n), "", line=line, source="de", target="en") for n, line in enumerate(LINES)]
    told = check_engines(gemma.network, gemma.reader, lessons, GEMMA, tmp_path, gemma.settings)
    assert told["moved_by"] > 0.1
    assert told["difference"] < 0.35 * told["moved_by"]


def test_a_conversion_that_mixes_up_the_rows_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.engines import lora

    monkeypatch.setattr(lora, "_paired", lambda values, *_: values)
    # Drawn so that it changes much: of one that changes little, turned rows change little too and are let pass.
    turned = made(SMOLLM2, Task.SUMMARIZE, tmp_path, 4, 0.8, only=("q_proj", "k_proj"))
    with pytest.raises(ArtefactUnfit, match="differ"):
        check_engines(turned.network, turned.reader, CHATS, SMOLLM2, tmp_path, turned.settings)


def test_plain_and_tuned_answers_stay_what_they_are_while_both_are_asked_together(smol: Made, engine: LlamaCpp) -> None:
    prompts = [Prompt(text=f"{line} That means", max_tokens=6) for line in LINES]
    tuned = engine.with_adapter(smol.adapter)
    plain_alone = [done.text for done in engine.complete(prompts)]
    tuned_alone = [done.text for done in tuned.complete(prompts)]
    assert plain_alone != tuned_alone
    heard: dict[str, list[str]] = {}

    def ask(name: str, generator: Any) -> None:
        heard[name] = [done.text for _ in range(2) for done in generator.complete(prompts)]

    threads = [threading.Thread(target=ask, args=each) for each in (("plain", engine), ("tuned", tuned))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # Which requests share a batch changes the last digits, and so a near tie: the other's words never come.
    for said, own, other in ((heard["plain"], plain_alone, tuned_alone), (heard["tuned"], tuned_alone, plain_alone)):
        expected = list(zip(said, own * 2, other * 2, strict=True))
        assert not [text for text, mine, theirs in expected if text == theirs != mine]
        assert sum(text == mine for text, mine, _ in expected) >= 2 / 3 * len(expected)


def test_an_answer_that_has_begun_is_not_disturbed_by_a_new_adapter(smol: Made, tmp_path: Path) -> None:
    fresh = LlamaCpp(SMOLLM2, smol.settings.cache_folder, threads=2, slots=2, context_tokens=512)
    try:
        prompt = Prompt(text="Count: 1, 2, 3, 4, 5,", max_tokens=120)
        (alone,) = fresh.complete([prompt])
        stream = fresh.stream(prompt)
        first = next(stream)
        (tuned,) = fresh.with_adapter(smol.adapter).complete([Prompt(text="Count: 1, 2,", max_tokens=4)])
        assert tuned.text
        assert first + "".join(stream) == alone.text
        broken = tmp_path / "adapter.gguf"
        broken.write_bytes(smol.adapter.gguf.read_bytes()[:4_000])
        with pytest.raises(ArtefactUnfit):
            fresh.with_adapter(Adapter("c" * 32, SMOLLM2.sha256, broken, tmp_path)).complete([prompt])
        assert fresh.complete([prompt])[0].text == alone.text
    finally:
        fresh.close()


def test_transformers_serves_an_adapter_beside_the_plain_weights(smol: Made) -> None:
    from core.engines.hf import Transformers

    base = Transformers(SMOLLM2, smol.settings.cache_folder, slots=2, threads=2, context_tokens=512)
    try:
        prompt = Prompt(text="The capital of France is", max_tokens=6)
        tuned = base.with_adapter(smol.adapter)
        (plain_text,) = base.complete([prompt])
        (tuned_text,) = tuned.complete([prompt])
        assert "Paris" in plain_text.text
        assert tuned_text.text != plain_text.text
        assert tuned.fingerprint.adapter_id == smol.adapter.adapter_id
        assert tuned.with_adapter(None) is base
        assert base.with_adapter(smol.adapter) is tuned
        with pytest.raises(ArtefactUnfit):
            base.with_adapter(Adapter("x", GEMMA.sha256, smol.adapter.gguf, smol.adapter.folder))
    finally:
        base.close()


def test_an_adapter_of_another_family_is_not_converted(smol: Made, tmp_path: Path) -> None:
    base = convert(GEMMA, smol.settings.cache_folder)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises((ArtefactUnfit, WeightsDamaged)):
        to_gguf(tmp_path, base, tmp_path / "adapter.gguf")
    assert not (tmp_path / "adapter.gguf").exists()
