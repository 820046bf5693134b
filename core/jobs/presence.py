"""Whether anybody is still there: which sessions a visitor has, and which of them are connected.

A session is a tab. Core does not know what connects one: whoever draws the pages says so with `is_connected`. A
visitor of whom no session was ever told (a batch, a program) counts as there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SESSIONS_OF_ONE = 20
VISITORS = 10_000


class Presence:
    """Who is there; thread-safe, and bounded: the oldest are forgotten, and count as there."""

    def __init__(
        self,
        is_connected: Callable[[str], bool] = lambda _session_id: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_connected = is_connected
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, dict[str, None]] = {}
        self._left_at: dict[str, float] = {}

    def listen(self, is_connected: Callable[[str], bool]) -> None:
        """Ask this from now on whether a session is connected."""
        self._is_connected = is_connected

    def arrive(self, visitor_id: str, session_id: str) -> None:
        """Note that this session is the visitor's; called with every run of a page, so that a reload is seen."""
        with self._lock:
            sessions = self._sessions.get(visitor_id)
            if sessions is None:
                if len(self._sessions) >= VISITORS:
                    oldest = next(iter(self._sessions))
                    self._sessions.pop(oldest)
                    self._left_at.pop(oldest, None)
                sessions = self._sessions[visitor_id] = {}
            if session_id not in sessions:
                if len(sessions) >= SESSIONS_OF_ONE:
                    del sessions[next(iter(sessions))]
                sessions[session_id] = None
            self._left_at.pop(visitor_id, None)

    def is_here(self, visitor_id: str) -> bool:
        """Return whether any of the visitor's sessions is connected, or none was ever told."""
        with self._lock:
            sessions = list(self._sessions.get(visitor_id, ()))
        is_here = not sessions or any(map(self._is_connected, sessions))
        if is_here:
            with self._lock:
                self._left_at.pop(visitor_id, None)
        return is_here

    def away_seconds(self, visitor_id: str) -> float:
        """Return for how long none of the visitor's sessions has been connected, as far as was looked; 0 if one is."""
        if self.is_here(visitor_id):
            return 0.0
        now = self._clock()
        with self._lock:
            return now - self._left_at.setdefault(visitor_id, now)

    def forget(self, visitor_id: str) -> None:
        """Know nothing of this visitor any more."""
        with self._lock:
            self._sessions.pop(visitor_id, None)
            self._left_at.pop(visitor_id, None)
