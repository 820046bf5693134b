"""The support questions written for this project, made ready: handbooks to indexes, rules fitted on some of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.engines.base import Encoder
from core.knowledge.documents import read_document
from core.knowledge.index import Index
from core.knowledge.passages import split_passages
from core.types import Turn

PROJECT = Path(__file__).resolve().parent.parent.parent
QUESTIONS = Path(__file__).with_name("support_questions.json")
# Chosen by the area under the curve with one handbook left out, from all sets of up to five kinds of evidence.
EVIDENCE = {
    "english": ("margin", "near_words", "passage_similarity", "unknown_names"),
    "multilingual": ("margin", "near_coverage", "similarity"),
    "words": ("kind", "margin", "near_coverage", "similarity"),
}


@dataclass(frozen=True)
class Question:
    """A question with what its answer must hold; `kind` is answerable, follow-up, unanswerable or manipulative."""

    handbook: str
    language: str
    kind: str
    text: str
    document: str = ""
    facts: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Sample:
    """The evidence found for a question and whether the handbook answers it."""

    handbook: str
    retriever: str
    evidence: dict[str, float]
    is_answerable: bool


def read_questions() -> list[Question]:
    """Return all questions, handbook by handbook."""
    questions = []
    for name, handbook in _handbooks().items():
        for row in handbook["questions"]:
            history = tuple(Turn(role, content) for role, content in row.get("history", ()))
            questions.append(
                Question(
                    name,
                    handbook["language"],
                    row["kind"],
                    row["text"],
                    row.get("document", ""),
                    tuple(row.get("facts", ())),
                    history,
                )
            )
    return questions


def build_index(name: str, encoder: Encoder, multilingual: Encoder | None) -> Index:
    """Return the index of a handbook; the multilingual encoder is used only where it is not in English."""
    handbook = _handbooks()[name]
    language = handbook["language"]
    if "folder" in handbook:
        files = [(path.name, path.read_bytes()) for path in sorted((PROJECT / handbook["folder"]).glob("*.md"))]
    else:
        files = [(file, text.encode()) for file, text in handbook["files"].items()]
    passages = [p for file, content in files for p in split_passages(read_document(file, content), language)]
    return Index(passages, encoder, None if language == "en" else multilingual)


def fit_rules(samples: Iterable[Sample]) -> dict[str, dict[str, float]]:
    """Return a logistic rule a retriever: intercept under the empty name, and a weight a kind of evidence."""
    from sklearn.linear_model import LogisticRegression

    rules = {}
    for retriever, names in EVIDENCE.items():
        rows = [sample for sample in samples if sample.retriever == retriever]
        if len({sample.is_answerable for sample in rows}) < 2:
            continue
        values = np.array([[sample.evidence[name] for name in names] for sample in rows])
        mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-6
        model = LogisticRegression(C=1.0).fit((values - mean) / spread, [sample.is_answerable for sample in rows])
        weights = model.coef_[0] / spread
        rules[retriever] = {"": round(float(model.intercept_[0] - weights @ mean), 4)}
        rules[retriever].update({name: round(float(w), 4) for name, w in zip(names, weights, strict=True)})
    return rules


def _handbooks() -> dict[str, dict]:
    return json.loads(QUESTIONS.read_text(encoding="utf-8"))["handbooks"]
