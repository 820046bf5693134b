"""A soak in small: visitors and a founder use the app at once for some seconds, and the judge of an hour is judged."""

from __future__ import annotations

import json
import math
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.soak.__main__ import main, run
from tests.soak.report import Report, figures_of
from tests.soak.watching import Sample, trend
from tests.test_house import PROJECT


def sampled(minutes: float, memory: list[float] | None = None, **grows: float) -> list[Sample]:
    """Return samples every five seconds: noisy memory that rises by `rss` MB an hour."""
    chance = random.Random(7)
    count = int(minutes * 12)
    found = []
    for number in range(count):
        hours = number * 5 / 3_600
        rss = memory[number] if memory else 900 + grows.get("rss", 0.0) * hours + chance.gauss(0, 4)
        found.append(Sample(number * 5.0, rss, 30, 60, 0, 1.0, 1.0, 1.0, 0.0))
    return found


def test_memory_that_stays_is_flat_and_memory_that_grows_is_found() -> None:
    assert trend(sampled(60)).verdict == "flat"
    growing = trend(sampled(60, rss=200))
    assert growing.verdict == "growing"
    assert growing.low < 200 < growing.high


def test_what_fills_in_the_first_half_is_no_leak() -> None:
    first_fills = [min(600 + 2.0 * number, 900) for number in range(720)]
    assert trend(sampled(60, memory=first_fills)).verdict == "flat"


def test_a_few_seconds_tell_nothing() -> None:
    found = trend(sampled(1))
    assert found.verdict == "not long enough to tell"
    assert math.isinf(found.high)
    # Nor do ten minutes: caches that are bounded are still filling then.
    assert trend(sampled(10, rss=900)).verdict == "not long enough to tell"


@pytest.mark.parametrize("words", [["--minutes", "0"], ["--sessions", "0"], ["--every", "0"], ["--profile", "none"]])
def test_what_cannot_be_run_is_refused_at_once(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 2


def test_a_soak_without_an_answer_or_with_an_error_is_not_good() -> None:
    report = Report("fake", 1.0, 1, "now", memory={"verdict": "flat"})
    assert not report.is_good
    report.done["answers"] = 5
    assert report.is_good
    report.errors.append("person 1: TimeoutError")
    assert not report.is_good
    assert report.sentence().startswith("BAD: 5 answers")


def test_visitors_and_a_founder_use_the_app_at_once_and_nothing_goes_wrong(tmp_path: Path) -> None:
    enough = {"answers": 5, "company pages": 1, "ratings": 1}
    report = run(minutes=1.5, sessions=5, profile="fake", every=1.0, folder=tmp_path, enough=enough)
    assert not report.errors
    assert report.done["answers"] >= 5
    assert report.done["company pages"] >= 1
    assert report.samples
    assert report.samples[-1]["rss_mb"] < 1_500
    assert report.samples[-1]["threads"] < 100
    figures = {figure.name: figure for figure in figures_of(report)}
    assert figures["errors"].verdict == "aim reached"
    assert figures["processor seconds of a use"].value > 0


HEARING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from tests.soak.__main__ import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_asked_to_end_it_ends_with_a_report_and_leaves_no_server(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ["--minutes", "10", "--sessions", "2", "--profile", "fake", "--every", "1", "--report", str(report)]
    soak = subprocess.Popen(
        # A shell that runs this in the background lets Ctrl-C be ignored; Python then hears none either.
        [sys.executable, "-c", HEARING, *words],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert soak.stdout is not None
        assert "min" in soak.stdout.readline()  # the first sample: the server is up and used
        servers = psutil.Process(soak.pid).children(recursive=True)
        assert servers
        soak.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert soak.wait(timeout=30) == 130
        assert time.monotonic() - began < 30
    finally:
        soak.kill()
        soak.communicate()
    assert json.loads(report.read_text(encoding="utf-8"))["is_cut"]
    assert not psutil.wait_procs(servers, timeout=5)[1]
