"""P14: how long is a LoRA step beside one of TRL's SFTTrainer? (The sentiment head is measured by p14_head.)

Both trainers get the very same packed sequences, one a step, with the same loss on the same tokens, on weights in the
same dtype with a LoRA of the same rank; gradient checkpointing, which would slow the peer down, is off. They take turns
step by step in one process: one of ours follows each of the trainer's, and the first pair is a warm-up. This version of
TRL makes scores over the vocabulary for learned tokens alone too, so that what is compared is the rest of a step.

`python -m tests.benchmarks.p14_training` needs the development data of translation.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from typing import Any

from core.config import PROJECT, Settings, read_settings
from core.engines.catalog import GEMMA
from core.loop import Row, RowKind, Split, Training
from core.types import Task, Turn
from tests.benchmarks.figure import Figure, rounds_spread

BARS = ("P14",)
ROUNDS = 5
RANK = 16
DATA = PROJECT.parent / "shared" / "data"


def steps_of(settings: Settings) -> tuple[Any, list[Any], str]:
    """Return our network, one sequence a step, and the dtype that both trainers get."""
    import torch

    from core.engines.convert import convert
    from core.learning.adapters.examples import Reader, lessons_of
    from core.learning.adapters.network import find_dtype, open_network
    from core.learning.adapters.plan import supervised_steps
    from core.learning.adapters.presets import chosen

    torch.set_num_threads(settings.threads)
    dtype = find_dtype("cpu")
    base = convert(GEMMA, settings.cache_folder)
    network, tokenizer = open_network(
        base, rank=RANK, alpha=2 * RANK, dropout=0.0, seed=0, device="cpu", dtype=dtype, name=GEMMA.name
    )
    path = DATA / "translation" / "wmt22_de-en_dev.jsonl"
    if not path.is_file():
        raise SystemExit(f"P14 needs the development data: {path} is not there.")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    corrections = [
        Row(
            f"row-{number}",
            Task.TRANSLATE,
            RowKind.SUPERVISED,
            Split.TRAIN,
            (Turn("user", row["text"]), Turn("assistant", row["reference"])),
            source="de",
            target="en",
        )
        for number, row in enumerate(rows)
    ]
    preset = chosen(Training("quick", options={"replay": 0.0}))
    steps = supervised_steps(Reader(Task.TRANSLATE, tokenizer, 512), lessons_of(Task.TRANSLATE, corrections), preset, 0)
    full = sorted(steps, key=lambda step: -step.tokens)[: ROUNDS + 1]
    return network, full, dtype


def peer(settings: Settings, steps: list[Any], dtype: str, ours: Any) -> tuple[list[float], list[float]]:
    """Return the seconds of the trainer's steps and of ours, taken in turns; the warm-up is left out."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from core.engines.convert import folder_of

    folder = folder_of(GEMMA, settings.cache_folder)
    theirs: list[float] = []
    own: list[float] = []

    class Turns(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.began = time.perf_counter()

        def on_step_end(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
            theirs.append(time.perf_counter() - self.began)
            own.append(ours(steps[state.global_step - 1]))

    def record(step: Any) -> dict[str, list[int]]:
        ((example,),) = step.parts
        learned = set(example.learned)
        labels = [token if place in learned else -100 for place, token in enumerate(example.tokens)]
        return {"input_ids": list(example.tokens), "labels": labels}

    with tempfile.TemporaryDirectory() as out:
        trainer = SFTTrainer(
            model=AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype), local_files_only=True),
            args=SFTConfig(
                output_dir=out,
                per_device_train_batch_size=1,
                max_steps=len(steps),
                learning_rate=1e-4,
                gradient_checkpointing=False,
                bf16=False,
                use_cpu=True,
                max_length=1_024,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                train_sampling_strategy="sequential",
            ),
            train_dataset=Dataset.from_list([record(step) for step in steps]),
            processing_class=PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True),
            peft_config=LoraConfig(
                r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
            ),
            callbacks=[Turns()],
        )
        trainer.train()
    return theirs[1:], own[1:]


def measure_steps(settings: Settings) -> list[Figure]:
    """Return how much quicker a step of ours is than each of the trainer's."""
    from core.learning.adapters.objectives import supervised_loss
    from core.learning.adapters.optimizer import AdamW, gradient_norm

    network, steps, dtype = steps_of(settings)
    optimizer = AdamW(network.masters, 0.0)
    taken = 0

    def ours(step: Any) -> float:
        nonlocal taken
        taken += 1
        began = time.perf_counter()
        supervised_loss(network, step)
        gradient_norm(network.masters)
        optimizer.step(taken, 1e-4)
        network.load()
        return time.perf_counter() - began

    theirs, own = peer(settings, steps, dtype, ours)
    ratios = [one / other for one, other in zip(theirs, own, strict=True)]
    tokens = statistics.mean(step.tokens for step in steps)
    seconds = f"{statistics.median(own):.1f} s against {statistics.median(theirs):.1f} s"
    note = f"{dtype}; {tokens:.0f} tokens a step: {seconds}"
    spread = rounds_spread(ratios)
    ratio = Figure(
        "P14", "a LoRA step of Gemma", statistics.median(ratios), "x", len(ratios), spread, 1.0, 1.5,
        "TRL SFTTrainer", note,
    )  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return [ratio, Figure("P14", "peak memory of both trainers in one process", peak, "MB", 1)]


def measure() -> list[Figure]:
    """Return the figures of steps."""
    return measure_steps(read_settings())


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} ({figure.spread}) {figure.note} {figure.verdict}")
