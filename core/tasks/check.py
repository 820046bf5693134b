"""The proof that a wording says nothing that its sources do not say.

A small language model writes fluent sentences with wrong facts. What can be checked without understanding is checked
here: every number (with its unit), date, name, negation and yes or no. Where a check cannot be sure it refuses;
the caller then shows the sources' own sentences, which are always right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.tasks.facts import Fact, facts_of, is_negative, sentences_of
from core.words import CHINESE_NEGATION, CJK_RUN, NO, UNITS, YES, root_of, roots_of

CLAUSE_BREAK = re.compile(r"[;；,，、]\s*|\s(?:but|however|while|aber|sondern|doch|mais|pero|ma|mas|maar)\s|但是?|而")
LEAST_SHARED = 0.34  # share of a number's neighbouring words that must stand beside it in the source as well


@dataclass(frozen=True)
class Verdict:
    """Whether a wording is supported; `reasons` names each thing that is not, in words for the log."""

    is_supported: bool
    reasons: tuple[str, ...]


def check_wording(wording: str, sources: Sequence[str], is_translation: bool = False) -> Verdict:
    """Tell whether every number, name, date, negation and yes or no of `wording` stands in `sources`.

    A number must stand there with its unit and beside some of the same words; a sentence may deny only what the
    source sentence nearest to it denies, and may not drop that denial. With `is_translation` the words are in
    another language than the sources: then the neighbouring words are not compared, and denial is compared as a whole.
    """
    source = "\n".join(sources)
    reasons = list(_unsupported_facts(wording, source, is_translation))
    reasons += _unsupported_yes_no(wording, source)
    if is_translation:
        if is_negative(wording) != is_negative(source):
            reasons.append("it denies what the source does not deny, or the other way round")
    else:
        clauses = [_Clause(text) for text in _clauses(source)]
        for text in sentences_of(wording):
            reasons += _unsupported_sentence(_Clause(text), clauses)
        reasons += _unknown_cjk_words(wording, source)
    return Verdict(not reasons, tuple(dict.fromkeys(reasons)))


def _clauses(text: str) -> Iterator[str]:
    for sentence in sentences_of(text):
        yield sentence
        parts = CLAUSE_BREAK.split(sentence)
        if len(parts) > 1:
            yield from (part for part in parts if len(roots_of(part)) >= 2)


class _Clause:
    def __init__(self, text: str) -> None:
        self.text = text
        self.roots = roots_of(text)
        self.is_negative = is_negative(text)
        self.numbers = tuple(fact for fact in facts_of(text) if fact.kind == "number")


def _unsupported_facts(wording: str, source: str, is_translation: bool) -> Iterator[str]:
    known = facts_of(source)
    plain = unicodedata.normalize("NFKC", source).casefold()
    plain_roots = roots_of(source)
    for fact in facts_of(wording):
        if fact.kind == "name":
            if not _is_known_name(fact, plain, plain_roots, is_translation):
                yield f"the name {fact.text} is not in the sources"
        elif fact.kind == "code":
            if fact.values[0] not in plain:
                yield f"{fact.text} is not in the sources"
        elif not any(_is_same(fact, other) for other in known):
            yield f"the {fact.kind} {fact.text} is not in the sources"


def _is_same(fact: Fact, other: Fact) -> bool:
    if fact.kind != other.kind or not set(fact.values) & set(other.values):
        return False
    return not fact.unit or not other.unit or fact.unit == other.unit


def _is_known_name(fact: Fact, source: str, roots: frozenset[str], is_translation: bool) -> bool:
    name = fact.values[0]
    if re.search(rf"(?<!\w){re.escape(name)}", source):
        return True
    return not is_translation and root_of(name) in roots


def _unsupported_yes_no(wording: str, source: str) -> list[str]:
    said = {kind for sentence in sentences_of(source) if (kind := _yes_no(sentence))}
    return [
        f"it says {kind} and the sources do not"
        for sentence in sentences_of(wording)
        if (kind := _yes_no(sentence)) and kind not in said
    ]


def _yes_no(sentence: str) -> str:
    """Return yes or no if the sentence opens with such a word standing alone."""
    opening = re.split(
        r"[,，。.!！;；:：\s—–]", re.sub(r"^[^:：]{1,30}[:：]\s*", "", sentence.strip()).casefold(), maxsplit=1
    )
    following = sentence.strip()[len(opening[0]) :][:1] if len(opening) > 1 else ""
    if opening[0] in YES and not (opening[0] == "si" and following.isspace()):
        return "yes"
    return "no" if opening[0] in NO and not following.isspace() else ""


def _unsupported_sentence(sentence: _Clause, clauses: Sequence[_Clause]) -> Iterator[str]:
    nearest = _nearest(sentence, clauses)
    if nearest and not any(clause.is_negative == sentence.is_negative for clause in nearest):
        yield "it denies what the source does not deny, or the other way round"
    for number in sentence.numbers:
        beside = [clause for clause in clauses if any(_is_same(number, other) for other in clause.numbers)]
        wanted = {root for root in sentence.roots if root not in roots_of(number.text)}
        if not beside or not wanted:
            continue
        shared = max(len(wanted & (clause.roots | _unit_roots(clause))) / len(wanted) for clause in beside)
        units = {root_of(word) for word in UNITS}
        named = wanted - units
        has_subject = not named or any(named & clause.roots for clause in beside)
        if shared < LEAST_SHARED or not has_subject:
            yield f"the number {number.text} stands in the sources beside other words"


def _unit_roots(clause: _Clause) -> frozenset[str]:
    return frozenset(root_of(number.unit) for number in clause.numbers if number.unit)


def _nearest(sentence: _Clause, clauses: Sequence[_Clause]) -> list[_Clause]:
    """Return the source clauses that share most words with the sentence, by the F1 of their roots."""
    scores = []
    for clause in clauses:
        shared = len(sentence.roots & clause.roots)
        scores.append(2 * shared / max(1, len(sentence.roots) + len(clause.roots)))
    best = max(scores, default=0.0)
    return [clause for clause, score in zip(clauses, scores, strict=True) if best > 0 and score >= best - 1e-9]


def _unknown_cjk_words(wording: str, source: str) -> Iterator[str]:
    """Name runs of Chinese or Japanese characters of which the sources hold not one: there, names have no capitals."""
    known = set(source)
    for run in CJK_RUN.findall(wording):
        for part in re.findall(r"[\u3400-\u9fff\u30a0-\u30ff]+", run):
            strange = re.findall(r"\0{2,}", "".join("\0" if character not in known else " " for character in part))
            if strange and not CHINESE_NEGATION.fullmatch(part):
                yield f"{part} is not in the sources"
                return


def unsupported_facts(answer: str, passages: Iterable[str]) -> tuple[str, ...]:
    """Return the numbers, dates, codes and names of `answer` that stand in none of `passages`: must be empty."""
    return tuple(_unsupported_facts(answer, "\n".join(passages), is_translation=False))
