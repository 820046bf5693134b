"""Which of several sources each sentence of a wording rests on, or that one rests on none.

What `check_wording` can prove is one part: no number, name or denial but the sources' own. The second is that the
sentence speaks of the same things at all: enough of its words must stand in the source that it is said to rest on. The
third is that its numbers are said of what they are said of there: "express costs 5 euros" is not borne out by "standard
costs 5 euros, express 9 euros".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.tasks.check import CLAUSE_BREAK, check_wording
from core.tasks.facts import Fact, facts_of
from core.tasks.sentences import split_sentences
from core.words import roots_of

LEAST_COVERED = 0.34  # share of a sentence's content words, as for the words beside a number
LEAST_COVERED_BY_WEIGHTS = 0.5  # of what weights write, more must be the sources' own words than of what people write
_LIST_MARK = re.compile(r"^\s*[-*•]\s+")


@dataclass(frozen=True)
class Grounded:
    """A sentence with the places of the sources that it rests on, best first."""

    text: str
    places: tuple[int, ...]


def ground(
    wording: str,
    sources: Sequence[str],
    least_covered: float = LEAST_COVERED,
    is_translation: bool = False,
) -> tuple[Grounded, ...] | None:
    """Return each sentence of `wording` with what it rests on in `sources`, or None where any rests on nothing.

    With `is_translation` the words are in another language than the sources: then a sentence must share its numbers,
    names or codes with one sentence of a source, since its words cannot be compared.
    """
    rest = _across if is_translation else partial(_within, least_covered=least_covered)
    grounded = []
    for sentence in sentences_in(wording):
        places = rest(sentence, sources)
        if not places:
            return None
        grounded.append(Grounded(sentence, places))
    return tuple(grounded) or None


def sentences_in(wording: str) -> list[str]:
    """Return the sentences of a wording without the marks of a list."""
    told = [_LIST_MARK.sub("", wording[span.start : span.end]).strip() for span in split_sentences(wording)]
    return [sentence for sentence in told if any(character.isalnum() for character in sentence)]


def nearest_sentence(sentence: str, source: str) -> str:
    """Return the sentence of `source` that shares most of the words of `sentence`, as it stands there."""
    wanted = roots_of(sentence)
    places = [source[span.start : span.end] for span in split_sentences(source)]
    return max(places, key=lambda place: len(wanted & roots_of(place)), default="")


def _within(sentence: str, sources: Sequence[str], least_covered: float) -> tuple[int, ...]:
    """The one source that holds the sentence, or else the two that hold it together."""
    wanted = roots_of(sentence)
    if not wanted:
        return ()
    shares = [len(wanted & roots_of(source)) / len(wanted) for source in sources]
    places = sorted(range(len(sources)), key=lambda place: -shares[place])
    for place in places:
        if shares[place] < least_covered:
            break
        if _bears_out([sources[place]], sentence):
            return (place,)
    both = tuple(places[:2])
    is_enough = len(both) == 2 and shares[both[0]] >= least_covered
    return both if is_enough and _bears_out([sources[place] for place in both], sentence) else ()


def _bears_out(sources: Sequence[str], sentence: str) -> bool:
    return check_wording(sentence, sources).is_supported and Numbers("\n".join(sources)).are_in_place(sentence)


class Numbers:
    """What a source says its numbers of."""

    def __init__(self, source: str) -> None:
        self._clauses = [
            (roots_of(clause), numbers)
            for span in split_sentences(source)
            for clause in CLAUSE_BREAK.split(source[span.start : span.end])
            if (numbers := _numbers(clause))
        ]

    def are_in_place(self, sentence: str) -> bool:
        """Tell whether of all clauses that state a number of its kind, the one nearest to `sentence` states this one.

        Measured by the F1 of roots; of equally near ones, one is enough.
        """
        wanted = roots_of(sentence)
        for number in _numbers(sentence):
            alike = [
                (roots, others) for roots, others in self._clauses if any(_is_alike(number, one) for one in others)
            ]
            likeness = [2 * len(wanted & roots) / (len(wanted) + len(roots) or 1) for roots, _ in alike]
            nearest = [others for (_, others), share in zip(alike, likeness, strict=True) if share == max(likeness)]
            if nearest and not any(set(number.values) & set(one.values) for others in nearest for one in others):
                return False
        return True


def _numbers(text: str) -> list[Fact]:
    return [fact for fact in facts_of(text) if fact.kind == "number"]


def _is_alike(number: Fact, other: Fact) -> bool:
    return not number.unit or not other.unit or number.unit == other.unit


def _across(sentence: str, sources: Sequence[str]) -> tuple[int, ...]:
    """The source with a sentence of the same facts that denies what this one denies."""
    wanted = {value for fact in facts_of(sentence) for value in fact.values}
    for place, source in enumerate(sources):
        for span in split_sentences(source):
            theirs = source[span.start : span.end]
            is_shared = any(wanted & set(fact.values) for fact in facts_of(theirs))
            if is_shared and check_wording(sentence, [theirs], is_translation=True).is_supported:
                return (place,)
    return ()
