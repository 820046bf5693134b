"""Examples that ship, shown again in between, so that what is new does not push out what was known.

Translations: the sentences that were written for this project in every served language, in all 72 pairs, without those
on which forgetting is measured. For summaries and answers nothing ships that could be shown.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from core.learning.adapters.examples import Lesson
from core.learning.shipped import MEASURED
from core.tasks.translation_examples import SERVED, examples
from core.types import Task


def replayed(task: Task, chance: random.Random) -> Iterator[Lesson]:
    """Yield lessons without end, in drawn order, or none where nothing ships for the task."""
    if task is not Task.TRANSLATE:
        return
    parallel = examples()
    pairs = [(source, target) for source in SERVED for target in SERVED if source != target]
    while True:
        chance.shuffle(pairs)
        for source, target in pairs:
            numbers = [number for number in range(len(parallel[source])) if number not in MEASURED]
            chance.shuffle(numbers)
            # Several of one pair after another, so that they share a sequence.
            for number in numbers[:6]:
                yield Lesson(
                    f"replay-{source}-{target}-{number}",
                    parallel[target][number],
                    line=parallel[source][number],
                    source=source,
                    target=target,
                )
