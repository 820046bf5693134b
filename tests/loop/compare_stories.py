"""What the stories about comparisons share: rows, and systems that answer well or badly on purpose."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.engines.base import Fingerprint, Vectors
from core.engines.fake import FakeClassifier, FakeGenerator
from core.house import House
from core.learning.compared import BASE, CANDIDATE, HELD_OUT, Answer, Comparison, Item
from core.loop import Row, RowKind, Split
from core.store.loop_tables import DatasetItemRow, DatasetRow
from core.tasks.sentiment import Sentiment
from core.tasks.translate import Translate
from core.types import Task, Turn

LABELS = ("negative", "neutral", "positive")


def a_row(number: int, text: str, right: str, task: Task = Task.TRANSLATE, **changes: Any) -> Row:
    """Return a held-out row."""
    row = Row(
        row_id=f"row-{number}",
        task=task,
        kind=RowKind.LABEL if task is Task.SENTIMENT else RowKind.SUPERVISED,
        split=Split.HELD_OUT,
        messages=(Turn("user", text), Turn("assistant", right)),
        language="en",
        source="en" if task is Task.TRANSLATE else "",
        target="de" if task is Task.TRANSLATE else "",
        visitor_id=f"visitor-{number}",
        cluster=f"cluster-{number}",
    )
    return dataclasses.replace(row, **changes)


class Labelling(FakeClassifier):
    """A classifier that says of each text what a function says."""

    def __init__(self, say: Callable[[str], str], head: str, probability: float = 0.8) -> None:
        super().__init__()
        self._say = say
        self._probability = probability
        self._fingerprint = Fingerprint("gemma", "ab" * 32, head)

    def classify(self, texts: Sequence[str]) -> Vectors:
        """Return `probability` for the label that is said, and the rest for the others."""
        rest = (1 - self._probability) / 2
        rows = [[self._probability if label == self._say(text) else rest for label in LABELS] for text in texts]
        return np.array(rows, dtype=np.float32)


def a_reader(say: Callable[[str], str], head: str = "", probability: float = 0.8) -> Sentiment:
    """Return a sentiment task that says of each text what a function says."""
    return Sentiment(Labelling(say, head, probability))


class Writing(FakeGenerator):
    """A generator with an adapter's id."""

    def __init__(self, write: Callable[[str], str], adapter: str = "") -> None:
        super().__init__(lambda prompt: write(prompt.text.splitlines()[-2].partition(": ")[2]))
        self._fingerprint = Fingerprint("gemma", "cd" * 32, adapter)


def a_translator(write: Callable[[str], str], adapter: str = "") -> Translate:
    """Return a translation task that says of each line what a function says."""
    return Translate(Writing(write, adapter))


def a_comparison(
    mine: Sequence[float],
    theirs: Sequence[float],
    task: Task = Task.SENTIMENT,
    languages: Sequence[str] = (),
    **changes: Any,
) -> Comparison:
    """Return a comparison whose primary scores are given, item by item."""
    name = "chrf" if task is Task.TRANSLATE else "right"
    items = tuple(
        Item(
            row_id=f"row-{place}",
            part=HELD_OUT,
            language=languages[place] if languages else "en",
            segment="",
            input_text=f"Text {place}",
            reference="positive",
            answers={
                BASE: Answer("positive" if other else "negative", "gemma", "ab" * 32, ""),
                CANDIDATE: Answer("positive" if one else "negative", "gemma", "ab" * 32, "head-1"),
            },
            scores={BASE: {name: other}, CANDIDATE: {name: one}},
        )
        for place, (one, other) in enumerate(zip(mine, theirs, strict=True))
    )
    fingerprints = {
        BASE: Fingerprint("gemma", "ab" * 32),
        CANDIDATE: Fingerprint("gemma", "ab" * 32, "head-1"),
    }
    return Comparison(task, items, fingerprints, BASE, **changes)


def wins_losses(wins: int, losses: int, ties: int = 0) -> tuple[list[float], list[float]]:
    """Return scores of candidate and rival with so many wins, losses and ties."""
    mine = [100.0] * wins + [0.0] * losses + [100.0] * ties
    return mine, [0.0] * wins + [100.0] * losses + [100.0] * ties


def a_dataset_of_labels(
    house: House, labels: Sequence[str], dataset_id: str = "d1", number: int = 1, correction_ids: Sequence[str] = ()
) -> None:
    """Add a dataset with a held-out text for each label, checked by members; some may be of corrections."""
    with house.database.writing() as session:
        session.add(
            DatasetRow(
                dataset_id=dataset_id,
                task=Task.SENTIMENT,
                number=number,
                sha256="0" * 64,
                card={},
                created_by="Ada",
                is_sample=False,
            )
        )
        session.flush()
        for place, label in enumerate(labels):
            messages = [{"role": "user", "content": f"{label} text {place}"}, {"role": "assistant", "content": label}]
            session.add(
                DatasetItemRow(
                    dataset_id=dataset_id,
                    row_id=f"row-{place}",
                    position=place,
                    split="held_out",
                    kind="label",
                    content={"messages": messages, "language": "en", "cluster": f"c{place}"},
                    source_kind="monitor",
                    source_id=f"{place}",
                    correction_id=correction_ids[place] if place < len(correction_ids) else None,
                )
            )
