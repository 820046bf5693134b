"""A plugin of pytest: only the tests that show a promise (of those in HEARBACK_PROMISES), each told with its promises.

`hearback.py faults` loads it with `-p`; the promises of a test go into the report as properties named `promise`.
"""

from __future__ import annotations

import os

import pytest

CHOSEN = "HEARBACK_PROMISES"
PROPERTY = "promise"


def promises_of(item: pytest.Item) -> list[str]:
    """Return the promises that a test shows, in order and each once."""
    names = (str(name) for mark in item.iter_markers("promise") for name in mark.args)
    return sorted(set(names), key=lambda name: (len(name), name))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the chosen promises, and write each one's promises among its properties."""
    chosen = set(os.environ.get(CHOSEN, "").split())
    kept, left_out = [], []
    for item in items:
        shown = promises_of(item)
        if not shown or (chosen and not chosen & set(shown)):
            left_out.append(item)
            continue
        item.user_properties += [(PROPERTY, name) for name in shown]
        kept.append(item)
    items[:] = kept
    if left_out:
        config.hook.pytest_deselected(items=left_out)
