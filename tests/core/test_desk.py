"""What a visitor can do, on engines without weights and a real database."""

import pytest

from core import limits
from core.desk import Desk
from core.errors import EmptyInput, InputTooLong, NotYours
from core.jobs import JobView
from core.store import queries
from core.tables import Table
from core.types import Consent, Ending, FileResult, Reading, Reply, Summary, TableReading, Task, Translation
from tests.core.desk_stories import a_desk, result_of

ALL = Consent(log=True, train=True)


@pytest.fixture
def desk(migrated_url, tmp_path):
    with a_desk(migrated_url, tmp_path) as desk:
        desk.choose("ann", ALL, "Founder", "2 to 10")
        yield desk


def kept(desk: Desk, view: JobView, visitor_id: str = "ann"):
    desk._recorder.flush()
    return queries.interaction(desk._database, visitor_id, view.interaction_id)


def test_each_use_case_answers_and_is_in_the_database(desk):
    table = Table(("text", "day"), [("I love this lamp", "2026-01-02"), ("It is broken", "2026-01-03")])
    jobs = {
        desk.ask("ann", "How long is the warranty?"): (Task.SUPPORT, Reply),
        desk.translate("ann", "Good morning.", "de", "en"): (Task.TRANSLATE, Translation),
        desk.summarize("ann", "Ann met Bob. They spoke of lamps. Bob bought two."): (Task.SUMMARIZE, Summary),
        desk.read_sentiment("ann", "I love this lamp, it is wonderful."): (Task.SENTIMENT, Reading),
        desk.read_table("ann", table, "text", "day"): (Task.SENTIMENT, TableReading),
    }
    for job_id, (task, kind) in jobs.items():
        view = result_of(desk, "ann", job_id)
        assert view.state == "finished", view.sentence
        assert isinstance(view.result, kind)
        row = kept(desk, view)
        assert (row.task, row.ending, row.segment, row.consent) == (task, Ending.FINISHED, "Founder, 2 to 10", ALL)
        assert row.input_text
        assert row.messages[-1].role == "assistant"
        assert row.origin.weights_id == view.result.origin.weights_id
        assert row.total_seconds > 0


def test_history_gives_back_the_very_result_that_was_shown(desk):
    view = result_of(desk, "ann", desk.summarize("ann", "Ann met Bob. They spoke of lamps. Bob bought two."))
    kept(desk, view)
    desk.rate("ann", view.interaction_id, 0, ["Missed a point"], "The lamps")
    (item,) = desk.history("ann", Task.SUMMARIZE)
    assert item.result == view.result
    assert item.rating == 0


def test_a_table_is_kept_as_labels_and_days_without_its_texts(desk):
    table = Table(("text", "day"), [("I love it", "2026-01-02"), ("It is broken", "2026-01-03")])
    view = result_of(desk, "ann", desk.read_table("ann", table, "text", "day"))
    kept(desk, view)
    result = desk.history("ann", Task.SENTIMENT)[0].result
    assert isinstance(result, TableReading)
    assert (result.texts, result.labels, result.days) == ((), view.result.labels, view.result.days)


def test_without_consent_a_use_is_counted_and_no_text_is_kept(desk):
    view = result_of(desk, "bob", desk.read_sentiment("bob", "My secret is 4711."))
    row = kept(desk, view, "bob")
    assert (row.input_text, row.output_text, row.output, row.messages) == ("", "", {}, ())
    assert desk.counts().interactions[Task.SENTIMENT] == 1
    assert desk.recent("bob", Task.SENTIMENT)[0].input_text == "My secret is 4711."


def test_a_correction_carries_what_was_seen_even_where_nothing_was_logged(desk):
    view = result_of(desk, "bob", desk.read_sentiment("bob", "Not bad at all."))
    correction = desk.correct("bob", view.interaction_id, "positive")
    assert (correction.input_text, correction.output_text) == ("Not bad at all.", view.result.label)


