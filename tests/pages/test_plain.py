"""Text of others inside Markdown: it reads as typed and does nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts.difference import difference
from pages.parts.plain import Mark, marked, plain, plain_line

pytestmark = pytest.mark.promise("R14")

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/a.png)",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example and www.evil.example and a@evil.example",
    "$\\href{https://evil.example}{x}$ and $$x^2$$",
    ":smile: :material/home: :streamlit: :red[red] :red-background[x]",
    "# heading\n- list\n> quote\n1. one\n---\n    code\n| a | b |\n|---|---|",
    "```\ncode\n```",
    "a -> b <- c -- d >= e",
    "&lt;b&gt; &amp; &#x41;",
    "trailing backslash \\",
    "footnote[^1]\n\n[^1]: https://evil.example",
    "[ref]: https://evil.example\n[ref]",
)


def shown(markdown: str) -> str:
    """Return what a Markdown reader would show of text in which every punctuation mark is escaped."""
    text = markdown.replace("\\\n", "\n").replace("\u2060", "").replace("\u00a0", " ")
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def bare(markdown: str) -> str:
    """Return the punctuation that kept its meaning."""
    return re.sub(r"\\[!-/:-@\[-`{-~\n]", "", markdown)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_keeps_no_punctuation_with_a_meaning(text: str) -> None:
    assert not re.search(r"[!-/:-@\[-`{-~]", bare(plain(text)))


@given(st.text(max_size=300))
def test_any_text_is_shown_as_it_was_typed(text: str) -> None:
    text = text.replace("\r", "").replace("\u2060", "").replace("\u00a0", " ")
    lines = [line.expandtabs(4) if line.strip() else line for line in text.split("\n")]
    seen = shown(plain(text)).split("\n")
    assert len(seen) == len(lines)
    for line, original in zip(seen, lines, strict=True):
        assert line.strip() == original.strip() or line.split() == original.split()


@pytest.mark.parametrize("text", ["https://evil.example", "HTTP://evil.example", "www.evil.example", "a@evil.example"])
def test_links_that_are_looked_for_late_are_broken_by_a_joiner(text: str) -> None:
    late = plain(text).replace("\\", "")
    assert not re.search(r"(https?://|www\.)\S", late, re.IGNORECASE)
    assert not re.search(r"[\w.+-]@", late)


def test_emoji_and_arrows_stay_what_was_typed() -> None:
    late = plain("at :smile: and -> and <-").replace("\\", "")
    assert ":smile:" not in late
    assert "->" not in late
    assert "<-" not in late


def test_a_label_is_one_line_and_short() -> None:
    label = plain_line("first\nsecond " + "word " * 100, 40)
    assert "\n" not in label
    assert len(shown(label)) <= 40


def test_a_mark_sets_off_exactly_its_characters() -> None:
    assert marked("a good day", [Mark(2, 6, "green-background")]) == "a :green-background[good] day"


def test_marks_that_overlap_or_lie_outside_give_way() -> None:
    marks = [Mark(0, 4, "red-background"), Mark(2, 6, "red-background"), Mark(90, 99, "red-background")]
    assert marked("good day", marks) == ":red-background[good] day"


def test_hostile_text_cannot_leave_a_mark() -> None:
    text = "x] :red[y] **z**"
    inside = marked(text, [Mark(0, len(text), "green-background")])
    assert inside.startswith(":green-background[")
    assert inside.endswith("]")
    assert re.sub(r"[^!-/:-@\[-`{-~]", "", bare(inside)) == ":-[]"


def test_a_mark_over_two_lines_is_set_off_on_both() -> None:
    assert marked("ab\ncd", [Mark(0, 5, "red-background")]) == ":red-background[ab]\\\n:red-background[cd]"


def test_a_mark_over_an_empty_line_leaves_it_empty() -> None:
    assert marked("ab\n\ncd", [Mark(0, 6, "red-background")]).count(":red-background[") == 2


def test_a_difference_shows_what_went_and_what_came() -> None:
    shown_difference = difference("Two weeks to return", "Three weeks to return")
    assert shown_difference == ":red-background[~~Two~~]:green-background[**Three**] weeks to return"


def test_a_difference_in_chinese_goes_by_characters() -> None:
    assert difference("我们两天送达", "我们三天送达") == "我们:red-background[~~两~~]:green-background[**三**]天送达"


def test_a_difference_of_hostile_texts_stays_text() -> None:
    assert "<" not in bare(difference("<b>x</b>", "<img src=x>"))
