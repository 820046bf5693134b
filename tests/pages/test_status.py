"""A founder sees whether everything works, and in plain words what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.__main__ import main
from core.engines.shelf import TRANSLATOR
from core.health import Watch
from core.store import audit
from core.store.office_tables import AuditRow
from core.store.writer import Backlog
from core.types import Member, Role
from pages.parts.status import BACKED_UP
from pages.parts.wiring import house, watch
from tests.pages.conftest import Visit, logged_in


@pytest.fixture
def founder_here(own_house: None) -> Visit:
    house().shelf.warm()
    return logged_in(Role.FOUNDER)


def test_where_all_is_well_that_is_said_first(founder_here: Visit) -> None:
    text = founder_here.go("founder/status").text.replace("\\", "")
    assert "Everything works: 4 of 5 engines are open" in text
    assert "fake-generator" in text
    assert "It answers." in text
    assert "Nothing waits. This server lost 0 since its start." in text
    assert "Each other server" not in text, "there is none on SQLite"
    assert "It rests. Nothing was trained yet." in text
    assert "None is known of. Make one with" in text
    assert not founder_here.app.warning


def test_what_is_degraded_is_said_in_clear_words(founder_here: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    place = house().shelf._places[TRANSLATOR]
    place.state, place.detail = "failed", "The weights Toy are damaged (cut off), so they were not loaded."
    fine = watch().now()
    backlog = Backlog(12, datetime.now(UTC), spool_bytes=5_000_000, limit_bytes=64_000_000, dropped=3)
    hurt = replace(
        fine,
        ended_by=("SIGSEGV", "SIGKILL"),
        backlog=backlog,
        disk_free=10**8,
        engines=house().shelf.states(),
        is_shared=True,
    )
    monkeypatch.setattr(Watch, "now", lambda _self: hurt)
    founder_here.go("founder/status")
    text = founder_here.text
    assert "**4 things need you.** Whatever is not named here works." in text
    assert "not available" in text
    assert [warning.value.replace("\\", "") for warning in founder_here.app.warning][:4] == [
        place.detail,
        "12 uses wait on the disk until they can be written down.",
        "This server could not keep 3 uses since its start; their visitors were answered.",
        "Only 0.1 GB are free on the disk of the data folder.",
    ]
    assert "12 wait since" in text
    assert "This server lost 3 since its start. Each other server counts its own." in text
    assert "killed 2 times before and started again, the last time by SIGKILL" in text


def test_the_last_backup_is_known_and_an_old_one_is_named_old(
    founder_here: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["backup", str(tmp_path / "backups")]) == 0
    (file,) = (tmp_path / "backups").glob("hearback-*.zip")
    text = founder_here.go("founder/status").text.replace("\\", "")
    assert file.name in text
    assert "long ago" not in text
    with house().database.writing() as session:
        for row in session.query(AuditRow).filter(AuditRow.action == BACKED_UP):
            row.at -= timedelta(days=8)
    assert "That is long ago." in founder_here.go("founder/status").text


def test_the_name_of_a_backup_is_only_text(founder_here: Visit) -> None:
    audit.record(house().database, Member("terminal", "the terminal", Role.FOUNDER), BACKED_UP, "[x](http://evil)")
    assert "[x](" not in founder_here.go("founder/status").text