def test_the_same_correction_saved_twice_is_saved_once(desk):
    view = result_of(desk, "ann", desk.read_sentiment("ann", "Not bad at all."))
    first = desk.correct("ann", view.interaction_id, "positive")
    assert desk.correct("ann", view.interaction_id, "positive").correction_id == first.correction_id
    (item,) = desk.feedback("ann")
    assert [receipt.correction.corrected_text for receipt in item.receipts] == ["positive"]


def test_a_withdrawn_correction_is_gone_from_what_the_visitor_said(desk):
    view = result_of(desk, "ann", desk.read_sentiment("ann", "Not bad at all."))
    desk.withdraw_correction("ann", desk.correct("ann", view.interaction_id, "positive").correction_id)
    assert not any(item.receipts for item in desk.feedback("ann"))


def test_nobody_touches_another_visitors_answer(desk):
    view = result_of(desk, "ann", desk.read_sentiment("ann", "Fine."))
    for touch in (
        lambda: desk.look("bob", desk.latest("ann", Task.SENTIMENT)),
        lambda: desk.rate("bob", view.interaction_id, 1),
        lambda: desk.correct("bob", view.interaction_id, "negative"),
        lambda: desk.hand_off("bob", view.interaction_id, "Please call me"),
    ):
        with pytest.raises(NotYours):
            touch()


def test_bad_input_is_refused_before_any_work(desk):
    with pytest.raises(EmptyInput):
        desk.ask("ann", " \n\x00 ")
    with pytest.raises(InputTooLong, match="limit is 20,000"):
        desk.translate("ann", "x" * (limits.TRANSLATION_CHARACTERS + 1), "de")
    with pytest.raises(InputTooLong):
        desk.summarize("ann", "x" * (limits.SUMMARY_CHARACTERS + 1))
    with pytest.raises(InputTooLong):
        desk.read_sentiment("ann", "x" * (limits.SENTIMENT_CHARACTERS + 1))
    with pytest.raises(NotYours):
        desk.ask("ann", "How long is the warranty?", knowledge_id="nobody's")
    assert all(desk.latest("ann", task) is None for task in Task)


def test_own_documents_answer_their_owner_and_nobody_else(desk):
    knowledge = desk.bring_documents("ann", [("menu.md", b"# Menu\n\nThe soup of the day costs 7 euros.")])
    assert (knowledge.documents, knowledge.problems) == (("Menu",), ())
    view = result_of(desk, "ann", desk.ask("ann", "What does the soup cost?", knowledge_id=knowledge.knowledge_id))
    assert isinstance(view.result, Reply)
    sources = [c.passage.document for c in view.result.citations] + [p.document for p in view.result.nearest]
    assert set(sources) == {"menu"}
    with pytest.raises(NotYours):
        desk.ask("bob", "What does the soup cost?", knowledge_id=knowledge.knowledge_id)


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_used(desk):
    knowledge = desk.bring_documents("ann", [("a.md", b"# A\n\nThe shop opens at 9."), ("b.pdf", b"not a pdf")])
    assert knowledge.passages == 1
    assert "b.pdf" in knowledge.problems[0]
    assert desk.bring_documents("ann", [("b.pdf", b"not a pdf")]).knowledge_id == ""
    with pytest.raises(InputTooLong, match="files"):
        desk.bring_documents("ann", [(f"{n}.md", b"# A") for n in range(limits.VISIT_DOCUMENTS + 1)])


def test_a_translated_file_is_logged_without_its_bytes(desk):
    view = result_of(desk, "ann", desk.translate_file("ann", "note.txt", b"Good morning.", "de", "en"))
    assert view.state == "finished", view.sentence
    assert isinstance(view.result, FileResult)
    assert view.result.content
    assert kept(desk, view).output["value"]["content"] in ("", b"")


def test_a_second_start_reads_the_published_handbook_and_publishes_nothing(desk):
    pages = desk.handbook()
    assert len(pages.documents) >= 12
    revision = desk._handbook.open()
    desk._handbook._revision = None
    assert (desk.handbook(), desk._handbook.open()) == (pages, revision)
