"""Made-up companies for the tests of market fit: visitors with habits of their own, and one planted effect or none."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from core.store.cells import CellCount, Quality
from core.store.surveys import Response
from core.types import Disappointment, SurveyAnswer, Task

VERY, SOMEWHAT, NOT, GONE = Disappointment
ROLES = ("Founder", "Product", "Support", "Marketing", "")
SIZES = ("Just me", "2 to 10", "11 to 50")
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@cache
def a_response(feeling: Disappointment = VERY, segment: str = "", task: Task | None = Task.SUPPORT, **said: object):
    """Return an answer to the survey, given on the first day unless `day` says another."""
    day = int(said.pop("day", 0))  # type: ignore[call-overload]
    answer = replace(SurveyAnswer(feeling), **said)  # type: ignore[arg-type]
    return Response("", answer, segment, task, BEGAN + timedelta(days=day))


@dataclass(frozen=True)
class Planted:
    """In this segment with this task, answers are worse and more people are on the fence."""

    segment: str
    task: Task
    trouble: float
    visitors: int


def company(
    chosen: random.Random, visitors: int = 500, planted: Planted | None = None, answering: float = 0.4
) -> tuple[list[Response], list[CellCount]]:
    """Return the answers and the counts of a company whose visitors differ, but whose segments do not.

    A visitor has a main task and a readiness to complain, judges three uses of ten, and answers the survey with the
    chance `answering`. What is planted is added on top.
    """
    responses: list[Response] = []
    counted: dict[tuple[str, Task], list[Quality]] = defaultdict(list)
    for number in range(visitors + (planted.visitors if planted else 0)):
        is_planted = number >= visitors
        if planted and is_planted:
            segment, main, mean = planted.segment, planted.task, planted.trouble
        else:
            segment = ", ".join(part for part in (chosen.choice(ROLES), chosen.choice(SIZES)) if part)
            main, mean = chosen.choice(list(Task)), 0.25
        complains = chosen.betavariate(6 * mean, 6 * (1 - mean))
        uses: dict[Task, int] = defaultdict(int)
        for _ in range(1 + int(chosen.expovariate(1 / 8))):
            uses[main if chosen.random() < 0.8 else chosen.choice(list(Task))] += 1
        for task, count in uses.items():
            counted[segment, task].append(visit(chosen, count, complains))
        if chosen.random() < answering:
            weights = (0.2, 0.6, 0.2, 0) if is_planted else (0.35, 0.35, 0.25, 0.05)
            feeling = chosen.choices((VERY, SOMEWHAT, NOT, GONE), weights)[0]
            responses.append(a_response(feeling, segment, main))
    return responses, [CellCount(segment, task, together(*visits)) for (segment, task), visits in counted.items()]


def together(*visitors: Quality) -> Quality:
    """Return the counts of all of them, as adding one after the other does."""
    return Quality(*map(sum, zip(*(vars(one).values() for one in visitors), strict=True)))


def visit(chosen: random.Random, uses: int, complains: float) -> Quality:
    """Return what came of one visitor's uses of one task."""
    judged = sum(chosen.random() < 0.3 for _ in range(uses))
    troubled = sum(chosen.random() < complains for _ in range(judged))
    return one_visitor(uses, judged, troubled)


@cache
def one_visitor(uses: int, judged: int, troubled: int) -> Quality:
    """Return the counts of one visitor who rated, and corrected nothing."""
    return Quality(
        uses=uses,
        visitors=1,
        rated=judged,
        down=troubled,
        judges=int(judged > 0),
        judged=judged,
        troubled=troubled,
        troubled_squares=troubled**2,
        troubled_by_judged=troubled * judged,
        judged_squares=judged**2,
    )
