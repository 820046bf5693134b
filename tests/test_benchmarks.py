"""The runner of benchmarks: its plan and its bound, the machine's own figures, and the table of results."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import __main__ as runner
from tests.benchmarks import machine, plan, results
from tests.benchmarks.figure import Figure, rounds_spread, wilson_spread
from tests.benchmarks.machine import Machine
from tests.benchmarks.plan import Script

SOME = Machine(bandwidth_gb=20.0, gflops=100.0, load=0.5, cores=2)


def test_a_rate_is_told_as_a_share_of_what_memory_or_arithmetic_allow() -> None:
    assert SOME.of_bandwidth(100, 100e6) == "50% of 200 tokens/s (100 MB each at 20 GB/s)"
    assert SOME.of_arithmetic(25, 2e9) == "50% of 50 texts/s (2 GFLOP each at 100 GFLOP/s)"
    assert str(SOME) == "20 GB/s, 100 GFLOP/s fp32, 2 cores, load 0.5"


def test_a_script_reads_what_the_runner_measured_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    machine.machine.cache_clear()
    for name, value in machine.handed_on(SOME).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(machine, "measure_machine", lambda: pytest.fail("measured although it was handed on"))
    assert machine.machine() == SOME
    machine.machine.cache_clear()


def test_without_a_runner_it_is_measured_once() -> None:
    machine.machine.cache_clear()
    found = machine.machine()
    assert machine.machine() is found
    assert found.bandwidth_gb > 0.1
    assert found.gflops > 0.1
    assert found.cores >= 1
    machine.machine.cache_clear()


# Figures


def test_a_figure_knows_which_way_is_better() -> None:
    assert Figure("Q4", "accuracy", 0.91, "", 872, floor=0.86, aim=0.90).verdict == "aim reached"
    assert Figure("Q4", "accuracy", 0.87, "", 872, floor=0.86, aim=0.90).verdict == "floor held"
    assert Figure("Q4", "accuracy", 0.85, "", 872, floor=0.86, aim=0.90).verdict == "BELOW FLOOR"
    assert Figure("P5", "ratio", 0.3, "", 5, floor=0.35, aim=0.2).verdict == "floor held"
    assert Figure("P5", "ratio", 0.4, "", 5, floor=0.35, aim=0.2).verdict == "BELOW FLOOR"
    assert Figure("Q3", "invented", 0, "", 24, floor=0, aim=0, is_lower_better=True).verdict == "aim reached"
    assert Figure("Q3", "invented", 1, "", 24, floor=0, aim=0, is_lower_better=True).verdict == "BELOW FLOOR"
    assert Figure("", "seconds", 1, "s", 5).verdict == "measured"


def test_intervals_are_wilson_s() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.255 to 0.366.
    assert wilson_spread(81, 263) == "95 % 0.255 to 0.366"
    assert wilson_spread(0, 0) == ""
    assert rounds_spread([2.0, 1.0, 3.0]) == "1 to 3, 3 rounds"


# The plan


def record(name: str, seconds: float = 60.0, failed: str = "", **figure: Any) -> dict[str, Any]:
    """Return what is kept of one run of a script, with one figure."""
    facts = {"bar": "P1", "name": "ratio", "value": 9.0, "unit": "x", "n": 5} | figure
    return {
        "script": name,
        "bars": [facts["bar"]],
        "date": "today",
        "seconds": seconds,
        "failed": failed,
        "figures": [] if failed else [facts],
    }


def test_scripts_are_found_by_their_bars_without_being_run(tmp_path: Path) -> None:
    (tmp_path / "q1_support.py").write_text('BARS = ("Q1", "Q2")\nraise SystemExit("imported")\n')
    (tmp_path / "p2_speed.py").write_text('BARS = ("P2", "P10")\nIS_LONG = True\n')
    (tmp_path / "p10_pages.py").write_text('BARS = ("P10",)\n')
    (tmp_path / "notes.py").write_text("x = 1\n")
    scripts = plan.find_scripts(tmp_path)
    assert [script.name for script in scripts] == ["p2_speed", "p10_pages", "q1_support"]
    assert [script.is_long for script in scripts] == [True, False, False]
    assert plan.choose(scripts, ["q2"]) == [scripts[2]]
    assert plan.choose(scripts, ["q1_support"]) == [scripts[2]]
    with pytest.raises(SystemExit, match="No benchmark measures P9"):
        plan.choose(scripts, ["P9"])


def test_a_plain_run_leaves_out_what_takes_long_and_a_name_or_all_takes_it_in() -> None:
    scripts = [Script("p1", ("P1",)), Script("q6", ("Q6",), is_long=True)]
    assert plan.choose(scripts, []) == scripts[:1]
    assert plan.choose(scripts, [], is_all=True) == scripts
    assert plan.choose(scripts, ["Q6"]) == scripts[1:]


def test_the_plan_says_how_long_each_took_last_and_what_is_left_out() -> None:
    planned = plan.steps([Script("p1", ("P1", "P2")), Script("p3", ("P3",))], [record("p1", 108.0)])
    said = plan.told(planned, [Script("q6", ("Q6",), is_long=True)], 1740)
    assert said.splitlines() == [
        "  p1  1.8 min  P1, P2",
        "  p3  2.5 min? P3",
        "2 scripts, about 4.3 min, 29 min at most (? never run here, a guess)",
        "Long ones are run by name or with --all: q6",
    ]


def test_all_scripts_of_a_plain_run_fit_into_half_an_hour() -> None:
    records = json.loads((plan.FOLDER / "results.json").read_text(encoding="utf-8"))["records"]
    known = {record["script"] for record in records}
    planned = [step for step in plan.steps(plan.choose(plan.find_scripts(), []), records) if step.script.name in known]
    assert sum(step.seconds for step in planned) < runner.BOUND_MINUTES * 60 < 1_800


def test_every_bar_of_speed_has_a_script_that_is_not_long() -> None:
    bars = {bar for script in plan.find_scripts() if not script.is_long for bar in script.bars}
    assert set(results.SPEED) <= bars, sorted(set(results.SPEED) - bars)


# The run


@pytest.fixture
def book(tmp_path: Path) -> runner.Book:
    """A book of two scripts that no run has measured yet."""
    return runner.Book(tmp_path, [Script("a", ("P1",)), Script("b", ("P2",)), Script("c", ("P3",))])


@pytest.fixture
def quick_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is known at once."""
    monkeypatch.setattr(runner, "measure_machine", lambda: SOME)


