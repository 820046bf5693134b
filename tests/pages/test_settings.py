"""What a founder does under Settings, and what the sidebar says of who is here."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from core.config import read_settings
from core.store import audit, members
from core.types import Role
from pages.parts import member
from pages.parts.settings_sessions import browser_of
from pages.parts.wiring import house, office
from tests.pages.conftest import Visit, logged_in


def name() -> str:
    """A name that no other test has."""
    return f"Kim {uuid.uuid4().hex[:8]}"


def tab(visit: Visit, title: str) -> Visit:
    """Open a tab of the settings."""
    visit.go("founder/settings")
    visit.widget("button_group", "settings_tab").set_value(title).run()
    return visit.settle()


def test_a_founder_invites_somebody_by_a_link_that_is_shown_once(founder: Visit) -> None:
    who = name()
    founder.go("founder/settings")
    founder.widget("text_input", "settings_invite_name").set_value(who)
    founder.click("FormSubmitter:settings_invite")
    link = next(code.value for code in founder.app.code if "/door?link=" in code.value)
    assert re.fullmatch(r"\S*/door\?link=[\w-]{43}", link)
    assert f"Invitation for {who}" in founder.text
    founder.click("settings_link_done")
    assert "/door?link=" not in founder.text
    founder.click("settings_withdraw_")
    assert f"Invitation for {who}" not in founder.text


def test_a_name_that_is_taken_is_told(founder: Visit) -> None:
    taken = members.add(house().database, name(), Role.REVIEWER).name
    founder.go("founder/settings")
    founder.widget("text_input", "settings_invite_name").set_value(taken)
    founder.click("FormSubmitter:settings_invite")
    assert "this name already" in founder.text


def test_a_founder_changes_a_role_and_disables_and_the_log_tells_it(founder: Visit) -> None:
    other = members.add(house().database, name(), Role.REVIEWER)
    founder.go("founder/settings").click(f"settings_change_{other.member_id}")
    assert office().access.members(known(founder))
    founder.click(f"settings_disable_{other.member_id}")
    assert founder.has_button(f"settings_enable_{other.member_id}")
    tab(founder, "Audit log")
    table = founder.app.dataframe[0].value
    done = [(row["What"], row["Of what"]) for _, row in table.iterrows()]
    assert done[:2] == [("disabled", other.name), ("changed role", other.name)]


def test_nobody_disables_or_demotes_themselves_by_a_slip(founder: Visit) -> None:
    me = known(founder)
    founder.go("founder/settings")
    assert not founder.has_button(f"settings_disable_{me.member_id}")
    assert not founder.has_button(f"settings_change_{me.member_id}")


def test_sessions_are_shown_and_ended(founder: Visit) -> None:
    me = known(founder)
    token = members.log_in(house().database, me, "Mozilla/5.0 (Macintosh; Mac OS X) Firefox/140")
    tab(founder, "Sessions")
    assert "Firefox on macOS" in founder.text
    assert "this browser" in founder.text
    founder.click("settings_end_others")
    assert office().access.member(token) is None
    assert founder.app.title[0].value == "Settings"


def test_an_ended_session_closes_the_page_at_the_next_click(founder: Visit) -> None:
    tab(founder, "Members")
    members.log_out(house().database, founder.app.session_state["member_token"])
    founder.app.run()
    assert founder.app.title[0].value == "For the company"


def test_the_log_is_filtered_and_says_where_it_is_empty(founder: Visit) -> None:
    me = known(founder)
    audit.record(house().database, me, "downloaded", "something")
    audit.refuse(house().database, "ab12", "a page of the company")
    tab(founder, "Audit log")
    founder.widget("selectbox", "settings_audit_who").set_value(me.member_id).run()
    assert list(founder.app.dataframe[0].value["What"]) == ["downloaded"]
    founder.widget("selectbox", "settings_audit_action").set_value("refused").run()
    assert "Nothing of this kind" in founder.app.info[0].value


def test_a_long_log_has_pages(founder: Visit) -> None:
    me = known(founder)
    with house().database.writing() as session:
        for number in range(60):
            audit.note(session, me, "approved", f"=cmd{number}")
    tab(founder, "Audit log")
    assert founder.app.dataframe[0].value["Of what"][0] == "=cmd59"
    assert len(founder.app.dataframe[0].value) == 50


def test_the_downloaded_log_runs_nothing_in_a_spreadsheet(founder: Visit) -> None:
    from core.tables import write_csv

    me = known(founder)
    with house().database.writing() as session:
        audit.note(session, me, "invited", '=HYPERLINK("http://evil.test")')
    content = write_csv(("a",) * 5, office().access.audit_rows(me)).decode("utf-8-sig")
    assert "'=HYPERLINK" in content
    assert ',"=HYPERLINK' not in content


def test_the_sidebar_says_who_is_here_and_lets_them_out(founder: Visit) -> None:
    me = known(founder)
    assert any(caption.value == f"{me.name} · founder" for caption in founder.app.sidebar.caption)
    token = founder.app.session_state["member_token"]
    founder.click("member_logout")
    assert office().access.member(token) is None
    assert founder.go("founder/settings").app.title[0].value == "For the company"


def test_for_visitors_the_way_in_is_one_quiet_line(visit: Visit) -> None:
    assert not visit.app.sidebar.caption
    assert not visit.has_button("member_logout")


def test_a_name_in_the_sidebar_is_text() -> None:
    visit = logged_in(Role.FOUNDER, f"**Eve** [x](http://evil.test) {uuid.uuid4().hex[:6]}")
    assert "\\*\\*Eve\\*\\*" in visit.app.sidebar.caption[0].value


def test_a_refused_look_at_a_company_page_is_written_down(visit: Visit) -> None:
    database = house().database
    office().door._refused.clear()
    before = audit.page(database, "", audit.REFUSED, 0, 1)[1]
    visit.go("founder/settings")
    assert audit.page(database, "", audit.REFUSED, 0, 1)[1] == before + 1


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chromium on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604", "Safari on iOS"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("", "a browser"),
        ("<b>curl</b>", "a browser"),
    ],
)
def test_a_browser_is_told_in_two_words(agent: str, told: str) -> None:
    assert browser_of(agent) == told


# The company's own login


@pytest.fixture
def company_login(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A Hearback whose members come by their company's login: what that says of whoever is here can be changed."""
    lists = read_settings({"HEARBACK_LOGIN": "oidc", "HEARBACK_FOUNDERS": "ada@example.com, b@example.com"})
    monkeypatch.setattr(office().door, "_settings", lists)
    claims: dict[str, Any] = {"is_logged_in": False}
    monkeypatch.setattr(member, "_claims", lambda: claims)
    return claims


