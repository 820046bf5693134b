"""At the desk: nothing is computed twice, a correction always wins over what is kept, and every use is written down."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from core.config import read_settings
from core.desk import Desk
from core.desk_answers import AT_THE_SAME_TIME, OF_ANYBODY, OF_THE_VISITOR, REPEATED
from core.engines import shelf as shelf_module
from core.engines.fake import FakeClassifier
from core.engines.shelf import CLASSIFIER
from core.errors import DatabaseUnavailable, EngineFailed, WeightsMissing
from core.house import open_house
from core.jobs import JobView
from core.progress import Progress
from core.store import queries
from core.types import Consent, Passage, Task, Turn
from tests.core.desk_stories import a_desk, over

ALL = Consent(log=True, train=True)
QUESTION = "How long is a gift card valid?"
TEXT = "I love this lamp."
DOCUMENTS = [("menu.md", b"# Menu\n\nThe soup of the day costs 7 euros.")]


@pytest.fixture
def desk(migrated_url, tmp_path):
    with a_desk(migrated_url, tmp_path) as desk:
        desk.choose("ann", ALL)
        desk.choose("ben", ALL)
        yield desk


def how(view: JobView) -> str | None:
    return view.result.origin.settings.get(REPEATED)


def without_how(view: JobView):
    origin = view.result.origin
    settings = {name: value for name, value in origin.settings.items() if name != REPEATED}
    return replace(view.result, origin=replace(origin, settings=settings))


def test_each_use_case_gives_the_very_answer_again_and_writes_both_uses_down(desk):
    asks = {
        Task.SUPPORT: lambda: desk.ask("ann", QUESTION),
        Task.TRANSLATE: lambda: desk.translate("ann", "Good morning.", "de", "en"),
        Task.SUMMARIZE: lambda: desk.summarize("ann", "Ann met Bob. They spoke of lamps. Bob bought two."),
        Task.SENTIMENT: lambda: desk.read_sentiment("ann", TEXT),
    }
    for task, ask in asks.items():
        first, second = over(desk, "ann", ask()), over(desk, "ann", ask())
        assert how(first) is None
        assert how(second) == (OF_ANYBODY if task is Task.SUPPORT else OF_THE_VISITOR)
        assert without_how(second) == first.result
        assert first.interaction_id != second.interaction_id
        desk._recorder.flush()
        kept = queries.interaction(desk._database, "ann", second.interaction_id)
        assert kept.origin.settings[REPEATED] == how(second)
        assert kept.total_seconds < 5
        assert kept.output_text


def test_another_visitor_meets_the_handbooks_answer_and_nothing_of_anybodys_own_text(desk):
    over(desk, "ann", desk.ask("ann", QUESTION))
    over(desk, "ann", desk.read_sentiment("ann", TEXT))
    assert how(over(desk, "ben", desk.ask("ben", QUESTION))) == OF_ANYBODY
    assert how(over(desk, "ben", desk.read_sentiment("ben", TEXT))) is None


def test_own_documents_and_a_conversation_stay_their_visitors(desk):
    own = desk.bring_documents("ann", DOCUMENTS).knowledge_id
    over(desk, "ann", desk.ask("ann", "What does the soup cost?", knowledge_id=own))
    assert how(over(desk, "ann", desk.ask("ann", "What does the soup cost?", knowledge_id=own))) == OF_THE_VISITOR
    turns = [Turn("user", "Do you sell gift cards?"), Turn("assistant", "Yes.")]
    over(desk, "ann", desk.ask("ann", QUESTION, turns))
    assert how(over(desk, "ann", desk.ask("ann", QUESTION, turns))) == OF_THE_VISITOR
    assert how(over(desk, "ben", desk.ask("ben", QUESTION, turns))) is None
    theirs = desk.bring_documents("ben", DOCUMENTS).knowledge_id
    assert how(over(desk, "ben", desk.ask("ben", "What does the soup cost?", knowledge_id=theirs))) is None


def test_a_correction_wins_over_what_is_kept_and_taking_it_back_brings_the_first_answer_again(desk):
    first = over(desk, "ann", desk.ask("ann", QUESTION))
    over(desk, "ann", desk.ask("ann", QUESTION))
    desk.correct("ann", first.interaction_id, "A gift card is valid for 4 years.")
    corrected = over(desk, "ann", desk.ask("ann", QUESTION))
    assert (corrected.result.text, corrected.result.origin.path) == ("A gift card is valid for 4 years.", "memory")
    assert how(corrected) is None
    assert how(over(desk, "ben", desk.ask("ben", QUESTION))) == OF_ANYBODY
    repeated = over(desk, "ann", desk.ask("ann", QUESTION))
    assert repeated.result.origin.path == "memory"
    assert how(repeated) in (OF_THE_VISITOR, None)  # its vector may have been learned in between
    desk.withdraw_correction("ann", desk.feedback("ann")[0].receipts[0].correction.correction_id)
    assert over(desk, "ann", desk.ask("ann", QUESTION)).result.text == first.result.text


def test_a_correction_of_a_text_wins_at_once(desk):
    for number in range(5):
        text = f"{TEXT} Number {number}."
        view = over(desk, "ann", desk.read_sentiment("ann", text))
        over(desk, "ann", desk.read_sentiment("ann", text))
        wrong = "negative" if view.result.label != "negative" else "neutral"
        desk.correct("ann", view.interaction_id, wrong)
        after = over(desk, "ann", desk.read_sentiment("ann", text))
        assert (after.result.label, after.result.origin.path) == (wrong, "memory")


def test_asking_again_is_computed_and_a_published_handbook_is_asked_anew(desk):
    view = over(desk, "ann", desk.ask("ann", QUESTION))
    assert how(over(desk, "ann", desk.again("ann", view.interaction_id))) is None
    changed = [Passage("x-1", "x", "X", "Gift cards", "A gift card is valid for nine years.", 0, "en")]
    handbook = desk._handbook
    handbook.change(changed, lambda: handbook._revision + 1)
    answer = over(desk, "ann", desk.ask("ann", QUESTION))
    assert how(answer) is None
    assert "nine years" in answer.result.text


def test_a_forgotten_visitor_leaves_nothing_that_answers_anybody(desk):
    over(desk, "ann", desk.ask("ann", QUESTION))
    desk.forget_me("ann")
    assert desk._answers._kept.counts == (0, 0)
    assert how(over(desk, "ben", desk.ask("ben", QUESTION))) is None


class Broken:
    """A memory whose database is away."""

    def bound(self, *_, **__):
        raise DatabaseUnavailable(doing="looking into the memory")

    def close(self):
        """Nothing is open."""


def test_where_the_memory_cannot_be_asked_nothing_is_kept_and_nothing_kept_is_given(desk):
    over(desk, "ann", desk.read_sentiment("ann", TEXT))
    desk._house.__dict__["memory"] = Broken()
    assert how(over(desk, "ann", desk.read_sentiment("ann", TEXT))) is None


class Slow:
    """Stands in for the classifier's task; waits until it is told to go on."""

    def __init__(self, real):
        self.real, self.begun, self.go_on = real, 0, threading.Event()

    def read(self, text, progress, recall=None):
        """Wait, then read as the real one."""
        self.begun += 1
        assert self.go_on.wait(10)
        return self.real.read(text, progress, recall=recall)


