"""Stop strings, where an engine's own handling of them cannot be relied on: some write the mark, or half of it."""

from __future__ import annotations

from collections.abc import Sequence


def cut(text: str, marks: Sequence[str]) -> int:
    """Return where the first stop string begins, or -1."""
    return min((place for place in (text.find(mark) for mark in marks if mark) if place >= 0), default=-1)


def safe_length(text: str, marks: Sequence[str]) -> int:
    """Return how much of an unfinished text can be shown: no half character, no beginning of a stop string."""
    safe = len(text.rstrip("\ufffd"))
    for mark in marks:
        for length in range(min(len(mark) - 1, safe), 0, -1):
            if text[:safe].endswith(mark[:length]):
                safe -= length
                break
    return safe
