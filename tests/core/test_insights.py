"""Every figure of insights on scripted histories whose answers are known beforehand."""

from __future__ import annotations

import io
import math
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.digest import digest
from core.errors import NotAllowed
from core.insights import quality, usage
from core.insights.change import Change, changes, week
from core.office.usage import Usage
from core.rates import Rate
from core.store import rollups, times, uses
from core.store.db import Database
from core.store.record import Recorder
from core.store.tables import SurveyRow, VisitorRow
from core.types import Ending, Member, Origin, Rating, Role, Scope, Task
from tests.core.store_stories import an_interaction

MONDAY = date(2026, 5, 4)


class History:
    """A script of what visitors did, on days and hours counted from a Monday."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self.database = database
        self.recorder = recorder

    def use(self, visitor: str, day: float, hour: float = 12.0, task: Task = Task.SUPPORT, **changes: object) -> str:
        told = an_interaction(visitor_id=visitor, task=task, started_at=at(day, hour), **changes)
        self.recorder.interaction(told)
        return told.interaction_id

    def rate(self, visitor: str, interaction_id: str, score: int) -> None:
        self.recorder.rate(Rating(interaction_id, score), visitor)

    def arrive(self, visitor: str, day: float) -> None:
        with self.database.writing() as session:
            session.merge(VisitorRow(visitor_id=visitor, created_at=at(day, 9)))

    def counted(self) -> Database:
        self.recorder.flush()
        rollups.refresh(self.database)
        return self.database


def at(day: float, hour: float = 12.0) -> datetime:
    return datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) + timedelta(days=day, hours=hour)


@pytest.fixture
def history(database: Database, tmp_path: Path) -> Iterator[History]:
    recorder = Recorder(database, tmp_path / "spool")
    yield History(database, recorder)
    recorder.close()


def test_repeat_use_counts_days_and_visits_with_gaps_of_half_an_hour(history: History) -> None:
    history.use("once", 0)
    for minutes in (0, 29, 58):  # one visit: every gap is below half an hour
        history.use("one visit", 0, 12 + minutes / 60)
    for minutes in (0, 30):  # two visits on one day
        history.use("two visits", 0, 12 + minutes / 60)
    history.use("over midnight", 0, 23.9)  # one visit on two days
    history.use("over midnight", 1, 0.1)
    history.use("two days", 0)
    history.use("two days", 3)
    found = usage.overview(history.counted(), Scope())
    assert (found.people.visitors, found.tally.uses, found.tally.visits) == (5, 10, 7)
    assert found.repeat_days == Rate(2, 5)
    assert found.repeat_visits == Rate(2, 5)


def test_the_course_has_every_week_and_tells_new_visitors_from_old(history: History) -> None:
    history.use("ada", 0)
    history.use("ada", 2)
    history.use("bo", 1)
    history.use("ada", 15)  # the third week; nobody came in the second
    found = usage.course(history.counted(), Scope())
    assert [(one.start, one.uses, one.visitors, one.newcomers, one.repeat) for one in found] == [
        (MONDAY, 3, 2, 2, Rate(1, 2)),
        (MONDAY + timedelta(weeks=1), 0, 0, 0, Rate(0, 0)),
        (MONDAY + timedelta(weeks=2), 1, 1, 0, Rate(0, 1)),
    ]


def test_a_short_period_is_shown_by_day(history: History) -> None:
    history.use("ada", 0)
    history.use("bo", 2)
    found = usage.course(history.counted(), Scope(MONDAY, MONDAY + timedelta(days=6)))
    assert [(one.start.day, one.uses, one.visitors) for one in found] == [(4, 1, 1), (5, 0, 0), (6, 1, 1)]


def test_the_funnel_follows_those_who_arrived_in_the_period(history: History) -> None:
    for number in range(6):
        history.arrive(f"v{number}", 0)
    history.arrive("earlier", -10)
    rated = [history.use(f"v{number}", 1) for number in range(4)]
    history.use("v0", 2, task=Task.TRANSLATE)
    history.use("v1", 9, task=Task.SENTIMENT)  # after the period, and it counts
    history.use("earlier", 1)
    history.rate("v0", rated[0], 1)
    history.rate("v3", rated[3], 0)
    history.recorder.correct(rated[3], "v3", "It should say this", "one")
    kept = history.recorder.correct(rated[0], "v0", "It should say that", "two")
    history.recorder.withdraw_correction(kept.correction_id, "v0")
    with history.database.writing() as session:
        session.add(SurveyRow(survey_id="s", visitor_id="v1"))
    found = usage.funnel(history.counted(), Scope(MONDAY, MONDAY + timedelta(days=6)))
    assert [(step.name, step.visitors) for step in found] == list(zip(usage.STAGES, (6, 4, 2, 2, 1, 1), strict=True))
    assert [step.of_all for step in found] == [Rate(n, 6) for n in (6, 4, 2, 2, 1, 1)]
    assert [step.of_before for step in found] == [
        Rate(6, 6), Rate(4, 6), Rate(2, 4), Rate(1, 2), Rate(1, 2), Rate(0, 1)
    ]  # fmt: skip
    translated = usage.funnel(history.database, Scope(MONDAY, MONDAY + timedelta(days=6), task=Task.TRANSLATE))
    assert [step.visitors for step in translated] == [6, 1, 1, 0, 0, 1]


def test_cohorts_are_by_the_week_of_the_first_use_and_followed_by_week(history: History) -> None:
    for visitor in ("ada", "bo", "cy"):
        history.use(visitor, 0)
    history.use("ada", 7)
    history.use("ada", 8)
    history.use("bo", 14)
    history.use("di", 13.0, 1)
    history.use("di", 14)
    found = usage.cohorts(history.counted(), Scope())
    assert [(one.start, one.size, one.shares) for one in found] == [
        (MONDAY, 3, (Rate(3, 3), Rate(1, 3), Rate(1, 3))),
        (MONDAY + timedelta(weeks=1), 1, (Rate(1, 1), Rate(1, 1))),
    ]
    only = usage.cohorts(history.database, Scope(since=MONDAY + timedelta(weeks=1)))
    assert [one.start for one in only] == [MONDAY + timedelta(weeks=1)]


def test_resolution_is_confirmed_by_words_and_assumed_by_silence_and_never_both(history: History) -> None:
    history.rate("said good", history.use("said good", 0), 1)
    history.rate("said bad", history.use("said bad", 0), 0)
    history.use("left", 0)
    history.use("asked again", 0, 12.0)
    history.use("asked again", 0, 12.4)  # this one is assumed, the one before is not
    history.use("came back later", 0, 12.0)
    history.use("came back later", 0, 12.5)  # half an hour: another visit, both assumed
    history.use("went on to translate", 0, 12.0)
    history.use("went on to translate", 0, 12.1, task=Task.TRANSLATE)
    history.recorder.hand_off(history.use("wanted a person", 0), "wanted a person", "please")
    history.recorder.correct(history.use("corrected", 0), "corrected", "Better", "one")
    history.use("not answered", 0, is_abstained=True)
    history.rate("liked no answer", history.use("liked no answer", 0, is_abstained=True), 1)
    history.use("stopped", 0, ending=Ending.STOPPED)
    history.use("translated only", 0, task=Task.TRANSLATE)
    found = quality.resolution(history.counted(), Scope())
    assert (found.confirmed, found.assumed) == (Rate(1, 13), Rate(5, 13))
    confirmed = uses.behind(history.database, Scope(), "confirmed")
    assumed = uses.behind(history.database, Scope(), "assumed")
    assert (len(confirmed), len(assumed)) == (1, 5)
    assert not set(confirmed) & set(assumed)


def test_a_late_rating_turns_an_assumed_resolution_into_a_confirmed_one_and_back(history: History) -> None:
    use = history.use("ada", 0)
    assert quality.resolution(history.counted(), Scope()).assumed == Rate(1, 1)
    history.rate("ada", use, 1)
    found = quality.resolution(history.counted(), Scope())
    assert (found.confirmed, found.assumed) == (Rate(1, 1), Rate(0, 1))
    history.recorder.undo_rating(use, "ada")
    assert quality.resolution(history.counted(), Scope()).assumed == Rate(1, 1)


def test_rates_of_quality_have_the_n_that_fits_them(history: History) -> None:
    rated = [history.use("ada", 0, hour) for hour in (1, 2, 3)]
    history.rate("ada", rated[0], 1)
    history.rate("ada", rated[1], 0)
    history.recorder.correct(rated[1], "ada", "60 days.", "one")  # one of three pieces differs
    history.use("ada", 0, 4, is_abstained=True)
    history.use("ada", 0, 5, ending=Ending.STOPPED)
    history.use("ada", 0, 6, ending=Ending.FAILED, error="EngineFailed")
    history.recorder.hand_off(rated[2], "ada", "a person")
    (found,) = quality.by_task(history.counted(), Scope())
    assert (found.good, found.bad, found.corrected) == (Rate(1, 2), Rate(1, 2), Rate(1, 4))
    assert (found.abstained, found.handed_off) == (Rate(1, 4), Rate(1, 6))
    assert (found.stopped, found.failed) == (Rate(1, 6), Rate(1, 6))
    assert (found.edit.n, found.edit.value) == (1, pytest.approx(1 / 3))


def test_a_mean_has_the_interval_that_scipy_gives() -> None:
    from scipy import stats  # here, since every part that reads this file would wait a second for it

    values = [0.1, 0.25, 0.3, 0.8, 1.0] * 10
    found = quality.mean(len(values), sum(values), sum(one * one for one in values))
    expected = stats.norm.interval(0.95, np.mean(values), stats.sem(values))
    assert found.value == pytest.approx(np.mean(values))
    assert found.interval == pytest.approx(expected)


def test_percentiles_are_within_the_stated_error_of_the_exact_ones() -> None:
    chance = random.Random(5)
    seconds = [chance.lognormvariate(-1, 1.2) for _ in range(5_000)]
    counts = Counter(times.bucket_of(one) for one in seconds)
    for share in (0.5, 0.95):
        exact = np.quantile(seconds, share, method="inverted_cdf")
        assert times.percentile(counts, share) == pytest.approx(exact, rel=times.ERROR + 1e-9)
    assert times.percentile(Counter(), 0.5) is None


def test_histograms_come_back_as_they_were_packed_and_add_up() -> None:
    one, other = Counter({0: 3, 199: 1}), Counter({0: 2, 40: 70_000})
    assert times.unpacked([times.packed(one), times.packed(other)]) == one + other
    assert times.unpacked([]) == Counter()


def test_speed_is_of_finished_uses_by_task_and_weights(history: History) -> None:
    for number in range(100):
        history.use("ada", number % 5, first_seconds=0.1, total_seconds=0.5 if number < 90 else 4.0)
    history.use("ada", 1, ending=Ending.FAILED, total_seconds=60.0)
    history.use("ada", 1, origin=Origin("extracted", "other"), first_seconds=None, total_seconds=2.0)
    small, other = quality.speed(history.counted(), Scope())
    assert (small.weights_id, small.total.n) == ("minilm", 100)
    assert small.total.p50 == pytest.approx(0.5, rel=times.ERROR)
    assert small.total.p95 == pytest.approx(4.0, rel=times.ERROR)
    assert (other.first.n, other.first.p50) == (0, None)


def test_languages_share_all_uses(history: History) -> None:
    for number in range(4):
        history.use("ada", 0, number, language="de" if number else "en")
    found = quality.languages(history.counted(), Scope())
    assert [(one.language, one.share) for one in found] == [("de", Rate(3, 4)), ("en", Rate(1, 4))]


def test_points_open_the_uses_that_they_counted_newest_first(history: History) -> None:
    first = history.use("ada", 0)
    second = history.use("ada", 1, segment="Founder")
    history.use("bo", 9)
    history.rate("ada", first, 0)
    database = history.counted()
    assert uses.behind(database, Scope(MONDAY, MONDAY + timedelta(days=6))) == (second, first)
    assert uses.behind(database, Scope(), "bad") == (first,)
    assert uses.behind(database, Scope(segment="Founder")) == (second,)
    assert uses.behind(database, Scope(), cohort=MONDAY) == (second, first)
    assert uses.behind(database, Scope(), limit=1) != ()
    told = uses.uses(database, (first, "unknown"))
    assert [(one.interaction_id, one.score, one.is_kept) for one in told] == [(first, 0, True)]


def test_the_digest_claims_a_change_only_where_the_intervals_bear_it(history: History) -> None:
    for day, good in ((0, 10), (7, 33)):
        for number in range(40):
            use = history.use(f"visitor {number}", day, number / 2)
            history.rate(f"visitor {number}", use, int(number < good))
    history.counted()
    now = week(history.database, Scope(MONDAY + timedelta(weeks=1), MONDAY + timedelta(days=13)))
    before = week(history.database, Scope(MONDAY, MONDAY + timedelta(days=6)))
    found = {one.name: one for one in changes(now, before)}
    assert found["Support: thumbs-up"].is_clear
    assert not found["Support: corrected"].is_clear
    told = digest(history.database, MONDAY + timedelta(days=13))
    assert "# Hearback: 11 May to 17 May 2026" in told
    assert "Support: thumbs-up went up, for the better: 82 % (n = 40, 68 to 91 %)" in told
    assert "corrected went" not in told


def test_little_use_and_none_are_told_apart_from_no_change(history: History) -> None:
    history.use("ada", 7)
    history.counted()
    told = digest(history.database, MONDAY + timedelta(days=13))
    assert "Nothing changed that these numbers can tell from chance" in told
    assert "not enough yet (n = 1)" in told
    assert "Nobody used it" in digest(history.database, MONDAY + timedelta(days=100))
    assert "Nobody used it" in digest(history.database, MONDAY + timedelta(days=13), is_sample=True)


def test_an_interval_for_many_rates_is_wider_than_for_one(history: History) -> None:
    for number in range(30):
        for day in (0, 7):
            use = history.use(f"visitor {number}", day, number / 2)
            history.rate(f"visitor {number}", use, number % 2)
    database = history.counted()
    weeks = [
        week(database, Scope(MONDAY + timedelta(weeks=one), MONDAY + timedelta(weeks=one, days=6))) for one in (1, 0)
    ]
    up = next(one for one in changes(*weeks) if one.name == "Support: thumbs-up")
    one_alone = math.sqrt(2 * 0.25 / 30) * 1.96
    assert isinstance(up, Change)
    assert up.interval[1] > one_alone
    assert not up.is_clear


def test_the_command_prints_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEARBACK_DATA", str(tmp_path))
    monkeypatch.delenv("HEARBACK_DATABASE_URL", raising=False)
    assert main(["digest", "--until", "2026-05-17"], io.BytesIO(), io.BytesIO()) == 0
    assert "11 May to 17 May 2026" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["digest", "--until", "soon"])


def test_only_founders_see_figures(history: History) -> None:
    class OnlyDatabase:
        database = history.database

    room = Usage(OnlyDatabase())  # type: ignore[arg-type]
    for stranger in (None, Member("m", "Rea", Role.REVIEWER)):
        for ask in (room.overview, room.cohorts, room.quality, room.behind):
            with pytest.raises(NotAllowed):
                ask(stranger, Scope())  # type: ignore[arg-type]
