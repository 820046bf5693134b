"""Q8: is the detected language of a short text right, in nine languages?

`q8_sentences.tsv` was written before anything was tuned; its odd lines are for tuning, its even ones were kept from it.
`q8_later_sentences.tsv` was written after the last change and measured once. WMT lines add news and chat.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import langdetect
from langdetect import DetectorFactory

from core.config import PROJECT
from core.tasks.language import guess_language
from tests.benchmarks.figure import Figure, wilson_spread

BARS = ("Q8",)
SENTENCES = Path(__file__).with_name("q8_sentences.tsv")
LATER_SENTENCES = Path(__file__).with_name("q8_later_sentences.tsv")
LEAST_CHARACTERS = 20

Rows = list[tuple[str, str]]


def sentences(path: Path) -> Rows:
    """Return (language, text) of a file's lines with 20 characters or more."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [(code, text) for code, _, text in (line.partition("\t") for line in lines)]
    return [row for row in rows if len(row[1]) >= LEAST_CHARACTERS]


def wmt_lines(folder: Path) -> Rows:
    """Return (language, text) of the WMT development lines, or nothing where the data is absent."""
    rows = []
    for pair in ("de-en", "en-de", "zh-en"):
        path = folder / "translation" / f"wmt22_{pair}_dev.jsonl"
        if path.is_file():
            found = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
            rows += [(row["source"], row["text"]) for row in found if len(row["text"]) >= LEAST_CHARACTERS]
    return rows


def wrong(rows: Rows, detect: Callable[[str], str]) -> list[tuple[str, str, str]]:
    """Return (language, detected, text) of every miss."""
    return [(code, found, text) for code, text in rows if (found := detect(text)) != code]


def measure() -> list[Figure]:
    """Return the accuracy of the product on the test half, langdetect's own beside it, and how often it is unsure."""
    DetectorFactory.seed = 0
    first = sentences(SENTENCES)
    figures = []
    for name, rows, is_bar in (
        ("short sentences, later", sentences(LATER_SENTENCES), True),
        ("short sentences with names, test half", first[1::2], False),
        ("short sentences with names, tuning half", first[0::2], False),
        ("WMT lines en de zh", wmt_lines(PROJECT.parent / "shared" / "data"), False),
    ):
        if not rows:
            continue
        missed = wrong(rows, lambda text: guess_language(text).code)
        plain = wrong(rows, lambda text: langdetect.detect(text)[:2])
        right, n = len(rows) - len(missed), len(rows)
        unsure = sum(not guess_language(text).is_sure for _, text in rows)
        note = f"langdetect alone {1 - len(plain) / n:.4f}; unsure {unsure} of {n}; missed: " + (
            "; ".join(f"{code} as {found}: {text}" for code, found, text in missed[:8]) or "none"
        )
        floor, aim = (0.97, 0.995) if is_bar else (None, None)
        spread = wilson_spread(right, n)
        figures.append(Figure("Q8", name, right / n, "accuracy", n, spread, floor, aim, "langdetect", note))
    return figures
