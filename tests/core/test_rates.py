"""Shares as people see them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rates import Rate, wilson


@given(n=st.integers(1, 5_000), part=st.floats(0, 1))
def test_the_interval_is_the_one_that_scipy_gives(n: int, part: float) -> None:
    from scipy.stats import binomtest  # here, since every part that reads this file would wait a second for it

    hits = round(n * part)
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_without_any_n_a_share_may_be_anything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert Rate(0, 0).share == 0.0


def test_a_rate_is_shown_with_its_n_and_interval() -> None:
    assert str(Rate(26, 84)) == "31 % (n = 84, 22 to 41 %)"


def test_a_rate_of_few_is_not_shown() -> None:
    assert str(Rate(7, 29)) == "not enough yet (n = 29)"
    assert str(Rate(7, 30)) != "not enough yet (n = 30)"
