"""Agreement beyond chance, against known answers."""

from __future__ import annotations

import pytest

from core.learning.agreement import agreement_of


def test_kappa_of_a_known_table() -> None:
    # Cohen's textbook case: 20 and 15 agreed, 5 and 10 not: observed 0.7, expected 0.5.
    table = {
        ("approved", "approved"): 20,
        ("approved", "rejected"): 5,
        ("rejected", "approved"): 10,
        ("rejected", "rejected"): 15,
    }
    found = agreement_of(table)
    assert found.kappa == pytest.approx(0.4)
    assert (found.rate.hits, found.rate.n) == (35, 50)


def test_kappa_of_three_verdicts_is_what_scikit_learn_gives() -> None:
    table = {("a", "a"): 7, ("a", "b"): 2, ("b", "c"): 3, ("c", "c"): 5, ("b", "b"): 4, ("c", "a"): 1}
    assert agreement_of(table).kappa == pytest.approx(0.590062, abs=1e-6)  # sklearn.metrics.cohen_kappa_score


def test_where_chance_explains_everything_there_is_no_kappa() -> None:
    assert agreement_of({}).kappa is None
    assert agreement_of({("approved", "approved"): 40}).kappa is None
