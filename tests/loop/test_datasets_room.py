"""The office's room of datasets: from what visitors do at the desk to what a founder freezes, and who may."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import Desk
from core.errors import NotAChoice, NotAllowed, NotYours, TooLittleToLearn
from core.jobs import JobView
from core.loop import LeftOut, RowKind
from core.office import Office, review_sorting
from core.office.datasets import Preview
from core.store import audit
from core.types import Consent, Member, Role, Scope, Task
from tests.core.review_stories import Company, a_company
from tests.loop import loop_stories as story

LONGER = (
    "Ada: The oven that we ordered in March is still not here. Bob: It left the warehouse on Friday. "
    "Ada: Then it should come next week. Bob: Yes, and the delivery fee was cancelled because of the delay."
)


@pytest.fixture
def company(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(review_sorting, "PATIENCE_SECONDS", 30.0)
    with a_company(tmp_path, migrated_url) as opened:
        yield opened


def ended(desk: Desk, visitor_id: str, job_id: str) -> JobView:
    end = time.monotonic() + 20
    while not (view := desk.look(visitor_id, job_id)).is_over:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert view.state == "finished", view.sentence
    return view


def test_what_is_corrected_at_the_desk_and_approved_becomes_a_row_of_each_task(company: Company) -> None:
    desk, office, founder = Desk(company.house), Office(company.house), company.member(Role.FOUNDER)
    desk.welcome("ada")
    desk.choose("ada", Consent(log=True, train=True))
    asked = {
        Task.SUPPORT: desk.ask("ada", "How long do I have to return something?"),
        Task.TRANSLATE: desk.translate("ada", "The lamp is on the table.", "de"),
        Task.SUMMARIZE: desk.summarize("ada", LONGER),
        Task.SENTIMENT: desk.read_sentiment("ada", "The kettle leaks."),
    }
    right = {
        Task.TRANSLATE: "Die Lampe steht auf dem Tisch.",
        Task.SUMMARIZE: "The oven left the warehouse on Friday, and the delivery fee was cancelled.",
        Task.SENTIMENT: "negative",
    }
    for task, job_id in asked.items():
        view = ended(desk, "ada", job_id)
        # What a passage says: the visitor found the answer there themselves.
        text = right.get(task) or view.result.nearest[0].text.splitlines()[0]
        desk.correct("ada", view.interaction_id, text)
    page = office.review.queue(founder, Scope(), size=50)
    held = office.review.queue(founder, Scope(), state="held", size=50)
    for line in (*page.lines, *held.lines):
        office.review.approve(founder, line.item_id)

    assert office.datasets.ready(founder) == dict.fromkeys(Task, 1)
    for task in Task:
        (row,) = office.datasets.rows(founder, office.datasets.build(founder, task).dataset_id)
        assert row.task is task
        assert row.messages[-1].role == "assistant"
        if task is Task.SUPPORT:
            assert row.context["passages"]
            assert row.kind in (RowKind.SUPERVISED, RowKind.PREFERENCE)
        if task is Task.TRANSLATE:
            assert (row.source, row.target) == ("en", "de")
    desk.close()


def test_the_preview_is_what_is_frozen_then_but_for_near_duplicates(company: Company) -> None:
    office, founder = Office(company.house), story.member(company.database)
    story.corrected(company.database, Task.SENTIMENT, story.labels(50), story.visitors(company.database, 6))
    before = office.datasets.preview(founder, Task.SENTIMENT)
    assert (len(before.rows), before.missing, before.unsettled, before.is_frozen) == (50, 100, 50, False)

    frozen = office.datasets.build(founder, Task.SENTIMENT)

    after = office.datasets.preview(founder, Task.SENTIMENT)
    assert after.rows == office.datasets.rows(founder, frozen.dataset_id)
    assert (after.unsettled, after.is_frozen, after.last) == (0, True, frozen)
    assert [row.row_id for row in before.rows] == [row.row_id for row in after.rows]


def test_a_large_preview_is_worked_on_in_the_background(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    office, founder = Office(company.house), story.member(company.database)
    story.corrected(company.database, Task.TRANSLATE, story.translations(20), story.visitors(company.database, 4))
    monkeypatch.setattr("core.office.datasets.PATIENCE_SECONDS", 0.0)
    found: Preview | JobView = office.datasets.peek(founder, Task.TRANSLATE)
    end = time.monotonic() + 10
    while isinstance(found, JobView):
        assert found.state in ("waiting", "running")
        assert time.monotonic() < end
        time.sleep(0.01)
        found = office.datasets.peek(founder, Task.TRANSLATE)
    assert len(found.rows) == 20


def test_every_deed_is_in_the_audit(company: Company) -> None:
    office, founder = Office(company.house), story.member(company.database)
    story.corrected(company.database, Task.TRANSLATE, story.translations(10), story.visitors(company.database, 4))
    frozen = office.datasets.build(founder, Task.TRANSLATE)
    office.datasets.export(founder, frozen.dataset_id, "trl")
    office.datasets.export_preview(founder, Task.TRANSLATE)
    deeds = [entry.action for entry in audit.page(company.database, None, "", 0, 10)[0]]
    assert deeds == ["downloaded preview", "downloaded dataset", "froze dataset"]


def test_a_job_that_cannot_freeze_says_why(company: Company) -> None:
    office, founder = Office(company.house), story.member(company.database)
    job_id = office.datasets.start(founder, Task.SUPPORT)
    end = time.monotonic() + 10
    while not (view := office.datasets.work(founder, Task.SUPPORT, job_id)) or not view.is_over:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert view.state == "failed"
    assert "not enough to learn from yet" in view.sentence
    assert office.datasets.work(founder, Task.SUPPORT, "no such job") is None


def test_only_founders_come_in(company: Company) -> None:
    office = Office(company.house)
    for who in (company.member(Role.REVIEWER), None):
        member: Member = who  # type: ignore[assignment]
        for deed in (
            lambda one: office.datasets.ready(one),
            lambda one: office.datasets.preview(one, Task.SUPPORT),
            lambda one: office.datasets.peek(one, Task.SUPPORT),
            lambda one: office.datasets.all(one),
            lambda one: office.datasets.rows(one, "x"),
            lambda one: office.datasets.usable(one, ["x"]),
            lambda one: office.datasets.build(one, Task.SUPPORT),
            lambda one: office.datasets.start(one, Task.SUPPORT),
            lambda one: office.datasets.work(one, Task.SUPPORT),
            lambda one: office.datasets.stop(one, "x"),
            lambda one: office.datasets.export(one, "x", "trl"),
            lambda one: office.datasets.export_preview(one, Task.SUPPORT),
        ):
            with pytest.raises(NotAllowed):
                deed(member)


def test_what_is_not_there_or_no_form_is_refused(company: Company) -> None:
    office, founder = Office(company.house), story.member(company.database)
    with pytest.raises(NotYours):
        office.datasets.rows(founder, "../x")
    with pytest.raises(NotYours):
        office.datasets.export(founder, "nothing", "trl")
    with pytest.raises(TooLittleToLearn):
        office.datasets.build(founder, Task.SENTIMENT)
    story.corrected(company.database, Task.TRANSLATE, story.translations(4), story.visitors(company.database, 2))
    frozen = office.datasets.build(founder, Task.TRANSLATE)
    with pytest.raises(NotAChoice):
        office.datasets.export(founder, frozen.dataset_id, "../../pickle")


def test_held_and_waiting_items_are_told_apart(company: Company) -> None:
    office, founder = Office(company.house), company.member(Role.FOUNDER)
    company.correct("ann", "qqqqqq zzzzzzx wwwwwwk", "How do I return a lamp?")
    company.correct("ben", "Within 30 days of delivery.", "How do I send a lamp back?")
    office.review.queue(founder, Scope())
    left_out = office.datasets.preview(founder, Task.SUPPORT).left_out
    assert left_out == {LeftOut.HELD: 1, LeftOut.NOT_APPROVED: 1}
