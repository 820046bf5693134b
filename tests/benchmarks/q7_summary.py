"""Q7: are summaries faithful, and how near do they come to a reader's on dialogues, beside the first three lines?

ROUGE-1 F with stemming (Lin 2004; rouge-score) against one reference, on the first development dialogues.
Faithful means: every sentence carries places in its source; its own words (beyond names, reporting verbs and forms of
words that agreement changes) stand at those places; and the check of wordings, or the letter, finds it supported.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core.config import PROJECT, read_settings
from core.tasks.check import check_wording
from core.tasks.english import words_in
from core.tasks.summarize import Summarize
from core.types import Summary
from tests.benchmarks.figure import Figure

BARS = ("Q7",)
# Half an hour is for the bars of speed.
IS_LONG = True
DATA = PROJECT.parent / "shared" / "data"
DIALOGUES = 150
FLOOR, AIM = 3.0, 8.0
# Words that telling adds: who asks or says, and what becomes of "I", "we", and "do you".
_TELLING = words_in(
    "asks tells says suggests thanks that if to they them their theirs not about is are was has had does will would "
    "am be if how what s doesn hasn isn wasn"
)
_WORD = re.compile(r"[^\W_]+")


def read_dialogues(folder: Path = DATA, most: int = DIALOGUES) -> list[tuple[str, str]]:
    """Return (dialogue, reference) of the first development dialogues."""
    path = folder / "summarization" / "dialogsum_dev.jsonl"
    if not path.is_file():
        raise SystemExit(f"The development dialogues are not at {path}: Q7 cannot be measured without them.")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:most]]
    return [(row["text"], row["references"][0]) for row in rows]


def is_faithful(text: str, summary: Summary) -> bool:
    """Tell whether every sentence of `summary` is supported by the places that it names."""
    for sentence in summary.sentences:
        sources = [text[span.start : span.end] for span in sentence.source_spans]
        if not sources:
            return False
        known = {_root(word) for source in sources for word in _WORD.findall(_whole(source))}
        own = {word for word in _WORD.findall(_whole(sentence.text)) if word not in _TELLING}
        if any(_root(word) not in known and not _is_irregular(word, known) for word in own):
            return False
        quoted = re.search("“(.*)”", sentence.text)
        is_verbatim = quoted is not None and " ".join(quoted[1].split()) in " ".join(" ".join(sources).split())
        if not is_verbatim and not check_wording(sentence.text, sources).is_supported:
            return False
    return True


def _whole(text: str) -> str:
    return re.sub(r"\s?['’]\s?", " ", text).casefold()


def _root(word: str) -> str:
    return re.sub(r"(?:ied|ies|y)$", "i", re.sub(r"(?<=\w\w)(?:e?s|e?d)$", "", word)).rstrip("e")


def _is_irregular(word: str, known: set[str]) -> bool:
    """Whether `word` is another form of a verb in the sources: "did you buy" is told as "bought"."""
    import lemminflect

    return any(_root(lemma) in known for lemma in lemminflect.getAllLemmas(word).get("VERB", ()))


def measure(folder: Path = DATA, most: int = DIALOGUES) -> list[Figure]:
    """Return ROUGE-1 of the summaries, its lead over the first three lines and sentences, and the share faithful."""
    from rouge_score import rouge_scorer

    from core.engines.shelf import Shelf

    dialogues = read_dialogues(folder, most)
    scorer = rouge_scorer.RougeScorer(["rouge1"], use_stemmer=True)
    shelf = Shelf(read_settings())
    try:
        task = Summarize(shelf.encoder())
        summaries = [task.summarize(text) for text, _ in dialogues]
    finally:
        shelf.close()

    def rouge(write: Callable[[int, str], str]) -> list[float]:
        scores = [scorer.score(reference, write(n, text)) for n, (text, reference) in enumerate(dialogues)]
        return [100 * score["rouge1"].fmeasure for score in scores]

    ours = rouge(lambda n, _: summaries[n].text)
    lines = rouge(lambda _, text: "\n".join(text.split("\n")[:3]))
    sentences = rouge(lambda _, text: " ".join(_sentences(text)[:3]))
    faithful = sum(is_faithful(text, summary) for (text, _), summary in zip(dialogues, summaries, strict=True))
    leads = [mine - other for mine, other in zip(ours, lines, strict=True)]
    n = len(dialogues)
    return [
        Figure("Q7", "faithful summaries", faithful / n, "share", n, "", 1.0, 1.0),
        Figure(
            "Q7", "ROUGE-1 over lead-3 lines", statistics.mean(leads), "points", n, _spread(leads), FLOOR, AIM, "lead-3"
        ),
        Figure("Q7", "ROUGE-1 of summaries", statistics.mean(ours), "points", n, _spread(ours)),
        Figure("Q7", "ROUGE-1 of lead-3 lines", statistics.mean(lines), "points", n, _spread(lines)),
        Figure("Q7", "ROUGE-1 of lead-3 sentences", statistics.mean(sentences), "points", n, _spread(sentences)),
    ]


def _sentences(text: str) -> list[str]:
    """The sentences without the speakers' names, cut at end marks: the weaker of the two usual baselines."""
    words = " ".join(line.partition(":")[2] or line for line in text.split("\n"))
    return re.split(r"(?<=[.!?])\s+", words.strip())


def _spread(values: Sequence[float]) -> str:
    half = 1.96 * statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"95 % {statistics.mean(values) - half:.1f} to {statistics.mean(values) + half:.1f}"


if __name__ == "__main__":
    for figure in measure(most=int(sys.argv[1]) if len(sys.argv) > 1 else DIALOGUES):
        print(f"{figure.name}: {figure.value:.2f} {figure.unit}, n={figure.n} ({figure.spread})")
