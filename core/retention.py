"""How long texts and uses are kept, carried out: by a duty of the app, and by `python -m core retention`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.config import Settings
from core.progress import Progress
from core.store import removals, retention, rollups
from core.store.db import Database
from core.store.removals import TEXTS, USES, Removal
from core.store.retention import Gone

# The duty works so long at a time; what is left, it goes on with at its next turn.
TURN_SECONDS = 20.0
DUTY_SECONDS = 600.0


@dataclass(frozen=True)
class Outcome:
    """What went, or in a dry run would go; None where nothing is set, or it was done today already."""

    texts: Gone | None = None
    uses: Gone | None = None


def last_day(keep_days: int, today: date) -> date:
    """Return the last day that is older than `keep_days` whole days."""
    return today - timedelta(days=keep_days + 1)


def carry_out(
    settings: Settings,
    database: Database,
    *,
    today: date | None = None,
    seconds: float = float("inf"),
    progress: Progress | None = None,
    is_dry: bool = False,
) -> Outcome:
    """Let go what is older than the settings say; raises StoreError, Stopped."""
    today = today or datetime.now(UTC).date()
    found: dict[str, Gone] = {}
    for kind, days, act in (
        (TEXTS, settings.keep_text_days, retention.blank_texts),
        (USES, settings.keep_days, retention.remove_uses),
    ):
        if not days:
            continue
        until = last_day(days, today)
        if is_dry:
            found[kind] = retention.would_go(database, kind, until)
            continue
        if kind == USES and rollups.refresh(database, seconds, progress):
            found[kind] = Gone(is_over=False)
            continue
        found[kind] = act(database, until, seconds, progress)
    return Outcome(found.get(TEXTS), found.get(USES))


def daily(settings: Settings, database: Database, today: date | None = None) -> Outcome:
    """Carry out what was not carried out today, for a moment: the duty of the app."""
    today = today or datetime.now(UTC).date()
    done = {one.kind for one in removals.finished(database, today)}
    if not any(days and kind not in done for kind, days in _limits(settings)):
        return Outcome()
    return carry_out(settings, database, today=today, seconds=TURN_SECONDS)


def what_holds(settings: Settings, removed: tuple[Removal, ...]) -> tuple[str, ...]:
    """Return in sentences how long what is kept, and what went last."""
    said = []
    for days, what in ((settings.keep_text_days, "Texts"), (settings.keep_days, "Uses")):
        kept = f"{days:,} days" if days else "until their visitor is forgotten"
        said.append(f"{what} are kept for {kept}." if days else f"{what} are kept {kept}.")
    for kind, gone in ((TEXTS, "lost their texts"), (USES, "were removed")):
        of_kind = [one for one in removed if one.kind == kind and one.uses]
        if of_kind:
            newest = of_kind[0]
            held = f"; {newest.held:,} stayed because something stands on them" if newest.held else ""
            said.append(f"{newest.uses:,} uses up to {newest.until_day} {gone}{held}.")
    return tuple(said)


def _limits(settings: Settings) -> tuple[tuple[str, int], ...]:
    return (TEXTS, settings.keep_text_days), (USES, settings.keep_days)
