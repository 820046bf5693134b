"""A founder fills an empty house with the sample company, sees that it is one, and takes it out again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.store import members
from core.types import Role
from pages.parts.wiring import house, office
from tests.core.sample_stories import short_history
from tests.pages.conftest import PATIENCE_SECONDS, Visit


def the_part() -> None:
    """What a page does with the part."""
    from pages.parts import member, sample_data

    who = member.required()
    sample_data.mark()
    sample_data.control(who)
    sample_data.offer(who)


@pytest.fixture
def page(own_house: None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A page with all of the part on it, before a founder who is logged in; the history is a short one."""
    del own_house
    monkeypatch.setattr("core.office.samples.build", lambda *_: short_history())
    database = house().database
    member = members.add(database, "Ana", Role.FOUNDER)
    app = AppTest.from_function(the_part, default_timeout=PATIENCE_SECONDS)
    app.session_state["member_token"] = members.open_session(database, member.member_id, timedelta(hours=1))
    return app.run()


def test_it_is_loaded_and_removed_with_one_click_each(page: AppTest) -> None:
    assert "Sample data" in page.markdown[0].value
    assert [button.key for button in page.button] == ["sample_load", "sample_offered"]
    page.button(key="sample_load").click().run()
    assert not page.exception
    assert office().samples.is_loaded()
    assert [button.key for button in page.button] == ["sample_remove"]
    assert "invented visitors" in "".join(element.value for element in page.markdown)
    page.button(key="sample_remove").click().run()
    assert not office().samples.is_loaded()
    assert [button.key for button in page.button] == ["sample_load", "sample_offered"]


def test_a_page_without_figures_offers_it(page: AppTest) -> None:
    page.button(key="sample_offered").click().run()
    assert office().samples.is_loaded()


def test_a_reviewer_does_not_reach_it(reviewer: Visit) -> None:
    reviewer.go("founder/settings")
    assert not reviewer.has_button("sample_")
