"""Whatever is typed, uploaded or sent by a program: an answer or a clear sentence, soon, and nothing that is a bug."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import Desk
from core.errors import HearbackError, NotText
from core.store.db import Database
from core.tables import Table
from core.types import Consent, Disappointment, SurveyAnswer, Turn
from tests.core.desk_stories import a_desk, result_of
from tests.faults.hostile_texts import ACTIVE, ANY_TEXT, FORMULAS, ODD, fuzzed
from tests.promises import Found, at

pytestmark = pytest.mark.promise("R6")

TEN_MB = "lamp " * 2_000_000
# Of the processor, for whoever calls: what is heavy is done by jobs and, where a file is parsed, by a confined process
# with bounds of its own.
SOON_SECONDS = 1.0
BUG = HearbackError.sentence


@pytest.fixture(scope="module")
def desk(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("bad input")
    (folder / "hearback.db").write_bytes(empty_file.read_bytes())
    Database(f"sqlite:///{folder / 'hearback.db'}").close()
    with a_desk(f"sqlite:///{folder / 'hearback.db'}", folder) as opened:
        opened.choose("ann", Consent(log=True, train=True))
        yield opened


@pytest.fixture(scope="module")
def used(desk: Desk) -> str:
    """An answer that can be rated and corrected."""
    view = result_of(desk, "ann", desk.read_sentiment("ann", "The lamp is fine."))
    desk._recorder.flush()
    return view.interaction_id


# Every way in which a text of somebody's comes to the desk: desk, an answer's id, the text.
WAYS: dict[str, Callable[[Desk, str, Any], Any]] = {
    "ask": lambda desk, _, text: desk.ask("ann", text),
    "ask after": lambda desk, _, text: desk.ask("ann", "Why?", [Turn("user", text), Turn("assistant", text)]),
    "translate": lambda desk, _, text: desk.translate("ann", text, "de", "en", is_careful=False),
    "translate to": lambda desk, _, text: desk.translate("ann", "Good morning.", text, is_careful=False),
    "translate from": lambda desk, _, text: desk.translate("ann", "Good morning.", "de", text, is_careful=False),
    "translate_file": lambda desk, _, text: desk.translate_file("ann", f"{text}.md", as_bytes(text), "de", "en"),
    "summarize": lambda desk, _, text: desk.summarize("ann", text),
    "summarize as": lambda desk, _, text: desk.summarize("ann", "Ann met Bob. They spoke. Bob left.", text, text),
    "read_sentiment": lambda desk, _, text: desk.read_sentiment("ann", text),
    "read_table": lambda desk, _, text: desk.read_table("ann", Table((text, "day"), [(text, text)]), text, "day"),
    "rate": lambda desk, used, text: desk.rate("ann", used, 0, [text], text),
    "correct": lambda desk, used, text: desk.correct("ann", used, text),
    "hand_off": lambda desk, used, text: desk.hand_off("ann", used, text, text),
    "choose": lambda desk, _, text: desk.choose("ann", Consent(log=True, train=True), text, text),
    "answer_survey": lambda desk, _, text: desk.answer_survey(
        "ann", SurveyAnswer(Disappointment.VERY, text, text, text, 9)
    ),
    "bring_documents": lambda desk, _, text: desk.bring_documents("ann", [(f"{text}.md", as_bytes(text))]),
    "again": lambda desk, _, text: desk.again("ann", text),
    "look": lambda desk, _, text: desk.look("ann", text),
    "stop": lambda desk, _, text: desk.stop("ann", text),
    "undo_rating": lambda desk, _, text: desk.undo_rating("ann", text),
    "withdraw_correction": lambda desk, _, text: desk.withdraw_correction("ann", text),
    "uses": lambda desk, _, text: desk.uses("ann", text),
    "receipt_key": lambda desk, _, text: desk.receipt_key("ann", text),
    "receipt": lambda desk, _, text: desk.receipt(text),
    "withdraw_by_receipt": lambda desk, _, text: desk.withdraw_by_receipt(text),
}


def as_bytes(text: Any) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def sent(desk: Desk, used: str, way: str, text: Any) -> float:
    """Send a text one way and wait for what comes of it; returns the processor's seconds until it was taken."""
    own = time.thread_time()
    try:
        given = WAYS[way](desk, used, text)
    except HearbackError as error:
        given, refusal = None, str(error)
    else:
        refusal = "none"
    spent = time.thread_time() - own
    assert refusal.strip(), way
    assert refusal != BUG, way
    if isinstance(given, str) and way.partition(" ")[0] in STARTS:
        with suppress(HearbackError):  # what was sent may have been let go meanwhile
            view = result_of(desk, "ann", given)
            assert view.sentence != BUG, (way, text[:40])
    return spent


STARTS = {"ask", "translate", "translate_file", "summarize", "read_sentiment", "read_table", "again"}


def test_every_method_that_takes_a_text_is_tried_here() -> None:
    taking = set()
    for name, method in inspect.getmembers(Desk, inspect.isfunction):
        kinds = [str(one.annotation) for one in list(inspect.signature(method).parameters.values())[2:]]
        if not name.startswith("_") and any(kind in ("str", "Sequence[str]", "SurveyAnswer") for kind in kinds):
            taking.add(name)
    assert taking <= {way.partition(" ")[0] for way in WAYS}, "give each method that takes a text its line in WAYS"


@pytest.mark.parametrize("way", WAYS)
def test_a_corpus_of_odd_texts_gets_answers_or_sentences(
    desk: Desk, used: str, way: str, found: Found, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [*ODD.values(), *at(ACTIVE[:6], ACTIVE), *at(FORMULAS[:2], FORMULAS), TEN_MB]  # type: ignore[call-overload]
    with caplog.at_level(logging.ERROR):
        slowest = max(sent(desk, used, way, text) for text in texts)
    assert not [one for one in caplog.records if one.exc_info], caplog.text
    found("texts", len(texts))
    found("slowest sentence, s of the processor", round(slowest, 3))
    assert slowest < SOON_SECONDS


@fuzzed(60, 3_000)
@given(
    way=st.sampled_from(sorted(WAYS)),
    text=ANY_TEXT,
)
def test_any_text_any_way_gets_an_answer_or_a_sentence(desk: Desk, used: str, way: str, text: str) -> None:
    assert sent(desk, used, way, text) < SOON_SECONDS


@pytest.mark.parametrize("way", ["ask", "translate", "summarize", "read_sentiment", "correct", "hand_off"])
@pytest.mark.parametrize("wrong", [None, 3, 2.5, b"bytes", ["a", "list"], {"a": "map"}, True], ids=repr)
def test_what_is_no_text_is_said_to_be_none(desk: Desk, used: str, way: str, wrong: Any) -> None:
    with pytest.raises(NotText):
        WAYS[way](desk, used, wrong)


def test_after_all_of_this_what_people_wrote_before_is_still_there(desk: Desk, used: str) -> None:
    desk.correct("ann", used, "positive")
    with suppress(HearbackError):
        desk.correct("ann", used, TEN_MB)
    assert "positive" in repr(desk.my_data("ann")["corrections"])
