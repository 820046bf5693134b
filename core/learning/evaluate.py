"""Base, live and candidate on the same held-out items, with the same engine and settings, and the memory off."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Protocol

from core.config import Settings
from core.engines.artefacts import base_of
from core.engines.base import Fingerprint
from core.errors import EqualWeights
from core.knowledge.library import Library
from core.learning.answering import (
    PERPLEXITY_ITEMS,
    TIMED_ITEMS,
    IndexOf,
    Tally,
    answer_all,
    fingerprint_of,
    perplexities,
    rounds_of,
    time_all,
)
from core.learning.compared import BASE, CANDIDATE, HELD_OUT, LIVE, SHIPPED, Comparison, Item, plain_answers
from core.learning.figures import figures
from core.learning.forms import plain_input
from core.learning.gate import decide
from core.learning.memorizing import PROBES, memorized
from core.learning.shipped import shipped
from core.learning.thresholds import Thresholds
from core.loop import Artefact, Row, Split, Term
from core.progress import Progress
from core.serving import Serving
from core.store import artefacts, datasets, evaluations, terms
from core.store.dataset_sources import RATING
from core.store.db import Database
from core.tasks.quotes import Searchable
from core.types import Passage, Task, from_plain

# As many as this machine answers in some minutes; a head reads thousands in the same time.
MOST_ITEMS = {Task.SENTIMENT: 2_000, Task.TRANSLATE: 120, Task.SUMMARIZE: 100, Task.SUPPORT: 120}
# Where answers are written, one that was only rated as good would be the judge of itself.
WRITTEN = frozenset({Task.TRANSLATE, Task.SUMMARIZE})
OWN_WORDS = "rated as good, not corrected"
NEAR_DUPLICATE, NOT_ASKED, NOT_TAKEN = "nearly the same as another", "beyond the most", "not taken by the task"


def compare(
    task: Task,
    rows: Sequence[Row],
    systems: Mapping[str, Any],
    progress: Progress | None = None,
    *,
    index_of: IndexOf | None = None,
    shipped: Sequence[Row] = (),
    trained_on: Sequence[Row] = (),
) -> Comparison:
    """Return what each system (base, candidate and, where it differs from base, live) makes of the same rows.

    Of rows of one cluster only one is asked: near-duplicates are one piece of evidence, not several. `shipped` are
    the project's own sentences, on which forgetting shows; of `trained_on`, some are begun and broken off, to see
    whether the candidate goes on with them to the letter. Raises EqualWeights, Stopped and what the engines raise.
    """
    rival = LIVE if LIVE in systems else BASE
    fingerprints = {name: fingerprint_of(system) for name, system in systems.items()}
    refuse_equal(fingerprints)
    chosen, left_out = choose(task, rows)
    own = [row for row in shipped if row.row_id not in {one.row_id for one in chosen}]
    asked = [*chosen, *own]
    timing = rounds_of(task) * (TIMED_ITEMS + 1) * len(systems)
    tally = Tally(
        progress or Progress(), len(systems) * (len(asked) + min(PERPLEXITY_ITEMS, len(chosen))) + timing + 2 * PROBES
    )
    found = {
        name: answer_all(task, asked, system, tally, f"asking {name}", index_of) for name, system in systems.items()
    }
    surprise = {name: perplexities(task, chosen, system, tally) for name, system in systems.items()}
    items = []
    for place, row in enumerate(asked):
        answers = {name: asked[place] for name, asked in found.items()}
        if any(one is None for one in answers.values()):
            left_out[NOT_TAKEN] = left_out.get(NOT_TAKEN, 0) + 1
            continue
        told = {name: one for name, one in answers.items() if one is not None}
        more = {name: {"perplexity": value} for name in told if (value := surprise[name].get(row.row_id)) is not None}
        items.append(
            Item(
                row_id=row.row_id,
                part=HELD_OUT if place < len(chosen) else SHIPPED,
                language=language_of(row),
                segment=row.segment,
                input_text=plain_input(row),
                reference=row.output_text,
                answers={name: one.answer for name, one in told.items()},
                scores={name: one.scores | more.get(name, {}) for name, one in told.items()},
                visitor_id=row.visitor_id,
                source_kind=row.source_kind,
            )
        )
    two = {name: systems[name] for name in (rival, CANDIDATE)}
    speed = time_all(task, chosen, two, tally, index_of)
    kept = memorized(task, trained_on, systems[CANDIDATE], systems[rival], tally, index_of)
    settings = {"memory": "off", "answers": "drafts" if task is Task.TRANSLATE else "as served"}
    return Comparison(task, tuple(items), fingerprints, rival, speed, kept, settings, left_out)


class House(Protocol):
    """What an evaluation works on; `core.house.House` has it all."""

    settings: Settings
    database: Database
    library: Library

    @property
    def serving(self) -> Serving:
        """What makes a task on an artefact."""


def run(house: House, artefact: Artefact, dataset_id: str, progress: Progress | None = None) -> str:
    """Compare a candidate with base and what serves on a dataset's held-out rows, let the gate judge, and save it all.

    What would serve one segment is asked what people of that segment asked.
    Returns the evaluation's id. Raises EqualWeights, ArtefactUnfit, Stopped, and what the engines and the store raise.
    """
    task = artefact.task
    live = artefacts.live_for(artefacts.live(house.database), artefact)
    systems = {BASE: house.serving.task(task, None), CANDIDATE: house.serving.task(task, artefact)}
    if live is not None:
        systems[LIVE] = house.serving.task(task, live)
    held_out, trained_on = (
        [row for row in datasets.rows(house.database, dataset_id, split) if artefact.segment in ("", row.segment)]
        for split in (Split.HELD_OUT, Split.TRAIN)
    )
    rows = with_terms(held_out, terms.every(house.database))
    found = compare(
        task,
        rows,
        systems,
        progress,
        index_of=Indexes(house.library) if task is Task.SUPPORT else None,
        shipped=shipped(task),
        trained_on=trained_on,
    )
    live_id = live.artefact_id if live else ""
    earlier = evaluations.earlier(house.database, artefact.artefact_id, [item.row_id for item in found.part(HELD_OUT)])
    base = base_of(house.settings, task).sha256
    found = replace(found, artefact=artefact, live_id=live_id, earlier=earlier, base_sha256=base)
    verdict = decide(found, live_id, Thresholds.of(evaluations.thresholds(house.database)))
    return evaluations.add(
        house.database,
        artefact.artefact_id,
        live_id,
        dataset_id,
        figures(found) if found.is_finite else {"task": str(task), "n": len(found.items)},
        verdict.plain(),
        stored_items(found),
    )


def stored_items(found: Comparison) -> list[evaluations.EvaluationItem]:
    """Return the items as they are stored; scores that are no numbers are left out, because JSON has none."""
    return [
        evaluations.EvaluationItem(
            row_id=item.row_id,
            position=place,
            part=item.part,
            language=item.language,
            segment=item.segment,
            input_text=item.input_text,
            reference=item.reference,
            answers=plain_answers(item.answers),
            scores={
                system: {name: value for name, value in scores.items() if math.isfinite(value)}
                for system, scores in item.scores.items()
            },
            visitor_id=item.visitor_id,
            source_kind=item.source_kind,
        )
        for place, item in enumerate(found.items)
    ]


class Indexes:
    """Makes a row's passages searchable, each set of them once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._built: dict[str, Searchable] = {}

    def __call__(self, row: Row) -> Searchable:
        """Return the index of the passages that the row's answer rests on, `context["passages"]`."""
        passages = [passage_of(one, row.language) for one in row.context.get("passages", ())]
        key = "\n".join(sorted(f"{passage.passage_id} {passage.text}" for passage in passages))
        with self._lock:
            if key not in self._built:
                self._built[key] = self._library.build(passages).index
            return self._built[key]


