"""The weekly digest: what was used, what changed, and what to do next, in Markdown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from core.insights.change import Change, Week, changes, week
from core.insights.usage import week_before
from core.store import rollups, usage
from core.store.db import Database
from core.types import Scope

_COUNTING_SECONDS = 600.0


def digest(database: Database, until: date | None = None, is_sample: bool = False) -> str:
    """Return the digest of the seven days up to `until`, beside the seven before; raises StoreError.

    Without `until` it is the last whole week, Monday to Sunday; of the sample company the last seven days it has.
    """
    rollups.refresh(database, _COUNTING_SECONDS)
    if until is None and is_sample:
        until = usage.choices(database, is_sample).last_on
    if until is None:
        until = week_before(datetime.now(UTC).date())[0].until or date.today()
    now = week(database, Scope(until - timedelta(days=6), until, is_sample=is_sample))
    before = week(database, Scope(until - timedelta(days=13), until - timedelta(days=7), is_sample=is_sample))
    return written(now, before)


def written(now: Week, before: Week) -> str:
    """Return the digest of two weeks as Markdown."""
    since, until = now.scope.since, now.scope.until
    title = "Hearback, sample company" if now.scope.is_sample else "Hearback"
    lines = [f"# {title}: {since:%-d %B} to {until:%-d %B %Y}" if since and until else f"# {title}", ""]
    if not now.overview.tally.uses:
        return "\n".join([*lines, "Nobody used it in these seven days.", ""])
    found = changes(now, before)
    lines += [_sentence(now, before), "", "## What changed", "", *_changed(found), ""]
    lines += ["## Use", "", *_used(now, before), "", "## Every rate", "", *_table(found), ""]
    lines += [_METHOD, "", "## What to do next", "", *_next(now, found), ""]
    return "\n".join(lines)


_METHOD = (
    "A change is named only where the 95 % interval of the difference (Newcombe 1998, for all rates together) leaves "
    "out zero. Rates need 30 on both sides. Confirmed resolution is what visitors said, assumed what nobody said; "
    "they are never added."
)


def _sentence(now: Week, before: Week) -> str:
    found = now.overview
    back = found.repeat_days
    return (
        f"**{found.people.visitors:,} visitors used it {found.tally.uses:,} times "
        f"({before.overview.people.visitors:,} and {before.overview.tally.uses:,} the week before). "
        f"Came back on another day: {back}.**"
    )


def _changed(found: tuple[Change, ...]) -> list[str]:
    clear = [one for one in found if one.is_clear]
    if not clear:
        return ["Nothing changed that these numbers can tell from chance."]
    return [
        f"- {one.name} went {'up' if one.difference > 0 else 'down'}, for the "
        f"{'better' if one.is_better else 'worse'}: {one.now}, the week before {one.before}; "
        f"{_points(one.difference)} points ({_points(one.interval[0])} to {_points(one.interval[1])})"
        for one in sorted(clear, key=lambda one: (one.is_better, -abs(one.difference)))
    ]


def _used(now: Week, before: Week) -> list[str]:
    rows = [("All", now.overview.tally.uses, before.overview.tally.uses)]
    rows += [
        (task.capitalize(), tally.uses, before.overview.by_task[task].uses if task in before.overview.by_task else 0)
        for task, tally in now.overview.by_task.items()
    ]
    rows += [
        ("Visitors", now.overview.people.visitors, before.overview.people.visitors),
        ("Visitors for the first time", now.overview.people.newcomers, before.overview.people.newcomers),
    ]
    return [
        "| | this week | week before |",
        "| --- | ---: | ---: |",
        *[f"| {name} | {one:,} | {other:,} |" for name, one, other in rows],
    ]


def _table(found: tuple[Change, ...]) -> list[str]:
    return [
        "| rate | this week | week before | difference, points | |",
        "| --- | --- | --- | --- | --- |",
        *[f"| {one.name} | {one.now} | {one.before} | {_difference(one)} | {_verdict(one)} |" for one in found],
    ]


def _difference(one: Change) -> str:
    if not one.is_enough:
        return ""
    return f"{_points(one.difference)} ({_points(one.interval[0])} to {_points(one.interval[1])})"


def _verdict(one: Change) -> str:
    if not one.is_enough:
        return "not enough yet"
    return ("better" if one.is_better else "worse") if one.is_clear else "no clear change"


def _points(difference: float) -> str:
    return f"{difference * 100:+.0f}"


def _next(now: Week, found: tuple[Change, ...]) -> list[str]:
    """Return what is worth doing, most pressing first; each with the figure that says so."""
    steps = []
    for one in found:
        if one.is_clear and not one.is_better:
            steps.append(f"Find out what is behind *{one.name}*: open its point under Insights.")
    for quality in now.qualities:
        name = (quality.task or "").capitalize()
        if quality.failed.is_enough and quality.failed.interval[0] > 0.01:
            steps.append(
                f"{name} fails too often: {quality.failed} of uses. Look at the errors under Insights, Quality."
            )
        if quality.abstained.hits:
            steps.append(f"{quality.abstained.hits:,} {name} questions had no answer. See the gaps under Knowledge.")
        if quality.handed_off.hits:
            steps.append(f"{quality.handed_off.hits:,} {name} questions were handed to a person. Answer them.")
        if quality.bad.is_enough and quality.bad.interval[0] > 0.2:
            steps.append(f"{name} gets many thumbs-down: {quality.bad}. Read them under Review.")
        if quality.corrected.hits:
            steps.append(f"{quality.corrected.hits:,} {name} answers were corrected. Look at them under Review.")
        if quality.uses >= 100 and not quality.good.is_enough:
            steps.append(
                f"{name} has {quality.good.n} ratings for {quality.uses:,} uses: too few to tell how good it is."
            )
    return [f"{number}. {step}" for number, step in enumerate(steps, 1)] or ["Nothing presses."]
