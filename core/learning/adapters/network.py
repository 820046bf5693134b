"""Frozen weights with a LoRA beside them, and the loss of chosen tokens alone.

The vocabulary of Gemma has 262,144 words: the scores of one token over it take a megabyte in float32, and a sequence
of 512 would take half a gigabyte and more time than all eighteen layers. So scores are made only where an answer
stands, a few tokens at a time, and their gradient at once with them: nothing of that size is ever kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import WeightsDamaged
from core.learning.adapters.fused import ADAPTER_NAME, fuse

_TOKENS_AT_ONCE = 64


@dataclass(frozen=True)
class Example:
    """Tokens, which of them are learned (their places), and what each of those counts."""

    tokens: tuple[int, ...]
    learned: tuple[int, ...]
    weights: tuple[float, ...]


class Network:
    """A language model with a LoRA on all its matrices; only the LoRA has gradients.

    `masters` are its numbers in float32, which the optimizer changes: in bfloat16 a small step would round to none.
    `load` copies them into the model, in whose dtype everything is computed.
    """

    def __init__(self, model: Any, device: str, dtype: str) -> None:
        import torch

        self.model = model
        self.device = device
        self.dtype = dtype
        inner = model.get_base_model()
        self._body = inner.model
        self._output = inner.lm_head.weight
        self.parameters = {name: value for name, value in model.named_parameters() if value.requires_grad}
        self.masters = {
            name: torch.nn.Parameter(value.detach().float().clone()) for name, value in self.parameters.items()
        }

    @property
    def layers(self) -> Any:
        """The layers of the model, in order."""
        return self._body.layers

    def load(self) -> None:
        """Copy the masters into the model."""
        import torch

        with torch.no_grad():
            for name, value in self.parameters.items():
                value.copy_(self.masters[name])

    def take_gradients(self, scale: float = 1.0) -> None:
        """Add the model's gradients, times `scale`, to those of the masters, and clear them."""
        for name, value in self.parameters.items():
            master = self.masters[name]
            if value.grad is None:
                continue
            gradient = value.grad.float() * scale
            master.grad = gradient if master.grad is None else master.grad + gradient
            value.grad = None

    def losses(self, sequences: Sequence[Example]) -> Any:
        """Return the negative log-probability of every learned token of all `sequences`, in their order.

        Sequences are padded on the right, where a causal model never looks back from: no mask is needed.
        """
        import torch

        width = max(len(one.tokens) for one in sequences)
        ids = torch.zeros((len(sequences), width), dtype=torch.long)
        rows, places, answers = [], [], []
        for number, one in enumerate(sequences):
            ids[number, : len(one.tokens)] = torch.tensor(one.tokens)
            rows += [number] * len(one.learned)
            places += [place - 1 for place in one.learned]
            answers += [one.tokens[place] for place in one.learned]
        states = self._body(input_ids=ids.to(self.device), use_cache=False).last_hidden_state
        chosen = states[rows, places]
        return token_losses(chosen, self._output, torch.tensor(answers, device=self.device))

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        """Compute with the frozen weights alone, as they were."""
        with self.model.disable_adapter():
            yield

    def save(self, folder: Path) -> None:
        """Write the LoRA as PEFT does: adapter_model.safetensors (float32) and adapter_config.json."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        self.model.peft_config[ADAPTER_NAME].save_pretrained(str(folder))
        tensors = {
            name.replace(f".{ADAPTER_NAME}.", "."): master.detach().clone().contiguous()
            for name, master in self.masters.items()
        }
        save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})


def token_losses(states: Any, output: Any, answers: Any) -> Any:
    """Return -log softmax(states @ output.T)[answers], shape (tokens,), float32, with a gradient for `states` alone.

    The gradient of a token's loss is (softmax - one-hot) @ output. It is computed together with the loss, a few tokens
    at a time, so that scores over the whole vocabulary never exist for more than those.
    """
    import torch

    class TokenLosses(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, states: Any, output: Any, answers: Any) -> Any:
            is_learning = context.needs_input_grad[0]
            losses, gradients = [], []
            for start in range(0, len(states), _TOKENS_AT_ONCE):
                part, right = states[start : start + _TOKENS_AT_ONCE], answers[start : start + _TOKENS_AT_ONCE]
                scores = (part @ output.T).float()
                sums = scores.logsumexp(1)
                losses.append(sums - scores.gather(1, right[:, None])[:, 0])
                if is_learning:
                    shares = scores.sub_(sums[:, None]).exp_().to(output.dtype)
                    gradients.append((shares @ output).float() - output[right].float())
            if is_learning:
                context.save_for_backward(torch.cat(gradients))
            return torch.cat(losses)

        @staticmethod
        def backward(context: Any, *upstream: Any) -> Any:
            (gradients,) = context.saved_tensors
            return (gradients * upstream[0][:, None]).to(states.dtype), None, None

    return TokenLosses.apply(states, output, answers)


def open_network(
    folder: Path, *, rank: int, alpha: int, dropout: float, seed: int, device: str, dtype: str, name: str
) -> tuple[Network, Any]:
    """Return the converted weights in `folder` with a fresh LoRA, and their tokenizer; raises WeightsDamaged.

    `seed` decides the LoRA's first numbers: A is random, B is nought, so that nothing has changed yet.
    """
    import torch
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            attn_implementation="sdpa",
            local_files_only=True,
            use_safetensors=True,
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise WeightsDamaged(name=name, why="the converted weights cannot be read") from error
    return adapted(model.to(device), rank, alpha, dropout, seed, device, dtype), tokenizer


def adapted(model: Any, rank: int, alpha: int, dropout: float, seed: int, device: str, dtype: str) -> Network:
    """Return a model with a fresh LoRA on all matrices of its layers."""
    import torch
    from peft import LoraConfig, TaskType, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules="all-linear", task_type=TaskType.CAUSAL_LM
    )
    # Kept in the model's dtype: a LoRA in float32 on a model in bfloat16 converts every input twice and took 1.5 times
    # as long here. What the optimizer changes is float32 all the same, see `Network.masters`.
    wrapped = get_peft_model(model, config, autocast_adapter_dtype=False)
    fuse(wrapped)
    network = Network(wrapped, device, dtype)
    # Drawn anew in float32, so that the same seed starts from the same numbers whatever the dtype.
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, master in network.masters.items():
            if ".lora_A." in key:
                bound = master.shape[1] ** -0.5  # Kaiming's uniform with a = sqrt(5), as PEFT draws it
                master.copy_(torch.empty(master.shape).uniform_(-bound, bound, generator=generator))
    network.load()
    return network


def find_dtype(device: str, clock: Callable[[], float] = time.perf_counter) -> str:
    """Return the dtype that multiplies matrices quicker here: bfloat16 where the processor has it, else float32."""
    import torch

    if device != "cpu":
        return "bfloat16" if device == "cuda" else "float32"
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones((512, 640), dtype=dtype), torch.ones((640, 2048), dtype=dtype)
        left @ right
        took = []
        for _ in range(5):
            began = clock()
            left @ right
            took.append(clock() - began)
        seconds[dtype] = min(took)
    # Emulated bfloat16 is many times slower; where both are alike the exact one is the better.
    return "bfloat16" if seconds[torch.bfloat16] < 0.8 * seconds[torch.float32] else "float32"
