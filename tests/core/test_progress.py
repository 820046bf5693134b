"""Progress: how a task speaks to whoever waits, and hears that it should stop."""

from __future__ import annotations

import threading

import pytest

from core.errors import Stopped
from core.progress import Progress


def test_work_goes_on_while_nobody_stops_it() -> None:
    progress = Progress()
    progress.advance(1, 3, "reading")
    progress.show("so far")
    progress.check()


def test_work_ends_at_the_next_safe_place_once_stopped() -> None:
    progress = Progress()
    progress.stop.set()
    with pytest.raises(Stopped, match="kept"):
        progress.check()


def test_one_stop_can_end_several_pieces_of_work() -> None:
    stop = threading.Event()
    first, second = Progress(stop), Progress(stop)
    stop.set()
    for progress in (first, second):
        with pytest.raises(Stopped):
            progress.check()


def test_a_stop_from_another_thread_is_heard() -> None:
    progress = Progress()
    heard = threading.Event()

    def work() -> None:
        try:
            while True:
                progress.check()
        except Stopped:
            heard.set()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    progress.stop.set()
    assert heard.wait(5)
