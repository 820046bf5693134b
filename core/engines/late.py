"""A generator that is taken from the shelf by each request, so that a task can be made while its engine is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from core.engines.base import Completion, Fingerprint, Generator, Prompt
from core.loop import Adapter


class Late:
    """A Generator that asks `take` for the real one each time; raises what that raises."""

    def __init__(self, take: Callable[[], Generator]) -> None:
        self._take = take

    @property
    def fingerprint(self) -> Fingerprint:
        """That of the real one."""
        return self._take().fingerprint

    def stream(self, prompt: Prompt, stop: threading.Event | None = None) -> Iterator[str]:
        """Yield pieces of text as they come."""
        return self._take().stream(prompt, stop)

    def complete(self, prompts: Sequence[Prompt], stop: threading.Event | None = None) -> list[Completion]:
        """Return one completion a prompt, in order."""
        return self._take().complete(prompts, stop)

    def with_adapter(self, adapter: Adapter | None) -> Generator:
        """Return the real one with a trained adapter, or without any."""
        return self._take().with_adapter(adapter)
