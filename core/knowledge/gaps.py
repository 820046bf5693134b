"""Gaps: questions of one meaning that the documents do not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.engines.base import Encoder
from core.knowledge.groups import group_by_meaning

# Questions about one thing differ in more words than wishes do; see the test of the real encoder.
SIMILARITY = 0.45


class Question(Protocol):
    """What must be known of a question without an answer; `why` names what went wrong."""

    @property
    def interaction_id(self) -> str:
        """Its id."""

    @property
    def visitor_id(self) -> str:
        """Who asked."""

    @property
    def text(self) -> str:
        """What was asked."""

    @property
    def segment(self) -> str:
        """The visitor's role and company size, or empty."""

    @property
    def language(self) -> str:
        """ISO 639-1."""

    @property
    def asked_at(self) -> datetime:
        """When, in UTC."""

    @property
    def why(self) -> tuple[str, ...]:
        """Abstained, handed off, rated."""


@dataclass(frozen=True)
class Gap:
    """Questions of one meaning; `title` is the most typical of them.

    `texts`, `segments` and `why` are counted, the most frequent first; a question may count under several reasons.
    """

    title: str
    interaction_ids: tuple[str, ...]
    visitors: int
    texts: tuple[tuple[str, int], ...]
    segments: tuple[tuple[str, int], ...]
    why: tuple[tuple[str, int], ...]
    last_asked_at: datetime

    @property
    def questions(self) -> int:
        """How many questions."""
        return len(self.interaction_ids)


def groups_of(questions: Sequence[Question], encoder_of: Callable[[bool], Encoder]) -> tuple[tuple[int, ...], ...]:
    """Return the places of questions of one meaning, in each group the most typical first.

    English is grouped by one encoder, all other languages by another: `encoder_of(True)` serves English.
    Raises what the encoders raise.
    """
    found: list[tuple[int, ...]] = []
    for is_english in (True, False):
        places = [place for place, one in enumerate(questions) if (one.language in ("", "en")) == is_english]
        if not places:
            continue
        texts = [questions[place].text for place in places]
        for group in group_by_meaning(texts, encoder_of(is_english), similarity=SIMILARITY):
            others = [place for place in group.places if place != group.centre]
            found.append(tuple(places[place] for place in (group.centre, *others)))
    return tuple(found)


def gap_of(questions: Sequence[Question]) -> Gap:
    """Return the gap that these questions are; the first one gives the title."""
    return Gap(
        title=" ".join(questions[0].text.split()),
        interaction_ids=tuple(question.interaction_id for question in questions),
        visitors=len({question.visitor_id for question in questions}),
        texts=_counted(" ".join(question.text.split()) for question in questions),
        segments=_counted(question.segment for question in questions if question.segment),
        why=_counted(reason for question in questions for reason in question.why),
        last_asked_at=max(question.asked_at for question in questions),
    )


def by_weight(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return the gaps with the most visitors first, then the most questions, then the latest."""
    return tuple(sorted(gaps, key=lambda gap: (-gap.visitors, -gap.questions, -gap.last_asked_at.timestamp())))


def _counted(values: object) -> tuple[tuple[str, int], ...]:
    counts = Counter[str](values)  # type: ignore[call-overload]
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
