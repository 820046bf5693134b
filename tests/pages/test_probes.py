"""What machines are told of this server, and what the public is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app import FrontDoor
from core import health
from core.engines.shelf import TRANSLATOR
from core.errors import DatabaseUnavailable, EngineBusy
from core.store.writer import Backlog
from core.types import Consent
from pages.parts import probes, wiring
from pages.parts.wiring import desk, house, watch
from tests.core.desk_stories import over
from tests.promises import Found

HERE, ELSEWHERE = "127.0.0.1", "203.0.113.9"
TOKEN = "a-token-for-machines-only"
CANARY = "canary-4711"


def asked(path: str, source: str = HERE, **headers: str) -> Any:
    """Ask for a path from an address."""
    app = Starlette(routes=probes.routes(), middleware=[Middleware(FrontDoor)])
    return TestClient(app, base_url="http://hearback.test", client=(source, 50_000)).get(path, headers=headers)


@pytest.fixture
def opened(own_house: None) -> Iterator[None]:
    """A house of this test's own, open and with its engines ready."""
    house().shelf.warm()
    yield
    watch()._database._asked_at = float("-inf")


def numbers(text: str) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and labels, read by Prometheus' own parser."""
    return {
        (one.name, *(f"{key}={value}" for key, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_a_server_that_is_well_is_ready_and_says_so_to_anybody(opened: None) -> None:
    assert asked("/readyz").json() == {"status": "ready", "reasons": []}
    far = asked("/readyz", ELSEWHERE)
    assert (far.status_code, far.json()) == (200, {"status": "ready"})
    assert far.headers["cache-control"] == "no-store"
    assert len(far.headers["x-request-id"]) == 16


WAYS: tuple[tuple[str, dict[str, str], bool], ...] = (
    (HERE, {}, True),
    ("::1", {}, True),
    (ELSEWHERE, {}, False),
    ("10.0.0.7", {}, False),
    (HERE, {"X-Forwarded-For": ELSEWHERE}, False),
    (HERE, {"Forwarded": "for=203.0.113.9"}, False),
    (HERE, {"X-Real-IP": "127.0.0.1"}, False),
    (ELSEWHERE, {"X-Forwarded-For": HERE}, False),
    ("testclient", {}, False),
    (ELSEWHERE, {"Authorization": f"Bearer {TOKEN}"}, True),
    (HERE, {"X-Forwarded-For": ELSEWHERE, "Authorization": f"bearer {TOKEN}"}, True),
    (ELSEWHERE, {"Authorization": f"Bearer {TOKEN}x"}, False),
    (ELSEWHERE, {"Authorization": "Bearer "}, False),
    (ELSEWHERE, {"Authorization": f"Basic {TOKEN}"}, False),
)


@pytest.mark.promise("R15")
def test_the_numbers_are_for_this_machine_and_for_who_has_the_token(
    opened: None, monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    monkeypatch.setenv("HEARBACK_METRICS_TOKEN", TOKEN)
    for source, headers, is_let_in in WAYS:
        answer = asked("/metrics", source, **headers)
        assert answer.status_code == (200 if is_let_in else 404), (source, headers)
        assert ("hearback_" in answer.text) == is_let_in
        assert ("reasons" in asked("/readyz", source, **headers).json()) == is_let_in
    found("ways to ask for the numbers", len(WAYS))


def test_without_a_token_none_opens(opened: None) -> None:
    for given in ("", "None", "Bearer", "0"):
        assert asked("/metrics", ELSEWHERE, Authorization=f"Bearer {given}").status_code == 404


def test_answers_are_counted_by_task_and_outcome_and_nothing_of_them_is_told(
    opened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = f"visitor-{CANARY}"
    desk().welcome(visitor)
    desk().choose(visitor, Consent(log=True), role=f"role {CANARY}")
    for text in (f"{CANARY} is wonderful.", f"{CANARY} is terrible."):
        over(desk(), visitor, desk().read_sentiment(visitor, text))
    monkeypatch.setattr(desk()._board, "admit", lambda *_: (_ for _ in ()).throw(EngineBusy(seconds=3.0)))
    with pytest.raises(EngineBusy):
        desk().summarize(visitor, f"{CANARY} again.")
    text = asked("/metrics").text
    assert CANARY not in text
    told = numbers(text)
    assert told[("hearback_answers_total", "outcome=finished", "task=sentiment")] == 2
    assert told[("hearback_answers_total", "outcome=refused", "task=summarize")] == 1
    assert told[("hearback_answer_seconds_count", "outcome=finished", "task=sentiment")] == 2
    assert told[("hearback_answer_seconds_bucket", "le=+Inf", "outcome=finished", "task=sentiment")] == 2
    assert told[("hearback_engine_state", "engine=translator", "state=ready")] == 1
    assert (told[("hearback_ready",)], told[("hearback_database_up",)]) == (1, 1)
    assert told[("hearback_disk_free_bytes",)] > 0
    assert told[("hearback_records_dropped_total",)] == 0


def test_a_broken_engine_a_full_spool_and_a_database_that_is_away_are_told_and_are_not_ready(
    opened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = house().shelf._places[TRANSLATOR]
    place.state, place.detail = "failed", "The weights Toy are not on this machine. Get them."
    backlog = Backlog(waiting=7, spool_bytes=95, limit_bytes=100, dropped=2)
    monkeypatch.setattr(type(house().recorder), "backlog", property(lambda _self: backlog))

    def away(_doing: str) -> Any:
        raise DatabaseUnavailable(doing="looking after it")

    monkeypatch.setattr(house().database, "reading", away)
    monkeypatch.setattr(health, "LOOK_SECONDS", 0.0)
    answer = asked("/readyz")
    assert answer.status_code == 503
    database, spool, engine = answer.json()["reasons"]
    assert "did not answer" in database
    assert "fill their place on the disk" in spool
    assert engine == place.detail
    far = asked("/readyz", ELSEWHERE)
    assert (far.status_code, far.json()) == (503, {"status": "not ready"})
    told = numbers(asked("/metrics").text)
    assert (told[("hearback_ready",)], told[("hearback_database_up",)]) == (0, 0)
    assert (told[("hearback_records_waiting",)], told[("hearback_records_dropped_total",)]) == (7, 2)
    assert told[("hearback_engine_state", "engine=translator", "state=failed")] == 1


def test_a_database_that_hangs_is_away_in_time_and_asked_by_one_thread(
    opened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wake = threading.Event()

    def hang(_doing: str) -> Any:
        wake.wait(10)
        raise DatabaseUnavailable(doing="looking after it")

    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(health, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(house().database, "reading", hang)
    began = time.monotonic()
    for _ in range(5):
        assert asked("/readyz").status_code == 503
    assert time.monotonic() - began < 2
    assert sum(thread.name == "probe" for thread in threading.enumerate()) == 1
    wake.set()


def test_before_the_house_is_open_it_is_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "is_open", lambda: False)
    assert asked("/readyz").json() == {"status": "not ready", "reasons": [probes.STARTING]}
    assert asked("/metrics").status_code == 503


def test_the_disk_and_what_waits_are_troubles_before_they_are_reasons(opened: None) -> None:
    fine = watch().now()
    assert not fine.troubles
    low = replace(fine, disk_free=10**8, disk_total=10**12)
    assert (len(low.not_ready), len(low.troubles)) == (0, 1)
    assert "0.1 GB are free" in low.troubles[0]
