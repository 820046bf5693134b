"""Whom the survey asks, what is kept of an answer, and what a founder reads of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from core.errors import NotInvited
from core.store import cells, members, rollups, surveys
from core.store.cells import Quality
from core.store.columns import now
from core.store.db import Database
from core.store.office_tables import AuditRow, SurveyInvitationRow
from core.store.record import Recorder
from core.store.tables import InteractionRow, SurveyRow, VisitorRow
from core.types import Consent, Disappointment, Ending, Rating, Role, Scope, SurveyAnswer, SurveyRule, Task
from tests.core.store_stories import an_interaction

VERY = SurveyAnswer(Disappointment.VERY, "It quotes", "Shops", "Speed", 9)
REAL = Scope()


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    opened = Recorder(database, tmp_path / "spool")
    yield opened
    opened.close()


def uses(recorder: Recorder, count: int, visitor: str = "ada", **changes: Any) -> list[str]:
    """Have a visitor use a task some times, an hour apart, and return the ids."""
    told = [
        an_interaction(visitor_id=visitor, **({"started_at": datetime(2026, 5, 4, 3 + hour, tzinfo=UTC)} | changes))
        for hour in range(count)
    ]
    for one in told:
        recorder.interaction(one)
    assert recorder.flush()
    return [one.interaction_id for one in told]


def test_a_visitor_is_asked_after_the_second_finished_use(database: Database, recorder: Recorder) -> None:
    assert not surveys.state(database, "ada").may_answer
    uses(recorder, 1)
    uses(recorder, 3, ending=Ending.FAILED)
    assert not surveys.state(database, "ada").is_asked
    uses(recorder, 1)
    assert surveys.state(database, "ada").is_asked
    assert not surveys.state(database, "bob").is_asked


def test_the_rule_says_how_many_uses_how_long_ago_and_whether_at_all(database: Database, recorder: Recorder) -> None:
    who = members.add(database, "mia", Role.FOUNDER)
    uses(recorder, 3, started_at=now() - timedelta(days=2))
    for rule, is_asked in (
        (SurveyRule(uses=4), False),
        (SurveyRule(uses=3), True),
        (SurveyRule(uses=3, days=3), False),
        (SurveyRule(uses=3, days=2), True),
        (SurveyRule(is_open=False), False),
    ):
        surveys.set_rule(database, who, rule)
        assert surveys.rule(database) == rule
        assert surveys.state(database, "ada").is_asked == is_asked, rule
    with database.reading() as session:
        noted = session.scalars(select(AuditRow).order_by(AuditRow.audit_id)).all()
    assert (len(noted), noted[0].name, noted[0].action) == (5, "mia", "changed")
    assert (noted[1].detail["before"]["uses"], noted[1].detail["after"]["uses"]) == (4, 3)


def test_later_hides_the_question_for_the_days_of_the_rule(database: Database, recorder: Recorder) -> None:
    uses(recorder, 2)
    surveys.show(database, "ada")
    surveys.snooze(database, "ada")
    assert not surveys.state(database, "ada").is_asked
    with database.writing() as session:
        row = session.get_one(SurveyInvitationRow, "ada")
        assert timedelta(days=6, hours=23) < row.snoozed_until - now() <= timedelta(days=7)
        row.snoozed_until = now() - timedelta(seconds=1)
    assert surveys.state(database, "ada").is_asked


def test_no_thanks_holds_forever(database: Database, recorder: Recorder) -> None:
    uses(recorder, 2)
    surveys.decline(database, "ada")
    surveys.snooze(database, "ada")
    with database.writing() as session:
        session.get_one(SurveyInvitationRow, "ada").snoozed_until = now() - timedelta(days=400)
    state = surveys.state(database, "ada")
    assert not state.is_asked
    assert state.may_answer, "who looks for the survey may still take it"


def test_being_asked_is_noted_once(database: Database, recorder: Recorder) -> None:
    uses(recorder, 2)
    surveys.show(database, "ada")
    with database.reading() as session:
        first = session.get_one(SurveyInvitationRow, "ada").first_shown_at
    surveys.show(database, "ada")
    surveys.show(database, "nobody")
    with database.reading() as session:
        assert session.get_one(SurveyInvitationRow, "ada").first_shown_at == first
        assert session.get(SurveyInvitationRow, "nobody") is None


def test_an_answer_is_kept_once_with_the_segment_and_use_case_of_its_moment(
    database: Database, recorder: Recorder
) -> None:
    recorder.choose("ada", Consent(), "Support", "2 to 10")
    uses(recorder, 2, task=Task.TRANSLATE, started_at=datetime(2026, 5, 4, 1, tzinfo=UTC))
    uses(recorder, 2, task=Task.SUPPORT, started_at=datetime(2026, 5, 5, 1, tzinfo=UTC))
    uses(recorder, 3, task=Task.SUMMARIZE, ending=Ending.STOPPED)
    surveys.save(database, "ada", VERY)
    surveys.save(database, "ada", VERY)
    (found,) = surveys.responses(database, REAL)
    assert (found.answer, found.segment) == (VERY, "Support, 2 to 10")
    assert found.task is Task.SUPPORT, "of two use cases used as often, the one used last"
    recorder.choose("ada", Consent(), "Founder", "Just me")
    changed = SurveyAnswer(Disappointment.NOT, improvement="More")
    surveys.save(database, "ada", changed)
    (again,) = surveys.responses(database, REAL)
    assert again.answer == changed
    assert (again.segment, again.answered_at) == (found.segment, found.answered_at)
    state = surveys.state(database, "ada")
    assert (state.answer, state.is_asked) == (changed, False)


def test_who_is_not_asked_yet_cannot_answer(database: Database, recorder: Recorder) -> None:
    uses(recorder, 1)
    with pytest.raises(NotInvited, match="at least 2 times"):
        surveys.save(database, "ada", VERY)
    with pytest.raises(NotInvited):
        surveys.save(database, "a stranger", VERY)
    assert surveys.responses(database, REAL) == ()


def test_answers_that_are_taken_back_are_gone_and_nobody_asks_again(database: Database, recorder: Recorder) -> None:
    uses(recorder, 2)
    surveys.save(database, "ada", VERY)
    surveys.take_back(database, "ada")
    assert surveys.responses(database, REAL) == ()
    assert not surveys.state(database, "ada").is_asked
    assert surveys.state(database, "ada").answer is None


def test_sample_answers_and_real_ones_are_never_read_together(database: Database, recorder: Recorder) -> None:
    for visitor in ("ada", "bob"):
        uses(recorder, 2, visitor, is_sample=visitor == "bob")
        surveys.save(database, visitor, VERY)
    with database.writing() as session:
        session.execute(update(VisitorRow).where(VisitorRow.visitor_id == "bob").values(is_sample=True))
        session.execute(update(SurveyRow).where(SurveyRow.visitor_id == "bob").values(segment="sample"))
    assert [found.segment for found in surveys.responses(database, Scope())] == [""]
    assert [found.segment for found in surveys.responses(database, Scope(is_sample=True))] == ["sample"]


def test_a_scope_narrows_answers_by_day_segment_and_use_case(database: Database, recorder: Recorder) -> None:
    told = (("ada", "Founder", Task.SUPPORT, 4), ("bob", "Support", Task.TRANSLATE, 10))
    for visitor, role, task, day in told:
        recorder.choose(visitor, Consent(), role)
        uses(recorder, 2, visitor, task=task)
        surveys.save(database, visitor, VERY)
        with database.writing() as session:
            at = datetime(2026, 5, day, 23, 59, tzinfo=UTC)
            session.execute(update(SurveyRow).where(SurveyRow.visitor_id == visitor).values(answered_at=at))
    with database.writing() as session:  # what was answered before use cases were kept is worked out
        session.execute(update(SurveyRow).values(task=""))

    def segments(**scope: Any) -> list[str]:
        return [found.segment for found in surveys.responses(database, Scope(**scope))]

    fourth, fifth = datetime(2026, 5, 4).date(), datetime(2026, 5, 5).date()
    assert segments() == ["Founder", "Support"]
    assert segments(until=fourth) == ["Founder"]
    assert segments(since=fifth) == ["Support"]
    assert segments(segment="Support") == ["Support"]
    assert segments(task=Task.TRANSLATE) == ["Support"]
    assert segments(task=Task.SENTIMENT) == []


def test_quality_is_counted_by_segment_and_use_case(database: Database, recorder: Recorder) -> None:
    one, two, three = uses(recorder, 3, "ada", segment="Founder")
    (four,) = uses(
        recorder, 1, "ada", segment="Founder", started_at=datetime(2026, 5, 9, tzinfo=UTC), is_abstained=True
    )
    five, six = uses(recorder, 2, "bob", segment="Founder")
    uses(recorder, 1, "bob", segment="Founder", task=Task.TRANSLATE)
    uses(recorder, 1, "eve", segment="Founder", is_sample=True)
    for interaction_id, visitor, score in ((one, "ada", 0), (two, "ada", 1), (four, "ada", 0), (five, "bob", 1)):
        recorder.rate(Rating(interaction_id, score), visitor)
    recorder.correct(one, "ada", "better", "1")
    recorder.correct(three, "ada", "better", "2")
    recorder.correct(three, "ada", "better still", "3")
    kept = recorder.correct(six, "bob", "worse", "4")
    recorder.withdraw_correction(kept.correction_id, "bob")
    rollups.refresh(database)
    found = {(count.segment, count.task): count.quality for count in cells.counts(database, REAL)}
    assert found["Founder", Task.SUPPORT] == Quality(
        uses=6,
        visitors=2,
        returned=1,
        abstained=1,
        rated=4,
        down=2,
        corrected=2,
        judges=2,
        judged=5,
        troubled=3,
        troubled_squares=3**2 + 0,
        troubled_by_judged=3 * 4 + 0,
        judged_squares=4**2 + 1,
    )
    assert found["Founder", Task.TRANSLATE].judged == 0
    assert cells.troubled(database, REAL, ("Founder",), Task.SUPPORT) == (four, three, one)
    assert cells.troubled(database, REAL, ("Support",), Task.SUPPORT) == ()
    may_fifth = datetime(2026, 5, 5).date()
    (later,) = cells.counts(database, Scope(since=may_fifth))
    assert (later.quality.uses, later.quality.down, later.quality.returned) == (1, 1, 0)
    assert cells.counts(database, Scope(segment="Support")) == ()


def test_a_visitor_who_is_erased_takes_their_answers_along(database: Database, recorder: Recorder) -> None:
    uses(recorder, 2)
    surveys.save(database, "ada", VERY)
    with database.writing() as session:
        session.delete(session.get_one(VisitorRow, "ada"))
    with database.reading() as session:
        assert session.scalars(select(SurveyRow.survey_id)).all() == []
        assert session.scalars(select(InteractionRow.interaction_id)).all() == []
