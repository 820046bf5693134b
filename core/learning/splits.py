"""Which rows may teach and which examine: decided by clusters of near-duplicates, and never again.

Two texts belong together where they are the same but for case, width, spaces and punctuation, or where an encoder
finds them at least 0.9 alike (cosine). A new text goes where what is near it went; one that is near texts of different
splits would carry one over to the other, and is left out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from core.engines.base import Vectors
from core.loop import Split
from core.progress import Progress
from core.store.splits import Placed

SIMILARITY = 0.9
TRAIN_SHARE, VALIDATION_SHARE = 0.7, 0.1
# Chance may leave a small set without an exam: from these numbers of clusters on, at least such a part is held out.
LEAST_HELD_OUT, LEAST_VALIDATION = 0.15, 0.05
FEW_CLUSTERS, SOME_CLUSTERS = 4, 10
_BLOCK = 512

Seen = Callable[[str, Vectors], Vectors]


@dataclass(frozen=True)
class Placement:
    """Where texts go: one `Placed` each in their order, or None for those between splits; `new` had no place before."""

    places: tuple[Placed | None, ...]
    new: tuple[Placed, ...]


def place(
    texts: Sequence[Placed], known: Sequence[Placed], seen: Seen | None = None, progress: Progress | None = None
) -> Placement:
    """Return where each text goes; of `texts` only ids, key and vector count.

    `known` are those that have their place. `seen` turns the stored vectors of an encoder, by its name, into unit rows;
    without it only equal keys count. Deterministic: the order of texts does not matter.
    """
    progress = progress or Progress()
    places = {(one.source_kind, one.source_id): one for one in known}
    new = sorted(
        (one for one in texts if (one.source_kind, one.source_id) not in places),
        key=lambda one: (one.input_key, one.source_kind, one.source_id),
    )
    everything = [*new, *known]
    units = _units(everything, seen)
    groups = _components(everything, len(new), units, progress)
    fresh: dict[int, str] = {}
    for members in groups:
        settled = [everything[number] for number in members if number >= len(new)]
        arriving = [number for number in members if number < len(new)]
        if not settled:
            cluster = min(everything[number].input_key for number in arriving)
            fresh |= dict.fromkeys(arriving, cluster)
        elif len({one.split for one in settled}) == 1:
            home = min(settled, key=lambda one: one.cluster)
            for number in arriving:
                one = everything[number]
                places[one.source_kind, one.source_id] = _at(one, home.cluster, home.split)
        else:
            for number, cluster, split in _between(members, len(new), everything, units):
                if split is None:
                    fresh[number] = cluster
                else:
                    one = everything[number]
                    places[one.source_kind, one.source_id] = _at(one, cluster, split)
    split_of = split_clusters(set(fresh.values()), known)
    for number, cluster in fresh.items():
        one = everything[number]
        places[one.source_kind, one.source_id] = _at(one, cluster, split_of[cluster])
    added = tuple(found for one in new if (found := places.get((one.source_kind, one.source_id))) is not None)
    return Placement(tuple(places.get((one.source_kind, one.source_id)) for one in texts), added)


def split_clusters(clusters: Iterable[str], known: Sequence[Placed]) -> dict[str, Split]:
    """Return the split of each new cluster: by its own hash, about 70, 10 and 20 of a hundred.

    Where chance would leave too few of all clusters to examine with, the new ones next to the border are moved.
    """
    ordered = sorted(set(clusters), key=_chance, reverse=True)
    found = {cluster: _by_chance(cluster) for cluster in ordered}
    before = {one.cluster: one.split for one in known}
    total = len(before) + len(found)
    for split, least, from_ in (
        (Split.HELD_OUT, LEAST_HELD_OUT, FEW_CLUSTERS),
        (Split.VALIDATION, LEAST_VALIDATION, SOME_CLUSTERS),
    ):
        if total < from_:
            continue
        wanted = max(1, round(least * total))
        have = sum(one is split for one in (*before.values(), *found.values()))
        movable = [cluster for cluster in ordered if found[cluster] is Split.TRAIN]
        found |= dict.fromkeys(movable[: max(0, min(wanted - have, len(movable) - 1))], split)
    return found


def _at(one: Placed, cluster: str, split: Split) -> Placed:
    kept = (one.encoder, one.vector, one.visitor_id)
    return Placed(one.source_kind, one.source_id, one.input_key, cluster, split, *kept)


def _chance(cluster: str) -> float:
    return int(sha256(f"split {cluster}".encode()).hexdigest()[:12], 16) / 16**12


def _by_chance(cluster: str) -> Split:
    chance = _chance(cluster)
    if chance < TRAIN_SHARE:
        return Split.TRAIN
    return Split.VALIDATION if chance < TRAIN_SHARE + VALIDATION_SHARE else Split.HELD_OUT


def _units(texts: Sequence[Placed], seen: Seen | None) -> dict[str, tuple[NDArray[np.int64], Vectors]]:
    """Return by encoder which texts it read, and their unit rows."""
    by_encoder: dict[str, list[int]] = defaultdict(list)
    if seen is not None:
        for number, one in enumerate(texts):
            if one.vector is not None:
                by_encoder[one.encoder].append(number)
    found = {}
    for encoder, numbers in by_encoder.items():
        stored = np.stack([np.frombuffer(texts[number].vector or b"", dtype=np.float16) for number in numbers])
        found[encoder] = np.asarray(numbers), (seen or _as_they_are)(encoder, stored.astype(np.float32))
    return found


def _as_they_are(_encoder: str, vectors: Vectors) -> Vectors:
    return vectors


def _components(
    texts: Sequence[Placed], new: int, units: Mapping[str, tuple[NDArray[np.int64], Vectors]], progress: Progress
) -> Iterator[list[int]]:
    """Yield the groups of texts that are linked, by their numbers, of those with one of the first `new` among them."""
    first: dict[str, int] = {}
    same = [(number, first.setdefault(one.input_key, number)) for number, one in enumerate(texts)]
    edges = np.asarray(same, dtype=np.int64).reshape(-1, 2)
    for encoder, (numbers, rows) in units.items():
        arriving = int((numbers < new).sum())
        for start in range(0, arriving, _BLOCK):
            progress.check()
            progress.advance(start, arriving, f"comparing the texts ({encoder})" if encoder else "comparing the texts")
            # The new ones come first: each block is compared with itself and with all that follow.
            ours = rows[start : min(start + _BLOCK, arriving)]
            one, other = np.nonzero(ours @ rows[start:].T >= SIMILARITY)
            links = np.stack([numbers[one + start], numbers[other + start]], axis=1)
            edges = _forest(np.concatenate([edges, links]), len(texts))
    labels = _labels(edges, len(texts))
    groups: dict[int, list[int]] = defaultdict(list)
    wanted = set(labels[:new].tolist())
    for number, label in enumerate(labels.tolist()):
        if label in wanted:
            groups[label].append(number)
    yield from groups.values()


def _labels(edges: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    ones = np.ones(len(edges), dtype=np.int8)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(count, count))
    found: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return found


def _forest(edges: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return as few links as join the same texts, so that thousands that are all alike need no square of memory."""
    labels = _labels(edges, count)
    _, roots = np.unique(labels, return_index=True)
    return np.stack([np.arange(count), roots[labels]], axis=1)


