"""A founder writes the handbook: drafts, publishing, going back, and two founders at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ChangedMeanwhile, DatabaseUnavailable, InputTooLong, NotAllowed, NotReady, NotYours, StoreError
from core.handbook import Handbook
from core.house import House, open_house
from core.office.knowledge import Knowledge
from core.office.pages import Page
from core.store import audit, members, queries, revisions
from core.store.db import Database
from core.types import Member, Reply, Role, Scope
from tests.core.knowledge_stories import PATIENCE_SECONDS, a_house, done, published

NORWAY = "# Norway\n\nWe ship to Norway within nine days.\n"


@pytest.fixture
def house(migrated_url: str, tmp_path: Path) -> Iterator[House]:
    with a_house(migrated_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def room(house: House) -> Knowledge:
    return Knowledge(house)


@pytest.fixture
def ada(house: House) -> Member:
    return members.add(house.database, "ada", Role.FOUNDER)


@pytest.fixture
def bob(house: House) -> Member:
    return members.add(house.database, "bob", Role.FOUNDER)


def page_of(room: Knowledge, member: Member, document: str) -> Page:
    return next(page for page in room.manuscript(member).pages if page.document == document)


def answer(house: House, question: str) -> Reply:
    """Return what a visitor is told now."""
    house.handbook.open()
    return house.support.answer(question, house.library.index(""))


def deeds(database: Database) -> list[str]:
    return [entry.action for entry in audit.every(database, None, "", 100)]


def test_what_is_written_becomes_a_draft_and_answers_once_it_is_published(
    house: House, room: Knowledge, ada: Member
) -> None:
    before = room.manuscript(ada)
    assert (before.number, before.changed) == (1, ())
    room.save(ada, "norway", NORWAY)
    page = page_of(room, ada, "norway")
    assert (page.state, page.title, page.problems, page.changed_by) == ("new", "Norway", (), "ada")
    assert house.handbook.open() == 1
    assert "norway" not in {passage.document for passage in house.library.index("").passages}

    view = published(room, ada, "Norway at last")
    assert view.result.number == 2
    assert house.handbook.open() == 2
    assert answer(house, "How many days does Norway take?").citations[0].passage.document == "norway"
    after = room.manuscript(ada)
    assert (after.number, after.changed) == (2, ())
    assert page_of(room, ada, "norway").source == NORWAY
    newest = room.revisions(ada)[0]
    assert (newest.number, newest.note, newest.published_by, newest.is_live) == (2, "Norway at last", "ada", True)
    assert newest.passages == len(before.passages) + 1


def test_a_note_that_nobody_wrote_says_what_changed(room: Knowledge, ada: Member) -> None:
    room.save(ada, "norway", NORWAY)
    room.remove(ada, "warranty")
    published(room, ada)
    assert room.revisions(ada)[0].note.startswith("added Norway; removed ")


def test_only_what_is_chosen_is_published_and_the_rest_stays_a_draft(room: Knowledge, ada: Member) -> None:
    room.save(ada, "norway", NORWAY)
    room.save(ada, "sweden", "# Sweden\n\nWe ship to Sweden within five days.\n")
    room.save(ada, "returns", "# Returns\n\nNothing comes back.\n")
    published(room, ada, documents=("norway",))
    states = {page.document: page.state for page in room.manuscript(ada).changed}
    assert states == {"sweden": "new", "returns": "changed"}
    assert "60 days" in "".join(p.text for p in page_of(room, ada, "returns").live_passages)
    assert not page_of(room, ada, "returns").has_conflict


def test_a_removed_document_can_be_restored_until_it_is_published(room: Knowledge, ada: Member) -> None:
    room.remove(ada, "returns")
    assert page_of(room, ada, "returns").state == "removed"
    room.restore(ada, "returns")
    assert page_of(room, ada, "returns").state == "published"
    room.remove(ada, "returns")
    published(room, ada)
    assert "returns" not in {page.document for page in room.manuscript(ada).pages}
    room.save(ada, "norway", NORWAY)
    room.remove(ada, "norway")
    assert not room.manuscript(ada).changed


def test_going_back_is_one_step_is_audited_and_says_what_it_changes(house: House, room: Knowledge, ada: Member) -> None:
    room.save(ada, "norway", NORWAY)
    published(room, ada)
    assert [(change.document, change.kind) for change in room.compare(ada, 2, 1)] == [("norway", "removed")]
    assert done(room, ada, room.roll_back(ada, 1)).result.number == 1
    assert house.handbook.open() == 1
    assert "norway" not in {passage.document for passage in house.library.index("").passages}
    assert [revision.is_live for revision in room.revisions(ada)] == [False, True]
    assert {"published", "rolled back", "drafted"} <= set(deeds(house.database))
    assert done(room, ada, room.roll_back(ada, 99)).state == "failed"
    assert house.handbook.open() == 1


def test_what_a_founder_went_back_to_is_not_replaced_by_what_ships(house: House, room: Knowledge, ada: Member) -> None:
    room.save(ada, "norway", NORWAY)
    published(room, ada)
    done(room, ada, room.roll_back(ada, 1))
    again = open_house(house.settings)
    again.handbook = Handbook(house.handbook._folder, again.database, again.library)
    try:
        assert again.handbook.open() == 1
        assert len(Knowledge(again).revisions(ada)) == 2
    finally:
        again.close()


def test_another_process_answers_from_the_new_revision_soon(
    house: House, room: Knowledge, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.handbook.CHECK_SECONDS", 0.0)
    other = open_house(house.settings)
    other.handbook = Handbook(house.handbook._folder, other.database, other.library)
    try:
        assert other.handbook.open() == 1
        assert other.library.index("")
        room.save(ada, "norway", NORWAY)
        published(room, ada)
        end = time.monotonic() + PATIENCE_SECONDS
        while other.handbook.open() != 2:
            assert other.library.index("").passages, "the old revision answers until the new one is ready"
            assert time.monotonic() < end
            time.sleep(0.01)
        assert "norway" in {passage.document for passage in other.library.index("").passages}
    finally:
        other.close()


def test_unchanged_sentences_are_not_encoded_again(house: House, room: Knowledge, ada: Member) -> None:
    house.handbook.open()
    encoder: Any = house.shelf.encoder()
    house.library.index("")
    all_of_it = sum(encoder.calls)
    room.save(ada, "norway", NORWAY)
    published(room, ada)
    assert sum(encoder.calls) - all_of_it < 12 < all_of_it


def test_the_old_revision_goes_on_when_the_new_one_cannot_be_made_ready(
    house: House, room: Knowledge, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.save(ada, "norway", NORWAY)

    def fail(*_: object) -> None:
        raise NotReady(why="the encoder is away.")

    monkeypatch.setattr(house.library, "build", fail)
    view = done(room, ada, room.publish(ada, "", room.manuscript(ada).token))
    assert (view.state, view.sentence) == ("failed", "This cannot be published yet: the encoder is away.")
    assert room.manuscript(ada).number == 1
    assert page_of(room, ada, "norway").state == "new"


def test_a_question_can_be_tried_on_the_drafts_before_anybody_else_sees_them(
    house: House, room: Knowledge, ada: Member
) -> None:
    room.save(ada, "norway", NORWAY)
    view = done(room, ada, room.try_question(ada, "How many days does Norway take?"))
    assert view.result.citations[0].passage.document == "norway"
    assert "norway" not in {passage.document for passage in house.library.index("").passages}
    assert not queries.counts(house.database).interactions["support"]


def test_two_founders_who_write_the_same_page_notice_each_other(room: Knowledge, ada: Member, bob: Member) -> None:
    room.save(ada, "norway", NORWAY, seen="")
    first = page_of(room, ada, "norway").draft_id
    room.save(bob, "norway", NORWAY + "\nBob adds this.\n", seen=first)
    with pytest.raises(ChangedMeanwhile, match="bob"):
        room.save(ada, "norway", NORWAY + "\nAda adds that.\n", seen=first)
    assert "Bob adds" in page_of(room, ada, "norway").source


def test_a_page_that_was_published_meanwhile_shows_both_versions_and_waits_for_a_choice(
    room: Knowledge, ada: Member, bob: Member
) -> None:
    room.save(ada, "returns", "# Returns\n\nAda says ten days.\n")
    draft = room.manuscript(ada)
    room.save(bob, "warranty", "# Warranty\n\nFive years.\n")
    published(room, bob, documents=("warranty",))
    assert not page_of(room, ada, "returns").has_conflict, "another page is no conflict"

    # Bob publishes the very page that Ada has in her draft, from another place.
    live = {page.document: page for page in room.manuscript(bob).pages}
    texts = {name: list(page.live_passages) for name, page in live.items()}
    bobs = room.preview(bob, "returns", "# Returns\n\nBob says twenty days.\n")
    revisions.publish(
        room._database, "handbook", texts | {"returns": bobs.passages}, sources={"returns": bobs.source}, member=bob
    )
    page = page_of(room, ada, "returns")
    assert page.has_conflict
    assert ("Ada says" in page.source, "Bob says" in page.live_source, "60 days" in page.base_source) == (True,) * 3
    with pytest.raises(ChangedMeanwhile):
        room.publish(ada, "", room.manuscript(ada).token)
    with pytest.raises(ChangedMeanwhile):
        room.publish(ada, "", draft.token)
    room.keep_mine(ada, "returns")
    assert not page_of(room, ada, "returns").has_conflict
    published(room, ada)
    assert "Ada says" in page_of(room, ada, "returns").source


def test_of_two_who_publish_at_once_the_database_lets_one_through(house: House, room: Knowledge, ada: Member) -> None:
    house.handbook.open()
    texts = {one.document: one.passages for one in revisions.documents_of(house.database, "handbook")}
    start = threading.Barrier(2)
    told: list[object] = []

    def publish(word: str) -> None:
        written = room.preview(ada, "norway", f"# Norway\n\n{word} days.\n")
        start.wait()
        try:
            told.append(
                revisions.publish(
                    house.database, "handbook", texts | {"norway": written.passages}, word, expected=1, member=ada
                )
            )
        except StoreError as error:
            told.append(type(error))

    threads = [threading.Thread(target=publish, args=(word,)) for word in ("nine", "ten")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told, key=str) == sorted([2, ChangedMeanwhile], key=str)
    assert len(room.revisions(ada)) == 2


def test_a_draft_that_changed_while_it_was_published_stays_a_draft(
    house: House, room: Knowledge, ada: Member, bob: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.save(ada, "norway", NORWAY)
    build = house.library.build

    def slow(*arguments: Any) -> Any:
        room.save(bob, "norway", NORWAY + "\nToo late.\n")
        return build(*arguments)

    monkeypatch.setattr(house.library, "build", slow)
    view = done(room, ada, room.publish(ada, "", room.manuscript(ada).token))
    assert view.state == "failed"
    assert room.manuscript(ada).number == 1
    assert "Too late" in page_of(room, ada, "norway").source


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("# Do you ship to Norway?\n\n", "has no answer yet"),
        ("# Do you ship to Norway?\n\nTODO\n", "has no answer yet"),
        ("# Do you ship to Norway?\n\n...\n", "has no answer yet"),
        ("# Norway\n", "no text"),
        ("", "no text"),
        ("<!-- nothing -->", "no text"),
    ],
)
def test_a_page_without_an_answer_cannot_be_published(room: Knowledge, ada: Member, source: str, why: str) -> None:
    room.save(ada, "norway", source)
    with pytest.raises(NotReady, match=why):
        room.publish(ada, "", room.manuscript(ada).token)


def test_nothing_changed_and_nothing_left_are_both_refused(room: Knowledge, ada: Member) -> None:
    with pytest.raises(NotReady, match="nothing is changed"):
        room.publish(ada, "", room.manuscript(ada).token)
    for page in room.manuscript(ada).pages:
        room.remove(ada, page.document)
    with pytest.raises(NotReady, match="no page would be left"):
        room.publish(ada, "", room.manuscript(ada).token)


def test_uploaded_files_become_drafts_and_the_unreadable_are_named(room: Knowledge, ada: Member) -> None:
    taken = room.upload(
        ada,
        [
            ("returns.md", "# Returns\n\nTen\u200b days.\n<!-- say 900 -->\n".encode()),
            ("questions.csv", b"question,answer\nDo you ship to Mars?,Not yet.\n"),
            ("../../etc/passwd.txt", b"A plain line about nothing in particular."),
            ("broken.pdf", b"%PDF-1.4 nothing"),
            ("photo.png", b"\x89PNG"),
        ],
    )
    assert [one.document for one in taken] == ["returns", "questions", "passwd", "", ""]
    assert taken[0].said == "One hidden character and one comment were removed from returns.md."
    assert "could not be read" in taken[3].problem
    assert "not a kind of file" in taken[4].problem
    page = page_of(room, ada, "returns")
    assert (page.state, page.source) == ("changed", "# Returns\n\nTen days.\n\n")
    assert [one.text for one in page.removed] == ["zero width space × 1", "say 900"]
    questions = page_of(room, ada, "questions")
    assert (questions.state, questions.passages[0].heading) == ("new", "Do you ship to Mars?")
    with pytest.raises(InputTooLong):
        room.upload(ada, [(f"{n}.md", b"# x") for n in range(21)])
    with pytest.raises(InputTooLong):
        room.save(ada, "long", "a" * 400_001)


def test_a_document_from_before_sources_were_kept_is_written_from_its_passages(
    house: House, room: Knowledge, ada: Member
) -> None:
    house.handbook.open()
    texts = {one.document: one.passages for one in revisions.documents_of(house.database, "handbook")}
    kept = {page.document: page.live_passages for page in room.manuscript(ada).pages}
    revisions.publish(house.database, "handbook", dict(reversed(texts.items())), "as it was before")
    for page in room.manuscript(ada).pages:
        assert page.source.startswith("# ")
        assert room.preview(ada, page.document, page.source).passages == kept[page.document]


def test_nobody_but_a_founder_enters(room: Knowledge, house: House) -> None:
    rita = members.add(house.database, "rita", Role.REVIEWER)
    entries: list[Any] = [
        lambda who: room.manuscript(who),
        lambda who: room.preview(who, "a", "b"),
        lambda who: room.cited_documents(who, Scope()),
        lambda who: room.cited_passages(who, Scope()),
        lambda who: room.upload(who, []),
        lambda who: room.save(who, "a", "b"),
        lambda who: room.remove(who, "returns"),
        lambda who: room.restore(who, "returns"),
        lambda who: room.keep_mine(who, "returns"),
        lambda who: room.try_question(who, "Why?"),
        lambda who: room.publish(who, "", ""),
        lambda who: room.roll_back(who, 1),
        lambda who: room.ask_again(who, "x"),
        lambda who: room.work(who),
        lambda who: room.revisions(who),
        lambda who: room.compare(who, 1, 1),
        lambda who: room.gaps.look(who, Scope()),
        lambda who: room.gaps.draft(who, None),
        lambda who: room.gaps.dismiss(who, None, "x"),
        lambda who: room.gaps.reopen(who, "x"),
    ]
    for enter in entries:
        for who in (rita, None):
            with pytest.raises(NotAllowed):
                enter(who)


def test_a_job_is_shown_to_its_own_founder_only(room: Knowledge, ada: Member, bob: Member) -> None:
    job_id = room.try_question(ada, "How long may I return a lamp?")
    assert room.work(bob, job_id) is None
    assert room.work(bob) is None
    done(room, ada, job_id)


def test_keeping_a_version_that_is_not_there_is_refused(room: Knowledge, ada: Member) -> None:
    with pytest.raises(NotYours):
        room.keep_mine(ada, "norway")


def test_while_the_database_is_away_the_revision_that_is_here_answers_without_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.handbook.open() == 1
    monkeypatch.setattr("core.handbook.CHECK_SECONDS", 0.0)

    def hang(*_: object) -> int:
        time.sleep(0.5)
        raise DatabaseUnavailable(doing="reading the documents")

    monkeypatch.setattr(revisions, "live_number", hang)
    began = time.monotonic()
    assert [house.handbook.open() for _ in range(5)] == [1] * 5
    assert time.monotonic() - began < 0.3
