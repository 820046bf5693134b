"""Runs the benchmarks one after another, each in a process of its own, and writes down what they found.

    python -m tests.benchmarks            all of them
    python -m tests.benchmarks P1 Q4      only the scripts that measure these bars (a script's name works too)

A benchmark is a module of this folder with `BARS = ("Q4", "Q5")` and `measure() -> list[Figure]`. The figures of all
runs are kept in results.json; results.md is drawn from it. A figure that was not measured this time keeps its date;
a script that fails is written down as failed.
"""

from __future__ import annotations

import argparse
import ast
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
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure

FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parent.parent
PACKAGES = ("torch", "transformers", "xllamacpp", "streamlit", "SQLAlchemy", "numpy", "langdetect", "peft")
COLUMNS = ("bar", "figure", "value", "n", "spread", "floor", "aim", "verdict", "peer", "note", "date")


@dataclass(frozen=True)
class Script:
    """A benchmark module by name, and the bars that it measures."""

    name: str
    bars: tuple[str, ...]


def find_scripts(folder: Path = FOLDER) -> list[Script]:
    """Return every module of `folder` that states its BARS, by name; nothing is imported for it."""
    scripts = []
    for path in sorted(folder.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "BARS" for t in node.targets):
                scripts.append(Script(path.stem, tuple(ast.literal_eval(node.value))))
    return scripts


def choose(scripts: list[Script], wanted: list[str]) -> list[Script]:
    """Return the scripts that measure a wanted bar or bear a wanted name; raises SystemExit for an unknown one."""
    for word in wanted:
        if not any(word.upper() in script.bars or word in (script.name, *script.bars) for script in scripts):
            known = sorted({bar for script in scripts for bar in script.bars})
            raise SystemExit(f"No benchmark measures {word}. There are: {', '.join(known) or 'none yet'}.")
    return [
        script
        for script in scripts
        if not wanted or any(word.upper() in script.bars or word in (script.name, *script.bars) for word in wanted)
    ]


def run_script(script: Script, timeout_seconds: float) -> dict[str, Any]:
    """Run one script in a process of its own and return its record: its figures, or why it failed."""
    started, load = time.monotonic(), _load()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "figures.json")
        complaints = Path(folder, "stderr.txt")
        with complaints.open("wb") as stderr:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks", "--one", script.name, "--to", str(answer)],
                cwd=PROJECT,
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
        return {
            "script": script.name,
            "bars": list(script.bars),
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "seconds": round(time.monotonic() - started, 1),
            "load": load,
            "failed": "" if is_good else f"{why}: {said.splitlines()[-1] if said else 'no output'}"[:300],
            "figures": json.loads(answer.read_text(encoding="utf-8")) if is_good else [],
        }


def _load() -> float | str:
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else ""


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


def describe_machine() -> dict[str, str]:
    """Return cores, processor, memory, measured bandwidth and speed, Python and package versions, as text."""
    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    return {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "processor": _processor_name(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "memory bandwidth": f"{_bandwidth_gb_per_second():.1f} GB/s (copy of 256 MiB by one thread, best of 5)",
        "speed": f"{_gflop_per_second():.0f} GFLOP/s (fp32 product of 2048 x 2048 matrices, best of 5)",
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


def _bandwidth_gb_per_second() -> float:
    import numpy as np

    source = np.ones(64 * 2**20, dtype=np.float32)
    target = np.empty_like(source)
    return max(2 * source.nbytes / _seconds(lambda: np.copyto(target, source)) / 1e9 for _ in range(5))


def _gflop_per_second() -> float:
    import numpy as np

    matrix = np.ones((2048, 2048), dtype=np.float32)
    return max(2 * 2048**3 / _seconds(lambda: matrix @ matrix) / 1e9 for _ in range(5))


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _commit() -> str:
    try:
        found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"


def table_rows(records: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows of the table of results: one a figure, and one a bar of each failed script."""
    rows = []
    for record in records:
        if record["failed"]:
            rows += [
                (bar, record["script"], "", "", "", "", "", "FAILED", "", record["failed"], record["date"])
                for bar in record["bars"]
            ]
        for plain in record["figures"]:
            figure = Figure(**plain)
            rows.append(
                (
                    figure.bar,
                    figure.name,
                    f"{_number(figure.value)} {figure.unit}".strip(),
                    str(figure.n),
                    figure.spread,
                    _number(figure.floor),
                    _number(figure.aim),
                    figure.verdict,
                    figure.peer,
                    figure.note,
                    record["date"],
                )
            )
    return sorted(rows, key=lambda row: (row[0][:1], int(row[0][1:]) if row[0][1:].isdecimal() else 999, row[1]))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def draw(machine: dict[str, str], records: list[dict[str, Any]]) -> str:
    """Return results.md."""
    lines = [
        "# Measured figures",
        "",
        "Written by `python3 hearback.py bench`. A figure keeps the date of its run.",
        "",
    ]
    lines += ["| machine of the last run | |", "| --- | --- |"]
    lines += [f"| {key} | {_cell(value)} |" for key, value in machine.items()]
    lines += ["", "| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in table_rows(records)]
    lines += ["", "Load is how many processes wanted a core in the minute before the script began.", ""]
    lines += ["| script | bars | seconds | load | date |", "| --- | --- | --- | --- | --- |"]
    for record in records:
        cells = (record["script"], ", ".join(record["bars"]), record["seconds"], record.get("load", ""), record["date"])
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def keep(old: list[dict[str, Any]], new: list[dict[str, Any]], scripts: list[Script]) -> list[dict[str, Any]]:
    """Return one record a script, the newest; records of scripts that no longer exist go."""
    newest = {record["script"]: record for record in [*old, *new]}
    return [newest[script.name] for script in scripts if script.name in newest]


def main(arguments: list[str] | None = None) -> int:
    """Run the wanted benchmarks; returns 1 if one of them failed. A missed bar is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("wanted", nargs="*", metavar="BAR", help="bars (Q4, P1) or names of scripts; default: all")
    parser.add_argument("--list", action="store_true", help="name the scripts and their bars, run nothing")
    parser.add_argument("--timeout-seconds", type=float, default=3600.0, help="for each script (default 3600)")
    parser.add_argument("--results", type=Path, default=FOLDER, help="folder of results.md and results.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        measure_one(options.one, options.to)
        return 0
    scripts = find_scripts()
    chosen = choose(scripts, options.wanted)
    if options.list:
        print("\n".join(f"{script.name}: {', '.join(script.bars)}" for script in chosen))
        return 0
    options.results.mkdir(parents=True, exist_ok=True)
    kept = options.results / "results.json"
    old = json.loads(kept.read_text(encoding="utf-8"))["records"] if kept.exists() else []
    machine = describe_machine()
    new: list[dict[str, Any]] = []
    for number, script in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {script.name} ({', '.join(script.bars)})", flush=True)
        new.append(run_script(script, options.timeout_seconds))
        # Written after each script, so that an interrupted evening keeps what it measured.
        records = keep(old, new, scripts)
        kept.write_text(json.dumps({"machine": machine, "records": records}, indent=1) + "\n", encoding="utf-8")
        (options.results / "results.md").write_text(draw(machine, records), encoding="utf-8")
    _print_table(table_rows(new))
    return 1 if any(record["failed"] for record in new) else 0


def _print_table(rows: list[tuple[str, ...]]) -> None:
    shown = [COLUMNS[:8], *(row[:8] for row in rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(8)]
    print()
    for row in shown:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for row in rows:
        if row[7] == "FAILED":
            print(f"{row[1]} failed: {row[9]}")


if __name__ == "__main__":
    sys.exit(main())
