"""A scope as conditions on the counted days and weeks: its period, and how it is narrowed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement

from core.store.rollups import monday_of
from core.store.usage_tables import EVERY
from core.types import Scope


def whole_weeks(scope: Scope) -> Scope:
    """Return the scope with its period widened to whole weeks."""
    since = monday_of(scope.since) if scope.since else None
    until = monday_of(scope.until) + timedelta(days=6) if scope.until else None
    return Scope(since, until, scope.task, scope.segment, scope.weights_id, scope.is_sample)


def between(column: Any, scope: Scope, of_day: Any = None) -> list[ColumnElement[bool]]:
    """Return that a column of ISO dates lies in the period; `of_day` moves its edges."""
    edges = [one if one is None or of_day is None else of_day(one) for one in (scope.since, scope.until)]
    found = []
    if edges[0] is not None:
        found.append(column >= edges[0].isoformat())
    if edges[1] is not None:
        found.append(column <= edges[1].isoformat())
    return found


def within(row: Any, scope: Scope) -> list[ColumnElement[bool]]:
    """Return that a row of a day lies in the period, and in the task and weights of the scope."""
    found = [row.is_sample == scope.is_sample, *between(row.day, scope)]
    if scope.task is not None:
        found.append(row.task == scope.task)
    if scope.weights_id:
        found.append(row.weights_id == scope.weights_id)
    return found


def within_weeks(row: Any, scope: Scope) -> list[ColumnElement[bool]]:
    """Return that a row of a week, kept for each way to narrow a scope, is the one of this scope and its period."""
    return [
        row.is_sample == scope.is_sample,
        row.task == (scope.task or EVERY),
        row.segment == (scope.segment or EVERY),
        row.weights_id == (scope.weights_id or EVERY),
        *between(row.week, scope, monday_of),
    ]
