"""What a visitor sees of what became of their corrections, and how they are forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core.store import receipts
from core.store.loop_tables import MemoryRow, MemoryUseRow
from core.store.queries import Receipt, ReceiptStep
from core.types import Correction, Task
from pages.parts import receipt_words
from tests.core.store_stories import an_interaction
from tests.pages.conftest import Visit

TEXT = "I love this lamp, it is wonderful."


def corrected(visit: Visit) -> str:
    """Let the visitor read a text and correct the label; return the correction's id."""
    visit.go("sentiment").click("example_sentiment_")
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    group = next(group for group in visit.app.button_group if group.label == "It should be")
    group.set_value("neutral" if group.value != "neutral" else "negative")
    next(button for button in visit.app.button if button.label == "Save correction").click().run()
    visit.go("your_feedback")
    return str(visit.button("feedback_undo_").key).removeprefix("feedback_undo_")


def happen(correction_id: str, *steps: tuple[str, str]) -> None:
    from pages.parts.wiring import house

    with house().database.writing() as session:
        for step, detail in steps:
            receipts.tell(session, [correction_id], step, detail)


def use(correction_id: str, visitor_id: str, text: str) -> None:
    """Let an answer to a visitor use what is remembered of a correction."""
    from pages.parts.wiring import house

    told = an_interaction(visitor_id=visitor_id, input_text=text, task=Task.SENTIMENT, started_at=datetime.now(UTC))
    house().recorder.interaction(told)
    assert house().recorder.flush()
    with house().database.writing() as session:
        memory_id = session.scalar(select(MemoryRow.memory_id).where(MemoryRow.correction_id == correction_id))
        if memory_id is None:
            memory_id = f"of {correction_id}"
            texts = {"input_text": TEXT, "output_text": "neutral", "input_key": "k", "output_key": "k"}
            session.add(
                MemoryRow(memory_id=memory_id, correction_id=correction_id, task="sentiment", state="own", **texts)
            )
            session.flush()
        session.add(
            MemoryUseRow(memory_id=memory_id, interaction_id=told.interaction_id, how="neighbour", similarity=0.9)
        )


def visitor_of(visit: Visit) -> str:
    return str(visit.app.session_state["visitor_id"])


def test_the_trail_tells_each_step_in_plain_words_with_its_exact_term(visit: Visit) -> None:
    correction_id = corrected(visit)
    happen(
        correction_id,
        ("shared", "reviewer"),
        ("dataset", "3"),
        ("trained", "sentiment head 2"),
        ("better", "better on 41 of 60 held-out items"),
        ("live", "sentiment head 2"),
    )
    visit.app.run()
    for words in (
        "Saved; a person will look at it",
        "It helps everybody now",
        "A person of the company released it",
        "dataset 3",
        "sentiment head 2",
        "better on 41 of 60 held\\-out items",
        "Everybody is answered by a version that learned from it",
    ):
        assert words in visit.text, words
    happen(correction_id, ("rolled back", "sentiment head 2"))
    visit.app.run()
    assert "went back to the version before" in visit.text
    assert "Everybody is answered by a version" not in visit.text


def test_own_uses_are_opened_whole_and_others_stay_theirs(visit: Visit) -> None:
    correction_id = corrected(visit)
    use(correction_id, visitor_of(visit), "My own lamp is lovely")
    use(correction_id, "somebody else", "Their secret lamp is lovely")
    visit.app.run()
    assert "Used in 2 answers, 1 of them yours" in visit.text
    assert "My own lamp" not in visit.text
    opened = next(one for one in visit.app.expander if one.label == "See those answers")
    opened.proto.expanded = True
    visit.app.session_state[f"receipt_uses_{correction_id}"] = True
    visit.app.run()
    assert "My own lamp is lovely" in visit.text
    assert "somebody else's" in visit.text
    assert "secret" not in visit.text


def kept(visit: Visit, correction_id: str) -> Visit:
    """Open the link that the visitor kept, as somebody whom nobody knows."""
    from pages.parts.wiring import desk

    other = Visit(run=False)
    other.app.query_params["of"] = desk().receipt_key(visitor_of(visit), correction_id)
    other.app.run()
    return other.go("receipt")


def test_the_kept_link_shows_this_correction_alone_and_lets_its_holder_take_it_back(visit: Visit) -> None:
    correction_id = corrected(visit)
    use(correction_id, visitor_of(visit), "My own lamp is lovely")
    other = kept(visit, correction_id)
    assert "Saved; a person will look at it" in other.text
    assert "Used in one answer of yours" in other.text
    assert "My own lamp" not in other.text
    assert not other.has_button("visitor_allow")
    other.click("receipt_withdraw_sure")
    assert "Taken back" in other.text
    assert not other.has_button("receipt_withdraw_sure")


@pytest.mark.parametrize("key", ["", "0" * 96, "<b>x</b>", "a" * 5_000])
def test_a_wrong_link_says_so_in_a_sentence(visit: Visit, key: str) -> None:
    visit.app.query_params["of"] = key
    visit.app.run()
    visit.go("receipt")
    assert "leads to no correction" in visit.app.info[0].value
    assert len(visit.app.info) == 1


