"""What one answer to one held-out item is worth, task by task: higher is better, except where it says otherwise.

Points run from 0 to 100. `PRIMARY` names the score that decides who answered an item better, and by how much at least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.learning.forms import plain_input
from core.loop import Row
from core.tasks.check import check_wording
from core.tasks.facts import facts_of
from core.types import Citation, Passage, Reading, Reply, Summary, TableReading, Task, Translation
from core.words import CJK, root_of, roots_of

Scores = dict[str, float]


@dataclass(frozen=True)
class Measure:
    """A score: its name in the data and for people, what it counts, and from which difference on it counts at all."""

    name: str
    label: str
    about: str
    margin: float = 0.0


PRIMARY: dict[Task, Measure] = {
    Task.SENTIMENT: Measure("right", "right answers", "the label is the one that people gave"),
    # Less than half a point of chrF or ROUGE is a comma: nobody would call one of the two better.
    Task.TRANSLATE: Measure("chrf", "chrF", "likeness of letter sequences to the reference (Popović 2015)", 0.5),
    Task.SUMMARIZE: Measure("rouge1", "ROUGE-1", "words shared with the reference, F1 (Lin 2004)", 0.5),
    Task.SUPPORT: Measure("right", "right answers", "the facts, from a passage that holds them, or rightly no answer"),
}
OTHERS: dict[Task, tuple[Measure, ...]] = {
    Task.SENTIMENT: (Measure("sureness", "probability of the right label", "calibrated, in points"),),
    Task.TRANSLATE: (
        Measure("terms", "terms", "share of the agreed terms that stand in the answer"),
        Measure("perplexity", "perplexity", "of the reference, by character: lower is better"),
    ),
    Task.SUMMARIZE: (
        Measure("rougeL", "ROUGE-L", "longest common sequence of words with the reference, F1"),
        Measure("faithful", "faithful", "nothing that can be checked goes beyond the text"),
    ),
    Task.SUPPORT: (
        Measure("fact", "fact hit", "share of the reference's facts that stand in the answer"),
        Measure("citation", "citation", "the cited passages say what the reference says"),
        Measure("abstention", "abstention", "it answers where there is an answer, and only there"),
    ),
}
LOWER_IS_BETTER = frozenset({"perplexity", "seconds"})


def of_translation(row: Row, answer: Translation) -> Scores:
    """Return chrF of one translation, and the share of agreed terms where any stand in the source."""
    scores = {"chrf": chrf(answer.text, row.output_text)}
    terms = [right for source, right in terms_of(row) if source.casefold() in plain_input(row).casefold()]
    if terms:
        scores["terms"] = 100 * sum(term.casefold() in answer.text.casefold() for term in terms) / len(terms)
    return scores


def terms_of(row: Row) -> list[tuple[str, str]]:
    """Return the terms that the row asks for, as (source, target); `context["terms"]` lists them."""
    found = row.context.get("terms", ())
    pairs = found.items() if isinstance(found, Mapping) else found
    return [(str(source), str(target)) for source, target in pairs if source and target]


def of_summary(row: Row, answer: Summary) -> Scores:
    """Return ROUGE of one summary, and whether it keeps to the text."""
    shared, sequence = rouge(answer.text, row.output_text, row.language)
    proved = check_wording(answer.text, [plain_input(row)])
    return {"rouge1": shared, "rougeL": sequence, "faithful": 100.0 * proved.is_supported}


def of_reply(row: Row, answer: Reply) -> Scores:
    """Return whether one answer holds the reference's facts, rests on the right passage, and abstains rightly.

    A row whose reference is empty, or whose context says `is_abstained`, has no answer in its passages.
    """
    is_unanswerable = bool(row.context.get("is_abstained")) or not row.output_text.strip()
    is_wise = answer.is_abstained == is_unanswerable
    if is_unanswerable:
        return {"right": 100.0 * is_wise, "abstention": 100.0 * is_wise}
    fact = 0.0 if answer.is_abstained else fact_share(answer.text, row.output_text)
    citation = rests_on(row.output_text, answer.citations)
    is_right = is_wise and fact > 0.999 and citation
    return {
        "right": 100.0 * is_right,
        "fact": 100.0 * fact,
        "citation": 100.0 * citation,
        "abstention": 100.0 * is_wise,
    }


def fact_share(answer: str, reference: str) -> float:
    """Return the share of the reference's numbers, dates, codes and names in the answer; if it has none, of its words.

    Two words in three are taken for all: a reference may be worded otherwise than the passage that is quoted.
    """
    wanted = facts_of(reference)
    if wanted:
        found = facts_of(answer)
        known = roots_of(answer)
        hits = sum(
            any(fact.kind == other.kind and set(fact.values) & set(other.values) for other in found)
            or (fact.kind == "name" and root_of(fact.values[0]) in known)
            for fact in wanted
        )
        return hits / len(wanted)
    roots = roots_of(reference)
    shared = len(roots & roots_of(answer)) / len(roots) if roots else 1.0
    return 1.0 if shared >= 2 / 3 else shared


def rests_on(reference: str, citations: Sequence[Citation]) -> bool:
    """Return whether the cited passages say what the reference says, as far as `check_wording` can tell."""
    cited: dict[str, Passage] = {one.passage.passage_id: one.passage for one in citations}
    if not cited:
        return False
    texts = [f"{passage.heading}: {passage.text}" for passage in cited.values()]
    return fact_share("\n".join(texts), reference) > 0.999


def of_reading(row: Row, answer: Reading) -> Scores:
    """Return whether one reading is right, and how probable it held what is right."""
    return of_label(row, answer.label, answer.probabilities.get(row.output_text, 0.0))


def of_label(row: Row, label: str, probability: float) -> Scores:
    """Return whether a label is right, and how probable what is right was held."""
    return {"right": 100.0 * (label == row.output_text), "sureness": 100.0 * probability}


def score(row: Row, answer: Any) -> Scores:
    """Return the scores of what a task returned for this row; raises TypeError for anything else."""
    match answer:
        case Translation():
            return of_translation(row, answer)
        case Summary():
            return of_summary(row, answer)
        case Reply():
            return of_reply(row, answer)
        case Reading():
            return of_reading(row, answer)
    raise TypeError(f"no score for {type(answer).__name__}")


def labels_of(table: TableReading) -> list[tuple[str, dict[str, float]]]:
    """Return each row's label with the probabilities by label."""
    names = ("negative", "neutral", "positive")
    return [
        (label, dict(zip(names, row, strict=True)))
        for label, row in zip(table.labels, table.probabilities, strict=True)
    ]


