"""A share set right by known errors covers the truth as often as it says, and known texts count as what they are."""

from __future__ import annotations

import random

import pytest

from core.insights.prevalence import Errors, Tally, difference, lang_reiczigel, newcombe, rogan_gladen, share_of
from core.rates import wilson

# As counted on film reviews: sensitivity 0.848 on 428 texts, specificity 0.894 on 444.
FILM = Errors(363, 428, 397, 444, "Film reviews")
ROUNDS = 600


def binomial(chance: random.Random, n: int, share: float) -> int:
    return sum(chance.random() < share for _ in range(n))


def test_a_flagged_share_becomes_the_share_behind_it() -> None:
    errors = Errors(80, 100, 90, 100)
    assert rogan_gladen(0.8 * 0.3 + 0.1 * 0.7, errors) == pytest.approx(0.3)


def test_the_interval_is_that_of_the_paper() -> None:
    # Worked by hand: flags 0.30377, rates 81/102 and 91/102, share 0.28549, half 0.11600, shift -0.00166.
    low, high = lang_reiczigel(60, 200, Errors(80, 100, 90, 100))
    assert (low, high) == (pytest.approx(0.16783, abs=1e-5), pytest.approx(0.39983, abs=1e-5))


@pytest.mark.parametrize(("truth", "n"), [(0.1, 60), (0.3, 200)])
def test_the_band_covers_the_truth_as_often_as_it_says_and_the_naive_one_does_not(truth: float, n: int) -> None:
    chance = random.Random(7)
    covered = naive = 0
    for _ in range(ROUNDS):
        errors = Errors(binomial(chance, 100, 0.848), 100, binomial(chance, 150, 0.894), 150)
        flagged = binomial(chance, n, truth * 0.848 + (1 - truth) * 0.106)
        share = share_of(Tally(n, flagged), errors)
        covered += share.low <= truth <= share.high
        low, high = wilson(flagged, n)
        naive += low <= truth <= high
    assert 0.925 <= covered / ROUNDS <= 0.99
    assert naive / ROUNDS < 0.9


def test_a_difference_covers_the_truth_too() -> None:
    chance = random.Random(11)
    covered = 0
    for _ in range(ROUNDS):
        errors = Errors(binomial(chance, 100, 0.8), 100, binomial(chance, 150, 0.9), 150)
        before, after = (Tally(80, binomial(chance, 80, share * 0.8 + (1 - share) * 0.1)) for share in (0.2, 0.45))
        found = difference(before, after, errors)
        covered += found.low <= 0.25 <= found.high
    assert 0.925 <= covered / ROUNDS <= 0.99


def test_without_errors_or_with_useless_ones_the_share_is_that_of_the_labels() -> None:
    for errors in (None, Errors(0, 0, 0, 0), Errors(50, 100, 50, 100)):
        share = share_of(Tally(40, 10), errors)
        assert not share.is_adjusted
        assert (share.value, share.low, share.high) == (0.25, *wilson(10, 40))


def test_texts_that_somebody_checked_count_as_what_they_are() -> None:
    checked = share_of(Tally(100, 0, 100, 30), FILM)
    assert checked.value == pytest.approx(0.3)
    assert checked.raw == 0.3


def test_a_share_stays_between_zero_and_one() -> None:
    assert share_of(Tally(50, 0), FILM).value == 0.0
    assert share_of(Tally(50, 50), FILM).value == 1.0
    assert share_of(Tally(), FILM).high == 1.0


def test_a_share_is_written_with_its_n_and_interval_or_not_at_all() -> None:
    assert str(share_of(Tally(29, 10), None)) == "not enough yet (n = 29)"
    assert str(share_of(Tally(1240, 310), None)) == "25 % (n = 1,240, 23 to 27 %)"


def test_a_difference_is_shown_only_where_zero_is_out_and_both_sides_are_enough() -> None:
    assert difference(Tally(200, 20), Tally(200, 80), FILM).is_shown
    assert not difference(Tally(200, 60), Tally(200, 66), FILM).is_shown
    assert not difference(Tally(20, 1), Tally(200, 180), FILM).is_shown
    assert not difference(Tally(), Tally(200, 180), FILM).is_shown


def test_newcombe_s_interval_is_that_of_his_paper() -> None:
    # Newcombe 1998, table II, example (a): 56/70 - 48/80 = 0.2, method 10: 0.0524 to 0.3339.
    assert newcombe(56, 70, 48, 80) == (
        pytest.approx(0.2),
        pytest.approx(0.0524, abs=1e-4),
        pytest.approx(0.3339, abs=1e-4),
    )
