"""How near an input must be to one that was corrected before that correction is of any use to it.

One number a task and encoder, each measured: see tests/benchmarks/l1_memory.py.
"""

from __future__ import annotations

from core.tasks.facts import is_negative
from core.tasks.language import guess_language
from core.types import Task

ENGLISH, MULTILINGUAL = "english", "multilingual"
NEAR_AT_MOST = 4
# A summary of a like text is no summary of this one.
NEAR_TASKS = (Task.SUPPORT, Task.TRANSLATE, Task.SENTIMENT)

# Chosen on half of the sets that were written for this and half of the development data. Support can be generous: its
# task looks whether both questions find the same sentence, and whether the documents still say it. In sentiment a text
# of the same words and the other meaning is as near as one of other words and the same meaning, worst where the
# multilingual encoder reads, so little short of the very text may move a reading. The multilingual number of support
# is not measured: it is a cautious one.
THRESHOLDS: dict[tuple[Task, str], float] = {
    (Task.SUPPORT, ENGLISH): 0.6,
    (Task.SUPPORT, MULTILINGUAL): 0.8,
    (Task.TRANSLATE, ENGLISH): 0.75,
    (Task.TRANSLATE, MULTILINGUAL): 0.75,
    (Task.SENTIMENT, ENGLISH): 0.85,
    (Task.SENTIMENT, MULTILINGUAL): 0.95,
}


def least(task: Task, reader: str) -> float:
    """Return the least cosine similarity at which what is remembered is given to a task; `reader` is the encoder."""
    return THRESHOLDS[task, reader]


def is_alike(task: Task, text: str, other: str) -> bool:
    """Return whether what a near input says may be of use: of two texts about a feeling, not where one alone denies."""
    return task is not Task.SENTIMENT or is_negative(text) == is_negative(other)


def reader_of(text: str, source: str = "") -> str:
    """Return which encoder reads a text: the English one where it is English, or has no language."""
    language = source or guess_language(text).code
    return ENGLISH if language in ("en", "") else MULTILINGUAL
