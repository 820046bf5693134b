"""Two servers with a data folder each on one database: what one trained and promoted, the other serves."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.engines import artefacts as files
from core.errors import ArtefactUnfit
from core.handbook import Handbook
from core.house import House
from core.learning.pipeline import keep_files
from core.loop import Artefact, Training
from core.store import artefact_files, artefacts, runs
from core.store.signals import SERVING
from core.types import Task
from tests.loop.serving_stories import a_dataset, a_founder, a_head, a_house, break_files

TEXT = "The delivery was late and the box was broken."
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)
pytestmark = pytest.mark.parametrize("database_url", [POSTGRES], indirect=True)


@pytest.fixture
def pair(tmp_path: Path, migrated_url: str) -> Iterator[tuple[House, House]]:
    """Two houses on one database, which share nothing else but the key."""
    key = {"HEARBACK_KEY": "k" * 32}
    with a_house(tmp_path / "a", migrated_url, **key) as a, a_house(tmp_path / "b", migrated_url, **key) as b:
        a.join()
        b.join()
        assert until(lambda: a.signals.is_listening and b.signals.is_listening)
        yield a, b


def until(is_so: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def promote(house: House, head: Artefact | None, kind: str = "promoted") -> None:
    with house.database.writing() as session:
        artefacts.serve(session, a_founder(house, kind), Task.SENTIMENT, "", head.artefact_id if head else "", kind)
    house.live.refresh()


def read(house: House) -> str:
    return house.tasks().sentiment.read(TEXT).label


def test_what_one_server_trained_and_promoted_the_other_fetches_and_serves_and_rolls_back(
    pair: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    monkeypatch.setattr("core.serving.LOOK_SECONDS", 600.0)  # only what is heard
    assert [read(a), read(b)] == ["negative", "negative"]
    head = a_head(a, "positive")
    assert keep_files(a.settings, a.database, [head]) == 1
    assert keep_files(a.settings, a.database, [head]) == 0, "once is enough"
    promote(a, head)
    assert until(lambda: read(b) == "positive")
    assert not b.serving.problem(head.artefact_id)
    assert (b.settings.data_folder / head.folder / "manifest.json").is_file()
    assert not list((b.settings.data_folder / "artefacts").glob("arriving-*"))
    promote(b, None, "rolled back")
    assert until(lambda: read(a) == "negative")


def test_what_was_promoted_elsewhere_is_loaded_before_anybody_asks(
    pair: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    head = a_head(a, "positive")
    keep_files(a.settings, a.database, [head])
    loaded = threading.Event()
    real = b.serving._here

    def noted(artefact: Artefact) -> object:
        found = real(artefact)
        loaded.set()
        return found

    monkeypatch.setattr(b.serving, "_here", noted)
    promote(a, head)
    assert loaded.wait(5.0)


def test_a_server_without_the_files_says_so_and_what_ships_answers(pair: tuple[House, House]) -> None:
    a, b = pair
    head = a_head(a, "positive")
    promote(a, head)
    b.live.refresh()
    assert [read(a), read(b)] == ["positive", "negative"]
    assert "missing" in b.serving.problem(head.artefact_id)


def test_files_that_one_server_lost_come_back(pair: tuple[House, House]) -> None:
    a, _ = pair
    head = a_head(a, "positive")
    keep_files(a.settings, a.database, [head])
    break_files(a, head)
    a.serving.prepare(head)
    assert files.verify(a.settings, head)


def test_files_that_were_changed_in_the_database_are_not_taken(pair: tuple[House, House]) -> None:
    a, b = pair
    head = a_head(a, "positive")
    content = files.contents(a.settings, head)
    with a.database.writing() as session:
        artefact_files.keep(session, head.artefact_id, content | {"head.safetensors": b"something else"})
    with pytest.raises(ArtefactUnfit, match="changed"):
        b.serving.prepare(head)
    assert not (b.settings.data_folder / head.folder).exists()


@pytest.mark.parametrize("name", ["../manifest.json", "/etc/manifest.json", "a/b"])
def test_a_name_in_the_database_leads_nowhere_else(pair: tuple[House, House], name: str) -> None:
    a, b = pair
    head = a_head(a, "positive")
    with pytest.raises(ArtefactUnfit, match="elsewhere"):
        files.restore(b.settings, head, {name: b"x"})


def test_broken_files_and_such_as_are_too_big_are_not_sent(
    pair: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = pair
    head, other = a_head(a, "positive"), a_head(a, "neutral")
    monkeypatch.setattr(files, "SENT_BYTES", 10)
    assert keep_files(a.settings, a.database, [head]) == 0
    monkeypatch.undo()
    break_files(a, other)
    assert keep_files(a.settings, a.database, [head, other]) == 1
    assert artefact_files.missing(a.database) == (other.artefact_id,)


def test_what_is_published_at_one_answers_at_the_other_before_anybody_asks_there(
    pair: tuple[House, House], tmp_path: Path
) -> None:
    a, b = pair
    assert a.handbook.open() == b.handbook.open() == 1
    shutil.copytree(a.settings.assets / "knowledge", tmp_path / "pages")
    (tmp_path / "pages" / "returns_and_refunds.md").write_text("# Returns\n\nYou have 90 days to send it back.\n")
    changed = Handbook(tmp_path / "pages", a.database, a.library)
    changed.open()
    a.handbook.follow()
    assert until(lambda: any("90 days" in passage.text for passage in b.library._mark("", "").passages))


def test_a_bug_in_what_follows_a_switch_does_not_make_a_server_deaf(pair: tuple[House, House]) -> None:
    a, b = pair
    b.signals.on(SERVING, lambda: 1 / 0)
    head = a_head(a, "positive")
    keep_files(a.settings, a.database, [head])
    promote(a, head)
    assert until(lambda: read(b) == "positive")
    promote(a, None, "rolled back")
    assert until(lambda: read(b) == "negative")


def test_a_server_whose_clock_is_wrong_takes_no_training_from_another(
    pair: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    with a.database.writing() as session:
        a_dataset(session, {})
    run = runs.add(a.database, a_founder(a), Task.SENTIMENT, "d1", Training(method="head"))
    assert runs.claim(a.database) is not None
    assert runs.claim(b.database) is None, "one at a time"
    monkeypatch.setattr(runs, "now", lambda: datetime.now(UTC) + timedelta(hours=3))
    assert runs.recover(b.database) == ()
    assert runs.beat(a.database, run.run_id, 1) is False
    assert runs.recover(b.database, stale_seconds=0.0) == (run.run_id,), "without a sign of life it is anybody's"
    assert runs.beat(a.database, run.run_id, 1) is None, "and the one that had it can change nothing"
    taken = runs.claim(b.database)
    assert taken is not None
    assert taken.attempt == 2
