"""P8: what writing everything down costs whoever waits for an answer, and how long a saved rating takes.

The caller's time in `Recorder.interaction` is measured while the writer thread is at work on the same two cores,
with synchronous=FULL on a real disk; calls come every 2 ms from one caller, then from eight, then from one while the
figures of the insights are counted anew without a pause. Every write fires the triggers that mark what to count.
"""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from core.store import rollups
from core.store.db import Database
from core.store.record import Recorder
from core.types import Consent, Ending, Interaction, Origin, Rating, Task, Turn
from tests.benchmarks.figure import Figure, rounds_spread

BARS = ("P8",)
ROUNDS = 5
CALLS = 500
RATINGS = 100
PAUSE_SECONDS = 0.002
TEXT = "The parcel came two days late and the lamp inside was broken. " * 16


def measure() -> list[Figure]:
    """Return the 95th percentile of the added time by number of callers, and the median of a saved rating."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'hearback.db'}")
        database.migrate()
        recorder = Recorder(database, Path(folder) / "spool")
        _round(recorder, 1)
        alone = [_round(recorder, 1) for _ in range(ROUNDS)]
        together = [_round(recorder, 8) for _ in range(ROUNDS)]
        counting = [_round_while_counting(database, recorder) for _ in range(ROUNDS)]
        recorder.flush(60)
        saved = [_rating_milliseconds(recorder) for _ in range(RATINGS)]
        recorder.close()
        database.close()
    note = f"{len(TEXT)} characters of output, SQLite, synchronous=FULL"
    figures = [
        Figure(
            bar="P8",
            name=f"added time of logging on the reply path, p95, {callers}{meanwhile}",
            value=statistics.median(rounds),
            unit="ms",
            n=ROUNDS * CALLS * callers,
            spread=rounds_spread(rounds),
            floor=2.0,
            aim=0.5,
            peer="no logging",
            note=note,
        )
        for callers, rounds, meanwhile in (
            (1, alone, " caller"),
            (8, together, " callers"),
            (1, counting, " caller, while a day of 20,000 uses is counted anew"),
        )
    ]
    return [*figures, _rating_figure(saved, note)]


def _rating_figure(saved: list[float], note: str) -> Figure:
    cuts = statistics.quantiles(saved, n=20)
    return Figure(
        bar="P8",
        name="a rating, from click to committed on disk, median",
        value=statistics.median(saved),
        unit="ms",
        n=RATINGS,
        spread=f"5th to 95th percentile {cuts[0]:.3g} to {cuts[-1]:.3g}",
        note=note,
        is_lower_better=True,
    )


def _round(recorder: Recorder, callers: int) -> float:
    """Return the 95th percentile in milliseconds of the calls of all callers together."""
    milliseconds: list[float] = []

    def call() -> None:
        for told in [_interaction() for _ in range(CALLS)]:
            time.sleep(PAUSE_SECONDS)
            start = time.perf_counter()
            recorder.interaction(told)
            milliseconds.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.quantiles(milliseconds, n=20)[-1]


def _round_while_counting(database: Database, recorder: Recorder) -> float:
    """Return the same for one caller while another thread counts what is marked, again and again."""
    is_over, counted = threading.Event(), 0

    def count() -> None:
        nonlocal counted
        while not is_over.is_set():
            rollups.refresh(database, 1.0)
            counted += 1

    counting = threading.Thread(target=count)
    counting.start()
    try:
        return _round(recorder, 1)
    finally:
        is_over.set()
        counting.join()
        assert counted, "nothing was counted meanwhile"


def _rating_milliseconds(recorder: Recorder) -> float:
    told = dataclasses.replace(_interaction(), visitor_id="ada")
    recorder.interaction(told)
    recorder.flush(10)
    start = time.perf_counter()
    recorder.rate(Rating(told.interaction_id, 1), "ada")
    return (time.perf_counter() - start) * 1000


def _interaction() -> Interaction:
    return Interaction(
        interaction_id=uuid.uuid4().hex,
        visitor_id=f"visitor {uuid.uuid4().int % 50}",
        task=Task.SUMMARIZE,
        started_at=datetime.now(UTC),
        input_text=TEXT,
        request={"text": TEXT, "length": "short", "form": "text"},
        output_text=TEXT,
        output={"kind": "Summary", "value": {"text": TEXT, "sentences": [{"text": TEXT, "source_spans": []}]}},
        language="en",
        ending=Ending.FINISHED,
        error="",
        origin=Origin("extracted", "minilm", "0" * 64),
        first_seconds=0.1,
        total_seconds=0.5,
        messages=(Turn("user", TEXT), Turn("assistant", TEXT)),
        consent=Consent(log=True),
    )
