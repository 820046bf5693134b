"""What a candidate has to meet before it may serve: each threshold with its bounds, and why it is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Threshold:
    """A threshold's bounds, and why it is what it is."""

    low: float
    high: float
    label: str
    reason: str


THRESHOLDS: dict[str, Threshold] = {
    "level": Threshold(
        0.0005, 0.1, "Chance of promoting an equal", "2.5 %, one side of the usual 95 % interval: one in forty."
    ),
    "least_items": Threshold(
        10, 5_000, "Held-out items at least", "30, as everywhere here: below that a share says little."
    ),
    "worse_points": Threshold(
        0, 20, "Points a group may lose", "1 point of 100: less is hardly noticed, more is a complaint."
    ),
    "harm_level": Threshold(
        0.01,
        0.5,
        "Chance that a loss is noise",
        "10 %: a loss counts where noise gives such a one at most once in ten times. Stricter than for a gain, "
        "because nobody asked to lose anything.",
    ),
    "slower": Threshold(
        0,
        2,
        "Slower by at most",
        "10 %: what waiting people do not notice yet (a just noticeable difference is 20 %); more counts where it is "
        "beyond chance.",
    ),
    "most_seconds": Threshold(
        0.1, 120, "Seconds an answer may take", "10 s, where what serves only quotes: so long people stay with a task."
    ),
    "memorized": Threshold(0, 16, "Training texts given away at most", "None: they are other people's words."),
    "power": Threshold(
        0.5, 0.99, "Power for items needed", "80 %, the usual one: four in five real gains of this size are found."
    ),
}


@dataclass(frozen=True)
class Thresholds:
    """What a candidate has to meet; `THRESHOLDS` says of each why."""

    level: float = 0.025
    least_items: int = 30
    worse_points: float = 1.0
    harm_level: float = 0.1
    slower: float = 0.1
    most_seconds: float = 10.0
    memorized: int = 0
    power: float = 0.8

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Thresholds:
        """Return thresholds from stored values; what is missing or out of bounds is as it ships."""
        kept: dict[str, Any] = {}
        for field in fields(cls):
            value, bounds = values.get(field.name), THRESHOLDS[field.name]
            if isinstance(value, int | float) and not isinstance(value, bool) and bounds.low <= value <= bounds.high:
                kept[field.name] = int(value) if isinstance(field.default, int) else float(value)
        return cls(**kept)
