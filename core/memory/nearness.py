"""How near an input must be to one that was corrected before that correction is of any use to it.

One number a task and encoder, each measured: see tests/benchmarks/l1_memory.py.
"""

from __future__ import annotations

from core.types import Task

ENGLISH, MULTILINGUAL = "english", "multilingual"
NEAR_AT_MOST = 4
# A summary of a like text is no summary of this one.
NEAR_TASKS = (Task.SUPPORT, Task.TRANSLATE, Task.SENTIMENT)

THRESHOLDS: dict[tuple[Task, str], float] = {
    (Task.SUPPORT, ENGLISH): 0.6,
    (Task.SUPPORT, MULTILINGUAL): 0.8,
    (Task.TRANSLATE, ENGLISH): 0.7,
    (Task.TRANSLATE, MULTILINGUAL): 0.7,
    (Task.SENTIMENT, ENGLISH): 0.75,
    (Task.SENTIMENT, MULTILINGUAL): 0.75,
}


def least(task: Task, reader: str) -> float:
    """Return the least cosine similarity at which what is remembered is given to a task; `reader` is the encoder."""
    return THRESHOLDS[task, reader]
