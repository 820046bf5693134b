"""The company's pages are closed to everybody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.store import members
from core.store.columns import now
from core.store.office_tables import MemberRow, MemberSessionRow
from pages.parts.wiring import house, office
from tests.pages.conftest import FRAME, Visit

pytestmark = pytest.mark.promise("R15")

COMPANY = sorted(path.stem for path in (FRAME.parent / "founder").glob("*.py"))
FOR_REVIEWERS = {"review"}


@pytest.mark.parametrize("page", COMPANY)
def test_without_login_a_company_page_shows_the_door_and_nothing_else(visit: Visit, page: str) -> None:
    visit.go(f"founder/{page}")
    assert visit.app.title[0].value == "For the company"
    assert not visit.app.metric


@pytest.mark.parametrize("page", COMPANY)
def test_a_founder_sees_every_company_page(founder: Visit, page: str) -> None:
    founder.go(f"founder/{page}")
    assert founder.app.title[0].value != "For the company"


@pytest.mark.parametrize("page", COMPANY)
def test_a_reviewer_sees_the_review_queue_only(reviewer: Visit, page: str) -> None:
    reviewer.go(f"founder/{page}")
    assert (reviewer.app.title[0].value != "For the company") == (page in FOR_REVIEWERS)


@pytest.mark.parametrize("end", ["ended", "expired", "idle", "disabled"])
def test_a_session_that_is_over_opens_no_company_page(founder: Visit, end: str) -> None:
    token = founder.app.session_state["member_token"]
    me = office().access.member(token)
    assert me is not None
    with house().database.writing() as session:
        row = session.get_one(MemberSessionRow, members.digest(token))
        row.ended_at = now() if end == "ended" else None
        row.expires_at -= timedelta(days=15 if end == "expired" else 0)
        row.seen_at -= timedelta(hours=13 if end == "idle" else 0)
        session.get_one(MemberRow, me.member_id).disabled_at = now() if end == "disabled" else None
    for page in COMPANY:
        founder.go(f"founder/{page}")
        assert founder.app.title[0].value == "For the company"


def test_every_company_page_asks_who_is_there_first() -> None:
    for path in (FRAME.parent / "founder").glob("*.py"):
        body = Path(path).read_text(encoding="utf-8")
        assert "member.required(" in body, path


def test_only_visitors_are_asked_for_consent_not_the_company_on_its_own_pages(founder: Visit) -> None:
    from pages.parts.visitor import ASK

    assert ASK not in founder.go("founder/settings").text
    assert ASK in founder.go("support").text
