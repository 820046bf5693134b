"""The project's own sentences, on which forgetting shows: no visitor wrote them, and nothing was trained on them."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from core.loop import Row, RowKind, Split
from core.tasks.translation_examples import SERVED, examples
from core.types import Task, Turn

# Of the sentences in assets/translation_examples.json these are shown in no prompt and replayed in no training.
MEASURED = (4, 7, 10, 11)
SENTENCES = Path(__file__).with_name("sentiment_sentences.tsv")
MOST_OF_A_LABEL = 12


def shipped(task: Task) -> list[Row]:
    """Return rows that ship with the code, or none for a task of which there are none."""
    return {Task.TRANSLATE: _pairs, Task.SENTIMENT: _feelings}.get(task, list)()


def _feelings() -> list[Row]:
    """Sentences whose label is known, at most `MOST_OF_A_LABEL` for each language and label.

    The head that ships has learned from them, so they say nothing of how good it is, only of what another forgot.
    """
    taken: Counter[tuple[str, str]] = Counter()
    rows = []
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        for number, one in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)):
            place = one["language"], one["label"]
            taken[place] += 1
            if taken[place] <= MOST_OF_A_LABEL:
                turns = (Turn("user", one["text"]), Turn("assistant", one["label"]))
                rows.append(_row(Task.SENTIMENT, f"sentence-{number}", turns, RowKind.LABEL, language=one["language"]))
    return rows


def _pairs() -> list[Row]:
    """One sentence for each pair of served languages, in turns, so that every language meets every kind of them."""
    sentences = examples()
    pairs = [(source, target) for source in SERVED for target in SERVED if source != target]
    rows = []
    for number, (source, target) in enumerate(pairs):
        place = MEASURED[number % len(MEASURED)]
        turns = (Turn("user", sentences[source][place]), Turn("assistant", sentences[target][place]))
        languages = {"language": source, "source": source, "target": target}
        rows.append(_row(Task.TRANSLATE, f"{source}-{target}-{place}", turns, RowKind.SUPERVISED, **languages))
    return rows


def _row(task: Task, source_id: str, turns: tuple[Turn, ...], kind: RowKind, **languages: Any) -> Row:
    return Row(
        row_id=f"shipped-{source_id}",
        task=task,
        kind=kind,
        split=Split.HELD_OUT,
        messages=turns,
        source_kind="company",
        source_id=source_id,
        **languages,
    )
