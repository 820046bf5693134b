"""Sentences as places in a text: nothing lost, nothing doubled, and cut where a reader would cut."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tasks.sentences import split_sentences


def pieces(text: str, language: str = "") -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. J. R. Smith paid 3.50 at 5 p.m. on Friday. He left.", None),
        ("Version 2.4.1 is out. Get it.", ["Version 2.4.1 is out.", "Get it."]),
        ("See https://a.org/b?c=d.html! It works.", ["See https://a.org/b?c=d.html!", "It works."]),
        ("I work for Acme Inc. in Paris. We like it.", ["I work for Acme Inc. in Paris.", "We like it."]),
        ("He lives in the U.S. The weather is good.", ["He lives in the U.S.", "The weather is good."]),
        ("Look at fig. 3 and no. 7. No. I won't.", ["Look at fig. 3 and no. 7.", "No.", "I won't."]),
        ("He said ... well. Then... Nothing.", ["He said ... well.", "Then...", "Nothing."]),
        ('"Stop!" she said. "Why?" He ran.', ['"Stop!" she said.', '"Why?"', "He ran."]),
        ("He left (at last.) Then rain.", ["He left (at last.)", "Then rain."]),
        ("What ? ! Really", ["What ? !", "Really"]),
        ("Great! 😀 See you.", ["Great! 😀", "See you."]),
        ("so tired. going home, e.g. now. bye", ["so tired.", "going home, e.g. now.", "bye"]),
        ("¿Qué tal? ¡Muy bien! Adiós.", ["¿Qué tal?", "¡Muy bien!", "Adiós."]),
        ("« Non ! » Il part.", ["« Non ! »", "Il part."]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["Dr. J. R. Smith paid 3.50 at 5 p.m. on Friday.", "He left."]
    assert pieces(text) == expected


def test_chinese_and_japanese_need_no_blanks() -> None:
    assert pieces("你好！我是小明。他说：“我走了。”然后离开了？") == [
        "你好！",
        "我是小明。",
        "他说：“我走了。”",
        "然后离开了？",
    ]
    assert pieces("「はい。」と言った。雨だ。") == ["「はい。」と言った。", "雨だ。"]
    assert pieces("价格是3.5元.今天发货!谢谢") == ["价格是3.5元.", "今天发货!", "谢谢"]


def test_german_ordinals_and_abbreviations_hold_together() -> None:
    text = "Am 3. Oktober ist frei, z. B. in Köln. Er wurde am 12. Geburtstag krank. Ich bin 25. Du auch."
    assert pieces(text, "de")[1:] == ["Er wurde am 12. Geburtstag krank.", "Ich bin 25.", "Du auch."]
    assert pieces(text)[0] == "Am 3. Oktober ist frei, z. B. in Köln."


def test_lines_lists_and_headings_end_sentences() -> None:
    text = "# Returns\n\n- first thing\n- second thing\n1. Pack it.\n2. Send it. Wait.\n\nshort line\nand another"
    assert pieces(text) == [
        "# Returns",
        "- first thing",
        "- second thing",
        "1. Pack it.",
        "2. Send it.",
        "Wait.",
        "short line",
        "and another",
    ]


def test_a_line_wrapped_in_the_middle_goes_on_in_the_next() -> None:
    text = "This line was wrapped by somebody whose window was narrow and so it\ngoes on here. The end."
    assert pieces(text) == [text[:82].rstrip(), "The end."]
    assert len(pieces(text.replace("\n", "\n\n"))) == 3


def test_a_sentence_without_end_is_cut_at_clauses() -> None:
    text = "and then this happened, " * 400
    spans = split_sentences(text)
    assert all(span.end - span.start <= 1000 for span in spans)
    assert all(text[span.end - 1] == "," for span in spans)
    assert [span.end - span.start for span in split_sentences("x" * 2500)] == [1000, 1000, 500]


def test_blank_text_has_no_sentences() -> None:
    assert split_sentences("") == []
    assert split_sentences(" \n\t \r\n\u2028 ") == []


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("ab A.!?…。\"' \n)-1")), max_size=300))
def test_every_character_that_is_not_blank_is_covered_once(text: str) -> None:
    spans = split_sentences(text, longest_characters=40)
    position = 0
    for span in spans:
        assert position <= span.start < span.end
        assert not text[position : span.start].strip()
        assert not text[span.start].isspace()
        assert not text[span.end - 1].isspace()
        position = span.end
    assert not text[position:].strip()


HOSTILE = {
    "points": ".",
    "spaced points": ". ",
    "marks and quotes": '?!" ',
    "brackets": "(",
    "points and brackets": ".( ",
    "closings": '."',
    "initials": "A. ",
    "lines": "\n",
    "blanks": " ",
    "points on lines": ".\n",
    "emoji": "😀",
    "numbers": "1. ",
    "dashes": "- ",
    "chinese": "。",
    "prose": "Mr. Smith paid 3.50 for no. 7. Then he left! 你好。 ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_linearly_even_with_hostile_text(name: str) -> None:
    text = (HOSTILE[name] * 200_000)[:200_000]
    start = time.perf_counter()
    split_sentences(text)
    assert time.perf_counter() - start < 5, "quadratic work takes minutes here; linear work well under a second"
