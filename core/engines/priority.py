"""Engines step back behind the pages: whoever clicks is served within milliseconds, the engine a little later.

An engine that decodes keeps every core busy for as long as somebody is waiting; a page needs one for a few
milliseconds, at once. So the engines' threads run at a lower priority than those that draw pages, and a higher one than
training's (15). They lose nothing while no page wants the processor.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

NICENESS = 5
T = TypeVar("T")


def step_back() -> None:
    """Lower the priority of the calling thread, and of all threads that it will start; only Linux knows of threads.

    One that is lower already, as in training, stays there.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):  # a container may forbid it, and then all are equal, as they were
            if os.getpriority(os.PRIO_PROCESS, thread) < NICENESS:
                os.setpriority(os.PRIO_PROCESS, thread, NICENESS)


def behind_the_pages(make: Callable[[], T]) -> T:
    """Return what `make` returns, made in a thread that has stepped back: the threads that it starts inherit that."""
    done: Future[T] = Future()

    def carry_out() -> None:
        step_back()
        try:
            done.set_result(make())
        except BaseException as error:  # noqa: BLE001 - whoever asked hears of it
            done.set_exception(error)

    threading.Thread(target=carry_out, name="opening an engine", daemon=True).start()
    return done.result()
