"""The company's pages are closed to everybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.conftest import FRAME, Visit

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


def test_every_company_page_asks_who_is_there_first() -> None:
    for path in (FRAME.parent / "founder").glob("*.py"):
        body = Path(path).read_text(encoding="utf-8")
        assert "member.required(" in body, path
