"""A use that was answered with what was there already counts as a use, and says nothing of how fast the weights are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.desk_answers import AT_THE_SAME_TIME, OF_THE_VISITOR, REPEATED
from core.store import rollups, tallies
from core.store.db import Database
from core.store.record import Recorder
from core.types import Scope
from tests.core.store_stories import an_interaction


def test_repeated_answers_are_counted_and_left_out_of_the_times(database: Database, tmp_path: Path) -> None:
    recorder = Recorder(database, tmp_path / "spool")
    for how in (None, OF_THE_VISITOR, AT_THE_SAME_TIME):
        told = an_interaction(total_seconds=2.0 if how is None else 0.001)
        settings = told.origin.settings if how is None else told.origin.settings | {REPEATED: how}
        recorder.interaction(replace(told, origin=replace(told.origin, settings=settings)))
    recorder.flush(10)
    recorder.close()
    rollups.refresh(database)
    assert tallies.tallies(database, Scope())[()].uses == 3
    times = tallies.times(database, Scope())[()]
    assert sum(times.total.values()) == 1
