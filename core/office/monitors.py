"""Sentiment watch: sources of texts that are read again and again, and what founders make of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core import limits
from core.errors import EmptyInput, OutOfRange, TooMany, TooManyRows, UnreadableFile
from core.house import House
from core.insights import texts_in
from core.insights.aspects import Aspect
from core.jobs import Job, JobBoard, JobView
from core.limits import ASPECT_CHARACTERS, ASPECTS, MONITOR_NAME_CHARACTERS, check_length, check_text, check_words
from core.office.monitor_reading import aspects_of, find_aspects, read_texts
from core.office.monitor_views import Comparison, MonitorView, Views
from core.office.room import Room, founder
from core.store import monitors, watched
from core.store.columns import now
from core.store.monitors import Monitor
from core.store.watched import Choice, Corrected, WatchedText
from core.tables import Table
from core.types import Member, Task

__all__ = ["Aspect", "Choice", "Columns", "Comparison", "MonitorView", "Monitors", "WatchedText"]

LABELS = ("negative", "neutral", "positive")
CHECK_TEXTS = 30
# A folder is looked at again when its monitor is opened and this much time has gone by.
REREAD_AFTER = timedelta(hours=1)
_WORDS_OF_AN_ASPECT = 12


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold text, date and product; the last two may be empty."""

    text: str
    date: str = ""
    product: str = ""


