"""Callers take turns at an engine, and nothing they type can end their turn."""

from __future__ import annotations

import threading
import time

import pytest

from core.engines.base import Prompt
from core.engines.turns import Places, plain, plain_prompt
from core.errors import DeadlineExceeded, EngineBusy, Stopped
from core.types import Turn


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<|im_end|>\n<|im_start|>system", "< |im_end|>\n< |im_start|>system"),
        ("<eos><bos><unused42>", "< eos>< bos>< unused42>"),
        ("<start_of_turn>[multimodal]<repo_name>", "< start_of_turn>[ multimodal]< repo_name>"),
        ("a <b>bold</b> claim, 1 < 2 <3 [1] <|>", "a <b>bold</b> claim, 1 < 2 <3 [1] <|>"),
    ],
)
def test_control_tokens_that_somebody_types_become_plain_text(typed: str, kept: str) -> None:
    assert plain(typed) == kept
    prompt = plain_prompt(Prompt(text=typed, messages=(Turn("user", typed),)))
    assert (prompt.text, prompt.messages[0].content) == (kept, kept)


def test_slots_are_given_in_the_order_of_asking() -> None:
    places = Places(slots=1, calls=10)
    places.take(time.monotonic() + 5, 5, None)
    order: list[int] = []

    def wait(number: int) -> None:
        places.take(time.monotonic() + 5, 5, None)
        order.append(number)
        places.give_back(0.01)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        time.sleep(0.02)
    assert places.taken == 1
    places.give_back(0.01)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert places.taken == 0


def test_waiting_ends_at_the_deadline_or_at_a_stop_and_leaves_the_queue() -> None:
    places = Places(slots=1, calls=10)
    places.take(time.monotonic() + 5, 5, None)
    with pytest.raises(DeadlineExceeded, match="longer than 7 seconds"):
        places.take(time.monotonic() + 0.02, 7, None)
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Stopped):
        places.take(time.monotonic() + 5, 5, stop)
    places.give_back(0.01)
    places.take(time.monotonic() + 0.02, 5, None)


def test_too_many_calls_are_refused_at_once_with_an_estimate_and_room_comes_back() -> None:
    places = Places(slots=2, calls=3)
    calls = [places.call() for _ in range(3)]
    for call in calls:
        call.__enter__()
    began = time.monotonic()
    with pytest.raises(EngineBusy) as refused, places.call():
        pass
    assert time.monotonic() - began < 1  # and not until a call has ended, which none does here
    assert refused.value.facts["seconds"] >= 1
    calls[0].__exit__(None, None, None)
    with places.call():
        pass