def passage_of(told: Mapping[str, Any], language: str) -> Passage:
    """Return a passage as a row keeps it; what a row does not keep is empty, and `language` that of the question."""
    return from_plain({"document": "", "title": "", "heading": "", "language": language, **told}, Passage)


def with_terms(rows: Iterable[Row], known: Sequence[Term]) -> list[Row]:
    """Return rows that know which terms of the glossary are agreed for their pair of languages."""
    by_pair: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for term in known:
        by_pair.setdefault((term.source, term.target), []).append((term.source_term, term.target_term))
    return [
        replace(row, context={"terms": found} | row.context)
        if (found := by_pair.get((row.source, row.target)))
        else row
        for row in rows
    ]


def refuse_equal(fingerprints: Mapping[str, Fingerprint]) -> None:
    """Raise EqualWeights where two systems are the same weights with the same head or adapter."""
    seen: dict[Fingerprint, str] = {}
    for name, fingerprint in fingerprints.items():
        if fingerprint in seen:
            raise EqualWeights(one=seen[fingerprint].capitalize(), other=name)
        seen[fingerprint] = name


def choose(task: Task, rows: Iterable[Row]) -> tuple[list[Row], dict[str, int]]:
    """Return the rows to ask, always the same ones in the same order, and how many are left out by reason."""
    found = list(rows)
    fit = [row for row in found if task not in WRITTEN or row.source_kind != RATING]
    ordered = sorted(fit, key=lambda row: sha256(row.row_id.encode()).hexdigest())
    clusters: dict[str, Row] = {}
    for row in ordered:
        clusters.setdefault(row.cluster or row.row_id, row)
    # By pair of languages, because an engine keeps the beginning of a prompt, which is a pair's own.
    chosen = sorted(list(clusters.values())[: MOST_ITEMS[task]], key=lambda row: (row.source, row.target))
    left_out = {
        OWN_WORDS: len(found) - len(fit),
        NEAR_DUPLICATE: len(ordered) - len(clusters),
        NOT_ASKED: len(clusters) - len(chosen),
    }
    return chosen, {reason: count for reason, count in left_out.items() if count}


def language_of(row: Row) -> str:
    """Return the language of a row as it is grouped by: of a translation, the pair."""
    return f"{row.source} → {row.target}" if row.task is Task.TRANSLATE else row.language
