"""The limits, and the two checks that every text of a visitor passes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.errors import EmptyInput, InputTooLong
from core.limits import check_text, clean_text

pytestmark = pytest.mark.promise("R6")

# Text as it may really come: lone surrogates, controls and bidirectional marks included.
any_text = st.text(st.characters(codec=None), max_size=300)


@given(any_text)
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once


@given(any_text)
def test_a_cleaned_text_can_be_stored_sent_and_shown(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")  # no lone surrogate
    assert unicodedata.is_normalized("NFC", cleaned)
    assert "\r" not in cleaned
    assert not [c for c in cleaned if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=300))
def test_words_in_any_script_survive_cleaning(text: str) -> None:
    assert clean_text(text) == unicodedata.normalize("NFC", text)


def test_line_ends_of_all_systems_become_one() -> None:
    assert clean_text("a\r\nb\rc\u2028d\u2029e\nf") == "a\nb\nc\nd\ne\nf"


def test_what_scripts_and_emoji_need_stays() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    persian = "می\u200cخواهم"
    assert clean_text(family) == family
    assert clean_text(persian) == persian
    assert clean_text("one\ttwo") == "one\ttwo"


def test_text_that_hides_or_turns_is_laid_open() -> None:
    assert clean_text("pay\u202etxt.exe") == "paytxt.exe"
    assert clean_text("se\u200bcret\x00\x1b[31m") == "secret[31m"


@given(any_text)
def test_a_checked_text_is_clean_and_holds_something(text: str) -> None:
    try:
        checked = check_text(text, 1_000)
    except EmptyInput:
        assert not any(unicodedata.category(c)[0] in "LNS" for c in clean_text(text))
    else:
        assert checked == clean_text(text)


@pytest.mark.parametrize("nothing", ["", " \n\t ", "\x00\x00", "...?!", "\u200b\u202e", "\ud800"])
def test_a_text_without_letters_digits_or_pictures_is_empty(nothing: str) -> None:
    with pytest.raises(EmptyInput, match="no question"):
        check_text(nothing, 100, "question")


@pytest.mark.parametrize("something", ["a", "7", "你", "\U0001f600", "€", "  x  "])
def test_one_letter_digit_or_picture_is_enough(something: str) -> None:
    assert check_text(something, 10) == something


def test_the_limit_itself_is_still_taken_and_one_more_is_not() -> None:
    assert check_text("x" * 50, 50) == "x" * 50
    with pytest.raises(InputTooLong, match=r"This comment has 51 characters; the limit is 50"):
        check_text("x" * 51, 50, "comment")


def test_a_huge_text_is_refused_before_any_work_is_done_on_it() -> None:
    class Untouchable(str):
        __slots__ = ()

        def replace(self, *_: object) -> str:
            raise AssertionError("a text beyond the limit was worked on")

    with pytest.raises(InputTooLong):
        check_text(Untouchable("x" * 1_001), 1_000)


def test_every_number_among_the_limits_lets_something_through() -> None:
    numbers = {name: value for name, value in vars(limits).items() if name.isupper() and isinstance(value, int)}
    assert len(numbers) >= 15
    assert all(value > 0 for value in numbers.values()), numbers
