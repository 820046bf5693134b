"""Blind votes: which of two answers a person prefers, without knowing which weights gave which.

Sides are told by a hash of item and member, so that neither a member nor a glance over a shoulder finds a pattern, and
every member meets the items in another order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from core.learning.compared import CANDIDATE, HELD_OUT
from core.learning.paired import exact_interval
from core.store.evaluations import EvaluationItem
from core.store.votes import Vote

LEFT, RIGHT, EQUAL = "left", "right", "equal"
SIDES = (LEFT, RIGHT, EQUAL)
RIVAL = "live"  # as a vote calls whatever served: live weights, or base where nothing else is live
# From so many decided votes on, people and figures that point in different directions are worth a word.
ENOUGH_TO_DISAGREE = 10


@dataclass(frozen=True)
class Ballot:
    """One item to vote on; which side is the candidate's is not in it. `done` of `total` are voted on."""

    evaluation_id: str
    row_id: str
    input_text: str
    reference: str
    left: str
    right: str
    done: int
    total: int


@dataclass(frozen=True)
class Outcome:
    """What people chose: `candidate` and `rival` votes, and those for neither, by so many `members`.

    `low` and `high` are the exact 95 % interval of the candidate's share of the decided votes. `agreeing` of `both`
    items on which people and figures are decided, both prefer the same answer. `flag` says in a sentence where people
    and figures disagree.
    """

    candidate: int = 0
    rival: int = 0
    equal: int = 0
    members: int = 0
    low: float = 0.0
    high: float = 1.0
    agreeing: int = 0
    both: int = 0
    flag: str = ""

    @property
    def decided(self) -> int:
        """Votes for one of the two."""
        return self.candidate + self.rival

    @property
    def n(self) -> int:
        """All votes."""
        return self.decided + self.equal


def open_to_vote(items: Iterable[EvaluationItem], rival: str) -> list[EvaluationItem]:
    """Return the held-out items on which candidate and rival say different things."""
    return [
        item
        for item in items
        if item.part == HELD_OUT and item.answers[CANDIDATE]["text"].split() != item.answers[rival]["text"].split()
    ]


def next_ballot(
    evaluation_id: str, items: Sequence[EvaluationItem], rival: str, member_id: str, voted: frozenset[str]
) -> Ballot | None:
    """Return the next item for a member, or None where all are voted on."""
    there = open_to_vote(items, rival)
    waiting = [item for item in there if item.row_id not in voted]
    if not waiting:
        return None
    item = min(waiting, key=lambda one: _digest("order", evaluation_id, one.row_id, member_id))
    texts = item.answers[CANDIDATE]["text"], item.answers[rival]["text"]
    left, right = texts if is_candidate_left(evaluation_id, item.row_id, member_id) else texts[::-1]
    done = len(there) - len(waiting)
    return Ballot(evaluation_id, item.row_id, item.input_text, item.reference, left, right, done, len(there))


def is_candidate_left(evaluation_id: str, row_id: str, member_id: str) -> bool:
    """Return on which side the candidate's answer stands for this member."""
    return _digest("side", evaluation_id, row_id, member_id)[0] % 2 == 0


def choice_of(side: str, evaluation_id: str, row_id: str, member_id: str) -> str:
    """Return what a side means: candidate, live or equal."""
    if side == EQUAL:
        return EQUAL
    return CANDIDATE if (side == LEFT) == is_candidate_left(evaluation_id, row_id, member_id) else RIVAL


def outcome_of(votes: Sequence[Vote], leads: Mapping[str, float]) -> Outcome:
    """Return what the votes come to beside the figures; `leads` is the candidate's by item, 0 where none counts."""
    counts = Counter(vote.choice for vote in votes)
    candidate, rival = counts[CANDIDATE], counts[RIVAL]
    low, high = exact_interval(candidate, candidate + rival)
    preferred: Counter[str] = Counter()
    for vote in votes:
        preferred[vote.row_id] += (vote.choice == CANDIDATE) - (vote.choice == RIVAL)
    both = [row_id for row_id, lead in preferred.items() if lead and leads.get(row_id)]
    agreeing = sum((preferred[row_id] > 0) == (leads[row_id] > 0) for row_id in both)
    found = Outcome(
        candidate, rival, counts[EQUAL], len({vote.member_id for vote in votes}), low, high, agreeing, len(both)
    )
    wins = sum((lead > 0) - (lead < 0) for lead in leads.values())
    return Outcome(**vars(found) | {"flag": _flag(found, wins)})


def _flag(found: Outcome, wins: int) -> str:
    """Say where people and figures point in different directions; certain only where the interval leaves one half."""
    if found.decided < ENOUGH_TO_DISAGREE or not wins or found.candidate == found.rival:
        return ""
    if (found.candidate > found.rival) == (wins > 0):
        return ""
    likes, counts = "the candidate", "what serves"
    if found.candidate < found.rival:
        likes, counts = counts, likes
    is_sure = found.low > 0.5 or found.high < 0.5
    verb = "prefer" if is_sure else "lean to"
    return f"People {verb} {likes}, the figures {counts}: read the items before you decide."


def _digest(*parts: str) -> bytes:
    return sha256("\n".join(parts).encode()).digest()
