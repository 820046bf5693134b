"""Trained adapters in llama.cpp: named by each request, brought up beside what answers, refused if they do not fit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.engines import llamacpp
from core.engines.adapted import named
from core.engines.base import Prompt
from core.engines.catalog import GEMMA, SMOLLM2
from core.engines.fake import FakeGenerator
from core.engines.llamacpp import ADAPTERS_KEPT, LlamaCpp
from core.engines.llamacpp_server import Loaded
from core.errors import ArtefactUnfit, EngineFailed
from core.loop import Adapter


def adapter(name: str, scale: float = 1.0, base: str = SMOLLM2.sha256) -> Adapter:
    return Adapter(name, base, Path(f"{name}.gguf"), Path(name), scale)


class Servers:
    """Stands in for the library: each server says which adapters it was loaded with and which a request named."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, slow: Callable[[tuple[str, ...]], None] | None = None) -> None:
        self.loaded: list[tuple[str, ...]] = []

        def load(_engine: LlamaCpp, _path: Path, trained: Any = (), wanted: Adapter | None = None) -> Loaded:
            names = tuple(one.adapter_id for one in trained)
            if "broken" in names:
                raise ArtefactUnfit(name="broken", why="llama.cpp cannot load it")
            if slow is not None:
                slow(names)
            self.loaded.append(names)
            return Loaded(Server(names), tuple(trained), "key")

        monkeypatch.setattr(LlamaCpp, "_load", load)
        monkeypatch.setattr(llamacpp, "locate", lambda *_: Path("weights.gguf"))


class Server:
    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def handle_completions(self, body: dict[str, Any], hear: Callable[[Any], bool]) -> Any:
        scales = [entry["scale"] for entry in body.get("lora", [])]
        taking_part = [name for name, scale in zip(self._names, scales, strict=True) if scale] if scales else []
        return {"choices": [{"text": "+".join(taking_part) or "base", "finish_reason": "stop"}]}


def said(generator: Any) -> str:
    return "".join(generator.stream(Prompt(text="hello")))


def test_each_request_is_answered_by_the_adapter_it_names_and_by_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    Servers(monkeypatch)
    base = LlamaCpp(SMOLLM2, Path(), threads=1, slots=2)
    one, other = base.with_adapter(adapter("one")), base.with_adapter(adapter("other"))
    assert [said(who) for who in (base, one, other, one, base)] == ["base", "one", "other", "one", "base"]
    assert one.fingerprint.adapter_id == "one"
    assert base.fingerprint.adapter_id == ""
    assert one.with_adapter(None) is base


def test_an_adapter_is_loaded_once_and_with_its_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = Servers(monkeypatch)
    base = LlamaCpp(SMOLLM2, Path(), threads=1, slots=2)
    tuned = base.with_adapter(adapter("one"))
    assert said(base) == "base"
    assert servers.loaded == [()]
    assert [said(tuned), said(tuned), said(base), said(tuned)] == ["one", "one", "base", "one"]
    assert servers.loaded == [(), ("one",)]


def test_who_asks_the_plain_weights_does_not_wait_while_an_adapter_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ready = threading.Event(), threading.Event()

    def slow(names: tuple[str, ...]) -> None:
        if names:
            begun.set()
            assert ready.wait(5)

    Servers(monkeypatch, slow)
    base = LlamaCpp(SMOLLM2, Path(), threads=1, slots=2)
    assert said(base) == "base"
    heard: list[str] = []
    waiting = threading.Thread(target=lambda: heard.append(said(base.with_adapter(adapter("one")))))
    waiting.start()
    assert begun.wait(5)
    assert said(base) == "base"
    assert heard == []
    ready.set()
    waiting.join(5)
    assert heard == ["one"]


def test_only_the_adapters_last_asked_for_are_held_and_an_older_one_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = Servers(monkeypatch)
    base = LlamaCpp(SMOLLM2, Path(), threads=1, slots=2)
    names = [f"adapter-{number}" for number in range(ADAPTERS_KEPT + 1)]
    tuned = {name: base.with_adapter(adapter(name)) for name in names}
    for name in names[:-1]:
        assert said(tuned[name]) == name
    assert said(tuned[names[0]]) == names[0]  # asked for again: no longer the oldest
    assert said(tuned[names[-1]]) == names[-1]
    assert set(servers.loaded[-1]) == set(names) - {names[1]}
    assert said(tuned[names[1]]) == names[1]
    assert max(map(len, servers.loaded)) == ADAPTERS_KEPT


def test_an_adapter_of_other_weights_is_refused_before_anything_is_loaded() -> None:
    base = LlamaCpp(SMOLLM2, Path(), threads=1, slots=2)
    with pytest.raises(ArtefactUnfit, match="other weights"):
        base.with_adapter(adapter("one", base=GEMMA.sha256))
    with pytest.raises(ArtefactUnfit, match="other weights"):
        FakeGenerator().with_adapter(adapter("one"))


def test_an_adapter_that_cannot_be_loaded_leaves_what_answers_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    Servers(monkeypatch)
    base = LlamaCpp(SMOLLM2, Path(), threads=1, slots=2)
    good = base.with_adapter(adapter("good"))
    assert said(good) == "good"
    with pytest.raises(ArtefactUnfit):
        said(base.with_adapter(adapter("broken")))
    assert [said(good), said(base)] == ["good", "base"]


def test_every_adapter_of_a_server_is_named_with_its_scale() -> None:
    one, other = adapter("one", 0.5), adapter("other")
    asked = Prompt(text="x")
    assert named(asked, None, (), ()) is asked

    def scales(found: Prompt) -> list[float]:
        assert [entry["id"] for entry in found.settings["lora"]] == list(range(len(found.settings["lora"])))
        return [entry["scale"] for entry in found.settings["lora"]]

    assert scales(named(asked, None, (), (one, other))) == [0.0, 0.0]
    assert scales(named(asked, one, (), (one, other))) == [0.5, 0.0]
    assert scales(named(asked, other, [(Path("given"), 0.7)], (one, other))) == [0.7, 0.0, 1.0]
    chosen = Prompt(text="x", settings={"lora": [{"id": 0, "scale": 0.2}]})
    assert scales(named(chosen, None, [(Path("given"), 0.7), (Path("more"), 1.0)], (one,))) == [0.2, 0.0, 0.0]


def test_an_engine_failure_is_not_blamed_on_an_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: Any) -> Loaded:
        raise EngineFailed(name="x")

    monkeypatch.setattr(LlamaCpp, "_load", load)
    monkeypatch.setattr(llamacpp, "locate", lambda *_: Path("weights.gguf"))
    with pytest.raises(EngineFailed):
        said(LlamaCpp(SMOLLM2, Path(), threads=1, slots=2))


def test_a_fake_adapter_says_the_same_thing_in_other_words(tmp_path: Path) -> None:
    base = FakeGenerator()
    plain = base.with_adapter(Adapter("abcdef0123", base.fingerprint.sha256, tmp_path / "a.gguf", tmp_path))
    assert said(plain) == "hello [abcdef]"
    (tmp_path / "words.json").write_text('{"hello": "good morning"}')
    tuned = base.with_adapter(Adapter("b" * 32, base.fingerprint.sha256, tmp_path / "a.gguf", tmp_path))
    assert said(tuned) == "good morning"
    assert tuned.fingerprint != base.fingerprint
    assert said(tuned.with_adapter(None)) == "hello"
