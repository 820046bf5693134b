"""Which errors of the classifier are known: counted on development data, or by a founder on a monitor's own texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.insights.prevalence import Errors

NEGATIVE = "negative"
OWN = "own"
# The sets that stand for most texts of a language: never learned from, and neither the easiest nor the hardest.
USUAL = {"zh": "zh_hotel"}
USUAL_ELSEWHERE = "sst2_dev"
# Own counts need so many negative and so many other texts before they say more than those of other texts.
OWN_ENOUGH = 20


@dataclass(frozen=True)
class Known:
    """All errors that are known of one head, by the name of the set; `own` may be too few to be used."""

    sets: Mapping[str, Errors]
    own: Errors
    usual: str

    @property
    def is_own_enough(self) -> bool:
        """Whether enough texts of the monitor itself were checked."""
        return min(self.own.negatives, self.own.others) >= OWN_ENOUGH

    def used(self, wanted: str) -> Errors | None:
        """Return the errors to use: those that are wanted, else the monitor's own if enough, else the usual set's."""
        if self.is_own_enough and wanted in ("", OWN):
            return self.own
        return self.sets.get(wanted, self.sets.get(self.usual))


@cache
def measured(path: Path, head_id: str) -> dict[str, Errors]:
    """Return the errors counted for a head by the name of the set; none where the file speaks of another head."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return _sets_of(told) if told["head_id"] == head_id else {}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return {}


def of_card(card: Mapping[str, Any]) -> dict[str, Errors]:
    """Return the errors that the card of a trained head tells of, by the name of the set; most tell of none.

    Its `errors` are written as in the file of the head that ships. What it got right in its comparison is no such
    count: held-out corrections are mostly of texts that were read wrong before, so they say too much of its errors.
    """
    try:
        return _sets_of(card["errors"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return {}


def _sets_of(told: Mapping[str, Any]) -> dict[str, Errors]:
    place = told["labels"].index(NEGATIVE)
    return {name: _errors_of(one["counts"], place, one["domain"]) for name, one in told["sets"].items()}


def own_errors(checks: Mapping[tuple[str, str], int]) -> Errors:
    """Return the errors on a monitor's own texts from counts of (read as, called by people)."""

    def count(is_read: bool | None, is_said: bool) -> int:
        return sum(
            n
            for (read, said), n in checks.items()
            if (said == NEGATIVE) is is_said and is_read in (None, read == NEGATIVE)
        )

    return Errors(
        count(True, True),
        count(None, True),
        count(False, False),
        count(None, False),
        "Checked texts of this monitor",
        True,
    )


def known(sets: Mapping[str, Errors], checks: Mapping[tuple[str, str], int], language: str) -> Known:
    """Return all that is known for a monitor whose texts are mostly in `language` (ISO 639-1)."""
    return Known(sets, own_errors(checks), USUAL.get(language, USUAL_ELSEWHERE))


def _errors_of(counts: list[list[int]], place: int, domain: str) -> Errors:
    others = [row for number, row in enumerate(counts) if number != place]
    total = sum(sum(row) for row in others)
    return Errors(counts[place][place], sum(counts[place]), total - sum(row[place] for row in others), total, domain)
