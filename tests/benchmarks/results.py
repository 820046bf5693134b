"""The figures of all runs, kept in results.json and drawn for people as results.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.benchmarks.figure import Figure
from tests.benchmarks.plan import Script, bar_order, minutes

COLUMNS = ("bar", "figure", "value", "floor", "aim", "verdict", "n", "spread", "peer", "limit", "note", "date")
SPEED = tuple(f"P{number}" for number in range(1, 15))
PARTS = (
    (
        "Speed",
        "P",
        "A ratio compares with its peer in the same run; the limit is what memory or arithmetic allow.",
    ),
    ("Quality", "Q", ""),
    ("The loop", "L", ""),
    ("More", "", ""),
)


def keep(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], scripts: Sequence[Script]) -> list[Any]:
    """Return one record a script, the newest; records of scripts that no longer exist go."""
    newest = {record["script"]: record for record in [*old, *new]}
    return [newest[script.name] for script in scripts if script.name in newest]


def table_rows(records: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows of the table of results: one a figure, and one a bar of each failed script.

    Of a bar, what is held against a floor or an aim comes first.
    """
    rows: list[tuple[bool, tuple[str, ...]]] = []
    for record in records:
        if record["failed"]:
            for bar in record["bars"]:
                facts = ("", "", "", "FAILED", "", "", "", "", record["failed"], record["date"])
                rows.append((False, (bar, record["script"], *facts)))
        for plain in record["figures"]:
            figure = Figure(**plain)
            rows.append((figure.floor is None and figure.aim is None, _row(figure, record["date"])))
    rows.sort(key=lambda row: (bar_order(row[1][0]), row[0], row[1][1]))
    return [row for _, row in rows]


def _row(figure: Figure, date: str) -> tuple[str, ...]:
    return (
        figure.bar,
        figure.name,
        f"{_number(figure.value)} {figure.unit}".strip(),
        _number(figure.floor),
        _number(figure.aim),
        figure.verdict,
        str(figure.n),
        figure.spread,
        figure.peer,
        figure.limit,
        figure.note,
        date,
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def draw(machine: dict[str, str], records: Sequence[dict[str, Any]]) -> str:
    """Return results.md."""
    lines = ["# Measured figures", "", "Written by `python3 hearback.py bench`. A figure keeps the date of its run."]
    lines += ["", _standing(records), ""]
    lines += ["| machine of the last run | |", "| --- | --- |"]
    lines += [f"| {key} | {_cell(value)} |" for key, value in machine.items()]
    rows = table_rows(records)
    for title, kind, words in PARTS:
        own = [row for row in rows if (row[0][:1] if bar_order(row[0])[0] < 3 else "") == kind]
        if own:
            lines += ["", f"## {title}", "", *([words, ""] if words else [])]
            lines += ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
            lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in own]
    lines += ["", "## The runs", "", "Load is how many processes wanted a core in the minute before the script began;"]
    lines += ["bandwidth and speed are what the machine gave just before it.", ""]
    lines += ["| script | bars | took | load | GB/s | GFLOP/s | commit | date |", "|" + " --- |" * 8]
    lines += ["| " + " | ".join(map(_cell, _run_row(record))) + " |" for record in records]
    return "\n".join(lines) + "\n"


def _standing(records: Sequence[dict[str, Any]]) -> str:
    """Say in a line how the bars of speed stand: a bar stands as its worst figure does."""
    worst = ("FAILED", "BELOW FLOOR", "aim not reached", "floor held", "aim reached")
    found: dict[str, list[str]] = {}
    for row in table_rows(records):
        if row[5] in worst:
            found.setdefault(row[0], []).append(row[5])
    stands: dict[str, list[str]] = {}
    for bar in SPEED:
        verdict = min(found[bar], key=worst.index) if bar in found else "not measured"
        stands.setdefault(verdict, []).append(bar)
    order = (*reversed(worst), "not measured")
    return "P1 to P14: " + "; ".join(f"{word}: {', '.join(stands[word])}" for word in order if word in stands) + "."


def _run_row(record: dict[str, Any]) -> tuple[str, ...]:
    found = record.get("machine") or {}
    return (
        record["script"],
        ", ".join(record["bars"]),
        minutes(record["seconds"]),
        str(found.get("load", record.get("load", ""))),
        f"{found['bandwidth_gb']:.0f}" if found else "",
        f"{found['gflops']:.0f}" if found else "",
        record.get("commit", ""),
        record["date"],
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def printed(rows: Sequence[tuple[str, ...]]) -> str:
    """Return the table for a terminal: the columns that fit, and below it why a script failed."""
    shown = [COLUMNS[:8], *(row[:8] for row in rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(8)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    lines += [f"{row[1]} failed: {row[10]}" for row in rows if row[5] == "FAILED"]
    return "\n".join(lines)
