"""What a monitor shows: its share now, its course, its aspects and comparisons, worked out from counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.house import House
from core.insights import known_errors, watch
from core.insights.aspects import Aspect, nearest_apart
from core.insights.known_errors import Known
from core.insights.prevalence import Difference, Errors, Share, Tally, difference, newcombe_at, share_of
from core.insights.watch import Course, Recent
from core.office.monitor_reading import aspects_of
from core.store import artefacts, watched
from core.store.monitors import Monitor
from core.store.watched import Choice, DayCount, WatchedText
from core.types import Task

ERRORS_FILE = "sentiment_errors.json"
SHIPPED = "the head that ships"
_QUOTES_LOOKED_AT = 24


@dataclass(frozen=True)
class AspectShare:
    """How what is said of an aspect feels: `share` in the days of the monitor's share, `whole` in all texts.

    `change` is that since the four weeks before, None without dates. `has_moved`: as negative mentions it makes up a
    larger or smaller share of all texts than before, beyond chance (Newcombe at 5 % shared by all aspects).
    """

    aspect: Aspect
    share: Share
    whole: Share
    change: Difference | None
    has_moved: bool
    moved_by: float


@dataclass(frozen=True)
class Reader:
    """A head that has read `texts` of a monitor; `is_live` means that it reads what comes now."""

    head_id: str
    name: str
    texts: int
    is_live: bool


@dataclass(frozen=True)
class MonitorView:
    """A monitor as a page shows it; `aspects`, `products`, `by_domain` and `readers` are empty in the list."""

    monitor: Monitor
    recent: Recent
    above_since: date | None
    is_above: bool
    errors: Errors | None
    known: Known
    course: Course
    aspects: tuple[AspectShare, ...] = ()
    products: tuple[str, ...] = ()
    undated: int = 0
    by_domain: tuple[tuple[str, Share], ...] = ()
    readers: tuple[Reader, ...] = ()

    @property
    def line(self) -> float | None:
        """The share above which the monitor needs attention."""
        return self.monitor.settings.get("line")


@dataclass(frozen=True)
class Comparison:
    """Two choices of texts side by side, in all and by aspect."""

    whole: Difference
    aspects: tuple[tuple[Aspect, Difference], ...]


class Views:
    """Works out what is shown; counts come from the database, errors from the file beside the head and from checks."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._database = house.database

    def brief(self, monitor: Monitor) -> MonitorView:
        """Return the share now and how it stands to the line."""
        return self._view(monitor, watched.counts(self._database, monitor.monitor_id))

    def whole(self, monitor: Monitor, product: str = "") -> MonitorView:
        """Return everything about a monitor, of one product or all."""
        counts = watched.counts(self._database, monitor.monitor_id)
        products = tuple(sorted({one.product for one in counts if one.product}))
        chosen = _of(counts, product)
        brief = self._view(monitor, chosen)
        sets = {**brief.known.sets} | ({known_errors.OWN: brief.known.own} if brief.known.is_own_enough else {})
        tally = self._recent_tally(chosen, brief.recent)
        return MonitorView(
            monitor,
            brief.recent,
            brief.above_since,
            brief.is_above,
            brief.errors,
            brief.known,
            brief.course,
            self._aspects(monitor, product, brief),
            products,
            sum(one.n for one in chosen if not one.day),
            tuple((name, share_of(tally, errors)) for name, errors in sets.items()),
            self.readers(monitor),
        )

    def quotes(self, monitor_id: str, choice: Choice, most: int) -> tuple[WatchedText, ...]:
        """Return the surest negative texts of a choice, apart in meaning."""
        negative = Choice(choice.since, choice.until, choice.product, choice.aspect_id, "negative")
        _, texts = watched.texts(self._database, monitor_id, negative, _QUOTES_LOOKED_AT, most_negative=True)
        english = sum(one.language in ("en", "") for one in texts)
        shelf = self._house.shelf
        encoder = shelf.encoder() if 2 * english >= len(texts) else shelf.multilingual_encoder()
        return tuple(texts[place] for place in nearest_apart([one.text for one in texts], encoder, most))

    def aspect_counts(self, monitor: Monitor, choice: Choice) -> tuple[tuple[Aspect, int, int], ...]:
        """Return (aspect, negative mentions, all mentions) of what texts of a choice speak of, most negative first."""
        found = []
        for aspect in aspects_of(monitor):
            counts = watched.counts(self._database, monitor.monitor_id, aspect.aspect_id)
            tally = _total(_within(counts, choice))
            if tally.n:
                found.append((aspect, tally.negative, tally.n))
        return tuple(sorted(found, key=lambda one: -one[1]))

    def compare(self, monitor: Monitor, one: Choice, other: Choice) -> Comparison:
        """Return how much more negative the texts of `other` are than those of `one`."""
        errors = self._known(monitor).used(monitor.settings.get("domain", ""))

        def found(aspect_id: str) -> Difference:
            counts = watched.counts(self._database, monitor.monitor_id, aspect_id)
            return difference(_total(_within(counts, one)), _total(_within(counts, other)), errors)

        return Comparison(found(""), tuple((aspect, found(aspect.aspect_id)) for aspect in aspects_of(monitor)))

    def _view(self, monitor: Monitor, counts: Iterable[DayCount]) -> MonitorView:
        counts = tuple(counts)
        known = self._known(monitor)
        errors = known.used(monitor.settings.get("domain", ""))
        days = _by_day(counts)
        recent = watch.recent(days, _total(counts), errors)
        line = monitor.settings.get("line")
        course = watch.course(days, errors)
        since = watch.above_since(course, line) if line else None
        is_above = bool(line) and recent.share.is_enough and recent.share.low > (line or 1.0)
        return MonitorView(monitor, recent, since, is_above, errors, known, course)

    def readers(self, monitor: Monitor) -> tuple[Reader, ...]:
        """Return which heads have read the texts of a monitor, most used first."""
        trained = {one.artefact_id: one for one in artefacts.artefacts(self._database, Task.SENTIMENT)}
        live = self._house.tasks().artefact(Task.SENTIMENT)
        found = []
        for head_id, texts in watched.heads(self._database, monitor.monitor_id).items():
            artefact = trained.get(head_id)
            is_live = head_id == live.artefact_id if live else artefact is None
            found.append(Reader(head_id, artefact.name if artefact else SHIPPED, texts, is_live))
        return tuple(found)

    def _known(self, monitor: Monitor) -> Known:
        """Return what is known of the errors on a monitor's texts; of several heads together only checks tell."""
        heads = tuple(watched.heads(self._database, monitor.monitor_id))
        sets = self._errors_of(heads[0]) if len(heads) == 1 else {}
        languages = watched.languages(self._database, monitor.monitor_id)
        return known_errors.known(sets, watched.checks(self._database, monitor.monitor_id), next(iter(languages), ""))

    def _errors_of(self, head_id: str) -> dict[str, Errors]:
        counted = known_errors.measured(self._house.settings.assets / "heads" / ERRORS_FILE, head_id)
        if counted:
            return counted
        trained = {one.artefact_id: one for one in artefacts.artefacts(self._database, Task.SENTIMENT)}
        return known_errors.of_card(trained[head_id].card) if head_id in trained else {}

    def _aspects(self, monitor: Monitor, product: str, brief: MonitorView) -> tuple[AspectShare, ...]:
        aspects = aspects_of(monitor)
        recent = brief.recent
        found = []
        for aspect in aspects:
            counts = _of(watched.counts(self._database, monitor.monitor_id, aspect.aspect_id), product)
            now, before = self._recent_tally(counts, recent), Tally()
            moved_by, has_moved = 0.0, False
            if recent.since is not None:
                since = recent.since - timedelta(days=watch.RECENT_DAYS)
                before = watch.between(_by_day(counts), since, recent.since - timedelta(days=1))
            if recent.change is not None:
                n, n_before = recent.change.after.n, recent.change.before.n
                moved_by, low, high = newcombe_at(0.05 / len(aspects), now.negative, n, before.negative, n_before)
                has_moved = not low <= 0 <= high and recent.change.after.is_enough and recent.change.before.is_enough
            change = difference(before, now, brief.errors) if before.n else None
            shares = share_of(now, brief.errors), share_of(_total(counts), brief.errors)
            found.append(AspectShare(aspect, *shares, change, has_moved, moved_by))
        return tuple(found)

    @staticmethod
    def _recent_tally(counts: Iterable[DayCount], recent: Recent) -> Tally:
        if recent.since is None or recent.until is None:
            return _total(counts)
        return watch.between(_by_day(counts), recent.since, recent.until)


def _of(counts: Iterable[DayCount], product: str) -> tuple[DayCount, ...]:
    return tuple(one for one in counts if not product or one.product == product)


def _within(counts: Iterable[DayCount], choice: Choice) -> tuple[DayCount, ...]:
    return tuple(
        one
        for one in _of(counts, choice.product)
        if (not choice.since or one.day >= choice.since) and (not choice.until or "" < one.day <= choice.until)
    )


def _tally(one: DayCount) -> Tally:
    return Tally(one.n, one.flagged, one.known, one.known_negative)


def _total(counts: Iterable[DayCount]) -> Tally:
    return sum((_tally(one) for one in counts), Tally())


def _by_day(counts: Iterable[DayCount]) -> dict[date, Tally]:
    days: dict[date, Tally] = {}
    for one in counts:
        if one.day:
            day = date.fromisoformat(one.day)
            days[day] = days.get(day, Tally()) + _tally(one)
    return days
