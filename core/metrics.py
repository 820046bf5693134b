"""What a look at the server says in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats).

Labels are names of the code's own, never what anybody typed, and never who they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from core.health import Health
from core.outcomes import BUCKETS, REFUSED

if TYPE_CHECKING:
    from prometheus_client import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ENGINE_STATES = ("waiting", "preparing", "ready", "failed")


def text_of(health: Health) -> bytes:
    """Return all metrics of one look."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Look(Collector):
        def collect(self) -> Iterator[Metric]:
            yield from _uses(health)
            yield from _engines(health)
            yield from _numbers(health)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Look())
    return bytes(generate_latest(registry))


def _uses(health: Health) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

    answers = CounterMetricFamily(
        "hearback_answers", "Uses of this server since its start.", labels=("task", "outcome")
    )
    seconds = HistogramMetricFamily("hearback_answer_seconds", "From asking to the end.", labels=("task", "outcome"))
    for (task, ending), took in sorted(health.outcomes.items()):
        answers.add_metric((task, ending), took.count)
        if ending != REFUSED:
            ends = [*map(str, BUCKETS), "+Inf"]
            seconds.add_metric((task, ending), list(zip(ends, accumulate(took.buckets), strict=True)), took.seconds)
    yield answers
    yield seconds


def _engines(health: Health) -> Iterator[Metric]:
    from prometheus_client.metrics_core import GaugeMetricFamily

    states = GaugeMetricFamily("hearback_engine_state", "1 for the state of each engine.", labels=("engine", "state"))
    for engine in health.engines:
        for state in ENGINE_STATES:
            states.add_metric((engine.name, state), float(engine.state == state))
    yield states


def _numbers(health: Health) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    backlog = health.backlog
    for name, told, value in (
        ("hearback_ready", "Whether /readyz says so.", float(not health.not_ready)),
        ("hearback_database_up", "Whether the database answers.", float(health.is_database_up)),
        ("hearback_queue_waiting", "Answers that wait for a slot.", health.waiting),
        ("hearback_queue_running", "Answers that are being made.", health.running),
        ("hearback_records_waiting", "Uses of this server that are not written down yet.", backlog.waiting),
        ("hearback_spool_bytes", "Bytes of records on the disk that wait for the database.", backlog.spool_bytes),
        ("hearback_spool_limit_bytes", "Bytes that may wait there.", backlog.limit_bytes),
        ("hearback_disk_free_bytes", "Free bytes on the disk of the data folder.", health.disk_free),
        ("hearback_restarts", "Starts after the server was killed, as far as is remembered.", len(health.ended_by)),
        ("hearback_disk_bytes", "Bytes of that disk.", health.disk_total),
    ):
        yield GaugeMetricFamily(name, told, value=value)
    yield CounterMetricFamily(
        "hearback_records_dropped", "Uses that this server could not keep since its start.", value=backlog.dropped
    )
