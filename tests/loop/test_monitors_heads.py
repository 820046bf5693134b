"""Stories about a monitor whose texts are read by one head and then by another, which errs differently."""

from __future__ import annotations

from core.house import House
from core.loop import Artefact
from core.office.monitors import Monitors
from core.store import artefacts
from core.types import Member, Task
from pages.parts.watch_words import basis
from tests.core.test_monitors import COLUMNS, ada, house, room, settled, weeks
from tests.loop.serving_stories import a_head

__all__ = ["ada", "house", "room"]

COUNTED = {
    "labels": ["negative", "neutral", "positive"],
    "sets": {"sst2_dev": {"domain": "Film reviews", "counts": [[90, 0, 10], [0, 0, 0], [20, 0, 80]]}},
}


def promote(house: House, who: Member, head: Artefact) -> None:
    with house.database.writing() as session:
        artefacts.serve(session, who, Task.SENTIMENT, "", head.artefact_id, "promoted")
    house.live.refresh()


def test_the_errors_of_the_head_that_ships_say_nothing_of_a_promoted_one(
    house: House, room: Monitors, ada: Member
) -> None:
    head = a_head(house, "negative")
    promote(house, ada, head)
    view = settled(room, ada, room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "shop.csv"))
    assert [(one.name, one.texts, one.is_live) for one in view.readers] == [("sentiment head 1", 80, True)]
    assert not view.recent.share.is_adjusted
    assert view.recent.share.raw == 1.0
    assert "As labelled by sentiment head 1" in basis(view)
    assert "its errors on such texts are not known" in basis(view)


def test_errors_that_the_card_tells_of_set_its_readings_right(house: House, room: Monitors, ada: Member) -> None:
    promote(house, ada, a_head(house, "negative", errors=COUNTED))
    view = settled(room, ada, room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "shop.csv"))
    assert view.errors is not None
    assert (view.errors.found, view.errors.negatives, view.errors.cleared) == (90, 100, 80)
    assert view.recent.share.is_adjusted


def test_a_card_that_tells_nonsense_sets_nothing_right(house: House, room: Monitors, ada: Member) -> None:
    promote(house, ada, a_head(house, "negative", errors={"labels": ["x"], "sets": 3}))
    view = settled(room, ada, room.add_table(ada, "Shop", weeks(4, 10, 10), COLUMNS, "shop.csv"))
    assert view.errors is None


def test_readings_of_two_heads_are_not_set_right_until_one_has_read_them_all(
    house: House, room: Monitors, ada: Member
) -> None:
    monitor_id = room.add_table(ada, "Shop", weeks(2, 10, 10), COLUMNS, "shop.csv")
    assert settled(room, ada, monitor_id).recent.share.is_adjusted
    promote(house, ada, a_head(house, "negative"))
    room.append(ada, monitor_id, weeks(1, 3, 3, start=22), "more.csv")
    view = settled(room, ada, monitor_id)
    assert [(one.name, one.texts, one.is_live) for one in view.readers] == [
        ("the head that ships", 40, False),
        ("sentiment head 1", 6, True),
    ]
    assert not view.recent.share.is_adjusted
    assert "heads err differently" in basis(view)
    room.read_again(ada, monitor_id)
    view = settled(room, ada, monitor_id)
    assert [(one.name, one.texts) for one in view.readers] == [("sentiment head 1", 46)]
