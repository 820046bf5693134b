"""How many threads engines start, on machines and in containers of all kinds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core import cores


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Sixteen processors that this process may use, and nothing else known of them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(16)), raising=False)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    """Write a file of the kernel's."""
    path = root / "sys" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "ascii")


def two_threads_a_core(root: Path) -> None:
    """Let processors 0 and 8, 1 and 9, and so on share a core."""
    for number in range(16):
        first = number % 8
        write(root, f"devices/system/cpu/cpu{number}/topology/thread_siblings_list", f"{first},{first + 8}\n")


def test_a_large_machine_does_not_start_more_threads_than_pay(machine: Path) -> None:
    assert cores.usable(machine) == cores.AT_MOST


def test_two_threads_of_one_core_count_once(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_threads_a_core(machine)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1, 8, 9})
    assert cores.usable(machine) == 2


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("200000 100000\n", 2), ("150000 100000\n", 2), ("50000 100000\n", 1), ("max 100000\n", 8)],
)
def test_a_container_starts_no_more_than_its_share_of_time(machine: Path, quota: str, expected: int) -> None:
    write(machine, "fs/cgroup/cpu.max", quota)
    assert cores.usable(machine) == expected


@pytest.mark.parametrize(("quota", "expected"), [("300000\n", 3), ("-1\n", 8)])
def test_the_older_kind_of_control_group_is_read_too(machine: Path, quota: str, expected: int) -> None:
    write(machine, "fs/cgroup/cpu/cpu.cfs_quota_us", quota)
    write(machine, "fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")
    assert cores.usable(machine) == expected


@pytest.mark.parametrize("nonsense", ["", "many\n", "1 0\n", "nan 100000\n", "-5 100000\n", "a b c\n", "\n\n"])
def test_what_cannot_be_read_is_no_limit(machine: Path, nonsense: str) -> None:
    write(machine, "fs/cgroup/cpu.max", nonsense)
    assert cores.usable(machine) == cores.AT_MOST


def test_one_core_is_enough_to_start(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set())
    assert cores.usable(machine) == 1
