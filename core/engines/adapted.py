"""The same loaded weights with a trained adapter: nothing but a name that each request is given."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.engines.base import Completion, Fingerprint, Generator, Prompt
from core.loop import Adapter
from core.progress import Progress

if TYPE_CHECKING:
    from core.engines.llamacpp import LlamaCpp


class Adapted:
    """A Generator on the loaded weights of another with a trained adapter; it holds nothing of its own."""

    def __init__(self, engine: LlamaCpp, adapter: Adapter) -> None:
        self.device, self.dtype = engine.device, engine.dtype
        self._engine = engine
        self._adapter = adapter

    @property
    def fingerprint(self) -> Fingerprint:
        """That of the weights, with the adapter's id."""
        return replace(self._engine.fingerprint, adapter_id=self._adapter.adapter_id)

    def open(self, progress: Progress | None = None) -> None:
        """Load the adapter now; raises as `LlamaCpp.open`, and ArtefactUnfit."""
        self._engine.open(progress, adapter=self._adapter)

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return a Generator on the same weights with another adapter, or without any."""
        return self._engine.with_adapter(adapter)

    def stream(self, prompt: Prompt, stop: threading.Event | None = None) -> Iterator[str]:
        """Yield pieces of text as they come."""
        return self._engine.stream(prompt, stop, adapter=self._adapter)

    def complete(self, prompts: Sequence[Prompt], stop: threading.Event | None = None) -> list[Completion]:
        """Return one completion a prompt, in order."""
        return self._engine.complete(prompts, stop, adapter=self._adapter)

    def scores(
        self, pairs: Sequence[tuple[str, str]], deadline_seconds: float = 60.0, stop: threading.Event | None = None
    ) -> list[float]:
        """Return the log-probability of each continuation; see `LlamaCpp.scores`."""
        return self._engine.scores(pairs, deadline_seconds, stop, adapter=self._adapter)


def named(
    prompt: Prompt, adapter: Adapter | None, given: Sequence[tuple[Path, float]], trained: Sequence[Adapter]
) -> Prompt:
    """Return a prompt that names the scale of every adapter of a server: one that is not named might take part.

    `given` are (path, scale) of adapters that an engine was made with, which come first and which a prompt's own
    settings may choose among; of the `trained` ones, which follow, `adapter` alone has a scale above nought.
    """
    chosen = prompt.settings.get("lora")
    if not trained and chosen is None:
        return prompt
    scales = {number: scale for number, (_, scale) in enumerate(given)}
    if chosen is not None:
        wanted = {entry["id"]: entry["scale"] for entry in chosen}
        scales = {number: wanted.get(number, 0.0) for number in scales}
    for number, one in enumerate(trained, len(given)):
        scales[number] = one.scale if one == adapter else 0.0
    lora = [{"id": number, "scale": scale} for number, scale in scales.items()]
    return replace(prompt, settings=prompt.settings | {"lora": lora})
