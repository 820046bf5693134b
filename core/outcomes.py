"""How uses ended in this process and how long they took: numbers alone, for whoever watches over the server."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import EngineBusy

# Upper ends of the buckets, in seconds: a kept answer, a sentence, a page, a file.
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
REFUSED = "refused"


@dataclass
class Took:
    """How often something ended so, and its wall-clock seconds: their sum, and how many fell into each bucket.

    `buckets` has one more than BUCKETS, for what took longer.
    """

    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))


class Outcomes:
    """Counts by task and ending (finished, stopped, failed, refused) since the start; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._took: dict[tuple[str, str], Took] = {}

    def note(self, task: str, ending: str, seconds: float = 0.0) -> None:
        """Count one use."""
        with self._lock:
            took = self._took.setdefault((task, ending), Took())
            took.count += 1
            took.seconds += seconds
            took.buckets[bisect_left(BUCKETS, seconds)] += 1

    @contextmanager
    def refusals(self, task: str) -> Iterator[None]:
        """Count a use that is not let in within the block."""
        try:
            yield
        except EngineBusy:
            self.note(task, REFUSED)
            raise

    def now(self) -> Mapping[tuple[str, str], Took]:
        """Return a copy of all counts, by (task, ending)."""
        with self._lock:
            return {key: Took(one.count, one.seconds, list(one.buckets)) for key, one in self._took.items()}
