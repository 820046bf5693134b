"""The engine beyond this process against llama.cpp's own server, on the real weights."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core.config import read_settings
from core.engines.base import Prompt
from core.engines.catalog import SMOLLM2
from core.engines.llamacpp import LlamaCpp
from core.engines.openai import OpenAIEngine
from core.engines.openai_client import Client
from core.engines.openai_embeddings import EmbeddingsEngine
from core.errors import DeadlineExceeded, EngineFailed, EngineUnfit, EngineUnreachable, InputTooLong, Stopped
from core.types import Turn
from tests.remote.servers import KEY, LlamaServer, llama_server

pytestmark = pytest.mark.weights

SLOTS = 4
LONG = Prompt(text="Once upon a time", max_tokens=1_000)


@pytest.fixture(scope="module")
def server() -> Iterator[LlamaServer]:
    with llama_server(SMOLLM2, SLOTS) as running:
        yield running


@pytest.fixture(scope="module")
def engine(server: LlamaServer) -> Iterator[OpenAIEngine]:
    client = Client(server.url, KEY)
    made = OpenAIEngine(client, SMOLLM2.weights_id, slots=SLOTS)
    made.open()
    yield made
    client.close()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> float:
    began = time.monotonic()
    while not condition() and time.monotonic() - began < seconds:
        time.sleep(0.02)
    assert condition()
    return time.monotonic() - began


def test_it_says_word_for_word_what_the_same_weights_say_in_this_process(engine: OpenAIEngine) -> None:
    prompts = [
        Prompt(text="The capital of France is", max_tokens=12),
        Prompt(text="1, 2, 3, 4,", max_tokens=20, stop=("8",)),
        Prompt(messages=(Turn("user", "Say hello in one sentence."),), max_tokens=20),
        Prompt(text="The weather", max_tokens=12, temperature=0.8, top_p=0.9, seed=7),
    ]
    told = dataclasses.replace(prompts[0], settings={"log_probability": True})
    local = LlamaCpp(SMOLLM2, read_settings().cache_folder, threads=2, slots=1)
    here = [local.complete([prompt])[0] for prompt in (*prompts, told)]
    there = [engine.complete([prompt])[0] for prompt in (*prompts, told)]
    local.close()
    assert [(one.text, one.reason, one.tokens) for one in there] == [(one.text, one.reason, one.tokens) for one in here]
    assert there[-1].log_probability == pytest.approx(here[-1].log_probability, abs=1e-4)
    assert "".join(engine.stream(prompts[0])) == here[0].text
    assert engine.fingerprint == local.fingerprint


def test_eight_together_are_answered_in_order_by_four_slots(engine: OpenAIEngine) -> None:
    prompts = [Prompt(text=f"{number}, {number + 1}, {number + 2},", max_tokens=6) for number in range(8)]
    together = engine.complete(prompts)
    assert [str(number + 3) in one.text for number, one in enumerate(together)] == [True] * 8


@pytest.mark.parametrize("how", ["close", "stop", "deadline"])
def test_leaving_an_answer_frees_the_server_s_slot(server: LlamaServer, engine: OpenAIEngine, how: str) -> None:
    assert server.busy_slots() == 0
    stop = threading.Event()
    if how == "deadline":
        with pytest.raises(DeadlineExceeded):
            engine.complete([dataclasses.replace(LONG, deadline_seconds=1.0)] * SLOTS)
    else:
        pieces = engine.stream(LONG, stop)
        next(pieces)
        assert server.busy_slots() == 1
        if how == "close":
            pieces.close()  # type: ignore[attr-defined]
        else:
            stop.set()
            list(pieces)
            with pytest.raises(Stopped):
                engine.complete([LONG], stop)
    assert wait_for(lambda: server.busy_slots() == 0) < 5
    assert engine.working == 0


def test_a_wrong_key_a_wrong_name_and_a_text_that_is_too_long_are_told(
    server: LlamaServer, engine: OpenAIEngine
) -> None:
    stranger = OpenAIEngine(Client(server.url, "not-the-key"), SMOLLM2.weights_id, slots=1)
    with pytest.raises(EngineUnfit, match="does not accept the key"):
        stranger.complete([LONG])
    other = OpenAIEngine(Client(server.url, KEY), "some-other-weights", slots=1)
    other.open()
    with pytest.raises(EngineUnfit, match=f"but {SMOLLM2.weights_id}"):
        other.complete([LONG])
    with pytest.raises(InputTooLong, match="the limit is 1,536"):
        engine.complete([Prompt(text="word " * 2_000)])


@pytest.mark.promise("R5")
def test_a_server_that_is_killed_in_the_middle_is_told_and_found_again(engine: OpenAIEngine) -> None:
    with llama_server(SMOLLM2, 1) as server:
        client = Client(server.url, KEY)
        own = OpenAIEngine(client, SMOLLM2.weights_id, slots=1)
        own.open()
        pieces = own.stream(LONG)
        next(pieces)
        server.kill()
        began = time.monotonic()
        with pytest.raises(EngineFailed):
            list(pieces)
        assert time.monotonic() - began < 2
        with pytest.raises(EngineUnreachable):
            own.complete([LONG])
        assert "does not answer now" in own.trouble
        assert own.working == 0
        server.start()
        assert wait_for(lambda: not own.trouble) < 15
        assert own.complete([Prompt(text="1, 2, 3,", max_tokens=3)])[0].tokens == 3
        client.close()


def test_a_likely_continuation_scores_above_an_unlikely_one(engine: OpenAIEngine) -> None:
    likely, unlikely = engine.scores([("The capital of France is", " Paris"), ("The capital of France is", " Gdansk")])
    assert unlikely < likely < 0


def test_its_embeddings_are_unit_rows_in_the_order_of_the_texts() -> None:
    with llama_server(SMOLLM2, 2, "--embedding") as server:
        client = Client(server.url, KEY)
        encoder = EmbeddingsEngine(client, SMOLLM2.weights_id)
        rows = encoder.encode(["The oven is broken.", "My oven does not work.", "Two lamps, please."])
        assert rows.shape == (3, 576)
        assert (rows**2).sum(1) == pytest.approx(1.0, abs=1e-5)
        assert (encoder.encode(["Two lamps, please."])[0] @ rows[2]) > 0.999
        client.close()
