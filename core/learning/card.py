"""The card of a dataset: what is in it, from whom, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.learning.forms import RATING_WEIGHT, marks_of
from core.learning.splits import SIMILARITY
from core.loop import LeftOut, Row
from core.types import Task


def card_of(
    task: Task, rows: Sequence[Row], left_out: Mapping[LeftOut, int], cap: int, encoders: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the card of rows as plain data; counts are of rows, the most frequent first."""
    visitors = Counter(row.visitor_id for row in rows if row.visitor_id)
    most = max(visitors.values(), default=0)
    masked = sum(bool(sum((marks_of(turn.content) for turn in row.messages), Counter())) for row in rows)
    return {
        "task": task.value,
        "rows": len(rows),
        "splits": _counted(row.split.value for row in rows),
        "clusters": len({row.cluster for row in rows}),
        "kinds": _counted(row.kind.value for row in rows),
        "sources": _counted(row.source_kind for row in rows),
        "languages": _counted(language_of(row) for row in rows),
        "segments": _counted(row.segment or "not told" for row in rows),
        "labels": _counted(row.output_text for row in rows) if task is Task.SENTIMENT else {},
        "visitors": {
            "count": len(visitors),
            "most_rows": most,
            "most_share": round(most / len(rows), 4) if rows else 0.0,
            "cap": cap,
        },
        "left_out": {reason.value: count for reason, count in sorted(left_out.items(), key=lambda one: -one[1])},
        "masked": masked,
        "weights": {"correction": 1.0, "rating": RATING_WEIGHT},
        "similarity": SIMILARITY,
        "encoders": list(encoders),
    }


def language_of(row: Row) -> str:
    """Return a row's language, or the pair of a translation, such as "de → en"."""
    return f"{row.source} → {row.target}" if row.target else row.language or "not known"


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items(), key=lambda one: (-one[1], one[0])))
