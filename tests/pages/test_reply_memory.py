"""What a visitor sees of corrections in use: the badge under an answer, and the very next answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.types import MemoryUse, Origin
from pages.parts.reply_origin import _path, _percent, _used
from tests.pages.conftest import Visit

Answered = Callable[[str], Visit]


def save(visit: Visit, corrected: str) -> Visit:
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    form = next(area for area in visit.app.text_area if area.label == "It should say")
    form.set_value(corrected)
    next(button for button in visit.app.button if button.label == "Save correction").click().run()
    return visit.settle()


def test_a_corrected_translation_is_asked_again_and_comes_back_corrected(answered: Answered) -> None:
    visit = save(answered("translate"), "Das ist die richtige Fassung.")
    assert "Your next translation uses it" in visit.text
    visit.click("rating_again_")
    assert "From your correction" in visit.text
    assert visit.app.code[0].value == "Das ist die richtige Fassung."
    assert any(link.label == "See your correction" for link in visit.app.get("page_link"))


def test_a_corrected_sentiment_is_read_as_the_visitor_said(answered: Answered) -> None:
    visit = answered("sentiment")
    visit.widget("toggle", "rating_edit_").set_value(True).run()
    group = next(group for group in visit.app.button_group if group.label == "It should be")
    group.set_value("neutral" if group.value != "neutral" else "negative")
    next(button for button in visit.app.button if button.label == "Save correction").click().run()
    visit.settle().click("rating_again_")
    assert "From your correction" in visit.text
    assert "A person gave this label" in visit.text


def test_a_correction_that_the_documents_do_not_bear_out_is_said_to_be_unused(answered: Answered) -> None:
    visit = save(answered("support"), "You get a thousand euros back.").click("rating_again_")
    assert "Your correction is not shown here" in visit.text
    assert "From your correction" not in visit.text


OWN = MemoryUse("m", "answer", 1.0, "c")
OTHERS = MemoryUse("m", "answer", 1.0)


@pytest.mark.parametrize(
    ("path", "use", "words"),
    [
        ("memory", OWN, "From your correction"),
        ("memory", OTHERS, "From an approved correction"),
        ("memory", MemoryUse("m", "wording", 0.936, "c"), "As you corrected a similar one, 93 %"),
        ("memory", MemoryUse("m", "wording", 0.936), "As a similar one was corrected, 93 %"),
        ("extracted", OTHERS, "Quoted from the text"),
        ("something new", OTHERS, "something new"),
    ],
)
def test_the_path_is_said_in_plain_words(path: str, use: MemoryUse, words: str) -> None:
    assert _path(Origin(path, memory=(use,)))[0] == words


@pytest.mark.parametrize(
    ("uses", "words"),
    [
        ((), None),
        ((MemoryUse("m", "example", 0.93),), "Similar correction, 93 %"),
        ((MemoryUse("m", "example", 0.8), MemoryUse("n", "neighbour", 0.97, "c")), "Similar to your correction, 97 %"),
        ((OWN,), "Your correction is in it"),
        ((OTHERS, MemoryUse("n", "answer", 1.0, "c")), "2 corrections are in it"),
    ],
)
def test_what_else_was_used_is_said_with_how_alike_it_is(uses: tuple[MemoryUse, ...], words: str | None) -> None:
    used = _used(Origin("generated", memory=uses))
    assert (used[0] if used else None) == words


def test_near_is_never_shown_as_the_same() -> None:
    assert _percent(MemoryUse("m", "example", 0.99999)) == "99 %"
