"""Texts of one meaning, put together: benefits, wishes, questions without an answer, corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.engines.base import Encoder, Vectors

# Chosen by eye on 36 benefits and wishes with the English encoder: 0.35 to 0.45 give nearly the same groups.
SIMILARITY = 0.4
# The tree of groups needs the similarity of every pair: beyond this many texts the rest join what is there.
TEXTS_IN_TREE = 3_000


@dataclass(frozen=True)
class Group:
    """Texts of one meaning by their places in what was given, ascending; `centre` is the place of the most typical."""

    places: tuple[int, ...]
    centre: int


def group_by_meaning(texts: Sequence[str], encoder: Encoder, *, similarity: float = SIMILARITY) -> tuple[Group, ...]:
    """Return the texts in groups, biggest first, then in the order of their first text; a blank text is in none.

    Agglomerative clustering with average linkage: two groups become one while the mean cosine similarity between
    their texts is at least `similarity` (Sokal and Michener 1958). A text that is like no other is a group of its own.
    Raises what `Encoder.encode` raises.
    """
    kept = [place for place, text in enumerate(texts) if text.strip()]
    if not kept:
        return ()
    vectors = encoder.encode([texts[place] for place in kept])
    labels = _labels(vectors, similarity)
    members: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        members.setdefault(label, []).append(row)
    groups = [Group(tuple(kept[row] for row in rows), kept[_most_typical(vectors, rows)]) for rows in members.values()]
    return tuple(sorted(groups, key=lambda group: (-len(group.places), group.places[0])))


def _labels(vectors: Vectors, similarity: float) -> list[int]:
    """Return the number of each row's group."""
    tree = vectors[:TEXTS_IN_TREE]
    if len(tree) < 2:
        return [0] * len(tree)
    from sklearn.cluster import AgglomerativeClustering

    distances = np.clip(1.0 - tree.astype(np.float64) @ tree.T.astype(np.float64), 0.0, 2.0)
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1.0 - similarity + 1e-9
    )
    labels = [int(label) for label in clustering.fit_predict(distances)]
    return labels + _joined(vectors[TEXTS_IN_TREE:], tree, labels, similarity)


def _joined(rest: Vectors, tree: Vectors, labels: list[int], similarity: float) -> list[int]:
    """Return the group of each further row: the one it is nearest to on average, or a new one."""
    if not len(rest):
        return []
    count = max(labels) + 1
    totals = np.zeros((count, tree.shape[1]))
    np.add.at(totals, labels, tree)
    means = totals / np.bincount(labels, minlength=count)[:, None]
    found = []
    for row in rest @ means.T:
        best = int(row.argmax())
        if row[best] < similarity:
            best, count = count, count + 1
        found.append(best)
    return found


def _most_typical(vectors: Vectors, rows: list[int]) -> int:
    """Return the row with the highest mean similarity to the others; of equals the first."""
    of_group = vectors[rows].astype(np.float64)
    scores = of_group @ of_group.mean(axis=0)
    return rows[int(np.argmax(np.round(scores, 9)))]
