"""Heavy libraries, imported whole, by one thread at a time.

The modules of torch and transformers import each other in circles: two threads that begin with it at once meet
half-imported ones, or wait for each other for ever. Whoever opens an engine calls `whole` first; afterwards an import
finds everything there.
"""

from __future__ import annotations

import importlib
import threading

_one_at_a_time = threading.RLock()


def whole(*names: str) -> None:
    """Import the modules of these names, or wait until another thread has; raises ImportError."""
    with _one_at_a_time:
        for name in names:
            importlib.import_module(name)
