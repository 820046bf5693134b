"""Questions without an answer: found, counted, grouped, answered by a page, and asked again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.engines.fake import FakeEncoder
from core.errors import NotReady, NotYours
from core.house import House
from core.knowledge.gaps import gap_of, groups_of
from core.office.knowledge import Knowledge
from core.store import audit, members, rollups
from core.store.citations import by_document, by_passage
from core.store.gaps import OpenQuestion, questions
from core.types import Consent, Ending, Member, Origin, Rating, Role, Scope, Task, Turn
from tests.core.knowledge_stories import a_house, a_question, done, keep, mark_as_sample, published

NORWAY = ("Do you deliver to Norway?", "do you deliver to Norway", "Do you deliver to Norway at all?")
ANSWERED: dict[str, Any] = {"is_abstained": False, "origin": Origin("extracted")}
ALL = Scope()


@pytest.fixture
def house(migrated_url: str, tmp_path: Path) -> Iterator[House]:
    with a_house(migrated_url, tmp_path) as opened:
        opened.handbook.open()
        yield opened


@pytest.fixture
def room(house: House) -> Knowledge:
    return Knowledge(house)


@pytest.fixture
def ada(house: House) -> Member:
    return members.add(house.database, "ada", Role.FOUNDER)


def rate(house: House, interaction_id: str, visitor: str, *reasons: str, score: int = 0) -> None:
    house.recorder.rate(Rating(interaction_id, score, reasons), visitor)


def found(house: House, scope: Scope = ALL) -> dict[str, tuple[str, ...]]:
    """Return the texts of the questions without an answer, each with why."""
    return {one.text: one.why for one in questions(house.database, "handbook", scope, 100)[0]}


def test_a_question_is_a_gap_when_it_was_abstained_on_handed_off_or_rated_wrong(house: House) -> None:
    handed, wrong, fine, hard, good = keep(
        house.recorder,
        a_question("handed off", "v1", **ANSWERED),
        a_question("wrong", "v2", **ANSWERED),
        a_question("fine", "v3", **ANSWERED),
        a_question("hard to read", "v4", **ANSWERED),
        a_question("good", "v5", **ANSWERED),
    )
    both, *_ = keep(house.recorder, a_question("abstained", "v1"), a_question("an order", "v6"))
    house.recorder.hand_off(handed, "v1", "I need a person")
    house.recorder.hand_off(both, "v1", "The answer is not here")
    rate(house, wrong, "v2", "Wrong source", "Hard to read")
    rate(house, fine, "v3")
    rate(house, hard, "v4", "Hard to read")
    rate(house, good, "v5", "Right answer", score=1)
    assert found(house) == {
        "handed off": ("handed off",),
        "wrong": ("rated",),
        "abstained": ("abstained", "handed off"),
        "an order": ("abstained",),
    }


@pytest.mark.parametrize("reason", ["Wrong", "Incomplete", "Wrong source", "Should have answered"])
def test_these_reasons_of_a_thumb_down_speak_of_the_handbook(house: House, reason: str) -> None:
    (one,) = keep(house.recorder, a_question("x", "v", **ANSWERED))
    rate(house, one, "v", reason)
    assert found(house) == {"x": ("rated",)}


def test_what_is_no_question_to_the_handbook_is_no_gap(house: House) -> None:
    keep(
        house.recorder,
        a_question("own documents", knowledge_id="3f2a"),
        a_question("another task", task=Task.TRANSLATE),
        a_question("stopped", ending=Ending.STOPPED),
        a_question("an order", origin=Origin("abstained", settings={"reason": "order"})),
    )
    assert found(house) == {}


def test_the_scope_chooses_and_sample_rows_are_never_mixed_in(house: House) -> None:
    mark_as_sample(house, "s")
    keep(
        house.recorder,
        a_question("in May", started_at=datetime(2026, 5, 31, 23, 59, tzinfo=UTC)),
        a_question("in June", started_at=datetime(2026, 6, 1, tzinfo=UTC)),
        a_question("by a founder", segment="Founder"),
        a_question("sample", "s", is_sample=True),
    )
    assert set(found(house)) == {"in May", "in June", "by a founder"}
    assert set(found(house, Scope(until=date(2026, 5, 31)))) == {"in May", "by a founder"}
    assert set(found(house, Scope(since=date(2026, 6, 1)))) == {"in June"}
    assert set(found(house, Scope(segment="Founder"))) == {"by a founder"}
    assert set(found(house, Scope(is_sample=True))) == {"sample"}


def test_questions_without_consent_are_counted_and_not_shown(house: House) -> None:
    keep(house.recorder, a_question("seen", "v1"))
    keep(house.recorder, *(a_question("unseen", visitor, consent=Consent()) for visitor in ("v2", "v2", "v3")))
    _, hidden = questions(house.database, "handbook", ALL, 100)
    assert set(found(house)) == {"seen"}
    assert (hidden.questions, hidden.visitors) == (3, 2)


def test_a_follow_up_keeps_what_was_said_before_it(house: House) -> None:
    turns = (
        Turn("user", "Do you ship?"),
        Turn("assistant", "Yes."),
        Turn("user", "And to Norway?"),
        Turn("assistant", ""),
    )
    keep(house.recorder, a_question("And to Norway?", messages=turns))
    assert questions(house.database, "handbook", ALL, 1)[0][0].history == turns[:2]


def a_row(number: int, text: str, visitor: str = "v", segment: str = "", language: str = "en") -> OpenQuestion:
    at = datetime(2026, 5, number, tzinfo=UTC)
    return OpenQuestion(str(number), visitor, text, segment, language, at, 1, ("abstained",))


def test_questions_of_one_meaning_are_one_gap_and_languages_are_grouped_by_their_own_encoder() -> None:
    rows = [a_row(n, text, f"v{n % 2}", "Founder") for n, text in enumerate(NORWAY, 1)]
    rows += [a_row(4, "Kann ich die Glühbirne wechseln?", language="de"), a_row(5, "Who founded the company?")]
    asked: list[bool] = []

    def encoder_of(is_english: bool) -> FakeEncoder:
        asked.append(is_english)
        return FakeEncoder()

    gaps = [gap_of([rows[place] for place in group]) for group in groups_of(rows, encoder_of)]
    assert asked == [True, False]
    assert [gap.questions for gap in gaps] == [3, 1, 1]
    first = gaps[0]
    assert (first.visitors, first.segments, first.why) == (2, (("Founder", 3),), (("abstained", 3),))
    assert first.title in NORWAY
    assert first.last_asked_at == datetime(2026, 5, 3, tzinfo=UTC)


def test_gaps_of_most_visitors_come_first(house: House, room: Knowledge, ada: Member) -> None:
    keep(house.recorder, *(a_question("Who founded the company?", "v1") for _ in range(5)))
    keep(house.recorder, *(a_question(NORWAY[0], visitor) for visitor in ("v1", "v2")))
    gaps = room.gaps.look(ada, ALL)
    assert [(gap.title, gap.visitors, gap.questions) for gap in gaps.open] == [
        (NORWAY[0], 2, 2),
        ("Who founded the company?", 1, 5),
    ]
    assert (gaps.questions, gaps.visitors, gaps.is_cut) == (7, 2, False)


def test_a_gap_becomes_a_page_and_each_of_its_questions_is_asked_again(
    house: House, room: Knowledge, ada: Member
) -> None:
    keep(house.recorder, *(a_question(text, f"v{n}") for n, text in enumerate(NORWAY)))
    (gap,) = room.gaps.look(ada, ALL).open
    document = room.gaps.draft(ada, gap)
    looked = room.gaps.look(ada, ALL)
    assert (looked.open, looked.questions) == ((), 3)
    assert looked.taken_up[0].gap.status == "drafted"
    with pytest.raises(NotReady, match="has no answer yet"):
        room.publish(ada, "", room.manuscript(ada).token)

    page = next(page for page in room.manuscript(ada).pages if page.document == document)
    room.save(ada, document, page.source + "We deliver to Norway within nine days.\n", seen=page.draft_id)
    assert published(room, ada, documents=(document,)).result.gaps == (looked.taken_up[0].gap.gap_id,)
    (done_gap,) = room.gaps.look(ada, ALL).taken_up
    assert (done_gap.gap.status, done_gap.gap.revision, done_gap.answered) == ("published", 2, 3)
    told = done_gap.gap.questions[0]
    assert "nine days" in told.answer
    assert told.source.casefold().startswith(page.title.casefold())
    assert told.asked_at is not None
    assert room.gaps.look(ada, ALL).questions == 0


def test_a_page_that_answers_something_else_leaves_its_questions_open(
    house: House, room: Knowledge, ada: Member
) -> None:
    keep(house.recorder, a_question(NORWAY[0], "v1"))
    (gap,) = room.gaps.look(ada, ALL).open
    document = room.gaps.draft(ada, gap)
    room.save(ada, document, "# Opening hours\n\nOur shop in Bergen is open from nine to five.\n")
    published(room, ada)
    looked = room.gaps.look(ada, ALL)
    assert (looked.taken_up[0].answered, looked.taken_up[0].gap.questions[0].is_answered) == (0, False)
    assert (looked.questions, looked.visitors) == (1, 1)
    room.save(ada, document, f"# {NORWAY[0]}\n\nYes, we deliver to Norway.\n")
    published(room, ada)
    assert done(room, ada, room.ask_again(ada, looked.taken_up[0].gap.gap_id)).state == "finished"
    again = room.gaps.look(ada, ALL).taken_up[0]
    assert (again.answered, again.gap.revision) == (1, 3)


def test_a_question_that_the_new_page_does_not_answer_opens_the_gap_anew(
    house: House, room: Knowledge, ada: Member
) -> None:
    keep(house.recorder, a_question(NORWAY[0], "v1"))
    document = room.gaps.draft(ada, room.gaps.look(ada, ALL).open[0])
    room.save(ada, document, f"# {NORWAY[0]}\n\nYes, we deliver to Norway.\n")
    published(room, ada)
    keep(house.recorder, a_question(NORWAY[1], "v2", knowledge_revision=1))
    looked = room.gaps.look(ada, ALL)
    assert (looked.open, looked.taken_up[0].since) == ((), 1), "it was asked before the page was there"
    keep(house.recorder, a_question(NORWAY[1], "v3", knowledge_revision=2))
    assert [gap.visitors for gap in room.gaps.look(ada, ALL).open] == [1]


def test_a_dismissed_gap_takes_later_questions_of_its_meaning_along_until_it_is_opened_again(
    house: House, room: Knowledge, ada: Member
) -> None:
    keep(house.recorder, a_question(NORWAY[0], "v1"))
    gap_id = room.gaps.dismiss(ada, room.gaps.look(ada, ALL).open[0], "Not our business")
    keep(house.recorder, a_question(NORWAY[1], "v2"))
    looked = room.gaps.look(ada, ALL)
    assert (looked.open, looked.questions) == ((), 0)
    assert (looked.taken_up[0].gap.reason, looked.taken_up[0].since) == ("Not our business", 1)
    room.gaps.reopen(ada, gap_id)
    assert [gap.questions for gap in room.gaps.look(ada, ALL).open] == [2]
    assert {"dismissed gap", "reopened gap"} <= {entry.action for entry in audit.every(house.database, None, "", 9)}
    with pytest.raises(NotYours):
        room.gaps.reopen(ada, gap_id)


def test_personal_data_in_a_question_does_not_reach_the_page(house: House, room: Knowledge, ada: Member) -> None:
    keep(house.recorder, a_question("Do you deliver to Norway? Write to kari@example.org", "v1"))
    document = room.gaps.draft(ada, room.gaps.look(ada, ALL).open[0])
    page = next(page for page in room.manuscript(ada).pages if page.document == document)
    assert "kari" not in page.source + page.document + page.title
    assert "[email]" in page.source


def test_two_gaps_of_one_name_get_pages_of_their_own(house: House, room: Knowledge, ada: Member) -> None:
    keep(house.recorder, a_question("???!", "v1"), a_question(NORWAY[0], "v1"))
    gap = room.gaps.look(ada, ALL).open[0]
    first = room.gaps.draft(ada, gap)
    assert room.gaps.draft(ada, gap) != first


def test_a_visitor_who_leaves_takes_their_questions_out_of_the_gap(house: House, room: Knowledge, ada: Member) -> None:
    keep(house.recorder, a_question(NORWAY[0], "v1"), a_question(NORWAY[1], "v2"))
    room.gaps.draft(ada, room.gaps.look(ada, ALL).open[0])
    from core.store.tables import VisitorRow

    with house.database.writing() as session:
        session.delete(session.get(VisitorRow, "v1"))
    assert [question.text for question in room.gaps.look(ada, ALL).taken_up[0].gap.questions] == [NORWAY[1]]


# What rests on the passages


def test_citations_count_answers_visitors_and_ratings_and_follow_a_passage_through_revisions(
    house: House, room: Knowledge, ada: Member
) -> None:
    cited = dict(ANSWERED, passage_ids=("returns:0",))
    first, second, third = keep(
        house.recorder,
        a_question("a", "v1", **cited),
        a_question("b", "v1", **cited),
        a_question("c", "v2", **dict(cited, passage_ids=("returns:0", "returns:1"))),
    )
    mark_as_sample(house, "s")
    keep(
        house.recorder,
        a_question("sample", "s", is_sample=True, **cited),
        a_question("own documents", "v9", knowledge_id="3f", **cited),
        a_question("no consent", "v8", consent=Consent(), **cited),
    )
    rate(house, first, "v1", score=1)
    rate(house, third, "v2", "Wrong")
    rollups.refresh(house.database)
    before = by_passage(house.database, "handbook", ALL)
    assert {key: (one.answers, one.visitors, one.good.hits, one.good.n) for key, one in before.items()} == {
        "returns:0": (3, 2, 1, 2),
        "returns:1": (1, 1, 0, 1),
    }
    # A section before it moves the passage to another place; its words are the same.
    room.save(ada, "returns", "# Returns\n\n## New\n\nNew.\n\n## How long\n\nYou may return a lamp within 60 days.\n")
    published(room, ada)
    keep(house.recorder, a_question("d", "v3", knowledge_revision=2, **dict(cited, passage_ids=("returns:1",))))
    rollups.refresh(house.database)
    after = by_passage(house.database, "handbook", ALL)
    assert {key: (one.answers, one.visitors) for key, one in after.items()} == {"returns:1": (4, 3)}
    documents = by_document(house.database, "handbook", ALL)
    assert {key: (one.answers, one.visitors, one.good.n) for key, one in documents.items()} == {"returns": (4, 3, 2)}
    sample = by_document(house.database, "handbook", Scope(is_sample=True))
    assert sample["returns"].answers == 1
    listed = room.cited_passages(ada, ALL)
    assert sum(found is None for _, found in listed) == len(listed) - 1
    assert second
