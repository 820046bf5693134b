"""torch and transformers: the engine for GPUs, by the library's own continuous batching; the same code on a CPU.

The batching rewires the attention of the model that it serves, so a model object in here is never lent to anybody
else. Greedy and sampled requests have a lane each, two model objects on the same tensors: the library reports
log-probabilities after it has narrowed the choice, which would make every greedy token certain.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.engines.base import Completion, Fingerprint, Generator, Prompt, count
from core.engines.catalog import Weights
from core.engines.convert import convert
from core.engines.hf_lane import Lane
from core.engines.hub import HubWeights, fetch
from core.engines.imports import whole
from core.engines.stops import cut, safe_length
from core.engines.turns import Places, plain_prompt
from core.errors import ArtefactUnfit, DeadlineExceeded, EngineFailed, InputTooLong, Stopped, WeightsDamaged
from core.loop import Adapter
from core.progress import Progress

_CALLS_PER_SLOT = 8
_ADAPTERS_KEPT = 2


class Transformers:
    """A Generator on converted weights, or on larger ones of the hub; any number of threads may call it.

    It keeps the promises of `core.engines.llamacpp.LlamaCpp` with three differences of the library's: `seed` has no
    effect, `grammar` is refused, and `log_probability` is given for greedy completions only.
    """

    def __init__(
        self,
        weights: Weights | HubWeights,
        cache_folder: Path,
        *,
        slots: int,
        threads: int,
        context_tokens: int = 1_536,
        adapted: tuple[Transformers, Adapter] | None = None,
    ) -> None:
        self.device, self.dtype = "", ""
        self._weights = weights
        self._cache_folder = cache_folder
        self._threads = threads
        self._context_tokens = context_tokens
        self._base: Transformers | None = adapted[0] if adapted is not None else None
        self._adapter: Adapter | None = adapted[1] if adapted is not None else None
        self._adapted: OrderedDict[Adapter, Transformers] = OrderedDict()
        self._places = Places(slots, slots * _CALLS_PER_SLOT)
        self._lock = threading.Lock()
        self._tokenizer_lock = threading.Lock()
        self._tokenizer: Any = None
        self._ends: list[int] = []
        self._lanes: dict[bool, Lane] = {}

    @property
    def fingerprint(self) -> Fingerprint:
        """The file of weights in the catalog; what is loaded is its conversion."""
        adapter_id = self._adapter.adapter_id if self._adapter is not None else ""
        return Fingerprint(self._weights.weights_id, self._weights.sha256, adapter_id)

    @property
    def working(self) -> int:
        """How many slots are taken now."""
        return self._places.taken

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return a Generator on a copy of the weights into which a trained adapter is merged; without any, itself.

        The library's batching knows no adapters of single requests: each has a model of its own, of which the last
        two asked for are kept. Raises ArtefactUnfit for an adapter of other weights.
        """
        if adapter == self._adapter:
            return self
        if self._base is not None:
            return self._base.with_adapter(adapter)
        assert adapter is not None  # noqa: S101 - narrows the type: without a base there is no adapter either
        if adapter.base_sha256 != self._weights.sha256:
            raise ArtefactUnfit(name=f"Adapter {adapter.adapter_id[:12]}", why="it was trained on other weights")
        with self._lock:
            known = self._adapted.pop(adapter, None) or Transformers(
                self._weights,
                self._cache_folder,
                slots=self._places.slots,
                threads=self._threads,
                context_tokens=self._context_tokens,
                adapted=(self, adapter),
            )
            self._adapted[adapter] = known
            # What falls out is closed by nobody: a task may still hold it, and then it answers until that is gone.
            while len(self._adapted) > _ADAPTERS_KEPT:
                self._adapted.popitem(last=False)
        return known

    def open(self, progress: Progress | None = None) -> None:
        """Convert the weights if that was never done, and load them; raises WeightsMissing, WeightsDamaged."""
        with self._lock:
            if not self._lanes:
                self._lanes = self._load(self._folder(progress))

    def _folder(self, progress: Progress | None) -> Path:
        if isinstance(self._weights, HubWeights):
            (progress or Progress()).check()
            return fetch(self._weights)
        return convert(self._weights, self._cache_folder, None, progress)

    def close(self) -> None:
        """End the batching threads and free the weights; a later request loads them again."""
        with self._lock:
            lanes, self._lanes = self._lanes, {}
            adapted = list(self._adapted.values())
        for lane in lanes.values():
            lane.close()
        for other in adapted:
            other.close()

    def stream(self, prompt: Prompt, stop: threading.Event | None = None) -> Iterator[str]:
        """Yield pieces of text as they come; see `core.engines.base.Generator`."""
        with self._places.call():
            outcome = _Outcome()
            try:
                yield from self._pieces(prompt, time.monotonic() + prompt.deadline_seconds, stop, outcome)
            finally:
                count(outcome.tokens)

    def complete(self, prompts: Sequence[Prompt], stop: threading.Event | None = None) -> list[Completion]:
        """Return one completion a prompt, in order; see `core.engines.base.Generator`."""
        began = time.monotonic()

        def one(prompt: Prompt) -> Completion:
            started, outcome = time.monotonic(), _Outcome()
            text = "".join(self._pieces(prompt, began + prompt.deadline_seconds, stop, outcome))
            if stop is not None and stop.is_set():
                raise Stopped()
            logs = outcome.logs if prompt.temperature == 0 else []
            mean = math.fsum(logs) / len(logs) if logs else None
            return Completion(text, outcome.reason, outcome.tokens, time.monotonic() - started, mean)

        with self._places.call(), ThreadPoolExecutor(min(len(prompts), self._places.slots) or 1) as pool:
            completions = list(pool.map(one, prompts))
        count(sum(completion.tokens for completion in completions))
        return completions

    def _pieces(
        self, prompt: Prompt, deadline: float, stop: threading.Event | None, outcome: _Outcome
    ) -> Iterator[str]:
        if prompt.grammar:
            raise EngineFailed(name=f"{self._weights.name} (no grammars on this engine)")
        self.open()
        ids = self._tokens_of(plain_prompt(prompt))
        if len(ids) >= self._context_tokens:
            raise InputTooLong(what="text", length=len(ids), limit=self._context_tokens, unit="tokens")
        try:
            self._places.take(deadline, prompt.deadline_seconds, stop)
        except Stopped:
            return
        began = time.monotonic()
        lane = self._lanes[prompt.temperature > 0]
        request = lane.ask(ids, min(prompt.max_tokens, self._context_tokens - len(ids)), prompt, self._ends)
        try:
            yield from self._read(lane, request, prompt, deadline, stop, outcome)
        finally:
            lane.leave(request)
            self._places.give_back(time.monotonic() - began)

    def _read(
        self,
        lane: Lane,
        request: str,
        prompt: Prompt,
        deadline: float,
        stop: threading.Event | None,
        outcome: _Outcome,
    ) -> Iterator[str]:
        shown = 0
        while True:
            if stop is not None and stop.is_set():
                return
            if time.monotonic() >= deadline:
                raise DeadlineExceeded(seconds=prompt.deadline_seconds)
            try:
                output = lane.answers[request].get(timeout=max(0.0, min(deadline - time.monotonic(), 0.1)))
            except queue.Empty:
                if not lane.manager.is_running():
                    raise EngineFailed(name=self._weights.name) from None
                continue
            if output.error:
                raise EngineFailed(name=self._weights.name) from RuntimeError(output.error)
            tokens = list(output.generated_tokens)
            has_ended = output.is_finished()
            outcome.tokens, outcome.logs = len(tokens), list(output.logprobs)
            outcome.reason = "stop" if tokens and tokens[-1] in self._ends else "length"
            with self._tokenizer_lock:
                text = self._tokenizer.decode(tokens, skip_special_tokens=True)
            if (end := cut(text, prompt.stop)) >= 0:
                outcome.reason = "stop"
                yield from [text[shown:end]] if end > shown else []
                return
            safe = len(text) if has_ended else safe_length(text, prompt.stop)
            if safe > shown:
                yield text[shown:safe]
                shown = safe
            if has_ended:
                return

    def _tokens_of(self, prompt: Prompt) -> list[int]:
        with self._tokenizer_lock:
            if not prompt.messages:
                ids = self._tokenizer(prompt.text)["input_ids"]
            else:
                # transformers renders templates in Jinja's sandbox.
                turns = [{"role": turn.role, "content": turn.content} for turn in prompt.messages]
                text = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
                ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return list(ids)

    def _load(self, folder: Path) -> dict[bool, Lane]:
        whole("torch", "transformers.generation")
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        torch.set_num_threads(self._threads)
        self.device, self.dtype = find_device()
        number_type = getattr(torch, self.dtype)
        try:
            self._tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
            first: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=number_type, attn_implementation="sdpa", local_files_only=True, use_safetensors=True
            )
            first = first.to(self.device)
            if self._adapter is not None:
                first = _merged(first, self._adapter)
            with torch.device("meta"):
                second = AutoModelForCausalLM.from_config(config, dtype=number_type, attn_implementation="sdpa")
        except (OSError, RuntimeError, ValueError) as error:
            raise WeightsDamaged(name=self._weights.name, why="the converted weights cannot be read") from error
        _share(first, second)
        ends = config.eos_token_id
        self._ends = [ends] if isinstance(ends, int) else list(ends)
        return {
            is_sampling: Lane(model, is_sampling, self._places.slots, self._context_tokens, self._ends[0])
            for is_sampling, model in ((False, first), (True, second))
        }