def chrf(answer: str, reference: str) -> float:
    """Return the sentence-level chrF2 of sacrebleu, 0 to 100."""
    return float(_chrf().sentence_score(answer, [reference]).score)


@lru_cache(maxsize=1)
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def rouge(answer: str, reference: str, language: str = "") -> tuple[float, float]:
    """Return ROUGE-1 and ROUGE-L (F1, 0 to 100); English is stemmed, Chinese and Japanese count by character.

    The package's own way of cutting words keeps a to z only, which leaves nothing of most languages.
    """
    scores = _rouge(language in ("", "en")).score(reference, answer)
    return 100 * float(scores["rouge1"].fmeasure), 100 * float(scores["rougeL"].fmeasure)


@lru_cache(maxsize=2)
def _rouge(is_english: bool) -> Any:
    from rouge_score import rouge_scorer

    tokenizer = None if is_english else _Words()
    return rouge_scorer.RougeScorer(["rouge1", "rougeL"], use_stemmer=is_english, tokenizer=tokenizer)


class _Words:
    """Cuts a text of any language into words, and into characters where words are not set apart."""

    def tokenize(self, text: str) -> list[str]:
        words = []
        for word in CJK.sub(lambda found: f" {found.group()} ", text.casefold()).split():
            if kept := "".join(character for character in word if character.isalnum()):
                words.append(kept)
        return words


def macro_f1(said: NDArray[np.intp], right: NDArray[np.intp], labels: int) -> NDArray[np.float64]:
    """Return, for each row, the mean over the labels that occur in it of 2 TP / (2 TP + FP + FN), 0 to 100.

    `said` and `right` are places of labels, of shape (rows, items).
    """
    total, present = np.zeros(len(said)), np.zeros(len(said))
    for label in range(labels):
        is_said, is_right = said == label, right == label
        both = is_said.sum(axis=1) + is_right.sum(axis=1)
        total += 2 * (is_said & is_right).sum(axis=1) / np.maximum(both, 1)
        present += both > 0
    return 100 * total / np.maximum(present, 1)
