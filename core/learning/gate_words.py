"""The gate's sentence: what was found, in the words of somebody who has to decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from core.learning.paired import Wins
from core.tasks.language import LANGUAGES

ALL_THAT_SHIP = "all that ship"


class Named(Protocol):
    """A check, as `core.learning.gate` has it."""

    @property
    def name(self) -> str:
        """What was looked at."""

    @property
    def words(self) -> str:
        """What was found."""


def sentence_of(
    decision: str,
    told: dict[str, Any],
    wins: Wins,
    failed: Sequence[Named],
    needed: int,
    what: str,
    limits: dict[str, float],
) -> tuple[str, str]:
    """Return the sentence with its figures, and the short one without, for a receipt."""
    score = _score(told, wins)
    short = f"better on {wins.wins}, worse on {wins.losses} of {wins.n} held-out items"
    if decision == "promote":
        rest = [f"no language worse by more than {limits['worse_points']:g} point{_s(limits['worse_points'])}"]
        if told["speed"]:
            like = f"no slower by more than {100 * limits['slower']:g} %"
            rest.append(like if told["speed"]["is_like"] else f"no answer beyond {limits['most_seconds']:g} s")
        if told["memorized"]:
            rest.append("canary texts not memorized")
        return f"{score}, {', '.join(rest)}: Promote", short
    if decision == "not enough to tell":
        more = f"{needed:,} more {what}{_s(needed)} needed"
        return f"Not enough to tell, {more}: {_lower(score)}", f"not enough to tell, {more}"
    if failed:
        why = "; ".join(_lower(check.words.rstrip(".")) for check in failed if check.name != "Better")
        return f"{score}{', ' + why if why else ''}: Keep what serves", short
    return f"{score}: no difference that would show. Keep what serves", short


def _score(told: dict[str, Any], wins: Wins) -> str:
    low, high = told["wins"]["low"], told["wins"]["high"]
    ties = f", {wins.ties} alike" if wins.ties else ""
    if not wins.decided:
        return f"Alike on all {wins.n} held-out items"
    if wins.ties:
        return (
            f"Better on {wins.wins}, worse on {wins.losses}{ties} of {wins.n} held-out items "
            f"(95 % interval {low:.2f} to {high:.2f} of the {wins.decided} that differ)"
        )
    return f"Better on {wins.wins} of {wins.n} held-out items (95 % interval {low:.2f} to {high:.2f})"


def _s(count: float) -> str:
    return "" if count == 1 else "s"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def group_name(group: dict[str, Any]) -> str:
    """Return a group's name for people."""
    if group["kind"] == "shipped" and group["name"] == ALL_THAT_SHIP:
        return "our own sentences"
    name = str(group["name"] or {"segment": "no segment"}.get(group["kind"], "unknown language"))
    return LANGUAGES.get(name, name)


def joined(parts: Sequence[str]) -> str:
    """Return parts as a list in words."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def points(value: float) -> str:
    """Return a difference in points with its sign."""
    return f"{value:+.1f}".replace("-", "−")
