"""The project's own sentences, on which forgetting shows: no visitor wrote them, and nothing was trained on them."""

from __future__ import annotations

from core.loop import Row, RowKind, Split
from core.tasks.translation_examples import SERVED, examples
from core.types import Task, Turn

# Of the sentences in assets/translation_examples.json these are shown in no prompt and replayed in no training.
MEASURED = (4, 7, 10, 11)


def shipped(task: Task) -> list[Row]:
    """Return rows that ship with the code: of translation, one sentence for each pair of served languages.

    The sentences take turns over the pairs, so that every language meets every kind of sentence.
    """
    if task is not Task.TRANSLATE:
        return []
    sentences = examples()
    pairs = [(source, target) for source in SERVED for target in SERVED if source != target]
    rows = []
    for number, (source, target) in enumerate(pairs):
        place = MEASURED[number % len(MEASURED)]
        turns = (Turn("user", sentences[source][place]), Turn("assistant", sentences[target][place]))
        rows.append(
            Row(
                row_id=f"shipped-{source}-{target}",
                task=task,
                kind=RowKind.SUPERVISED,
                split=Split.HELD_OUT,
                messages=turns,
                source=source,
                target=target,
                language=source,
                source_kind="company",
                source_id=f"{source}-{target}-{place}",
            )
        )
    return rows
