"""P5: how soon the first word comes where the prompt's first 400 tokens are known, against the very first time.

A question to SmolLM2 over a long instruction, as facts before a question are: the first user of an instruction pays
for reading it, whoever comes after only for the question. Each round has an instruction of its own, new from its first
word on, so that its first call finds nothing; the second call is another question under the same instruction.
"""

from __future__ import annotations

import statistics
import time

from core.config import read_settings
from core.engines.base import Prompt
from core.engines.catalog import SMOLLM2
from core.engines.llamacpp import LlamaCpp
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine

BARS = ("P5",)
ROUNDS, QUESTIONS = 5, 2
PREFIX_TOKENS = 400
OPERATIONS_OF_A_TOKEN = 2 * 134.5e6
FACT = " An oven of type {number} has a warranty of {years} years, and its parts are sent within {days} days."


def measure() -> list[Figure]:
    """Return the time to the first piece with the prefix cached over that without, as a median of rounds."""
    machine()
    settings = read_settings()
    engine = LlamaCpp(SMOLLM2, settings.cache_folder, threads=settings.threads, slots=8)
    first, later, tokens = [], [], 0
    try:
        _seconds_to_first(engine, _prompt("Warm", 0, 0))
        prefix = _prefix("Count")
        tokens = _tokens_of(engine, prefix)
        for number in range(ROUNDS):
            name = f"Shop{number}x{number * 7919}"
            first.append(_seconds_to_first(engine, _prompt(name, number, 0)))
            later.append(
                statistics.median(
                    _seconds_to_first(engine, _prompt(name, number, asked)) for asked in range(1, QUESTIONS + 1)
                )
            )
    finally:
        engine.close()
    ratios = [known / new for known, new in zip(later, first, strict=True)]
    new = statistics.median(first)
    note = (
        f"{statistics.median(later) * 1000:.0f} ms against {new * 1000:.0f} ms; prefix of about {tokens} tokens; "
        f"reading it anew: {machine().of_arithmetic(tokens / new, OPERATIONS_OF_A_TOKEN, 'tokens/s')}; "
        f"machine: {machine()}"
    )
    figure = Figure(
        bar="P5",
        name="time to the first word, shared prefix of 400 tokens",
        value=statistics.median(ratios),
        unit="of the first call",
        n=ROUNDS,
        spread=rounds_spread(ratios),
        floor=0.35,
        aim=0.2,
        peer="first call, nothing cached",
        note=note,
    )
    return [figure]


def _prefix(name: str) -> str:
    facts = "".join(FACT.format(number=n, years=n % 7 + 1, days=n % 9 + 2) for n in range(PREFIX_TOKENS // 26))
    return f"{name} answers from these facts.{facts}"


def _prompt(name: str, number: int, asked: int) -> Prompt:
    """Return a question about the oven of type `asked` under the instruction of the shop `name`."""
    text = f"{_prefix(name)}\nQuestion {number}: How long is the warranty of an oven of type {asked}?\nAnswer:"
    return Prompt(text=text, max_tokens=4)


def _tokens_of(engine: LlamaCpp, text: str) -> int:
    """Return about how many tokens a text has: what the engine counts as read is told nowhere, so words are counted."""
    return round(len(text.split()) * 1.2)


def _seconds_to_first(engine: LlamaCpp, prompt: Prompt) -> float:
    began = time.perf_counter()
    stream = engine.stream(prompt)
    next(stream)
    seconds = time.perf_counter() - began
    for _ in stream:
        pass
    return seconds
