"""Nobody reads or changes what is another's: every id of one visitor, asked for by another, through every door."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from core.desk import Desk
from core.errors import Forgotten, NoReceipt, NotInvited, NotYours
from core.types import Consent, Disappointment, SurveyAnswer, Task
from tests.core.desk_stories import a_desk, result_of
from tests.promises import Found

pytestmark = pytest.mark.promise("R15")

CANARY = "canary-ann-4711"


@dataclass(frozen=True)
class Owned:
    """Every kind of id that a visit brings forth."""

    job_id: str
    interaction_id: str
    correction_id: str
    knowledge_id: str


@pytest.fixture
def desk(migrated_url: str, tmp_path: Path) -> Iterator[Desk]:
    with a_desk(migrated_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def ann(desk: Desk) -> Owned:
    """What belongs to Ann, who allows everything: a use that is rated, corrected and handed off, and a document."""
    desk.choose("ann", Consent(log=True, train=True), "Founder")
    job_id = desk.read_sentiment("ann", f"The {CANARY} lamp is fine.")
    view = result_of(desk, "ann", job_id)
    desk.rate("ann", view.interaction_id, 0, ["Wrong"], CANARY)
    correction = desk.correct("ann", view.interaction_id, "negative")
    desk.hand_off("ann", view.interaction_id, CANARY, CANARY)
    knowledge = desk.bring_documents("ann", [("menu.md", f"# Menu\n\nThe {CANARY} soup costs 7 euros.".encode())])
    desk._recorder.flush()
    return Owned(job_id, view.interaction_id, correction.correction_id, knowledge.knowledge_id)


# With what Bob asks for what is Ann's.
ASKED: dict[str, Callable[[Desk, Owned], Any]] = {
    "look": lambda desk, of: desk.look("bob", of.job_id),
    "stop": lambda desk, of: desk.stop("bob", of.job_id),
    "again": lambda desk, of: desk.again("bob", of.interaction_id),
    "rate": lambda desk, of: desk.rate("bob", of.interaction_id, 1),
    "undo_rating": lambda desk, of: desk.undo_rating("bob", of.interaction_id),
    "correct": lambda desk, of: desk.correct("bob", of.interaction_id, "positive"),
    "withdraw_correction": lambda desk, of: desk.withdraw_correction("bob", of.correction_id),
    "hand_off": lambda desk, of: desk.hand_off("bob", of.interaction_id, "Call me"),
    "uses": lambda desk, of: desk.uses("bob", of.correction_id),
    "receipt_key": lambda desk, of: desk.receipt_key("bob", of.correction_id),
    "ask": lambda desk, of: desk.ask("bob", "What does the soup cost?", knowledge_id=of.knowledge_id),
    # Without its signature a correction's id opens nothing, whoever brings it.
    "receipt": lambda desk, of: desk.receipt(of.correction_id + "0" * 64),
    "withdraw_by_receipt": lambda desk, of: desk.withdraw_by_receipt(of.correction_id + "0" * 64),
}


def methods_with_ids() -> set[str]:
    """Return the desk's methods that take an id of something, or a key, beside that of the visitor."""
    found = set()
    for name, method in inspect.getmembers(Desk, inspect.isfunction):
        if name.startswith("_"):
            continue
        taken = [one for one in inspect.signature(method).parameters if one not in ("self", "visitor_id")]
        if any(one.endswith("_id") or one == "key" for one in taken):
            found.add(name)
    return found


def kept_of_ann(desk: Desk) -> dict[str, Any]:
    """Return what is kept of Ann; of what is remembered only how much, since it is still being learned behind."""
    kept = desk.my_data("ann")
    return {table: len(rows) if table == "memory" else rows for table, rows in kept.items()}


def test_every_method_of_the_desk_that_takes_an_id_is_asked_here() -> None:
    assert methods_with_ids() == set(ASKED), "give each method that takes an id its line in ASKED"


def test_every_other_method_takes_the_visitor_first_or_is_the_house_s_own() -> None:
    for name, method in inspect.getmembers(Desk, inspect.isfunction):
        if name.startswith("_") or name in ASKED:
            continue
        taken = list(inspect.signature(method).parameters)[1:]
        assert not taken or taken[0] in ("visitor_id", "task"), f"{name} takes {taken}"


def test_every_id_of_ann_s_is_refused_to_bob_and_written_down_and_nothing_of_hers_changes(
    desk: Desk, ann: Owned, found: Found, caplog: pytest.LogCaptureFixture
) -> None:
    desk.welcome("bob")
    before = kept_of_ann(desk)
    for name, ask in ASKED.items():
        caplog.clear()
        with pytest.raises((NotYours, NoReceipt)) as refused:
            ask(desk, ann)
        assert CANARY not in str(refused.value), name
        assert "refused" in caplog.text, f"{name} leaves nothing in the log"
        assert not any(told in caplog.text for told in (*asdict(ann).values(), "bob", CANARY)), name
    desk._recorder.flush()
    assert kept_of_ann(desk) == before
    found("ways to ask", len(ASKED))
    found("let in", 0)


def test_an_id_that_nobody_has_looks_the_same_as_another_s(desk: Desk, ann: Owned) -> None:
    nobodys = Owned(*("f" * 32 for _ in range(4)))
    for name, ask in ASKED.items():
        said = []
        for owned in (ann, nobodys):
            with pytest.raises((NotYours, NoReceipt)) as refused:
                ask(desk, owned)
            said.append((type(refused.value), str(refused.value)))
        assert said[0] == said[1], name


@pytest.mark.parametrize("odd", ["", "../ann", "ann' OR '1'='1", "%", "*", "a" * 5_000, "\x00", "\ud800"])
def test_an_odd_id_is_nobody_s(desk: Desk, ann: Owned, odd: str) -> None:
    for name, ask in ASKED.items():
        if name == "ask" and not odd:
            continue  # without documents of one's own, the handbook answers
        with pytest.raises((NotYours, NoReceipt)):
            ask(desk, Owned(odd, odd, odd, odd))


def test_nothing_of_ann_s_is_in_what_bob_is_given_of_his_own(desk: Desk, ann: Owned, found: Found) -> None:
    desk.choose("bob", Consent(log=True))
    view = result_of(desk, "bob", desk.ask("bob", "What does the soup cost?"))
    given = [
        view,
        *(desk.history("bob", task) for task in Task),
        *(desk.recent("bob", task) for task in Task),
        *(desk.latest("bob", task) for task in (Task.SENTIMENT, Task.TRANSLATE)),
        desk.feedback("bob"),
        desk.my_data("bob"),
        desk.handbook(),
        desk.survey_state("bob"),
        desk.welcome("bob"),
        desk.counts(),
        desk.engine_states(),
    ]
    assert CANARY not in repr(given)
    found("answers looked through", len(given))


def test_what_bob_does_with_his_own_leaves_ann_s_alone(desk: Desk, ann: Owned) -> None:
    before = kept_of_ann(desk)
    desk.choose("bob", Consent(log=True, train=True))
    with pytest.raises(NotInvited):
        desk.answer_survey("bob", SurveyAnswer(Disappointment.VERY))
    desk.forget_me("bob")
    assert kept_of_ann(desk) == before
    with pytest.raises(Forgotten):
        desk.choose("bob", Consent(log=True))
