"""Datasets: from what people said to frozen rows that teach and examine.

What is taken: approved corrections, members' own answers, corrected labels, and good ratings with less weight. What
visitors do not allow (any more), what holds personal data on one side only, what was said before, and what is beyond
one visitor's share is left out and counted.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from core.errors import DatabaseUnavailable, StoreError, TooLittleToLearn
from core.learning.card import card_of
from core.learning.checks import MOST_ITEMS, MOST_SHARE, key_of
from core.learning.forms import input_key, plain_input, rows_of
from core.learning.reading import Readers
from core.learning.splits import Placement, place
from core.loop import LeftOut, Row, Split
from core.progress import Progress
from core.store import dataset_sources, datasets, freezing, splits
from core.store.dataset_sources import RATING, Source, Sources
from core.store.datasets import Dataset
from core.store.db import Database
from core.store.freezing import Draft
from core.store.splits import Placed
from core.types import Member, Task

# One visitor may be a fifth of a dataset, as in the review queue, and never more than this: weights that follow one
# person's taste, or one person's attack, serve nobody else.
MOST_ROWS = 200
_TRIES = 3


@dataclass(frozen=True)
class Material:
    """The rows of a task, not yet split; `cap` is how many of one visitor there may be."""

    task: Task
    is_sample: bool
    rows: tuple[Row, ...]
    left_out: Mapping[LeftOut, int]
    cap: int


class Made:
    """What became of sources before, so that each is masked once; holds so many of them. Safe to share."""

    def __init__(self, most: int = 60_000) -> None:
        self._most = most
        self._known: dict[tuple[str, str, int], tuple[Row, ...] | LeftOut] = {}

    def rows_of(self, task: Task, source: Source) -> tuple[Row, ...] | LeftOut:
        """Return what `core.learning.forms.rows_of` returns."""
        texts = hash((source.input_text, source.said_text, source.right_text, source.segment))
        key = (source.kind, source.source_id, texts)
        found = self._known.get(key)
        if found is None:
            found = rows_of(task, source)
            if len(self._known) >= self._most:
                self._known = {}
            self._known[key] = found
        return found


def gather(
    database: Database,
    task: Task,
    is_sample: bool = False,
    progress: Progress | None = None,
    made: Made | None = None,
) -> Material:
    """Return what a dataset of a task may be made of now; raises StoreError, Stopped."""
    progress = progress or Progress()
    progress.advance(0, 0, "reading the corrections")
    found = dataset_sources.sources(database, task, is_sample)
    return material_of(task, is_sample, found, progress, made)


def material_of(
    task: Task, is_sample: bool, sources: Sources, progress: Progress | None = None, known: Made | None = None
) -> Material:
    """Return the rows of what was found: masked, each input once, and none beyond a visitor's share."""
    progress, known, found = progress or Progress(), known or Made(), sources
    left_out: Counter[LeftOut] = Counter(found.left_out)
    made: list[tuple[Source, Row]] = []
    for number, source in enumerate(found.found):
        if number % 200 == 0:
            progress.check()
            progress.advance(number, len(found.found), "masking personal data")
        rows = known.rows_of(task, source)
        if isinstance(rows, LeftOut):
            left_out[rows] += 1
        else:
            made += [(source, row) for row in rows]
    chosen = _each_once(made, left_out)
    kept, cap = _within_share(chosen, left_out)
    kept.sort(key=lambda row: row.row_id)
    return Material(task, is_sample, tuple(kept), {reason: count for reason, count in left_out.items() if count}, cap)


def preview_of(material: Material, known: Sequence[Placed]) -> tuple[tuple[Row, ...], int]:
    """Return the rows as they would be frozen now, and of how many the split is settled only then.

    Near-duplicates are found when a dataset is frozen, which takes an encoder: until then a new text stands alone.
    """
    placement = place([_unplaced(row) for row in material.rows], known)
    return _split(material.rows, placement), len(placement.new)


def build(
    database: Database,
    member: Member,
    task: Task,
    readers: Readers,
    is_sample: bool = False,
    progress: Progress | None = None,
    made: Made | None = None,
) -> Dataset:
    """Freeze what there is now and return it; the same rows as last time are the same dataset again.

    Raises TooLittleToLearn where there is nothing, EngineError, StoreError, Stopped.
    """
    progress = progress or Progress()
    for left in reversed(range(_TRIES)):
        draft = _draft(database, gather(database, task, is_sample, progress, made), readers, progress)

        def told(done: int, total: int) -> None:
            progress.check()
            progress.advance(done, total, "writing the dataset")

        try:
            return freezing.freeze(database, member, draft, told)
        except StoreError as error:
            # A visitor who was forgotten meanwhile makes a row impossible; a database that is away stays away.
            if not left or isinstance(error, DatabaseUnavailable):
                raise
    raise AssertionError("the last try returns or raises")


def digest_of(rows: Iterable[Row]) -> str:
    """Return the SHA-256 of rows as canonical JSON, a line each: equal datasets, equal digests."""
    digest = sha256()
    for row in rows:
        plain = {
            "row_id": row.row_id,
            "task": row.task.value,
            "kind": row.kind.value,
            "split": row.split.value,
            **datasets.content_of(row),
        }
        digest.update(canonical(plain).encode() + b"\n")
    return digest.hexdigest()


