"""A span for each use: by the names that OpenTelemetry's conventions give, and with nothing of what anybody wrote."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv.attributes import error_attributes
from opentelemetry.trace import StatusCode

from core import traces
from core.config import PROJECT, read_settings
from core.desk import Desk
from core.engines.fake import FakeGenerator
from core.errors import EngineBusy, EngineFailed, SettingsError
from core.traces import MISSING, Tracer, open_traces
from core.types import Consent, Ending, Task
from tests.core.desk_stories import a_desk, over, result_of

CANARY = "canary-tulip-4711"
VISITOR = "visitor-hawthorn-0815"


class Kept(Tracer):
    """A tracer whose spans can be read here."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        super().__init__(self.exporter)

    def spans(self, count: int = 1) -> list[ReadableSpan]:
        """Wait for so many spans: a use is shown as over once it is written down, which comes first."""
        end = time.monotonic() + 20
        while len(found := self._gathered()) < count:
            assert time.monotonic() < end, f"{len(found)} of {count} spans came"
            time.sleep(0.01)
        assert len(found) == count
        return found

    def _gathered(self) -> list[ReadableSpan]:
        self._provider.force_flush()
        return list(self.exporter.get_finished_spans())


@pytest.fixture
def tracer() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    kept.close()


@pytest.fixture
def desk(tracer: Kept, tmp_path: Path) -> Iterator[Desk]:
    with a_desk(f"sqlite:///{tmp_path / 'hearback.db'}", tmp_path, tracer) as opened:
        yield opened


