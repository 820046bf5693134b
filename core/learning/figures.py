"""The figures of a comparison: every mean beside its paired difference, its interval and its n, as plain data.

They are what is stored and shown; nothing here decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.learning.compared import BASE, CANDIDATE, HELD_OUT, SHIPPED, Comparison, Item
from core.learning.gate_words import ALL_THAT_SHIP
from core.learning.paired import Interval, Wins, chance_of_noise, interval_of, mean_interval, sign_test, wins_of
from core.learning.scores import LOWER_IS_BETTER, OTHERS, PRIMARY, Measure, macro_f1
from core.types import Task

# A group of fewer says nothing by itself: such groups are looked at together.
LEAST_IN_GROUP = 8
OTHER_GROUPS = "all others"
LEAST_SECONDS = 0.02  # nobody feels a difference below it, and a clock hardly measures one
# What people said of an answer that a held-out item rests on.
JUDGED = {"correction": "corrected", "rating": "rated as good"}
_LABELS = ("negative", "neutral", "positive")


def figures(comparison: Comparison) -> dict[str, Any]:
    """Return all figures of a comparison, by name, as JSON-ready data."""
    held_out, shipped = comparison.part(HELD_OUT), comparison.part(SHIPPED)
    measure = PRIMARY[comparison.task]
    primary = comparison.differences(held_out)
    wins = wins_of(primary, measure.margin)
    told: dict[str, Any] = {
        "task": str(comparison.task),
        "n": len(held_out),
        "rival": comparison.rival,
        "measure": asdict(measure),
        "wins": wins_plain(wins),
        "metrics": _metrics(comparison, held_out),
        "groups": [
            *groups(comparison, held_out, "language", lambda item: item.language),
            *groups(comparison, held_out, "segment", lambda item: item.segment),
            *groups(comparison, held_out, "judged", lambda item: JUDGED.get(item.source_kind, "checked")),
            *groups(comparison, shipped, "shipped", lambda _: ALL_THAT_SHIP),
            *groups(comparison, shipped, "shipped", lambda item: into(item.language)),
        ],
        "speed": speed(comparison),
        "memorized": asdict(comparison.memorized) if comparison.memorized else None,
        "fingerprints": {name: asdict(one) for name, one in comparison.fingerprints.items()},
        "settings": comparison.settings,
        "left_out": comparison.left_out,
        "shipped": len(shipped),
        "earlier": comparison.earlier,
        "base_sha256": comparison.base_sha256,
        "rival_right": sum(item.scores[comparison.rival].get("right", 0) > 99 for item in comparison.items),
        "corrected": sum(item.source_kind == "correction" for item in held_out),
    }
    if comparison.rival != BASE and BASE in comparison.fingerprints:
        over_base = comparison.differences(held_out, other=BASE)
        told["over_base"] = wins_plain(wins_of(over_base, measure.margin)) | asdict(mean_interval(over_base))
    return told


def wins_plain(wins: Wins) -> dict[str, Any]:
    """Return wins, losses and ties with the share of wins among the decided, its interval, and the exact test."""
    low, high = wins.rate.interval
    return asdict(wins) | {"n": wins.n, "low": low, "high": high, "p": sign_test(wins), "p_worse": _p_worse(wins)}


def _p_worse(wins: Wins) -> float:
    return sign_test(Wins(wins.losses, wins.wins, wins.ties))


def _metrics(comparison: Comparison, items: tuple[Item, ...]) -> list[dict[str, Any]]:
    measures = [PRIMARY[comparison.task], *OTHERS[comparison.task]]
    found = [told for measure in measures if (told := _metric(comparison, items, measure))]
    if comparison.task is Task.SENTIMENT and items:
        found.insert(1, _macro_f1(comparison, items))
    return found


def _metric(comparison: Comparison, items: tuple[Item, ...], measure: Measure) -> dict[str, Any]:
    systems = list(comparison.fingerprints)
    scored = [item for item in items if all(measure.name in item.scores[name] for name in systems)]
    if not scored:
        return {}
    means = {name: float(np.mean([item.scores[name][measure.name] for item in scored])) for name in systems}
    change = mean_interval(comparison.differences(tuple(scored), measure.name))
    return _told(measure, means, change)


def _told(measure: Measure, means: dict[str, float], change: Interval) -> dict[str, Any]:
    return {
        "name": measure.name,
        "label": measure.label,
        "about": measure.about,
        "is_lower_better": measure.name in LOWER_IS_BETTER,
        "means": means,
        "difference": change.mean,
        "low": change.low,
        "high": change.high,
        "n": change.n,
    }


def _macro_f1(comparison: Comparison, items: tuple[Item, ...]) -> dict[str, Any]:
    """Macro-F1 is no mean over items, so its difference is drawn anew from resampled items."""
    right = _places([item.reference for item in items])
    said = {name: _places([item.answers[name].text for item in items]) for name in comparison.fingerprints}
    labels = len(_LABELS)

    def difference(places: NDArray[np.intp]) -> NDArray[np.float64]:
        mine, theirs = (macro_f1(said[name][places], right[places], labels) for name in (CANDIDATE, comparison.rival))
        return mine - theirs

    means = {name: float(macro_f1(found[None, :], right[None, :], labels)[0]) for name, found in said.items()}
    measure = Measure("macro_f1", "macro-F1", "every label counts alike, however rare")
    return _told(measure, means, interval_of(len(items), difference))


def _places(labels: list[str]) -> NDArray[np.intp]:
    return np.array([_LABELS.index(label) if label in _LABELS else -1 for label in labels], dtype=np.intp)


def groups(
    comparison: Comparison, items: tuple[Item, ...], kind: str, name_of: Callable[[Item], str]
) -> list[dict[str, Any]]:
    """Return the paired difference of the primary score for each group of items, largest group first.

    `kind` is language, segment, judged or shipped. Groups of fewer than `LEAST_IN_GROUP` are one group together.
    """
    by_name: dict[str, list[Item]] = {}
    for item in items:
        by_name.setdefault(name_of(item), []).append(item)
    if (kind == "segment" and set(by_name) <= {""}) or (kind == "judged" and len(by_name) < 2):
        return []
    small = [name for name, found in by_name.items() if len(found) < LEAST_IN_GROUP]
    if len(by_name) > 1 and small:
        rest = [item for name in small for item in by_name.pop(name)]
        by_name[OTHER_GROUPS if by_name else ""] = rest
    told = []
    for name, found in sorted(by_name.items(), key=lambda one: (-len(one[1]), one[0])):
        differences = comparison.differences(tuple(found))
        change = mean_interval(differences)
        told.append(
            {"kind": kind, "name": name, "n": change.n, "difference": change.mean, "low": change.low}
            | {"high": change.high, "noise": chance_of_noise(differences)}
            | {"wins": asdict(wins_of(differences, PRIMARY[comparison.task].margin))}
        )
    return told


def speed(comparison: Comparison) -> dict[str, Any] | None:
    """Return seconds by system and their ratio, candidate to rival, with the interval over the timed items.

    The ratio is that of typical answers: the mean of the logarithms of each item's ratio, and back. None if not timed.
    """
    seconds = comparison.speed.seconds
    if CANDIDATE not in seconds or not seconds[CANDIDATE]:
        return None
    mine, theirs = (np.maximum(seconds[name], LEAST_SECONDS) for name in (CANDIDATE, comparison.rival))
    ratio = mean_interval(list(np.log(mine / theirs)))
    return {
        "seconds": {name: float(np.median(found)) for name, found in seconds.items()},
        "tokens_per_second": comparison.speed.tokens_per_second,
        "timed": seconds,
        "ratio": float(np.exp(ratio.mean)),
        "low": float(np.exp(ratio.low)),
        "high": float(np.exp(ratio.high)),
        "n": ratio.n,
        "is_like": comparison.speed.is_like,
    }


def into(language: str) -> str:
    """Return a language, or of a pair the one that is translated into."""
    return f"into {language.rpartition(' ')[2]}" if " " in language else language
