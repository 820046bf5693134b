"""What the stories about the desk share: a desk on fakes, and waiting for an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from core.config import read_settings
from core.desk import Desk
from core.house import open_house
from core.jobs import JobView
from core.traces import Tracer


@contextmanager
def a_desk(database_url: str, folder: Path, tracer: Tracer | None = None) -> Iterator[Desk]:
    """Give the desk of a house on fakes, closed afterwards."""
    environment = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder), "HEARBACK_CACHE": str(folder)}
    house = open_house(replace(read_settings(environment), database_url=database_url))
    desk = Desk(house, tracer)
    try:
        yield desk
    finally:
        desk.close()
        house.close()


def result_of(desk: Desk, visitor_id: str, job_id: str) -> JobView:
    """Wait until a job is over, however it ended."""
    end = time.monotonic() + 30
    while not (view := desk.look(visitor_id, job_id)).is_over:
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.005)
    return view


def over(desk: Desk, visitor_id: str, job_id: str) -> JobView:
    """Wait until a job has finished well."""
    view = result_of(desk, visitor_id, job_id)
    assert view.state == "finished", view.sentence
    return view
