"""A summary in words of its own, shown only where every sentence of it is borne out by the text.

The words are a visitor's correction or those of weights that were trained for it. Beside what `check_wording` proves of
the whole (numbers, names, denials), each sentence must speak in the text's words, say its numbers of what the text says
them of, and tell of a speaker what that speaker said or was told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.engines.base import Generator, Prompt
from core.errors import EngineError, InputTooLong
from core.limits import clean_text
from core.progress import Progress
from core.tasks.check import check_wording
from core.tasks.dialogue import find_turns
from core.tasks.grounds import LEAST_COVERED, LEAST_COVERED_BY_WEIGHTS, Numbers, sentences_in
from core.tasks.sentences import split_sentences
from core.tasks.wordings import summary_prompt
from core.types import Span, SummarySentence
from core.words import roots_of

WORDED_CHARACTERS = 4_000  # about what the weights read at once, the summary's own words beside it
_TOKENS = {"sentence": 60, "short": 120, "long": 260}
_PLACES_A_SENTENCE = 3
_DEADLINE_SECONDS = 60.0
_CLAUSE_START = r"(?:^|[,;]\s*(?:and\s+|but\s+|so\s+)?|\b(?:and|but|so|because|then|while|that)\s+)"


@dataclass(frozen=True)
class _Unit:
    """A sentence of the text with where it stands, its words' roots, and who says it, if anybody."""

    span: Span
    roots: frozenset[str]
    speaker: str


def worded(generator: Generator, text: str, length: str, progress: Progress) -> tuple[SummarySentence, ...] | None:
    """Return the weights' own summary with its places in `text`, or None where it cannot be shown.

    Raises Stopped; other errors of the engine mean None.
    """
    cleaned = clean_text(text).strip()
    if len(cleaned) > WORDED_CHARACTERS:
        return None
    progress.advance(0, 1, "wording")
    prompt = Prompt(
        messages=summary_prompt(cleaned, length), max_tokens=_TOKENS[length], deadline_seconds=_DEADLINE_SECONDS
    )
    try:
        completion = generator.complete([prompt], progress.stop)[0]
    except InputTooLong:
        return None
    except EngineError:  # another time it may
        progress.lack()
        return None
    progress.check()
    if completion.reason == "length":  # it did not come to its end
        return None
    return borne_out(completion.text, text, is_by_weights=True)


def borne_out(wording: str, text: str, is_by_weights: bool = False) -> tuple[SummarySentence, ...] | None:
    """Return the sentences of `wording` with their places in `text`, or None where any of them goes beyond it.

    What weights wrote is held to more: more of its words must be the text's, and what it tells of a speaker must be
    in that speaker's words rather than in others'. Of 250 dialogues' reference summaries 75 % pass this last check, and
    31 % with their speakers exchanged: it halves such mistakes and more, and does not end them.
    """
    sentences = sentences_in(wording)
    if not sentences or not check_wording("\n".join(sentences), [clean_text(text)]).is_supported:
        return None
    units = _units(text)
    numbers = Numbers(clean_text(text))
    known = frozenset[str]().union(*(unit.roots | roots_of(unit.speaker) for unit in units))
    least_covered = LEAST_COVERED_BY_WEIGHTS if is_by_weights else LEAST_COVERED
    proved = []
    for sentence in sentences:
        wanted = roots_of(sentence)
        if not wanted or len(wanted & known) < least_covered * len(wanted) or not numbers.are_in_place(sentence):
            return None
        places = _places(wanted, units)
        if not places or (is_by_weights and not _is_told_of_the_right_one(sentence, units)):
            return None
        proved.append(SummarySentence(sentence, tuple(sorted(places, key=lambda span: span.start))))
    return tuple(proved)


def _units(text: str) -> list[_Unit]:
    whole = [(turn.span, turn.speaker) for turn in find_turns(text)] or [(Span(0, len(text)), "")]
    units = []
    for outer, speaker in whole:
        for inner in split_sentences(text[outer.start : outer.end]):
            span = Span(outer.start + inner.start, outer.start + inner.end)
            units.append(_Unit(span, roots_of(clean_text(text[span.start : span.end])), speaker.casefold()))
    return units


def _places(wanted: frozenset[str], units: Sequence[_Unit]) -> list[Span]:
    """The few sentences that together hold most of the wanted words, the most telling first."""
    open_roots = set(wanted)
    places: list[Span] = []
    while open_roots and len(places) < _PLACES_A_SENTENCE:
        best = max(units, key=lambda unit: len(open_roots & unit.roots))
        if not open_roots & best.roots:
            break
        places.append(best.span)
        open_roots -= best.roots
    return places


def _is_told_of_the_right_one(sentence: str, units: Sequence[_Unit]) -> bool:
    """Tell whether of each speaker who opens a clause, at least as many of its words are theirs as are others'."""
    names = sorted({unit.speaker for unit in units if unit.speaker}, key=len, reverse=True)
    if not names:
        return True
    opens = rf"{_CLAUSE_START}({'|'.join(map(re.escape, names))})(?!['’]s)(?!\w)"
    clauses = list(re.finditer(opens, sentence, re.IGNORECASE))
    ends = [clause.start() for clause in clauses[1:]] + [len(sentence)]
    speakers = frozenset[str]().union(*(roots_of(name) for name in names))
    for clause, end in zip(clauses, ends, strict=True):
        said = roots_of(sentence[clause.start(1) : end]) - speakers
        own = [unit.roots for unit in units if unit.speaker == clause[1].casefold()]
        others = [unit.roots for unit in units if unit.speaker != clause[1].casefold()]
        if len(said & frozenset[str]().union(*own)) < len(said & frozenset[str]().union(*others)):
            return False
    return True
