"""llama.cpp's server as it is set up here: one file of weights, all slots decoded together, its HTTP side locked."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.engines.priority import behind_the_pages
from core.loop import Adapter

# Of three tokens that stood in the text before, the three that followed there are tried: measured with one user and
# eight, on summaries and quotes. The library's own 12 and 48 wait for so long a repetition that short quotes gain
# nothing (1.0x against 1.5x), and its other ways to guess were slower with eight users (0.8x and 1.1x against 1.2x).
# Eight who write freely would lose a quarter by it, so it is for what repeats its prompt alone.
GUESSES_AFTER, GUESSED = 3, 3


@dataclass(frozen=True)
class Loaded:
    """A server with the trained adapters that it holds, in their order, and the key of its own HTTP server."""

    server: Any
    trained: tuple[Adapter, ...]
    key: str

    def has(self, adapter: Adapter | None) -> bool:
        """Whether a request with this adapter, or without any, can be answered."""
        return adapter is None or adapter in self.trained


@dataclass(frozen=True)
class Setup:
    """How a server is to be started: the name of its weights, slots, room for each in tokens, and threads.

    `is_guessing`: where the last tokens stood in the text before, what followed them there is tried at once (n-gram
    speculation): it pays where an answer repeats its prompt. The library then gives probabilities that are wrong.
    """

    weights_id: str
    slots: int
    context_tokens: int
    threads: int
    is_guessing: bool = False


def start(setup: Setup, path: Path, given: Sequence[tuple[Path, float]], trained: Sequence[Adapter]) -> Loaded:
    """Load the GGUF file at `path` with adapters: `given` ones as (path, scale), then `trained` ones.

    Raises whatever the library raises.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {setup.weights_id}
    params.n_parallel = setup.slots
    params.n_ctx = setup.slots * setup.context_tokens
    params.n_batch = params.n_ubatch = 512
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = setup.threads
    files = [*given, *((one.gguf, one.scale) for one in trained)]
    params.lora_adapters = [_adapter_info(xllamacpp, *file) for file in files]
    # The library would keep up to 8 GiB of old prompts; the slots' own caches are enough here.
    params.cache_ram_mib = 64
    params.warmup = False
    params.verbosity = -1
    if setup.is_guessing:
        params.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
        params.speculative.ngram_simple.size_n = GUESSES_AFTER
        params.speculative.ngram_simple.size_m = GUESSED
    key = secrets.token_urlsafe(32)
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]
    params.cors_origins = "http://127.0.0.1"
    params.cors_credentials = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.ui = False
    params.n_threads_http = 2
    server = behind_the_pages(lambda: xllamacpp.Server(params))
    return Loaded(server, tuple(trained), key)


def _adapter_info(xllamacpp: Any, path: Path, scale: float) -> Any:
    info = xllamacpp.CommonAdapterLoraInfo()
    info.path, info.scale = str(path), scale
    return info
