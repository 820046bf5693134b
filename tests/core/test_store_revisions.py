"""Knowledge is published whole, in revisions that never change, and one of them is live."""

from __future__ import annotations

import pytest

from core.errors import NotYours, StoreError
from core.store import queries, revisions
from core.store.db import Database
from core.types import Passage


def a_passage(place: int, document: str = "returns", text: str = "Within 30 days.") -> Passage:
    return Passage(f"{document}-{place}", document, document.title(), "Returns > Lamps", text, place, "en")


HANDBOOK = {"shipping": [a_passage(0, "shipping")], "returns": [a_passage(0), a_passage(1, text="Ungeöffnet 📦")]}


def test_what_was_published_is_what_is_live_in_its_order(database: Database) -> None:
    assert queries.live_passages(database, "handbook") == (0, ())
    assert revisions.publish(database, "handbook", HANDBOOK, "first") == 1
    assert queries.live_passages(database, "handbook") == (1, (*HANDBOOK["shipping"], *HANDBOOK["returns"]))
    assert queries.live_passages(database, "another") == (0, ())


def test_publishing_the_same_again_makes_no_revision(database: Database) -> None:
    assert [revisions.publish(database, "handbook", HANDBOOK) for _ in range(3)] == [1, 1, 1]


def test_going_back_is_possible_and_going_nowhere_is_not(database: Database) -> None:
    assert queries.live_note(database, "handbook") == ""
    revisions.publish(database, "handbook", HANDBOOK, "first")
    assert revisions.publish(database, "handbook", {"returns": [a_passage(0, text="Within 14 days.")]}) == 2
    assert queries.live_note(database, "handbook") == "revision 2"
    revisions.go_live(database, "handbook", 1)
    assert queries.live_passages(database, "handbook")[0] == 1
    assert queries.live_note(database, "handbook") == "first"
    assert revisions.publish(database, "handbook", {"returns": [a_passage(0, text="Within 10 days.")]}) == 3
    with pytest.raises(NotYours):
        revisions.go_live(database, "handbook", 4)
    assert queries.live_passages(database, "handbook")[0] == 3


def test_a_revision_that_cannot_be_stored_whole_leaves_the_live_one(database: Database) -> None:
    revisions.publish(database, "handbook", HANDBOOK)
    with pytest.raises(StoreError):
        revisions.publish(database, "handbook", {"a": [a_passage(0)], "b": [a_passage(1), a_passage(1)]})
    assert queries.live_passages(database, "handbook") == (1, (*HANDBOOK["shipping"], *HANDBOOK["returns"]))
