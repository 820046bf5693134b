"""How an adapter may be trained: three presets, what an expert may change of them, and how long each will take.

Nothing heavy is imported here: the page asks for the expected time before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from core.errors import NotAChoice, OutOfRange
from core.loop import Training

METHODS = ("supervised", "preference")


@dataclass(frozen=True)
class Preset:
    """What a run is made with.

    `rank` and `alpha` are LoRA's (Hu et al. 2021): the change of a matrix is B A times alpha / rank. `epochs` is at
    most; a run ends before where the validation loss has not fallen for `patience` looks, of which there are `looks`
    an epoch. `step_tokens` are the tokens of one step, padding included. `replay` is the share of tokens that come
    from examples which ship, against forgetting. `warmup` is the share of steps in which the rate rises; then it
    falls as a cosine to a tenth. `preference_strength` is beta of DPO (Rafailov et al. 2023), `likelihood` what the
    loss of the chosen answer itself counts beside it. `clip` bounds the length of a gradient; under differential
    privacy `private_clip` bounds that of each row's. `canaries` are planted to see what is learned by heart.
    """

    name: str
    rank: int
    alpha: int
    learning_rate: float
    epochs: float
    step_tokens: int = 512
    sequence_tokens: int = 512
    replay: float = 0.1
    warmup: float = 0.1
    looks: int = 2
    patience: int = 3
    dropout: float = 0.0
    weight_decay: float = 0.0
    clip: float = 1.0
    private_clip: float = 0.5
    preference_strength: float = 0.1
    likelihood: float = 0.2
    canaries: int = 3
    checkpoint_steps: int = 10


PRESETS: dict[str, Preset] = {
    "quick": Preset("quick", rank=8, alpha=16, learning_rate=4e-4, epochs=1.0),
    "balanced": Preset("balanced", rank=16, alpha=32, learning_rate=3e-4, epochs=3.0),
    "thorough": Preset("thorough", rank=16, alpha=32, learning_rate=2e-4, epochs=6.0, patience=4),
}

# What an expert may choose: from, to.
RANGES: dict[str, tuple[float, float]] = {
    "rank": (1, 64),
    "alpha": (1, 256),
    "learning_rate": (1e-6, 1e-2),
    "epochs": (0.05, 50),
    "step_tokens": (64, 8_192),
    "sequence_tokens": (64, 1_024),
    "replay": (0.0, 0.9),
    "warmup": (0.0, 0.9),
    "looks": (1, 20),
    "patience": (1, 100),
    "dropout": (0.0, 0.5),
    "weight_decay": (0.0, 0.5),
    "clip": (0.01, 100.0),
    "private_clip": (0.001, 100.0),
    "preference_strength": (0.001, 5.0),
    "likelihood": (0.0, 10.0),
    "canaries": (0, 10),
    "checkpoint_steps": (1, 1_000),
}


def chosen(training: Training) -> Preset:
    """Return the preset of a training with what its options change; raises NotAChoice and OutOfRange."""
    if training.preset not in PRESETS:
        raise NotAChoice(choices=", ".join(PRESETS))
    if training.method not in METHODS:
        raise NotAChoice(choices=", ".join(METHODS))
    if training.epsilon and not 0.1 <= training.epsilon <= 1_000:
        raise OutOfRange(what="epsilon", value=training.epsilon, low=0.1, high=1_000)
    return _changed(PRESETS[training.preset], training.options)


def _changed(preset: Preset, options: Mapping[str, object]) -> Preset:
    whole = {field.name for field in fields(preset) if field.type == "int"}
    changes: dict[str, float] = {}
    for name, value in options.items():
        if name not in RANGES:
            raise NotAChoice(choices=", ".join(sorted(RANGES)))
        low, high = RANGES[name]
        # Written so that what is no number (NaN) is refused too.
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise OutOfRange(what=name, value=str(value)[:40], low=low, high=high)
        changes[name] = int(value) if name in whole else float(value)
    return replace(preset, **changes)  # type: ignore[arg-type]
