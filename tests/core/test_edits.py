"""What a correction changed is counted in words, and in characters where nobody writes spaces."""

from __future__ import annotations

import pytest

from core.edits import edit_share


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        ("", "", 0.0),
        ("the same words", "the  same\nwords", 0.0),
        ("thirty days", "sixty days", 1 / 2),
        ("You have thirty days", "You have sixty days.", 2 / 5),
        ("a b c d", "d", 3 / 4),
        ("", "all of it is new", 1.0),
        ("positive", "negative", 1.0),
        ("三十天内退货", "六十天内退货", 1 / 6),
        ("三十天内 return", "六十天内 return", 1 / 5),
        ("สวัสดี", "สวัสดา", 1 / 6),
        ("don't", "do not", 1.0),
    ],
)
def test_the_share_is_that_of_changed_words(before: str, after: str, share: float) -> None:
    assert edit_share(before, after) == pytest.approx(share)
    assert edit_share(after, before) == pytest.approx(share)


def test_the_longest_texts_are_compared_at_once() -> None:
    assert 0 < edit_share("word " * 4_000, "other word " * 1_800) < 1
