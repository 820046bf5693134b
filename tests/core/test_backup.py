"""Everything in one file while people go on, and back again: whole, once, and without those who have left since."""

from __future__ import annotations

import json
import os
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.__main__ import main
from core.backup import DATABASE, MANIFEST, back_up, restore
from core.config import Settings, read_settings
from core.errors import BackupDamaged, DatabaseNotEmpty, Forgotten, Stopped
from core.loop import Split
from core.progress import Progress
from core.store import audit, members, queries, transfer
from core.store.db import Database
from core.store.office_tables import AuditRow, MemberSessionRow
from core.store.record import Recorder
from core.store.tables import CorrectionRow, InteractionRow, RatingRow
from core.types import Consent, Rating, Role
from tests.core.store_stories import an_interaction
from tests.loop.erasure_stories import MARK, a_dataset, a_life, an_artefact, left
from tests.promises import Found

ALL = Consent(log=True)
WRITERS = 3


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path) -> Settings:
    """The settings of the installation that is backed up, on either kind of database."""
    environment = {"HEARBACK_DATABASE_URL": migrated_url, "HEARBACK_DATA": str(tmp_path / "data")}
    return read_settings({"HEARBACK_PROFILE": "fake", **environment})


@pytest.fixture
def recorder(database: Database, settings: Settings) -> Iterator[Recorder]:
    recorder = Recorder(database, settings.data_folder / "spool")
    yield recorder
    recorder.close()


@pytest.fixture
def lives(database: Database, recorder: Recorder) -> Database:
    """A database with a row of a visitor in each table, in the database and in the files."""
    life = a_life(database, recorder, "ada")
    a_dataset(database, "d1", [(life, Split.TRAIN)])
    an_artefact(database, "a1", "d1", 1, life)
    return database


