"""P1 and P2: eight users at once, our engine against the two usual ways, interleaved in one run.

On SmolLM2, which writes where a trained adapter serves; there it guesses what repeats its prompt, which nothing does
here: eight who write freely would get 135 tokens/s of it instead of 180 (5 rounds). `p1_p2_gemma` is the same on
Gemma 3, which writes every translation. The bar is held by the worse of the two.

The peers run in a process of their own, so that no setting of ours (OpenMP's spinning above all) reaches them:
(a) one shared torch model, `generate` in every user's thread; (b) transformers' continuous batching, kept running.
All read the same prompts and write the same number of tokens; one process works while the other waits.
"""

from __future__ import annotations

import functools
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from core.config import PROJECT, read_settings
from core.engines.base import Prompt
from core.engines.catalog import GEMMA, SMOLLM2, Weights
from core.engines.convert import convert
from core.engines.llamacpp import LlamaCpp
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine

BARS = ("P1", "P2")
USERS, TOKENS, ROUNDS = 8, 64, 5
# Two for each number of their matrices; of Gemma's 268 million 168 are the table of tokens, which is the last matrix.
OPERATIONS_OF_A_TOKEN = {SMOLLM2.weights_id: 2 * 134.5e6, GEMMA.weights_id: 2 * 268e6}
THINGS = ("oven", "lamp", "kettle", "chair", "radio", "phone", "table", "clock")


def measure() -> list[Figure]:
    """Return tokens/s of eight users together, as medians of rounds and as ratios within each round."""
    return figures_of(SMOLLM2)


def figures_of(weights: Weights) -> list[Figure]:
    """Return the figures of `measure` for these weights."""
    machine()  # before any engine is at work
    settings = read_settings()
    convert(weights, settings.cache_folder)
    environment = {key: value for key, value in os.environ.items() if key != "GOMP_SPINCOUNT"}
    peers = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.p1_p2_generation", weights.weights_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=environment,
    )
    assert peers.stdin is not None
    assert peers.stdout is not None
    say, hear = peers.stdin, peers.stdout
    engine = LlamaCpp(weights, settings.cache_folder, threads=settings.threads, slots=USERS)

    def ours(number: int) -> float:
        return _timed(lambda: sum(done.tokens for done in _in_threads(engine, number)))

    def peer(name: str, number: int) -> float:
        say.write(f"{name} {number}\n")
        say.flush()
        return float(hear.readline())

    found: dict[str, list[float]] = {"ours": [], "shared": [], "batched": []}
    try:
        for number in range(ROUNDS + 1):
            rates = {"ours": ours(number), "shared": peer("shared", number), "batched": peer("batched", number)}
            for name, rate in rates.items():
                if number:  # the first round warms up
                    found[name].append(rate)
    finally:
        say.close()
        peers.wait(timeout=60)
        engine.close()
    own = found["ours"]
    ours_rate = statistics.median(own)
    # Eight tokens come of one reading of all weights.
    limits = (
        f"{machine().of_bandwidth(ours_rate, weights.size_bytes / USERS)}; "
        f"{machine().of_arithmetic(ours_rate, OPERATIONS_OF_A_TOKEN[weights.weights_id], 'tokens/s')}; "
        f"machine: {machine()}"
    )
    figures = []
    for bar, name, floor, aim, words in (
        ("P1", "shared", 8.0, 11.0, "shared torch model, generate per thread"),
        ("P2", "batched", 3.0, 4.0, "transformers continuous batching"),
    ):
        ratios = [a / b for a, b in zip(found["ours"], found[name], strict=True)]
        note = f"{ours_rate:.1f} against {statistics.median(found[name]):.1f} tokens/s"
        figures.append(
            Figure(
                bar,
                f"{weights.name}: eight users together",
                statistics.median(ratios),
                "x",
                ROUNDS,
                rounds_spread(ratios),
                floor,
                aim,
                words,
                note,
            )
        )
    figures.append(
        Figure(
            "P1",
            f"{weights.name}: llama.cpp, eight users",
            ours_rate,
            "tokens/s",
            ROUNDS,
            rounds_spread(own),
            note=limits,
        )
    )
    return figures


def _prompts(number: int) -> list[str]:
    """Return a round's prompts, new from their first word on, so that nobody's cache knows them."""
    return [f"Order {number}{place}: my {thing} is broken. The shop says:" for place, thing in enumerate(THINGS)]


def _in_threads(engine: LlamaCpp, number: int) -> list[Any]:
    done: list[Any] = []
    prompts = [Prompt(text=text, max_tokens=TOKENS) for text in _prompts(number)]
    threads = [threading.Thread(target=lambda p=p: done.extend(engine.complete([p]))) for p in prompts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def _timed(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    tokens = work()
    return tokens / (time.perf_counter() - began)


def _peers() -> None:
    """Answer each line of standard input ("shared 3" or "batched 3", 3 being the round) with that peer's tokens/s.

    The first argument names the weights.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
    from transformers.generation import ContinuousBatchingConfig

    settings = read_settings()
    torch.set_num_threads(settings.threads)
    weights = next(one for one in (GEMMA, SMOLLM2) if one.weights_id == sys.argv[1])
    folder = convert(weights, settings.cache_folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    # An end that is never written: everybody writes as many tokens.
    fixed = {"max_new_tokens": TOKENS, "do_sample": False, "eos_token_id": len(tokenizer) - 1, "pad_token_id": 0}

    def load() -> Any:
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()

    one, other = load(), load()
    manager = other.init_continuous_batching(
        GenerationConfig(**fixed),
        # Far more than eight prompts and their next tokens; the usual 8,192 rows of Gemma's logits alone take 8.6 GB.
        ContinuousBatchingConfig(num_blocks=64, max_batch_tokens=1_024, auto_switch_to_flash=False),
    )
    manager.start()

    def shared(texts: list[Any]) -> int:
        written: list[int] = []

        def user(inputs: Any) -> None:
            with torch.inference_mode():
                output = one.generate(**inputs, generation_config=GenerationConfig(**fixed))
            written.append(output.shape[1] - inputs["input_ids"].shape[1])

        threads = [threading.Thread(target=user, args=(inputs,)) for inputs in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(written)

    def batched(texts: list[Any]) -> int:
        manager.add_requests([inputs["input_ids"][0].tolist() for inputs in texts], max_new_tokens=TOKENS)
        results = [manager.get_result(timeout=120) for _ in texts]
        return sum(len(result.generated_tokens) for result in results if result is not None)

    for line in sys.stdin:
        name, number = line.split()
        texts = [tokenizer(text, return_tensors="pt") for text in _prompts(int(number))]
        rate = _timed(functools.partial({"shared": shared, "batched": batched}[name], texts))
        sys.stdout.write(f"{rate}\n")
        sys.stdout.flush()
    manager.stop(block=True, timeout=10)


if __name__ == "__main__":
    _peers()
