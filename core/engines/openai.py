"""Any engine that speaks as OpenAI's does: vLLM, SGLang, llama.cpp's server, Ray Serve LLM, `transformers serve`.

Weights that the catalog knows by the name that the engine gives them are taken to be those of the catalog, so that
adapters trained on them may serve there too. Sentiment stays on this machine: it reads hidden states, which no such
engine gives out.
"""

from __future__ import annotations

import asyncio
import json
import math
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import Any

from core.engines.base import Completion, Fingerprint, Generator, Prompt, count
from core.engines.catalog import known_as
from core.engines.openai_client import Client
from core.engines.openai_wire import CHAT, Dialect, Reading, Refused, most_bytes, request
from core.engines.turns import Places
from core.errors import ArtefactUnfit, DeadlineExceeded, EngineFailed, EngineUnfit, EngineUnreachable, Stopped
from core.loop import Adapter
from core.progress import Progress

_CALLS_PER_SLOT = 8
_LOOK_SECONDS = 0.05
_MODELS_NAMED = 5
_END = object()


class OpenAIEngine:
    """A Generator on weights that another server runs; any number of threads may call it.

    `model` is what the server calls the weights, `slots` how many requests are under way at once, `adapter_name` what
    it calls an adapter (`{adapter}` being its id). An answer is always streamed, so that leaving it frees the server.
    `grammar` is for llama.cpp's server, elsewhere it is refused. `log_probability` is given where the server gives it.
    """

    device, dtype = "remote", ""

    def __init__(
        self,
        client: Client,
        model: str,
        *,
        slots: int,
        adapter_name: str = "{adapter}",
        adapter: Adapter | None = None,
        places: Places | None = None,
    ) -> None:
        self.model = model
        self._client = client
        self._slots = slots
        self._adapter_name = adapter_name
        self._adapter = adapter
        self._places = places or Places(slots, slots * _CALLS_PER_SLOT)
        self._dialect = Dialect()
        self._gate: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None
        self._base: OpenAIEngine = self
        self._working = 0

    def __repr__(self) -> str:
        """Name the weights and the engine."""
        return f"OpenAIEngine({self.model!r} at {self._client.url!r})"

    @property
    def fingerprint(self) -> Fingerprint:
        """The weights by their name there; the hash is the catalog's where it knows the name, else nobody's."""
        known = known_as(self._base.model)
        adapter_id = self._adapter.adapter_id if self._adapter is not None else ""
        return Fingerprint(self._base.model, known.sha256 if known else "", adapter_id)

    @property
    def working(self) -> int:
        """How many requests are under way now."""
        return self._base._working

    @property
    def trouble(self) -> str:
        """Why it does not serve now, in a sentence, or empty; while there is any it is looked for by itself."""
        if self._client.trouble or not self._client.models or self.model in self._client.models:
            return self._client.trouble
        return str(self._unlisted())

    def open(self, progress: Progress | None = None) -> None:
        """Look whether the engine is there and serves the weights; what is wrong is told by `trouble`, not raised."""
        (progress or Progress()).check()
        self._client.look()

    def close(self) -> None:
        """End what is under way; a later request connects again."""
        self._client.close()

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return a Generator on the same weights with a trained adapter, or without any where None.

        The server has to have loaded it beside the weights, under the name that the settings make of its id. Raises
        ArtefactUnfit for an adapter of other weights or one that the server does not list, and EngineUnreachable.
        """
        if adapter is None:
            return self._base
        name = f"Adapter {adapter.adapter_id[:12]}"
        if adapter.base_sha256 != self.fingerprint.sha256:
            raise ArtefactUnfit(name=name, why="it was trained on other weights")
        model = self._adapter_name.replace("{adapter}", adapter.adapter_id)
        if model not in self._client.models:
            self._client.look()
        if model not in self._client.models:
            if self._client.trouble:
                raise EngineUnreachable(name=self._client.name, why="its list of weights could not be read")
            raise ArtefactUnfit(name=name, why=f"the engine lists no weights named {model}")
        adapted = OpenAIEngine(
            self._client,
            model,
            slots=self._slots,
            adapter_name=self._adapter_name,
            adapter=adapter,
            places=self._places,
        )
        adapted._base = self._base
        return adapted

    def stream(self, prompt: Prompt, stop: threading.Event | None = None) -> Iterator[str]:
        """Yield pieces of text as they come; see `core.engines.base.Generator`."""
        deadline = time.monotonic() + prompt.deadline_seconds
        pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
        with self._places.call():
            reading = Reading(prompt, self._client.name, pieces.put)
            writing = self._client.start(self._write(reading, deadline))
            writing.add_done_callback(lambda _: pieces.put(_END))
            try:
                while (piece := _next(pieces, stop)) is not _END:
                    yield piece
                if stop is None or not stop.is_set():
                    _result(writing)
            finally:
                writing.cancel()
                count(reading.tokens)

    def complete(self, prompts: Sequence[Prompt], stop: threading.Event | None = None) -> list[Completion]:
        """Return one completion a prompt, in order; see `core.engines.base.Generator`."""
        completions = [completion for completion, _ in self._all(prompts, stop)]
        count(sum(completion.tokens for completion in completions))
        return completions

    def _all(self, prompts: Sequence[Prompt], stop: threading.Event | None) -> list[tuple[Completion, list[float]]]:
        if not prompts:
            return []
        with self._places.call():
            writing = self._client.start(self._write_all(prompts, time.monotonic()))
            ended = threading.Event()
            writing.add_done_callback(lambda _: ended.set())
            try:
                while not ended.wait(_LOOK_SECONDS if stop is not None else None):
                    if stop is not None and stop.is_set():
                        raise Stopped()
                found: list[tuple[Completion, list[float]]] = _result(writing)
            finally:
                writing.cancel()
        if stop is not None and stop.is_set():
            raise Stopped()
        return found

    def scores(
        self, pairs: Sequence[tuple[str, str]], deadline_seconds: float = 60.0, stop: threading.Event | None = None
    ) -> list[float]:
        """Return, for each (text, continuation), the log-probability of the continuation; see `LlamaCpp.scores`.

        Only llama.cpp's server can be led along a text by a grammar; raises EngineFailed elsewhere.
        """
        prompts = [
            Prompt(
                text=text,
                max_tokens=len(continuation.encode("utf-8", "replace")) + 1,
                grammar=f"root ::= {json.dumps(continuation, ensure_ascii=False)}",
                settings={"log_probability": True},
                deadline_seconds=deadline_seconds,
            )
            for text, continuation in pairs
        ]
        found = self._all(prompts, stop)
        if any(done.text != continuation for (done, _), (_, continuation) in zip(found, pairs, strict=True)):
            raise EngineFailed(name=self._client.name)
        return [math.fsum(logs) for _, logs in found]

    async def _write_all(self, prompts: Sequence[Prompt], began: float) -> list[tuple[Completion, list[float]]]:
        """Run all prompts at once; the first failure ends the others."""

        async def one(prompt: Prompt) -> tuple[Completion, list[float]]:
            reading = Reading(prompt, self._client.name, lambda _: None)
            seconds = await self._write(reading, began + prompt.deadline_seconds)
            mean = math.fsum(reading.logs) / len(reading.logs) if reading.logs else None
            return Completion(reading.text, reading.reason, reading.tokens, seconds, mean), reading.logs

        tasks = [asyncio.ensure_future(one(prompt)) for prompt in prompts]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _write(self, reading: Reading, deadline: float) -> float:
        """Read one answer to its end, as soon as there is a slot; returns the seconds that it took in one."""
        loop = asyncio.get_running_loop()
        seconds = reading.prompt.deadline_seconds
        try:
            async with asyncio.timeout_at(loop.time() + deadline - time.monotonic()), self._slot(loop):
                began = time.monotonic()
                self._base._working += 1
                try:
                    await self._ask(reading)
                finally:
                    self._base._working -= 1
                return time.monotonic() - began
        except TimeoutError:
            raise DeadlineExceeded(seconds=seconds) from None

    async def _ask(self, reading: Reading) -> None:
        if not await self._client.serves(self.model):
            raise self._unlisted()
        if reading.prompt.grammar and not self._client.is_llamacpp:
            raise EngineFailed(name=f"{self._client.name} (no grammars on this engine)")
        dialect = self._base._dialect
        while True:
            path, body = request(reading.prompt, self.model, dialect)
            try:
                await self._client.follow(path, body, reading.hear, most_bytes(reading.prompt))
            except Refused as refused:
                if (simpler := _simpler(dialect, refused, path)) == dialect:
                    raise
                dialect = simpler
                continue
            self._base._dialect = dialect  # only what has worked is kept
            reading.end()
            return

    def _slot(self, loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
        """Return what lets `slots` requests through in the order of their coming; adapters share it."""
        base = self._base
        if base._gate is None or base._gate[0] is not loop:
            base._gate = (loop, asyncio.Semaphore(base._slots))
        return base._gate[1]

    def _unlisted(self) -> EngineUnfit:
        named = sorted(self._client.models)
        some = ", ".join(named[:_MODELS_NAMED]) + (", …" if len(named) > _MODELS_NAMED else "")
        why = f"it serves no weights named {self.model}, but {some}. Set HEARBACK_ENGINE_MODEL to one of them."
        return EngineUnfit(name=self._client.name, why=why)


def _simpler(dialect: Dialect, refused: Refused, path: str) -> Dialect:
    """Return what to try after a refusal, or the same where nothing is left to be simplified."""
    status = refused.facts["status"]
    if path != CHAT and status in (404, 405, 501):
        return replace(dialect, has_text=False)
    if dialect.has_extras and status in (400, 422):
        return replace(dialect, has_extras=False)
    return dialect


def _next(pieces: queue.SimpleQueue[Any], stop: threading.Event | None) -> Any:
    """Return the next piece, or _END at the end and once `stop` is set, whatever is still to come."""
    while stop is None or not stop.is_set():
        try:
            return pieces.get(timeout=_LOOK_SECONDS if stop is not None else None)
        except queue.Empty:
            continue
    return _END


def _result(writing: Future[Any]) -> Any:
    try:
        return writing.result()
    except CancelledError as error:  # the engine was closed meanwhile
        raise EngineFailed(name=Client.name) from error
