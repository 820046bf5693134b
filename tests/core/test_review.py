"""What waits for a verdict, in which order, what a verdict does, and what it leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from core.errors import AlreadyReviewed, EmptyInput, NotAChoice, NotAllowed, NotYours
from core.office import review_sorting
from core.store import audit, queries, review_arrivals, review_items
from core.store.columns import now
from core.store.office_tables import ReviewItemRow
from core.store.tables import CorrectionRow, InteractionRow
from core.types import Consent, Role, Scope, Task
from tests.core.review_stories import WITHIN_60, Company, a_company


@pytest.fixture
def company(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(review_sorting, "PATIENCE_SECONDS", 30.0)  # a story on a busy machine waits until all is sorted
    with a_company(tmp_path, migrated_url) as opened:
        yield opened


def listed(company: Company, state: str = "waiting", reason: str = "", task: Task | None = None) -> list[str]:
    page = company.review.queue(company.member(), Scope(task=task), reason=reason, state=state)
    return [line.item_id for line in page.lines]


def test_an_empty_queue_says_so(company: Company) -> None:
    page = company.review.queue(company.member(), Scope())
    assert (page.lines, page.total, page.oldest, page.is_sorted) == ((), 0, None, True)
    assert set(page.counts.values()) == {0}


def test_what_many_visitors_say_and_what_is_disputed_comes_first(company: Company) -> None:
    alone = company.correct("alone", "Yes, to Norway too.", "Do you ship to Norway?")
    bad = company.rate("bad", 0, "Who pays for the return?")
    repeated = [
        company.correct(name, asked=f"{asked} may I return a lamp")
        for name, asked in (("ann", "How long"), ("ben", "HOW  LONG"), ("cem", "How long"))
    ]
    disputed = [
        company.correct("dan", "On Friday.", "When do you ship?"),
        company.correct("eve", "On Monday.", "When do you ship?"),
    ]
    page = company.review.queue(company.member(), Scope())
    order = [line.item_id for line in page.lines]
    assert (page.total, page.counts["waiting"], page.items["waiting"]) == (5, 5, 7)
    # 3 visitors: 3 * 2 + 2. Two visitors, two texts: 3 + 4 + 2. One correction: 2. Not good: 0.
    assert set(order[:2]) == set(disputed)
    assert order[2:] == [repeated[0], alone, bad]
    assert {line.item_id: line.badges for line in page.lines} | {} == {
        **dict.fromkeys(disputed, ("corrected by 2 visitors", "2 different corrections", "new")),
        repeated[0]: ("corrected by 3 visitors", "said alike by 3 visitors", "new"),
        alone: ("new",),
        bad: ("no correction", "new"),
    }
    assert set(listed(company, reason="repeated")) == {*disputed, repeated[0]}
    assert set(listed(company, reason="disputed")) == set(disputed)
    assert listed(company, reason="many") == repeated[:1]
    assert listed(company, reason="uncorrected") == [bad]
    assert listed(company, task=Task.TRANSLATE) == []


def test_rated_good_by_one_and_not_good_by_another_is_disputed(company: Company) -> None:
    company.rate("ann", 1)
    bad = company.rate("ben", 0)
    (line,) = company.review.queue(company.member(), Scope(), reason="disputed").lines
    assert line.item_id == bad
    assert "rated good and not good" in line.badges


def test_inputs_of_nearly_the_same_words_are_told_on_a_page(company: Company) -> None:
    company.correct("ann", asked="How long may I return a broken lamp to you?")
    company.correct("ben", asked="How long may I return a broken lamp to you now?")
    company.correct("cem", asked="Who founded the shop?")
    lines = company.review.queue(company.member(), Scope()).lines
    assert sorted("1 alike on this page" in line.badges for line in lines) == [False, True, True]


def test_old_items_are_not_new_and_the_oldest_is_told(company: Company) -> None:
    item = company.correct("ann")
    listed(company)
    with company.database.writing() as session:
        session.execute(update(ReviewItemRow).values(created_at=(old := now() - timedelta(days=8)), last_at=old))
    page = company.review.queue(company.member(), Scope())
    assert page.lines[0].badges == ()
    assert page.oldest is not None
    assert (now() - page.oldest).days == 8
    assert listed(company, reason="new") == []
    assert item


def test_a_thumbs_down_that_was_corrected_is_one_item(company: Company) -> None:
    item = company.rate("ann", 0)
    assert listed(company) == [item]
    correction = company.recorder.correct(item[2:], "ann", WITHIN_60, "")
    assert listed(company) == [correction.correction_id]
    company.recorder.withdraw_correction(correction.correction_id, "ann")
    assert listed(company) == [item]


def test_what_is_taken_back_or_rated_anew_leaves_the_queue(company: Company) -> None:
    item, other = company.rate("ann", 0), company.correct("ben")
    assert len(listed(company)) == 2
    company.recorder.undo_rating(item[2:], "ann")
    company.recorder.withdraw_correction(other, "ben")
    assert listed(company) == []
    with pytest.raises(NotYours):
        company.review.item(company.member(), item)
    with pytest.raises(NotYours):
        company.review.item(company.member(), other)


def test_a_thumbs_down_without_texts_cannot_be_reviewed(company: Company) -> None:
    company.recorder.welcome("shy")
    from core.types import Rating
    from tests.core.store_stories import an_interaction

    use = an_interaction(visitor_id="shy", consent=Consent())
    company.recorder.interaction(use)
    company.recorder.rate(Rating(use.interaction_id, 0), "shy")
    assert listed(company) == []


def test_sample_rows_have_a_queue_of_their_own(company: Company) -> None:
    sample = company.correct("sam", is_sample=True)
    real = company.correct("ann")
    page = company.review.queue(company.member(), Scope())
    assert [line.item_id for line in page.lines] == [real]
    assert page.lines[0].badges == ("new",)
    page = company.review.queue(company.member(), Scope(is_sample=True))
    assert [line.item_id for line in page.lines] == [sample]


def test_approving_keeps_the_text_and_tells_the_visitor(company: Company) -> None:
    ann, item = company.member(), company.correct("ann", f"  {WITHIN_60}\r\n")
    listed(company)
    company.review.approve(ann, item)
    assert listed(company) == []
    assert listed(company, "approved") == [item]
    whole = company.review.item(ann, item)
    assert (whole.state, whole.approved_text) == ("approved", WITHIN_60)
    assert "example for training" in whole.kept_for
    receipt = queries.receipt(company.database, "ann", item)
    assert [step.step for step in receipt.steps] == ["saved", "approved", "shared"]
    assert receipt.correction.status == "approved"
    (entry, *_), _ = audit.page(company.database, ann.member_id, "approved", 0, 5)
    assert entry.subject == item


def test_an_edited_text_is_what_is_approved(company: Company) -> None:
    item = company.correct("ann")
    listed(company)
    company.review.approve(company.member(), item, "Within 60 days of delivery, at our cost.")
    assert company.review.item(company.member(), item).approved_text == "Within 60 days of delivery, at our cost."
    with pytest.raises(EmptyInput):
        company.review.approve(company.member(), item, " … ")


def test_without_consent_an_approved_correction_only_counts(company: Company) -> None:
    item = company.correct("ann")
    company.recorder.choose("ann", Consent(log=True, train=False))
    listed(company)
    assert "used for nothing else" in company.review.item(company.member(), item).kept_for


@pytest.mark.promise("R12")
def test_personal_data_is_masked_shown_on_request_and_never_approved(company: Company) -> None:
    member, item = company.member(), company.correct("ann", "Write to ann@example.org within 60 days.")
    assert listed(company) == []
    assert listed(company, "held") == [item]
    seen = company.review.item(member, item)
    assert seen.corrected_text == "Write to [email] within 60 days."
    assert seen.has_personal_data
    assert [one.kind for one in seen.findings] == ["personal data"]
    company.review.show_personal_data(member, item)
    assert "ann@example.org" in company.review.item(member, item, is_shown=True).corrected_text
    _, shown = audit.page(company.database, member.member_id, "saw personal data", 0, 5)
    assert shown == 1
    company.review.approve(member, item)
    assert company.review.item(member, item, is_shown=True).approved_text == "Write to [email] within 60 days."


def test_rejecting_needs_a_reason_and_the_visitor_hears_it(company: Company) -> None:
    member, item = company.member(), company.correct("ann")
    listed(company)
    for reason, words in (("", ""), ("because", ""), ("other", " ")):
        with pytest.raises(NotAChoice):
            company.review.reject(member, item, reason, words)
    company.review.reject(member, item, "wrong", "It is 30 days, see the handbook.")
    assert listed(company, "rejected") == [item]
    step = queries.receipt(company.database, "ann", item).steps[-1]
    assert (step.step, step.detail) == ("rejected", "wrong")
    assert company.review.item(member, item).verdicts[0].words == "It is 30 days, see the handbook."


@pytest.mark.parametrize("verdict", ["approve", "reject", "skip"])
def test_undo_opens_it_again(company: Company, verdict: str) -> None:
    member, item = company.member(), company.correct("ann")
    listed(company)
    given = {
        "approve": lambda: company.review.approve(member, item),
        "reject": lambda: company.review.reject(member, item, "spam"),
        "skip": lambda: company.review.skip(member, item),
    }[verdict]()
    with pytest.raises(NotYours):
        company.review.undo(company.member(), given)
    assert company.review.undo(member, given) == item
    with pytest.raises(NotYours):
        company.review.undo(member, given)
    assert [line.item_id for line in company.review.queue(member, Scope()).lines] == [item]
    seen = company.review.item(member, item)
    assert (seen.state, seen.approved_text, seen.verdicts) == ("waiting", "", ())
    steps = [step.step for step in queries.receipt(company.database, "ann", item).steps]
    assert (
        steps
        == {
            "approve": ["saved", "approved", "shared", "reopened"],
            "reject": ["saved", "rejected", "reopened"],
            "skip": ["saved"],
        }[verdict]
    )


def test_skipped_is_skipped_by_me_alone(company: Company) -> None:
    me, item = company.member(), company.correct("ann")
    listed(company)
    company.review.skip(me, item)
    assert company.review.queue(me, Scope()).lines == ()
    assert [line.item_id for line in company.review.queue(me, Scope(), state="skipped").lines] == [item]
    assert listed(company) == [item]


def test_a_withdrawn_approved_correction_is_retired_with_its_texts(company: Company) -> None:
    member, item = company.member(), company.correct("ann")
    listed(company)
    given = company.review.approve(member, item)
    company.recorder.withdraw_correction(item, "ann")
    assert listed(company, "approved") == []
    with company.database.reading() as session:
        row = session.get(CorrectionRow, item)
        assert row is not None
        assert (row.status, row.approved_text) == ("withdrawn", "")
    with pytest.raises(AlreadyReviewed, match="took it back"):
        company.review.undo(member, given)


def test_of_two_who_judge_at_once_one_is_told_and_nothing_is_overwritten(company: Company) -> None:
    item = company.correct("ann")
    listed(company)
    members_of = [company.member() for _ in range(4)]
    refused: list[str] = []
    start = threading.Barrier(4)

    def judge(place: int) -> None:
        start.wait()
        try:
            company.review.approve(members_of[place], item, f"Within {60 + place} days.")
        except AlreadyReviewed as error:
            refused.append(str(error))

    threads = [threading.Thread(target=judge, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["Somebody else has given a verdict on this already. Nothing was changed."] * 3
    seen = company.review.item(company.member(), item)
    (verdict,) = seen.verdicts
    assert verdict.text == seen.approved_text
    assert [step.step for step in queries.receipt(company.database, "ann", item).steps] == [
        "saved",
        "approved",
        "shared",
    ]


def test_a_thumbs_down_is_answered_passed_on_or_dismissed(company: Company) -> None:
    member = company.member()
    answered, gap, dismissed = (company.rate(name, 0, f"{name}, really?") for name in ("ann", "ben", "cem"))
    listed(company)
    with pytest.raises(EmptyInput):
        company.review.approve(member, answered)
    company.review.approve(member, answered, "Yes, within 60 days.")
    company.review.mark_gap(member, gap)
    company.review.reject(member, dismissed, "unclear")
    assert listed(company) == []
    assert listed(company, "approved") == [answered]
    assert set(listed(company, "rejected")) == {gap, dismissed}
    seen = company.review.item(member, answered)
    assert seen.approved_text == "Yes, within 60 days."
    assert "company's own" in seen.kept_for
    with company.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CorrectionRow)) == 0


def test_a_sentiment_is_approved_as_one_of_three_labels(company: Company) -> None:
    item = company.correct("ann", "neutral", "So so.", task=Task.SENTIMENT, output_text="positive")
    listed(company)
    with pytest.raises(NotAChoice):
        company.review.approve(company.member(), item, "meh")
    company.review.approve(company.member(), item)


@pytest.mark.promise("R12")
def test_the_same_again_is_held_back(company: Company) -> None:
    first = company.correct("ann")
    again = company.correct("ann", WITHIN_60.upper())
    assert listed(company) == [first]
    assert listed(company, "held") == [again]
    assert "before" in company.review.item(company.member(), again).findings[0].sentence
    company.review.approve(company.member(), first)
    other = company.correct("ben")
    assert listed(company) == []
    assert set(listed(company, "held")) == {again, other}
    assert "approved already" in company.review.item(company.member(), other).findings[0].sentence


@pytest.mark.promise("R12")
def test_one_visitor_cannot_fill_the_queue(company: Company) -> None:
    flood = [
        company.correct("flood", f"Within {days} days of delivery, we say.", f"Lamp {days}?") for days in range(60, 70)
    ]
    others = [company.correct(f"v{n}", f"On day {n}, we say.", f"And {n}?") for n in range(5)]
    assert set(listed(company)) == set(others)
    assert set(listed(company, "held")) == set(flood)
    (finding,) = company.review.item(company.member(), flood[0]).findings
    assert finding.sentence == "One visitor gave 10 of 15 corrections of this kind (67 %)."
    for item in flood[:4]:
        company.recorder.withdraw_correction(item, "flood")
    assert len(listed(company)) == 10
    assert listed(company, "held") == []


def test_a_second_opinion_is_given_blind_and_counted(company: Company) -> None:
    one, two, boss = company.member(), company.member(), company.member(Role.FOUNDER)
    items = [company.correct(f"v{n}", asked=f"Question {n}?") for n in range(3)]
    listed(company)
    company.review.approve(one, items[0])
    company.review.approve(one, items[1])
    company.review.reject(one, items[2], "wrong")
    assert company.review.queue(one, Scope(), state="second").total == 0
    page = company.review.queue(two, Scope(), state="second")
    assert (page.total, page.counts["second"]) == (3, 3)
    blind = company.review.item(two, items[0], is_blind=True)
    assert (blind.verdicts, blind.approved_text) == ((), "")
    with pytest.raises(AlreadyReviewed):
        company.review.approve(two, items[0])
    company.review.approve(two, items[0], kind="second")
    with pytest.raises(AlreadyReviewed, match="You have"):
        company.review.approve(two, items[0], kind="second")
    with pytest.raises(AlreadyReviewed):
        company.review.approve(one, items[1], kind="second")
    company.review.reject(two, items[1], "unclear", kind="second")
    company.review.reject(two, items[2], "wrong", kind="second")
    agreement, (open_one,) = company.review.agreement(two)
    assert (agreement.rate.hits, agreement.rate.n) == (2, 3)
    assert agreement.kappa == pytest.approx(0.4)
    assert (open_one.item_id, open_one.first, open_one.second) == (items[1], "approved", "rejected")
    assert company.review.item(two, items[1]).state == "approved"
    with pytest.raises(NotAllowed):
        company.review.reject(two, items[1], "wrong", kind="decision")
    with pytest.raises(NotAllowed):
        company.review.decide(two, items[1], False)
    decided = company.review.decide(boss, items[1], False)
    assert company.review.item(two, items[1]).state == "rejected"
    assert company.review.agreement(two)[1] == ()
    company.review.undo(boss, decided)
    seen = company.review.item(two, items[1])
    assert (seen.state, seen.approved_text) == ("approved", WITHIN_60)
    assert len(company.review.agreement(two)[1]) == 1


def test_a_verdict_with_a_second_opinion_stays(company: Company) -> None:
    one, two, item = company.member(), company.member(), company.correct("ann")
    listed(company)
    first = company.review.approve(one, item)
    second = company.review.reject(two, item, "wrong", kind="second")
    with pytest.raises(AlreadyReviewed):
        company.review.undo(one, first)
    company.review.undo(two, second)
    company.review.undo(one, first)
    assert listed(company) == [item]


def test_the_weights_are_asked_again_without_logging_a_use(company: Company) -> None:
    member, item = (
        company.member(),
        company.correct("ann", "neutral", "Great lamp!", task=Task.SENTIMENT, output_text="negative"),
    )
    listed(company)
    job = company.review.ask_again(member, item)
    with pytest.raises(NotYours):
        company.review.look(company.member(), job)
    while not (view := company.review.look(member, job)).is_over:
        pass
    assert (view.state, view.result) == ("finished", "positive")
    with company.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InteractionRow)) == 1


def test_what_was_asked_of_own_documents_or_a_file_cannot_be_asked_again(company: Company) -> None:
    own = company.correct("ann", request={"knowledge_id": "visit-1"})
    file = company.correct("ben", request={"file": "a.txt"}, task=Task.TRANSLATE)
    plain = company.correct("cem")
    listed(company)
    notes = [company.review.item(company.member(), item).why_not_again for item in (own, file, plain)]
    assert ["own documents" in notes[0], "Files" in notes[1], notes[2]] == [True, True, ""]


def test_what_is_new_is_found_page_by_page_and_what_came_behind_the_page_by_the_next_walk(company: Company) -> None:
    said = {company.correct(f"c{n}", asked=f"{n}?") for n in range(5)} | {company.rate(f"r{n}", 0) for n in range(3)}
    pages = review_arrivals.unseen(company.database, limit=2)
    met: list[str] = []
    for page in pages:
        assert 1 <= len(page) <= 2
        met += [one.item_id for one in page]
        review_items.add(company.database, [review_sorting.keyed(one) for one in page])
        if len(met) == 2:  # ids are drawn: some of these lie before the page, some after it
            late = {company.correct(f"l{n}", asked=f"late {n}?") for n in range(8)}
    assert len(met) == len(set(met)), "nothing is met twice, though what is known was not looked at again"
    assert said <= set(met) <= said | late
    left = [one.item_id for page in review_arrivals.unseen(company.database, limit=2) for one in page]
    assert set(left) == late - set(met)
    listed(company)
    with company.database.reading() as session:
        assert set(session.scalars(select(ReviewItemRow.item_id))) == said | late
    assert list(review_arrivals.unseen(company.database)) == []


def test_nobody_from_outside_reviews(company: Company) -> None:
    item = company.correct("ann")
    room = company.review
    calls = (
        lambda: room.queue(None, Scope()), lambda: room.item(None, item), lambda: room.approve(None, item),
        lambda: room.reject(None, item, "wrong"), lambda: room.skip(None, item), lambda: room.undo(None, "x"),
        lambda: room.mark_gap(None, item), lambda: room.agreement(None), lambda: room.ask_again(None, item),
        lambda: room.has(None), lambda: room.decide(None, item, True),
        lambda: room.look(None, "x"), lambda: room.show_personal_data(None, item),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
