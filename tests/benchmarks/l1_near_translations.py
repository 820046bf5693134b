"""L1: does a near corrected sentence, shown as an example, help a translation, and are given terms in it?

26 pairs of sentences written for this, each near another whose right translation is known; quick translations on the
real weights, with the near one shown and without. Of the terms, which the weights would seldom choose by themselves,
is counted how many stand in the translation. `near_translations.tsv`: languages, near source, its target, source,
reference.
"""

from __future__ import annotations

import csv
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

import sacrebleu

from core.config import read_settings
from core.engines.shelf import Shelf
from core.loop import Recalled, Term
from core.tasks.layout import lay_out
from core.tasks.translate import Translate
from core.tasks.translation_memory import LEAST_SIMILARITY, holds
from tests.benchmarks.figure import Figure, wilson_spread

BARS = ("L1",)
PAIRS = Path(__file__).with_name("near_translations.tsv")
# Right, but not what the weights would say first.
TERMS = {
    "parcel": "Sendung", "warranty": "Gewährleistung", "lamp": "Leuchte", "gift card": "Geschenkkarte",
    "subscription": "Abo", "discount": "Nachlass", "item": "Produkt", "shop": "Geschäft", "filter": "Siebeinsatz",
    "orders": "Aufträge", "invoice": "Abrechnung", "technician": "Monteur", "beans": "Röstbohnen", "colour": "Farbton",
}  # fmt: skip
RESAMPLES = 2_000


class _Known:
    """A Recall that knows what is written down for each line, and the terms of the glossary."""

    def __init__(self, entries: dict[str, Recalled], terms: Sequence[Term] = ()) -> None:
        self._entries = entries
        self._terms = terms

    def recall(self, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        """Return the one entry of each text, if there is one."""
        return [(self._entries[text],) if text in self._entries else () for text in texts]

    def terms(self, texts: Sequence[str]) -> list[tuple[Term, ...]]:
        """Return the terms in each text."""
        return [tuple(term for term in self._terms if term.source_term in text) for text in texts]


def measure() -> list[Figure]:
    """Return the gain in chrF by similarity and the share of terms held, each with what it rests on."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    shelf = Shelf(read_settings())
    try:
        translate = Translate(shelf.translator())
        encoders = {"en": shelf.encoder(), "de": shelf.multilingual_encoder()}
        gains: list[tuple[float, float]] = []
        for languages in ("en-de", "de-en"):
            source, target = languages.split("-")
            chosen = [row for row in rows if row[0] == languages]
            near = encoders[source].encode([row[1] for row in chosen])
            own = encoders[source].encode([row[3] for row in chosen])
            similarities = [float(left @ right) for left, right in zip(near, own, strict=True)]
            entries = {
                lay_out(row[3], source).pieces[0].line: Recalled("", row[1], row[2], similarity, "near")
                for row, similarity in zip(chosen, similarities, strict=True)
            }
            texts = [row[3] for row in chosen]
            without = translate.translate_parts(texts, target, source).texts
            shown = translate.translate_parts(texts, target, source, recall=_Known(entries)).texts
            for row, before, after, similarity in zip(chosen, without, shown, similarities, strict=True):
                gains.append((similarity, _chrf(after, row[4]) - _chrf(before, row[4])))
        held, asked = _terms(translate, [row for row in rows if row[0] == "en-de"])
    finally:
        shelf.close()
    used = [gain for similarity, gain in gains if similarity >= LEAST_SIMILARITY]
    worse = sum(gain < -1 for gain in used)
    note = f"worse on {worse}, better on {sum(gain > 1 for gain in used)}; {len(gains) - len(used)} not near enough"
    return [
        Figure("L1", "translation: gain by a near example", statistics.fmean(used), "chrF", len(used), _spread(used),
               note=note),
        Figure("L1", "translation: given terms that are held", held / asked, "share", asked, wilson_spread(held, asked),
               note="quick; else the sentence is marked and the term named"),
    ]  # fmt: skip


def _terms(translate: Translate, rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    terms = [Term(word, "en", "de", word, right) for word, right in TERMS.items()]
    texts = list(dict.fromkeys(text for row in rows for text in (row[1], row[3])))
    found = translate.translate_parts(texts, "de", "en", recall=_Known({}, terms)).texts
    wanted = [(text, term) for text in texts for term in terms if term.source_term in text]
    by_text = dict(zip(texts, found, strict=True))
    return sum(holds(by_text[text], term) for text, term in wanted), len(wanted)


def _chrf(text: str, reference: str) -> float:
    return float(sacrebleu.sentence_chrf(text, [reference]).score)


def _spread(values: Sequence[float]) -> str:
    """95 % of the means of resampled items (bootstrap percentiles)."""
    chance = random.Random(0)
    means = sorted(statistics.fmean(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return f"95 % {means[RESAMPLES // 40]:+.1f} to {means[-RESAMPLES // 40]:+.1f}"


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} (n={figure.n}, {figure.spread}) {figure.note}")
