"""transformers keeps the promises that llama.cpp keeps, and says the same on the same weights."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator

import pytest

from core.config import read_settings
from core.engines.base import Prompt
from core.engines.catalog import SMOLLM2
from core.engines.hf import Transformers
from core.engines.llamacpp import LlamaCpp
from core.engines.stops import safe_length
from core.errors import DeadlineExceeded, EngineFailed, InputTooLong, Stopped
from core.types import Turn

# llama.cpp rounds activations to eight bits before it multiplies; float32 torch does not. Where two next words are
# almost equally likely the two may part, so only the first tokens are compared, and probabilities with a tolerance.
TOKENS_THAT_AGREE = 4
TOLERANCE = 0.15


@pytest.mark.parametrize(
    ("text", "marks", "shown"),
    [
        ("abc", (), "abc"),
        ("abc\n", ("\n\n",), "abc"),
        ("abc EN", ("END", "stop"), "abc "),
        ("abc \ufffd", (), "abc "),
        ("s", ("stop",), ""),
    ],
)
def test_a_beginning_of_a_stop_string_or_half_a_character_is_held_back(
    text: str, marks: tuple[str, ...], shown: str
) -> None:
    assert text[: safe_length(text, marks)] == shown


@pytest.fixture(scope="module")
def engine() -> Iterator[Transformers]:
    made = Transformers(SMOLLM2, read_settings().cache_folder, slots=2, threads=2, context_tokens=512)
    yield made
    made.close()


@pytest.mark.weights
def test_both_engines_say_the_same_on_the_same_weights(engine: Transformers) -> None:
    prompts = [
        Prompt(text="The capital of France is"),
        Prompt(text="1, 2, 3, 4,"),
        Prompt(text="Water boils at a temperature of"),
        Prompt(messages=(Turn("user", "Say hello in one sentence."),)),
    ]
    other = LlamaCpp(SMOLLM2, read_settings().cache_folder, threads=2, slots=2, context_tokens=512)
    several = [dataclasses.replace(prompt, max_tokens=TOKENS_THAT_AGREE) for prompt in prompts]
    first = [dataclasses.replace(prompt, max_tokens=1, settings={"log_probability": True}) for prompt in prompts]
    assert [d.text for d in engine.complete(several)] == [d.text for d in other.complete(several)]
    for ours, theirs in zip(engine.complete(first), other.complete(first), strict=True):
        assert ours.log_probability is not None
        assert ours.log_probability == pytest.approx(theirs.log_probability, abs=TOLERANCE)
    other.close()


@pytest.mark.weights
def test_streams_stop_strings_and_sampling_work_together(engine: Transformers) -> None:
    greedy = Prompt(text="1, 2, 3, 4,", max_tokens=12, stop=("7",))
    sampled = Prompt(text="The weather", max_tokens=5, temperature=0.8, top_p=0.9)
    done, drawn = engine.complete([greedy, sampled])
    assert (done.text, done.reason) == (" 5, 6, ", "stop")
    assert "".join(engine.stream(greedy)) == done.text
    assert (drawn.tokens, drawn.reason, drawn.log_probability) == (5, "length", None)


@pytest.mark.weights
def test_leaving_stopping_and_the_deadline_free_the_slot(engine: Transformers) -> None:
    long = Prompt(text="Once upon a time", max_tokens=400)
    stream = engine.stream(long)
    next(stream)
    assert engine.working == 1
    stream.close()
    assert engine.working == 0
    stop = threading.Event()
    for _ in engine.stream(long, stop):
        stop.set()
    with pytest.raises(Stopped):
        engine.complete([long], stop)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        engine.complete([dataclasses.replace(long, deadline_seconds=0.3)] * 3)
    assert time.monotonic() - began < 5
    assert engine.working == 0


@pytest.mark.weights
def test_what_it_cannot_do_is_a_sentence(engine: Transformers) -> None:
    with pytest.raises(InputTooLong, match="tokens"):
        engine.complete([Prompt(text="word " * 600)])
    with pytest.raises(EngineFailed, match="no grammars"):
        engine.complete([Prompt(text="x", grammar='root ::= "a"')])