def _between(
    members: Sequence[int],
    new: int,
    texts: Sequence[Placed],
    units: Mapping[str, tuple[NDArray[np.int64], Vectors]],
) -> Iterator[tuple[int, str, Split | None]]:
    """Yield the new texts of a group that holds several splits, each with its cluster; those between are left out.

    Outward from those that have their place: a text goes where all its placed neighbours are, and is left out where
    they disagree. Those that no placed text is near any more make clusters of their own, whose split is None yet.
    """
    beside = _neighbours(members, texts, units)
    home: dict[int, Placed] = {number: texts[number] for number in members if number >= new}
    waiting = deque(sorted(number for number in members if number < new and any(one in home for one in beside[number])))
    looked: set[int] = set()
    while waiting:
        number = waiting.popleft()
        if number in looked:
            continue
        looked.add(number)
        near = [home[one] for one in beside[number] if one in home]
        if len({one.split for one in near}) == 1:
            joined = home[number] = min(near, key=lambda one: one.cluster)
            yield number, joined.cluster, joined.split
            waiting.extend(sorted(one for one in beside[number] if one < new and one not in looked))
    left = {number for number in members if number < new and number not in looked}
    while left:
        group, edge = set[int](), {min(left)}
        while edge:
            group |= edge
            edge = {one for number in edge for one in beside[number] if one in left} - group
        cluster = min(texts[number].input_key for number in group)
        yield from ((number, cluster, None) for number in sorted(group))
        left -= group


def _neighbours(
    members: Sequence[int], texts: Sequence[Placed], units: Mapping[str, tuple[NDArray[np.int64], Vectors]]
) -> dict[int, set[int]]:
    beside: dict[int, set[int]] = {number: set() for number in members}
    by_key: dict[str, list[int]] = defaultdict(list)
    for number in members:
        by_key[texts[number].input_key].append(number)
    for same in by_key.values():
        for number in same:
            beside[number].update(same)
    wanted = np.asarray(sorted(members))
    for numbers, rows in units.values():
        here = np.flatnonzero(np.isin(numbers, wanted))
        for start in range(0, len(here), _BLOCK):
            block = here[start : start + _BLOCK]
            one, other = np.nonzero(rows[block] @ rows[here].T >= SIMILARITY)
            for left, right in zip(numbers[block[one]].tolist(), numbers[here[other]].tolist(), strict=True):
                beside[left].add(right)
                beside[right].add(left)
    for number, others in beside.items():
        others.discard(number)
    return beside
