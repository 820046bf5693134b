"""Shares of negative texts in words: the same way on every part of Sentiment watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts.plain import plain_line

if TYPE_CHECKING:
    from core.insights.prevalence import Difference, Errors, Share
    from core.office.monitors import MonitorView


def percent(share: float) -> str:
    """Return a share as "28 %"."""
    return f"{share * 100:.0f} %"


def range_of(share: Share) -> str:
    """Return the interval of a share as "24 to 33 %"."""
    return f"{share.low * 100:.0f} to {share.high * 100:.0f} %"


def figure_of(share: Share) -> str:
    """Return a share with its interval and n, grey where it is not enough."""
    if not share.is_enough:
        return f":gray[not enough yet (n = {share.n:,})]"
    return f"{percent(share.value)} ({range_of(share)}, n = {share.n:,})"


def change_of(change: Difference) -> str:
    """Return a difference in points with its interval, or that none is shown."""
    if not (change.before.is_enough and change.after.is_enough):
        return f":gray[not enough yet (n = {change.before.n:,} and {change.after.n:,})]"
    points = f"{change.value * 100:+.0f} points ({change.low * 100:+.0f} to {change.high * 100:+.0f})"
    return points if change.is_shown else f":gray[no difference shown: {points}]"


def headline(view: MonitorView) -> str:
    """Return the sentence that matters: the share now, how it changed, and what of it."""
    recent, share = view.recent, view.recent.share
    what = "texts" if recent.since is None else "texts of the last four weeks"
    if not share.is_enough:
        return f"**Not enough yet: {share.n:,} {what}, and a share needs 30.**"
    said = f"{percent(share.value)} of {share.n:,} {what} are negative ({range_of(share)})"
    change = recent.change
    if change is None or not change.before.is_enough:
        return f"**{said}.**"
    before = percent(change.before.value)
    if not change.is_shown:
        return f"**{said}; no difference shown from the four weeks before ({before}, n = {change.before.n:,}).**"
    direction = "up" if change.value > 0 else "down"
    moved = [one for one in view.aspects if one.has_moved and (one.moved_by > 0) == (change.value > 0)]
    moved.sort(key=lambda one: -abs(one.moved_by))
    what_changed = f"; {plain_line(moved[0].aspect.name).lower()} is what changed" if moved else ""
    return f"**{said}, {direction} from {before}{what_changed}.**"


def basis(view: MonitorView) -> str:
    """Return how the figure was made: what the labels say, and by which errors it was set right."""
    share = view.recent.share
    if view.errors is None or not share.is_adjusted:
        return (
            f"As labelled by {_readers(view)} ({percent(share.raw)}); {_why_unknown(view)}, so nothing "
            "is set right and the band carries chance alone. *Check 30 random texts* to change that."
        )
    return (
        f"As labelled: {percent(share.raw)}. Set right by the classifier's errors on "
        f"{_texts(view.errors)}: it finds {percent(view.errors.sensitivity)} of negative texts and clears "
        f"{percent(view.errors.specificity)} of others (n = {view.errors.n:,})."
    )


def _readers(view: MonitorView) -> str:
    named = [plain_line(one.name) for one in view.readers]
    if len(named) < 2:
        return named[0] if named else "the classifier"
    return " and ".join(f"{name} ({one.texts:,} texts)" for name, one in zip(named, view.readers, strict=True))


def _why_unknown(view: MonitorView) -> str:
    if len(view.readers) > 1:
        return "heads err differently, and what is known of each cannot be put together"
    return "its errors on such texts are not known"


def _texts(errors: Errors) -> str:
    return "texts of this monitor that you checked" if errors.is_own else errors.domain.lower()
