"""Who is asked to take the survey, when, and what becomes of their answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.errors import OutOfRange
from core.store.columns import now
from core.store.office_tables import SurveyInvitationRow
from core.types import Disappointment, Member, Role, Scope, SurveyAnswer, SurveyRule
from tests.pages.conftest import SlowTranslation, Visit, logged_in

LINE = "survey_go"
MIA = Member("mia", "mia", Role.FOUNDER)


def use(visit: Visit, count: int) -> Visit:
    """Use sentiment some times, and end on its page."""
    for number in range(count):
        visit.go("sentiment")
        visit.widget("text_area", "sentiment_text").set_value(f"A good lamp, number {number}").run()
        visit.click("sentiment_start")
    return visit


def visitor_of(visit: Visit) -> str:
    return str(visit.app.session_state["visitor_id"])


def begin(visit: Visit) -> Visit:
    """Follow the line to the survey; the driver forgets that a button led there, so it goes there again."""
    visit.click(LINE)
    assert visit.app.title[0].value == "Two minutes for us"
    return visit.go("survey")


def answer(visit: Visit, feeling: str = "Very disappointed") -> Visit:
    visit.app.radio[0].set_value(feeling).run()
    return visit.click("survey_send")


def saved(visit: Visit) -> Any:
    from pages.parts.wiring import desk

    return desk().survey_state(visitor_of(visit)).answer


def test_who_has_used_it_once_is_not_asked_who_has_used_it_twice_is(visit: Visit) -> None:
    assert not use(visit, 1).has_button(LINE)
    assert use(visit, 1).has_button(LINE)
    assert "Two minutes" in visit.text
    for page in ("home", "your_feedback", "survey"):
        assert not visit.go(page).has_button(LINE)
    assert visit.go("summarize").has_button(LINE)


def test_nobody_is_asked_while_an_answer_is_made(visit: Visit, slow: SlowTranslation) -> None:
    use(visit, 2)
    visit.go("translate")
    assert visit.has_button(LINE)
    visit.button("example_translate_").click().run()
    assert visit.has_button("running_stop_")
    assert not visit.has_button(LINE)
    slow.go_on.set()
    visit.settle()
    assert visit.has_button(LINE)


def test_nobody_is_asked_while_they_edit(visit: Visit) -> None:
    use(visit, 2)
    assert visit.has_button(LINE)
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    assert not visit.has_button(LINE)
    visit.widget("toggle", "rating_edit_").set_value(False).run()
    assert visit.has_button(LINE)


def test_later_hides_the_line_until_the_days_are_over(visit: Visit) -> None:
    from pages.parts.wiring import house

    use(visit, 2).click("survey_later")
    assert not visit.has_button(LINE)
    assert not use(visit, 1).has_button(LINE)
    with house().database.writing() as session:
        session.get_one(SurveyInvitationRow, visitor_of(visit)).snoozed_until = now() - timedelta(seconds=1)
    assert visit.go("support").has_button(LINE)


def test_no_thanks_is_forever(visit: Visit) -> None:
    use(visit, 2).click("survey_decline")
    del visit.app.session_state["survey_is_over"]  # as in another session
    assert not use(visit, 2).has_button(LINE)


def test_an_answer_is_thanked_for_shown_and_never_asked_for_again(visit: Visit) -> None:
    begin(use(visit, 2))
    visit.widget("text_area", "survey_said_benefit").set_value("It <b>quotes</b> @here").run()
    visit.widget("button_group", "survey_said_recommend").set_value(9).run()
    answer(visit)
    assert "Thank you" in visit.text
    assert "decide what to improve first" in visit.text
    assert "It \\<b\\>quotes" in visit.text
    assert saved(visit) == SurveyAnswer(Disappointment.VERY, "It <b>quotes</b> @here", recommend=9)
    assert not use(visit, 1).has_button(LINE)


def test_what_was_typed_is_still_there_after_another_page(visit: Visit) -> None:
    begin(use(visit, 2))
    visit.widget("text_area", "survey_said_improvement").set_value("Our own terms").run()
    visit.app.radio[0].set_value("Not disappointed").run()
    visit.go("support").go("survey")
    assert visit.widget("text_area", "survey_said_improvement").value == "Our own terms"
    assert visit.app.radio[0].value == "Not disappointed"


def test_without_the_first_answer_nothing_is_sent(visit: Visit) -> None:
    begin(use(visit, 2)).click("survey_send")
    assert "Choose an answer to the first question" in visit.text
    assert saved(visit) is None


def test_an_answer_can_be_changed_and_taken_back(visit: Visit) -> None:
    begin(use(visit, 2))
    visit.widget("text_area", "survey_said_benefit").set_value("Speed").run()
    answer(visit).click("survey_change")
    assert visit.widget("text_area", "survey_said_benefit").value == "Speed"
    assert visit.app.radio[0].value == "Very disappointed"
    visit.widget("text_area", "survey_said_benefit").set_value("Sources").run()
    answer(visit, "Somewhat disappointed")
    assert saved(visit) == SurveyAnswer(Disappointment.SOMEWHAT, "Sources")
    visit.go("your_feedback")
    assert "You answered our survey" in visit.text
    visit.go("survey").click("survey_take_back")
    assert saved(visit) is None
    assert "You answered our survey" not in visit.go("your_feedback").text
    assert not use(visit, 1).has_button(LINE)


def test_who_is_not_asked_yet_is_told_so_on_the_page(visit: Visit) -> None:
    visit.go("survey")
    assert "Not yet" in visit.text
    assert not visit.app.radio


def test_the_company_is_not_asked_and_only_looks(own_house: None) -> None:
    founder = logged_in(Role.FOUNDER)
    assert not use(founder, 2).has_button(LINE)
    founder.go("survey")
    assert founder.button("survey_send").disabled


def test_a_text_beyond_the_limit_or_a_number_beyond_the_scale_is_refused(visit: Visit) -> None:
    from core.errors import InputTooLong
    from pages.parts.wiring import desk

    use(visit, 2)
    with pytest.raises(InputTooLong, match="main benefit"):
        desk().answer_survey(visitor_of(visit), SurveyAnswer(Disappointment.VERY, "x" * 1_001))
    for number in (-1, 11):
        with pytest.raises(OutOfRange, match="from 0 to 10"):
            desk().answer_survey(visitor_of(visit), SurveyAnswer(Disappointment.VERY, recommend=number))
    assert saved(visit) is None


def test_a_founder_sets_whom_the_survey_asks(own_house: None) -> None:
    from pages.parts.wiring import office

    founder = logged_in(Role.FOUNDER)
    founder.go("founder/settings")
    founder.widget("button_group", "settings_tab").set_value("Survey").run()
    founder.widget("number_input", "settings_survey_uses").set_value(3)
    next(button for button in founder.app.button if button.label == "Save").click().run()
    assert office().market.rule(MIA) == SurveyRule(uses=3)
    visitor = Visit()
    assert not use(visitor, 2).has_button(LINE)
    assert use(visitor, 1).has_button(LINE)


@pytest.mark.parametrize(
    "rule", [SurveyRule(uses=1), SurveyRule(days=-1), SurveyRule(days=366), SurveyRule(snooze_days=0)]
)
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(own_house: None, rule: SurveyRule) -> None:
    from pages.parts.wiring import office

    with pytest.raises(OutOfRange, match="choose from"):
        office().market.set_rule(MIA, rule)
    assert office().market.rule(MIA) == SurveyRule()
    assert office().market.fit(MIA, Scope()).responses == ()
