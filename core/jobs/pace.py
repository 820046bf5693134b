"""How long a job takes: seconds of the whole engine, by its kind and its length, learned from those that finished.

Seconds are shares: with n jobs running, each is charged 1/n of every second. What a job costs is then the same
whether it ran alone or among others, as far as the engine's speed is, and the costs of all who wait add up to the
time until they have been served. Where an engine is faster with many than with one, this is what is learned under load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.types import Task

# Each finished job of a kind counts for this much less with the next: the last ten or so tell the pace.
MEMORY = 0.9


@dataclass(frozen=True)
class Prior:
    """What is believed of a kind before any has finished: `fixed` + `per_unit` * units, in seconds."""

    fixed: float
    per_unit: float


# Estimated for the embedded weights and two cores; what is this machine's own is learned after a few jobs. A unit is a
# character of input, in a file a byte.
PRIORS = {
    "support": Prior(0.5, 0.0),
    "translate": Prior(0.3, 0.012),
    "translate careful": Prior(0.8, 0.045),
    "translate file": Prior(0.5, 0.012),
    "translate file careful": Prior(0.5, 0.045),
    "summarize": Prior(0.2, 0.000_3),
    "sentiment": Prior(0.05, 0.000_3),
    "sentiment table": Prior(0.2, 0.000_25),
}
# What nobody has told the length of.
UNKNOWN = Prior(4.0, 0.0)


@dataclass(frozen=True)
class Load:
    """How much work a request is: of what kind, and how long it is, in units of that kind."""

    kind: str = ""
    units: float = 0.0

    @property
    def is_left_alone(self) -> bool:
        """Whether people walk away from such work while it is done: tables and files."""
        return "table" in self.kind.split() or "file" in self.kind.split()

    @property
    def believed(self) -> float:
        """The expected seconds by the prior of its kind."""
        prior = PRIORS.get(self.kind, UNKNOWN)
        return prior.fixed + prior.per_unit * self.units


def load_of(task: Task, request: dict[str, Any], units: float) -> Load:
    """Return how much work a request is: its kind is that of which its length says something."""
    if task is Task.SENTIMENT:
        return Load("sentiment table" if "text_column" in request else "sentiment", units)
    words = [task.value]
    words += ["file"] if "file" in request else []
    words += ["careful"] if request.get("is_careful") else []
    return Load(" ".join(words), units)


class Pace:
    """Expected seconds of a job; not thread-safe, its board's lock guards it."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}

    def seconds(self, load: Load) -> float:
        """Return the expected seconds of a job, in shares of the whole engine."""
        spent, believed = self._seen.get(load.kind, (1.0, 1.0))
        return load.believed * spent / believed

    def learn(self, load: Load, seconds: float) -> None:
        """Take in what a finished job took: the prior's shape stays, its scale follows what was measured."""
        # The prior itself counts as one job of the same size.
        spent, believed = self._seen.get(load.kind, (load.believed, load.believed))
        self._seen[load.kind] = MEMORY * spent + max(1e-3, seconds), MEMORY * believed + load.believed
