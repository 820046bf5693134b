"""Engines step back behind the pages, and whoever opens one does not."""

import os
import sys
import threading

import pytest

from core.engines.priority import NICENESS, behind_the_pages

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a priority of their own")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def niceness_of_a_new_thread() -> int:
    found = []
    thread = threading.Thread(target=lambda: found.append(niceness()))
    thread.start()
    thread.join()
    return found[0]


@linux
def test_what_an_engine_starts_while_it_opens_stays_behind():
    before = niceness()
    assert behind_the_pages(niceness_of_a_new_thread) == max(before, NICENESS)


@linux
def test_whoever_opened_it_keeps_their_own_priority():
    before = niceness()
    behind_the_pages(lambda: None)
    assert niceness() == before


def test_an_error_while_opening_reaches_whoever_asked():
    with pytest.raises(ZeroDivisionError):
        behind_the_pages(lambda: 1 // 0)
