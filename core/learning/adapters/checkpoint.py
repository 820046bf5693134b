"""Where a training stands, in one file that is whole or not there: numbers as numbers, nothing that could run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE = "state.safetensors"


def save(folder: Path, tensors: dict[str, Any], told: dict[str, Any]) -> None:
    """Write tensors and what is told of them beside the last checkpoint, bring it to the disk, then take its place."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{FILE}.unfinished"
    save_file(tensors, unfinished, metadata={"told": json.dumps(told)})
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(folder / FILE)


def load(folder: Path) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the tensors of the last checkpoint and what is told of them; None where there is none that can be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / FILE, framework="pt", device="cpu") as file:
            told = json.loads((file.metadata() or {})["told"])
            return {name: file.get_tensor(name) for name in file.keys()}, dict(told)  # noqa: SIM118 - no dictionary
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None
