"""What a soak found: for a file, for people, and as figures beside the other measured ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks.figure import Figure
from tests.soak.watching import FLAT_MB_PER_HOUR


@dataclass
class Report:
    """What a soak found."""

    profile: str
    minutes: float
    sessions: int
    began_at: str
    samples: list[dict[str, Any]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    waits: dict[str, dict[str, float]] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong and memory did not grow, as far as can be told."""
        return not self.errors and self.memory.get("verdict") != "growing" and self.done.get("answers", 0) > 0

    def sentence(self) -> str:
        """Say how it went."""
        done, memory = self.done, self.memory
        return (
            f"{'good' if self.is_good else 'BAD'}: {done.get('answers', 0):,} answers to {self.sessions} visitors "
            f"in {self.minutes:.1f} minutes, {len(self.errors)} errors, {done.get('refused', 0)} refused; "
            f"memory {memory.get('verdict')}: {memory.get('per_hour', 0):+.0f} MB an hour "
            f"(95 % {memory.get('low', 0):+.0f} to {memory.get('high', 0):+.0f}), "
            f"{memory.get('last', 0):.0f} MB at the end"
        )


def figures_of(report: Report) -> list[Figure]:
    """Return the figures of a soak; those of a use rest on the whole run, pages and founders included."""
    memory, answers = report.memory, max(1, report.done.get("answers", 0))
    first, last = report.samples[0], report.samples[-1]
    where = f"{report.sessions} visitors for {report.minutes:.0f} minutes, profile {report.profile}"
    spread = f"95 % {memory['low']:+.0f} to {memory['high']:+.0f}, second half of the run"
    count = len(report.samples)
    bytes_written = 1e6 * (last["database_mb"] + last["log_mb"] - first["database_mb"] - first["log_mb"])
    return [
        Figure("soak", "errors", len(report.errors), "", answers, "", 0, 0, "", where, is_lower_better=True),
        Figure("soak", "memory grows by", memory["per_hour"], "MB an hour", count, spread, FLAT_MB_PER_HOUR, None, "",
               f"{memory['first']:.0f} MB at half time, {memory['last']:.0f} MB at the end", is_lower_better=True),
        Figure("soak", "answers", answers, "", answers, note=where),
        Figure("soak", "refused honestly", report.done.get("refused", 0), "", answers),
        Figure("soak", "processor seconds of a use", last["cpu_seconds"] / answers, "s", answers,
               note="all of the server: pages, polls and founders included"),
        Figure("soak", "database written for a use", bytes_written / answers, "bytes", answers,
               note="SQLite with its log"),
    ]  # fmt: skip


def written_down(report: Report) -> None:
    """Put the figures into results.json and results.md, as a benchmark's."""
    from tests.benchmarks.__main__ import Book, describe_machine, run_record
    from tests.benchmarks.machine import measure_machine
    from tests.benchmarks.plan import FOLDER, find_scripts

    scripts = find_scripts()
    found = measure_machine()
    (script,) = [one for one in scripts if one.name == "soak"]
    figures = [asdict(figure) for figure in figures_of(report)]
    Book(FOLDER, scripts).add(describe_machine(found), run_record(script, 60 * report.minutes, found, figures))
