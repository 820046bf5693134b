"""R17: how much of seeded personal data is taken out before anything is stored for training, in nine languages?

2,016 entities by Faker in sentences of the project's own, by kind and language. `later` asks for names and addresses in
sentences that were written after the first rules; the last sentences were written after everything, and asked a second
time as if no list had the names. Ordinary text, which names nobody, says what is taken out wrongly.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from core.privacy import personal_data
from tests.benchmarks.figure import Figure, wilson_spread
from tests.redaction.measure import (
    CHECKSUMMED,
    ORDINARY,
    ORDINARY_LATER,
    Case,
    cases,
    false_masks,
    fresh_cases,
    is_found,
    later_cases,
    ordinary,
    without_the_asked,
)

BARS = ("R17",)
ENTITIES = 2_016
LATER_EACH = 60
FLOORS = {True: 0.99, False: 0.95}


def _counted(asked: Iterable[Case]) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    hits: Counter[tuple[str, str]] = Counter()
    counts: Counter[tuple[str, str]] = Counter()
    for case in asked:
        for key in ((case.kind, case.language), (case.kind, ""), ("", case.language)):
            counts[key] += 1
            hits[key] += is_found(case)
    return hits, counts


def _figure(name: str, hits: int, n: int, floor: float | None, note: str = "") -> Figure:
    return Figure("R17", name, hits / n, "recall", n, wilson_spread(hits, n), floor, note=note)


def _by_language(hits: Counter[tuple[str, str]], counts: Counter[tuple[str, str]], kind: str) -> str:
    found = [f"{language} {hits[key]}/{n}" for key, n in counts.items() if key[0] == kind and (language := key[1])]
    return ", ".join(found)


def measure() -> list[Figure]:
    """Return recall by kind with every language, then what is harder, what goes wrongly, and what it costs."""
    hits, counts = _counted(cases(ENTITIES))
    kinds = [kind for kind, language in counts if kind and not language]
    figures = [
        _figure(kind, hits[kind, ""], counts[kind, ""], FLOORS[kind in CHECKSUMMED], _by_language(hits, counts, kind))
        for kind in kinds
    ]
    total, all_hits = sum(counts[kind, ""] for kind in kinds), sum(hits[kind, ""] for kind in kinds)
    figures.insert(
        0, _figure("all kinds, nine languages", all_hits, total, FLOORS[False], _by_language(hits, counts, ""))
    )
    hits, counts = _counted(later_cases(LATER_EACH))
    figures += [
        _figure(f"{kind}, later sentences", hits[kind, ""], counts[kind, ""], None, _by_language(hits, counts, kind))
        for kind in ("name", "address")
    ]
    fresh = list(fresh_cases(LATER_EACH))
    hits, counts = _counted(fresh)
    note = _by_language(hits, counts, "name")
    figures.append(_figure("name, sentences after all", hits["name", ""], counts["name", ""], FLOORS[False], note))
    with without_the_asked():
        hits, counts = _counted(fresh)
    note = _by_language(hits, counts, "name")
    figures.append(_figure("the same, names that no list has", hits["name", ""], counts["name", ""], None, note))
    for name, file in (("ordinary text", ORDINARY), ("text full of capitals", ORDINARY_LATER)):
        wrong, words = false_masks(file)
        what, each, note = f"taken out wrongly of {name}", 1_000 * len(wrong) / words, "; ".join(wrong)
        figures.append(Figure("R17", what, each, "per 1,000 words", round(words), note=note, is_lower_better=True))
    texts = [text for _, text in ordinary()]
    began = time.perf_counter()
    for text in texts:
        personal_data(text)
    took = 1_000 * (time.perf_counter() - began) / len(texts)
    figures.append(Figure("R17", "time for a text of 20 words", took, "ms", len(texts), is_lower_better=True))
    return figures