def test_a_double_click_is_one_computation_and_stopping_one_of_them_leaves_the_other(desk):
    slow = desk._house.__dict__["sentiment"] = Slow(desk._house.sentiment)
    first, second = (desk.read_sentiment("ann", TEXT) for _ in range(2))
    end = time.monotonic() + 5
    # Whoever stops before the other waits too is the last to leave, and would stay until the end.
    while [len(flight._seats) for flight in desk._answers._kept._running] != [2]:
        assert time.monotonic() < end, "they do not wait for one computation"
        time.sleep(0.005)
    desk.stop("ann", first)
    while not desk.look("ann", first).is_over:
        time.sleep(0.005)
    slow.go_on.set()
    view = over(desk, "ann", second)
    assert slow.begun == 1
    assert desk.look("ann", first).state == "stopped"
    assert how(view) in (AT_THE_SAME_TIME, None)
    assert view.result.label == "positive"


def test_one_who_asks_while_the_weights_load_is_told_so_and_answered_when_they_are_there(
    migrated_url, tmp_path, monkeypatch
):
    go_on = threading.Event()

    class Loading(FakeClassifier):
        def open(self, progress: Progress) -> None:
            progress.advance(2, 5, "converting")
            assert go_on.wait(30)

    fakes = shelf_module._fakes() | {CLASSIFIER: Loading}
    monkeypatch.setattr(shelf_module, "_fakes", lambda: fakes)
    settings = replace(
        read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path)}), database_url=migrated_url
    )
    house = open_house(settings)
    desk = Desk(house)
    try:
        asked, left = desk.read_sentiment("ann", TEXT), desk.read_sentiment("ben", TEXT)
        end = time.monotonic() + 5
        while "converting" not in desk.look("ann", asked).doing and time.monotonic() < end:
            time.sleep(0.01)
        assert desk.look("ann", asked).doing == "the classifier is being prepared: converting (40%)"
        # Another use case does not wait for it.
        assert over(desk, "cid", desk.ask("cid", QUESTION)).result.text
        desk.stop("ben", left)
        while not desk.look("ben", left).is_over:
            time.sleep(0.01)
        assert desk.look("ben", left).state == "stopped"
        go_on.set()
        assert over(desk, "ann", asked).result.label == "positive"
    finally:
        go_on.set()
        desk.close()
        house.close()


def test_one_who_waits_for_weights_that_are_not_there_is_told_what_to_do(desk, monkeypatch):
    def fail():
        raise WeightsMissing(name="Toy", how="Get them.")

    desk._shelf._places[CLASSIFIER].open = fail
    job_id = desk.read_sentiment("ann", TEXT)
    while not (view := desk.look("ann", job_id)).is_over:
        time.sleep(0.005)
    assert view.state == "failed"
    assert "Toy are not on this machine" in view.sentence
    assert over(desk, "ann", desk.ask("ann", QUESTION)).result.text


def test_what_an_engine_failed_to_add_is_tried_again_the_next_time(desk, monkeypatch):
    support = desk._house.support
    answers = iter((EngineFailed(name="translator"), None, None))

    def translate(text, source, target):
        error = next(answers, None)
        if error is not None:
            raise error
        return text

    monkeypatch.setattr(support, "_translate", translate)
    question = "Wie lange ist ein Gutschein gültig und wo kann ich ihn einlösen?"
    over(desk, "ann", desk.ask("ann", question))
    assert how(over(desk, "ann", desk.ask("ann", question))) is None
    assert how(over(desk, "ann", desk.ask("ann", question))) == OF_ANYBODY
