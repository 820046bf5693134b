"""docs/scale.md is what its script prints, and the script's arithmetic is that of the textbooks."""

from __future__ import annotations

import itertools
import math
import re

import pytest

from tests.benchmarks import scale
from tests.benchmarks.scale import Assumptions, Measured, need_of, waiting_seconds

SOME = Measured(
    seconds_of_a_use=2.0,
    milliseconds_of_a_page=50.0,
    megabytes_of_a_tab=2.0,
    bytes_of_a_use=2_000.0,
    megabytes_at_rest=2_000.0,
    sources=(("a figure", "2 s (n = 100)", "`soak`, 2026-11-22"),),
)


def test_the_page_is_what_the_script_prints() -> None:
    assert scale.PAGE.read_text(encoding="utf-8") == scale.page(), "draw it anew: python -m tests.benchmarks.scale"


def test_waits_are_erlang_s() -> None:
    # One server is the M/M/1 queue: the mean wait is rho / (1 - rho) times the service.
    assert waiting_seconds(0.5, 1.0, 1) == pytest.approx(1.0)
    assert waiting_seconds(0.9, 1.0, 1) == pytest.approx(9.0)
    # Two servers (M/M/2): rho^2 / (1 - rho^2) times the service.
    assert waiting_seconds(1.6, 1.0, 2) == pytest.approx(0.64 / 0.36)
    assert math.isinf(waiting_seconds(2.0, 1.0, 2))


def test_work_in_progress_is_arrivals_times_the_time_each_takes() -> None:
    need = need_of(86_400, SOME, Assumptions(uses_of_a_visitor=1, peak=1, visit_seconds=60, room=0.5))
    assert need.per_second == pytest.approx(1.0)
    assert need.tabs == pytest.approx(60.0)
    assert need.cores_embedded == pytest.approx(4.0)
    assert need.replicas_embedded == 2
    assert need.gigabytes_of_a_month == pytest.approx(86_400 * 30 * 2_000 / 1e9)


def test_more_visitors_never_need_less() -> None:
    needs = [need_of(visitors, SOME, Assumptions()) for visitors in scale.SIZES]
    for fewer, more in itertools.pairwise(needs):
        assert more.replicas_embedded >= fewer.replicas_embedded
        assert more.gpus >= fewer.gpus >= fewer.gpus_best >= 1
        assert more.cost_remote >= fewer.cost_remote


def test_a_figure_that_was_never_measured_is_asked_for_by_name() -> None:
    with pytest.raises(SystemExit, match="bench soak"):
        scale.read_measured([])


def test_it_stays_one_page() -> None:
    text = scale.draw(SOME, Assumptions())
    assert len(text.splitlines()) < 110
    assert not re.search(r"\bnan\b|\binf\b|[{}]", text)
    assert "!" not in text
