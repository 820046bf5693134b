"""Somebody who is forgotten is in no byte of any file of the data folder, and nothing unconsented is taught (R16)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from core.desk import Desk
from core.store import dataset_sources
from core.store.tables import CorrectionRow
from core.types import Consent, Task
from tests.core.desk_stories import a_desk, over
from tests.promises import Found, at

# No word of any language: wherever it is found, it came from here.
CANARY = "Zqcanaryvx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    folder.mkdir()
    with a_desk(f"sqlite:///{folder / 'hearback.db'}", folder) as desk:
        yield desk


def holding(folder: Path, words: str) -> list[str]:
    """Return the files below a folder that hold the words, in any of the encodings that are used here."""
    forms = {words.encode(), words.encode("utf-16-le"), words.lower().encode(), json.dumps(words).strip('"').encode()}
    files = [one for one in folder.rglob("*") if one.is_file()]
    return sorted(
        one.relative_to(folder).as_posix() for one in files if any(form in one.read_bytes() for form in forms)
    )


def leave_traces(desk: Desk, visitor: str, times: int) -> None:
    """Use everything that keeps what a visitor typed: uses, ratings, comments, corrections, memory, hand-offs."""
    desk.choose(visitor, Consent(log=True, train=True), f"{CANARY} founder", "2 to 10")
    for number in range(times):
        text = f"{CANARY} {number}: the old lamp broke and I am sad."
        job = desk.look(visitor, desk.read_sentiment(visitor, text))
        view = over(desk, visitor, job.job_id)
        assert view.interaction_id
        desk.rate(visitor, view.interaction_id, 0, (), f"{CANARY} comment {number}")
        desk.correct(visitor, view.interaction_id, "positive")
        asked = over(desk, visitor, desk.ask(visitor, f"What does {CANARY} {number} say of returns?"))
        desk.hand_off(visitor, asked.interaction_id, f"{CANARY} wants a person", f"{CANARY}@example.org")
        over(desk, visitor, desk.translate(visitor, f"{CANARY} {number} is here.", "de"))
        over(desk, visitor, desk.summarize(visitor, f"{CANARY} met us. " * 30))
    assert desk.my_data(visitor)


@pytest.mark.promise("R16")
def test_after_forget_me_no_byte_of_any_file_holds_a_word_of_it(desk: Desk, folder: Path, found: Found) -> None:
    leave_traces(desk, "ada", at(3, 60))
    leave_traces_of_somebody_else(desk)
    exported = json.dumps(desk.my_data("ada"), ensure_ascii=False)
    assert exported.count(CANARY) >= 10, "whoever takes their data along gets all of it"
    before = holding(folder, CANARY)
    assert before, "the canary was never written, so the test would prove nothing"

    erased = desk.forget_me("ada")

    files = [one for one in folder.rglob("*") if one.is_file()]
    found("files looked at", len(files))
    found("files with the canary before", len(before))
    found("files with the canary after", len(holding(folder, CANARY)))
    found("rows erased", sum(erased.rows.values()))
    assert erased.is_scrubbed
    assert holding(folder, CANARY) == []
    assert desk.my_data("ada") == {}
    assert holding(folder, "Somebodyelse"), "what others said stays"


def leave_traces_of_somebody_else(desk: Desk) -> None:
    desk.choose("eve", Consent(log=True, train=True))
    over(desk, "eve", desk.read_sentiment("eve", "Somebodyelse likes the lamp."))


@pytest.mark.promise("R16")
def test_forget_me_while_answers_are_made_leaves_nothing_when_they_end(desk: Desk, folder: Path, found: Found) -> None:
    desk.choose("ada", Consent(log=True, train=True))
    jobs = 0
    for number in range(at(5, 100)):
        desk.read_sentiment("ada", f"{CANARY} {number} is on its way.")
        desk.translate("ada", f"{CANARY} {number} is on its way too.", "de")
        jobs += 2
        if number == 2:
            desk.forget_me("ada")
    desk.forget_me("ada")
    desk.close()
    found("answers under way", jobs)
    found("files with the canary after", len(holding(folder, CANARY)))
    assert holding(folder, CANARY) == []


@pytest.mark.promise("R16")
def test_nothing_may_be_taught_by_default_nor_after_consent_was_taken_back(desk: Desk, found: Found) -> None:
    assert desk.welcome("bob").consent == Consent(log=False, train=False)
    both = Consent(log=True, train=True)
    choices = {"bob": None, "logs only": Consent(log=True), "withdraws": both, "allows": both}
    for visitor, consent in choices.items():
        if consent is not None:
            desk.choose(visitor, consent)
        view = over(desk, visitor, desk.read_sentiment(visitor, f"A lamp of {visitor}, and it broke."))
        desk.correct(visitor, view.interaction_id, "negative")
    desk.choose("withdraws", Consent(log=True, train=False))
    given = desk.my_data("withdraws")["consents"]
    assert [row["train"] for row in given] == [True, False]
    assert all(row["version"] and row["decided_at"] for row in given)
    # All four are approved; who did not allow it, or allows it no more, is in no dataset all the same.
    with desk._database.writing() as session:
        session.execute(update(CorrectionRow).values(status="approved"))
    taught = [one.visitor_id for one in dataset_sources.sources(desk._database, Task.SENTIMENT).found]
    found("corrections approved", len(choices))
    found("rows without consent in what may be taught", len(set(taught) - {"allows"}))
    assert set(taught) == {"allows"}
