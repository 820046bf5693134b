"""The sentence that matters, and the sections of insights that tell who uses what and who comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from core.rates import Rate
from core.types import Member, Scope, Task
from pages.parts import charts_usage
from pages.parts.charts import palette
from pages.parts.charts_usage import Line
from pages.parts.insights_point import Point, Sheet, draw
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.insights.usage import Moment, Overview

NOUNS = {
    Task.SUPPORT: "support",
    Task.TRANSLATE: "translation",
    Task.SUMMARIZE: "summaries",
    Task.SENTIMENT: "sentiment",
}


def headline(found: Overview) -> str:
    """Return the sentence that matters, in Markdown."""
    visitors = found.people.visitors
    rate = found.repeat_days
    back = f"{rate.share:.0%} came back on another day {_because(rate)}" if rate.is_enough else ""
    back = back or f"how many come back is not clear yet (n = {visitors:,})"
    times = "once" if found.tally.uses == 1 else f"{found.tally.uses:,} times"
    start = f"{visitors:,} {'visitor' if visitors == 1 else 'visitors'} used it {times}; {back}"
    parts = [start.replace("%", " %")]
    tasks = list(found.by_task)
    if len(tasks) > 1:
        parts.append(f"{NOUNS[tasks[0]].capitalize()} is used most")
    if found.most_disliked is not None:
        task, disliked = found.most_disliked
        share = f"{disliked.share:.0%} {_because(disliked)}".replace("%", " %")
        parts.append(f"{NOUNS[task]} gets the most thumbs-down, {share}")
    return f"**{'. '.join(parts[:1])}. {'; '.join(parts[1:])}{'.' if parts[1:] else ''}**"


def draw_use(who: Member, scope: Scope) -> None:
    """Draw visitors and uses over time; raises HearbackError."""
    found = office().usage.overview(who, scope)
    with st.container(horizontal=True, key="insights_tiles"):
        st.metric("Visitors", f"{found.people.visitors:,}", border=True)
        st.metric("Uses", f"{found.tally.uses:,}", border=True)
        st.metric("Visits", f"{found.tally.visits:,}", border=True, help="Uses with gaps under 30 minutes.")
        st.metric("New visitors", f"{found.people.newcomers:,}", border=True)
    moments = office().usage.course(who, scope)
    if not moments:
        return
    starts = [one.start for one in moments]
    is_week = moments[0].repeat is not None
    unit = "week" if is_week else "day"
    points = [Point(f"{unit.capitalize()} of {one:%-d %b}", within(scope, one, unit)) for one in starts]
    sheet = Sheet(
        ("from", "visitors", "for the first time", "uses", *Task),
        [
            (
                one.start.isoformat(),
                str(one.visitors),
                "" if one.newcomers is None else str(one.newcomers),
                str(one.uses),
                *[str(one.by_task.get(task, 0)) for task in Task],
            )
            for one in moments
        ],
    )
    figure = charts_usage.visitors(starts, [one.newcomers for one in moments], [one.visitors for one in moments], unit)
    draw(who, figure, "visitors", f"Bars of visitors by {unit}", points, sheet)
    _draw_tasks(who, scope, moments, unit)


def _draw_tasks(who: Member, scope: Scope, moments: Sequence[Moment], unit: str) -> None:
    tasks = [task for task in Task if any(task in one.by_task for one in moments)]
    points: list[Point] = []
    many = []
    for task in tasks:
        first = len(points)
        values = [one.by_task.get(task, 0) for one in moments]
        points += [
            Point(f"{task.capitalize()}, {one.start:%-d %b}", replace(within(scope, one.start, unit), task=task))
            for one in moments
        ]
        many.append(
            Line(
                task.capitalize(),
                charts_usage.task_colour(task),
                [one.start for one in moments],
                values,
                range(first, len(points)),
                [f"{task}: {n:,} uses, {one.start:%-d %b}" for n, one in zip(values, moments, strict=True)],
                dash=charts_usage.DASHES[task],
            )
        )
    n = sum(one.uses for one in moments)
    figure = charts_usage.lines(f"Uses by {unit}", f"n = {n:,} uses", many)
    sheet = Sheet(
        ("from", *tasks),
        [(one.start.isoformat(), *[str(one.by_task.get(task, 0)) for task in tasks]) for one in moments],
    )
    draw(who, figure, "uses", f"Lines of uses by {unit}, one for each task", points, sheet)


def draw_coming_back(who: Member, scope: Scope) -> None:
    """Draw repeat use, the funnel and the cohorts; raises HearbackError."""
    found = office().usage.overview(who, scope)
    st.markdown(
        f"On another day: **{found.repeat_days}** of visitors. In another visit: **{found.repeat_visits}**. "
        ":small[:gray[A visit is uses with gaps under 30 minutes; days are in UTC.]]"
    )
    _draw_repeat(who, scope)
    _draw_funnel(who, scope)
    _draw_cohorts(who, scope)


def _draw_repeat(who: Member, scope: Scope) -> None:
    moments = [one for one in office().usage.course(who, scope) if one.repeat is not None]
    rates = [one.repeat or Rate(0, 0) for one in moments]
    if not moments:
        st.caption("Choose four weeks or more to see repeat use by week.")
        return
    starts = [one.start for one in moments]
    line = Line(
        "two days +",
        palette().accent,
        starts,
        [rate.share for rate in rates],
        range(len(starts)),
        [f"{rate}, week of {start:%-d %b}" for rate, start in zip(rates, starts, strict=True)],
        [rate.interval for rate in rates],
        is_enough=[rate.is_enough for rate in rates],
    )
    subtitle = f"share of a week's visitors; band 95 %, hollow below 30; n = {sum(rate.n for rate in rates):,}"
    figure = charts_usage.lines("On two days of a week or more", subtitle, [line], is_share=True)
    points = [Point(f"Week of {start:%-d %b}", within(scope, start, "week")) for start in starts]
    rows = [(start.isoformat(), *rate_cells(rate)) for start, rate in zip(starts, rates, strict=True)]
    draw(who, figure, "repeat", "A line of repeat use by week", points, Sheet(("week", *RATE_COLUMNS), rows))


def _draw_funnel(who: Member, scope: Scope) -> None:
    steps = office().usage.funnel(who, scope)
    outcomes = {"Rated": "rated", "Corrected": "corrected"}
    points = [
        Point(f"{step.name}: their uses", scope, outcomes.get(step.name, ""))
        for step in steps
        if step.name not in ("Visited", "Second use case", "Took the survey")
    ]
    figure = charts_usage.funnel([(step.name, step.of_all) for step in steps])
    figure.data[0].customdata = [
        [next((place for place, point in enumerate(points) if point.label.startswith(step.name)), None)]
        for step in steps
    ]
    rows = [(step.name, str(step.visitors), *rate_cells(step.of_before), *rate_cells(step.of_all)) for step in steps]
    columns = (
        "stage",
        "visitors",
        *(f"of before: {one}" for one in RATE_COLUMNS),
        *(f"of all: {one}" for one in RATE_COLUMNS),
    )
    draw(who, figure, "funnel", "Bars of the stages of the funnel", points, Sheet(columns, rows))
    said = [f"{step.name.lower()} {step.of_before}" for step in steps[1:]]
    st.caption("Share of the stage before: " + "; ".join(said) + ".")


def _draw_cohorts(who: Member, scope: Scope) -> None:
    found = office().usage.cohorts(who, scope)
    if not found:
        return
    points = [
        Point(
            f"Began {one.start:%-d %b}, week {number}",
            replace(
                scope,
                since=one.start + timedelta(weeks=number),
                until=one.start + timedelta(weeks=number, days=6),
            ),
            narrowed={"cohort": one.start},
        )
        for one in found
        for number in range(len(one.shares))
    ]
    figure = charts_usage.cohorts(
        [one.start for one in found],
        [one.size for one in found],
        [[rate.share for rate in one.shares] for one in found],
    )
    rows = [
        (one.start.isoformat(), str(number), *rate_cells(rate))
        for one in found
        for number, rate in enumerate(one.shares)
    ]
    sheet = Sheet(("cohort", "weeks on", *RATE_COLUMNS), rows)
    draw(who, figure, "cohorts", "A heat map of who stays, by week of the first use", points, sheet)


RATE_COLUMNS = ("of", "n", "share", "from", "to")


def rate_cells(rate: Rate) -> tuple[str, ...]:
    """Return a rate as cells of a table; where it rests on too little, only its counts."""
    if not rate.is_enough:
        return str(rate.hits), str(rate.n), "not enough yet", "", ""
    low, high = rate.interval
    return str(rate.hits), str(rate.n), f"{rate.share:.4f}", f"{low:.4f}", f"{high:.4f}"


def within(scope: Scope, start: date, unit: str) -> Scope:
    """Return the scope narrowed to a day, or to the week that begins on `start`."""
    return replace(scope, since=start, until=start + timedelta(days=6 if unit == "week" else 0))


def _because(rate: Rate) -> str:
    low, high = rate.interval
    return f"(n = {rate.n:,}, {low * 100:.0f} to {high:.0%})"
