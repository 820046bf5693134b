"""Injects the faults that Hearback promises to survive, and prints a row for each promise R1 to R19.

    python -m tests.faults                 every promise, each test in the length of every run
    python -m tests.faults R5 R9           these two
    python -m tests.faults --long          as promised: 200 kills, a quarter of an hour of visitors; hours
    python -m tests.faults --record        and write tests/faults/results.md

The exit code is 1 where a test failed, and where a promise was shown by no test.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import hearback
from tests.faults import table
from tests.faults.choosing import CHOSEN
from tests.promises import PROMISES

RESULTS = Path(__file__).with_name("results.md")
# One test of an hour must not be ended by the bound that finds a test which hangs.
TIMEOUT_SECONDS = {False: 600, True: 3 * 60 * 60}


def read_words(words: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for; ends with a sentence where a promise is unknown."""
    parser = argparse.ArgumentParser(prog="hearback.py faults", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("promises", nargs="*", type=str.upper, metavar="R5", help="only these; else R1 to R19")
    parser.add_argument("--long", action="store_true", help="in the length that was promised; takes hours")
    parser.add_argument("--record", action="store_true", help="write tests/faults/results.md")
    found = parser.parse_args(words)
    unknown = [name for name in found.promises if name not in PROMISES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. There are {', '.join(PROMISES)}.")
    if found.record and found.promises:
        parser.error("--record is of all promises; leave their names out.")
    return found


def command(report: Path, *, is_long: bool) -> list[str]:
    """Return the words that run the chosen tests: one after another, for many of them measure time."""
    return [
        *(sys.executable, "-m", "pytest", "-p", "tests.faults.choosing", "-p", "no:cacheprovider", "-v", "-rs"),
        *(f"--timeout={TIMEOUT_SECONDS[is_long]}", f"--junitxml={report}"),
    ]


def environment(chosen: Sequence[str], *, is_long: bool) -> dict[str, str]:
    """Return the environment of the run: which promises, and how long."""
    length = {"HEARBACK_FAULTS": "long"} if is_long else {}
    kept = {name: value for name, value in os.environ.items() if name != "HEARBACK_FAULTS"}
    return kept | {CHOSEN: " ".join(chosen)} | length


def main(words: Sequence[str]) -> int:
    """Prepare, run and tell; returns the exit code."""
    asked = read_words(words)
    chosen = [name for name in PROMISES if not asked.promises or name in asked.promises]
    hearback.find_browser()
    is_prepared = hearback.prepare([]) == 0
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "promises.xml")
        run = command(report, is_long=asked.long)
        code = subprocess.run(run, cwd=hearback.PROJECT, env=environment(chosen, is_long=asked.long)).returncode
        tests = table.read(report) if report.exists() else []
    rows = table.rows(tests, chosen)
    print(table.printed(rows), flush=True)
    if asked.record:
        RESULTS.write_text(table.drawn(rows, is_long=asked.long, at=datetime.now(UTC)), encoding="utf-8")
        print(f"Written: {RESULTS.relative_to(hearback.PROJECT)}")
    return 0 if is_prepared and code == 0 and all(row.verdict == "held" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
