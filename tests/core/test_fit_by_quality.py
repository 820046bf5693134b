"""The matrix of fit by quality: its figures by hand, its intervals and its one finding by simulation."""

from __future__ import annotations

import random
from functools import reduce

import pytest

from core.insights.fit_by_quality import MIXED_IN, finding, matrix, trouble
from core.insights.market_fit import ALPHA, By
from core.rates import Rate, wilson
from core.store.cells import CellCount, Quality
from core.types import Task
from tests.core.fit_stories import SOMEWHAT, VERY, Planted, a_response, company, one_visitor, together, visit

SUPPORT, TRANSLATE = Task.SUPPORT, Task.TRANSLATE
FEW_STORIES = 40


def test_counts_of_visitors_add_up() -> None:
    visitors = [one_visitor(5, 2, 1), one_visitor(3, 3, 2), Quality(uses=7, returned=1, corrected=2)]
    assert together(*visitors) == reduce(Quality.__add__, visitors)


def test_a_cell_holds_what_its_people_said_and_what_came_of_their_uses() -> None:
    answers = [a_response(VERY, "Founder, Just me"), a_response(SOMEWHAT, "Founder, 2 to 10"), a_response(VERY, "")]
    counts = [
        CellCount("Founder, Just me", SUPPORT, Quality(uses=10, visitors=4, returned=1, abstained=2, rated=4, down=1)),
        CellCount("Founder, 2 to 10", SUPPORT, Quality(uses=10, visitors=4, returned=2, corrected=3)),
        CellCount("Founder, 2 to 10", TRANSLATE, Quality(uses=5, visitors=1)),
    ]
    found = {(cell.name, cell.task): cell for cell in matrix(answers, counts, By.ROLE).cells}
    founders = found["Founder", SUPPORT]
    assert (founders.fit, founders.fence) == (Rate(1, 2), 1)
    assert founders.segments == ("Founder, 2 to 10", "Founder, Just me")
    assert (founders.down, founders.corrected) == (Rate(1, 4), Rate(3, 20))
    assert (founders.abstained, founders.returned) == (Rate(2, 20), Rate(3, 8))
    assert found["Founder", TRANSLATE].fit == Rate(0, 0)
    assert found["Not said", SUPPORT].quality == Quality()


def test_the_score_is_the_fence_times_the_trouble_beyond_the_whole_with_average_uses_mixed_in() -> None:
    answers = [a_response(SOMEWHAT, "A")] * 10
    bad = together(*(one_visitor(5, 2, 1) for _ in range(35)))
    good = together(*(one_visitor(5, 2, 0) for _ in range(35)))
    cell = matrix(answers, [CellCount("A", SUPPORT, bad), CellCount("B", SUPPORT, good)], By.SEGMENT).cells[0]
    assert (cell.name, cell.trouble.share, cell.trouble.n) == ("A", 0.5, 70)
    assert cell.score == pytest.approx(10 * (0.5 - 0.25) * 70 / (70 + MIXED_IN))
    assert cell.low < cell.score < cell.high


def test_a_small_cell_does_not_lead_by_a_few_bad_answers() -> None:
    answers = [*[a_response(SOMEWHAT, "small")] * 8, *[a_response(SOMEWHAT, "large")] * 8]
    counts = [
        CellCount("small", SUPPORT, together(*(one_visitor(1, 1, 1) for _ in range(3)))),
        CellCount("large", SUPPORT, together(*(one_visitor(2, 2, 1) for _ in range(100)))),
        CellCount("rest", SUPPORT, together(*(one_visitor(2, 2, 0) for _ in range(300)))),
    ]
    assert [cell.name for cell in matrix(answers, counts, By.SEGMENT).cells] == ["large", "small", "rest"]


def test_uses_of_one_visitor_tell_less_than_as_many_of_different_ones() -> None:
    alike = trouble(together(*(one_visitor(10, 10, hits) for hits in (10, 0) * 20)))
    apart = trouble(together(*(one_visitor(1, 1, hits) for hits in (1, 0) * 200)))
    assert (alike.share, alike.n) == (apart.share, apart.n) == (0.5, 400)
    assert (apart.low, apart.high) == pytest.approx(wilson(200, 400), abs=0.01)
    assert alike.high - alike.low > 2.5 * (apart.high - apart.low)
    assert (trouble(Quality()).low, trouble(Quality()).high) == (0, 1)


def test_the_interval_of_trouble_covers_the_truth_though_visitors_differ() -> None:
    chosen, truth, stories = random.Random(2), 0.25, 600
    covered = 0
    for _ in range(stories):
        visitors = [
            visit(chosen, 1 + int(chosen.expovariate(1 / 8)), chosen.betavariate(6 * truth, 6 * (1 - truth)))
            for _ in range(60)
        ]
        found = trouble(together(*visitors))
        covered += found.low <= truth <= found.high
    assert 0.925 <= covered / stories <= 0.98


def test_a_planted_cell_is_found_and_leads() -> None:
    planted = Planted("Marketing, 11 to 50", TRANSLATE, 0.5, 150)
    found = 0
    for seed in range(20):
        answers, counts = company(random.Random(seed), 500, planted)
        matrices = [matrix(answers, counts, by) for by in By]
        named = finding(matrices)
        found += named is not None and (named.cell.name, named.cell.task) == (planted.segment, planted.task)
        assert matrices[-1].cells[0].name == planted.segment
    assert found >= 18


def test_where_nothing_is_planted_a_cell_is_named_about_as_rarely_as_promised() -> None:
    # Of 1,000 such companies it was 11 (with the strongest fit, 24 named anything); the promise is 25 each.
    named = 0
    for seed in range(FEW_STORIES):
        answers, counts = company(random.Random(seed), 900, answering=0.9)
        matrices = [matrix(answers, counts, by) for by in By]
        assert matrices[0].looked_at, "there is something to be wrong about"
        named += finding(matrices) is not None
    assert named / FEW_STORIES <= 2 * ALPHA


def test_better_than_the_rest_is_no_finding_and_neither_is_nobody_on_the_fence() -> None:
    bad = together(*(one_visitor(4, 3, 2) for _ in range(60)))
    good = together(*(one_visitor(4, 3, 0) for _ in range(60)))
    counts = [CellCount("bad", SUPPORT, bad), CellCount("good", SUPPORT, good)]
    for answers in (
        [a_response(VERY, "bad")] * 40,
        [a_response(SOMEWHAT, "good")] * 40,
        [a_response(SOMEWHAT, "bad")] * 29,
    ):
        assert finding([matrix(answers, counts, By.SEGMENT)]) is None
    found = finding([matrix([a_response(SOMEWHAT, "bad")] * 40, counts, By.SEGMENT)])
    assert found is not None
    assert found.cell.name == "bad"
    assert found.elsewhere.share == 0
