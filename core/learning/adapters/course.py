"""The course of one training: step by step through its plan, looking at the validation rows, keeping checkpoints.

Whoever is killed goes on from the last checkpoint and ends with the same numbers, for the order, the learning rate and
the drop-outs of a step depend on its number and the seed alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.errors import TrainingDiverged
from core.learning.adapters import checkpoint
from core.learning.adapters.network import Example, Network
from core.learning.adapters.objectives import mean_loss
from core.learning.adapters.optimizer import AdamW, gradient_norm, rate_at, scale_gradients
from core.learning.adapters.plan import Step
from core.learning.adapters.presets import Preset
from core.loop import RunProgress
from core.progress import Progress

_LISTEN_SECONDS = 0.2


@dataclass
class Standing:
    """What a course has come to: counted from its beginning, whatever was interrupted in between.

    `seconds_before` are those of the processes before this one; `history` is (step, loss, validation loss or None).
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    seconds_before: float = 0.0
    first_loss: float | None = None
    loss: float | None = None
    before: float | None = None
    best: float | None = None
    best_step: int = 0
    looks_since: int = 0
    is_over: bool = False
    resumed: int = 0
    history: list[tuple[int, float, float | None]] = field(default_factory=list)


class Course:
    """One training of `network` through `steps`.

    `gradient` adds the gradients of a step and returns its loss. `validation` may be empty: then nothing is looked at
    and the last numbers are kept. `digest` names the plan: a checkpoint of another one is not taken up.
    """

    def __init__(
        self,
        network: Network,
        steps: Sequence[Step],
        validation: Sequence[Sequence[Example]],
        gradient: Callable[[int, Step], float],
        preset: Preset,
        *,
        seed: int,
        folder: Path,
        digest: str,
        is_clipped: bool = True,
    ) -> None:
        self.network = network
        self.steps = steps
        self.standing = Standing()
        self._validation = validation
        self._gradient = gradient
        self._preset = preset
        self._seed = seed
        self._folder = folder
        self._digest = digest
        self._is_clipped = is_clipped
        self._optimizer = AdamW(network.masters, preset.weight_decay)
        self._best: dict[str, Any] = {}
        per_epoch = len(steps) / max(preset.epochs, 0.01)
        self._look_steps = max(1, round(per_epoch / preset.looks))

    def run(self, progress: Progress) -> Standing:
        """Go through all steps, or until the validation loss has stopped falling; the best numbers are in `network`.

        Raises Stopped (within a layer's time, the last checkpoint stays) and TrainingDiverged.
        """
        import torch

        self._take_up()
        standing, listening = self.standing, Listening(progress)
        with listening.to(self.network):
            if self._validation and standing.before is None:
                standing.before = mean_loss(self.network, self._validation)
            while standing.step < len(self.steps) and not standing.is_over:
                progress.check()
                began = time.monotonic()
                step = self.steps[standing.step]
                torch.manual_seed(self._seed * 1_000_003 + standing.step)
                loss = self._gradient(standing.step, step)
                norm = gradient_norm(self.network.masters)
                if not (math.isfinite(loss) and math.isfinite(norm)):
                    raise TrainingDiverged(step=standing.step + 1)
                if self._is_clipped and norm > self._preset.clip:
                    scale_gradients(self.network.masters, self._preset.clip / norm)
                rate = rate_at(standing.step, len(self.steps), self._preset.learning_rate, self._preset.warmup)
                standing.step += 1
                self._optimizer.step(standing.step, rate)
                self.network.load()
                standing.loss = loss
                standing.first_loss = loss if standing.first_loss is None else standing.first_loss
                standing.tokens += step.tokens
                self._look()
                standing.seconds += time.monotonic() - began
                if standing.step % self._preset.checkpoint_steps == 0 or standing.step == len(self.steps):
                    self._keep()
                self._tell(progress)
        if self._best:
            self._put(self._best)
        return standing

    def _look(self) -> None:
        """Look at the validation rows where it is time, remember the best numbers, and end where nothing is gained."""
        standing = self.standing
        found = None
        is_last = standing.step == len(self.steps)
        if self._validation and (standing.step % self._look_steps == 0 or is_last):
            found = mean_loss(self.network, self._validation)
            if not math.isfinite(found):
                raise TrainingDiverged(step=standing.step)
            if standing.best is None or found < standing.best:
                standing.best, standing.best_step, standing.looks_since = found, standing.step, 0
                self._best = {name: value.detach().clone() for name, value in self.network.masters.items()}
            else:
                standing.looks_since += 1
                standing.is_over = standing.looks_since >= self._preset.patience
        standing.history.append((standing.step, round(standing.loss or 0.0, 4), found and round(found, 4)))

    def _tell(self, progress: Progress) -> None:
        standing = self.standing
        left = (len(self.steps) - standing.step) * standing.seconds / max(1, standing.step)
        report = getattr(progress, "report", None)
        if report is not None:
            last = next((look for _, _, look in reversed(standing.history) if look is not None), standing.before)
            report(RunProgress("learning", standing.step, len(self.steps), standing.loss, last, left))
        else:
            progress.advance(standing.step, len(self.steps), "learning")

    def _keep(self) -> None:
        tensors = {f"value.{name}": value.detach() for name, value in self.network.masters.items()}
        tensors |= self._optimizer.state()
        tensors |= {f"best.{name}": value for name, value in self._best.items()}
        checkpoint.save(self._folder, tensors, {"digest": self._digest, "standing": asdict(self.standing)})

    def _take_up(self) -> None:
        found = checkpoint.load(self._folder)
        if found is None or found[1].get("digest") != self._digest:
            return
        tensors, told = found
        self._put({name: tensors[f"value.{name}"] for name in self.network.masters})
        self._optimizer.restore(tensors)
        self._best = {name: tensors[f"best.{name}"] for name in self.network.masters if f"best.{name}" in tensors}
        self.standing = Standing(**told["standing"])
        self.standing.resumed += 1
        self.standing.seconds_before = self.standing.seconds

    def _put(self, values: dict[str, Any]) -> None:
        import torch

        with torch.no_grad():
            for name, master in self.network.masters.items():
                master.copy_(values[name])
        self.network.load()


class Listening:
    """Hears that a training should stop in the middle of a step: it asks before every layer, forwards and back."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._heard_at = 0.0
        self._hooks: list[Any] = []

    def to(self, network: Network) -> Listening:
        """Return itself, listening at every layer of `network` while it is entered."""
        self._layers = network.layers
        return self

    def __enter__(self) -> Listening:
        self._hooks = [layer.register_forward_hook(self._between) for layer in self._layers]
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _between(self, _module: Any, _inputs: Any, output: Any) -> None:
        self._check()
        states = output[0] if isinstance(output, tuple) else output
        if states.requires_grad:
            states.register_hook(lambda _gradient: self._check())

    def _check(self) -> None:
        now = time.monotonic()
        if now - self._heard_at >= _LISTEN_SECONDS:
            self._heard_at = now
            self._progress.check()
