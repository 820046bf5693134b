"""What several visitors said alike stands in the queue once, and one verdict holds for all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.errors import AlreadyReviewed, NotYours
from core.office import review_sorting
from core.office.review_views import Line, QueuePage
from core.store import audit, queries
from core.store.office_tables import ReviewRow
from core.types import Role, Scope, Task
from tests.core.review_stories import WITHIN_60, Company, a_company

VISITORS = ("ann", "ben", "cem")


@pytest.fixture
def company(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(review_sorting, "PATIENCE_SECONDS", 30.0)  # a story on a busy machine waits until all is sorted
    with a_company(tmp_path, migrated_url) as opened:
        yield opened


def page_of(company: Company, state: str = "waiting", *, size: int = 10, page: int = 1) -> QueuePage:
    return company.review.queue(company.member(), Scope(), state=state, size=size, page=page)


def listed(company: Company, state: str = "waiting") -> list[str]:
    return [line.item_id for line in page_of(company, state).lines]


def alike(company: Company) -> list[str]:
    """Let three visitors say the same of the same input, but for case and punctuation; return the items."""
    told = zip(VISITORS, (WITHIN_60, WITHIN_60.upper(), WITHIN_60.replace(".", "!")), strict=True)
    items = [company.correct(name, text) for name, text in told]
    listed(company)
    return items


def steps(company: Company, items: list[str]) -> list[list[str]]:
    return [
        [step.step for step in queries.receipt(company.database, name, item).steps]
        for name, item in zip(VISITORS, items, strict=True)
    ]


def test_what_is_said_alike_is_one_line_led_by_the_oldest(company: Company) -> None:
    items = alike(company)
    otherwise = company.correct("dan", "Within 90 days, I was told on the phone.")
    lines = {line.item_id: line for line in page_of(company).lines}
    assert set(lines) == {items[0], otherwise}
    assert "said alike by 3 visitors" in lines[items[0]].badges
    assert not any("alike" in badge for badge in lines[otherwise].badges)
    for line in lines.values():
        assert "corrected by 4 visitors" in line.badges
        assert "2 different corrections" in line.badges
    whole = [company.review.item(company.member(), item) for item in items]
    assert [(one.alike, one.sayers) for one in whole] == [(3, 3)] * 3
    page = page_of(company)
    assert (page.counts["waiting"], page.items["waiting"]) == (2, 4)


def test_pages_hold_lines_not_items(company: Company) -> None:
    for number in range(3):
        for name in VISITORS:
            company.correct(name, f"It is {number} days, no more.", f"Question {number}?")
    pages = [page_of(company, size=2, page=number) for number in (1, 2)]
    lines: list[Line] = [line for page in pages for line in page.lines]
    assert [page.total for page in pages] == [3, 3]
    assert len({line.title for line in lines}) == len(lines) == 3


@pytest.mark.parametrize("opened", [0, 1, 2])
def test_one_approval_holds_for_all_of_them(company: Company, opened: int) -> None:
    items, member = alike(company), company.member()
    company.review.approve(member, items[opened], "Within 60 days of delivery, at our cost.")
    assert listed(company) == []
    assert listed(company, "approved") == items[:1]
    assert steps(company, items) == [["saved", "approved", "shared"]] * 3
    for item in items:
        assert company.review.item(member, item).approved_text == "Within 60 days of delivery, at our cost."
    entries, count = audit.page(company.database, member.member_id, "approved", 0, 5)
    assert (count, entries[0].subject, entries[0].detail["items"]) == (1, items[opened], 3)
    with company.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ReviewRow)) == 3
        assert session.scalar(select(func.count(ReviewRow.deed_id.distinct()))) == 1


def test_as_given_means_as_the_reviewer_saw_it(company: Company) -> None:
    items, member = alike(company), company.member()
    company.review.approve(member, items[0])
    assert {company.review.item(member, item).approved_text for item in items} == {WITHIN_60}


@pytest.mark.parametrize("verdict", ["approve", "reject", "skip"])
def test_undo_opens_all_of_them(company: Company, verdict: str) -> None:
    items, member = alike(company), company.member()
    given = {
        "approve": lambda: company.review.approve(member, items[0]),
        "reject": lambda: company.review.reject(member, items[0], "wrong"),
        "skip": lambda: company.review.skip(member, items[0]),
    }[verdict]()
    mine = company.review.queue(
        member, Scope(), state={"approve": "approved", "reject": "rejected"}.get(verdict, "skipped")
    )
    assert [line.item_id for line in mine.lines] == items[:1]
    assert company.review.queue(member, Scope()).lines == ()
    assert company.review.undo(member, given) == items[0]
    with pytest.raises(NotYours):
        company.review.undo(member, given)
    page = company.review.queue(member, Scope())
    assert [line.item_id for line in page.lines] == items[:1]
    assert page.items["waiting"] == 3
    assert all(company.review.item(member, item).verdicts == () for item in items)
    told = {"approve": ["saved", "approved", "shared", "reopened"], "reject": ["saved", "rejected", "reopened"]}
    assert steps(company, items) == [told.get(verdict, ["saved"])] * 3


def test_what_a_check_holds_is_not_swept_along(company: Company) -> None:
    items = alike(company)
    again = company.correct("ann")
    flood = [company.correct("flood", asked=f"Lamp {number}?") for number in range(9)]
    crowded = company.correct("flood")
    assert {line.item_id for line in page_of(company, "held", size=50).lines} == {again, crowded, *flood}
    company.review.approve(company.member(), items[0])
    states = [company.review.item(company.member(), item).state for item in (*items, again, crowded)]
    assert states == ["approved"] * 3 + ["held"] * 2
    held = company.review.item(company.member(), again)
    assert (held.alike, held.sayers) == (1, 1)


def test_a_held_one_is_judged_alone(company: Company) -> None:
    items = alike(company)
    again = company.correct("ann")
    assert listed(company, "held") == [again]
    company.review.reject(company.member(), again, "duplicate")
    assert listed(company) == items[:1]


def test_who_takes_it_back_drops_out_before_and_after(company: Company) -> None:
    items, member = alike(company), company.member()
    company.recorder.withdraw_correction(items[0], "ann")
    page = page_of(company)
    assert [line.item_id for line in page.lines] == [items[1]]
    assert "said alike by 2 visitors" in page.lines[0].badges
    given = company.review.approve(member, items[1])
    company.recorder.withdraw_correction(items[2], "cem")
    assert listed(company, "approved") == [items[1]]
    company.review.undo(member, given)
    told = [queries.receipt(company.database, *one).correction.status for one in zip(VISITORS, items, strict=True)]
    assert told == ["withdrawn", "saved", "withdrawn"]
    assert listed(company) == [items[1]]


def test_who_takes_it_back_unseen_is_not_swept_along(company: Company) -> None:
    items = alike(company)
    company.recorder.withdraw_correction(items[2], "cem")
    company.review.approve(company.member(), items[0])
    assert steps(company, items) == [["saved", "approved", "shared"]] * 2 + [["saved", "withdrawn"]]


def test_of_two_who_judge_the_same_by_different_items_one_is_told(company: Company) -> None:
    items = alike(company)
    members_of, refused = [company.member() for _ in VISITORS], []
    start = threading.Barrier(len(VISITORS))

    def judge(place: int) -> None:
        start.wait()
        try:
            company.review.approve(members_of[place], items[place], f"Within {60 + place} days.")
        except AlreadyReviewed as error:
            refused.append(str(error))

    threads = [threading.Thread(target=judge, args=(place,)) for place in range(len(VISITORS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["Somebody else has given a verdict on this already. Nothing was changed."] * 2
    assert len({company.review.item(company.member(), item).approved_text for item in items}) == 1
    assert steps(company, items) == [["saved", "approved", "shared"]] * 3


def test_a_second_opinion_and_a_decision_hold_for_all_and_count_once(company: Company) -> None:
    items = alike(company)
    one, two, boss = company.member(), company.member(), company.member(Role.FOUNDER)
    company.review.approve(one, items[0])
    page = company.review.queue(two, Scope(), state="second")
    assert [line.item_id for line in page.lines] == items[:1]
    assert (page.counts["second"], page.items["second"]) == (1, 3)
    opinion = company.review.reject(two, items[0], "wrong", kind="second")
    assert company.review.queue(two, Scope(), state="second").total == 0
    with pytest.raises(AlreadyReviewed):
        company.review.approve(two, items[1], kind="second")
    agreement, (open_one,) = company.review.agreement(two)
    assert (agreement.rate.hits, agreement.rate.n) == (0, 1)
    decided = company.review.decide(boss, open_one.item_id, False)
    assert company.review.agreement(two)[1] == ()
    assert steps(company, items) == [["saved", "approved", "shared", "rejected"]] * 3
    company.review.undo(boss, decided)
    assert [company.review.item(two, item).approved_text for item in items] == [WITHIN_60] * 3
    company.review.undo(two, opinion)
    assert company.review.agreement(two)[0].rate.n == 0


def test_one_who_says_the_same_later_is_a_line_of_their_own(company: Company) -> None:
    items = alike(company)
    company.review.reject(company.member(), items[0], "wrong")
    later = company.correct("dan")
    assert listed(company) == [later]
    assert listed(company, "rejected") == items[:1]


def test_ratings_without_a_correction_are_one_line_too(company: Company) -> None:
    items = [company.rate(name, 0, asked) for name, asked in (("ann", "Where is it?"), ("ben", "where  is it"))]
    company.rate("cem", 0, "Where is my order?")
    page = page_of(company)
    assert (page.total, page.items["waiting"]) == (2, 3)
    assert page.lines[0].item_id == items[0]
    assert "no correction, by 2 visitors" in page.lines[0].badges
    given = company.review.mark_gap(member := company.member(), items[0])
    assert company.review.item(member, items[1]).verdicts[0].verdict == "gap"
    company.review.undo(member, given)
    company.recorder.undo_rating(items[1][2:], "ben")
    assert page_of(company).items["waiting"] == 2


def test_the_same_text_for_another_language_is_another_thing(company: Company) -> None:
    for name, target in (("ann", "de"), ("ben", "fr"), ("cem", "de")):
        company.rate(name, 0, "Thank you.", task=Task.TRANSLATE, request={"target": target})
    assert (page_of(company).total, page_of(company).items["waiting"]) == (2, 3)


def test_other_corrections_of_the_input_are_told_with_their_counts(company: Company) -> None:
    items = alike(company)
    few = company.correct("dan", "Within 90 days, I was told on the phone.")
    held = company.correct("eve", "Write to eve@example.org within 60 days.")
    bad = company.rate("flo", 0)
    company.correct("gus", "On Friday.", "When do you ship?")
    company.correct("sam", "Never, as far as I know.", is_sample=True)
    listed(company)
    seen = company.review.item(company.member(), few)
    assert seen.other_count == 3
    assert [(one.item_id, one.sayers, one.state) for one in seen.others[:1]] == [(items[0], 3, "waiting")]
    others = {one.item_id: one for one in seen.others}
    assert set(others) == {items[0], held, bad}
    assert others[held].text == "Write to [email] within 60 days."
    assert (others[held].state, others[bad].text) == ("held", "")
    for item in items:
        assert {one.item_id for one in company.review.item(company.member(), item).others} == {few, held, bad}
    blind = company.review.item(company.member(), few, is_blind=True)
    assert {one.state for one in blind.others} == {""}


def test_one_visitor_who_gives_too_much_leaves_the_line_and_comes_back(company: Company) -> None:
    flood = [company.correct("flood", asked=f"Lamp {number}?") for number in range(10)]
    other = company.correct("ann", asked="Lamp 0?")
    company.correct("ben", asked="Lamp 0?")
    line = page_of(company).lines[0]
    assert line.item_id == other
    assert "said alike by 2 visitors" in line.badges
    company.recorder.withdraw_correction(flood[9], "flood")
    (line, *_), count = page_of(company).lines, page_of(company).items["waiting"]
    assert line.item_id == flood[0]
    assert "said alike by 3 visitors" in line.badges
    assert count == 11