@dataclass
class _Outcome:
    """What is known of a request besides its text."""

    reason: str = "stop"
    tokens: int = 0
    logs: list[float] = field(default_factory=list)


def _merged(model: Any, adapter: Adapter) -> Any:
    """Return the model with an adapter added to its matrices; raises ArtefactUnfit where it cannot be read."""
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, str(adapter.folder), local_files_only=True).merge_and_unload()
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ArtefactUnfit(name=f"Adapter {adapter.adapter_id[:12]}", why="its files cannot be read") from error


def find_device() -> tuple[str, str]:
    """Return the device to compute on (cuda, mps or cpu) and the name of the dtype that suits it."""
    import torch

    if torch.cuda.is_available():
        return "cuda", "bfloat16"
    return ("mps", "float16") if torch.backends.mps.is_available() else ("cpu", "float32")


def _share(first: Any, second: Any) -> None:
    """Give the second model, which has no memory of its own yet, the tensors of the first."""
    second.load_state_dict(first.state_dict(), assign=True, strict=False)
    second.tie_weights()
    # What is computed at construction and never saved (rotary frequencies) is on no device yet.
    theirs = dict(first.named_buffers())
    for name, buffer in list(second.named_buffers()):
        if buffer.is_meta:
            module, _, last = name.rpartition(".")
            second.get_submodule(module).register_buffer(last, theirs[name], persistent=False)
