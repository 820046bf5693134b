"""Old uses go to files that hold figures and nobody, are proved before anything is removed, and come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from core import archive
from core.errors import BackupDamaged, OutOfRange
from core.store import removals, rollups, tallies
from core.store.db import Database
from core.store.record import Recorder
from core.store.tables import InteractionRow
from core.types import Rating, Scope
from tests.core.store_stories import an_interaction

BEFORE = date(2026, 4, 1)


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(database, tmp_path / "spool")
    yield made
    made.close()


@pytest.fixture
def filled(database: Database, recorder: Recorder) -> Database:
    for number in range(12):
        at = datetime(2026, 2, 3, 12, tzinfo=UTC) + timedelta(days=5 * number)
        one = an_interaction(visitor_id=f"visitor-{number % 3}", started_at=at, input_text="my name is Ada Lovelace")
        recorder.interaction(one)
        if number % 2:
            recorder.rate(Rating(one.interaction_id, 1, comment="call me at home"), one.visitor_id)
    recorder.flush()
    rollups.refresh(database)
    return database


def test_an_archive_holds_figures_and_neither_texts_nor_ids(filled: Database, tmp_path: Path) -> None:
    done = archive.archive(filled, BEFORE, tmp_path / "old")
    assert [one.file.name for one in done] == ["uses-2026-02.parquet", "uses-2026-03.parquet"]
    assert sum(one.uses for one in done) == 12
    with filled.reading() as session:
        ids = session.scalars(select(InteractionRow.interaction_id)).all()
    for one in done:
        held = one.file.read_bytes() + repr(pq.read_table(one.file).to_pylist()).encode()
        for word in (b"Ada", b"visitor-", b"30 days", b"call me", b"How long", *(use.encode() for use in ids)):
            assert word not in held
        assert one.file.stat().st_mode & 0o077 == 0
    kept = [one for one in removals.removals(filled) if one.kind == removals.ARCHIVE]
    assert {(one.file, one.sha256) for one in kept} == {(one.file.name, one.sha256) for one in done}
    assert count(filled) == 12


def test_the_same_visitor_has_another_name_in_each_file(filled: Database, tmp_path: Path) -> None:
    first, second = (
        {row["visitor"] for row in pq.read_table(one.file).to_pylist()}
        for one in archive.archive(filled, BEFORE, tmp_path / "old")
    )
    assert (len(first), len(second)) == (3, 3)
    assert not first & second


def test_what_is_removed_comes_back_and_sums_are_the_same_all_along(filled: Database, tmp_path: Path) -> None:
    before = tallies.tallies(filled, Scope(), "day")
    done = archive.archive(filled, BEFORE, tmp_path / "old", is_removing=True)
    assert (done[-1].removed, count(filled)) == (12, 0)
    rollups.refresh(filled)
    assert tallies.tallies(filled, Scope(), "day") == before
    files = [one.file for one in done]
    assert archive.restore(filled, files) == 12
    assert archive.restore(filled, files) == 0
    rollups.refresh(filled)
    assert tallies.tallies(filled, Scope(), "day") == before
    assert count(filled) == 12


def test_a_database_that_never_knew_them_counts_what_is_restored(filled: Database, tmp_path: Path) -> None:
    before = tallies.tallies(filled, Scope(), "day", "task")
    files = [one.file for one in archive.archive(filled, BEFORE, tmp_path / "old")]
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    other.migrate()
    archive.restore(other, files)
    rollups.refresh(other)
    assert tallies.tallies(other, Scope(), "day", "task") == before
    other.close()


def test_an_archive_does_not_come_back_beside_what_it_was_made_of(filled: Database, tmp_path: Path) -> None:
    (one, *_) = archive.archive(filled, BEFORE, tmp_path / "old")
    with pytest.raises(BackupDamaged, match="still in the database"):
        archive.restore(filled, [one.file])
    assert count(filled) == 12


def test_a_file_that_is_not_whole_is_refused_and_nothing_is_removed(filled: Database, tmp_path: Path) -> None:
    (one, *_) = archive.archive(filled, BEFORE, tmp_path / "old")
    whole = one.file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"PAR1 no archive PAR1", b""):
        one.file.write_bytes(damaged)
        with pytest.raises(BackupDamaged):
            archive.restore(filled, [one.file])
        with pytest.raises(BackupDamaged):
            archive.archive(filled, BEFORE, tmp_path / "old", is_removing=True)
    assert count(filled) == 12


def test_a_month_that_is_not_over_is_refused(filled: Database, tmp_path: Path) -> None:
    with pytest.raises(OutOfRange):
        archive.archive(filled, datetime.now(UTC).date() + timedelta(days=40), tmp_path / "old")
    for wrong in ("2026", "2026-13", "yesterday"):
        with pytest.raises(ValueError, match=r"match|month|time data|remains"):
            archive.month_of(wrong)


def test_a_corrected_use_stays_and_is_in_no_file(filled: Database, recorder: Recorder, tmp_path: Path) -> None:
    with filled.reading() as session:
        row = session.scalars(select(InteractionRow).order_by(InteractionRow.started_at)).first()
    assert row is not None
    recorder.correct(row.interaction_id, row.visitor_id, "60 days.", "key")
    rollups.refresh(filled)
    done = archive.archive(filled, BEFORE, tmp_path / "old", is_removing=True)
    assert (sum(one.uses for one in done), done[-1].removed, count(filled)) == (11, 11, 1)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(InteractionRow)) or 0
