"""Learning under differential privacy: what comes out would be nearly the same without any one row (Dwork 2006).

DP-SGD after Abadi et al. 2016: rows join a step by chance, the gradient of each is cut to one length, and noise of that
length times `noise` is added to their sum. Opacus' accountant (Renyi differential privacy, Mironov 2017) says what that
promises. Opacus' own engine wraps PyTorch's data loader and the model's layers; here a step is a few rows, one after
another, and its gradient is that of the LoRA alone, so a dozen lines do, which work with any model.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Sequence
from pathlib import Path

from core.errors import TrainingFailed
from core.learning.adapters import plan
from core.learning.adapters.examples import Lesson, Reader
from core.learning.adapters.methods import Method
from core.learning.adapters.network import Network
from core.learning.adapters.objectives import weights_of
from core.learning.adapters.optimizer import gradient_norm
from core.learning.adapters.plan import Step
from core.learning.adapters.presets import Preset
from core.loop import Training

KEY_FILE = "noise.json"
_ROWS_A_STEP = 32
_DELTA_POWER = 1.1
# Above this, the noise of a step is longer than all that its rows could say together: nothing is to be expected.
_HOPELESS = 1.0


def prepare_private(
    network: Network, reader: Reader, lessons: Sequence[Lesson], training: Training, preset: Preset, folder: Path
) -> Method:
    """Return how to learn these lessons so that `training.epsilon` is kept for each row; raises TrainingFailed."""
    rows = sorted({lesson.row_id for lesson in lessons})
    # A row of several sentences would be counted several times: its first is what is learned.
    firsts = list({lesson.row_id: lesson for lesson in reversed(lessons)}.values())
    delta = len(rows) ** -_DELTA_POWER
    sample_rate = min(1.0, _ROWS_A_STEP / len(rows))
    steps = max(1, round(preset.epochs / sample_rate))
    noise, epsilon = _noise(training.epsilon, delta, sample_rate, steps)
    key = _key(folder)
    planned = plan.private_steps(reader, firsts, sample_rate, steps, key)
    expected = sample_rate * len(rows)

    def gradient(number: int, step: Step) -> float:
        return private_gradient(network, step, preset.private_clip, noise, expected, key + number)

    share = noise * math.sqrt(sum(value.numel() for value in network.masters.values())) / expected
    told = {
        "epsilon": round(epsilon, 3),
        "privacy": {
            "epsilon": round(epsilon, 3),
            "delta": delta,
            "noise": round(noise, 3),
            "clip": preset.private_clip,
            "sample_rate": round(sample_rate, 4),
            "steps": steps,
            "unit": "one row; a visitor with several rows is protected less",
            "sentence": _sentence(epsilon, delta, len(rows), share),
        },
    }
    return Method(planned, gradient, told, f"private {key}")


def private_gradient(network: Network, step: Step, clip: float, noise: float, expected: float, key: int) -> float:
    """Set the gradient to (the rows' own, each cut to `clip`, and noise) / `expected` rows; return the mean loss."""
    import torch

    total = {name: torch.zeros_like(value) for name, value in network.masters.items()}
    loss = 0.0
    for part in step.parts:
        found = (network.losses(part) * weights_of(part, network.device)).mean()
        found.backward()
        network.take_gradients()
        factor = min(1.0, clip / max(gradient_norm(network.masters), 1e-12))
        for name, value in network.masters.items():
            total[name] += factor * value.grad if value.grad is not None else 0.0
            value.grad = None
        loss += float(found.detach())
    generator = torch.Generator(device=network.device).manual_seed(key % 2**63)
    for name, value in network.masters.items():
        drawn = torch.empty_like(value).normal_(0.0, noise * clip, generator=generator)
        value.grad = (total[name] + drawn) / expected
    return loss / max(1, len(step.parts))


def _noise(epsilon: float, delta: float, sample_rate: float, steps: int) -> tuple[float, float]:
    """Return the noise multiplier that keeps `epsilon`, and the epsilon that it comes to."""
    import warnings

    from opacus.accountants import RDPAccountant
    from opacus.accountants.utils import get_noise_multiplier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a finer search could promise a little more
        try:
            noise = get_noise_multiplier(
                target_epsilon=epsilon, target_delta=delta, sample_rate=sample_rate, steps=steps, accountant="rdp"
            )
        except ValueError as error:
            raise TrainingFailed(why="no noise keeps so small an epsilon. Choose a larger one.") from error
        accountant = RDPAccountant()
        accountant.history = [(noise, sample_rate, steps)]
        return float(noise), float(accountant.get_epsilon(delta))


def _key(folder: Path) -> int:
    """Return the key of the noise: drawn once, kept for a run that resumes, and gone with its checkpoint.

    Whoever knew it could take the noise off again, so it does not come from the seed.
    """
    path = folder / KEY_FILE
    try:
        return int(json.loads(path.read_text("utf-8"))["key"])
    except (OSError, ValueError, KeyError, TypeError):
        key = secrets.randbits(62)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"key": key}), encoding="utf-8")
        path.chmod(0o600)
        return key


def _sentence(epsilon: float, delta: float, rows: int, share: float) -> str:
    promise = f"Differential privacy for each row: epsilon {epsilon:.2f} at delta {delta:.1g}, {rows} rows. "
    if share > _HOPELESS:
        return promise + (
            f"With so few rows the noise is {share:,.0f} times as long as all that a step's rows may say together: "
            "expect next to nothing to be learned, and look at the comparison."
        )
    return promise + "What validation rows decided lies outside this promise."
