"""What may stand in a summary: sentences of a text or statements of a dialogue, with what speaks against each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.limits import clean_text
from core.tasks.check import check_wording
from core.tasks.dialogue import Statement
from core.tasks.selection import count_words
from core.tasks.sentences import split_sentences
from core.types import Span, SummarySentence

ENCODED_CHARACTERS = 1_000
QUOTED = 0.1  # handicap of a statement that can only be quoted, measured on the dialogues
POINTS_BACK = 0.04  # of a statement with "it" or "that", which a reader may not place; measured as good as none
_POINTING_BACK = re.compile(
    r"\b(?:it|it's|them|that|that's|this|one|so|those|he|she|him)(?=[,.]?(?:$|\s))", re.IGNORECASE
)
_LEANING = 0.05  # of a sentence that leans on the one before it
_FIRST = -0.05  # a text's first sentence tends to say what it is about
_FRAGMENT = 0.3
_LIST_MARK = re.compile(r"^(?:[-*+•‣◦–—>]+|#{1,6}|\(?\d{1,3}[.)])\s+|^[*_]{1,3}(?=\S)|[*_]{2,3}")
_LEANS = re.compile(
    r"(?:however|therefore|thus|moreover|furthermore|but|and|so|also|this|that|these|those|it|they|he|she|then|such|"
    r"jedoch|deshalb|daher|außerdem|dies|diese[rs]?|er|sie|es|cependant|ainsi|il|elle|ce|sin embargo|además|esto)\b"
    r"|[但而]|因此|所以|然而|这|那|他|她|它",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unit:
    """What may stand in a summary: `told` as it is shown, `meant` as it is encoded, `spans` where it stands.

    `quoted` takes the place of `told` where the check of wordings refuses that; empty where `told` are the text's
    own words.
    """

    told: str
    meant: str
    spans: tuple[Span, ...]
    handicap: float
    quoted: str = ""


def of_statement(statement: Statement) -> Unit:
    """Return what a statement of a dialogue may say in a summary."""
    words = clean_text(statement.words)
    is_short = count_words(words) < 4 or (statement.is_quoted and len(words) < 25)
    handicap = QUOTED * statement.is_quoted + _FRAGMENT * is_short + POINTS_BACK * bool(_POINTING_BACK.search(words))
    quoted = "" if statement.is_quoted else clean_text(f"{statement.speaker}: “{words}”")
    return Unit(clean_text(statement.told), f"{statement.speaker}: {words}", statement.spans, handicap, quoted)


def proved(text: str, unit: Unit) -> SummarySentence:
    """Return the sentence as told, or quoted where a number, name, denial or yes of it is in no source."""
    if unit.quoted:
        sources = [clean_text(text[span.start : span.end]) for span in unit.spans]
        if not check_wording(unit.told, sources).is_supported:
            return SummarySentence(unit.quoted, unit.spans)
    return SummarySentence(unit.told, unit.spans)


def units_of_prose(text: str, language: str) -> list[Unit]:
    """Return the sentences of a text that is no dialogue, in order; none where nothing in it is a word."""
    units: list[Unit] = []
    for span in split_sentences(text, language):
        raw = " ".join(text[span.start : span.end].split())
        told = _LIST_MARK.sub("", clean_text(raw)).strip()
        if not any(character.isalnum() for character in told):
            continue
        is_fragment = count_words(told) < 5 or told[-1] not in ".!?…。！？\"'”’)）」』"
        is_heading = raw.startswith("#") or (is_fragment and told[-1] == ":")
        handicap = _FRAGMENT * (is_fragment + is_heading) + _LEANING * bool(_LEANS.match(told))
        units.append(Unit(told, told, (span,), handicap + (0.0 if units else _FIRST)))
    return units


def unit_of_signs(text: str) -> list[Unit]:
    """Return a text without one letter or digit, such as emoji: it is its own summary as far as it goes."""
    spans = split_sentences(text, longest_characters=ENCODED_CHARACTERS)[:1]
    told = " ".join(clean_text(text[spans[0].start : spans[0].end]).split())
    return [Unit(told, told, tuple(spans), 0.0)]