def steps_of(*seconds: float) -> list[plan.Step]:
    return [plan.Step(Script("abc"[n], (f"P{n + 1}",)), each, is_guess=False) for n, each in enumerate(seconds)]


@pytest.mark.usefixtures("quick_machine")
def test_a_run_ends_in_its_bound_and_names_what_it_had_no_time_for(
    book: runner.Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.add({}, record("b", 50.0))
    began: list[tuple[str, float]] = []

    def run_script(script: Script, timeout_seconds: float, _machine: Machine) -> dict[str, Any]:
        began.append((script.name, timeout_seconds))
        time.sleep(0.05)
        is_cut = script.name == "a"
        return record(script.name, 10.0 if is_cut else 0.1, "ended after 10 s" if is_cut else "")

    monkeypatch.setattr(runner, "run_script", run_script)
    done, missed = runner.run_steps(steps_of(1.0, 50.0, 2.0), book, bound_seconds=10.0)
    # One is cut by the end of the run, one would not fit, one is measured.
    assert [name for name, _ in began] == ["a", "c"]
    assert all(timeout <= 10.0 for _, timeout in began)
    assert [each["script"] for each in done] == ["c"]
    assert missed == ["a", "b"]
    # What the bound cut is not written down as broken, and what was there before stays.
    assert [(each["script"], each["failed"]) for each in book.records] == [("b", ""), ("c", "")]


@pytest.mark.usefixtures("quick_machine")
def test_a_script_that_breaks_is_written_down_and_the_next_one_runs(
    book: runner.Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        runner, "run_script", lambda script, *_: record(script.name, 0.1, "exit code 1" if script.name == "a" else "")
    )
    done, missed = runner.run_steps(steps_of(1.0, 1.0), book, bound_seconds=None)
    assert [(each["script"], each["failed"]) for each in done] == [("a", "exit code 1"), ("b", "")]
    assert not missed


def test_a_script_that_hangs_is_ended_with_all_that_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    real = runner.subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        return real([command[0], "-c", hanging + "time.sleep(60)"], **options)

    monkeypatch.setattr(runner.subprocess, "Popen", start)
    began = time.monotonic()
    found = runner.run_script(Script("a", ("P1",)), 0.5)
    assert found["failed"].startswith("ended after 0 s")
    assert time.monotonic() - began < 10


# The table


def test_a_failed_script_is_written_down_and_old_figures_keep_their_date() -> None:
    old = [record("a", bar="Q1", value=23.0, unit="of 24", n=24), record("gone")]
    new = [record("b", failed="exit code 1: no", bar="P2") | {"bars": ["P1", "P2"]}]
    scripts = [Script("a", ("Q1",)), Script("b", ("P1", "P2"))]
    drawn = results.draw({"cores": "2"}, results.keep(old, new, scripts))
    assert "| Q1 | ratio | 23 of 24 |" in drawn
    assert "gone" not in drawn
    assert drawn.count("FAILED") == 3
    assert "exit code 1: no" in drawn


def test_speed_comes_first_in_the_order_of_its_bars_and_says_how_it_stands() -> None:
    records = [
        record("q", bar="Q4", floor=0.8, value=0.9),
        record("t", bar="P10", floor=2.0, aim=1.3, value=1.1),
        record("o", bar="P1", floor=8.0, aim=11.0, value=7.5, limit="40% of 309 tokens/s"),
        record("s", bar="soak", value=1.0),
    ]
    drawn = results.draw({}, records)
    assert drawn.index("| P1 |") < drawn.index("| P10 |") < drawn.index("| Q4 |") < drawn.index("| soak |")
    assert "aim reached: P10; BELOW FLOOR: P1; not measured: P2, P3" in drawn
    assert "| 40% of 309 tokens/s |" in drawn


def test_what_a_figure_says_cannot_break_the_table() -> None:
    drawn = results.draw({}, [record("a", note="one | two\nthree")])
    assert "one \\| two three" in drawn