def test_the_link_of_who_was_forgotten_says_that_it_is_gone(visit: Visit) -> None:
    correction_id = corrected(visit)
    other = kept(visit, correction_id)
    forget(visit)
    other.app.run()
    assert "This correction is gone" in other.app.info[0].value


def forget(visit: Visit) -> Visit:
    visit.go("your_feedback")
    assert "Nobody can undo this" in visit.text
    return visit.click("own_data_sure")


def test_whoever_is_forgotten_begins_a_fresh_visit(visit: Visit) -> None:
    visit.click("visitor_allow")
    corrected(visit)
    before = visitor_of(visit)
    forget(visit)
    assert "Nothing here yet" in visit.text
    assert visitor_of(visit) != before
    assert [toggle.value for toggle in visit.app.toggle] == [False, False]
    visit.go("sentiment")
    assert visit.has_button("visitor_allow")
    assert "Earlier answers" not in visit.text
    from pages.parts.wiring import desk

    assert desk().is_forgotten(before)
    assert desk().my_data(before) == {}


def test_a_browser_whose_visitor_was_forgotten_is_somebody_new_to_us(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.parts import cookie, visitor
    from pages.parts.wiring import desk

    browser = {cookie.NAME: "c" * 32}
    first = cookie.visitor_of(browser)
    desk().welcome(first)
    desk().forget_me(first)
    monkeypatch.setattr(type(visitor.st.context), "cookies", property(lambda _: browser))
    again = Visit()
    assert again.app.session_state["visitor_visit"] == 1
    again.click("visitor_allow")
    second = cookie.visitor_of(browser, 1)
    assert desk().my_data(second)["visitors"]
    assert desk().my_data(first) == {}
    assert first != second


def test_a_receipt_is_for_no_search_engine_and_no_store() -> None:
    import app

    with TestClient(app.app) as client:
        told = client.get("/receipt?of=1").headers
        other = client.get("/support").headers
    assert told["X-Robots-Tag"] == "noindex, nofollow"
    assert told["Cache-Control"] == "no-store"
    assert told["Referrer-Policy"] == "no-referrer"
    assert "X-Robots-Tag" not in other


AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("own", "others", "words"),
    [
        (1, 0, "Used in one answer of yours"),
        (2, 0, "Used in 2 answers of yours"),
        (0, 1, "Used in one answer of other people"),
        (0, 1_200, "Used in 1,200 answers of other people"),
        (1, 2, "Used in 3 answers, 1 of them yours"),
    ],
)
def test_uses_are_counted_in_words(own: int, others: int, words: str) -> None:
    assert receipt_words.used(a_receipt(own=own, others=others)) == words


@pytest.mark.parametrize(
    ("steps", "status", "may_help_others", "words"),
    [
        (["saved"], "saved", True, "whenever you ask the same. It helps others once"),
        (["saved"], "saved", False, "you alone, as you chose"),
        (["saved", "approved"], "approved", True, "can be learned from"),
        (["saved", "approved", "shared"], "approved", True, "everybody who asks the same"),
        (["saved", "rejected"], "rejected", True, "not taken"),
        (["saved", "replaced"], "replaced", True, "newer correction"),
        (["saved", "shared", "live"], "approved", True, "a version that learned from it"),
        (["saved", "shared", "live", "rolled back"], "approved", True, "everybody who asks the same"),
        (["saved", "shared", "live", "rolled back", "live"], "approved", True, "a version that learned from it"),
        (["saved", "withdrawn"], "withdrawn", True, "words are deleted"),
    ],
)
def test_what_a_correction_does_now_is_said_in_a_sentence(
    steps: list[str], status: str, may_help_others: bool, words: str
) -> None:
    assert words in receipt_words.meaning(a_receipt(steps, status, may_help_others=may_help_others))


def test_what_happens_several_times_in_a_row_is_one_line() -> None:
    lines = receipt_words.moments(a_receipt(["saved", "dataset", "dataset", "trained", "dataset"]))
    assert [line.term for line in lines] == ["", "dataset detail 1\\, detail 2", "detail 3", "dataset detail 4"]


def test_a_step_that_nobody_has_words_for_is_shown_as_it_is() -> None:
    (line,) = receipt_words.moments(a_receipt(["<b>odd</b>"]))
    assert line.title == "\\<b\\>odd\\<\\/b\\>"


def a_receipt(
    steps: list[str] | None = None, status: str = "saved", own: int = 0, others: int = 0, may_help_others: bool = True
) -> Receipt:
    told = tuple(ReceiptStep(step, AT, f"detail {place}") for place, step in enumerate(steps or ["saved"]))
    correction = Correction("c", "i", Task.SENTIMENT, "in", "out", "right", status, AT)
    return Receipt(correction, told, own, others, AT if own + others else None, None, may_help_others)
