"""Whether there is market fit, for whom, and what stands in the way: what the survey and the uses say together."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from core.errors import OutOfRange, StoreError
from core.house import House
from core.insights import fit_by_quality, market_fit, themes
from core.insights.fit_by_quality import Cell, Finding, Matrix
from core.insights.market_fit import By, Moment, Part, Score
from core.insights.themes import Theme, Winnable
from core.knowledge.groups import Group, group_by_meaning
from core.limits import SURVEY_DAYS, SURVEY_SNOOZE_DAYS, SURVEY_USES
from core.office.room import Room, founder
from core.rates import Rate
from core.store import cells, rollups, surveys
from core.store.cells import CellCount
from core.store.surveys import Response
from core.tasks.language import guess_language
from core.types import Disappointment, Member, Scope, SurveyRule

__all__ = ["Cell", "Fit", "Market", "Matrix", "Moment", "Part", "Response", "Theme", "Winnable", "Words"]

GROUPINGS_KNOWN = 40
COUNTS_SECONDS = 30.0
COUNTING_SECONDS = 0.3  # how long a reader waits for changed days to be counted
# Chosen by eye on 79 benefits in four languages: at 0.25 "Jede Antwort mit Fundstelle" and "The numbered sources" are
# one group, at 0.35 they are not.
SIMILARITY_ACROSS_LANGUAGES = 0.25
# With more of them in another language, the encoder for English would put those together for their language.
OTHER_LANGUAGES = 0.1


@dataclass(frozen=True)
class Fit:
    """What the survey says in a scope; `gone` counts those who no longer use it and are not in any share.

    `parts` and `matrices` are by what people are told apart by: a value of `By`, and "" for the use cases.
    """

    responses: tuple[Response, ...]
    whole: Rate
    fence: int
    gone: int
    promoters: Score
    strongest: Part | None
    finding: Finding | None
    unit: str
    moments: tuple[Moment, ...]
    parts: dict[str, tuple[Part, ...]]
    matrices: dict[str, Matrix]


@dataclass(frozen=True)
class Words:
    """What respondents wrote, by meaning."""

    benefits: tuple[Theme, ...]
    wishes: tuple[Theme, ...]
    winnable: Winnable


class Market(Room):
    """Reads the survey for founders, and lets them say whom it asks."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._known: dict[bytes, tuple[Group, ...]] = {}
        self._counted: dict[Scope, tuple[float, tuple[CellCount, ...]]] = {}
        self._lock = threading.Lock()

    def rule(self, member: Member) -> SurveyRule:
        """Return whom the survey asks; raises StoreError."""
        founder(member)
        return surveys.rule(self._database)

    def set_rule(self, member: Member, rule: SurveyRule) -> None:
        """Set whom the survey asks; raises OutOfRange, StoreError."""
        founder(member)
        for what, value, (low, high) in (
            ("The number of uses", rule.uses, SURVEY_USES),
            ("The number of days", rule.days, SURVEY_DAYS),
            ("The pause", rule.snooze_days, SURVEY_SNOOZE_DAYS),
        ):
            if not low <= value <= high:
                raise OutOfRange(what=what, value=value, low=low, high=high)
        surveys.set_rule(self._database, member, rule)

    def fit(self, member: Member, scope: Scope) -> Fit:
        """Return what the survey says in a scope, and how it goes with the quality of answers; raises StoreError."""
        founder(member)
        responses = surveys.responses(self._database, scope)
        counts = self._counts(replace(scope, weights_id=""))
        matrices = {by.value: fit_by_quality.matrix(responses, counts, by) for by in By}
        unit, moments = market_fit.over_time(responses)
        return Fit(
            responses=responses,
            whole=market_fit.fit(responses),
            fence=len(market_fit.of(responses, Disappointment.SOMEWHAT)),
            gone=len(market_fit.of(responses, Disappointment.GONE)),
            promoters=market_fit.net_promoter(responses),
            strongest=market_fit.strongest(responses),
            finding=fit_by_quality.finding(tuple(matrices.values())),
            unit=unit,
            moments=moments,
            parts={by.value: market_fit.parts(responses, by) for by in By}
            | {"": market_fit.parts(responses, None, is_by_task=True)},
            matrices=matrices,
        )

    def words(self, member: Member, responses: Sequence[Response]) -> Words:
        """Return what respondents wrote, by meaning, with the encoder for their languages; raises EngineError."""
        founder(member)
        very = market_fit.of(responses, Disappointment.VERY)
        fence = market_fit.of(responses, Disappointment.SOMEWHAT)
        return Words(
            benefits=themes.themes(very, themes.benefit, self._grouped),
            wishes=themes.themes(fence, themes.wish, self._grouped),
            winnable=themes.winnable(responses, self._grouped),
        )

    def of_cell(self, member: Member, scope: Scope, cell: Cell) -> tuple[str, ...]:
        """Return the ids of the cell's uses that were rated not good or corrected, newest first; raises StoreError."""
        founder(member)
        return cells.troubled(self._database, scope, cell.segments, cell.task)

    def _counts(self, scope: Scope) -> tuple[CellCount, ...]:
        """Return the quality of all cells, at most some time old; days that changed are counted first, for a moment."""
        with self._lock:
            at, counts = self._counted.get(scope, (-math.inf, ()))
        if time.monotonic() - at > COUNTS_SECONDS:
            with suppress(StoreError):  # what was counted before can still be read
                rollups.refresh(self._database, COUNTING_SECONDS)
            counts = cells.counts(self._database, scope)
            with self._lock:
                self._counted = {scope: (time.monotonic(), counts)}
        return counts

    def _grouped(self, texts: Sequence[str]) -> tuple[Group, ...]:
        """Return texts by meaning; what was grouped before is known by its digest, since no text may stay here."""
        digest = sha256("\0".join(texts).encode("utf-8", "replace")).digest()
        with self._lock:
            known = self._known.get(digest)
        if known is None:
            if _are_english(texts):
                known = group_by_meaning(texts, self._house.shelf.encoder())
            else:
                encoder = self._house.shelf.multilingual_encoder()
                known = group_by_meaning(texts, encoder, similarity=SIMILARITY_ACROSS_LANGUAGES)
            with self._lock:
                self._known[digest] = known
                if len(self._known) > GROUPINGS_KNOWN:
                    del self._known[next(iter(self._known))]
        return known


def _are_english(texts: Sequence[str]) -> bool:
    guesses = [guess_language(text) for text in texts if text.strip()]
    return sum(guess.is_sure and guess.code != "en" for guess in guesses) <= OTHER_LANGUAGES * len(guesses)
