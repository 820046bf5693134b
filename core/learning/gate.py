"""Whether a candidate may serve: the figures of a comparison, judged check by check, in plain words.

A candidate is promotable only if every check passes. Better than the rival needs two proofs that both must hold at
`level` (one-sided): the exact sign test on the items that are decided (ties say nothing and are dropped), and the
mean difference above zero with its bootstrap interval. Two systems that are equally good pass at most once in
1 / level times, whatever else is checked.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from core.learning.compared import CANDIDATE, HELD_OUT, Comparison
from core.learning.figures import figures
from core.learning.gate_words import group_name, joined, points, sentence_of
from core.learning.paired import Wins, decided_needed, holm, is_better, upper_tail
from core.learning.thresholds import Thresholds
from core.loop import Artefact, ArtefactState
from core.types import to_plain

PROMOTE, KEEP, NOT_ENOUGH, AGAIN = "promote", "keep", "not enough to tell", "compare again"
CHANGED = "Something else serves since this was measured: compare again."
HOPELESS_ITEMS = 500
LEAST_RIGHT = 15


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `state` is passed, failed or unknown (not enough to tell)."""

    name: str
    state: str
    words: str


@dataclass(frozen=True)
class Verdict:
    """What the gate says: `decision` is promote, keep, not enough to tell, or compare again; `sentence` says why.

    `short` is the sentence without its figures in brackets, for receipts. `items_needed` is how many more held-out
    items would tell, 0 where more would not help or none are missing.
    """

    is_promotable: bool
    decision: str
    sentence: str
    short: str
    checks: tuple[Check, ...]
    items_needed: int = 0

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        plain: dict[str, Any] = to_plain(self)
        return plain


def decide(comparison: Comparison, live: str, thresholds: Thresholds | None = None) -> Verdict:
    """Return the verdict on a comparison, where `live` is the id of what serves now ("" for the weights that ship)."""
    limits = thresholds or Thresholds()
    told = figures(comparison) if comparison.is_finite else {}
    fit = _fitness(comparison)
    if refused := [check for check in fit if check.state == "failed"]:
        return _verdict(KEEP, refused[0].words, refused[0].words, fit)
    wins = Wins(**{name: told["wins"][name] for name in ("wins", "losses", "ties")})
    better = _better(comparison, told, wins, limits)
    harms = [_harm(told, limits, kind) for kind in ("groups", "shipped")]
    checks = (
        *fit,
        better,
        _sides(told),
        *harms,
        *_faithful(told, limits),
        _slower(told, limits),
        _memorized(told, limits),
    )
    if live != comparison.live_id:
        return _verdict(AGAIN, CHANGED, CHANGED, checks)
    return _decided(told, wins, limits, checks)


def _decided(told: dict[str, Any], wins: Wins, limits: Thresholds, checks: tuple[Check, ...]) -> Verdict:
    failed = [check for check in checks if check.state == "failed"]
    unknown = [check for check in checks if check.state == "unknown"]
    needed, what = items_needed(wins, limits), "item"
    if [check.name for check in unknown] == ["Both sides"]:
        needed, what = LEAST_RIGHT - told["rival_right"], "good answer"
    if failed:
        decision, needed = KEEP, 0
    elif not unknown:
        decision, needed = PROMOTE, 0
    elif needed is None or needed > HOPELESS_ITEMS:
        # So small a difference that finding it would take a year of corrections: as it stands, it is none.
        decision, needed = KEEP, 0
    else:
        decision = NOT_ENOUGH
    sentence, short = sentence_of(decision, told, wins, failed, needed or 0, what, asdict(limits))
    return _verdict(decision, sentence, short, checks, needed or 0)


def _verdict(decision: str, sentence: str, short: str, checks: tuple[Check, ...], needed: int = 0) -> Verdict:
    return Verdict(decision == PROMOTE, decision, sentence, short, checks, needed)


