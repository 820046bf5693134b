"""What the sample visitors answer in the survey: as many of each answer as the story says, in words of their own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.samples.people import Person
from core.samples.story import GROUPS
from core.samples.uses import Use
from core.types import Disappointment

Row = dict[str, Any]
_RECOMMEND = {
    Disappointment.VERY: (8, 9, 9, 9, 10, 10, 10),
    Disappointment.SOMEWHAT: (5, 6, 7, 7, 8, 8, 9),
    Disappointment.NOT: (1, 2, 3, 4, 5, 6, 7),
    Disappointment.GONE: (0, 2, 3),
}
_USES_NEEDED = 2
_SILENT = 0.22
_INVITED_IN_VAIN = 90


class _Words:
    """Hands out what people write, each wording once before any comes again."""

    def __init__(self, chance: Random, voices: dict[str, Any]) -> None:
        self._chance = chance
        self._voices = voices
        self._left: dict[tuple[str, str], list[str]] = {}

    def said(self, kind: str, topic: str) -> str:
        """Return a wording of a topic, or nothing where the visitor left the field empty."""
        if self._chance.random() < _SILENT:
            return ""
        left = self._left.setdefault((kind, topic), [])
        if not left:
            left += self._voices[kind][topic]
            self._chance.shuffle(left)
        return left.pop()


def survey(
    chance: Random, uses: dict[str, list[Use]], persons: list[Person], voices: dict[str, Any], until: datetime
) -> tuple[list[Row], list[Row]]:
    """Return the rows of `surveys` and of `survey_invitations`; `uses` are those of each visitor in order of time."""
    words = _Words(chance, voices)
    answers: list[Row] = []
    invitations: list[Row] = []
    for group in GROUPS:
        may = [person for person in persons if person.group is group and _asked_at(uses[person.visitor_id], until)]
        # Who comes often would miss it more: those who came most, give or take some chance, are disappointed most.
        weights = {person.visitor_id: len(uses[person.visitor_id]) * chance.uniform(0.4, 1.6) for person in may}
        # The survey's answers are exact; a group too small for them would be a mistake in the story.
        wanted = [kind for kind, count in zip(Disappointment, group.survey, strict=True) for _ in range(count)]
        chance.shuffle(may)
        chosen = sorted(may[: len(wanted)], key=lambda person: -weights[person.visitor_id])
        for person, kind in zip(chosen, wanted, strict=True):
            answers.append(_answer(chance, person, uses[person.visitor_id], kind, words, until))
            at = answers[-1]["answered_at"]
            asked_at = at - timedelta(seconds=chance.randint(40, 300))
            invitations.append(_invitation(person, asked_at, closed_at=at))
        for person in may[len(wanted) : len(wanted) + _INVITED_IN_VAIN // len(GROUPS)]:
            asked_at = _asked_at(uses[person.visitor_id], until) or until
            later, closed = chance.choice(((True, False), (True, False), (False, True), (False, False)))
            invitations.append(
                _invitation(
                    person,
                    asked_at,
                    snoozed_until=asked_at + timedelta(days=7) if later else None,
                    closed_at=asked_at + timedelta(minutes=1) if closed else None,
                )
            )
    return answers, invitations


def _asked_at(uses: list[Use], until: datetime) -> datetime | None:
    """Return when a visitor has had enough answers to be asked, or None."""
    answered = [use for use in uses if use.has_answer]
    at = answered[_USES_NEEDED - 1].at + timedelta(minutes=4) if len(answered) >= _USES_NEEDED else None
    return at if at is not None and at < until else None


def _answer(
    chance: Random, person: Person, uses: list[Use], kind: Disappointment, words: _Words, until: datetime
) -> Row:
    group = person.group
    possible = [use for use in uses if use.has_answer][_USES_NEEDED - 1 :]
    at = min(chance.choice(possible).at + timedelta(minutes=chance.randint(4, 30)), until)
    return {
        "survey_id": f"{person.visitor_id}_survey",
        "visitor_id": person.visitor_id,
        "disappointment": kind.value,
        "benefit": words.said("benefits", chance.choice(group.benefits)),
        "audience": words.said("audiences", group.audience),
        "improvement": words.said("wishes", chance.choice(group.wishes)),
        "recommend": chance.choice(_RECOMMEND[kind]) if chance.random() > 0.06 else None,
        "segment": group.segment,
        "task": _most_used([use for use in uses if use.has_answer and use.at <= at]),
        "answered_at": at,
    }


def _most_used(uses: list[Use]) -> str:
    """Return the task used most, of equals the one used last, as a real answer notes it."""
    counts = Counter(use.task for use in uses)
    latest = {use.task: use.at for use in uses}
    return max(counts, key=lambda task: (counts[task], latest[task])).value


def _invitation(person: Person, at: datetime, **more: Any) -> Row:
    empty = {"snoozed_until": None, "closed_at": None}
    return {"visitor_id": person.visitor_id, "first_shown_at": at, **empty, **more}