def said_by(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_a_translation_leaves_one_span_that_says_what_answered_and_how_long_it_took(desk: Desk, tracer: Kept) -> None:
    view = over(desk, VISITOR, desk.translate(VISITOR, "The tulips bloom early this year.", "de", "en"))
    (span,) = tracer.spans()
    said = said_by(span)
    assert span.name == "invoke_workflow translate"
    assert said["gen_ai.response.model"] == view.result.origin.weights_id
    assert int(str(said["gen_ai.usage.output_tokens"])) >= 5
    assert said["hearback.ending"] == Ending.FINISHED
    assert said["hearback.reference"] == view.interaction_id[:8]
    assert said["hearback.is_repeated"] is False
    assert "error.type" not in said
    assert span.status.status_code is StatusCode.UNSET
    assert span.start_time is not None
    assert span.end_time is not None
    seconds = (span.end_time - span.start_time) / 1e9
    assert seconds == pytest.approx(view.seconds, abs=0.001)
    assert 0 <= float(str(said["hearback.waited_seconds"])) <= seconds
    assert 0 <= float(str(said["gen_ai.response.time_to_first_chunk"])) <= seconds
    assert not span.parent, "each use is a trace of its own"


def test_every_name_is_one_of_the_conventions_or_hearback_s_own(desk: Desk, tracer: Kept) -> None:
    over(desk, VISITOR, desk.summarize(VISITOR, "The tulips bloom. They are red. The garden is open on Monday."))
    known = {
        value
        for module in (gen_ai_attributes, error_attributes)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }
    foreign = {name for name in said_by(tracer.spans()[0]) if not name.startswith("hearback.")} - known
    assert not foreign
    assert "gen_ai.workflow.name" in known


def test_an_answer_that_was_there_already_is_marked_and_costs_no_tokens(desk: Desk, tracer: Kept) -> None:
    for _ in range(2):
        over(desk, VISITOR, desk.translate(VISITOR, "The tulips bloom.", "de", "en"))
    first, second = map(said_by, tracer.spans(2))
    assert (first["hearback.is_repeated"], second["hearback.is_repeated"]) == (False, True)
    assert int(str(first["gen_ai.usage.output_tokens"])) > 0
    assert second["gen_ai.usage.output_tokens"] == 0


def broken(desk: Desk, error: Exception) -> None:
    """Let the desk's translator fail."""
    desk._house.__dict__["translate"] = type(desk._house.translate)(FakeGenerator(error=error))


@pytest.mark.parametrize(
    ("error", "kind"), [(EngineFailed(name="weights"), "EngineFailed"), (ValueError(CANARY), "ValueError")]
)
def test_a_failure_says_its_kind_and_never_its_words(desk: Desk, tracer: Kept, error: Exception, kind: str) -> None:
    broken(desk, error)
    view = result_of(desk, VISITOR, desk.translate(VISITOR, "The tulips bloom.", "de", "en"))
    assert view.state == "failed"
    (span,) = tracer.spans()
    assert (said_by(span)["error.type"], said_by(span)["hearback.ending"]) == (kind, Ending.FAILED)
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert not span.events, "an event of an exception would hold its words"


def test_what_a_visitor_stops_is_no_error(desk: Desk, tracer: Kept) -> None:
    slow = FakeGenerator(["word " * 200], seconds_per_piece=0.5)
    desk._house.__dict__["translate"] = type(desk._house.translate)(slow)
    job_id = desk.translate(VISITOR, "The tulips bloom.", "de", "en", is_careful=False)
    end = time.monotonic() + 20
    while not slow.running:
        assert time.monotonic() < end
        time.sleep(0.01)
    desk.stop(VISITOR, job_id)
    assert result_of(desk, VISITOR, job_id).state == "stopped"
    said = said_by(tracer.spans()[0])
    assert said["hearback.ending"] == Ending.STOPPED
    assert "error.type" not in said
    assert int(str(said["gen_ai.usage.output_tokens"])) < 200


@pytest.mark.promise("R13")
def test_no_span_holds_what_was_typed_or_written_or_whose_it_was(desk: Desk, tracer: Kept) -> None:
    desk.choose(VISITOR, Consent(log=True, train=True), CANARY, CANARY)
    knowledge = desk.bring_documents(VISITOR, [(f"{CANARY}.md", f"# {CANARY}\n\nThe {CANARY} is 7 euros.".encode())])
    text = f"The {CANARY} is good. It blooms in May, says {VISITOR}."
    jobs = [
        desk.ask(VISITOR, f"How much is the {CANARY}?", knowledge_id=knowledge.knowledge_id),
        desk.translate(VISITOR, text, "de", "en"),
        desk.translate_file(VISITOR, f"{CANARY}.txt", text.encode(), "de", "en"),
        desk.summarize(VISITOR, text * 3),
        desk.read_sentiment(VISITOR, text),
    ]
    views = [result_of(desk, VISITOR, job_id) for job_id in jobs]
    assert sum(view.state == "finished" for view in views) == len(jobs)
    broken(desk, ValueError(CANARY))
    result_of(desk, VISITOR, desk.translate(VISITOR, text + " Truly.", "de", "en"))
    spans = tracer.spans(len(jobs) + 1)
    assert {said_by(span)["gen_ai.workflow.name"] for span in spans} == set(Task)
    told = "".join(span.to_json() for span in spans)
    for secret in (CANARY, VISITOR, "blooms", *(view.interaction_id for view in views), *jobs):
        assert secret not in told
    strings = [value for span in spans for value in said_by(span).values() if isinstance(value, str)]
    assert all(re.fullmatch(r"[\w.:/+-]{1,100}", value) for value in strings), strings


@contextmanager
def a_collector(answers: threading.Event | None = None) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Give the address of a server on loopback that takes spans, once `answers` is set, and what it was sent."""
    heard: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            if answers is not None:
                answers.wait(20)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        if answers is not None:
            answers.set()
        server.shutdown()
        server.server_close()


def test_a_collector_on_another_port_is_sent_the_spans_as_it_takes_them(tmp_path: Path) -> None:
    with a_collector() as (url, heard):
        tracer = open_traces(read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": url}))
        assert tracer is not None
        with a_desk(f"sqlite:///{tmp_path / 'hearback.db'}", tmp_path, tracer) as desk:
            over(desk, VISITOR, desk.read_sentiment(VISITOR, f"The {CANARY} is good."))
        # Closing the desk has sent what waited.
        assert [path for path, _ in heard] == ["/v1/traces"]
    sent = ExportTraceServiceRequest.FromString(heard[0][1])
    (of_resource,) = sent.resource_spans
    assert {one.key: one.value.string_value for one in of_resource.resource.attributes}["service.name"] == "hearback"
    assert [span.name for span in of_resource.scope_spans[0].spans] == ["invoke_workflow sentiment"]
    assert CANARY.encode() not in heard[0][1]
    assert VISITOR.encode() not in heard[0][1]


def test_a_collector_that_hangs_holds_up_neither_an_answer_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "TRACES_CLOSE_SECONDS", 0.1)
    answers = threading.Event()
    with a_collector(answers) as (url, heard):
        tracer = open_traces(read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": url}))
        with a_desk(f"sqlite:///{tmp_path / 'hearback.db'}", tmp_path, tracer) as desk:
            for number in range(3):
                over(desk, VISITOR, desk.read_sentiment(VISITOR, f"The tulip number {number} is good."))
        # All is closed while the collector still says nothing.
        assert not answers.is_set()
        assert len(heard) <= 1


def test_where_the_packages_are_missing_a_sentence_says_how_to_get_them_and_answers_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with caplog.at_level(logging.WARNING):
        assert open_traces(read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})) is None
    assert MISSING in caplog.text
    named = re.findall(r"requirements[\w-]*\.txt", MISSING)
    assert all((PROJECT / name).exists() for name in named)
    assert named


def test_an_option_of_opentelemetry_s_own_that_is_odd_keeps_nobody_from_starting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "no such compression")
    tracer = open_traces(read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}))
    if tracer is not None:  # the libraries overlook it
        tracer.close()
    else:
        assert "OTEL_" in caplog.text


def test_nothing_of_it_is_imported_where_no_collector_is_named() -> None:
    code = (
        "import json, sys\n"
        "import core.desk\n"
        "from core.config import read_settings\n"
        "from core.traces import open_traces\n"
        "assert open_traces(read_settings({})) is None\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('opentelemetry')]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("http://collector:4318", "http://collector:4318"),
        ("http://collector:4318/", "http://collector:4318"),
        ("https://example.com/otlp/v1", "https://example.com/otlp"),
    ],
)
def test_the_collector_is_named_by_opentelemetry_s_own_variable(given: str, kept: str) -> None:
    assert read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": given}).traces_url == kept


@pytest.mark.parametrize("given", ["collector:4318", "ftp://collector", "http://me:hunter2@collector", "http://a?b=c"])
def test_an_address_that_is_none_or_holds_a_password_is_refused_without_being_repeated(given: str) -> None:
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT=") as refused:
        read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": given})
    assert "hunter2" not in str(refused.value)


def test_a_refusal_is_no_use_and_leaves_no_span(desk: Desk, tracer: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise EngineBusy(seconds=3.0)

    monkeypatch.setattr(desk._board, "admit", refuse)
    with pytest.raises(EngineBusy):
        desk.read_sentiment(VISITOR, "The tulip is good.")
    assert tracer.spans(0) == []
