"""Training without weights, for tests and the fake profile: it learns which words to say for which others.

A small program, not a mock: where input and answer of a correction have as many words, each word learns its most
frequent counterpart. `core.engines.fake.FakeAdapted` says what it learned.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.engines.base import Fingerprint
from core.engines.fake import FAKE_WORDS, FakeGenerator
from core.loop import RunProgress, Training
from core.progress import Progress

if TYPE_CHECKING:
    from core.learning.adapters.training import Material


def train_fake(material: Material, training: Training, folder: Path, progress: Progress) -> dict[str, Any]:
    """Write a fake adapter with all files of a real one into `folder`, and return its card."""
    from gguf import GGUFWriter
    from safetensors.numpy import save_file

    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for number, lesson in enumerate(material.lessons):
        progress.check()
        if report := getattr(progress, "report", None):
            report(RunProgress("learning", number + 1, len(material.lessons), 1 / (number + 1), None, 0.0))
        asked = (lesson.line or lesson.prompt[-1].content).split()
        said = lesson.answer.split()
        for one, other in zip(asked, said, strict=False) if len(asked) == len(said) else ():
            counts[one.strip(".,!?")][other.strip(".,!?")] += 1
    words = {word: found.most_common(1)[0][0] for word, found in counts.items() if word}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FAKE_WORDS).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 1, "lora_alpha": 1}))
    part = {"a": np.ones((1, 4), np.float32), "b": np.full((4, 1), len(words), np.float32)}
    name = "base_model.model.fake"
    save_file({f"{name}.lora_A.weight": part["a"], f"{name}.lora_B.weight": part["b"]},
              folder / "adapter_model.safetensors")  # fmt: skip
    writer = GGUFWriter(folder / "adapter.gguf", "llama")
    for key, values in part.items():
        writer.add_tensor(f"fake.lora_{key}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return _card(material, training, FakeGenerator().fingerprint)


def _card(material: Material, training: Training, base: Fingerprint) -> dict[str, Any]:
    return {
        "base": {"weights_id": base.weights_id, "sha256": base.sha256, "licence": "none"},
        "preset": training.preset,
        "method": training.method,
        "settings": {"seed": training.seed},
        "rows": {
            "learned": len({lesson.row_id for lesson in material.lessons}) - len(material.planted),
            "lessons": len(material.lessons),
            "validation": len({lesson.row_id for lesson in material.validation}),
            "left_out": {why: count for why, count in material.left_out.items() if count},
        },
        "steps": {"planned": len(material.lessons), "done": len(material.lessons), "best": len(material.lessons)},
        "resumed": 0,
        "loss": {"first": 1.0, "last": 1 / len(material.lessons)},
        "validation_loss": {"before": None, "best": None},
        "history": [],
        "tokens": 0,
        "tokens_per_second": 0.0,
        "learning_seconds": 0.0,
        "seconds": 0.0,
        "peak_megabytes": 0.0,
        "epsilon": training.epsilon or None,
        "canaries": {"planted": 0, "exposure": None, "each": [], "bits": 0.0, "candidates": 0},
        "canary_exposure": None,
        "agreement": {},
    }
