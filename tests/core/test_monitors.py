"""Monitors, from a table or a folder to a share with its interval, in a house without weights."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import limits
from core.config import read_settings
from core.errors import (
    AlreadyThere,
    EmptyInput,
    HearbackError,
    InputTooLong,
    MissingColumn,
    NotAllowed,
    NotYours,
    OutOfRange,
    TooMany,
    TooManyRows,
    UnreadableFile,
)
from core.house import House, open_house
from core.insights.aspects import Aspect
from core.office.monitor_views import MonitorView
from core.office.monitors import Columns, Monitors
from core.store import members, monitors
from core.store.db import Database
from core.store.office_tables import AuditRow
from core.store.watched import Choice
from core.tables import Table
from core.types import Member, Role

ALL = Choice()
COLUMNS = Columns("review", "date", "product")


@pytest.fixture
def house(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    settings = read_settings(
        {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path / "data"), "HEARBACK_DATABASE_URL": migrated_url}
    )
    heads = tmp_path / "heads"
    heads.mkdir()
    counts = {"domain": "Reviews", "language": "en", "n": 400, "counts": [[180, 5, 15], [0, 0, 0], [20, 0, 180]]}
    told = {"head_id": "fake-head", "labels": ["negative", "neutral", "positive"], "sets": {"sst2_dev": counts}}
    (heads / "sentiment_errors.json").write_text(json.dumps(told))
    monkeypatch.setattr("core.office.monitor_views.ERRORS_FILE", str(heads / "sentiment_errors.json"))
    opened = open_house(settings)
    yield opened
    opened.close()


@pytest.fixture
def ada(house: House) -> Member:
    return members.add(house.database, "Ada", Role.FOUNDER)


@pytest.fixture
def room(house: House) -> Iterator[Monitors]:
    opened = Monitors(house)
    yield opened
    opened.close()


def a_table(*rows: tuple[str, str, str]) -> Table:
    return Table(("date", "product", "review"), list(rows))


def weeks(number: int, bad: int, good: int, start: int = 1) -> Table:
    """Return a table with so many bad and good reviews in each of the weeks."""
    rows = []
    for week in range(number):
        day = f"2026-03-{start + 7 * week:02d}"
        rows += [(day, "Lamp", f"Terrible delivery, it came late, week {week} number {one}.") for one in range(bad)]
        rows += [(day, "Bulb", f"Great light, I love it, week {week} number {one}.") for one in range(good)]
    return a_table(*rows)


def settled(room: Monitors, member: Member, monitor_id: str) -> MonitorView:
    end = time.monotonic() + 10
    while (view := room.progress(member, monitor_id)) is not None and not view.is_over:
        assert time.monotonic() < end, view
        time.sleep(0.01)
    assert view is None or view.state != "failed", view
    return room.view(member, monitor_id)


def test_a_table_becomes_a_monitor_with_a_share_and_its_interval(room: Monitors, ada: Member) -> None:
    view = settled(room, ada, room.add_table(ada, "  Shop  reviews ", weeks(4, 10, 10), COLUMNS, "shop.csv"))
    assert (view.monitor.name, view.monitor.texts, view.monitor.unread) == ("Shop reviews", 80, 0)
    assert view.recent.share.raw == 0.5
    assert view.recent.share.is_adjusted
    assert view.recent.share.value == pytest.approx(0.5)
    assert view.recent.share.low < 0.4 < 0.6 < view.recent.share.high
    assert view.products == ("Bulb", "Lamp")
    assert view.monitor.read_at is not None
    assert room.view(ada, view.monitor.monitor_id, "Lamp").recent.share.raw == 1.0


def test_rows_that_are_there_are_known_again_and_equal_ones_in_one_table_stay_two(room: Monitors, ada: Member) -> None:
    twice = ("2026-03-01", "Lamp", "Great.")
    monitor_id = room.add_table(ada, "Shop", a_table(twice, twice, ("2026-03-02", "Lamp", "Bad.")), COLUMNS, "a.csv")
    added = room.append(ada, monitor_id, a_table(twice, twice, twice, ("2026-03-03", "Lamp", "Bad.")), "b.csv")
    assert added == 2
    assert settled(room, ada, monitor_id).monitor.texts == 5


def test_what_a_table_lacks_is_said_in_a_sentence_and_nothing_is_kept(room: Monitors, ada: Member) -> None:
    table = weeks(1, 1, 1)
    with pytest.raises(MissingColumn, match="no column named text"):
        room.add_table(ada, "Shop", table, Columns("text"), "a.csv")
    with pytest.raises(EmptyInput):
        room.add_table(ada, "Shop", a_table(("2026-03-01", "Lamp", " . ")), Columns("review"), "a.csv")
    with pytest.raises(InputTooLong):
        room.add_table(ada, "x" * 61, table, COLUMNS, "a.csv")
    with pytest.raises(EmptyInput):
        room.add_table(ada, "  ", table, COLUMNS, "a.csv")
    assert room.all(ada) == ()
    settled(room, ada, room.add_table(ada, "Shop", table, COLUMNS, "a.csv"))
    with pytest.raises(AlreadyThere, match="named SHOP"):
        room.add_table(ada, "SHOP", table, COLUMNS, "a.csv")


def test_limits_hold(room: Monitors, ada: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(room, ada, room.add_table(ada, "Small", weeks(1, 3, 3), COLUMNS, "a.csv"))
    monkeypatch.setattr(monitors, "MONITOR_TEXTS", 10)
    monkeypatch.setattr(limits, "MONITOR_TEXTS", 10)
    with pytest.raises(TooManyRows):
        room.add_table(ada, "Shop", weeks(2, 3, 3), COLUMNS, "a.csv")
    [kept] = room.all(ada)
    with pytest.raises(TooManyRows):
        room.append(ada, kept.monitor.monitor_id, weeks(2, 4, 4), "b.csv")
    assert room.all(ada)[0].monitor.texts == 6
    monkeypatch.setattr(monitors, "MONITORS", 1)
    with pytest.raises(TooMany, match="monitors"):
        room.add_table(ada, "Other", weeks(1, 1, 1), COLUMNS, "a.csv")
    with pytest.raises(TooMany, match="aspects"):
        room.set_aspects(ada, kept.monitor.monitor_id, [Aspect(f"a{n}", ("b",)) for n in range(13)])


def test_a_read_that_was_stopped_goes_on_where_it_was(house: House, room: Monitors, ada: Member) -> None:
    class Slow:
        """Stands in for the task: stops the reading after its first batch."""

        def read_table(self, table: Table, column: str, progress: object = None) -> object:
            room.stop(ada, monitor_id)
            return real.read_table(table, column)

    real = house.sentiment
    table = weeks(4, 25, 25)
    monitor_id = room.add_table(ada, "Shop", a_table(("2026-03-01", "", "Good.")), COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    house.__dict__["sentiment"] = Slow()
    room.append(ada, monitor_id, table, "b.csv")
    stopped = settled(room, ada, monitor_id)
    assert 0 < stopped.monitor.unread < 200
    view = room.progress(ada, monitor_id)
    assert view is not None
    assert view.state == "stopped"
    house.__dict__["sentiment"] = real
    room.read(ada, monitor_id)
    assert settled(room, ada, monitor_id).monitor.unread == 0


def test_a_folder_is_read_again_and_only_what_is_new_comes_in(house: House, room: Monitors, ada: Member) -> None:
    inbox = house.settings.watch_folder / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "march.csv").write_text("date,review\n2026-03-01,Great lamp\n2026-03-02,Terrible lamp\n")
    (inbox / "calls-2026-03-05.txt").write_text("The delivery was late.\n\nThank you, great help.\n")
    (inbox / "wrong.csv").write_text("when,what\n1,2\n")
    (inbox / "photo.png").write_bytes(b"\x89PNG")
    assert room.folders(ada) == ("inbox",)
    monitor_id = room.add_folder(ada, "Inbox", "inbox", COLUMNS)
    view = settled(room, ada, monitor_id)
    assert view.monitor.texts == 4
    [problem] = view.monitor.settings["problems"]
    assert problem.startswith("wrong.csv: There is no column named review")
    _, texts = room.texts(ada, monitor_id, ALL, 10)
    assert {one.day for one in texts} == {"2026-03-01", "2026-03-02", "2026-03-05"}
    (inbox / "april.csv").write_text("date,review\n2026-04-01,Great lamp\n2026-03-01,Great lamp\n")
    room.read(ada, monitor_id)
    assert settled(room, ada, monitor_id).monitor.texts == 5


@pytest.mark.parametrize("name", ["..", ".", "/etc", "inbox/../..", "out", "", "none", ".hidden", "file.txt"])
def test_only_folders_below_the_watched_one_are_read(
    house: House, room: Monitors, ada: Member, tmp_path: Path, name: str
) -> None:
    watched, outside = house.settings.watch_folder, tmp_path / "outside"
    for folder in (watched / "inbox", watched / ".hidden", outside):
        folder.mkdir(parents=True)
    (watched / "file.txt").write_text("text")
    (watched / "out").symlink_to(outside)
    assert room.folders(ada) == ("inbox",)
    with pytest.raises(UnreadableFile):
        room.add_folder(ada, "Inbox", name, COLUMNS)


def test_a_file_that_is_a_link_out_of_the_watched_folder_is_not_read(
    house: House, room: Monitors, ada: Member, tmp_path: Path
) -> None:
    inbox = house.settings.watch_folder / "inbox"
    inbox.mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("a secret")
    (inbox / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inbox / "own.txt").write_text("Great lamp.")
    monitor_id = room.add_folder(ada, "Inbox", "inbox", COLUMNS)
    assert settled(room, ada, monitor_id).monitor.texts == 1


def test_a_corrected_label_changes_the_share_at_once_and_can_be_taken_back(room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "a.csv")
    before = settled(room, ada, monitor_id).recent.share
    _, [first, *_] = room.texts(ada, monitor_id, Choice(label="negative"), 1)
    room.correct(ada, first.text_id, "positive")
    after = room.view(ada, monitor_id).recent.share
    assert after.raw == pytest.approx(39 / 80)
    assert after.value < before.value
    [kept] = room.corrected(ada)
    assert (kept.monitor, kept.label, kept.corrected_label, kept.member) == ("Shop", "negative", "positive", "Ada")
    assert room.texts(ada, monitor_id, Choice(only_said=True), 9)[0] == 1
    room.correct(ada, first.text_id, "")
    assert room.corrected(ada) == ()
    assert room.view(ada, monitor_id).recent.share == before
    with pytest.raises(OutOfRange):
        room.correct(ada, first.text_id, "angry")
    with pytest.raises(NotYours):
        room.correct(ada, 10**9, "positive")


def test_corrections_of_the_sample_are_told_apart(room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Sample", weeks(1, 2, 2), COLUMNS, "a.csv", is_sample=True)
    settled(room, ada, monitor_id)
    _, [first, *_] = room.texts(ada, monitor_id, ALL, 1)
    room.correct(ada, first.text_id, "neutral")
    assert room.corrected(ada) == ()
    assert len(room.corrected(ada, with_samples=True)) == 1
    assert room.all(ada, is_sample=False) == ()


def test_checked_texts_become_the_errors_that_are_used_once_they_are_enough(room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(4, 15, 15), COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    first = room.draw_check(ada, monitor_id, seed=1)
    assert len(set(first)) == 30
    for text_id in first:
        room.check(ada, text_id, room.text(ada, text_id).label)
    view = room.view(ada, monitor_id)
    assert view.known.own.n == 30
    assert view.errors is not None
    assert not view.errors.is_own
    second = room.draw_check(ada, monitor_id, seed=2)
    assert not set(first) & set(second)
    for text_id in second:
        room.check(ada, text_id, room.text(ada, text_id).label)
    used = room.view(ada, monitor_id).errors
    assert used is not None
    assert used.is_own
    assert used.sensitivity == used.specificity == 1.0
    room.set_domain(ada, monitor_id, "sst2_dev")
    assert room.view(ada, monitor_id).errors == view.errors


def test_without_counted_errors_the_share_is_that_of_the_labels(
    room: Monitors, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.office.monitor_views.ERRORS_FILE", "nowhere.json")
    share = settled(room, ada, room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "a.csv")).recent.share
    assert not share.is_adjusted
    assert share.value == share.raw == 0.5


def test_a_line_that_is_crossed_shows_in_the_list_with_since_when(room: Monitors, ada: Member) -> None:
    rows = [*weeks(2, 2, 38).rows, *weeks(2, 38, 2, start=15).rows]
    monitor_id = room.add_table(ada, "Shop", a_table(*rows), COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    room.set_line(ada, monitor_id, 0.3)
    [brief] = room.all(ada)
    assert brief.is_above
    assert brief.above_since is not None
    assert brief.above_since.isoformat() == "2026-03-15"
    room.set_line(ada, monitor_id, None)
    assert not room.all(ada)[0].is_above
    for wrong in (0.0, 1.0, -3.0, float("nan")):
        with pytest.raises(OutOfRange):
            room.set_line(ada, monitor_id, wrong)


def test_aspects_are_found_counted_and_looked_for_again_when_they_change(room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "a.csv")
    view = settled(room, ada, monitor_id)
    delivery = next(one for one in view.aspects if one.aspect.name == "Delivery")
    assert delivery.share.n == 40
    assert delivery.share.raw == 1.0
    room.set_aspects(ada, monitor_id, [Aspect("Light", ("Great light",)), Aspect("Late", (" ", "It came late"))])
    light, late = settled(room, ada, monitor_id).aspects
    assert (light.share.n, light.share.raw) == (40, 0.0)
    assert (late.share.n, late.share.raw) == (40, 1.0)
    _, texts = room.texts(ada, monitor_id, Choice(aspect_id=late.aspect.aspect_id), 100)
    assert {one.product for one in texts} == {"Lamp"}
    with pytest.raises(EmptyInput):
        room.set_aspects(ada, monitor_id, [Aspect("Light", ()), Aspect("light", ())])
    room.set_aspects(ada, monitor_id, [])
    assert settled(room, ada, monitor_id).aspects == ()


def test_two_products_are_compared_in_all_and_by_aspect(room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    found = room.compare(ada, monitor_id, Choice(product="Bulb"), Choice(product="Lamp"))
    assert found.whole.raw == 1.0
    assert found.whole.is_shown
    same = room.compare(ada, monitor_id, Choice(until="2026-03-14"), Choice(since="2026-03-15"))
    assert same.whole.raw == 0.0
    assert not same.whole.is_shown


def test_quotes_are_negative_and_do_not_repeat_each_other(room: Monitors, ada: Member) -> None:
    rows = [("2026-03-01", "", f"Terrible, awful delivery, number {n}.") for n in range(9)]
    table = a_table(*rows, ("2026-03-01", "", "The shade is broken."), ("2026-03-01", "", "Great."))
    monitor_id = room.add_table(ada, "Shop", table, COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    quotes = [one.text for one in room.quotes(ada, monitor_id, ALL, 3)]
    assert len(quotes) == 2
    assert "The shade is broken." in quotes


def test_texts_are_searched_as_they_are_written(room: Monitors, ada: Member) -> None:
    table = a_table(("2026-03-01", "", "100% bad_lamp"), ("2026-03-01", "", "1000 bad lamps"))
    monitor_id = room.add_table(ada, "Shop", table, COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    assert room.texts(ada, monitor_id, Choice(words="100%"), 9)[0] == 1
    assert room.texts(ada, monitor_id, Choice(words="BAD_"), 9)[0] == 1
    assert room.texts(ada, monitor_id, Choice(words="bad"), 9)[0] == 2


def test_a_deleted_monitor_is_gone_with_its_texts(room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    room.remove(ada, monitor_id)
    assert room.all(ada) == ()
    with pytest.raises(NotYours):
        room.view(ada, monitor_id)


def test_every_deed_is_in_the_audit_log(house: House, room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(1, 2, 2), COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    _, [first, *_] = room.texts(ada, monitor_id, ALL, 1)
    room.correct(ada, first.text_id, "neutral")
    room.check(ada, first.text_id, "neutral")
    room.set_line(ada, monitor_id, 0.3)
    room.set_aspects(ada, monitor_id, [])
    settled(room, ada, monitor_id)
    room.remove(ada, monitor_id)
    assert audited(house.database) == [
        "added monitor", "added texts", "corrected label", "checked label", "set alert line", "chose aspects",
        "deleted monitor",
    ]  # fmt: skip


def audited(database: Database) -> list[str]:
    with database.reading() as session:
        rows = session.query(AuditRow).order_by(AuditRow.audit_id)
        return [row.action for row in rows if row.name == "Ada"]


def test_nobody_but_a_founder_enters(house: House, room: Monitors, ada: Member) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(1, 1, 1), COLUMNS, "a.csv")
    settled(room, ada, monitor_id)
    reviewer = dataclasses.replace(ada, role=Role.REVIEWER)
    choice = Choice()
    for ask in (
        lambda: room.all(reviewer),
        lambda: room.folders(reviewer),
        lambda: room.add_table(reviewer, "x", weeks(1, 1, 1), COLUMNS, "a.csv"),
        lambda: room.add_folder(reviewer, "x", "y", COLUMNS),
        lambda: room.append(reviewer, monitor_id, weeks(1, 1, 1), "a.csv"),
        lambda: room.read(reviewer, monitor_id),
        lambda: room.read_if_due(reviewer, monitor_id),
        lambda: room.progress(reviewer, monitor_id),
        lambda: room.stop(reviewer, monitor_id),
        lambda: room.remove(reviewer, monitor_id),
        lambda: room.view(reviewer, monitor_id),
        lambda: room.quotes(reviewer, monitor_id, choice),
        lambda: room.compare(reviewer, monitor_id, choice, choice),
        lambda: room.texts(reviewer, monitor_id, choice, 1),
        lambda: room.text(reviewer, 1),
        lambda: room.corrected(reviewer),
        lambda: room.correct(reviewer, 1, ""),
        lambda: room.draw_check(reviewer, monitor_id),
        lambda: room.check(reviewer, 1, ""),
        lambda: room.set_line(reviewer, monitor_id, None),
        lambda: room.set_domain(reviewer, monitor_id, ""),
        lambda: room.aspects(reviewer, monitor_id),
        lambda: room.set_aspects(reviewer, monitor_id, ()),
    ):
        with pytest.raises(NotAllowed):
            ask()
    with pytest.raises(HearbackError):
        room.view(ada, "unknown")