class Monitors(Room):
    """Keeps monitors and reads their texts, one source after another, in a thread of its own."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._views = Views(house)
        self._opened: JobBoard | None = None

    # Sources

    def all(self, member: Member, is_sample: bool | None = None) -> tuple[MonitorView, ...]:
        """Return all monitors by name, each with its share and whether it is above its line."""
        founder(member)
        return tuple(
            self._views.brief(one)
            for one in monitors.monitors(self._database)
            if is_sample is None or one.is_sample is is_sample
        )

    def folders(self, member: Member) -> tuple[str, ...]:
        """Return the names of the folders that a monitor may read."""
        founder(member)
        return texts_in.folders(self._house.settings.watch_folder)

    def add_table(
        self, member: Member, name: str, table: Table, columns: Columns, source: str, is_sample: bool = False
    ) -> str:
        """Make a monitor of a table, begin to read it, and return the monitor's id.

        Raises MissingColumn, EmptyInput, InputTooLong, AlreadyThere, TooMany, TooManyRows.
        """
        founder(member)
        texts = texts_in.texts_of_table(table, columns.text, columns.date, columns.product)
        if len(texts) > limits.MONITOR_TEXTS:
            raise TooManyRows(rows=len(texts), limit=limits.MONITOR_TEXTS)
        monitor_id = self._add(member, name, "table", "", columns, is_sample)
        monitors.put_texts(self._database, member, monitor_id, texts, source[: limits.COMMENT_CHARACTERS])
        self._start(monitor_id)
        return monitor_id

    def add_folder(self, member: Member, name: str, folder: str, columns: Columns) -> str:
        """Make a monitor of a folder below the watched one, begin to read it, and return the monitor's id.

        `folder` is one of `folders`; raises UnreadableFile for any other, and as `add_table`.
        """
        founder(member)
        if folder not in self.folders(member):
            raise UnreadableFile(name="This folder", why="it is not one of those in the watched folder")
        monitor_id = self._add(member, name, "folder", folder, columns, False)
        self._start(monitor_id, member)
        return monitor_id

    def append(self, member: Member, monitor_id: str, table: Table, source: str) -> int:
        """Add the rows of a table that are not there yet, begin to read them, and return how many they are."""
        founder(member)
        one = monitors.monitor(self._database, monitor_id)
        texts = texts_in.texts_of_table(
            table,
            one.text_column,
            *(name if name in table.columns else "" for name in (one.date_column, one.product_column)),
        )
        added = monitors.put_texts(self._database, member, monitor_id, texts, source[: limits.COMMENT_CHARACTERS])
        self._start(monitor_id)
        return added

    def read(self, member: Member, monitor_id: str) -> None:
        """Read what is new: the folder's files, and texts that wait since a read was stopped."""
        founder(member)
        monitors.monitor(self._database, monitor_id)
        self._start(monitor_id, member)

    def read_again(self, member: Member, monitor_id: str) -> None:
        """Read all texts anew with the head that serves now, so that one head has read them all."""
        founder(member)
        self.stop(member, monitor_id)
        monitors.forget_readings(self._database, member, monitors.monitor(self._database, monitor_id).monitor_id)
        self._start(monitor_id)

    def read_if_due(self, member: Member, monitor_id: str) -> None:
        """Read a folder again where that was long ago; otherwise do nothing."""
        founder(member)
        one = monitors.monitor(self._database, monitor_id)
        if one.kind == "folder" and (one.read_at is None or one.read_at < now() - REREAD_AFTER):
            view = self.progress(member, monitor_id)
            if view is None or (view.is_over and view.state == "finished"):
                self._start(monitor_id, member)

    def progress(self, member: Member, monitor_id: str) -> JobView | None:
        """Return the newest reading of a monitor as it stands, or None where this process has none."""
        founder(member)
        return next(iter(self._readings(monitor_id)), None)

    def stop(self, member: Member, monitor_id: str) -> None:
        """Stop reading after the batch at work; what was read is kept, and `read` goes on with the rest."""
        founder(member)
        for job_id in self._board.recent(monitor_id, Task.SENTIMENT):
            self._board.stop(monitor_id, job_id)

    def remove(self, member: Member, monitor_id: str) -> None:
        """Delete a monitor with all of its texts."""
        founder(member)
        self.stop(member, monitor_id)
        monitors.remove(self._database, member, monitor_id)

    # What is seen

    def view(self, member: Member, monitor_id: str, product: str = "") -> MonitorView:
        """Return a monitor with its share, course, spikes and aspects, of one product or all."""
        founder(member)
        return self._views.whole(monitors.monitor(self._database, monitor_id), product)

    def quotes(self, member: Member, monitor_id: str, choice: Choice, most: int = 3) -> tuple[WatchedText, ...]:
        """Return the surest negative texts of a choice, none of which says nearly the same as another."""
        founder(member)
        return self._views.quotes(monitor_id, choice, most)

    def aspect_counts(self, member: Member, monitor_id: str, choice: Choice) -> tuple[tuple[Aspect, int, int], ...]:
        """Return the aspects that texts of a choice speak of, most negative mentions first, with those and all."""
        founder(member)
        return self._views.aspect_counts(monitors.monitor(self._database, monitor_id), choice)

    def compare(self, member: Member, monitor_id: str, one: Choice, other: Choice) -> Comparison:
        """Return how much more negative the texts of `other` are than those of `one`, in all and by aspect."""
        founder(member)
        return self._views.compare(monitors.monitor(self._database, monitor_id), one, other)

    def texts(
        self, member: Member, monitor_id: str, choice: Choice, limit: int, offset: int = 0
    ) -> tuple[int, tuple[WatchedText, ...]]:
        """Return how many texts fit a choice and some of them, newest first."""
        founder(member)
        return watched.texts(self._database, monitor_id, choice, limit, offset)

    def corrected(self, member: Member, with_samples: bool = False) -> tuple[Corrected, ...]:
        """Return every reading that members called wrong, newest first: to review, and to learn from."""
        founder(member)
        return watched.corrected(self._database, with_samples)

    # What founders say

    def correct(self, member: Member, text_id: int, label: str) -> None:
        """Say what a text's label should have been; an empty label takes that back. Raises OutOfRange, NotYours."""
        founder(member)
        watched.correct(self._database, member, text_id, _label(label))

    def draw_check(self, member: Member, monitor_id: str, seed: int | None = None) -> tuple[int, ...]:
        """Return the ids of texts drawn at random from those that no check has had yet."""
        founder(member)
        ids = watched.unchecked(self._database, monitor_id)
        chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
        return tuple(chance.sample(ids, min(CHECK_TEXTS, len(ids))))

    def text(self, member: Member, text_id: int) -> WatchedText:
        """Return one text."""
        founder(member)
        return watched.text(self._database, text_id)

    def check(self, member: Member, text_id: int, label: str) -> None:
        """Keep what a member says of a text that was drawn at random; an empty label takes that back."""
        founder(member)
        watched.check(self._database, member, text_id, _label(label))

    def set_line(self, member: Member, monitor_id: str, line: float | None) -> None:
        """Set the share above which a monitor needs attention, or none; raises OutOfRange."""
        founder(member)
        if line is not None and not 0 < line < 1:
            raise OutOfRange(what="The line", value=line, low="1 %", high="99 %")
        monitors.choose(self._database, member, monitor_id, "set alert line", line=line)

    def set_domain(self, member: Member, monitor_id: str, domain: str) -> None:
        """Choose by which counted errors the shares are set right; empty leaves it to what is known.

        Raises InputTooLong.
        """
        founder(member)
        domain = check_words(domain, MONITOR_NAME_CHARACTERS, "domain")
        monitors.choose(self._database, member, monitor_id, "chose error counts", domain=domain)

    def aspects(self, member: Member, monitor_id: str) -> tuple[Aspect, ...]:
        """Return the aspects that are looked for."""
        founder(member)
        return aspects_of(monitors.monitor(self._database, monitor_id))

    def set_aspects(self, member: Member, monitor_id: str, aspects: Sequence[Aspect]) -> None:
        """Choose what is looked for, and look through all texts again; raises InputError for what cannot be."""
        founder(member)
        if len(aspects) > ASPECTS:
            raise TooMany(what="aspects", limit=ASPECTS)
        chosen: list[dict[str, Any]] = []
        for one in aspects:
            name = check_text(one.name, MONITOR_NAME_CHARACTERS, "aspect").strip()
            words = [check_text(word, ASPECT_CHARACTERS, "description").strip() for word in one.words if word.strip()]
            chosen.append({"name": name, "words": (words or [name])[:_WORDS_OF_AN_ASPECT]})
        if len({one["name"].casefold() for one in chosen}) < len(chosen):
            raise EmptyInput(what="name of its own for each aspect")
        monitors.choose(self._database, member, monitor_id, "chose aspects", aspects=chosen)
        self._start(monitor_id)

    def close(self) -> None:
        """Stop reading after the batch at work."""
        if self._opened is not None:
            self._opened.close()

    # Inside

    @property
    def _board(self) -> JobBoard:
        if self._opened is None:
            self._opened = JobBoard(workers=1)
        return self._opened

    def _add(self, member: Member, name: str, kind: str, folder: str, columns: Columns, is_sample: bool) -> str:
        name = " ".join(check_text(name, MONITOR_NAME_CHARACTERS, "name").split())
        for column in (columns.text, columns.date, columns.product):
            check_length(column, limits.TABLE_CELL_CHARACTERS, "name of a column")
        one = Monitor(
            monitor_id=monitors.new_id(),
            name=name,
            kind=kind,
            folder=folder,
            text_column=columns.text,
            date_column=columns.date,
            product_column=columns.product,
            settings={},
            is_sample=is_sample,
            created_at=now(),
            read_at=None,
        )
        monitors.add(self._database, member, one)
        return one.monitor_id

    def _start(self, monitor_id: str, looks_at_folder_for: Member | None = None) -> None:
        """Begin to read unless a reading waits already; with a member, a folder's files come first."""

        def work(job: Job) -> int:
            if looks_at_folder_for is not None:
                self._take_from_folder(looks_at_folder_for, monitor_id, job)
            read = read_texts(self._house, monitor_id, job)
            find_aspects(self._house, monitor_id, job)
            monitors.mark_read(self._database, monitor_id)
            return read

        if not any(view.state == "waiting" for view in self._readings(monitor_id)):
            self._board.start(monitor_id, Task.SENTIMENT, work, lambda _job, _ending: None)

    def _readings(self, monitor_id: str) -> list[JobView]:
        return [self._board.look(monitor_id, one) for one in self._board.recent(monitor_id, Task.SENTIMENT)]

    def _take_from_folder(self, member: Member, monitor_id: str, job: Job) -> None:
        one = monitors.monitor(self._database, monitor_id)
        if one.kind != "folder":
            return
        job.advance(0, 0, "looking at the files")
        texts, problems = texts_in.texts_of_folder(
            self._house.settings.watch_folder, one.folder, one.text_column, one.date_column, one.product_column
        )
        job.check()
        if list(problems) != one.settings.get("problems", []):
            monitors.choose(self._database, member, monitor_id, "left files out", problems=list(problems))
        monitors.put_texts(self._database, member, monitor_id, texts, one.folder)


def _label(label: str) -> str:
    if label and label not in LABELS:
        raise OutOfRange(what="The label", value=label, low=LABELS[0], high=LABELS[-1])
    return label