def canonical(plain: Any) -> str:
    """Return plain data as JSON in one way only: sorted keys, no blanks."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _draft(database: Database, material: Material, readers: Readers, progress: Progress) -> Draft:
    if not material.rows:
        raise TooLittleToLearn(
            why=f"nothing that was said of {material.task.value} is approved and allowed for training."
        )
    known = splits.placed(database, material.task, material.is_sample)
    by_id = {(one.source_kind, one.source_id): one for one in known}
    wanted = [_unplaced(row) for row in material.rows]
    stale = [number for number, one in enumerate(wanted) if not _is_read(one, material.rows[number], by_id, readers)]
    encoded = readers.read([material.rows[number] for number in stale], progress)
    again: list[Placed] = []
    for number, (encoder, vector) in zip(stale, encoded, strict=True):
        one = dataclasses.replace(wanted[number], encoder=encoder, vector=vector)
        wanted[number] = one
        if (before := by_id.get((one.source_kind, one.source_id))) is not None:
            again.append(dataclasses.replace(before, encoder=encoder, vector=vector))
    by_id |= {(one.source_kind, one.source_id): one for one in again}
    placement = place(wanted, tuple(by_id.values()), readers.seen, progress)
    rows = _split(material.rows, placement)
    left_out = dict(material.left_out)
    if between := len(material.rows) - len(rows):
        left_out[LeftOut.BETWEEN] = between
    card = card_of(material.task, rows, left_out, material.cap, readers.names)
    return Draft(
        task=material.task,
        is_sample=material.is_sample,
        rows=rows,
        sha256=digest_of(rows),
        card=card,
        new=placement.new,
        encoded=tuple(again),
        known=len(known),
    )


def _is_read(one: Placed, row: Row, known: Mapping[tuple[str, str], Placed], readers: Readers) -> bool:
    """Tell whether a text has its vector, of the encoder that reads such texts now."""
    before = known.get((one.source_kind, one.source_id))
    return before is not None and before.vector is not None and before.encoder == readers.name_for(row)


def _unplaced(row: Row) -> Placed:
    return Placed(
        source_kind=row.source_kind,
        source_id=datasets.place_id(row),
        input_key=input_key(row),
        cluster="",
        split=Split.TRAIN,
        visitor_id=row.visitor_id,
    )


def _split(rows: Sequence[Row], placement: Placement) -> tuple[Row, ...]:
    return tuple(
        dataclasses.replace(row, split=one.split, cluster=one.cluster)
        for row, one in zip(rows, placement.places, strict=True)
        if one is not None
    )


def _each_once(made: Sequence[tuple[Source, Row]], left_out: Counter[LeftOut]) -> list[tuple[Source, Row]]:
    """Return one row for each input, newest first: what most visitors said, a correction before a rating.

    Two right answers to one input would pull against each other, and an exam would ask the same twice.
    """
    groups: dict[tuple[str, ...], list[tuple[Source, Row]]] = defaultdict(list)
    for source, row in made:
        about = (row.source, row.target, str(row.context.get("length", "")))
        groups[(key_of(plain_input(row)) or plain_input(row), *about)].append((source, row))
    chosen = []
    for group in groups.values():
        said = [key_of(row.output_text) or row.output_text for _, row in group]
        voices = {
            key: {row.visitor_id or row.row_id for (_, row), one in zip(group, said, strict=True) if one == key}
            for key in set(said)
        }
        best = max(
            range(len(group)),
            # Of equals the first, which is the newest.
            key=lambda n: (group[n][0].kind != RATING, len(voices[said[n]]), -n),
        )
        chosen.append(group[best])
        same = said.count(said[best])
        left_out[LeftOut.DUPLICATE] += same - 1
        left_out[LeftOut.CONTRADICTED] += len(group) - same
    return chosen


def _within_share(chosen: Sequence[tuple[Source, Row]], left_out: Counter[LeftOut]) -> tuple[list[Row], int]:
    """Return the rows that are within their visitor's share, and how many rows that is.

    Of a visitor with more, corrections are kept before ratings, and the newest before older ones.
    """
    by_visitor: dict[str, list[tuple[Source, Row]]] = defaultdict(list)
    for source, row in chosen:
        by_visitor[row.visitor_id].append((source, row))
    kept = [row for _, row in by_visitor.pop("", [])]
    cap = share_cap([len(rows) for rows in by_visitor.values()], len(kept))
    for rows in by_visitor.values():
        rows.sort(key=lambda one: (one[0].kind != RATING, one[0].at, one[0].source_id), reverse=True)
        kept += [row for _, row in rows[:cap]]
        left_out[LeftOut.OVER_CAP] += max(0, len(rows) - cap)
    return kept, cap


def share_cap(counts: Sequence[int], others: int = 0) -> int:
    """Return how many rows of one visitor there may be, where visitors give `counts` rows and others come besides.

    A fifth of all that remain then, or an equal part where fewer than five visitors gave any; at least ten, so that a
    small beginning is not forbidden, and at most 200.
    """
    share = max(MOST_SHARE, 1 / max(1, len(counts)))
    cap = MOST_ROWS
    while True:
        total = others + sum(min(count, cap) for count in counts)
        allowed = max(MOST_ITEMS, int(share * total + 1e-9))
        if allowed >= cap:
            return cap
        cap = allowed
