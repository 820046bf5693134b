"""One thread owns a model and takes whatever is waiting, without ever waiting for more to come.

While a batch runs, other callers' texts pile up and make the next batch, so batches grow with the load and a lone
caller is served at once. Items of like size go together, and callers take turns: a long table never keeps a single
text waiting for more than the batch that is running.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from core.engines.priority import step_back
from core.errors import DeadlineExceeded, EngineBusy, EngineFailed, HearbackError

T = TypeVar("T", contravariant=True)
R = TypeVar("R")

_CALLS_AT_MOST = 256
_ITEMS_AT_MOST = 64
_SECONDS_TO_CLOSE = 5.0
# A batch takes a second or two; a worker that is in one for so long never comes back. It is left to itself, with the
# memory that it holds, and another one opened in a thread of its own; so often, and no more.
_HUNG_SECONDS = 60.0
_HUNG_AT_MOST = 3
_log = logging.getLogger(__name__)


class Worker(Protocol[T, R]):
    """What the thread owns: a tokenizer and a model, used by nobody else."""

    def prepare(self, items: Sequence[T]) -> list[Any]:
        """Return each item as `compute` wants it."""

    def size(self, prepared: Any) -> int:
        """Return what an item costs, in tokens."""

    def compute(self, batch: Sequence[Any]) -> list[R]:
        """Return one result for each prepared item, in order."""


class _Call:
    """The items of one caller, who waits for `done`."""

    def __init__(self, items: Sequence[Any], deadline_at: float) -> None:
        self.items = items
        self.waiting: list[tuple[int, int, Any]] = []  # (size, place, prepared)
        self.results: list[Any] = [None] * len(items)
        self.left = len(items)
        self.deadline_at = deadline_at
        self.error: HearbackError | None = None
        self.done = threading.Event()

    def fail(self, error: HearbackError) -> None:
        if not self.done.is_set():
            self.error = error
            self.waiting = []
            self.done.set()

    def deliver(self, place: int, result: Any) -> None:
        self.results[place] = result
        self.left -= 1
        if not self.left:
            self.done.set()


class Batcher(Generic[T, R]):
    """A queue before a worker that is opened, on first use, in the thread that will own it.

    `budget` bounds a batch: its longest item times its number of items, in tokens. An item that fails is tried
    alone, so that it fails its own caller only; nothing but `close` ends the thread.
    """

    def __init__(
        self, name: str, open_worker: Callable[[], Worker[T, R]], budget: int = 1_024, deadline_seconds: float = 120.0
    ) -> None:
        self.name = name
        self._open_worker = open_worker
        self._budget = budget
        self._deadline_seconds = deadline_seconds
        self._condition = threading.Condition()
        self._arrived: list[_Call] = []
        self._calls_inside = 0
        self._seconds_per_call = 0.0
        self._thread: threading.Thread | None = None
        self._batch_began: float | None = None
        self._hung = 0
        self._is_closed = False

    def run(self, items: Sequence[T], deadline_seconds: float | None = None) -> list[R]:
        """Return one result an item, in order; the worker is opened if it is not open yet.

        Raises DeadlineExceeded, EngineBusy (too many callers), EngineFailed, and what opening the worker raises.
        """
        seconds = self._deadline_seconds if deadline_seconds is None else deadline_seconds
        call = _Call(items, time.monotonic() + seconds)
        with self._condition:
            if self._calls_inside >= _CALLS_AT_MOST:
                raise EngineBusy(seconds=max(1.0, self._seconds_per_call * self._calls_inside))
            if self._is_closed:
                raise EngineFailed(name=self.name)
            self._calls_inside += 1
            self._renew_if_hung()
            self._arrived.append(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=f"engine {self.name}", daemon=True)
                self._thread.start()
            self._condition.notify()
        began = time.monotonic()
        try:
            if not call.done.wait(seconds):
                call.fail(DeadlineExceeded(seconds=seconds))
        finally:
            with self._condition:
                self._calls_inside -= 1
                elapsed = time.monotonic() - began
                self._seconds_per_call += 0.1 * (elapsed / (self._calls_inside + 1) - self._seconds_per_call)
        if call.error is not None:
            raise call.error
        return call.results

    def open(self) -> None:
        """Open the worker now, in its own thread; raises as `run`."""
        self.run(())

    def close(self) -> None:
        """End the thread after the batch that it is in; whoever still waits gets EngineFailed.

        The worker goes with its thread; a later call opens a new one.
        """
        with self._condition:
            thread = self._thread
            self._is_closed = thread is not None
            self._condition.notify()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_SECONDS_TO_CLOSE)

    def _renew_if_hung(self) -> None:
        """Let go of a thread that does not come back from a batch; with the condition held."""
        began = self._batch_began
        if began is not None and time.monotonic() - began > _HUNG_SECONDS and self._hung < _HUNG_AT_MOST:
            self._hung += 1
            self._thread, self._batch_began = None, None
            _log.error("%s hangs and is opened anew, time %d of %d", self.name, self._hung, _HUNG_AT_MOST)

    def _serve(self) -> None:
        step_back()
        worker: Worker[T, R] | None = None
        calls: list[_Call] = []
        while True:
            with self._condition:
                if self._thread is not threading.current_thread():
                    return  # it hung, and another one serves
                while not (self._arrived or calls or self._is_closed):
                    self._condition.wait()
                arrived, self._arrived = self._arrived, []
                if self._is_closed:
                    self._thread, self._is_closed = None, False
                    for call in (*calls, *arrived):
                        call.fail(EngineFailed(name=self.name))
                    return
            for call in arrived:
                try:
                    if worker is None:
                        worker = self._open_worker()
                    self._admit(call, worker)
                except Exception as error:  # noqa: BLE001 - the thread must outlive whatever the libraries raise
                    call.fail(self._as_ours(error))
                else:
                    calls.append(call)
            now = time.monotonic()
            for call in calls:
                if call.deadline_at <= now:
                    call.waiting = []
            calls = [call for call in calls if call.waiting]
            if calls and worker is not None:
                # Taking turns: whoever leads this batch goes to the end of the row.
                batch = _choose(calls, self._budget)
                calls.append(calls.pop(0))
                self._mark(time.monotonic())
                self._compute(worker, batch)
                self._mark(None)

    def _mark(self, batch_began: float | None) -> None:
        with self._condition:
            if self._thread is threading.current_thread():
                self._batch_began = batch_began

    def _admit(self, call: _Call, worker: Worker[T, R]) -> None:
        if not call.items:
            call.done.set()
            return
        prepared = worker.prepare(call.items)
        call.waiting = sorted(
            ((worker.size(item), place, item) for place, item in enumerate(prepared)), key=lambda entry: entry[:2]
        )

    def _compute(self, worker: Worker[T, R], batch: list[tuple[_Call, int, Any]]) -> None:
        try:
            results = worker.compute([prepared for _, _, prepared in batch])
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever the libraries raise
            if len(batch) == 1:
                batch[0][0].fail(self._as_ours(error))
                return
            for entry in batch:
                if entry[0].error is None:
                    self._compute(worker, [entry])
            return
        for (call, place, _), result in zip(batch, results, strict=True):
            call.deliver(place, result)

    def _as_ours(self, error: Exception) -> HearbackError:
        if isinstance(error, HearbackError):
            return error
        ours = EngineFailed(name=self.name)
        ours.__cause__ = error
        return ours


def _choose(calls: list[_Call], budget: int) -> list[tuple[_Call, int, Any]]:
    """Take a batch out of the calls: the first call's smallest item, then what is nearest to it in size.

    A much longer item would pad all the others, so it waits for a batch of its own kind.
    """
    anchor = calls[0].waiting[0][0]
    near = sorted(
        (abs(size - anchor), number, index, size)
        for number, call in enumerate(calls)
        for index, (size, _, _) in enumerate(call.waiting[:_ITEMS_AT_MOST])
        if size <= 2 * anchor + 16
    )
    chosen: list[tuple[int, int]] = []
    longest = 0
    for _, number, index, size in near:
        longest = max(longest, size)
        if chosen and (len(chosen) == _ITEMS_AT_MOST or longest * (len(chosen) + 1) > budget):
            break
        chosen.append((number, index))
    batch = [(calls[number], *calls[number].waiting[index][1:]) for number, index in chosen]
    # From the end, so that the indices before stay right.
    for number, index in sorted(chosen, reverse=True):
        del calls[number].waiting[index]
    return batch
