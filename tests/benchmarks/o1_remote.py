"""O1: what it costs to have the weights in another process: llama.cpp's own server over HTTP against the engine here.

The same file of weights, slots and threads on both sides, the same prompts, one side at work at a time, interleaved.
The figure is for one machine, where the network is free; it holds what HTTP, event streams and one event loop add.
"""

from __future__ import annotations

import statistics
import threading
import time
from typing import Any

from core.config import read_settings
from core.engines.base import Generator, Prompt
from core.engines.catalog import SMOLLM2
from core.engines.llamacpp import LlamaCpp
from core.engines.openai import OpenAIEngine
from core.engines.openai_client import Client
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine
from tests.remote.servers import KEY, llama_server

BARS = ("O1",)
USERS, TOKENS, ROUNDS = (1, 8), 48, 5
THINGS = ("oven", "lamp", "kettle", "chair", "radio", "phone", "table", "clock")


def measure() -> list[Figure]:
    """Return tokens/s and the time to the first token, remote over local within each round."""
    settings = read_settings()
    local = LlamaCpp(SMOLLM2, settings.cache_folder, threads=settings.threads, slots=8)
    local.open()
    rates: dict[tuple[str, int], list[float]] = {}
    firsts: dict[str, list[float]] = {"local": [], "remote": []}
    with llama_server(SMOLLM2, 8) as server:
        client = Client(server.url, KEY)
        remote = OpenAIEngine(client, SMOLLM2.weights_id, slots=8)
        remote.open()
        try:
            for number in range(ROUNDS + 1):
                for users in USERS:
                    for name, engine in _in_turn(number, ("local", local), ("remote", remote)):
                        rate = _rate(engine, f"{number}{users}", users)
                        first = _first_seconds(engine, f"{number}{users}f")
                        if number:  # the first round warms up
                            rates.setdefault((name, users), []).append(rate)
                            firsts[name].append(first)
        finally:
            client.close()
            local.close()
    return [*(_ratio(rates, users) for users in USERS), _delay(firsts)]


def _ratio(rates: dict[tuple[str, int], list[float]], users: int) -> Figure:
    here, there = rates["local", users], rates["remote", users]
    ratios = [b / a for a, b in zip(here, there, strict=True)]
    note = f"{statistics.median(there):.1f} against {statistics.median(here):.1f} tokens/s; {machine()}"
    name = f"remote engine, {users} user{'s' * (users > 1)}"
    peer = "the same weights in this process"
    return Figure("O1", name, statistics.median(ratios), "x", ROUNDS, rounds_spread(ratios), peer=peer, note=note)


def _delay(firsts: dict[str, list[float]]) -> Figure:
    added = [(b - a) * 1_000 for a, b in zip(firsts["local"], firsts["remote"], strict=True)]
    note = f"{statistics.median(firsts['remote']) * 1e3:.0f} against {statistics.median(firsts['local']) * 1e3:.0f} ms"
    spread = rounds_spread(added)
    return Figure("O1", "added time to first token", statistics.median(added), "ms", len(added), spread, note=note)


def _in_turn(number: int, *sides: tuple[str, Generator]) -> list[tuple[str, Generator]]:
    """Return the sides, the other one first in every other round."""
    return list(sides if number % 2 else reversed(sides))


def _rate(engine: Generator, mark: str, users: int) -> float:
    """Return the tokens a second of so many users together, each in a thread of its own."""
    done: list[Any] = []
    prompts = [Prompt(text=f"Order {mark}{thing}: it is broken. The shop says:") for thing in THINGS[:users]]
    began = time.perf_counter()
    threads = [threading.Thread(target=lambda p=p: done.extend(engine.complete([_long(p)]))) for p in prompts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(one.tokens for one in done) / (time.perf_counter() - began)


def _long(prompt: Prompt) -> Prompt:
    return Prompt(text=prompt.text, max_tokens=TOKENS)


def _first_seconds(engine: Generator, mark: str) -> float:
    began = time.perf_counter()
    pieces = engine.stream(Prompt(text=f"Order {mark}: the shop says", max_tokens=4))
    next(pieces)
    seconds = time.perf_counter() - began
    list(pieces)
    return seconds


if __name__ == "__main__":
    for figure in measure():
        print(figure)
