"""Single uses behind a figure: which ones it counted, and what they were. All raise StoreError."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from core.store import usage_facts as facts
from core.store.db import Database
from core.store.tables import CorrectionRow, InteractionRow, RatingRow
from core.store.usage import conditions
from core.store.usage_tables import UsageVisitorRow
from core.store.values import correction_of
from core.types import Correction, Ending, Scope, Task

OUTCOMES = (
    *("good", "bad", "rated", "corrected", "abstained", "handed_off", "stopped", "failed", "confirmed", "assumed"),
)


@dataclass(frozen=True)
class Use:
    """An interaction as founders look at it; texts are empty where their visitor did not allow to keep them."""

    interaction_id: str
    task: Task
    started_at: datetime
    input_text: str
    output_text: str
    language: str
    ending: Ending
    error: str
    path: str
    weights_id: str
    first_seconds: float | None
    total_seconds: float
    segment: str
    is_abstained: bool
    is_kept: bool
    score: int | None
    reasons: tuple[str, ...]
    comment: str
    correction: Correction | None


def behind(
    database: Database,
    scope: Scope,
    outcome: str = "",
    *,
    language: str | None = None,
    cohort: date | None = None,
    seconds_from: float | None = None,
    limit: int = 200,
) -> tuple[str, ...]:
    """Return the ids of the newest uses of a scope that a point of a chart counted, `limit` at most.

    `outcome` is one of OUTCOMES; `cohort` the week in which their visitors began; `seconds_from` the least time that
    finished uses took.
    """
    met = conditions(scope)
    if outcome:
        met.append(_outcome(outcome))
    if language is not None:
        met.append(InteractionRow.language == language)
    if cohort is not None:
        begun = select(UsageVisitorRow.visitor_id).where(
            UsageVisitorRow.is_sample == scope.is_sample,
            UsageVisitorRow.first_day >= cohort.isoformat(),
            UsageVisitorRow.first_day < (cohort + timedelta(weeks=1)).isoformat(),
        )
        met.append(InteractionRow.visitor_id.in_(begun))
    if seconds_from is not None:
        met += [facts.is_ending(Ending.FINISHED), InteractionRow.total_seconds >= seconds_from]
    found = (
        select(InteractionRow.interaction_id)
        .outerjoin(RatingRow, facts.of_rating())
        .where(*met)
        .order_by(InteractionRow.started_at.desc(), InteractionRow.interaction_id)
        .limit(limit)
    )
    with database.reading("looking for uses") as session:
        return tuple(session.scalars(found))


def uses(database: Database, interaction_ids: Sequence[str]) -> tuple[Use, ...]:
    """Return these uses in the order of their ids; those that are gone since are left out."""
    wanted = list(dict.fromkeys(interaction_ids))
    found = (
        select(InteractionRow, RatingRow)
        .outerjoin(RatingRow, facts.of_rating())
        .where(InteractionRow.interaction_id.in_(wanted))
    )
    standing = (
        select(CorrectionRow)
        .where(CorrectionRow.interaction_id.in_(wanted), CorrectionRow.status.not_in(facts.GONE))
        .order_by(CorrectionRow.created_at)
    )
    with database.reading("reading uses") as session:
        corrections = {row.interaction_id: correction_of(row) for row in session.scalars(standing)}
        told = {
            row.interaction_id: _use(row, rated, corrections.get(row.interaction_id))
            for row, rated in session.execute(found)
        }
    return tuple(told[one] for one in wanted if one in told)


def count(database: Database, scope: Scope) -> int:
    """Return how many uses there are in a scope, counted one by one."""
    with database.reading("counting uses") as session:
        return session.scalar(select(func.count()).select_from(InteractionRow).where(*conditions(scope))) or 0


def _outcome(outcome: str) -> ColumnElement[bool]:
    met: dict[str, Any] = {
        "good": RatingRow.score == 1,
        "bad": RatingRow.score == 0,
        "rated": RatingRow.score.is_not(None),
        "corrected": facts.is_corrected(),
        "abstained": and_(InteractionRow.is_abstained, facts.is_ending(Ending.FINISHED)),
        "handed_off": facts.is_handed_off(),
        "stopped": facts.is_ending(Ending.STOPPED),
        "failed": facts.is_ending(Ending.FAILED),
        "confirmed": facts.is_confirmed(),
        "assumed": facts.is_assumed(),
    }
    return met[outcome]


def _use(row: InteractionRow, rated: RatingRow | None, correction: Correction | None) -> Use:
    return Use(
        interaction_id=row.interaction_id,
        task=Task(row.task),
        started_at=row.started_at,
        input_text=row.input_text,
        output_text=row.output_text,
        language=row.language,
        ending=Ending(row.ending),
        error=row.error,
        path=row.path,
        weights_id=row.weights_id,
        first_seconds=row.first_seconds,
        total_seconds=row.total_seconds,
        segment=row.segment,
        is_abstained=row.is_abstained,
        is_kept=row.consent_log,
        score=None if rated is None else rated.score,
        reasons=() if rated is None else tuple(rated.reasons),
        comment="" if rated is None else rated.comment,
        correction=correction,
    )
