"""The machine's own figures: measured once, handed on, and told as the share of a limit."""

from __future__ import annotations

import pytest

from tests.benchmarks import machine
from tests.benchmarks.machine import Machine

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
