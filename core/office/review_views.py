"""What a reviewer sees: the lines of the queue, one item whole, and where two members differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.learning.checks import Finding
from core.store.reviews import Verdict
from core.types import Interaction, Passage, Rating, Task


@dataclass(frozen=True)
class Line:
    """What one or several visitors said alike: its oldest item, the beginning of its input, and why it stands there."""

    item_id: str
    task: Task
    title: str
    badges: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class QueuePage:
    """A page of the queue; `is_sorted` is False while new items are being sorted.

    `counts` holds a number of lines a state, of different things to decide; `items` how many corrections and ratings
    these are.
    """

    lines: tuple[Line, ...]
    total: int
    counts: dict[str, int]
    items: dict[str, int]
    oldest: datetime | None
    is_sorted: bool


@dataclass(frozen=True)
class Other:
    """Something else that `sayers` visitors said of an input: its text, masked, empty without a correction.

    `state` is empty where an opinion is to be given blind.
    """

    item_id: str
    text: str
    state: str
    sayers: int


@dataclass(frozen=True)
class Item:
    """One item whole, as a reviewer sees it; texts are masked unless asked for otherwise.

    `corrected_text` is empty for a thumbs-down without a correction. Of an opinion that is still to be given,
    `verdicts` and `approved_text` are left out. `kept_for` says what an approved item is used for. A verdict
    holds for all `alike` items, by `sayers` visitors; `others` are the first of `other_count` other corrections of it.
    """

    item_id: str
    task: Task
    state: str
    badges: tuple[str, ...]
    alike: int
    sayers: int
    findings: tuple[Finding, ...]
    interaction: Interaction
    input_text: str
    output_text: str
    corrected_text: str
    approved_text: str
    is_corrected: bool
    rating: Rating | None
    passages: tuple[Passage, ...]
    verdicts: tuple[Verdict, ...]
    kept_for: str
    has_personal_data: bool
    why_not_again: str
    other_count: int
    others: tuple[Other, ...]
    created_at: datetime


@dataclass(frozen=True)
class Disagreement:
    """An item on which two members gave different verdicts."""

    item_id: str
    title: str
    first: str
    second: str
