"""Nothing is computed twice: equal requests at one time are one computation, and a finished one is given again.

What makes two requests equal is a `Key`. All that an answer depends on is part of it, so that a promotion, a published
handbook or a changed memory needs no flush: the next request simply has another key. Whatever an answer says of a
visitor's own text is kept for this visitor alone, and leaves with them.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.errors import Stopped
from core.progress import Progress
from core.types import Task

ENTRIES = 2_000
BYTES = 32 * 1024 * 1024
ENTRY_BYTES = 1024 * 1024
# What a key cannot tell, such as weights behind an address that others look after, is not believed for longer.
KEPT_SECONDS = 3_600.0
# A caller hears the end at once, and its own visitor's "stop" within this.
_LISTEN_SECONDS = 0.05
EVERYBODY = ""


@dataclass(frozen=True)
class Key:
    """All that an answer depends on: equal keys give equal answers.

    `scope` is the visitor whose own text it is about, or `EVERYBODY` for a question to the handbook that nothing of
    its visitor's own took part in. `served` is the number of the task as it was built (see `serial`): weights, adapter
    or head, and prompts in one. `weights` is their fingerprint, which a remote engine may change under the same object.
    `memory` is the state of what may be recalled, `revision` that of the documents. `content` is a digest of text,
    turns and settings.
    """

    task: Task
    scope: str
    served: int
    weights: str
    memory: str
    revision: str
    content: bytes


@dataclass(frozen=True)
class Answered:
    """A result and how it came: computed for this caller, shared with another who asked at the same time, or kept."""

    result: Any
    is_shared: bool = False
    is_kept: bool = False


@dataclass(frozen=True)
class _Entry:
    visitors: frozenset[str]
    result: Any
    size: int
    kept_at: float


class AnswersKept:
    """One process's finished answers and those on their way; bounded by entries and bytes, thread-safe."""

    def __init__(self, entries: int = ENTRIES, size: int = BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_entries = entries
        self._most_bytes = size
        self._clock = clock
        self._salt = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, _Entry] = OrderedDict()
        self._flights: dict[Key, _Flight] = {}
        self._running: set[_Flight] = set()
        self._bytes = 0
        self._serials: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._numbers = itertools.count(1)

    def serial(self, served: Any) -> int:
        """Return the number of a task as it was built; one that is built anew gets another, and none is used twice."""
        with self._lock:
            return self._serials.setdefault(served, next(self._numbers))

    def digest(self, *parts: object) -> bytes:
        """Return what stands for a request in its key: of this process alone, so that no text can be guessed by it."""
        heard = hashlib.blake2b(key=self._salt, digest_size=32)
        for part in parts:
            said = repr(part).encode("utf-8", "surrogatepass")
            heard.update(len(said).to_bytes(8, "big") + said)
        return heard.digest()

    def answer(
        self,
        key: Key,
        visitor_id: str,
        progress: Progress,
        make: Callable[[Progress], Any],
        *,
        is_still: Callable[[], bool] = lambda: True,
        is_fresh: bool = False,
    ) -> Answered:
        """Return the answer to `key`: kept, on its way for somebody else, or made now in a thread of its own.

        `make` is given the progress of everybody who waits for it, and is stopped once none of them is left: one who
        stops leaves the others their answer. It is kept if `is_still` says afterwards that the key still holds.
        `is_fresh` asks for a new answer, which takes the place of what was kept. Raises what `make` raises, and
        Stopped once `progress` is stopped.
        """
        progress.check()
        with self._lock:
            if not is_fresh and (found := self._found(key)) is not None:
                return Answered(found.result, is_kept=True)
            flight = None if is_fresh else self._flights.get(key)
            is_shared = flight is not None and flight.join(visitor_id, progress)
            if flight is None or not is_shared:
                flight = self._flights[key] = _Flight(visitor_id, progress)
                self._running.add(flight)
                flight.begin(lambda flight: self._carry_out(key, flight, make, is_still))
        return Answered(flight.wait(progress), is_shared=is_shared)

    def forget(self, visitor_id: str) -> None:
        """Keep nothing that this visitor asked for, nor anything that is on its way to them."""
        with self._lock:
            for key in [key for key, entry in self._kept.items() if visitor_id in entry.visitors]:
                self._drop(key)
            for flight in self._running:
                flight.forget(visitor_id)

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Stop what is on its way and keep nothing."""
        with self._lock:
            flights = list(self._running)
            self._kept.clear()
            self._bytes = 0
        end = time.monotonic() + timeout_seconds
        for flight in flights:
            flight.stop.set()
        for flight in flights:
            flight.end(max(0.0, end - time.monotonic()))

    @property
    def counts(self) -> tuple[int, int]:
        """How many answers are kept, and about how many bytes they take."""
        with self._lock:
            return len(self._kept), self._bytes

    # Inside; `_found`, `_keep` and `_drop` are called with the lock held.

    def _carry_out(
        self, key: Key, flight: _Flight, make: Callable[[Progress], Any], is_still: Callable[[], bool]
    ) -> None:
        try:
            result = make(flight)
            do_keep = not flight.is_lacking and is_still()
        except BaseException as error:  # noqa: BLE001 - handed to everybody who waits, who raise it again
            with self._lock:
                self._leave(key, flight)
            flight.fail(error)
            return
        size = len(repr(result)) if do_keep else 0
        with self._lock:
            self._leave(key, flight)
            if do_keep and not flight.is_forgotten and size <= ENTRY_BYTES:
                self._keep(key, _Entry(frozenset(flight.visitors), result, size, self._clock()))
        flight.deliver(result)

    def _leave(self, key: Key, flight: _Flight) -> None:
        self._running.discard(flight)
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _found(self, key: Key) -> _Entry | None:
        entry = self._kept.get(key)
        if entry is None:
            return None
        if self._clock() - entry.kept_at > KEPT_SECONDS:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return entry

    def _keep(self, key: Key, entry: _Entry) -> None:
        if key in self._kept:
            self._drop(key)
        self._kept[key] = entry
        self._bytes += entry.size
        while self._kept and (len(self._kept) > self._most_entries or self._bytes > self._most_bytes):
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        self._bytes -= self._kept.pop(key).size


@dataclass(eq=False)
class _Seat:
    """One of those who wait for a computation."""

    visitor_id: str
    progress: Progress


@dataclass(eq=False)
class _Flight(Progress):
    """One computation and everybody who waits for it; as a `Progress` it speaks to all of them."""

    first_visitor: str
    first: Progress
    stop: threading.Event = field(default_factory=threading.Event)
    is_lacking: bool = False
    is_forgotten: bool = False

    def __post_init__(self) -> None:
        self.visitors = {self.first_visitor}
        self._seats = [_Seat(self.first_visitor, self.first)]
        self._condition = threading.Condition()
        self._is_over = False
        self._result: Any = None
        self._error: BaseException | None = None
        self._said: tuple[str, tuple[int, int, str] | None] = ("", None)
        self._thread: threading.Thread | None = None

    def begin(self, work: Callable[[_Flight], None]) -> None:
        """Compute in a thread of its own: nobody who waits can then take the answer from the others by leaving."""
        self._thread = threading.Thread(target=work, args=(self,), name="answer", daemon=True)
        self._thread.start()

    def join(self, visitor_id: str, progress: Progress) -> bool:
        """Wait for it as well, from what was said so far on; False where it is being stopped."""
        with self._condition:
            if self.stop.is_set():
                return False
            self.visitors.add(visitor_id)
            self._seats.append(_Seat(visitor_id, progress))
            text, advanced = self._said
            if text:
                progress.show(text)
            if advanced:
                progress.advance(*advanced)
            return True

    def wait(self, progress: Progress) -> Any:
        """Return the result; raises what the computation raised, and Stopped when `progress` is stopped.

        Whoever leaves last stays until the computation has ended: it still takes an engine's time till then.
        """
        with self._condition:
            while not self._is_over:
                if progress.stop.is_set() and not self.stop.is_set():
                    self._seats = [seat for seat in self._seats if seat.progress is not progress]
                    if self._seats:
                        raise Stopped()
                    self.stop.set()
                self._condition.wait(_LISTEN_SECONDS)
            if self._error is not None:
                raise self._error
            return self._result

    def deliver(self, result: Any) -> None:
        """Give everybody the result."""
        with self._condition:
            self._is_over, self._result, self._seats = True, result, []
            self._condition.notify_all()

    def fail(self, error: BaseException) -> None:
        """Give everybody the error."""
        with self._condition:
            self._is_over, self._error, self._seats = True, error, []
            self._condition.notify_all()

    def forget(self, visitor_id: str) -> None:
        """Keep nothing of this computation if the visitor takes part in it."""
        if visitor_id in self.visitors:
            self.is_forgotten = True

    def end(self, timeout_seconds: float) -> None:
        """Wait for the thread, at most so long."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)

    def show(self, text: str) -> None:
        """Show the whole output so far to everybody who waits."""
        with self._condition:
            self._said = (text, self._said[1])
            for seat in self._seats:
                seat.progress.show(text)

    def advance(self, done: int, total: int, doing: str) -> None:
        """Tell everybody who waits how far it is."""
        with self._condition:
            self._said = (self._said[0], (done, total, doing))
            for seat in self._seats:
                seat.progress.advance(done, total, doing)

    def lack(self) -> None:
        """Hear that the result is less than it could be."""
        self.is_lacking = True
