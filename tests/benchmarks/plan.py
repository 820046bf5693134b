"""Which benchmarks there are, which of them a run takes on, in which order, and for how long at most."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
# Where nobody has run a script yet.
UNKNOWN_SECONDS = 150.0
# A script that takes this many times what it took last is hung rather than slow.
PATIENCE = 4.0
SHORTEST_TIMEOUT_SECONDS = 300.0
LONG_TIMEOUT_SECONDS = 3_600.0


@dataclass(frozen=True)
class Script:
    """A benchmark module by name, the bars that it measures, and whether it is left out of a plain run."""

    name: str
    bars: tuple[str, ...]
    is_long: bool = False


@dataclass(frozen=True)
class Step:
    """A script to run, and what is expected of it; without a record of an earlier run the seconds are a guess."""

    script: Script
    seconds: float
    is_guess: bool

    @property
    def timeout_seconds(self) -> float:
        """After how long it is ended where the whole run has no bound of its own."""
        if self.script.is_long:
            return LONG_TIMEOUT_SECONDS
        return max(SHORTEST_TIMEOUT_SECONDS, PATIENCE * self.seconds)


def find_scripts(folder: Path = FOLDER) -> list[Script]:
    """Return every module of `folder` that states its BARS, in the order of the bars; nothing is imported for it."""
    scripts = []
    for path in folder.glob("*.py"):
        stated: dict[str, Any] = {}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign):
                names = {target.id for target in node.targets if isinstance(target, ast.Name)}
                for name in names & {"BARS", "IS_LONG"}:
                    stated[name] = ast.literal_eval(node.value)
        if "BARS" in stated:
            scripts.append(Script(path.stem, tuple(stated["BARS"]), bool(stated.get("IS_LONG"))))
    return sorted(scripts, key=lambda script: (min(bar_order(bar) for bar in script.bars), script.name))


def bar_order(bar: str) -> tuple[int, int, str]:
    """Put speed first, as the bars are numbered, then quality, then what is learned, then what has no bar."""
    found = re.fullmatch(r"([PQL])(\d+)(.*)", bar)
    return ("PQL".index(found[1]), int(found[2]), found[3]) if found else (3, 0, bar)


def choose(scripts: Sequence[Script], wanted: Sequence[str], *, is_all: bool = False) -> list[Script]:
    """Return the scripts that measure a wanted bar or bear a wanted name; without words those that are not long.

    Raises SystemExit for a word that nothing answers to.
    """
    for word in wanted:
        if not any(_answers(script, word) for script in scripts):
            known = sorted({bar for script in scripts for bar in script.bars}, key=bar_order)
            raise SystemExit(f"No benchmark measures {word}. There are: {', '.join(known) or 'none yet'}.")
    if not wanted:
        return [script for script in scripts if is_all or not script.is_long]
    return [script for script in scripts if any(_answers(script, word) for word in wanted)]


def _answers(script: Script, word: str) -> bool:
    return word == script.name or word.casefold() in (bar.casefold() for bar in script.bars)


def steps(chosen: Sequence[Script], records: Sequence[dict[str, Any]]) -> list[Step]:
    """Return what is to be run, each with the seconds that its last good run took."""
    took = {record["script"]: float(record["seconds"]) for record in records if not record.get("failed")}
    return [Step(one, took.get(one.name, UNKNOWN_SECONDS), one.name not in took) for one in chosen]


def told(planned: Sequence[Step], left_out: Sequence[Script], bound_seconds: float | None) -> str:
    """Return the plan for people: what is run, for about how long, and what is not."""
    width = max((len(step.script.name) for step in planned), default=0)
    lines = [
        f"  {step.script.name:<{width}}  {minutes(step.seconds):>7}{'?' if step.is_guess else ' '} "
        f"{', '.join(step.script.bars)}"
        for step in planned
    ]
    total = sum(step.seconds for step in planned)
    guesses = " (? never run here, a guess)" if any(step.is_guess for step in planned) else ""
    bound = "" if bound_seconds is None else f", {bound_seconds / 60:.0f} min at most"
    lines.append(f"{len(planned)} scripts, about {minutes(total)}{bound}{guesses}")
    if left_out:
        names = ", ".join(one.name for one in left_out)
        lines.append(f"Long ones are run by name or with --all: {names}")
    return "\n".join(lines)


def minutes(seconds: float) -> str:
    """Return seconds as people say them."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
