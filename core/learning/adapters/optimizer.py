"""AdamW (Loshchilov and Hutter 2019) on the float32 numbers of a LoRA, its state in plain tensors that can be kept."""

from __future__ import annotations

import math
from typing import Any

_BETA_MEAN, _BETA_SQUARE, _EPSILON = 0.9, 0.999, 1e-8


class AdamW:
    """Changes `masters` (tensors by name, with gradients) step by step; `state` is what a checkpoint keeps of it."""

    def __init__(self, masters: dict[str, Any], weight_decay: float) -> None:
        import torch

        self._masters = masters
        self._weight_decay = weight_decay
        self.means = {name: torch.zeros_like(value) for name, value in masters.items()}
        self.squares = {name: torch.zeros_like(value) for name, value in masters.items()}

    def step(self, number: int, rate: float) -> None:
        """Take step `number`, counted from 1, with a learning rate; the gradients are cleared."""
        import torch

        with torch.no_grad():
            for name, value in self._masters.items():
                gradient, value.grad = value.grad, None
                if gradient is None:
                    continue
                mean, square = self.means[name], self.squares[name]
                mean.lerp_(gradient, 1 - _BETA_MEAN)
                square.mul_(_BETA_SQUARE).addcmul_(gradient, gradient, value=1 - _BETA_SQUARE)
                size = (square / (1 - _BETA_SQUARE**number)).sqrt_().add_(_EPSILON)
                value.mul_(1 - rate * self._weight_decay)
                value.addcdiv_(mean, size, value=-rate / (1 - _BETA_MEAN**number))

    def state(self) -> dict[str, Any]:
        """Return the moments by name, for a checkpoint."""
        return {f"mean.{name}": value for name, value in self.means.items()} | {
            f"square.{name}": value for name, value in self.squares.items()
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the moments that `state` returned."""
        for name in self.means:
            self.means[name].copy_(state[f"mean.{name}"])
            self.squares[name].copy_(state[f"square.{name}"])


def gradient_norm(masters: dict[str, Any]) -> float:
    """Return the length of the gradient over all tensors."""
    import torch

    norms = [value.grad.norm() for value in masters.values() if value.grad is not None]
    return float(torch.stack(norms).norm()) if norms else 0.0


def scale_gradients(masters: dict[str, Any], factor: float) -> None:
    """Multiply every gradient."""
    for value in masters.values():
        if value.grad is not None:
            value.grad.mul_(factor)


def rate_at(step: int, steps: int, peak: float, warmup: float) -> float:
    """Return the learning rate of step `step`, counted from 0: up in a line, down as a cosine to a tenth of `peak`."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return peak * (step + 1) / rising
    share = (step - rising) / max(1, steps - rising)
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * share)))
