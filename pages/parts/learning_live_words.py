"""What serves, in words: since when, how visitors like it, and how to say it in a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from core.loop import Artefact, ArtefactState
from core.types import Task
from pages.parts.plain import plain_line

if TYPE_CHECKING:
    from core.insights.live_quality import Change
    from core.office.registry import Place
    from core.store.artefacts import Switch
    from core.store.lineage import EvaluationPart

NAMES = {
    Task.SUPPORT: "Support",
    Task.TRANSLATE: "Translation",
    Task.SUMMARIZE: "Summaries",
    Task.SENTIMENT: "Sentiment",
}
SHIPPED = "the weights that ship"
BADGES = {
    ArtefactState.CANDIDATE: ("candidate", "gray"),
    ArtefactState.LIVE: ("live", "green"),
    ArtefactState.RETIRED: ("retired", "gray"),
    ArtefactState.WITHDRAWN: ("withdrawn", "red"),
}


def when(at: datetime) -> str:
    """Return a time in UTC as people write it."""
    return f"{at:%d %b %Y, %H:%M} UTC"


def title(artefact: Artefact) -> str:
    """Return what an artefact is called: "Sentiment head 3", with the segment that it is for."""
    name = f"{NAMES[artefact.task]} {artefact.kind} {artefact.number}"
    return f"{name} for {plain_line(artefact.segment)}" if artefact.segment else name


def served_by(place: Place) -> str:
    """Return what serves a place."""
    if place.artefact is not None:
        return f"{NAMES[place.task]} {place.artefact.kind} {place.artefact.number}"
    return SHIPPED if not place.segment else "what serves everybody"


def short(place: Place) -> str:
    """Return what serves a place, beside the task's name: "head 3"."""
    if place.artefact is not None:
        return f"{place.artefact.kind} {place.artefact.number}"
    return served_by(place)


def sentence(places: tuple[Place, ...]) -> str:
    """Return the sentence that matters: what serves, since when, and whether visitors like it better or worse."""
    served = [place for place in places if place.artefact is not None]
    alone = [place for place in places if place.switch is not None and place.switch.kind == "rolled back alone"]
    back = "".join(
        f" :orange[{NAMES[place.task]} was taken back by itself on {place.switch.at:%d %b %Y}.]"
        for place in alone
        if place.switch is not None
    )
    if not served:
        return f"**The weights that ship answer everything.**{back}"
    parts = [_part(place) for place in served]
    rest = [NAMES[task].lower() for task in NAMES if all(place.task is not task for place in served)]
    told = "; ".join(parts)
    others = f" The weights that ship answer the rest: {joined(rest)}." if rest else ""
    return f"**{told}.**{others}{back}"


def waiting(trained: tuple[Artefact, ...], places: tuple[Place, ...], verdicts: Mapping[str, EvaluationPart]) -> str:
    """Return what waits for a founder to decide: candidates that are better than what serves now, or nothing."""
    names = [
        title(one)
        for one in trained
        if one.state is ArtefactState.CANDIDATE
        and not (one.flag or one.is_sample)
        and (verdict := verdicts.get(one.artefact_id)) is not None
        and verdict.is_promotable
        and is_current(verdict, one, places)
    ]
    if not names:
        return ""
    return f":material/how_to_vote: {joined(names)} passed the gate and can be promoted below."


def is_current(verdict: EvaluationPart, artefact: Artefact, places: tuple[Place, ...]) -> bool:
    """Return whether an artefact was compared with what serves its place now."""
    live = {(place.task, place.segment): place.artefact.artefact_id for place in places if place.artefact is not None}
    now = live.get((artefact.task, artefact.segment), live.get((artefact.task, ""), ""))
    return verdict.live_id == now


def _part(place: Place) -> str:
    since = f" since {place.switch.at:%d %b %Y}" if place.switch else ""
    to = f" for {plain_line(place.segment)}" if place.segment else ""
    if place.problem:
        return f"{served_by(place)} should serve{to}{since}, but cannot be used, so what is beneath it answers"
    return f"{served_by(place)} serves{to}{since}, {liked(place)}"


def liked(place: Place) -> str:
    """Return whether visitors like what serves better or worse than what served before, with n."""
    changes = place.standing.changes if place.standing else ()
    told = [one for one in changes if one.is_enough]
    if not told:
        n = max((one.since.n for one in changes), default=0)
        return f"and it is too early to say how visitors like it (n = {n:,})"
    for one in told:
        if one.is_worse or one.low > 0:
            return f"and visitors like it less: {rates(one)}"
    for one in told:
        if one.high < 0:
            return f"and visitors like it better: {rates(one)}"
    return f"with no difference shown for visitors: {rates(told[0])}"


def rates(change: Change) -> str:
    """Return a rate before and since, each with n and interval."""
    return f"{change.name} {change.since} since, {change.before} before"


def change_line(change: Change) -> str:
    """Return one rate before and since on a line, with the difference and what it says."""
    if not change.is_enough:
        return (
            f"{change.name.capitalize()}: :gray[not enough yet to compare "
            f"(n = {change.before.n:,} before, {change.since.n:,} since; 30 each are needed)]"
        )
    points = f"{change.value * 100:+.0f} points, {change.low * 100:+.0f} to {change.high * 100:+.0f}"
    if change.low > 0:
        said = f":orange[more than before ({points})]"
    elif change.high < 0:
        said = f":green[fewer than before ({points})]"
    else:
        said = f":gray[no difference shown ({points})]"
    return f"{change.name.capitalize()}: {change.since} since, {change.before} before; {said}"


def memory_line(switch: Switch) -> str:
    """Return what became of the memory after a switch, or empty while nothing is known."""
    told = switch.memory
    if not told or not switch.is_forward:
        return ""
    asked, retired = int(told.get("asked", 0)), int(told.get("retired", 0))
    if not asked:
        why = str(told.get("why", ""))
        return f"Nothing of the memory rests: {plain_line(why, 200)}." if why else "It learned from nothing remembered."
    entries = "entry" if asked == 1 else "entries"
    rest = f"{retired} of {asked} {entries}"
    return (
        f"It answers {rest} that it learned from right without the memory, so they rest: "
        f"{told.get('before', 0):,} shared entries worked before, {told.get('after', 0):,} after."
    )


def switch_line(switch: Switch, names: dict[str, str]) -> str:
    """Return one switch on a line: when, what, by whom, and why."""
    name = names.get(switch.artefact_id, "what is beneath" if switch.segment else SHIPPED)
    deed = {
        "promoted": f"{name} was promoted",
        "overridden": f"{name} was promoted over the gate",
        "rolled back": f"back to {name}",
        "rolled back alone": f"back to {name}, by itself",
    }.get(switch.kind, switch.kind)
    by = f" by {plain_line(switch.name, 80)}" if switch.name else ""
    to = f" for {plain_line(switch.segment)}" if switch.segment else ""
    why = f": {plain_line(switch.reason, 300)}" if switch.reason else ""
    return f"{when(switch.at)} · {deed}{to}{by}{why}"


def joined(words: list[str]) -> str:
    """Return "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
