"""What visitors type never gets into the log, whatever goes wrong, as text and as JSON."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import logs
from core.engines.fake import FakeClassifier, FakeGenerator
from core.engines.shelf import CLASSIFIER, TRANSLATOR
from core.types import Consent
from tests.core.desk_stories import a_desk, result_of
from tests.promises import Found

CANARY = "canary-4711-of-anna"


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that is logged, each line of ours too, as the server writes it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.AsJson() if request.param == "json" else logs.AsText("%(levelname)s %(message)s"))
    ours, root = logging.getLogger("core"), logging.getLogger()
    root.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    ours.setLevel(logging.NOTSET)


def blab(given: Any, *_: Any) -> Any:
    """Fail as libraries do that repeat in their errors what they were given."""
    try:
        raise KeyError(str(given))
    except KeyError as error:
        raise ValueError(f"cannot work on {given}") from error


class Reader(FakeClassifier):
    """A classifier whose library says in its errors what it was to read."""

    def classify(self, texts: Any) -> Any:
        return blab(texts)


class Writer(FakeGenerator):
    """A generator of the same kind."""

    def complete(self, prompts: Any, stop: Any = None) -> Any:
        return blab(prompts)

    def stream(self, prompt: Any, stop: Any = None) -> Any:
        return blab(prompt)


@pytest.mark.promise("R13")
def test_what_visitors_type_is_not_in_the_log_though_libraries_repeat_it_in_their_errors(
    written: io.StringIO, tmp_path: Path, empty_file: Path, found: Found
) -> None:
    file = tmp_path / "hearback.db"
    file.write_bytes(empty_file.read_bytes())
    with a_desk(f"sqlite:///{file}", tmp_path) as desk:
        desk.choose("anna", Consent(log=True), role=CANARY)
        desk._shelf._places[CLASSIFIER].open = Reader
        desk._shelf._places[TRANSLATOR].open = Writer
        jobs = [
            desk.read_sentiment("anna", f"What a lamp, {CANARY}."),
            desk.translate("anna", f"Good morning, {CANARY}.", "de", "en", is_careful=False),
            desk.ask("anna", f"How long is the warranty, {CANARY}?"),
            desk.summarize("anna", f"{CANARY} came. The lamp was there. It shone. " * 9),
        ]
        views = [result_of(desk, "anna", job) for job in jobs]
        assert [view.state for view in views[:2]] == ["failed", "failed"]
        answer = desk.read_sentiment("anna", CANARY)
        result_of(desk, "anna", answer)
        desk.correct("anna", views[2].interaction_id, f"Ten years, {CANARY}.")
        desk.forget_me("anna")
    said = written.getvalue()
    assert "ValueError" in said
    assert views[0].interaction_id[:8] in said, "the bug can be found by the number that the visitor was shown"
    assert CANARY not in said
    found("lines in the log", said.count("\n"))
    found("of them with what was typed", said.count(CANARY))


def test_a_line_of_json_holds_when_who_what_and_the_request_and_of_errors_their_places() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.AsJson())
    logger = logging.getLogger("core.somewhere")
    logger.addHandler(handler)
    try:
        with logs.request("abc123"):
            logger.warning("%d records wait", 3)
            try:
                raise OSError(CANARY)
            except OSError:
                logger.exception("it was not written:\ntwo lines")
        logger.warning("after it")
    finally:
        logger.removeHandler(handler)
    first, second, third = map(json.loads, out.getvalue().splitlines())
    assert (first["level"], first["logger"], first["message"]) == ("WARNING", "core.somewhere", "3 records wait")
    assert (first["request"], third.get("request")) == ("abc123", None)
    assert first["time"].endswith("+00:00")
    (error,) = second["error"]
    assert error["kind"] == "builtins.OSError"
    assert "test_logs.py" in error["places"][0]
    assert CANARY not in out.getvalue()


def test_an_error_of_its_own_cause_ends() -> None:
    error = ValueError("round")
    error.__cause__ = error
    assert len(list(logs._chain(error))) == 1


def test_a_library_that_talks_to_itself_is_not_heard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.set_up("text")
    talker = logging.getLogger("talker")
    talker.setLevel(logging.DEBUG)
    talker.debug("Building")
    talker.warning("Beware")
    said = capsys.readouterr().err
    assert "Building" not in said
    assert "Beware" in said
