"""Turns are fair, nobody starves, and what is said about waiting is what comes: the line itself, by its own clock."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.jobs import bounds
from core.jobs.line import Line, Place
from core.jobs.pace import PRIORS, Load, Pace, load_of
from core.types import Task


class Engine:
    """Carries out what the line says on a clock of its own: all who run get an equal share of every second."""

    def __init__(self, slots: int) -> None:
        self.line = Line(slots)
        self.now = 0.0
        self.left: dict[str, float] = {}
        self.costs: dict[str, float] = {}
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.order: list[Place] = []

    def ask(self, name: str, visitor: str, cost: float, is_long: bool = False, real: float | None = None) -> Place:
        place = Place(name, visitor, cost, is_long)
        self.costs[name] = cost if real is None else real
        self.line.join(place)
        self.begin()
        return place

    def begin(self) -> None:
        while (place := self.line.take(self.now)) is not None:
            self.left[place.job_id] = self.costs[place.job_id]
            self.began[place.job_id] = self.now
            self.order.append(place)

    def run(self, seconds: float = float("inf")) -> None:
        end = self.now + seconds
        while self.left:
            name, least = min(self.left.items(), key=lambda item: item[1])
            step = min(least * len(self.left), end - self.now)
            for other in self.left:
                self.left[other] -= step / len(self.left)
            self.now += step
            if self.now >= end:
                return
            del self.left[name]
            self.ended[name] = self.now
            self.line.end(name, self.now)
            self.begin()


def test_a_visitor_with_one_request_goes_before_the_fifty_of_another():
    engine = Engine(slots=2)
    for number in range(50):
        engine.ask(f"ann {number}", "ann", 1.0)
    engine.ask("bob", "bob", 1.0)
    engine.run()
    names = [place.job_id for place in engine.order]
    assert names.index("bob") <= 2
    assert [name for name in names if name != "bob"] == [f"ann {number}" for number in range(50)]


def test_turns_are_fair_by_work_not_by_number():
    engine = Engine(slots=1)
    engine.ask("hold", "zoe", 1.0)
    for number in range(4):
        engine.ask(f"ann {number}", "ann", 4.0)
        for part in range(4):
            engine.ask(f"bob {number}.{part}", "bob", 1.0)
    engine.run(17.1)
    done = defaultdict(float)
    for name in engine.ended:
        done[name.split()[0]] += engine.costs[name]
    assert done["ann"] == pytest.approx(done["bob"], abs=4.0)


def test_a_table_never_keeps_a_question_waiting_nor_questions_a_table():
    engine = Engine(slots=8)
    for number in range(5):
        engine.ask(f"table {number}", f"owner {number}", 100.0, is_long=True)
    engine.ask("question", "bob", 1.0)
    assert engine.began["question"] == 0.0
    assert sum(name.startswith("table") for name in engine.began) == 8 // bounds.SLOTS_A_LONG_JOB
    busy = Engine(slots=8)
    for number in range(40):
        busy.ask(f"question {number}", f"visitor {number}", 1.0)
    busy.ask("table", "ann", 100.0, is_long=True)
    for number in range(40, 80):
        busy.ask(f"question {number}", f"visitor {number}", 1.0)
    busy.run(20.0)
    assert "table" in busy.began


def test_with_a_single_slot_long_and_short_work_take_turns_as_they_came():
    engine = Engine(slots=1)
    engine.ask("first", "ann", 1.0)
    engine.ask("table", "bob", 50.0, is_long=True)
    engine.ask("question", "cid", 1.0)
    engine.run()
    assert [place.job_id for place in engine.order] == ["first", "table", "question"]


def test_who_left_the_line_costs_their_later_requests_nothing():
    engine = Engine(slots=1)
    engine.ask("hold", "zoe", 1.0)
    engine.ask("ann 1", "ann", 30.0)
    engine.ask("ann 2", "ann", 1.0)
    engine.ask("bob 1", "bob", 1.0)
    engine.ask("bob 2", "bob", 1.0)
    assert engine.line.leave("ann 1")
    assert not engine.line.leave("ann 1")
    engine.run()
    assert engine.order[1].job_id == "ann 2"


def test_whoever_is_away_is_passed_over_and_keeps_their_place():
    line = Line(slots=1)
    for name in ("ann", "bob"):
        line.join(Place(name, name, 1.0, False))
    assert line.take(0.0, lambda visitor: visitor != "ann").job_id == "bob"
    line.end("bob", 1.0)
    line.join(Place("cid", "cid", 1.0, False))
    assert line.take(1.0).job_id == "ann"


def test_a_visitor_alone_leaves_slots_for_whoever_comes_next():
    engine = Engine(slots=8)
    for number in range(8):
        engine.ask(f"ann {number}", "ann", 10.0)
    assert len(engine.began) == 8 // bounds.SLOTS_A_JOB_OF_ONE_ALONE
    engine.ask("bob", "bob", 1.0)
    assert engine.began["bob"] == 0.0


def test_what_runs_is_charged_its_share_of_each_second():
    line = Line(slots=2)
    for name in ("ann", "bob"):
        line.join(Place(name, name, 1.0, False))
        line.take(0.0)
    assert line.end("ann", 4.0) == pytest.approx(2.0)
    assert line.end("bob", 5.0) == pytest.approx(3.0)


asked = st.tuples(
    st.sampled_from("abcd"),
    st.floats(0.1, 20.0),
    st.booleans(),
    st.floats(0.0, 10.0),
)


@settings(max_examples=120)
@given(st.lists(asked, min_size=1, max_size=25), st.integers(1, 9))
def test_whatever_comes_everybody_is_served_within_the_slots_in_their_own_order(requests, slots):
    engine = Engine(slots)
    for number, (visitor, cost, is_long, pause) in enumerate(requests):
        engine.ask(f"{visitor} {number}", visitor, cost, is_long)
        assert len(engine.left) <= slots
        engine.run(pause)
    engine.run()
    assert len(engine.ended) == len(requests)
    for visitor in "abcd":
        for is_long in (False, True):
            numbers = [int(p.job_id[2:]) for p in engine.order if (p.visitor_id, p.is_long) == (visitor, is_long)]
            assert numbers == sorted(numbers)


@settings(max_examples=120)
@given(st.lists(asked, min_size=1, max_size=20), st.integers(1, 9))
def test_where_costs_are_as_expected_the_forecast_is_what_comes(requests, slots):
    engine = Engine(slots)
    for number, (visitor, cost, is_long, _) in enumerate(requests):
        engine.ask(f"{visitor} {number}", visitor, cost, is_long)
    forecast = engine.line.forecast(engine.now)
    assert forecast.keys() == {place.job_id for place in engine.line.waiting}
    engine.run()
    for name, (_place, seconds) in forecast.items():
        assert engine.began[name] == pytest.approx(seconds, abs=1e-6)
    inner = [name for name, _ in sorted(forecast.items(), key=lambda item: item[1][0])]
    assert [place.job_id for place in engine.order if place.job_id in forecast] == inner


def test_the_pace_follows_the_machine_after_a_few_jobs():
    pace = Pace()
    load = Load("translate careful", 400)
    believed = pace.seconds(load)
    for _ in range(10):
        pace.learn(load, believed * 3)
    assert pace.seconds(load) == pytest.approx(believed * 3, rel=0.2)
    assert pace.seconds(Load("translate careful", 800)) > 1.5 * pace.seconds(load)
    assert pace.seconds(Load("support", 10)) == PRIORS["support"].fixed


@pytest.mark.parametrize(
    ("task", "request_", "kind"),
    [
        (Task.SUPPORT, {"knowledge_id": "handbook"}, "support"),
        (Task.TRANSLATE, {"is_careful": True}, "translate careful"),
        (Task.TRANSLATE, {"is_careful": False, "file": "a.txt"}, "translate file"),
        (Task.TRANSLATE, {"is_careful": True, "file": "a.txt"}, "translate file careful"),
        (Task.SUMMARIZE, {"length": "short"}, "summarize"),
        (Task.SENTIMENT, {}, "sentiment"),
        (Task.SENTIMENT, {"text_column": "text"}, "sentiment table"),
    ],
)
def test_every_kind_of_work_has_a_pace_of_its_own(task, request_, kind):
    assert load_of(task, request_, 10) == Load(kind, 10)
    assert kind in PRIORS
