"""Two parts of a layer in fewer passes over memory: a matrix with its LoRA, and the norm before it.

On a processor a training step of a small model waits for memory more than it computes. Written out as the libraries do,
a matrix with a LoRA writes its output three times and the gradient of its input twice, and a norm in bfloat16 makes
some twenty passes in float32. Here the LoRA is added where the matrix wrote, and a norm's gradient is its formula.
"""

from __future__ import annotations

from functools import partial
from typing import Any

ADAPTER_NAME = "default"


def fuse(model: Any) -> int:
    """Replace the forward of every LoRA matrix and every norm of a PEFT model; return how many were replaced.

    Left as they are: matrices with a bias, and with a drop-out that is not nought. `disable_adapter` works as before.
    """
    count = 0
    for module in model.modules():
        kind = type(module).__name__
        if hasattr(module, "lora_A") and ADAPTER_NAME in getattr(module, "lora_A", {}):
            has_dropout = type(module.lora_dropout[ADAPTER_NAME]).__name__ != "Identity"
            if has_dropout or module.base_layer.bias is not None:
                continue
            module.forward = partial(_matrix, module)
        elif kind in ("Gemma3RMSNorm", "LlamaRMSNorm"):
            eps = module.eps if kind == "Gemma3RMSNorm" else module.variance_epsilon
            gain = module.weight.detach().float() + (1.0 if kind == "Gemma3RMSNorm" else 0.0)
            module.forward = partial(_norm, gain, eps)
        else:
            continue
        count += 1
    return count


def _matrix(module: Any, states: Any, *_: Any, **__: Any) -> Any:
    weight = module.base_layer.weight
    if module.disable_adapters:
        return states @ weight.T
    low, high = module.lora_A[ADAPTER_NAME].weight, module.lora_B[ADAPTER_NAME].weight
    return _functions()[0].apply(states, weight, low, high, module.scaling[ADAPTER_NAME])


def _norm(gain: Any, eps: float, states: Any) -> Any:
    return _functions()[1].apply(states, gain, eps)


def _functions() -> tuple[Any, Any]:
    """Return the two functions with their gradients, made once: torch is loaded late."""
    global _made
    if _made is None:
        _made = _make()
    return _made


_made: tuple[Any, Any] | None = None


def _make() -> tuple[Any, Any]:
    import torch

    class LowRank(torch.autograd.Function):
        """states @ (weight + scale * high @ low).T; the weight has no gradient."""

        @staticmethod
        def forward(context: Any, states: Any, weight: Any, low: Any, high: Any, scale: float) -> Any:
            flat = states.reshape(-1, states.shape[-1])
            inner = flat @ low.T
            out = flat @ weight.T
            out.addmm_(inner, high.T, alpha=scale)
            context.save_for_backward(flat, inner, weight, low, high)
            context.scale, context.shape = scale, states.shape
            return out.view(*states.shape[:-1], -1)

        @staticmethod
        def backward(context: Any, *upstream: Any) -> Any:
            flat, inner, weight, low, high = context.saved_tensors
            gradient = upstream[0].reshape(-1, weight.shape[0])
            narrow = (gradient @ high) * context.scale
            of_states = None
            if context.needs_input_grad[0]:
                of_states = (gradient @ weight).addmm_(narrow, low).view(context.shape)
            return of_states, None, narrow.T @ flat, (gradient.T @ inner) * context.scale, None

    class Norm(torch.autograd.Function):
        """states / root mean square * gain, computed in float32; the gain has no gradient."""

        @staticmethod
        def forward(context: Any, states: Any, gain: Any, eps: float) -> Any:
            length = torch.linalg.vector_norm(states, dim=-1, keepdim=True, dtype=torch.float32)
            inverse = (length.square_().div_(states.shape[-1]).add_(eps)).rsqrt_()
            context.save_for_backward(states, inverse, gain)
            return (states * inverse).mul_(gain).to(states.dtype)

        @staticmethod
        def backward(context: Any, *upstream: Any) -> Any:
            states, inverse, gain = context.saved_tensors
            if not context.needs_input_grad[0]:
                return None, None, None
            scaled = upstream[0] * gain
            wide = states.float()
            share = (scaled * wide).sum(-1, keepdim=True).mul_(inverse.pow(3)).div_(states.shape[-1])
            found = scaled.mul_(inverse).sub_(wide.mul_(share))
            return found.to(states.dtype), None, None

    return LowRank, Norm
