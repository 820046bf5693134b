"""R4 and R5 at the desk: an engine that is missing, damaged, senseless or stuck takes its own task and no other.

The engines run inside the server's process, so none of them can be killed alone; what a kill of the whole does is told
in `test_supervisor`, of a trainer in `test_training`, of an engine on another machine in `test_remote_kill`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.desk import Desk
from core.engines import batching, llamacpp, shelf
from core.engines.base import Prompt
from core.engines.batching import Batcher
from core.engines.catalog import SMOLLM2
from core.engines.fake import FakeClassifier, FakeEncoder, FakeGenerator, fake_head
from core.engines.head import load_head, save_head
from core.engines.llamacpp import LlamaCpp
from core.engines.llamacpp_server import Loaded
from core.engines.shelf import CLASSIFIER, ENCODER, MULTILINGUAL, TRANSLATOR
from core.errors import DeadlineExceeded, EngineFailed, EngineUnreachable, HearbackError, WeightsDamaged, WeightsMissing
from core.types import Task
from tests.core.desk_stories import a_desk, result_of
from tests.promises import Found

TEXT = (
    "The lamp arrived on Monday. It was broken on Tuesday. The shop sent a new one on Friday. "
    "It shines to this day. Everybody likes it. The old one went to the bin."
)
ASK: dict[Task, Callable[[Desk, str], str]] = {
    Task.SUPPORT: lambda desk, who: desk.ask(who, "How long is the warranty of a lamp?", is_fresh=True),
    Task.TRANSLATE: lambda desk, who: desk.translate(who, "Good morning.", "de", "en", is_careful=False, is_fresh=True),
    Task.SUMMARIZE: lambda desk, who: desk.summarize(who, TEXT, is_fresh=True),
    Task.SENTIMENT: lambda desk, who: desk.read_sentiment(who, "What a wonderful lamp.", is_fresh=True),
}
# What stands on which engine; the multilingual encoder finds passages for questions that are not English.
STANDS_ON = {
    ENCODER: {Task.SUPPORT, Task.SUMMARIZE},
    TRANSLATOR: {Task.TRANSLATE},
    CLASSIFIER: {Task.SENTIMENT},
    MULTILINGUAL: set(),
}
FAULTS: dict[str, Exception] = {
    "missing": WeightsMissing(name="Toy", how='Get them with: pip install "toy==1"'),
    "truncated": WeightsDamaged(name="Toy", why="1,000 bytes instead of 2,000"),
    "of another hash": WeightsDamaged(name="Toy", why="toy.gguf does not have the expected SHA-256"),
    "a library's own error": RuntimeError("tensor 'blk.0.attn_q.weight' data is not within the file bounds"),
}


@pytest.fixture
def desk(tmp_path: Path, empty_file: Path) -> Iterator[Desk]:
    file = tmp_path / "hearback.db"
    file.write_bytes(empty_file.read_bytes())
    with a_desk(f"sqlite:///{file}", tmp_path) as made:
        yield made


def opener(desk: Desk, name: str, make: Callable[[], Any]) -> None:
    """Let an engine of the desk's shelf be made so; whatever was open is closed."""
    desk._shelf._places[name].open = make


def asked(desk: Desk) -> dict[Task, tuple[str, str]]:
    """Ask for each use case and return how it ended and what was said of it."""
    found = {}
    for task, ask in ASK.items():
        view = result_of(desk, "anna", ask(desk, "anna"))
        found[task] = (view.state, view.sentence)
    return found


@pytest.mark.promise("R4")
@pytest.mark.parametrize("name", STANDS_ON)
def test_weights_that_cannot_be_opened_take_their_own_task_and_no_other(desk: Desk, name: str, found: Found) -> None:
    works = desk._shelf._places[name].open
    wrong = 0
    for error in FAULTS.values():

        def broken(error: Exception = error) -> Any:
            raise error

        opener(desk, name, broken)
        began = time.monotonic()
        outcomes = asked(desk)
        assert time.monotonic() - began < 10
        for task, (state, sentence) in outcomes.items():
            is_hit = task in STANDS_ON[name]
            said = str(error) if isinstance(error, HearbackError) else str(EngineFailed(name=name))
            wrong += (state, sentence) != (("failed", said) if is_hit else ("finished", ""))
        assert not wrong, outcomes
        if STANDS_ON[name]:
            told = {state.name: (state.state, state.detail) for state in desk.engine_states()}
            assert told[name][0] == "failed"
            assert told[name][1]
    opener(desk, name, works)
    assert {state for state, _ in asked(desk).values()} == {"finished"}, "mended, it is back by itself"
    found("faults at opening", len(FAULTS))
    found("tasks that went wrong with another's weights", wrong)