def items_needed(wins: Wins, limits: Thresholds) -> int | None:
    """Return how many more held-out items would tell whether the candidate is better, or None where none would.

    By power: the least number of decided items at which the exact sign test finds the share of wins seen so far with
    probability `power`, divided by the share of items that are decided at all, because ties tell nothing. Where
    nothing is decided yet one item in two is taken to be; a share of 1 is taken as (wins + 1) / (decided + 2).
    """
    missing = max(0, limits.least_items - wins.n)
    if wins.decided == 0:
        return max(missing, 1) if wins.n < limits.least_items else None
    share = (wins.wins + 1) / (wins.decided + 2) if wins.losses == 0 else wins.wins / wins.decided
    if (decided := decided_needed(round(share, 4), limits.level, limits.power)) is None:
        return missing or None
    total = math.ceil(decided * wins.n / wins.decided)
    return max(missing, total - wins.n, 1)


def _fitness(comparison: Comparison) -> tuple[Check, ...]:
    """Look at what is being judged before its answers are: no figure can make up for any of these."""
    artefact = comparison.artefact
    fingerprints = comparison.fingerprints
    mine = fingerprints[CANDIDATE]
    is_other_base = artefact is not None and artefact.base_sha256 != (comparison.base_sha256 or mine.sha256)
    checks = [
        Check("Numbers", "passed", "All scores are numbers.")
        if comparison.is_finite
        else Check("Numbers", "failed", "Some of its scores are not numbers, so its weights are damaged: train anew."),
        Check("Base", "failed", "It was trained on other base weights than those that answer here: train anew.")
        if is_other_base
        else Check("Base", "passed", "It stands on the base weights that answer here."),
        Check("Comparable", "failed", "It is the same weights as what it was compared with.")
        if mine == fingerprints[comparison.rival]
        else Check("Comparable", "passed", "Its weights are not those that it is compared with."),
    ]
    if artefact is not None:
        checks.append(_origin(artefact))
    if not comparison.part(HELD_OUT):
        checks.append(Check("Items", "failed", "There are no held-out items to compare on: build a larger dataset."))
    return tuple(checks)


def _origin(artefact: Artefact) -> Check:
    name = "Origin"
    if artefact.is_sample:
        return Check(name, "failed", "It learned from the sample company: it is to be looked at, and never promoted.")
    if artefact.flag:
        return Check(name, "failed", f"It must be trained anew first: {artefact.flag}")
    if artefact.state is ArtefactState.WITHDRAWN:
        return Check(name, "failed", "It was withdrawn and must not serve again.")
    return Check(name, "passed", "It learned from approved corrections, and nothing of that was taken back since.")


def renewed(verdict: Verdict, artefact: Artefact, is_stale: bool) -> Verdict:
    """Return a verdict that was stored as it holds now: of what was flagged since, or is up against something else."""
    origin = _origin(artefact)
    checks = tuple(origin if check.name == origin.name else check for check in verdict.checks)
    if origin.state == "failed":
        return _verdict(KEEP, origin.words, origin.words, checks)
    if is_stale:
        return _verdict(AGAIN, CHANGED, CHANGED, checks)
    return verdict


def _better(comparison: Comparison, told: dict[str, Any], wins: Wins, limits: Thresholds) -> Check:
    """Judge whether it is better: by wins and by the mean, both."""
    name, measure = "Better", told["measure"]["label"]
    mean = told["metrics"][0]
    words = (
        f"Better on {wins.wins}, worse on {wins.losses}, as good on {wins.ties} of {wins.n} items "
        f"(sign test p {_chance(told['wins']['p'])}); {measure} {points(mean['difference'])} "
        f"({points(mean['low'])} to {points(mean['high'])})."
    )
    if wins.n < limits.least_items:
        return Check(name, "unknown", f"{words} At least {limits.least_items} items are needed.")
    if told["wins"]["p_worse"] <= limits.level or mean["high"] < 0:
        return Check(name, "failed", words)
    if is_better(comparison.differences(comparison.part(HELD_OUT)), told["measure"]["margin"], limits.level):
        return Check(name, "passed", words)
    if upper_tail(wins.decided, wins.decided) > limits.level:
        return Check(name, "unknown", f"{words} Too few items are decided: most answers are alike.")
    return Check(name, "unknown", words)


