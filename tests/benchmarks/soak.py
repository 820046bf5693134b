"""The soak as figures: forty visitors for an hour on the real weights (`python3 hearback.py soak`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.soak.report import Report, figures_of

BARS = ("soak",)
IS_LONG = True  # an hour
MINUTES, SESSIONS = 60.0, 40


def measure() -> list[Figure]:
    """Soak for an hour and return what it came to; raises RuntimeError where something went wrong on the way."""
    from tests.soak.__main__ import run

    with tempfile.TemporaryDirectory(prefix="hearback-soak-") as folder:
        report: Report = run(MINUTES, SESSIONS, "embedded", 5.0, Path(folder))
    return figures_of(report)