class Senseless(FakeClassifier):
    """A classifier whose network gives no numbers."""

    def pooled(self, texts: Any) -> Any:
        return np.full((len(texts), 512), np.nan, dtype=np.float32)

    def classify(self, texts: Any) -> Any:
        return fake_head().probabilities(self.pooled(texts))


class Crashing(FakeEncoder):
    """An encoder that opens and then fails at each text, as one with numbers that are none does."""

    def encode(self, texts: Any) -> Any:
        raise EngineFailed(name="toy")


@pytest.mark.promise("R4")
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        (CLASSIFIER, Senseless),
        (ENCODER, Crashing),
        (TRANSLATOR, lambda: FakeGenerator(error=EngineFailed(name="toy"), error_after=2)),
    ],
)
def test_an_engine_that_opens_and_gives_no_numbers_is_a_sentence_too(
    desk: Desk, name: str, broken: Callable[[], Any], found: Found
) -> None:
    opener(desk, name, broken)
    outcomes = asked(desk)
    for task, (state, sentence) in outcomes.items():
        if task in STANDS_ON[name]:
            assert state == "failed", outcomes
            assert "could not finish this. Your text is kept" in sentence
        else:
            assert state == "finished", outcomes
    found("engines that gave no numbers", 1)


@pytest.mark.promise("R4")
@pytest.mark.parametrize("fault", ["missing", "truncated", "changed", "no numbers"])
def test_a_broken_head_is_told_for_what_it_is(tmp_path: Path, fault: str, found: Found) -> None:
    path = tmp_path / "sentiment.safetensors"
    head = fake_head()
    base = head.card["base"]["sha256"]
    if fault == "no numbers":
        head.weight[1, 7] = np.nan
    save_head(head, path)
    content = path.read_bytes()
    if fault == "missing":
        path.unlink()
    if fault == "truncated":
        path.write_bytes(content[: len(content) // 2])
    if fault == "changed":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(WeightsMissing if fault == "missing" else WeightsDamaged, match=r"sentiment\.safetensors"):
        load_head(path, base)
    found("faults of a head's file", 1)


# What hangs


class Hanging:
    """llama.cpp's server as it is while its native code does not come back; `wake` lets it."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.calls = 0

    def handle_completions(self, body: dict[str, Any], hear: Callable[[Any], bool]) -> None:
        self.calls += 1
        hear(json.dumps({"choices": [{"text": "half a sen", "finish_reason": None}]}))
        self.wake.wait(30)

    handle_chat_completions = handle_completions


class Answering(Hanging):
    """A server that is well."""

    def handle_completions(self, body: dict[str, Any], hear: Callable[[Any], bool]) -> None:
        self.calls += 1
        hear(json.dumps({"choices": [{"text": "a whole sentence", "finish_reason": "stop"}]}))

    handle_chat_completions = handle_completions


@pytest.mark.promise("R5")
def test_a_native_engine_that_hangs_in_mid_answer_meets_the_deadline_and_is_loaded_anew(
    monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    monkeypatch.setattr(llamacpp, "HUNG_SECONDS", 0.2)
    monkeypatch.setattr(llamacpp, "locate", lambda weights, folder: Path())
    servers: list[Hanging] = [Hanging(), Answering()]
    monkeypatch.setattr(llamacpp, "start", lambda *_: Loaded(servers[0], (), "key"))
    engine = LlamaCpp(SMOLLM2, Path(), threads=1, slots=2)
    prompt = Prompt(text="x", deadline_seconds=0.3)
    took = []
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            engine.complete([prompt])
        took.append(time.monotonic() - began)
    assert max(took) < 0.3 + 2
    assert engine.working == 2, "both slots are lost with the server that hangs"
    hung = servers.pop(0)
    time.sleep(0.25)
    (done,) = engine.complete([prompt])
    assert (done.text, engine.working) == ("a whole sentence", 0)
    hung.wake.set()  # what comes back later belongs to nobody
    time.sleep(0.05)
    assert engine.complete([prompt])[0].text == "a whole sentence"
    assert engine.working == 0
    found("seconds until the error, deadline 0.3", round(max(took), 2))


@pytest.mark.promise("R5")
def test_an_engine_that_hangs_every_time_is_not_loaded_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llamacpp, "HUNG_SECONDS", 0.05)
    monkeypatch.setattr(llamacpp, "locate", lambda weights, folder: Path())
    loaded: list[Hanging] = []

    def start(*_: Any) -> Loaded:
        loaded.append(Hanging())
        return Loaded(loaded[-1], (), "key")

    monkeypatch.setattr(llamacpp, "start", start)
    engine = LlamaCpp(SMOLLM2, Path(), threads=1, slots=1)
    for _ in range(6):
        with pytest.raises(DeadlineExceeded):
            engine.complete([Prompt(text="x", deadline_seconds=0.1)])
        time.sleep(0.07)
    assert len(loaded) == 1 + llamacpp.HUNG_AT_MOST
    for server in loaded:
        server.wake.set()


class Stuck:
    """A network that does not come back from its first batch."""

    def __init__(self, wake: threading.Event | None) -> None:
        self._wake = wake

    def prepare(self, items: Any) -> list[Any]:
        return list(items)

    def size(self, prepared: Any) -> int:
        return 1

    def compute(self, batch: Any) -> list[Any]:
        if self._wake is not None:
            self._wake.wait(30)
        return [2 * item for item in batch]


@pytest.mark.promise("R5")
def test_a_network_that_hangs_meets_the_deadline_and_another_thread_takes_over(
    monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    monkeypatch.setattr(batching, "_HUNG_SECONDS", 0.2)
    wake = threading.Event()
    workers = [Stuck(wake), Stuck(None)]
    batcher: Batcher[int, int] = Batcher("toy", lambda: workers.pop(0), deadline_seconds=0.3)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        batcher.run([1])
    took = time.monotonic() - began
    assert took < 0.3 + 2
    assert batcher.run([2, 3]) == [4, 6]
    wake.set()
    time.sleep(0.05)
    assert [batcher.run([number]) for number in range(5)] == [[0], [2], [4], [6], [8]], "the one that woke is gone"
    batcher.close()
    found("seconds until the error, deadline 0.3", round(took, 2))


@pytest.mark.promise("R5")
def test_weights_whose_opening_hangs_keep_no_slot_and_no_other_task(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    monkeypatch.setattr(shelf, "_LATE_SECONDS", 0.2)
    object.__setattr__(desk._shelf._settings, "deadline_seconds", 1.0)
    wake = threading.Event()
    plain = desk._shelf._places[TRANSLATOR].open

    def stuck() -> Any:
        wake.wait(30)
        return plain()

    opener(desk, TRANSLATOR, stuck)
    began = time.monotonic()
    waiting = [(f"visitor {number}", ASK[Task.TRANSLATE](desk, f"visitor {number}")) for number in range(10)]
    other = result_of(desk, "otto", ASK[Task.SENTIMENT](desk, "otto"))
    assert other.state == "finished"
    others = time.monotonic() - began
    ends = [result_of(desk, visitor, job) for visitor, job in waiting]
    assert {view.state for view in ends} == {"failed"}
    assert {view.sentence for view in ends} == {
        str(EngineUnreachable(name=TRANSLATOR, why="it is still being prepared"))
    }
    assert time.monotonic() - began < 1.0 + 3.0
    threads = [thread for thread in threading.enumerate() if thread.name == f"open {TRANSLATOR}"]
    assert len(threads) == 1, "ten who wait are one opening"
    wake.set()
    end = time.monotonic() + 5
    while {state.name: state.state for state in desk.engine_states()}[TRANSLATOR] != "ready":
        assert time.monotonic() < end
        time.sleep(0.01)
    assert result_of(desk, "anna", ASK[Task.TRANSLATE](desk, "anna")).state == "finished"
    found("seconds that another task waited beside ten stuck ones", round(others, 2))


@pytest.mark.promise("R5")
def test_an_answer_that_fails_half_way_frees_its_slot_and_is_written_down(desk: Desk, found: Found) -> None:
    engine = FakeGenerator(seconds_per_piece=0.001, error=EngineFailed(name="toy"), error_after=3)
    opener(desk, TRANSLATOR, lambda: engine)
    for number in range(20):
        view = result_of(desk, "anna", desk.translate("anna", f"Letter number {number}.", "de", "en", is_careful=False))
        assert view.state == "failed"
    assert engine.running == 0
    engine._error = None
    assert result_of(desk, "anna", ASK[Task.TRANSLATE](desk, "anna")).state == "finished"
    assert desk._recorder.flush()
    endings = [row["ending"] for row in desk.my_data("anna")["interactions"]]
    assert (endings.count("failed"), endings.count("finished")) == (20, 1)
    found("failures half way", 20)
