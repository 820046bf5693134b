"""Q6: how near are translations to a person's, by pair: plain three-shot prompting, the quick way, the careful way?

All three run on the same WMT22 lines in the same run; chrF is sacreBLEU's with its defaults, over the whole set of
lines. `python -m tests.benchmarks.q6_translation 20 en-de` measures fewer lines, or one pair.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import sacrebleu

from core.config import PROJECT, read_settings
from core.engines.base import Generator, Prompt
from core.engines.shelf import Shelf
from core.tasks.translate import Translate
from core.tasks.translation_examples import prompt_for
from tests.benchmarks.figure import Figure

BARS = ("Q6",)
IS_LONG = True  # twenty minutes: the careful way takes ten seconds a line
FLOORS = {"de-en": 43.0, "en-de": 34.5, "zh-en": 34.0, "en-zh": 18.0}
AIM_OVER_FLOOR = 6.0
LINES = 24
SHORTEST_CHARACTERS, LONGEST_CHARACTERS = 10, 200
DATA = PROJECT.parent / "shared" / "data" / "translation"


def lines_of(pair: str, count: int, folder: Path = DATA) -> list[dict[str, str]]:
    """Return the first `count` development lines of 10 to 200 characters."""
    path = folder / f"wmt22_{pair}_dev.jsonl"
    if not path.is_file():
        raise SystemExit(f"Q6 needs the development data: {path} is not there.")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if SHORTEST_CHARACTERS <= len(row["text"]) <= LONGEST_CHARACTERS][:count]


def plain(generator: Generator, rows: Sequence[dict[str, str]]) -> list[str]:
    """Return three-shot greedy translations as they come: no check, no repair, no choice."""
    prompts = [
        Prompt(
            text=prompt_for(row["source"], row["target"], row["text"]),
            max_tokens=160,
            stop=("\n",),
            deadline_seconds=3_600,
        )
        for row in rows
    ]
    return [completion.text.strip() for completion in generator.complete(prompts)]


def measure_pair(generator: Generator, pair: str, count: int) -> list[Figure]:
    """Return chrF of the three ways on one pair, with seconds a line."""
    rows = lines_of(pair, count)
    references = [[row["reference"] for row in rows]]
    translate = Translate(generator)
    texts: dict[str, list[str]] = {"plain": plain(generator, rows), "quick": [], "careful": []}
    seconds = {"quick": 0.0, "careful": 0.0}
    doubtful = 0
    for row in rows:
        for way in ("quick", "careful"):
            began = time.monotonic()
            result = translate.translate(row["text"], row["target"], row["source"], is_careful=way == "careful")
            seconds[way] += time.monotonic() - began
            texts[way].append(result.text)
        doubtful += any(segment.is_doubtful for segment in result.segments)
    scores = {way: sacrebleu.corpus_chrf(found, references).score for way, found in texts.items()}
    gain = scores["careful"] - scores["plain"]
    note = f"{gain:+.1f} over plain; {seconds['careful'] / len(rows):.1f} s a line; doubtful {doubtful} of {len(rows)}"
    floor = FLOORS[pair]
    return [
        Figure("Q6", f"{pair} plain", scores["plain"], "chrF", len(rows)),
        Figure(
            "Q6",
            f"{pair} quick",
            scores["quick"],
            "chrF",
            len(rows),
            note=f"{seconds['quick'] / len(rows):.1f} s a line",
        ),
        Figure(
            "Q6",
            f"{pair} careful",
            scores["careful"],
            "chrF",
            len(rows),
            "",
            floor,
            floor + AIM_OVER_FLOOR,
            "plain",
            note,
        ),
    ]


def measure(count: int = LINES, pairs: Sequence[str] = tuple(FLOORS)) -> list[Figure]:
    """Return the figures of all pairs."""
    shelf = Shelf(read_settings())
    try:
        return [figure for pair in pairs for figure in measure_pair(shelf.translator(), pair, count)]
    finally:
        shelf.close()


if __name__ == "__main__":
    for figure in measure(int(sys.argv[1]) if len(sys.argv) > 1 else LINES, sys.argv[2:] or tuple(FLOORS)):
        print(f"{figure.name}: {figure.value:.1f} (n={figure.n}) {figure.note} {figure.verdict}", flush=True)
