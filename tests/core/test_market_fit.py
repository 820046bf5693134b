"""Fit, net promoter score and what respondents wrote, on answers whose figures are known by hand."""

from __future__ import annotations

import math
import random
from functools import partial

import pytest

from core.engines.fake import FakeEncoder
from core.insights.market_fit import (
    ALPHA,
    COMPANY_SIZES,
    NOT_SAID,
    By,
    Score,
    fit,
    name_of,
    net_promoter,
    over_time,
    parts,
    strongest,
)
from core.insights.themes import benefit, themes, winnable
from core.knowledge.groups import group_by_meaning
from core.rates import Rate
from core.types import Task
from pages.parts import visitor
from tests.core.fit_stories import GONE, NOT, SOMEWHAT, VERY, a_response, company

SUPPORT, TRANSLATE, SENTIMENT = Task.SUPPORT, Task.TRANSLATE, Task.SENTIMENT
FEW_STORIES = 150
by_meaning = partial(group_by_meaning, encoder=FakeEncoder())


def some(count: int, feeling=VERY, segment: str = "", task: Task = SUPPORT, **said: object):
    return [a_response(feeling, segment, task, **said) for _ in range(count)]


def test_fit_is_the_share_of_very_disappointed_among_those_who_still_use_it() -> None:
    answers = [*some(3, VERY), *some(4, SOMEWHAT), *some(1, NOT), *some(5, GONE)]
    assert fit(answers) == Rate(3, 8)
    assert fit(some(2, GONE)) == Rate(0, 0)
    assert fit([]) == Rate(0, 0)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((10, 9, 8, 7, 6, 0), Score(2, 2, 2)), ((10, 10, 10, 8), Score(3, 1, 0)), ((), Score(0, 0, 0))],
)
def test_promoters_begin_at_nine_and_detractors_end_at_six(numbers: tuple[int, ...], expected: Score) -> None:
    answers = [a_response(recommend=number) for number in numbers] + some(3)
    assert net_promoter(answers) == expected
    assert expected.n == len(numbers)


def test_the_interval_of_the_net_promoter_score_is_the_adjusted_wald_of_rocks() -> None:
    # 50 promoters, 30 passives, 20 detractors: by hand with 50.75, 31.5 and 20.75 of 103.
    up, down = 50.75 / 103, 20.75 / 103
    half = 1.959964 * math.sqrt((up + down - (up - down) ** 2) / 103)
    assert Score(50, 30, 20).value == 30
    assert Score(50, 30, 20).interval == pytest.approx((100 * (up - down - half), 100 * (up - down + half)))
    assert str(Score(50, 30, 20)) == "+30 (n = 100, +14 to +44)"
    assert str(Score(5, 3, 2)) == "not enough yet (n = 10)"
    assert Score(0, 0, 0).interval == (-100, 100)


@pytest.mark.parametrize(("promoters", "detractors"), [(0.5, 0.2), (0.2, 0.2), (0.75, 0.05)])
@pytest.mark.parametrize("n", [30, 100])
def test_the_interval_of_the_net_promoter_score_covers_the_truth(promoters: float, detractors: float, n: int) -> None:
    chosen = random.Random(11)
    truth, covered, stories = 100 * (promoters - detractors), 0, 1_000
    for _ in range(stories):
        drawn = chosen.choices((10, 8, 0), (promoters, 1 - promoters - detractors, detractors), k=n)
        low, high = Score(drawn.count(10), drawn.count(8), drawn.count(0)).interval
        covered += low <= truth <= high
    assert 0.93 <= covered / stories <= 0.99


@pytest.mark.parametrize("truth", [0.1, 0.31, 0.4, 0.6])
@pytest.mark.parametrize("n", [30, 84, 300])
def test_the_interval_of_fit_covers_the_truth(truth: float, n: int) -> None:
    chosen = random.Random(5)
    covered, stories = 0, 1_000
    for _ in range(stories):
        low, high = Rate(sum(chosen.random() < truth for _ in range(n)), n).interval
        covered += low <= truth <= high
    assert 0.93 <= covered / stories <= 0.98


def test_people_are_told_apart_by_role_by_size_or_by_both() -> None:
    assert [name_of("Marketing, 11 to 50", by) for by in By] == ["Marketing", "11 to 50", "Marketing, 11 to 50"]
    assert [name_of("2 to 10", by) for by in By] == [NOT_SAID, "2 to 10", "2 to 10"]
    assert [name_of("Support", by) for by in By] == ["Support", NOT_SAID, "Support"]
    assert [name_of("", by) for by in By] == [NOT_SAID] * 3
    assert COMPANY_SIZES == visitor.COMPANY_SIZES


