"""How work in progress speaks to whoever waits for it, and hears that it should stop."""

from __future__ import annotations

import threading

from core.errors import Stopped


class Progress:
    """What a task reports while it runs; the base class only listens for `stop`, subclasses show the rest.

    Tasks call `show` with all of the text so far (never a delta, so that a late reader is never behind),
    `advance` with how much is done, and `check` at every place where it is safe to stop.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()

    def show(self, text: str) -> None:
        """Publish the whole output so far."""

    def advance(self, done: int, total: int, doing: str) -> None:
        """Publish that `done` of `total` parts are finished; `doing` is a short phrase for people."""

    def lack(self) -> None:
        """Publish that the result is less than it could be, because a part failed: it is not to be given again."""

    def check(self) -> None:
        """Raise `Stopped` if somebody asked for it."""
        if self.stop.is_set():
            raise Stopped()
