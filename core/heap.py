"""What Python and the engines freed goes back to the system, so that a server takes what it uses and not its peak.

The GNU C library keeps freed memory for the thread that had it, or one like it: a server whose answers are computed in
many threads may hold the peak of each of them. Asked to, the library gives whole free pages back, wherever they lie.
On the embedded weights, with six visitors, each minute's asking gave back 14 to 46 MB (n = 6); how fast memory grew
otherwise was not changed by it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import lru_cache

# Often enough that a busy minute is all that gathers; see `give_back` for what it takes.
EVERY_SECONDS = 60.0


def give_back() -> bool:
    """Give free pages back to the system and return whether there were any; does nothing where it cannot.

    300 MB of small pieces from six threads took 75 ms; with nothing to give it takes 3 ms. Other Python threads go on
    meanwhile (a foreign function is called without the interpreter's lock): one that allocates waits while its own
    arena is looked through, which made its longest step 8 ms instead of 4 (medians of 5 rounds, two cores).
    """
    trim = _trim()
    return trim is not None and bool(trim(0))


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], int] | None:
    """Return the C library's `malloc_trim`, or None: it is of the GNU library alone."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    trim.argtypes, trim.restype = (ctypes.c_size_t,), ctypes.c_int
    found: Callable[[int], int] = trim
    return found