def _chance(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _sides(told: dict[str, Any]) -> Check:
    """Look whether the items could show a loss at all.

    People correct what is wrong, so on corrected items what served then is wrong by choice, and any change looks like
    a gain. Only items on which the rival is right show what would be lost: without a loss on `LEAST_RIGHT` of them, at
    most 18 in a hundred are lost (95 %, exact).
    """
    name, n = "Both sides", told["n"]
    if told["measure"]["name"] != "right":
        return Check(name, "passed", f"All {n} items are scored by likeness to what people wrote.")
    right, corrected = told["rival_right"], told["corrected"]
    words = (
        f"{corrected} of {n} held-out items were corrected, which favours any change; on {right} items, with those "
        f"that ship, what serves is right, and a loss would show."
    )
    return Check(name, "passed" if right >= LEAST_RIGHT else "unknown", words)


def _harm(told: dict[str, Any], limits: Thresholds, kind: str) -> Check:
    """Judge each group: it fails where it lost more than it may, and noise would hardly give such a loss.

    Noise is judged by the paired permutation test: how often equals would lose as much. So a large group fails by a
    small loss and a small one only by a large one. The groups of a check are judged together (Holm), so that a
    candidate that lost nothing anywhere is held back in `harm_level` of all cases at most.
    """
    is_shipped = kind == "shipped"
    name = "Forgetting" if is_shipped else "Every group"
    found = [one for one in told["groups"] if (one["kind"] == "shipped") is is_shipped]
    if not found:
        what = "no sentences ship for this task" if is_shipped else "there is one group only"
        return Check(name, "passed", f"Nothing to look at: {what}.")
    beyond = holm([one["noise"] for one in found], limits.harm_level)
    less = [(one, is_beyond) for one, is_beyond in zip(found, beyond, strict=True)]
    lost = [one for one, is_beyond in less if is_beyond and one["difference"] < -limits.worse_points]
    noise = [one for one in found if one["difference"] < -limits.worse_points and one not in lost]
    named = [f"{group_name(one)} {points(one['difference'])} (n = {one['n']})" for one in (lost or noise)[:4]]
    if lost:
        return Check(name, "failed", f"Worse by more than {limits.worse_points:g} point: {joined(named)}.")
    n = sum(one["n"] for one in found)
    if noise:
        return Check(name, "passed", f"No loss beyond noise; within it: {joined(named)}.")
    return Check(name, "passed", f"None of {len(found)} is worse by more than {limits.worse_points:g} point (n = {n}).")


def _faithful(told: dict[str, Any], limits: Thresholds) -> tuple[Check, ...]:
    """Where answers are checked against their sources: whether more of them say what no source says."""
    found = next((one for one in told["metrics"] if one["name"] == "faithful"), None)
    if found is None:
        return ()
    words = f"{found['means'][CANDIDATE]:.0f} of 100 summaries say nothing beyond their text (n = {found['n']})."
    is_worse = found["difference"] < -limits.worse_points
    return (Check("Faithful", "failed" if is_worse else "passed", words),)


def _slower(told: dict[str, Any], limits: Thresholds) -> Check:
    name, found = "Speed", told["speed"]
    if found is None:
        return Check(name, "passed", "Not timed.")
    if not found["is_like"]:
        seconds = found["seconds"][CANDIDATE]
        words = f"{seconds:.1f} s per answer (n = {found['n']}), where what serves writes nothing and is at once."
        return Check(name, "failed" if seconds > limits.most_seconds else "passed", words)
    change = 100 * (found["ratio"] - 1)
    told_change = f"{abs(change):.0f} % {'slower' if change > 0 else 'faster'}" if abs(change) >= 0.5 else "As fast"
    words = (
        f"{told_change} per answer "
        f"({100 * (found['low'] - 1):+.0f} to {100 * (found['high'] - 1):+.0f} %, n = {found['n']})."
    )
    # Milliseconds of a few items: one that the interval cannot tell from as fast was slowed by what else ran.
    is_slower = found["ratio"] > 1 + limits.slower and found["low"] > 1
    return Check(name, "failed" if is_slower else "passed", words)


def _memorized(told: dict[str, Any], limits: Thresholds) -> Check:
    name, found = "Canaries", told["memorized"]
    if found is None:
        return Check(name, "passed", "Not looked at: what it was trained on is not known here.")
    if not found["is_possible"]:
        return Check(name, "passed", "A head holds no texts, so it can give none away.")
    given, tried = len(found["row_ids"]), found["tried"]
    words = f"Of {tried} training texts that were begun and broken off, {given} came back to the letter."
    return Check(name, "failed" if given > limits.memorized else "passed", words)
