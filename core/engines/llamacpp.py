"""llama.cpp in this process, through xllamacpp: the engine for CPUs.

One server holds one file of weights and decodes all its slots together. The library also opens an HTTP server of
its own on loopback, whether it is used or not: it gets a random key, so that no other program can use it.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from core.engines.adapted import Adapted, named
from core.engines.base import Completion, Fingerprint, Generator, Prompt, count
from core.engines.catalog import Weights, locate
from core.engines.llamacpp_requests import checked, choice_of, following, request_of, text_of
from core.engines.llamacpp_server import Loaded, Setup, start
from core.engines.turns import Places
from core.errors import ArtefactUnfit, DeadlineExceeded, EngineFailed, Stopped
from core.loop import Adapter
from core.progress import Progress

_CALLS_PER_SLOT = 8
# Trained adapters that one server holds, the last ones asked for: a few megabytes each.
ADAPTERS_KEPT = 4
# A request that nobody waits for any more ends at its next token. One that has not, after so long, never will: the
# server is then left to itself, with the memory that it holds, and another one loaded; so often, and no more.
HUNG_SECONDS = 20.0
HUNG_AT_MOST = 3
_DONE = object()
_log = logging.getLogger(__name__)


class LlamaCpp:
    """A Generator on one file of GGUF weights; any number of threads may call it.

    `slots` requests are decoded together, each with room for `context_tokens` of prompt and answer; `threads` are
    those of the CPU. One that `is_guessing` as in `Setup` raises ValueError where probabilities are asked of it.
    `adapters` are (path of a LoRA in GGUF, scale): a request chooses by `settings={"lora": [{"id": 0, "scale": 1.0}]}`.
    Nothing is loaded before the first request or `open`.

    `with_adapter` returns the same weights with a trained adapter. The library takes adapters only when it loads: a
    new one brings up a second server beside the first, which answers until the second is there and then ends what it
    has begun. Each request names its adapter, so that any number of them and the plain weights answer side by side.
    """

    device = "cpu"

    def __init__(
        self,
        weights: Weights,
        cache_folder: Path,
        *,
        threads: int,
        slots: int,
        context_tokens: int = 1_536,
        adapters: Sequence[tuple[Path, float]] = (),
        is_guessing: bool = False,
    ) -> None:
        self.dtype = weights.stored_as
        self._weights = weights
        self._cache_folder = cache_folder
        self._threads, self._is_guessing = threads, is_guessing
        self._context_tokens = context_tokens
        self._adapters = tuple(adapters)
        self._places = Places(slots, slots * _CALLS_PER_SLOT)
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._loaded: Loaded | None = None
        self._asked_for: dict[str, float] = {}
        # Requests at work, each with the moment since which nobody waits for it.
        self._at_work: dict[object, float] = {}
        self._hung = 0
        self._pool = ThreadPoolExecutor(slots * 2, thread_name_prefix=weights.weights_id)

    @property
    def fingerprint(self) -> Fingerprint:
        """The file of weights in the catalog."""
        return Fingerprint(self._weights.weights_id, self._weights.sha256)

    @property
    def working(self) -> int:
        """How many slots are taken now."""
        return self._places.taken

    @property
    def address(self) -> str:
        """Where the library's own HTTP server listens; empty until the weights are loaded."""
        loaded = self._loaded
        return str(loaded.server.listening_address) if loaded is not None else ""

    def open(self, progress: Progress | None = None, *, adapter: Adapter | None = None) -> None:
        """Load the weights now instead of at the first request; raises WeightsMissing, WeightsDamaged, EngineFailed."""
        (progress or Progress()).check()
        self._opened(adapter)

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return a Generator on the same loaded weights with a trained adapter, or without any where None.

        It is loaded with its first request or `open`. Raises ArtefactUnfit for an adapter of other weights.
        """
        if adapter is None:
            return self
        if adapter.base_sha256 != self._weights.sha256:
            raise ArtefactUnfit(name=f"Adapter {adapter.adapter_id[:12]}", why="it was trained on other weights")
        return Adapted(self, adapter)

    def close(self) -> None:
        """Free the weights; a later request loads them again."""
        with self._lock:
            self._loaded = None

    def stream(
        self, prompt: Prompt, stop: threading.Event | None = None, *, adapter: Adapter | None = None
    ) -> Iterator[str]:
        """Yield pieces of text as they come; see `core.engines.base.Generator`.

        Also raises InputTooLong for a prompt beyond `context_tokens`.
        """
        with self._places.call():
            written = 0
            try:
                for chunk in self._chunks(prompt, time.monotonic() + prompt.deadline_seconds, adapter, stop):
                    text = text_of(chunk)
                    written = chunk.get("usage", {}).get("completion_tokens", written + bool(text))
                    if text:
                        yield text
            finally:
                count(written)

    def complete(
        self, prompts: Sequence[Prompt], stop: threading.Event | None = None, *, adapter: Adapter | None = None
    ) -> list[Completion]:
        """Return one completion a prompt, in order; see `core.engines.base.Generator`.

        `log_probability` is given to prompts with `settings={"log_probability": True}`: finding it among the 262,144
        tokens of Gemma slowed eight slots together by a tenth (4 rounds).
        """
        completions = [completion for completion, _ in self._all(prompts, stop, adapter)]
        count(sum(completion.tokens for completion in completions))
        return completions

    def scores(
        self,
        pairs: Sequence[tuple[str, str]],
        deadline_seconds: float = 60.0,
        stop: threading.Event | None = None,
        *,
        adapter: Adapter | None = None,
    ) -> list[float]:
        """Return, for each (text, continuation), the natural logarithm of the continuation's probability after it.

        The server has no call for it: a grammar that allows nothing but the continuation is followed, and what the
        weights thought of each token is summed. That takes about 2.5 times as long as writing as many tokens freely,
        and an unlikely continuation may be cut into other tokens than usual. Raises as `complete`.
        """
        prompts = [following(text, continuation, deadline_seconds) for text, continuation in pairs]
        results = self._all(prompts, stop, adapter)
        if any(done.text != continuation for (done, _), (_, continuation) in zip(results, pairs, strict=True)):
            raise EngineFailed(name=self._weights.name)
        return [math.fsum(logs) for _, logs in results]

    def _all(
        self, prompts: Sequence[Prompt], stop: threading.Event | None, adapter: Adapter | None
    ) -> list[tuple[Completion, list[float]]]:
        began = time.monotonic()
        ended = threading.Event()

        def one(prompt: Prompt) -> tuple[Completion, list[float]]:
            if ended.is_set():
                raise Stopped()
            try:
                return self._one(prompt, began + prompt.deadline_seconds, stop, ended, adapter)
            except BaseException:
                # The first failure fails the call: what is still queued need not run.
                ended.set()
                raise

        if len(prompts) == 1:
            with self._places.call():
                return [one(prompts[0])]
        with self._places.call(), ThreadPoolExecutor(min(len(prompts), self._places.slots) or 1) as pool:
            futures = [pool.submit(one, prompt) for prompt in prompts]
            errors = [error for error in (future.exception() for future in futures) if error is not None]
            for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
                raise error
            return [future.result() for future in futures]

    def _one(
        self,
        prompt: Prompt,
        deadline: float,
        stop: threading.Event | None,
        ended: threading.Event,
        adapter: Adapter | None,
    ) -> tuple[Completion, list[float]]:
        """Return a completion and the log-probability of each of its tokens."""
        began = time.monotonic()
        pieces: list[str] = []
        logs: list[float] = []
        tokens, reason = 0, "stop"
        for chunk in self._chunks(prompt, deadline, adapter, stop, ended):
            choice = choice_of(chunk)
            pieces.append(text_of(chunk))
            logs += [entry["logprob"] for entry in (choice.get("logprobs") or {}).get("content") or []]
            reason = choice.get("finish_reason") or reason
            tokens = chunk.get("usage", {}).get("completion_tokens", tokens + bool(pieces[-1]))
        if ended.is_set() or (stop is not None and stop.is_set()):
            raise Stopped()
        mean = math.fsum(logs) / len(logs) if logs else None
        return Completion("".join(pieces), reason, tokens, time.monotonic() - began, mean), logs

    def _chunks(
        self,
        prompt: Prompt,
        deadline: float,
        adapter: Adapter | None,
        stop: threading.Event | None,
        ended: threading.Event | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the server's chunks; leaving the loop tells the server to stop, and its slot is free when it has.

        With `ended`, which stops as `stop` does, nobody waits for the pieces: they are handed over when all are there,
        which spares the caller's thread a waking a token.
        """
        if self._is_guessing and prompt.settings.get("log_probability"):
            raise ValueError("what was guessed has no probability: ask an engine that does not guess")
        self._renew_if_hung()
        loaded, places, mark = self._opened(adapter), self._places, object()
        prompt = named(prompt, adapter, self._adapters, loaded.trained)
        try:
            places.take(deadline, prompt.deadline_seconds, stop)
        except Stopped:
            return
        kept: list[Any] = []
        chunks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        left = threading.Event()
        tell = chunks.put if ended is None else kept.append
        stops = [event for event in (left, stop, ended) if event is not None]

        def is_stopped() -> bool:
            return any(event.is_set() for event in stops)

        def hear(chunk: Any) -> bool:
            tell(chunk)
            return is_stopped()

        with self._lock:
            self._at_work[mark] = math.inf
        self._pool.submit(self._run, loaded.server, prompt, hear, chunks, places, mark)
        try:
            while True:
                try:
                    chunk = chunks.get(timeout=max(0.0, min(deadline - time.monotonic(), 0.1)))
                except queue.Empty:
                    if is_stopped():
                        return
                    if time.monotonic() >= deadline:
                        raise DeadlineExceeded(seconds=prompt.deadline_seconds) from None
                    continue
                if is_stopped():
                    return
                if chunk is _DONE:
                    break
                yield checked(chunk, self._weights.name)
            for chunk in kept:
                yield checked(chunk, self._weights.name)
        finally:
            left.set()
            with self._lock:
                if mark in self._at_work:
                    self._at_work[mark] = time.monotonic()

    def _renew_if_hung(self) -> None:
        """Let go of a server that does not come back from a request, so that the next one is loaded in its place."""
        with self._lock:
            is_hung = any(time.monotonic() - since > HUNG_SECONDS for since in self._at_work.values())
            if not is_hung or self._hung >= HUNG_AT_MOST:
                return
            self._hung += 1
            pool, slots = self._pool, self._places.slots
            self._places = Places(slots, slots * _CALLS_PER_SLOT)
            self._pool = ThreadPoolExecutor(slots * 2, thread_name_prefix=self._weights.weights_id)
            self._at_work, self._loaded = {}, None
        pool.shutdown(wait=False)
        _log.error("%s hangs and is loaded anew, time %d of %d", self._weights.name, self._hung, HUNG_AT_MOST)

    def _run(
        self,
        server: Any,
        prompt: Prompt,
        hear: Callable[[Any], bool],
        chunks: queue.SimpleQueue[Any],
        places: Places,
        mark: object,
    ) -> None:
        """Drive one request in a thread of the pool, from its slot's taking to its freeing."""
        began = time.monotonic()
        try:
            ask = server.handle_chat_completions if prompt.messages else server.handle_completions
            answer = ask(request_of(prompt), hear)
            if answer is not None:
                chunks.put(answer)
        except Exception as error:  # noqa: BLE001 - the edge: whatever the library raises becomes EngineFailed
            chunks.put(error)
        finally:
            with self._lock:
                self._at_work.pop(mark, None)
            places.give_back(time.monotonic() - began)
            chunks.put(_DONE)

    def _opened(self, adapter: Adapter | None = None) -> Loaded:
        """Return what is loaded, with `adapter` among it; loading keeps nobody waiting who needs nothing new."""
        with self._lock:
            loaded = self._loaded
            if adapter is not None:
                self._asked_for[adapter.adapter_id] = time.monotonic()
            if loaded is not None and loaded.has(adapter):
                return loaded
        with self._loading:
            with self._lock:
                loaded = self._loaded
                if loaded is not None and loaded.has(adapter):
                    return loaded
                known = loaded.trained if loaded is not None else ()
                recent = sorted(known, key=lambda one: self._asked_for.get(one.adapter_id, 0.0))
            trained = (*recent, *([adapter] if adapter is not None else []))[-ADAPTERS_KEPT:]
            fresh = self._load(locate(self._weights, self._cache_folder), trained, adapter)
            with self._lock:
                self._loaded = fresh
                self._asked_for = {one.adapter_id: self._asked_for.get(one.adapter_id, 0.0) for one in trained}
            return fresh

    def _load(self, path: Path, trained: Sequence[Adapter] = (), wanted: Adapter | None = None) -> Loaded:
        sizes = (self._places.slots, self._context_tokens, self._threads)
        setup = Setup(self._weights.weights_id, *sizes, self._is_guessing)
        try:
            return start(setup, path, self._adapters, trained)
        except Exception as error:
            if wanted is not None:
                name = f"Adapter {wanted.adapter_id[:12]}"
                raise ArtefactUnfit(name=name, why="llama.cpp cannot load it") from error
            raise EngineFailed(name=self._weights.name) from error
