"""What SQLite and PostgreSQL say differently about times."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from core.store.columns import UtcTime


class HalfHourBefore(FunctionElement[Any]):
    """A time, moved back by half an hour, to the microsecond."""

    inherit_cache = True
    type = UtcTime()


class HalfHourAfter(FunctionElement[Any]):
    """A time, moved on by half an hour, to the microsecond."""

    inherit_cache = True
    type = UtcTime()


class DayOf(FunctionElement[str]):
    """The day of a time, as an ISO date in UTC."""

    inherit_cache = True
    type = Text()


class WeekOf(FunctionElement[str]):
    """The Monday of the week of an ISO date, as an ISO date."""

    inherit_cache = True
    type = Text()


def _inside(element: FunctionElement[Any], compiler: Any, options: dict[str, Any]) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(HalfHourBefore, "sqlite")
def _before_sqlite(element: HalfHourBefore, compiler: Any, **options: Any) -> str:
    # Times are texts with six digits of a second, which SQLite's own functions would cut to three or none.
    time = _inside(element, compiler, options)
    return f"(strftime('%Y-%m-%d %H:%M:%S', {time}, '-30 minutes') || substr({time}, 20))"


@compiles(HalfHourBefore, "postgresql")
def _before_postgres(element: HalfHourBefore, compiler: Any, **options: Any) -> str:
    return f"({_inside(element, compiler, options)} - interval '30 minutes')"


@compiles(HalfHourAfter, "sqlite")
def _after_sqlite(element: HalfHourAfter, compiler: Any, **options: Any) -> str:
    time = _inside(element, compiler, options)
    return f"(strftime('%Y-%m-%d %H:%M:%S', {time}, '+30 minutes') || substr({time}, 20))"


@compiles(HalfHourAfter, "postgresql")
def _after_postgres(element: HalfHourAfter, compiler: Any, **options: Any) -> str:
    return f"({_inside(element, compiler, options)} + interval '30 minutes')"


@compiles(DayOf, "sqlite")
def _day_sqlite(element: DayOf, compiler: Any, **options: Any) -> str:
    return f"substr({_inside(element, compiler, options)}, 1, 10)"


@compiles(DayOf, "postgresql")
def _day_postgres(element: DayOf, compiler: Any, **options: Any) -> str:
    return f"to_char({_inside(element, compiler, options)} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


@compiles(WeekOf, "sqlite")
def _week_sqlite(element: WeekOf, compiler: Any, **options: Any) -> str:
    return f"date({_inside(element, compiler, options)}, 'weekday 0', '-6 days')"


@compiles(WeekOf, "postgresql")
def _week_postgres(element: WeekOf, compiler: Any, **options: Any) -> str:
    return f"to_char(date_trunc('week', ({_inside(element, compiler, options)})::date), 'YYYY-MM-DD')"
