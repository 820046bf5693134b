"""The sections of insights that tell how fast and how good the answers are, and in which languages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.rates import Rate
from core.tasks.language import LANGUAGES
from core.types import Member, Scope, Task
from pages.parts import charts_usage
from pages.parts.charts import palette
from pages.parts.charts_usage import Line
from pages.parts.insights_point import Point, Sheet, draw
from pages.parts.insights_use import RATE_COLUMNS, rate_cells, within
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.insights.quality import Duration, Quality, Speed

MEASURES: dict[str, tuple[str, str]] = {
    "Thumbs-up": ("good", "of rated answers"),
    "Corrected": ("corrected", "of finished answers"),
    "Abstained": ("abstained", "of support's finished answers"),
    "Handed to a person": ("handed_off", "of support questions"),
    "Stopped": ("stopped", "of uses"),
    "Errors": ("failed", "of uses"),
}


def draw_speed(who: Member, scope: Scope) -> None:
    """Draw the time to the first text and in all; raises HearbackError."""
    now, over_time = office().usage.speed(who, scope)
    if not now:
        st.markdown("No finished use in this scope yet.")
        return
    st.caption("Dot: median. Line: up to the 95th percentile. Both from histograms, exact to 5 %.")
    for name, title, pick in (
        ("first", "Time to the first text", _first),
        ("total", "Time to the whole answer", _total),
    ):
        rows = [(f"{one.task.capitalize()}, {one.weights_id or 'no weights'}", pick(one)) for one in now]
        figure = charts_usage.times(
            [(_two_lines(label), time.p50, time.p95, time.n) for label, time in rows],
            title,
            f"by task and weights; n = {sum(time.n for _, time in rows):,} finished uses",
        )
        points = [
            Point(
                f"{one.task.capitalize()}, {one.weights_id or 'no weights'}: slowest 5 %",
                replace(scope, task=one.task, weights_id=one.weights_id or scope.weights_id),
                narrowed={"seconds_from": one.total.p95 or 0.0},
            )
            for one in now
        ]
        sheet = Sheet(
            ("task and weights", "n", "p50 seconds", "p95 seconds"), [(label, *_cells(time)) for label, time in rows]
        )
        draw(who, figure, f"time_{name}", f"{title} by task and weights", points, sheet)
    _draw_speed_course(who, scope, over_time)


def _draw_speed_course(who: Member, scope: Scope, found: tuple[Speed, ...]) -> None:
    points: list[Point] = []
    many = []
    unit = "week" if scope.since is None else _unit(who, scope)
    for task in Task:
        mine = [one for one in found if one.task is task and one.start is not None and one.total.p95 is not None]
        if not mine:
            continue
        first = len(points)
        points += [
            Point(f"{task.capitalize()}, {one.start:%-d %b}", replace(within(scope, one.start, unit), task=task))
            for one in mine
            if one.start
        ]
        many.append(
            Line(
                task.capitalize(),
                charts_usage.task_colour(task),
                [one.start for one in mine if one.start],
                [one.total.p95 for one in mine],
                range(first, len(points)),
                [f"{task}: {one.total.p95:.2g} s, n = {one.total.n:,}" for one in mine],
                dash=charts_usage.DASHES[task],
                is_enough=[one.total.is_enough for one in mine],
            )
        )
    n = sum(one.total.n for one in found)
    figure = charts_usage.lines(
        "95th percentile of the whole answer", f"n = {n:,} finished uses; hollow below 30", many, unit=" s"
    )
    rows = [
        (one.start.isoformat() if one.start else "", one.task, *_cells(one.first), *_cells(one.total)) for one in found
    ]
    columns = ("from", "task", "n first", "p50 first", "p95 first", "n total", "p50 total", "p95 total")
    draw(who, figure, "time_course", "Lines of the 95th percentile over time", points, Sheet(columns, rows))


def draw_quality(who: Member, scope: Scope) -> None:
    """Draw ratings, corrections, abstentions, hand-offs, stops and errors, and resolution; raises HearbackError."""
    found = office().usage.quality(who, scope)
    if not found:
        st.markdown("No use in this scope yet.")
        return
    name = st.pills(
        "Measure",
        list(MEASURES),
        default="Thumbs-up",
        required=True,
        key="insights_measure",
        label_visibility="collapsed",
    )
    attribute, of_what = MEASURES[name or "Thumbs-up"]
    rated = [(one, rate) for one in found if (rate := _rate(one, attribute)).n]
    if not rated:
        st.markdown(f"There is nothing to count for *{name}* in this scope yet.")
    else:
        figure = charts_usage.shares(
            name or "",
            f"share {of_what}; lines 95 %; n = {sum(rate.n for _, rate in rated):,}",
            [(one.task.capitalize() if one.task else "", rate) for one, rate in rated],
        )
        points = [
            Point(f"{one.task}: {(name or '').lower()}".capitalize(), replace(scope, task=one.task), attribute)
            for one, _ in rated
        ]
        draw(who, figure, f"quality_{attribute}", f"{name} by task", points, _quality_sheet(who, scope))
    _draw_edits(found)
    _draw_resolution(who, scope)


def _draw_edits(found: tuple[Quality, ...]) -> None:
    said = []
    for one in found:
        if one.edit.n and one.task:
            low, high = one.edit.interval or (0.0, 1.0)
            is_enough = one.edit.is_enough
            share = f"{one.edit.value:.0%} (n = {one.edit.n}, {low * 100:.0f} to {high:.0%})" if is_enough else ""
            said.append(f"{one.task} {share or f'not enough yet (n = {one.edit.n})'}".replace("%", " %"))
    if said:
        st.markdown(f"**How much corrections change**, as a share of the words: {'; '.join(said)}.")


def _draw_resolution(who: Member, scope: Scope) -> None:
    whole, course = office().usage.resolution(who, scope)
    if not whole.confirmed.n:
        return
    st.subheader("Support questions resolved", anchor=False)
    left, right = st.columns(2)
    left.metric("Confirmed", _tile(whole.confirmed), border=True)
    left.caption(f"The visitor rated the answer good. {whole.confirmed}")
    right.metric("Assumed", _tile(whole.assumed), border=True)
    right.caption(f"Answered, not rated, no person asked for, nothing more asked in half an hour. {whole.assumed}")
    st.caption("Two different things, never added: one is what visitors said, the other is what nobody said.")
    unit = _unit(who, scope)
    points: list[Point] = []
    many = []
    for name, colour, rates, dash in (
        ("confirmed", palette().accent, [one.confirmed for one in course], "solid"),
        ("assumed", palette().warm, [one.assumed for one in course], "dash"),
    ):
        starts = [one.start for one in course if one.start]
        first = len(points)
        points += [
            Point(f"{name.capitalize()}, {start:%-d %b}", replace(within(scope, start, unit), task=Task.SUPPORT), name)
            for start in starts
        ]
        many.append(
            Line(
                name,
                colour,
                starts,
                [rate.share for rate in rates],
                range(first, len(points)),
                [f"{name}: {rate}" for rate in rates],
                [rate.interval for rate in rates],
                dash,
                [rate.is_enough for rate in rates],
            )
        )
    figure = charts_usage.lines(
        "Resolved over time",
        f"share of support questions by {unit}; bands 95 %; n = {whole.confirmed.n:,}",
        many,
        is_share=True,
    )
    rows = [
        (one.start.isoformat() if one.start else "", *rate_cells(one.confirmed), *rate_cells(one.assumed))
        for one in course
    ]
    columns = (
        "from",
        *(f"confirmed: {one}" for one in RATE_COLUMNS),
        *(f"assumed: {one}" for one in RATE_COLUMNS),
    )
    draw(who, figure, "resolution", "Lines of confirmed and assumed resolution", points, Sheet(columns, rows))


def draw_languages(who: Member, scope: Scope) -> None:
    """Draw the languages of the uses; raises HearbackError."""
    found = office().usage.languages(who, scope)
    if not found:
        st.markdown("No use in this scope yet.")
        return
    shown = found[:12]
    figure = charts_usage.shares(
        "Languages", f"share of uses; n = {found[0].share.n:,}", [(_language(one.language), one.share) for one in shown]
    )
    points = [Point(_language(one.language), scope, narrowed={"language": one.language}) for one in shown]
    rows = [
        (_language(one.language), *rate_cells(one.share), *rate_cells(one.good), *rate_cells(one.abstained))
        for one in found
    ]
    columns = (
        "language",
        *RATE_COLUMNS,
        *(f"thumbs-up: {one}" for one in RATE_COLUMNS),
        *(f"support abstained: {one}" for one in RATE_COLUMNS),
    )
    draw(who, figure, "languages", "Shares of languages", points, Sheet(columns, rows))
    good = [(f"{_language(one.language)}", one.good) for one in shown if one.good.n]
    if good:
        n = sum(rate.n for _, rate in good)
        figure = charts_usage.shares("Thumbs-up by language", f"share of rated answers; lines 95 %; n = {n:,}", good)
        codes = [one for one in shown if one.good.n]
        points = [
            Point(f"{_language(one.language)}: thumbs-up", scope, "good", {"language": one.language}) for one in codes
        ]
        draw(who, figure, "languages_good", "Shares of thumbs-up by language", points, None)


def _quality_sheet(who: Member, scope: Scope) -> Sheet:
    rows = []
    for one in office().usage.quality_by_weights(who, scope):
        for name, (attribute, _) in MEASURES.items():
            if (rate := _rate(one, attribute)).n:
                rows.append((str(one.task), one.weights_id or "", name, *rate_cells(rate)))
    return Sheet(("task", "weights", "measure", *RATE_COLUMNS), rows)


def _unit(who: Member, scope: Scope) -> str:
    moments = office().usage.course(who, scope)
    return "day" if moments and moments[0].repeat is None else "week"


def _rate(one: Quality, attribute: str) -> Rate:
    found: Rate = getattr(one, attribute)
    return found


def _two_lines(label: str) -> str:
    """Return a task and its weights below each other, short enough for a phone."""
    task, _, weights = label.partition(", ")
    return f"{task}<br>{weights if len(weights) <= 18 else weights[:17] + '…'}"


def _first(one: Speed) -> Duration:
    return one.first


def _total(one: Speed) -> Duration:
    return one.total


def _cells(time: Duration) -> tuple[str, str, str]:
    if time.p50 is None or time.p95 is None:
        return str(time.n), "", ""
    return str(time.n), f"{time.p50:.3f}", f"{time.p95:.3f}"


def _tile(rate: Rate) -> str:
    return f"{rate.share:.0%}".replace("%", " %") if rate.is_enough else "not enough yet"


def _language(code: str) -> str:
    return LANGUAGES.get(code, code) or "not known"
