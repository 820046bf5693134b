"""The words of the training section: what a run is called, how long things take, and how they ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from core.loop import Run, RunState, Split
from core.types import Task

if TYPE_CHECKING:
    from core.office.datasets import Dataset

TITLES = {"quick": "Quick", "balanced": "Balanced", "thorough": "Thorough"}
PRIVACY = {0.0: "None", 8.0: "ε = 8 (weak)", 3.0: "ε = 3", 1.0: "ε = 1 (strong)"}
BADGES = {
    RunState.QUEUED: ("waiting", "gray", ":material/schedule:"),
    RunState.RUNNING: ("running", "blue", ":material/model_training:"),
    RunState.FINISHED: ("finished", "gray", ":material/check:"),
    RunState.FAILED: ("failed", "red", ":material/error:"),
    RunState.CANCELLED: ("cancelled", "gray", ":material/block:"),
}


def duration(seconds: float) -> str:
    """Return how long something will take, as exactly as it is known: "about 7 min"."""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5):.0f} s"
    minutes = seconds / 60
    return f"about {minutes:.0f} min" if minutes < 90 else f"about {minutes / 60:.1f} h"


def took(start: datetime | None, end: datetime | None) -> str:
    """Return how long something took, or empty."""
    if start is None or end is None:
        return ""
    seconds = max(0.0, (end - start).total_seconds())
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def title(run: Run) -> str:
    """Return what a run makes, of what."""
    kind = "head" if run.task is Task.SENTIMENT else "adapter"
    return f"{run.task.capitalize()} {kind} from dataset {run.dataset_number}"


def details(run: Run) -> str:
    """Return how a run was set up, and by whom."""
    parts = []
    if run.task is not Task.SENTIMENT:
        parts.append(TITLES.get(run.training.preset, run.training.preset).lower())
        parts += ["preferences"] * (run.training.method == "preference")
        parts += ["changed options"] * bool(run.training.options)
    if run.training.segment:
        parts.append(f"for {run.training.segment}")
    if run.training.epsilon:
        parts.append(f"ε = {run.training.epsilon:g}")
    if lasted := took(run.started_at, run.ended_at):
        parts.append(lasted)
    if run.attempt > 1:
        parts.append(f"attempt {run.attempt}")
    parts.append(f"{run.created_at:%d %b %H:%M} UTC")
    if run.created_by:
        parts.append(f"by {run.created_by}")
    return " · ".join(parts)


def dataset_label(dataset: Dataset) -> str:
    """Return a dataset as it stands in a list."""
    rows = dataset.counts[Split.TRAIN]
    sample = "sample · " if dataset.is_sample else ""
    return f"{sample}{dataset.task.capitalize()} dataset {dataset.number} · {rows:,} rows to learn from"
