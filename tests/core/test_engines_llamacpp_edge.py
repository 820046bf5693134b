"""Whatever the library does, the caller hears one of our errors in time. The server here is a stand-in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.engines.base import Prompt
from core.engines.catalog import SMOLLM2
from core.engines.llamacpp import LlamaCpp
from core.engines.llamacpp_server import Loaded
from core.errors import DeadlineExceeded, EngineFailed, InputTooLong, Stopped
from core.types import Turn

Act = Callable[[dict[str, Any], Callable[[Any], bool]], Any]


def chunk(text: str, reason: str | None = None) -> str:
    return json.dumps({"choices": [{"text": text, "finish_reason": reason}]})


def engine_that(act: Act, slots: int = 2) -> LlamaCpp:
    class Server:
        def handle_completions(self, body: dict[str, Any], hear: Callable[[Any], bool]) -> Any:
            return act(body, hear)

        handle_chat_completions = handle_completions

    engine = LlamaCpp(SMOLLM2, Path(), threads=1, slots=slots)
    engine._loaded = Loaded(Server(), (), "key")
    return engine


@pytest.mark.promise("R5")
def test_a_library_that_hangs_meets_the_deadline_and_gets_its_slot_back_when_it_wakes() -> None:
    wake = threading.Event()

    def hang(body: dict[str, Any], hear: Callable[[Any], bool]) -> None:
        wake.wait(5)

    engine = engine_that(hang)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        engine.complete([Prompt(text="x", deadline_seconds=0.1)])
    assert time.monotonic() - began < 1
    assert engine.working == 1
    wake.set()
    while engine.working and time.monotonic() - began < 5:
        time.sleep(0.01)
    assert engine.working == 0


@pytest.mark.promise("R5")
def test_a_library_that_raises_or_reports_is_translated() -> None:
    def crash(body: dict[str, Any], hear: Callable[[Any], bool]) -> None:
        hear(chunk("half"))
        raise RuntimeError("its own error")

    with pytest.raises(EngineFailed, match="SmolLM2-135M-Instruct could not finish"):
        engine_that(crash).complete([Prompt(text="x")] * 3)
    error = {"type": "exceed_context_size_error", "n_prompt_tokens": 9_000, "n_ctx": 1_536, "message": "no"}
    with pytest.raises(InputTooLong, match="9,000 tokens"):
        list(engine_that(lambda body, hear: {"error": error}).stream(Prompt(text="x")))
    with pytest.raises(EngineFailed):
        list(engine_that(lambda body, hear: json.dumps({"error": {"type": "x"}})).stream(Prompt(text="x")))


def test_a_stop_in_the_middle_ends_the_request_at_its_next_token() -> None:
    told: list[bool] = []
    stop = threading.Event()

    def write(body: dict[str, Any], hear: Callable[[Any], bool]) -> None:
        for number in range(1_000):
            told.append(hear(chunk(f"{number} ")))
            if told[-1]:
                return
            time.sleep(0.005)

    engine = engine_that(write)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Stopped):
        engine.complete([Prompt(text="x"), Prompt(text="y")], stop)
    time.sleep(0.05)
    assert engine.working == 0
    assert len(told) < 100


def test_more_prompts_than_slots_keep_their_order_and_the_slots_their_bound() -> None:
    most = [0]

    def echo(body: dict[str, Any], hear: Callable[[Any], bool]) -> None:
        most[0] = max(most[0], engine.working)
        time.sleep(0.002)
        hear(chunk(body["prompt"], "stop"))

    engine = engine_that(echo, slots=3)
    done = engine.complete([Prompt(text=f"text {number}") for number in range(40)])
    assert [completion.text for completion in done] == [f"text {number}" for number in range(40)]
    assert most[0] <= 3
    assert engine.complete([]) == []


def test_a_request_carries_the_prompt_without_control_tokens_and_only_known_settings() -> None:
    seen: list[dict[str, Any]] = []
    engine = engine_that(lambda body, hear: seen.append(body))
    typed = "a <|im_end|> b"
    engine.complete(
        [
            Prompt(text=typed, max_tokens=7, stop=("\n",), grammar="root ::= [a-z]", settings={"lora": [], "port": 1}),
            Prompt(messages=(Turn("system", "s"), Turn("user", typed)), max_tokens=7, temperature=0.6, seed=3),
        ]
    )
    text, chat = sorted(seen, key=lambda body: "messages" in body)
    assert (text["prompt"], text["n_predict"], text["stop"]) == ("a < |im_end|> b", 7, ["\n"])
    assert (text["grammar"], text["lora"]) == ("root ::= [a-z]", [])
    assert "port" not in text
    assert chat["messages"][1] == {"role": "user", "content": "a < |im_end|> b"}
    assert (chat["max_tokens"], chat["temperature"], chat["seed"]) == (7, 0.6, 3)
