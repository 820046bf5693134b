"""Freed memory goes back to the system, where the C library can be asked to."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import heap
from core.config import read_settings
from core.learning import foreman
from core.store.db import Database

# Pieces that the C library takes from its heap, and one in a hundred stays: what the others leave lies in holes.
HOLES = """
import psutil
from core import heap

own = psutil.Process()
pieces = [bytes(20_000) for _ in range(5_000)]
kept = pieces[::100]
del pieces
before = own.memory_info().rss
heap.give_back()
print((before - own.memory_info().rss) / 1e6)
"""

# Eight threads that take memory at the same time, and how many arenas the C library has for them then.
ARENAS = """
import ctypes, sys, threading
from core import heap

print(heap.keep_together(), flush=True)
at_once = threading.Barrier(8)

def work():
    for _ in range(200):
        at_once.wait()
        pieces = [bytes(5_000) for _ in range(50)]

threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library = ctypes.CDLL(None)
library.fdopen.restype, library.malloc_info.argtypes = ctypes.c_void_p, (ctypes.c_int, ctypes.c_void_p)
library.fflush.argtypes = (ctypes.c_void_p,)
stream = library.fdopen(1, b"w")
library.malloc_info(0, stream)
library.fflush(stream)
"""


def is_gnu() -> bool:
    return sys.platform.startswith("linux") and hasattr(ctypes.CDLL(None), "malloc_trim")


@pytest.mark.skipif(not is_gnu(), reason="the C library cannot be asked")
def test_what_lies_free_between_what_is_kept_goes_back_to_the_system() -> None:
    found = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, timeout=60, check=True)
    assert float(found.stdout) > 80, "of 100 MB, all but the kept hundredth and its pages"


@pytest.mark.skipif(not is_gnu(), reason="the C library cannot be asked")
def test_it_can_be_done_while_other_threads_work() -> None:
    over = threading.Event()
    seen: list[int] = []

    def work() -> None:
        while not over.is_set():
            seen.append(len([bytes(5_000 + number) for number in range(200)]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        heap.give_back()
    over.set()
    for thread in threads:
        thread.join(10)
    assert set(seen) == {200}


@pytest.mark.skipif(not is_gnu(), reason="the C library cannot be told")
def test_threads_share_few_arenas() -> None:
    found = subprocess.run([sys.executable, "-c", ARENAS], capture_output=True, text=True, timeout=60, check=True)
    is_told, _, told = found.stdout.partition("\n")
    assert is_told == "True"
    assert 1 <= told.count("<heap nr=") <= heap.ARENAS
    without = ARENAS.replace("heap.keep_together()", "None")
    found = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.count("<heap nr=") > heap.ARENAS, "else this shows nothing"


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    heap._library.cache_clear()
    try:
        assert heap.give_back() is False
        assert heap.keep_together() is False
    finally:
        heap._library.cache_clear()


def test_a_c_library_that_does_not_know_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    heap._library.cache_clear()
    try:
        assert heap.give_back() is False
        assert heap.keep_together() is False
    finally:
        heap._library.cache_clear()


def test_every_server_does_it_now_and_then_also_one_that_does_not_lead(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = threading.Event()
    monkeypatch.setenv("HEARBACK_DATA", str(tmp_path))
    monkeypatch.setattr(foreman, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(heap, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(heap, "give_back", given.set)
    follower = SimpleNamespace(leads=lambda: False)
    house = SimpleNamespace(settings=read_settings(), database=database, replica=follower)
    watching = foreman.Foreman(house)  # type: ignore[arg-type]
    watching.start()
    try:
        assert given.wait(10)
    finally:
        watching.close()
