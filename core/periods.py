"""Days, weeks and months: where each begins, and by which of them a course over time is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from core.rates import ENOUGH

UNITS = ("day", "week", "month")


def start_of(day: date, unit: str) -> date:
    """Return the first day of the day, week (from Monday) or month that `day` lies in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def end_of(day: date, unit: str) -> date:
    """Return the last day of the day, week or month that `day` lies in."""
    start = start_of(day, unit)
    if unit == "week":
        return start + timedelta(days=6)
    return start_of(start + timedelta(days=31), unit) - timedelta(days=1) if unit == "month" else start


def unit_for(counts: Mapping[date, int], enough: int = ENOUGH) -> str:
    """Return the shortest unit whose periods hold `enough` things on average, or month; `counts` are those of days."""
    for unit in UNITS:
        if sum(counts.values()) >= enough * len({start_of(day, unit) for day in counts}):
            return unit
    return UNITS[-1]
