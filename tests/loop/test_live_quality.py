"""Stories about when visitors like what serves less: beyond chance, at few looks, and by enough to matter."""

from __future__ import annotations

import dataclasses
import random

import pytest

from core.insights.live_quality import LOOKS, compare
from core.store.live_quality import Course, RollbackRule

RULE = RollbackRule()


def a_course(n: int, bad: int, corrected: int = 0) -> Course:
    """Return uses of which the first so many were rated badly, and corrected."""
    return Course(tuple(int(place < bad) for place in range(n)), tuple(int(place < corrected) for place in range(n)))


def test_a_clear_loss_is_told_with_both_rates_and_their_n() -> None:
    found = compare(a_course(100, 5), a_course(60, 30), RULE)
    assert found.worse.startswith("Thumbs-down: 5 % (n = 100, 2 to 11 %) before, 50 % (n = 60,")
    assert [one.is_worse for one in found.changes] == [True, False]


def test_corrections_count_as_thumbs_do() -> None:
    assert compare(a_course(100, 0, 5), a_course(60, 0, 40), RULE).worse.startswith("Corrections:")


def test_a_gain_is_never_worse() -> None:
    found = compare(a_course(100, 50, 50), a_course(960, 1, 1), RULE)
    assert found.worse == ""
    assert all(one.high < 0 for one in found.changes)


@pytest.mark.parametrize(("before", "since", "looked"), [(100, 29, 0), (29, 100, 0), (30, 30, 30), (100, 239, 120)])
def test_it_looks_at_the_first_so_many_uses_only(before: int, since: int, looked: int) -> None:
    assert compare(a_course(before, 0), a_course(since, 0), RULE).changes[0].looked == looked


def test_what_comes_between_two_looks_changes_nothing() -> None:
    good_first = Course(bad=(0,) * 60 + (1,) * 59)
    assert compare(a_course(500, 10), good_first, RULE).worse == ""
    assert compare(a_course(500, 10), Course(bad=(*good_first.bad, 1)), RULE).worse


def test_a_loss_too_small_to_matter_is_left() -> None:
    before, since = a_course(1_000, 50), a_course(960, 130)
    assert compare(before, since, RULE).worse
    assert compare(before, since, dataclasses.replace(RULE, drop=0.2)).worse == ""


def test_without_harm_a_promotion_is_hardly_ever_taken_back() -> None:
    chance = random.Random(7)
    taken = 0
    for _ in range(150):
        before = Course(bad=tuple(int(chance.random() < 0.2) for _ in range(400)))
        since = tuple(int(chance.random() < 0.2) for _ in range(LOOKS[-2]))
        taken += any(compare(before, Course(bad=since[:look]), RULE).worse for look in LOOKS[:-1])
    assert taken <= 8  # 5 % of 150 is 7.5, and the seed makes it the same each time


def test_nothing_at_all_is_no_reason() -> None:
    found = compare(Course(), Course(), RULE)
    assert found.worse == ""
    assert not any(one.is_enough for one in found.changes)
