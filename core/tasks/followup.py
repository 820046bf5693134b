# ruff: noqa: E501 - patterns are read one alternative at a time, and breaking them hides where one ends
"""What a follow-up means: "and for Germany?" is the question before with another object."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.types import Turn
from core.words import BINDING, CJK, words_of

LONGEST_CHARACTERS = 80

_OPENER = re.compile(
    r"^\s*(?:and|what about|how about|but|or|also|what if|same for|und|und was ist mit|was ist mit|wie ist es mit|et|et pour"
    r"|y|y para|e|e per|en|en voor|那么|那|还有|以及|如果是|换成|では|じゃあ)(?:\b|(?<=[\u3040-\u9fff]))[\s,，:]*(?:what about\s|how about\s|was ist mit\s)?",
    re.I,
)
_POINTER = re.compile(
    r"\b(?:it|its|they|them|that|this|those|these|there|one|he|she|es|das|dies|dort|dafür|davon|ihn|ça|eso)\b|它|他们|这个|那个|这些",
    re.I,
)
_TAIL = re.compile(r"[\s?？!.。]*$|(?:呢|吗)[？?]?$")
_PREPOSITION = re.compile(
    r"\b(to|for|in|from|at|with|on|of|by|nach|für|in|aus|bei|mit|von|pour|à|en|para|por|per|a|voor|naar)\s+((?:the|die|den|der|das|dem|la|le|el|de)\s+)?",
    re.I,
)


def whole_question(question: str, history: Sequence[Turn]) -> str:
    """Return `question` made whole with the user's question before it, or as it is if it stands by itself."""
    before = next((turn.content for turn in reversed(history) if turn.role == "user"), "").strip()
    if not before or len(question) > LONGEST_CHARACTERS or not _leans_on_what_was_said(question):
        return question
    rest = _TAIL.sub("", _TAIL.sub("", _OPENER.sub("", question))).strip()
    if not rest:
        return before
    return _with_other_object(before, rest) or f"{before} {question}"


def _leans_on_what_was_said(question: str) -> bool:
    if _OPENER.match(question):
        return True
    matter = [word for word in words_of(question) if word not in BINDING]
    if CJK.search(question):
        return len(question.strip("？?。 ")) <= 5
    return len(matter) <= 1 or bool(_POINTER.search(question) and len(matter) <= 2)


def _with_other_object(before: str, rest: str) -> str:
    """Put "to Germany" in the place of "to the Netherlands"; empty where the two do not fit."""
    match = _PREPOSITION.match(rest)
    if not match or len(words_of(rest)) > 6:
        return ""
    pattern = re.compile(
        rf"\b{re.escape(match[1])}\s+(?:(?:the|die|den|der|das|dem|la|le|el|de|our|your|a|an)\s+)?(?:[^\W\d_][\w-]*)(?:\s+[A-ZÄÖÜ][\w-]*)*",
    )
    found = list(pattern.finditer(before))
    if not found:
        return ""
    return before[: found[-1].start()] + rest + before[found[-1].end() :]
