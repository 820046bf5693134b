"""More made-up histories for what is counted ahead: the fast part has time for one of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.db import Database
from core.store.record import Recorder
from tests.core import test_store_cells, test_store_rollups


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(database, tmp_path / "spool")
    yield made
    made.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_cells_are_what_all_uses_one_by_one_come_to(database: Database, recorder: Recorder, seed: int) -> None:
    test_store_cells.test_cells_are_what_all_uses_one_by_one_come_to(database, recorder, seed)


def test_kept_sums_are_right_after_another_history(database: Database, recorder: Recorder) -> None:
    test_store_rollups.test_kept_sums_are_right_after_any_history(database, recorder, 2)
