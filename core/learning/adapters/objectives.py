"""What a step makes smaller: the loss of right answers, and by how little they are preferred to the rejected ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.learning.adapters.network import Example, Network
from core.learning.adapters.plan import Pair, Step
from core.learning.adapters.presets import Preset


def supervised_loss(network: Network, step: Step) -> float:
    """Add the gradient of the mean loss over a step's learned tokens, each by its weight; return that loss."""
    total = sum(sum(one.weights) for part in step.parts for one in part) or 1.0
    loss = 0.0
    for part in step.parts:
        found = (network.losses(part) * weights_of(part, network.device)).sum() / total
        found.backward()
        network.take_gradients()
        loss += float(found.detach())
    return loss


def preference_loss(network: Network, step: Step, references: Sequence[tuple[float, float]], preset: Preset) -> float:
    """Add the gradient of DPO's loss over a step's pairs, and return it (Rafailov et al. 2023, equation 7).

    `references` are the log-probabilities of (right, rejected) under the frozen weights, which never change and are
    computed once. The loss of the right answer counts beside it (Pang et al. 2024): with few pairs both answers would
    else become less likely, the rejected one only faster.
    """
    import torch

    loss = 0.0
    for (right, rejected), (right_before, rejected_before) in zip(step.pairs, references, strict=True):
        losses = network.losses((right, rejected))
        cut = len(right.learned)
        right_now, rejected_now = -losses[:cut].sum(), -losses[cut:].sum()
        margin = preset.preference_strength * ((right_now - right_before) - (rejected_now - rejected_before))
        found = -torch.nn.functional.logsigmoid(margin) - preset.likelihood * right_now / max(1, cut)
        found = found * (right.weights[0] if right.weights else 1.0) / len(step.pairs)
        found.backward()
        network.take_gradients()
        loss += float(found.detach())
    return loss


def references_of(network: Network, pairs: Sequence[Pair]) -> list[tuple[float, float]]:
    """Return the log-probabilities of both answers of each pair under the frozen weights."""
    import torch

    found = []
    with torch.no_grad(), network.without_adapter():
        for right, rejected in pairs:
            losses = network.losses((right, rejected))
            cut = len(right.learned)
            found.append((-float(losses[:cut].sum()), -float(losses[cut:].sum())))
    return found


def mean_loss(network: Network, batches: Sequence[Sequence[Example]]) -> float:
    """Return the mean negative log-probability of the learned tokens of all batches, without learning from them."""
    import torch

    total, count = 0.0, 0
    with torch.no_grad():
        for batch in batches:
            losses = network.losses(batch)
            total += float(losses.sum())
            count += len(losses)
    return total / max(1, count)


def weights_of(examples: Sequence[Example], device: str) -> Any:
    """Return what each learned token counts, in the order of `Network.losses`."""
    import torch

    return torch.tensor([weight for one in examples for weight in one.weights], device=device)
