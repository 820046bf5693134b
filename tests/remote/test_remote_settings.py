"""What the settings make of an engine elsewhere: which weights are asked how, and which words are shown."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from core.config import Settings, read_settings
from core.engines.catalog import GEMMA, SMOLLM2
from core.engines.openai_client import Client
from core.engines.openai_embeddings import EmbeddingsEngine
from core.engines.shelf import CLASSIFIER, ENCODER, MULTILINGUAL, TRANSLATOR, WRITER, Shelf
from core.errors import EngineFailed, EngineUnfit, EngineUnreachable, HearbackError
from core.serving import Serving
from core.types import Task
from tests.remote.scripted import Answer, Scripted, event, refuse, running, stream


@pytest.fixture(scope="module")
def shared() -> Iterator[Scripted]:
    with running(Scripted()) as engine:
        yield engine


@pytest.fixture
def server(shared: Scripted) -> Scripted:
    shared.models, shared.answers, shared.asked = ["strong"], [], []
    return shared


def settings(server: Scripted, folder: Path, **more: str) -> Settings:
    engine = {"HEARBACK_PROFILE": "remote", "HEARBACK_ENGINE_URL": server.url, "HEARBACK_ENGINE_MODEL": "strong"}
    return read_settings({**engine, "HEARBACK_DATA": str(folder), "HEARBACK_CACHE": str(folder), **more})


def test_weights_that_the_catalog_knows_are_asked_as_the_catalog_says(server: Scripted, tmp_path: Path) -> None:
    names = {"HEARBACK_ENGINE_WRITER": SMOLLM2.weights_id, "HEARBACK_ENGINE_TRANSLATOR": GEMMA.weights_id}
    shelf = Shelf(settings(server, tmp_path, HEARBACK_WORDING="words", **names))
    assert shelf.traits(TRANSLATOR) == GEMMA.traits
    assert shelf.traits(WRITER) == SMOLLM2.traits
    assert shelf.words() is None  # small weights word nothing, whatever the settings say
    shelf.close()


def test_other_weights_are_asked_by_messages_unless_they_are_said_to_be_base(server: Scripted, tmp_path: Path) -> None:
    assert Shelf(settings(server, tmp_path)).traits(TRANSLATOR).is_instruct
    base = Shelf(settings(server, tmp_path, HEARBACK_ENGINE_STYLE="text"))
    assert not base.traits(TRANSLATOR).is_instruct
    assert base.traits(WRITER).is_instruct


def test_a_translation_by_instruct_weights_goes_through_a_chat(server: Scripted, tmp_path: Path) -> None:
    def chat(_: dict[str, Any]) -> Response:
        delta = {"choices": [{"delta": {"content": "The oven does not get warm."}}]}
        return stream([f"data: {json.dumps(delta)}\n\n", event("", "stop")])

    server.answers = [chat]
    own = settings(server, tmp_path)
    shelf = Shelf(own)
    found = Serving(own, shelf).task(Task.TRANSLATE).translate("Der Ofen wird nicht warm.", "en", "de")
    shelf.close()
    assert found.text == "The oven does not get warm."
    assert (found.origin.weights_id, found.origin.weights_sha256) == ("strong", "")
    path, body, _ = server.asked[-1]
    assert path == "/v1/chat/completions"
    assert body["messages"][-1] == {"role": "user", "content": "Der Ofen wird nicht warm."}


def test_words_of_strong_weights_are_asked_for_only_where_the_settings_trust_them(
    server: Scripted, tmp_path: Path
) -> None:
    quoting, wording = settings(server, tmp_path), settings(server, tmp_path, HEARBACK_WORDING="words")
    assert Shelf(quoting).words() is None
    assert Serving(quoting, Shelf(quoting)).task(Task.SUPPORT)._generator is None
    shelf = Shelf(wording)
    task = Serving(wording, shelf).task(Task.SUPPORT)
    assert task._generator is not None
    assert shelf.states()[0].state == "waiting"  # nothing is opened before it is asked
    assert task._generator.fingerprint.weights_id == "strong"
    shelf.close()


def test_the_shelf_tells_when_the_engine_is_away_and_when_it_is_back(server: Scripted, tmp_path: Path) -> None:
    away = Scripted()
    with running(away) as gone:
        url = gone.url
    away.models = ["strong"]
    shelf = Shelf(settings(server, tmp_path, HEARBACK_ENGINE_URL=url))
    shelf.translator()
    state = {one.name: one for one in shelf.states()}[TRANSLATOR]
    assert (state.state, "does not answer now" in state.detail, state.device) == ("failed", True, "remote")
    with running(away, int(url.rpartition(":")[2])):
        end = time.monotonic() + 10
        while {one.name: one for one in shelf.states()}[TRANSLATOR].state != "ready" and time.monotonic() < end:
            time.sleep(0.02)
        assert {one.name: one for one in shelf.states()}[TRANSLATOR].state == "ready"
    shelf.close()


# Embeddings


def rows(*vectors: Any, places: list[int] | None = None) -> Answer:
    numbers = places or list(range(len(vectors)))
    data = [{"index": at, "embedding": vector} for at, vector in zip(numbers, vectors, strict=True)]
    return lambda _: JSONResponse({"data": data})


@pytest.fixture
def encoder(server: Scripted) -> Iterator[EmbeddingsEngine]:
    client = Client(server.url, first_seconds=1.0)
    yield EmbeddingsEngine(client, "strong")
    client.close()


def test_rows_come_back_in_order_and_of_length_one(server: Scripted, encoder: EmbeddingsEngine) -> None:
    server.answers = [rows([0.0, 2.0], [3.0, 4.0], places=[1, 0])]
    found = encoder.encode(["a", "b\0"])
    assert found.ravel().tolist() == pytest.approx([0.6, 0.8, 0.0, 1.0])
    assert server.asked[-1][1]["input"] == ["a", "b"]
    assert encoder.encode([]).shape == (0, 2)


def test_many_texts_go_in_several_requests(server: Scripted, encoder: EmbeddingsEngine) -> None:
    def count(body: dict[str, Any]) -> Response:
        data = [{"index": at, "embedding": [float(text), 1.0]} for at, text in enumerate(body["input"])]
        return JSONResponse({"data": data})

    server.answers = [count] * 3
    found = encoder.encode([str(number) for number in range(150)])
    assert [round(float(row[0] / row[1])) for row in found] == list(range(150))
    assert sorted(len(body["input"]) for _, body, _ in server.asked if body) == [22, 64, 64]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda _: JSONResponse({"data": "rows"}), EngineFailed),
        (lambda _: JSONResponse([1]), EngineFailed),
        (lambda _: Response("{", media_type="application/json"), EngineFailed),
        (rows([1.0, 2.0]), EngineFailed),
        (rows([1.0, 2.0], [1.0]), EngineFailed),
        (rows([1.0], ["x"]), EngineFailed),
        (rows([1.0], [1.0], places=[0, 0]), EngineFailed),
        (rows([], []), EngineFailed),
        (lambda _: Response('{"data":[{"index":0,"embedding":[NaN]},{"index":1,"embedding":[1]}]}'), EngineFailed),
        (lambda _: Response(b"x" * 3_000_000), EngineFailed),
        (refuse(404, "no such weights"), EngineUnfit),
        (refuse(401), EngineUnfit),
        (refuse(502), EngineUnreachable),
    ],
)
def test_rows_that_are_none_are_a_sentence(
    server: Scripted, encoder: EmbeddingsEngine, answer: Answer, kind: type[HearbackError]
) -> None:
    server.answers = [answer] * 3
    with pytest.raises(kind):
        encoder.encode(["a", "b"])


def test_an_embeddings_endpoint_takes_the_place_of_both_encoders_and_of_nothing_else(
    server: Scripted, tmp_path: Path
) -> None:
    more = {"HEARBACK_EMBEDDINGS_URL": server.url, "HEARBACK_EMBEDDINGS_MODEL": "strong"}
    shelf = Shelf(settings(server, tmp_path, **more))
    assert shelf.encoder() is shelf.multilingual_encoder()
    states = {state.name: state for state in shelf.states()}
    assert (states[ENCODER].device, states[MULTILINGUAL].device) == ("remote", "remote")
    assert states[CLASSIFIER].state == "waiting"  # it reads hidden states, which stay on this machine
    shelf.close()
