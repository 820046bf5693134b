"""At the desk: the very next answer uses a correction, what serves is asked for late, and nothing hangs on either."""

import pytest

from core.desk import Desk
from core.errors import DatabaseUnavailable, NotYours
from core.jobs import JobView
from core.store import queries
from core.tables import Table
from core.types import Consent
from tests.core.desk_stories import a_desk, over

ALL = Consent(log=True, train=True)
TEXT = "Good morning, dear customer."
RIGHT = "Guten Morgen, liebe Kundschaft."


@pytest.fixture
def desk(migrated_url, tmp_path):
    with a_desk(migrated_url, tmp_path) as desk:
        desk.choose("ann", ALL, "Founder", "2 to 10")
        desk.choose("ben", ALL)
        yield desk


def corrected(desk: Desk, visitor_id: str = "ann") -> JobView:
    view = over(desk, visitor_id, desk.translate(visitor_id, TEXT, "de", "en"))
    desk.correct(visitor_id, view.interaction_id, RIGHT)
    return view


def test_the_very_next_answer_is_the_correction_and_is_written_down_as_such(desk):
    first = corrected(desk)
    view = over(desk, "ann", desk.again("ann", first.interaction_id))
    assert view.result.text == RIGHT
    assert view.result.origin.path == "memory"
    use = view.result.origin.memory[0]
    correction_id = desk.feedback("ann")[0].receipts[0].correction.correction_id
    assert use.correction_id == correction_id
    desk._recorder.flush()
    kept = queries.interaction(desk._database, "ann", view.interaction_id)
    assert kept.memory_id == use.memory_id
    assert desk.uses("ann", correction_id)


def test_another_visitor_does_not_meet_it_before_it_is_released(desk):
    corrected(desk)
    view = over(desk, "ben", desk.translate("ben", TEXT, "de", "en"))
    assert view.result.origin.memory == ()


def test_what_was_taken_back_is_not_used(desk):
    first = corrected(desk)
    desk.withdraw_correction("ann", desk.feedback("ann")[0].receipts[0].correction.correction_id)
    assert over(desk, "ann", desk.again("ann", first.interaction_id)).result.origin.path == "generated"


def test_each_use_case_can_be_asked_again_and_uses_what_was_said(desk):
    view = over(desk, "ann", desk.read_sentiment("ann", "I love waiting for hours"))
    desk.correct("ann", view.interaction_id, "negative")
    assert over(desk, "ann", desk.again("ann", view.interaction_id)).result.label == "negative"
    text = "Ann: We meet on Friday. Ben: Good. Ann: The cake costs 40 euros. Ben: I will bring the cake on Friday."
    view = over(desk, "ann", desk.summarize("ann", text.replace(" Ben:", "\nBen:").replace(" Ann:", "\nAnn:"), "long"))
    desk.correct("ann", view.interaction_id, "Ben will bring the cake on Friday. The cake costs 40 euros.")
    again = over(desk, "ann", desk.again("ann", view.interaction_id)).result
    assert (again.origin.path, again.length) == ("memory", "long")
    view = over(desk, "ann", desk.ask("ann", "How long is a gift card valid?"))
    desk.correct("ann", view.interaction_id, "A gift card is valid for 4 years.")
    again = over(desk, "ann", desk.again("ann", view.interaction_id)).result
    assert (again.text, again.origin.path) == ("A gift card is valid for 4 years.", "memory")
    assert again.citations


def test_a_use_of_an_earlier_visit_can_be_asked_again(desk):
    first = corrected(desk)
    desk._recorder.flush()
    later = Desk(desk._house)
    try:
        assert over(later, "ann", later.again("ann", first.interaction_id)).result.text == RIGHT
        with pytest.raises(NotYours):
            later.again("ben", first.interaction_id)
        with pytest.raises(NotYours):
            later.again("ann", "no such id")
    finally:
        later.close()


def test_a_table_and_a_file_use_it_and_are_not_asked_again(desk):
    corrected(desk)
    view = over(desk, "ann", desk.translate_file("ann", "note.txt", f"{TEXT}\n".encode(), "de", "en"))
    assert view.result.content.decode() == f"{RIGHT}\n"
    assert view.result.origin.memory
    with pytest.raises(NotYours):
        desk.again("ann", view.interaction_id)
    table = over(desk, "ann", desk.read_table("ann", Table(("text",), [("Fine",)]), "text"))
    with pytest.raises(NotYours):
        desk.again("ann", table.interaction_id)


def test_who_keeps_nothing_is_still_answered_from_their_correction(desk):
    desk.choose("eve", Consent())
    first = corrected(desk, "eve")
    assert over(desk, "eve", desk.again("eve", first.interaction_id)).result.text == RIGHT


class Broken:
    """A memory whose database is away."""

    def bound(self, *_, **__):
        raise DatabaseUnavailable(doing="looking into the memory")

    def close(self):
        """Nothing is open."""


def test_a_memory_that_fails_costs_no_answer(desk):
    desk._house.__dict__["memory"] = Broken()
    view = over(desk, "ann", desk.translate("ann", TEXT, "de", "en"))
    assert view.result.origin.path == "generated"


def test_what_serves_is_asked_for_when_the_work_starts_and_by_segment(desk, monkeypatch):
    asked = []
    real = desk._house.tasks
    monkeypatch.setattr(desk._house, "tasks", lambda segment="": asked.append(segment) or real(segment))
    over(desk, "ann", desk.translate("ann", TEXT, "de", "en"))
    over(desk, "ben", desk.read_sentiment("ben", "Fine"))
    assert asked == ["Founder, 2 to 10", ""]
