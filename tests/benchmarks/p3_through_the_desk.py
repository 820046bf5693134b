"""P3: what the desk, the log and the stream leave of the bare engine's speed, for one user and for eight.

Visitors ask the desk for translations: each is a job in the queue, is looked up in the memory, drafted, checked and
repaired, shown as it grows, and written down in a database on disk. The peer is the library alone: a server of its own
with the same settings, given the very prompts that the tasks sent, each user's calls in their order, and nothing done
with what it writes.
"""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.config import read_settings
from core.desk import Desk
from core.engines.base import Completion, Prompt
from core.engines.catalog import GEMMA, locate
from core.engines.llamacpp_requests import request_of
from core.engines.llamacpp_server import Setup, start
from core.house import open_house
from core.types import Consent
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine

BARS = ("P3",)
USERS, ROUNDS, CONTEXT_TOKENS = 8, 5, 1_536
THINGS = ("oven", "lamp", "kettle", "chair", "radio", "phone", "table", "clock")
CITIES = ("Berlin", "Rome", "Oslo", "Paris", "Vienna", "Madrid", "Prague", "Athens")
# How often a page looks: every run of its fragment.
LOOK_SECONDS = 0.05


class _Heard:
    """Keeps what a Generator was asked, and how many tokens it wrote, by the thread that asked."""

    def __init__(self, engine: Any) -> None:
        self._complete = engine.complete
        self.calls: dict[int, list[list[Prompt]]] = {}
        self.tokens = 0
        engine.complete = self

    def __call__(self, prompts: Sequence[Prompt], *words: Any, **named: Any) -> list[Completion]:
        """Pass a call on."""
        self.calls.setdefault(threading.get_ident(), []).append(list(prompts))
        found: list[Completion] = self._complete(prompts, *words, **named)
        self.tokens += sum(one.tokens for one in found)
        return found


def measure() -> list[Figure]:
    """Return tokens/s through the desk over those of the bare engine, by number of users, as medians of rounds."""
    machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database_url = f"sqlite:///{folder / 'hearback.db'}"
        settings = dataclasses.replace(read_settings(), database_url=database_url, data_folder=folder)
        house = open_house(settings)
        desk = Desk(house)
        for place in range(USERS):
            desk.welcome(f"visitor-{place}")
            desk.choose(f"visitor-{place}", Consent(log=True))
        heard = _Heard(house.shelf.translator())
        setup = Setup(GEMMA.weights_id, settings.slots, CONTEXT_TOKENS, settings.threads)
        bare = start(setup, locate(GEMMA, settings.cache_folder), (), ()).server
        rates: dict[int, list[tuple[float, float]]] = {1: [], USERS: []}
        try:
            for number in range(ROUNDS + 1):
                for users in rates:
                    ours = _through_the_desk(desk, heard, number, users)
                    theirs = _of_the_engine(bare, list(heard.calls.values()))
                    if number:  # the first round warms up
                        rates[users].append((ours, theirs))
        finally:
            desk.close()
            house.close()
    return [_figure(users, found) for users, found in rates.items()]


def _figure(users: int, found: list[tuple[float, float]]) -> Figure:
    ratios = [ours / theirs for ours, theirs in found]
    ours = statistics.median(ours for ours, _ in found)
    theirs = statistics.median(theirs for _, theirs in found)
    return Figure(
        bar="P3",
        name=f"tokens/s through desk, log and stream, {users} user{'s' if users > 1 else ''}",
        value=statistics.median(ratios),
        unit="of the bare engine",
        n=len(found),
        spread=rounds_spread(ratios),
        floor=0.95,
        aim=0.98,
        peer="bare llama.cpp engine, the same prompts",
        note=f"{ours:.1f} against {theirs:.1f} tokens/s of Gemma 3 270M, prompts read too; machine: {machine()}",
    )


def _text(number: int, place: int) -> str:
    """Return two sentences that nobody has asked before."""
    thing, city = THINGS[place], CITIES[(place + number) % len(CITIES)]
    return (
        f"The {thing} in room {number}{place} stopped working on the first day of our holiday in {city}. "
        f"We would like to have our {number + 20} euros back, because nobody answered our letters for weeks."
    )


def _through_the_desk(desk: Desk, heard: _Heard, number: int, users: int) -> float:
    """Return tokens/s from the first asking until the last answer is shown as ended, written down included."""
    heard.calls, heard.tokens = {}, 0
    texts = [_text(number * 2 + (users == 1), place) for place in range(users)]
    began = time.perf_counter()
    jobs = [
        (f"visitor-{place}", desk.translate(f"visitor-{place}", text, "de", "en", is_careful=False))
        for place, text in enumerate(texts)
    ]
    while jobs:
        jobs = [(visitor, job) for visitor, job in jobs if not desk.look(visitor, job).is_over]
        time.sleep(LOOK_SECONDS if jobs else 0)
    return heard.tokens / (time.perf_counter() - began)


def _of_the_engine(server: Any, users: list[list[list[Prompt]]]) -> float:
    """Return tokens/s of the library alone: users at the same time, each user's calls one after another."""
    written: list[int] = []

    def ask(prompt: Prompt) -> None:
        found = server.handle_completions(request_of(prompt) | {"stream": False})
        written.append(found["usage"]["completion_tokens"])

    def user(calls: list[list[Prompt]]) -> None:
        for prompts in calls:
            _together([(ask, prompt) for prompt in prompts])

    began = time.perf_counter()
    _together([(user, calls) for calls in users])
    return sum(written) / (time.perf_counter() - began)


def _together(work: list[tuple[Any, Any]]) -> None:
    threads = [threading.Thread(target=carry_out, args=(what,)) for carry_out, what in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
