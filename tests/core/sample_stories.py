"""What the stories about the sample company share: its history, whole, and a short one that is soon put in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from core.config import PROJECT
from core.house import language_of
from core.knowledge.library import read_passages
from core.samples import story
from core.samples.history import build

UNTIL = date(2026, 5, 15)  # a Friday
FOLDER = PROJECT / "assets" / "sample_data" / "history"

History = dict[str, list[dict[str, Any]]]


def a_history(until: date = UNTIL, seed: int = story.SEED) -> History:
    """Return the rows of the twelve weeks up to a day."""
    files = [(path.name, path.read_bytes()) for path in sorted((PROJECT / "assets" / "knowledge").glob("*.md"))]
    passages, _ = read_passages(files, language_of)
    return build(FOLDER, {passage.passage_id: passage for passage in passages}, 1, until, seed)


@cache
def short_history(days: int = 7) -> History:
    """Return the rows of the visitors who came in the last days: the same kinds of rows, but few."""
    history = a_history()
    since = datetime.combine(UNTIL - timedelta(days=days - 1), time(), UTC)
    late = {row["visitor_id"] for row in history["visitors"] if row["created_at"] >= since}
    uses = {row["interaction_id"] for row in history["interactions"] if row["visitor_id"] in late}
    kept = {row["correction_id"] for row in history["corrections"] if row["interaction_id"] in uses}
    ids = {"visitor_id": late, "interaction_id": uses, "correction_id": kept}

    def belongs(row: dict[str, Any]) -> bool:
        return all(row[name] in known for name, known in ids.items() if name in row)

    return {table: [row for row in rows if belongs(row)] for table, rows in history.items()}