def test_parts_hold_their_own_fit_fence_and_those_who_left() -> None:
    answers = [
        *some(2, VERY, "Founder, Just me"),
        *some(1, SOMEWHAT, "Founder, 2 to 10", TRANSLATE),
        *some(1, GONE, "Founder, Just me"),
        *some(1, NOT, "", TRANSLATE),
        *some(1, VERY, "", None),
    ]
    founders, unknown = parts(answers, By.ROLE)
    assert (founders.name, founders.fit, founders.fence, founders.gone) == ("Founder", Rate(2, 3), 1, 1)
    assert founders.segments == ("Founder, 2 to 10", "Founder, Just me")
    assert (unknown.name, unknown.fit) == (NOT_SAID, Rate(1, 2))
    assert [(part.task, part.fit) for part in parts(answers, None, is_by_task=True)] == [
        (SUPPORT, Rate(2, 2)),
        (TRANSLATE, Rate(0, 2)),
    ]


def test_over_time_a_period_is_as_short_as_its_answers_allow() -> None:
    many = [*some(40, VERY, day=0), *some(40, NOT, day=7)]
    assert over_time(many)[0] == "day"
    spread = [a_response(VERY if day < 30 else NOT, day=day) for day in range(58)]
    unit, moments = over_time(spread)
    assert unit == "month"
    assert [moment.fit for moment in moments] == [Rate(30, 30), Rate(0, 28)]
    assert over_time([]) == ("day", ())


def test_a_part_with_far_more_fit_than_the_others_is_named() -> None:
    answers = [
        *some(30, VERY, "Support, 11 to 50"),
        *some(12, SOMEWHAT, "Support, 11 to 50"),
        *some(20, VERY, "Founder, Just me", TRANSLATE),
        *some(60, NOT, "Founder, Just me", TRANSLATE),
    ]
    found = strongest(answers)
    assert found is not None
    assert found.fit == Rate(30, 42)
    assert found.task is SUPPORT
    assert strongest(some(20, VERY, "A") + some(20, NOT, "B")) is None, "too few to say"


def test_without_any_difference_a_part_is_named_about_as_rarely_as_promised() -> None:
    # Over 1,000 companies of 827 answers it was 14; the promise is 25.
    named = sum(strongest(company(random.Random(seed), 250)[0]) is not None for seed in range(FEW_STORIES))
    assert named / FEW_STORIES <= 2 * ALPHA


def test_benefits_are_grouped_by_meaning_with_their_quotes() -> None:
    answers = [
        a_response(benefit="Saves time answering customers"),
        a_response(benefit=""),
        a_response(benefit="It quotes the sources"),
        a_response(benefit="Saves me time answering customers"),
    ]
    first, second = themes(answers, benefit, by_meaning)
    assert (first.count, second.count) == (2, 1)
    assert first.quotes == ("Saves time answering customers", "Saves me time answering customers")
    assert first.title in first.quotes
    assert second.responses == (answers[2],)


def test_who_wants_what_the_very_disappointed_love_can_be_won() -> None:
    time, price = "Saves time answering customers", "The price is low"
    answers = [
        *some(3, VERY, benefit=time),
        a_response(VERY, benefit="Nothing leaves our server"),
        a_response(SOMEWHAT, benefit=time + " a lot", improvement="Our own terms in translations"),
        a_response(SOMEWHAT, benefit=time, improvement="Our own terms in translations, please"),
        a_response(SOMEWHAT, benefit=price, improvement="Make it cheaper"),
        a_response(SOMEWHAT),
        a_response(NOT, benefit=time, improvement="Everything"),
    ]
    found = winnable(answers, by_meaning)
    assert found.people == (answers[4], answers[5])
    assert [theme.count for theme in found.benefits] == [5]
    assert [theme.count for theme in found.obstacles] == [2]
    assert (found.named, found.fence) == (3, 4)


def test_nobody_can_be_won_by_a_benefit_that_only_one_person_named() -> None:
    answers = [a_response(VERY, benefit="It is quick"), a_response(SOMEWHAT, benefit="It is quick")]
    assert winnable(answers, by_meaning).people == ()