def test_a_founder_of_the_company_s_login_sees_the_pages(company_login: dict[str, Any]) -> None:
    visit = Visit().go("founder/settings")
    assert visit.app.title[0].value == "For the company"
    assert visit.has_button("member_enter")
    moment = datetime.now(UTC).timestamp()
    company_login.update(
        is_logged_in=True, email="Ada@example.com", email_verified=True, sub="1", iss="https://id.test", iat=moment
    )
    visit.app.run()
    assert visit.app.title[0].value == "Settings"
    assert "HEARBACK_FOUNDERS" in visit.text
    assert not visit.has_button("FormSubmitter:settings_invite")


def test_an_address_that_is_not_on_the_list_is_told_so_and_shown_nothing(company_login: dict[str, Any]) -> None:
    company_login.update(
        is_logged_in=True, email="eve@example.com", email_verified=True, sub="2", iat=datetime.now(UTC).timestamp()
    )
    visit = Visit().go("founder/settings")
    assert visit.app.title[0].value == "For the company"
    assert "not on the list" in visit.text
    assert "ada@example.com" not in visit.text
    assert visit.has_button("member_forget")


def test_a_password_s_session_opens_nothing_there(company_login: dict[str, Any], founder: Visit) -> None:
    assert founder.go("founder/settings").app.title[0].value == "For the company"


def known(visit: Visit) -> Any:
    """Return the member whose visit this is."""
    return office().access.member(visit.app.session_state["member_token"])
