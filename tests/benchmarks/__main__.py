"""Runs the benchmarks one after another, each in a process of its own, and writes down what they found.

    python -m tests.benchmarks            all that are not long, speed first, in less than half an hour
    python -m tests.benchmarks P1 Q4      only the scripts that measure these bars (a script's name works too)
    python -m tests.benchmarks --all      the long ones too; hours

A benchmark is a module of this folder with `BARS = ("Q4", "Q5")` and `measure() -> list[Figure]`; one that takes more
than about three minutes states `IS_LONG = True`. The figures of all runs are kept in results.json; results.md is drawn
from it. A figure that was not measured this time keeps its date; a script that fails is written down as failed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure
from tests.benchmarks.machine import Machine, handed_on, measure_machine
from tests.benchmarks.plan import FOLDER, Script, Step, choose, find_scripts, minutes, steps, told
from tests.benchmarks.results import draw, keep, printed, table_rows

PROJECT = FOLDER.parent.parent
PACKAGES = ("torch", "transformers", "xllamacpp", "streamlit", "SQLAlchemy", "numpy", "langdetect", "peft", "trl")
# A plain run ends before this, whatever its scripts do.
BOUND_MINUTES = 29.9


def run_script(script: Script, timeout_seconds: float, found: Machine | None = None) -> dict[str, Any]:
    """Run one script in a process of its own and return its record: its figures, or why it failed."""
    started = time.monotonic()
    environment = os.environ | (handed_on(found) if found else {})
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "figures.json")
        complaints = Path(folder, "stderr.txt")
        with complaints.open("wb") as stderr:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks", "--one", script.name, "--to", str(answer)],
                cwd=PROJECT,
                env=environment,
                stderr=stderr,
                start_new_session=os.name == "posix",
            )
            try:
                code = child.wait(timeout_seconds)
                why = f"exit code {code}"
            except subprocess.TimeoutExpired:
                code, why = 1, f"ended after {timeout_seconds:.0f} s"
            finally:
                _end(child)
        said = complaints.read_text(encoding="utf-8", errors="replace").strip()
        if said and code:
            print(said[-4000:], file=sys.stderr)
        is_good = code == 0 and answer.exists()
        failed = "" if is_good else f"{why}: {said.splitlines()[-1] if said else 'no output'}"[:300]
        figures = json.loads(answer.read_text(encoding="utf-8")) if is_good else []
        return run_record(script, time.monotonic() - started, found, figures, failed)


def run_record(
    script: Script, seconds: float, found: Machine | None, figures: list[dict[str, Any]], failed: str = ""
) -> dict[str, Any]:
    """Return what is kept of a run in results.json."""
    return {
        "script": script.name,
        "bars": list(script.bars),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "seconds": round(seconds, 1),
        "machine": asdict(found) if found else None,
        "commit": _commit(),
        "failed": failed,
        "figures": figures,
    }


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave nothing running, whether the script ended, hung or was interrupted; what it started goes with it."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        child.kill()
    child.wait()


def measure_one(name: str, to: Path) -> None:
    """Import the script `name`, measure, and write its figures to `to` as JSON."""
    figures: list[Figure] = importlib.import_module(f"tests.benchmarks.{name}").measure()
    to.write_text(json.dumps([asdict(figure) for figure in figures]), encoding="utf-8")


def describe_machine(found: Machine) -> dict[str, str]:
    """Return cores, processor, memory, measured bandwidth and speed, Python and package versions, as text."""
    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    return {
        "cores": str(found.cores),
        "processor": _processor_name(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "memory bandwidth": f"{found.bandwidth_gb:.1f} GB/s (read by all cores together, best of 5)",
        "speed": f"{found.gflops:.0f} GFLOP/s (fp32 product of 1536 x 1536 matrices, best of 5)",
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": ", ".join(versions),
        "commit": _commit(),
    }


def _processor_name() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    try:
        found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"


class Book:
    """results.json and results.md, written anew after each script: an interrupted run keeps what it measured."""

    def __init__(self, folder: Path, scripts: Sequence[Script]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._scripts = scripts
        self._file = folder / "results.json"
        self.records: list[dict[str, Any]] = []
        if self._file.exists():
            self.records = json.loads(self._file.read_text(encoding="utf-8"))["records"]

    def add(self, machine: dict[str, str], record: dict[str, Any]) -> None:
        """Keep a record in place of the script's last one."""
        self.records = keep(self.records, [record], self._scripts)
        text = json.dumps({"machine": machine, "records": self.records}, indent=1) + "\n"
        for name, content in (("results.json", text), ("results.md", draw(machine, self.records))):
            new = self._folder / f"{name}.new"
            new.write_text(content, encoding="utf-8")
            new.replace(self._folder / name)


def run_steps(planned: Sequence[Step], book: Book, bound_seconds: float | None) -> tuple[list[Any], list[str]]:
    """Run the steps in turn; return their records, and the names of those for which there was no time.

    One that takes longer than what is left is not begun, or ended; that is no failure of its own, and what is written
    down of it stays.
    """
    began = time.monotonic()
    done: list[dict[str, Any]] = []
    missed: list[str] = []
    for number, step in enumerate(planned, 1):
        left = float("inf") if bound_seconds is None else bound_seconds - (time.monotonic() - began)
        if left < step.seconds:
            missed.append(step.script.name)
            continue
        bars = ", ".join(step.script.bars)
        print(f"[{number}/{len(planned)}] {step.script.name} ({bars}), about {minutes(step.seconds)}", flush=True)
        found = measure_machine()
        record = run_script(step.script, min(step.timeout_seconds, left), found)
        if record["failed"] and record["seconds"] >= left:
            missed.append(step.script.name)
            continue
        book.add(describe_machine(found), record)
        done.append(record)
        print(f"    {record['failed'] or 'measured'} in {minutes(record['seconds'])}; {found}", flush=True)
    return done, missed


def main(arguments: list[str] | None = None) -> int:
    """Run the wanted benchmarks; returns 1 if one of them failed. A missed bar is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("wanted", nargs="*", metavar="BAR", help="bars (Q4, P1) or names of scripts")
    parser.add_argument("--all", action="store_true", help="the long ones too, however long it takes")
    parser.add_argument("--list", action="store_true", help="say what would be run and for how long, run nothing")
    parser.add_argument("--minutes", type=float, help=f"end after this long (a plain run: {BOUND_MINUTES:.0f})")
    parser.add_argument("--results", type=Path, default=FOLDER, help="folder of results.md and results.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        measure_one(options.one, options.to)
        return 0
    scripts = find_scripts()
    book = Book(options.results, scripts)
    chosen = choose(scripts, options.wanted, is_all=options.all)
    planned = steps(chosen, book.records)
    is_plain = not options.wanted and not options.all
    allowed = options.minutes or (BOUND_MINUTES if is_plain else None)
    bound_seconds = None if allowed is None else allowed * 60
    print(told(planned, [one for one in scripts if one not in chosen] if is_plain else [], bound_seconds), flush=True)
    if options.list:
        return 0
    began = time.monotonic()
    # What a script started goes with it, also where this run is asked to end by another process.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    done, missed = run_steps(planned, book, bound_seconds)
    print("\n" + printed(table_rows(done)))
    print(f"{len(done)} scripts in {minutes(time.monotonic() - began)}")
    if missed:
        print(f"No time was left for: {', '.join(missed)}. Each by name: python3 hearback.py bench NAME")
    return 1 if any(record["failed"] for record in done) else 0


if __name__ == "__main__":
    sys.exit(main())
