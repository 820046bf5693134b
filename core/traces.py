"""A span for each use, for those who watch over the server with OpenTelemetry: what answered, how long, how it ended.

The names are those of the conventions for generative AI where these have one (opentelemetry.io/docs/specs/semconv,
as in opentelemetry-semantic-conventions 0.66b2), else they begin with `hearback.`. A span never holds what was typed
or written, nor whose it was.

Nothing of it is imported unless a collector is named, and nobody waits for what comes of the sending.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.config import Settings
from core.engines.base import counting
from core.jobs import Job
from core.limits import TRACES_ANSWER_SECONDS, TRACES_AT_ONCE, TRACES_CLOSE_SECONDS, TRACES_WAITING
from core.types import Ending, Origin

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

WORKFLOW = "invoke_workflow"
SECOND = 1_000_000_000  # nanoseconds
MISSING = (
    "OTEL_EXPORTER_OTLP_ENDPOINT names a collector of traces, but the packages that speak to it are not installed, "
    "and none are sent. To send them: pip install -r requirements-traces.txt"
)
_log = logging.getLogger(__name__)


class Trace:
    """What one use leaves behind beside its job: when it began (UTC), tokens that were written for it, its failure."""

    def __init__(self, started_at: datetime) -> None:
        self.started_at = started_at
        self.tokens = 0
        self.failure = ""

    @contextmanager
    def carrying_out(self) -> Iterator[None]:
        """Note the kind of an error that ends the block, never its words, and let it go on."""
        self.failure = ""
        try:
            yield
        except Exception as error:
            self.failure = type(error).__name__
            raise

    def counted(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return `work` with its tokens counted, in whichever thread it is done."""

        def count(*given: Any) -> Any:
            with counting() as written:
                try:
                    return work(*given)
                finally:
                    self.tokens += written.tokens

        return count


class Tracer:
    """Gives each use to an exporter, in a thread of its own; what the bounded line cannot hold is let go."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        line = BatchSpanProcessor(exporter, max_queue_size=TRACES_WAITING, max_export_batch_size=TRACES_AT_ONCE)
        self._provider = TracerProvider(resource=Resource.create({"service.name": "hearback"}), shutdown_on_exit=False)
        self._provider.add_span_processor(line)
        self._tracer = self._provider.get_tracer("hearback")

    def note(self, trace: Trace, job: Job, ending: Ending, repeated: str) -> None:
        """Take a use that has ended and return at once; `repeated` marks origins of answers that were there already."""
        from opentelemetry.context import Context
        from opentelemetry.trace import Status, StatusCode

        began = int(trace.started_at.timestamp() * SECOND)
        said = attributes_of(trace, job, ending, repeated)
        span = self._tracer.start_span(f"{WORKFLOW} {job.task}", Context(), attributes=said, start_time=began)
        if ending is Ending.FAILED:
            span.set_status(Status(StatusCode.ERROR))
        span.end(began + int(job.seconds * SECOND))

    def close(self) -> None:
        """Send what waits, for a moment: a collector that is away holds up no end of the server."""
        sending = threading.Thread(target=self._provider.shutdown, name="last traces", daemon=True)
        sending.start()
        sending.join(TRACES_CLOSE_SECONDS)


def open_traces(settings: Settings) -> Tracer | None:
    """Return what sends spans to the collector of the settings; None, with a line in the log, where nothing can."""
    if not settings.traces_url:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return Tracer(OTLPSpanExporter(f"{settings.traces_url}/v1/traces", timeout=TRACES_ANSWER_SECONDS))
    except ImportError:
        _log.warning(MISSING)
    except ValueError:  # of an OTEL_... variable that the libraries read themselves
        _log.warning("No traces are sent: a variable that begins with OTEL_ has a value that cannot be used.")
    return None


def attributes_of(trace: Trace, job: Job, ending: Ending, repeated: str) -> dict[str, str | float | int | bool]:
    """Return what a span says of a use; what is not known of it is left out."""
    origin = job.result.origin if job.result is not None else Origin(path="")
    is_failed = ending is Ending.FAILED
    said: dict[str, str | float | int | bool | None] = {
        "gen_ai.operation.name": WORKFLOW,
        "gen_ai.workflow.name": job.task.value,
        "gen_ai.response.model": origin.weights_id or None,
        "gen_ai.response.time_to_first_chunk": job.first_seconds,
        "gen_ai.usage.output_tokens": trace.tokens,
        "error.type": (type(job.ending).__name__ if job.ending else trace.failure or "_OTHER") if is_failed else None,
        "hearback.adapter.id": origin.adapter_id or None,
        "hearback.ending": ending.value,
        "hearback.is_repeated": repeated in origin.settings,
        "hearback.path": origin.path or None,
        "hearback.prompt.version": origin.prompt_version or None,
        "hearback.reference": job.interaction_id[:8],  # as an error message and the log name it
        "hearback.waited_seconds": (job.started or job.ended or job.asked) - job.asked,
    }
    return {name: value for name, value in said.items() if value is not None}
