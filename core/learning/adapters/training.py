"""From rows to an adapter: what is read, learned, checked and written, in this order."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.config import Settings
from core.engines.catalog import GEMMA, SMOLLM2, Weights
from core.errors import CannotTrain, TooLittleToLearn
from core.learning import canaries
from core.learning.adapters import plan, speed
from core.learning.adapters.examples import Lesson, Reader, lessons_of
from core.learning.adapters.presets import Preset, chosen
from core.loop import Row, RunProgress, Split, Training
from core.progress import Progress
from core.types import Task

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint"
LEAST_ROWS = 4
LEAST_VALIDATION_ROWS = 8
_VALIDATION_ROWS = 48
CHAT_TOKENS = 1_024
_CHARACTERS_PER_TOKEN = 3.0
_LOADING_SECONDS = 15.0
_WRITING_SECONDS = 20.0
# What reading the validation rows costs beside learning: forward only, about a third of a step.
_LOOKING = 0.35


def base_weights(task: Task) -> Weights:
    """Return the weights that an adapter for a task stands on."""
    return GEMMA if task is Task.TRANSLATE else SMOLLM2


@dataclass(frozen=True)
class Material:
    """What a run learns from: its lessons, what it looks at in between, and what was planted."""

    lessons: tuple[Lesson, ...]
    validation: tuple[Lesson, ...]
    planted: tuple[canaries.Canary, ...]
    left_out: dict[str, int]


def expected_seconds(task: Task, rows: Sequence[Row], training: Training, settings: Settings) -> float:
    """Return about how long a training will take on this machine, without loading anything; at least a second."""
    preset = chosen(training)
    if settings.profile == "fake":
        return 1.0
    weights = base_weights(task)
    learned = _tokens(task, [row for row in rows if row.split is Split.TRAIN], training)
    looked_at = _tokens(task, [row for row in rows if row.split is Split.VALIDATION][:_VALIDATION_ROWS], training)
    tokens = learned * preset.epochs / (1 - preset.replay) + _LOOKING * looked_at * preset.looks * preset.epochs
    return _LOADING_SECONDS + _WRITING_SECONDS + tokens / speed.tokens_per_second(settings, weights)


def _tokens(task: Task, rows: Sequence[Row], training: Training) -> float:
    count = 0.0
    for row in rows:
        read = row.messages if task is not Task.TRANSLATE else row.messages[-2:]
        count += sum(len(turn.content.encode()) for turn in read) / _CHARACTERS_PER_TOKEN
        if training.method == "preference":  # both answers, each with its prompt, and once more to refer to
            count = 1.5 * (2 * count)
    return count


def train(
    task: Task, rows: Sequence[Row], training: Training, folder: Path, settings: Settings, progress: Progress
) -> dict[str, Any]:
    """Train an adapter and write PEFT's files and adapter.gguf into `folder`; return its card.

    Rows of split train are learned, those of validation looked at, held-out ones not even read. A run that was cut
    short goes on from `folder`/checkpoint, which whoever called removes once all is kept. Raises Stopped,
    TooLittleToLearn, CannotTrain, TrainingFailed, TrainingDiverged, ArtefactUnfit (the two engines disagree),
    NotAChoice, OutOfRange, WeightsMissing, WeightsDamaged.
    """
    preset = chosen(training)
    material = gather(task, rows, training, preset)
    if settings.profile == "fake":
        from core.learning.adapters.fake import train_fake

        return train_fake(material, training, folder, progress)
    return _train(task, material, training, preset, folder, settings, progress)


def gather(task: Task, rows: Sequence[Row], training: Training, preset: Preset) -> Material:
    """Return what a run learns from; raises TooLittleToLearn and CannotTrain."""
    if task is Task.SENTIMENT:
        raise CannotTrain(why="sentiment learns by its head, not by an adapter.")
    kept = [row for row in rows if row.weight > 0]
    lessons = lessons_of(task, [row for row in kept if row.split is Split.TRAIN])
    validation = lessons_of(task, [row for row in kept if row.split is Split.VALIDATION])
    left_out = {"held out": sum(row.split is Split.HELD_OUT for row in rows), "without weight": len(rows) - len(kept)}
    if training.method == "preference":
        both = [lesson for lesson in lessons if lesson.rejected.strip() and lesson.rejected.strip() != lesson.answer]
        left_out["without a rejected answer"] = len(lessons) - len(both)
        lessons = both
    if len({lesson.row_id for lesson in lessons}) < LEAST_ROWS:
        raise TooLittleToLearn(why=f"at least {LEAST_ROWS} rows are needed, and {len(lessons)} fit. Collect more.")
    planted = canaries.plant(task, lessons, preset.canaries, training.seed)
    return Material((*lessons, *(canary.lesson for canary in planted)), tuple(validation), planted, left_out)


def _train(
    task: Task,
    material: Material,
    training: Training,
    preset: Preset,
    folder: Path,
    settings: Settings,
    progress: Progress,
) -> dict[str, Any]:
    from core.learning.adapters.course import Course
    from core.learning.adapters.methods import prepare

    began = time.monotonic()
    weights = base_weights(task)
    _say(progress, "opening the weights")
    network, tokenizer, base = _opened(weights, training, preset, settings, progress)
    reader = Reader(task, tokenizer, preset.sequence_tokens if task is Task.TRANSLATE else CHAT_TOKENS)
    lessons = [lesson for lesson in material.lessons if reader.length(lesson) < reader.longest]
    material.left_out["too long"] = len(material.lessons) - len(lessons)
    if len(lessons) < LEAST_ROWS:
        raise TooLittleToLearn(why="nearly all rows are too long to be learned from.")
    _say(progress, "preparing the rows")
    method = prepare(network, reader, lessons, training, preset, folder / CHECKPOINT)
    course = Course(
        network,
        method.steps,
        [] if training.epsilon else _looks(reader, material.validation),
        method.gradient,
        preset,
        seed=training.seed,
        folder=folder / CHECKPOINT,
        digest=plan.digest(method.steps, asdict(preset), weights.sha256, training.method, network.dtype, method.key),
        is_clipped=not training.epsilon,
    )
    standing = course.run(progress)
    speed.remember(settings, weights, standing.tokens / max(standing.seconds, 1e-6))
    network.save(folder)
    card = _card(material, training, preset, weights, course, len(lessons)) | method.told
    card |= {"device": network.device, "dtype": network.dtype, "threads": settings.threads}
    _say(progress, "checking what was learned by heart")
    card["canaries"] = canaries.measure(network, reader, material.planted, training.seed)
    card["canary_exposure"] = card["canaries"]["exposure"]
    _say(progress, "converting for the engine that serves")
    card["agreement"] = _converted(network, reader, material, weights, base, folder, settings)
    card["seconds"] = round(standing.seconds_before + time.monotonic() - began, 1)
    card["peak_megabytes"] = peak_megabytes()
    return card


def _opened(
    weights: Weights, training: Training, preset: Preset, settings: Settings, progress: Progress
) -> tuple[Any, Any, Path]:
    """Return the network, its tokenizer, and the folder of the converted weights."""
    import torch

    from core.engines.convert import convert
    from core.engines.hf import find_device
    from core.learning.adapters.network import find_dtype, open_network

    torch.set_num_threads(settings.threads)
    base = convert(weights, settings.cache_folder, None, progress)
    device = find_device()[0]
    network, tokenizer = open_network(
        base,
        rank=preset.rank,
        alpha=preset.alpha,
        dropout=preset.dropout,
        seed=training.seed,
        device=device,
        dtype=find_dtype(device),
        name=weights.name,
    )
    return network, tokenizer, base


def _looks(reader: Reader, validation: Sequence[Lesson]) -> list[list[Any]]:
    """Return the batches that are looked at; with too few rows chance would decide when to end."""
    short = [lesson for lesson in validation if reader.length(lesson) < reader.longest]
    return plan.looks(reader, short, _VALIDATION_ROWS) if len(short) >= LEAST_VALIDATION_ROWS else []


def _converted(
    network: Any,
    reader: Reader,
    material: Material,
    weights: Weights,
    base: Path,
    folder: Path,
    settings: Settings,
) -> dict[str, Any]:
    from core.engines.lora import to_gguf
    from core.learning.adapters.agreement import check_engines

    to_gguf(folder, base, folder / "adapter.gguf")
    probes = [*material.validation, *material.lessons][:48]
    return check_engines(network, reader, probes, weights, folder, settings)


def _card(
    material: Material, training: Training, preset: Preset, weights: Weights, course: Any, learned: int
) -> dict[str, Any]:
    standing = course.standing
    return {
        "base": {"weights_id": weights.weights_id, "sha256": weights.sha256, "licence": weights.licence},
        "preset": preset.name,
        "method": training.method,
        "settings": asdict(preset) | {"seed": training.seed},
        "rows": {
            "learned": len({lesson.row_id for lesson in material.lessons}) - len(material.planted),
            "lessons": learned,
            "validation": len({lesson.row_id for lesson in material.validation}),
            "left_out": {why: count for why, count in material.left_out.items() if count},
        },
        "steps": {"planned": len(course.steps), "done": standing.step, "best": standing.best_step or standing.step},
        "resumed": standing.resumed,
        "loss": {"first": standing.first_loss, "last": standing.loss},
        "validation_loss": {"before": standing.before, "best": standing.best},
        "history": [list(entry) for entry in standing.history],
        "tokens": standing.tokens,
        "tokens_per_second": round(standing.tokens / max(standing.seconds, 1e-6), 1),
        "learning_seconds": round(standing.seconds, 1),
        "epsilon": None,
        "licence": f"The adapter is yours; the weights it stands on are under {weights.licence}.",
    }


def _say(progress: Progress, doing: str) -> None:
    progress.check()
    report = getattr(progress, "report", None)
    if report is not None:
        report(RunProgress(doing))
    else:
        progress.advance(0, 1, doing)


def peak_megabytes() -> float:
    """Return the most memory that this process ever held, in megabytes; 0 where the system does not tell."""
    try:
        import resource
        import sys
    except ImportError:
        return 0.0
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 0)
