"""The course of a share: its units, its spikes, its line."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from core.insights.prevalence import Errors, Tally
from core.insights.watch import RECENT_DAYS, above_since, course, fisher, recent
from core.periods import end_of, start_of, unit_for

MONDAY = date(2026, 1, 5)
FILM = Errors(363, 428, 397, 444)


def weekly(*tallies: Tally) -> dict[date, Tally]:
    return {MONDAY + timedelta(weeks=place): tally for place, tally in enumerate(tallies)}


QUIET = [Tally(60, flagged) for flagged in (14, 16, 13, 15, 17, 14, 15, 16)]


def test_periods_begin_and_end_where_people_expect() -> None:
    day = date(2026, 2, 11)
    assert [start_of(day, unit) for unit in ("day", "week", "month")] == [day, date(2026, 2, 9), date(2026, 2, 1)]
    assert [end_of(day, unit) for unit in ("day", "week", "month")] == [day, date(2026, 2, 15), date(2026, 2, 28)]
    assert end_of(date(2026, 12, 31), "month") == date(2026, 12, 31)


def test_the_unit_is_the_shortest_that_rests_on_enough_texts() -> None:
    days = [MONDAY + timedelta(days=place) for place in range(56)]
    assert unit_for(dict.fromkeys(days, 30)) == "day"
    assert unit_for(dict.fromkeys(days, 5)) == "week"
    assert unit_for(dict.fromkeys(days, 1)) == "month"


def test_a_week_far_above_its_level_is_a_spike_and_the_next_quiet_ones_are_not() -> None:
    found = course(weekly(*QUIET, Tally(60, 40), Tally(60, 15), Tally(60, 14)), FILM)
    [spike] = found.spikes
    assert spike.start == MONDAY + timedelta(weeks=8)
    assert spike.direction == 1
    assert spike.usual is not None
    assert spike.usual.n == 480
    assert spike.share.low > spike.usual.value


def test_a_fall_is_told_from_a_rise() -> None:
    level = [Tally(100, 50)] * 6
    assert [point.direction for point in course(weekly(*level, Tally(100, 15)), FILM).spikes] == [-1]


def test_a_spike_is_not_part_of_the_level_of_the_next() -> None:
    found = course(weekly(*QUIET, Tally(60, 40), Tally(60, 15), Tally(60, 40)), FILM)
    assert len(found.spikes) == 2


def test_what_stays_high_becomes_the_new_level() -> None:
    found = course(weekly(*QUIET, *[Tally(60, 40)] * 8), FILM)
    assert len(found.spikes) == 4
    assert found.points[-1].direction == 0


def test_few_texts_or_a_short_past_make_no_spike() -> None:
    assert not course(weekly(*QUIET, Tally(9, 9)), FILM).spikes
    assert not course(weekly(*QUIET[:3], Tally(60, 60)), FILM).spikes
    assert not course({}, FILM).points


def test_weeks_that_always_differ_much_need_more_to_stand_out() -> None:
    restless = [Tally(60, flagged) for flagged in (4, 30, 8, 26, 5, 28, 9, 25)]
    assert not course(weekly(*restless, Tally(60, 34)), FILM).spikes


def test_a_monitor_where_nothing_happens_seldom_shows_a_spike() -> None:
    chance = random.Random(5)
    alarms = 0
    for _ in range(120):
        tallies = [Tally(50, sum(chance.random() < 0.25 for _ in range(50))) for _ in range(20)]
        alarms += bool(course(weekly(*tallies), FILM).spikes)
    assert alarms <= 12


def test_the_line_is_crossed_since_the_lower_bound_stays_above_it() -> None:
    found = course(weekly(Tally(100, 90), *QUIET, Tally(100, 80), Tally(100, 85)), FILM)
    assert above_since(found, 0.4) == MONDAY + timedelta(weeks=9)
    assert above_since(found, 0.95) is None


def test_now_is_the_last_four_weeks_with_texts_against_the_four_before() -> None:
    found = recent(weekly(*QUIET), Tally(), FILM)
    assert (found.since, found.until) == (MONDAY + timedelta(days=22), MONDAY + timedelta(days=49))
    assert found.share.n == found.change.before.n == 240 if found.change else False
    assert RECENT_DAYS == 28
    undated = recent({}, Tally(40, 10), FILM)
    assert undated.share.n == 40
    assert undated.change is None


def test_fisher_s_tails_are_those_of_the_books() -> None:
    # The lady tasting tea: 3 of 4 against 1 of 4; one tail 0.242857, of which 0.228571 is the table itself.
    assert fisher(3, 4, 1, 4) == pytest.approx(2 * 0.242857 - 0.228571, abs=1e-5)
    assert fisher(5, 10, 5, 10) <= 1.0
    assert fisher(0, 10, 0, 10) == pytest.approx(1.0)
