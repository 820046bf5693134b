"""P4: n-gram speculation against none, on what repeats its prompt: summaries of dialogues, and facts quoted.

Both engines read the product's own prompts for SmolLM2, one after another, greedily. How many texts come out word for
word the same is told beside: what is tried at once is computed in other batches, which may turn a near tie.
"""

from __future__ import annotations

import json
import statistics

from core.config import PROJECT, read_settings
from core.engines.base import Completion, Prompt
from core.engines.catalog import SMOLLM2
from core.engines.llamacpp import LlamaCpp
from core.tasks.wordings import summary_prompt, support_prompt
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine

BARS = ("P4",)
ROUNDS, TOKENS, DIALOGUES = 5, 80, 3
DATA = PROJECT.parent / "shared" / "data" / "summarization" / "dialogsum_dev.jsonl"
FACTS = (
    "Ovens of the Aurora line carry a warranty of two years from the day of delivery.",
    "The warranty covers faults of material and of assembly.",
    "It does not cover damage by water or by transport, which the carrier has to be told of within seven days.",
)
QUESTIONS = (
    "Please quote what is said of the warranty, word for word.",
    "Repeat all the facts, word for word.",
    "What does the warranty not cover? Quote the facts.",
)


def measure() -> list[Figure]:
    """Return tokens/s with over tokens/s without speculation, of summaries and of quotes."""
    machine()
    settings = read_settings()
    engines = [
        LlamaCpp(SMOLLM2, settings.cache_folder, threads=settings.threads, slots=8, is_guessing=is_guessing)
        for is_guessing in (False, True)
    ]
    found: dict[str, list[list[list[Completion]]]] = {name: [] for name in ("summaries", "quotes")}
    try:
        for number in range(ROUNDS + 1):
            for name, prompts in (("summaries", _summaries()), ("quotes", _quotes())):
                done = [[engine.complete([prompt])[0] for prompt in prompts] for engine in engines]
                if number:  # the first round warms up, and reads the prompts
                    found[name].append(done)
    finally:
        for engine in engines:
            engine.close()
    return [_figure(name, rounds) for name, rounds in found.items()]


def _figure(name: str, rounds: list[list[list[Completion]]]) -> Figure:
    plain, guessed = ([_rate(done[which]) for done in rounds] for which in (0, 1))
    ratios = [with_it / without for with_it, without in zip(guessed, plain, strict=True)]
    pairs = list(zip(*rounds[-1], strict=True))
    equal = sum(one.text == other.text for one, other in pairs)
    rate = statistics.median(guessed)
    return Figure(
        bar="P4",
        name=f"{name} with n-gram speculation, one user",
        value=statistics.median(ratios),
        unit="x",
        n=ROUNDS,
        spread=rounds_spread(ratios),
        floor=1.1,
        aim=1.3,
        peer="the same without",
        note=(
            f"{rate:.1f} against {statistics.median(plain):.1f} tokens/s, {equal} of {len(pairs)} texts equal; "
            f"{machine().of_bandwidth(rate, SMOLLM2.size_bytes)}"
        ),
    )


def _rate(done: list[Completion]) -> float:
    return sum(one.tokens for one in done) / sum(one.seconds for one in done)


def _summaries() -> list[Prompt]:
    with DATA.open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line, _ in zip(file, range(DIALOGUES), strict=False)]
    return [Prompt(messages=summary_prompt(text, "short"), max_tokens=TOKENS) for text in texts]


def _quotes() -> list[Prompt]:
    return [Prompt(messages=support_prompt(question, FACTS), max_tokens=TOKENS) for question in QUESTIONS]
