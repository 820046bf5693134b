"""Support's answers as people corrected them, shown only while the documents still say the same.

A correction is never shown on its author's word alone: each of its sentences must rest on a passage that search finds
now, with every number, name and denial. What was true of an older handbook is so never said again.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.loop import Recalled
from core.tasks.facts import facts_of, is_negative
from core.tasks.grounds import Grounded, ground, nearest_sentence
from core.tasks.language import guess_language
from core.tasks.quotes import Searchable
from core.tasks.recalling import ANSWER, EXACT, WORDING, use_of
from core.types import AnswerSentence, Citation, Found, Origin, Passage, Reply

_SEARCHED_CHARACTERS = 1_000
_OWN_UNUSED = "Your correction is not shown here: the documents do not say what it says."
_OTHER_UNUSED = "A correction of this answer is not shown: the documents do not say what it says."


def corrected(
    asked: str, hits: Sequence[Recalled], found: Found, index: Searchable, language: str, probability: float
) -> Reply | None:
    """Return the first remembered answer that the documents bear out now, or None.

    `found` is what search finds for `asked`. A near hit counts only where it is the same question in other words.
    """
    for hit in hits:
        passages = list(found.passages)
        if hit.kind == EXACT:
            own = index.search(hit.output_text[:_SEARCHED_CHARACTERS], index.language).passages
            passages += [passage for passage in own if passage not in passages]
        elif not _is_same_question(asked, hit.input_text, found, index, language):
            continue
        is_translation = _is_other_language(hit.output_text, index.language)
        grounded = ground(hit.output_text, [_source(passage) for passage in passages], is_translation=is_translation)
        if grounded is not None:
            return _reply(hit, grounded, passages, language, probability, found.retriever)
    return None


def unused_note(hits: Sequence[Recalled]) -> str:
    """Return what to say where a correction of this very question could not be shown, or empty where there is none."""
    known = next((hit for hit in hits if hit.kind == EXACT), None)
    if known is None:
        return ""
    return _OWN_UNUSED if known.is_own else _OTHER_UNUSED


def _is_same_question(asked: str, other: str, found: Found, index: Searchable, language: str) -> bool:
    """Tell whether both ask for the same: the same names and numbers, and the same sentence found for both."""
    if is_negative(asked) != is_negative(other) or _facts(asked) != _facts(other) or not found.hits:
        return False
    theirs = index.search(other, language).hits
    return bool(theirs) and (theirs[0].passage, theirs[0].place) == (found.hits[0].passage, found.hits[0].place)


def _facts(text: str) -> set[tuple[str, ...]]:
    return {fact.values for fact in facts_of(text)}


def _is_other_language(text: str, expected: str) -> bool:
    guess = guess_language(text)
    return bool(expected) and guess.is_sure and guess.code != expected


def _source(passage: Passage) -> str:
    return "\n".join(part for part in (passage.title, passage.heading, passage.text) if part)


def _reply(
    hit: Recalled,
    grounded: Sequence[Grounded],
    passages: Sequence[Passage],
    language: str,
    probability: float,
    retriever: str,
) -> Reply:
    numbers: dict[int, int] = {}
    quotes: dict[int, str] = {}
    for sentence in grounded:
        for place in sentence.places:
            numbers.setdefault(place, len(numbers) + 1)
            quotes.setdefault(place, nearest_sentence(sentence.text, passages[place].text))
    sentences = tuple(
        AnswerSentence(sentence.text, tuple(numbers[place] for place in sentence.places)) for sentence in grounded
    )
    citations = tuple(
        Citation(number, passages[place], quotes[place], hit.similarity) for place, number in numbers.items()
    )
    use = use_of(hit, ANSWER if hit.kind == EXACT else WORDING)
    origin = Origin("memory", settings={"retriever": retriever}, memory=(use,))
    return Reply(hit.output_text, sentences, citations, (), False, language, probability, origin)