@pytest.fixture
def elsewhere(tmp_path: Path, empty_file: Path) -> Settings:
    """Another machine, with an empty database of SQLite and an empty data folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "hearback.db").write_bytes(empty_file.read_bytes())
    return read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder)})


def opened(settings: Settings) -> Database:
    return Database(settings.database_url)


@pytest.mark.promise("R18")
def test_what_is_copied_has_equal_counts_and_checksums_in_every_table(lives: Database, elsewhere: Settings) -> None:
    before = transfer.counted(lives)
    assert sum(table.rows > 0 for table in before.values()) > 20
    target = opened(elsewhere)
    assert transfer.copy(lives, target) == before
    assert transfer.counted(target) == before
    assert transfer.copy(target, lives, is_replacing=True) == before
    target.close()


def test_a_changed_value_changes_the_checksum(lives: Database) -> None:
    before = transfer.counted(lives)
    with lives.writing() as session:
        session.scalars(select(InteractionRow).limit(1)).one().output_text += "."
    after = transfer.counted(lives)
    assert {name for name in before if before[name] != after[name]} >= {"interactions"}
    assert before["interactions"].rows == after["interactions"].rows


def test_a_database_in_use_is_not_overwritten_unless_that_is_said(lives: Database, elsewhere: Settings) -> None:
    target = opened(elsewhere)
    members.add(target, "Bo", Role.FOUNDER)
    before = transfer.counted(target)
    with pytest.raises(DatabaseNotEmpty):
        transfer.copy(lives, target)
    assert transfer.counted(target) == before
    transfer.copy(lives, target, is_replacing=True)
    assert transfer.counted(target) == transfer.counted(lives)
    target.close()


@pytest.mark.promise("R18")
def test_a_copy_that_is_stopped_leaves_the_target_as_it_was(lives: Database, elsewhere: Settings) -> None:
    class Impatient(Progress):
        def advance(self, done: int, total: int, doing: str) -> None:
            if done > total / 2:
                self.stop.set()

    target = opened(elsewhere)
    with pytest.raises(Stopped):
        transfer.copy(lives, target, Impatient())
    with target.reading() as session:
        assert transfer.is_empty(session.connection())
    target.close()


@pytest.mark.promise("R18")
def test_a_backup_comes_back_on_another_machine_with_its_artefacts(
    lives: Database, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    artefact = settings.data_folder / "artefacts" / ("a" * 32) / "head.safetensors"
    artefact.parent.mkdir(parents=True)
    artefact.write_bytes(b"numbers")
    made = back_up(settings, tmp_path / "backups")
    assert (made.path.stat().st_mode & 0o777, made.files) == (0o600, 1)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [made.path.name]
    restored = restore(elsewhere, made.path)
    assert restored.tables == made.tables == transfer.counted(lives)
    assert (elsewhere.data_folder / "artefacts" / ("a" * 32) / "head.safetensors").read_bytes() == b"numbers"
    assert not list(elsewhere.data_folder.glob(".restoring*"))


@pytest.mark.promise("R18")
def test_a_backup_that_is_taken_while_people_write_is_one_moment(
    database: Database, recorder: Recorder, settings: Settings, elsewhere: Settings, tmp_path: Path, found: Found
) -> None:
    is_over = threading.Event()
    written: list[str] = []

    def write(visitor_id: str) -> None:
        while not is_over.is_set():
            told = an_interaction(visitor_id=visitor_id, consent=ALL)
            recorder.interaction(told)
            recorder.rate(Rating(told.interaction_id, 1), visitor_id)
            recorder.correct(told.interaction_id, visitor_id, "31 days.", told.interaction_id)
            written.append(told.interaction_id)

    writers = [threading.Thread(target=write, args=(f"visitor {number}",)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        while len(written) < 2 * WRITERS:
            is_over.wait(0.01)
        before = list(written)
        made = back_up(settings, tmp_path / "backups")
        at_most = len(written) + WRITERS
    finally:
        is_over.set()
        for writer in writers:
            writer.join(30)
    assert restore(elsewhere, made.path).tables == made.tables
    copy = opened(elsewhere)
    assert transfer.counted(copy)["corrections"] == made.tables["corrections"]
    with copy.reading() as session:
        kept = set(session.scalars(select(InteractionRow.interaction_id)))
        rated = set(session.scalars(select(RatingRow.interaction_id)))
        corrected = set(session.scalars(select(CorrectionRow.interaction_id)))
    copy.close()
    found("writers", WRITERS)
    found("written before it and missing in it", len(set(before) - corrected))
    found("written meanwhile", len(written) - len(before))
    assert set(before) <= corrected <= rated <= kept
    assert len(kept) <= at_most
    assert len(written) > len(before), "they went on meanwhile"


@pytest.mark.promise("R16")
@pytest.mark.promise("R18")
def test_who_was_forgotten_since_is_forgotten_again_and_everybody_logs_in_anew(
    lives: Database, recorder: Recorder, settings: Settings, tmp_path: Path
) -> None:
    member = members.add(lives, "Bo", Role.FOUNDER)
    members.open_session(lives, member.member_id, timedelta(hours=1))
    a_life(lives, recorder, "bob")
    made = back_up(settings, tmp_path / "backups")
    recorder.forget("ada")
    with pytest.raises(DatabaseNotEmpty):
        restore(settings, made.path)
    restore(settings, made.path, is_replacing=True)
    with lives.reading() as session:
        assert session.scalar(select(func.count()).select_from(MemberSessionRow)) == 0
    assert [row for row in left(lives, "ada") if row.startswith(("interactions", "visitors", "corrections"))] == []
    assert queries.recent(lives, "bob")
    with pytest.raises(Forgotten):
        recorder.welcome("ada")


@pytest.mark.promise("R18")
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_torn_backup_is_refused_and_nothing_is_changed(
    share: float, lives: Database, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    made = back_up(settings, tmp_path / "backups")
    torn = tmp_path / "torn.zip"
    torn.write_bytes(made.path.read_bytes()[: int(made.size * share)])
    with pytest.raises(BackupDamaged, match="Nothing was changed"):
        restore(elsewhere, torn)
    target = opened(elsewhere)
    with target.reading() as session:
        assert transfer.is_empty(session.connection())
    target.close()


@pytest.mark.promise("R18")
def test_a_backup_with_other_bytes_or_foreign_files_is_refused(
    lives: Database, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    made = back_up(settings, tmp_path / "backups")
    with zipfile.ZipFile(made.path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    told = json.loads(parts[MANIFEST])

    def packed_as(name: str, **changes: bytes) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as out:
            for part, content in (parts | changes).items():
                out.writestr(part, content)
        return path

    other = parts[DATABASE].replace(MARK.encode(), MARK.swapcase().encode(), 1)
    assert other != parts[DATABASE]
    evil = told | {"files": told["files"] | {"../evil": told["files"][DATABASE]}}
    fewer = told | {"tables": told["tables"] | {"interactions": {"rows": 0, "checksum": "0" * 32}}}
    cases = {
        "is not what it was": packed_as("other.zip", **{DATABASE: other}),
        "does not belong": packed_as("evil.zip", **{MANIFEST: json.dumps(evil).encode(), "../evil": parts[DATABASE]}),
        "rows are not": packed_as("fewer.zip", **{MANIFEST: json.dumps(fewer).encode()}),
        "another version": packed_as("later.zip", **{MANIFEST: json.dumps(told | {"format": 2}).encode()}),
        "no backup": packed_as("list.zip", **{MANIFEST: b"[]"}),
    }
    for why, path in cases.items():
        with pytest.raises(BackupDamaged, match=why):
            restore(elsewhere, path)
    assert not (tmp_path / "evil").exists()
    assert not (elsewhere.data_folder.parent / "evil").exists()


def test_older_backups_go_once_the_new_one_is_safe_and_other_files_stay(
    lives: Database, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    today = datetime.now(UTC)
    ages = {days: folder / f"hearback-{today - timedelta(days=days):%Y%m%dT%H%M%SZ}.zip" for days in (1, 20, 40)}
    for path in ages.values():
        path.write_bytes(b"older")
    (folder / "hearback-of-last-year.zip").write_bytes(b"kept by hand")
    made = back_up(settings, folder, keep_days=30)
    assert {path.name for path in folder.iterdir()} == {
        made.path.name,
        ages[1].name,
        ages[20].name,
        "hearback-of-last-year.zip",
    }


def test_what_a_killed_backup_left_lying_about_goes_with_the_next(
    lives: Database, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    for name, days in ((".unfinished-old", 2), (".unfinished-of-another-that-runs", 0)):
        (folder / name).mkdir(parents=True)
        (folder / name / "database.db").write_bytes(b"what people said")
        at = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(folder / name, (at, at))
    made = back_up(settings, folder)
    assert {path.name for path in folder.iterdir()} == {made.path.name, ".unfinished-of-another-that-runs"}


def test_the_commands_say_what_they_did_or_why_not(
    lives: Database,
    settings: Settings,
    elsewhere: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told(where: Settings, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("HEARBACK_DATABASE_URL", where.database_url)
        monkeypatch.setenv("HEARBACK_DATA", str(where.data_folder))
        code = main(words)
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    code, said = told(settings, "backup", str(tmp_path / "backups"), "--keep-days", "30")
    path = said.splitlines()[0]
    assert (code, Path(path).exists()) == (0, True)
    code, said = told(elsewhere, "restore", path)
    assert code == 0
    assert "Everybody has to log in anew" in said
    code, said = told(elsewhere, "restore", path)
    assert code == 1
    assert "--replace" in said
    code, said = told(settings, "copy", elsewhere.database_url, "--replace")
    assert code == 0
    assert "counts and checksums are equal" in said
    (tmp_path / "a file").write_text("here")
    code, said = told(settings, "backup", str(tmp_path / "a file"))
    assert code == 1
    assert "could not be written" in said
    assert told(replace(settings, data_folder=tmp_path), "restore", str(tmp_path / "nothing.zip"))[0] == 1


def test_new_rows_are_numbered_after_those_that_came(lives: Database, elsewhere: Settings) -> None:
    source = opened(elsewhere)
    member = members.add(source, "Bo", Role.FOUNDER)
    with source.writing() as session:
        for number in range(3):
            audit.note(session, member, f"deed {number}")
    transfer.copy(source, lives, is_replacing=True)
    with lives.writing() as session:
        audit.note(session, member, "the next deed")
    with lives.reading() as session:
        assert session.scalars(select(AuditRow.audit_id).order_by(AuditRow.audit_id)).all() == [1, 2, 3, 4]
    source.close()
