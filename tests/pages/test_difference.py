"""What a correction changed, in words that can be read."""

from __future__ import annotations

from pages.parts.difference import difference


def test_what_stays_stays_and_what_changed_is_set_off() -> None:
    shown = difference("You may return it within 30 days.", "You may return it within 60 days.")
    assert shown == "You may return it within :red-background[~~30~~]:green-background[**60**] days\\."


def test_chinese_changes_character_by_character() -> None:
    assert difference("保修一年", "保修两年") == "保修:red-background[~~一~~]:green-background[**两**]年"


def test_two_texts_with_little_in_common_stand_one_after_the_other() -> None:
    shown = difference("You may return a lamp within 30 days.", "Every Friday.")
    out, came_in = shown.split("\\\n")
    assert out == ":red-background[~~You may return a lamp within 30 days\\.~~]"
    assert came_in == ":green-background[**Every Friday\\.**]"
