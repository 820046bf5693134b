"""Whatever a person does is there once, however often it is said: a click may come twice, a line may break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import AlreadyReviewed, AlreadyThere, Forgotten
from core.loop import Term
from core.store import drafts, surveys, terms, transfer, votes
from core.store.loop_tables import ArtefactRow, DatasetRow, EvaluationItemRow, EvaluationRow
from core.types import Consent, Disappointment, Rating, SurveyAnswer, SurveyRule
from tests.core.review_stories import Company, a_company
from tests.loop.erasure_stories import a_dataset, an_artefact
from tests.promises import Found


@pytest.fixture
def company(database_url: str, tmp_path: Path) -> Iterator[Company]:
    with a_company(tmp_path, database_url) as company:
        yield company


def rows(company: Company) -> dict[str, int]:
    """Return how many rows each table holds, but for the days that are to be counted anew."""
    return {name: table.rows for name, table in transfer.counted(company.database).items() if name != "usage_marks"}


@pytest.mark.promise("R1")
def test_what_a_visitor_says_twice_is_there_once(company: Company, found: Found) -> None:
    database, recorder = company.database, company.recorder
    founder = company.member()
    surveys.set_rule(database, founder, SurveyRule(True, 1, 0, 7))
    use = company.use("ada")
    said = SurveyAnswer(Disappointment.VERY, "Quick.", "", "", 9)
    corrected = recorder.correct(use, "ada", "31 days.", "")
    deeds: dict[str, Callable[[], object]] = {
        "comes": lambda: recorder.welcome("ada"),
        "rates": lambda: recorder.rate(Rating(use, 1, ("Clear",), "Good."), "ada"),
        "corrects": lambda: recorder.correct(use, "ada", "31 days.", ""),
        "asks for a person": lambda: recorder.hand_off(use, "ada", "A person, please."),
        "allows": lambda: recorder.choose("ada", Consent(log=True)),
        "is asked": lambda: surveys.show(database, "ada"),
        "puts it off": lambda: surveys.snooze(database, "ada"),
        "answers": lambda: surveys.save(database, "ada", said),
        "declines": lambda: surveys.decline(database, "ada"),
        "takes the answers back": lambda: surveys.take_back(database, "ada"),
        "takes the rating back": lambda: recorder.undo_rating(use, "ada"),
        "takes the correction back": lambda: recorder.withdraw_correction(corrected.correction_id, "ada"),
        "goes": lambda: recorder.forget("ada"),
    }
    doubled = []
    for what, deed in deeds.items():
        deed()
        once = rows(company)
        deed()
        if rows(company) != once:
            doubled.append(what)
    found("kinds of writes said twice", len(deeds))
    found("doubled", len(doubled))
    assert doubled == []
    with pytest.raises(Forgotten):
        recorder.welcome("ada")


@pytest.mark.promise("R1")
def test_what_a_member_says_twice_is_there_once_or_refused(company: Company, found: Found) -> None:
    database, ada = company.database, company.member()
    item, other = company.correct("visitor 1"), company.correct("visitor 2", "Within a month.", "How soon?")
    term = Term("", "en", "de", "lamp", "Leuchte")
    company.use("visitor 3")
    evaluation_id, row_id = an_evaluation(company)
    company.review._sorting.sort_all()
    company.review.approve(ada, item)

    def draft() -> str:
        return drafts.save(database, ada, "handbook", "page.md", title="Page", source="# Page", base_number=0)

    deeds: dict[str, tuple[Callable[[], object], type[Exception] | None]] = {
        "approves": (lambda: company.review.approve(ada, item), AlreadyReviewed),
        "rejects": (lambda: company.review.reject(ada, other, "wrong"), AlreadyReviewed),
        "votes": (lambda: votes.vote(database, ada, evaluation_id, row_id, "candidate"), None),
        "adds a term": (lambda: terms.add(database, ada, term, 10), AlreadyThere),
        "drafts": (
            lambda: drafts.save(database, ada, "handbook", "p.md", title="P", source="# P", base_number=0),
            None,
        ),
    }
    doubled = []
    for what, (deed, refusal) in deeds.items():
        if what != "approves":
            deed()
        once = rows(company)
        if refusal is None:
            deed()
        else:
            with pytest.raises(refusal):
                deed()
        if {**rows(company), "audit": 0} != {**once, "audit": 0}:
            doubled.append(what)
    found("kinds of writes said twice", len(deeds))
    found("doubled", len(doubled))
    assert doubled == []


def an_evaluation(company: Company) -> tuple[str, str]:
    """Return an evaluation with one item to vote on."""
    database = company.database
    a_dataset(database, "d1", [])
    an_artefact(database, "a1", "d1", 1)
    with database.writing() as session:
        assert session.get(DatasetRow, "d1")
        assert session.get(ArtefactRow, "a1")
        session.add(EvaluationRow(evaluation_id="e1", artefact_id="a1", dataset_id="d1", figures={}, verdict={}))
        session.flush()
        one = {"position": 0, "input_text": "?", "reference": "!", "answers": {}, "scores": {}}
        session.add(EvaluationItemRow(evaluation_id="e1", row_id="r1", **one))
    return "e1", "r1"
