"""The comparison of what was trained with what serves: the gate's word, its figures, its items, and blind votes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.errors import AlreadyReviewed, EmptyInput, NotAChoice, NotYours, OutOfRange
from core.house import House
from core.jobs import Job, JobBoard, JobView
from core.learning import ballots
from core.learning.ballots import Ballot, Outcome
from core.learning.compared import CANDIDATE, HELD_OUT
from core.learning.gate import AGAIN, Check, Verdict, renewed
from core.learning.judging import is_whole, judge
from core.learning.thresholds import THRESHOLDS, Threshold, Thresholds
from core.limits import check_text
from core.loop import Artefact, ArtefactState
from core.office.room import Room, founder, reviewer
from core.store import artefacts, audit, datasets, evaluations, votes
from core.store.evaluations import Evaluation, EvaluationItem
from core.types import Member, Task, from_plain

__all__ = ["Ballot", "Check", "Comparison", "EvaluationItem", "ItemPage", "Line", "Outcome", "Threshold", "View"]

REASON_CHARACTERS = (10, 500)
WORST, BEST = "worst", "best"


@dataclass(frozen=True)
class Line:
    """A candidate in the list: what it is, and what the gate says of it, "" where it was not compared yet."""

    artefact: Artefact
    decision: str
    is_stale: bool


@dataclass(frozen=True)
class View:
    """A candidate with its newest evaluation, as the gate judges it now.

    `rival_name` is what it was compared with. `is_stale`: something else serves since. `is_serving`: it serves itself.
    `newer_dataset` is the number of a dataset that is newer than the compared one, with more held-out items, or 0.
    `outcome` is None until the member has voted on all items, or has opened the names; `votes_open` counts what they
    could still vote on.
    """

    artefact: Artefact
    evaluation: Evaluation | None
    verdict: Verdict | None
    rival_name: str
    is_stale: bool
    is_serving: bool
    newer_dataset: int
    votes_open: int
    votes_done: int
    is_unblinded: bool
    outcome: Outcome | None


@dataclass(frozen=True)
class ItemPage:
    """Some items in order of the candidate's lead; `hidden` counts those that the member should vote on first."""

    items: tuple[EvaluationItem, ...]
    leads: tuple[float, ...]
    total: int
    hidden: int


class Comparison(Room):
    """What a member can do with comparisons. Comparing again takes minutes: it is a job, looked at with `work`."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._lock = threading.Lock()
        self._opened: JobBoard | None = None

    def candidates(self, member: Member) -> tuple[Line, ...]:
        """Return what was trained and not withdrawn, newest first."""
        founder(member)
        live = artefacts.live(self._database)
        found = []
        for one in artefacts.artefacts(self._database):
            if one.state is ArtefactState.WITHDRAWN:
                continue
            stored = evaluations.latest(self._database, one.artefact_id)
            decision = str(stored.verdict.get("decision", "")) if stored else ""
            is_stale = stored is not None and stored.live_id != _live_id(live, one) and not _serves(live, one)
            found.append(Line(one, AGAIN if is_stale else decision, is_stale))
        return tuple(found)

    def of(self, member: Member, artefact_id: str) -> View:
        """Return what is known of a candidate; raises NotYours."""
        founder(member)
        artefact = artefacts.artefact(self._database, artefact_id)
        live = artefacts.live(self._database)
        is_serving = _serves(live, artefact)
        stored = evaluations.latest(self._database, artefact_id)
        newest = next(iter(datasets.datasets(self._database, artefact.task, artefact.is_sample)), None)
        newer = 0
        if newest is not None and newest.dataset_id != (stored.dataset_id if stored else artefact.dataset_id):
            newer = newest.number
        if stored is None:
            return View(artefact, None, None, "", False, is_serving, newer, 0, 0, False, None)
        items = evaluations.items(self._database, stored.evaluation_id)
        live_id = stored.live_id if is_serving else _live_id(live, artefact)
        there, own = self._ballots(stored, items, member)
        is_unblinded = votes.is_unblinded(self._database, member, stored.evaluation_id)
        done = sum(item.row_id in own for item in there)
        return View(
            artefact=artefact,
            evaluation=stored,
            verdict=renewed(from_plain(stored.verdict, Verdict), artefact, stored.live_id != live_id),
            rival_name=self._name(stored.live_id),
            is_stale=stored.live_id != live_id,
            is_serving=is_serving,
            newer_dataset=newer,
            votes_open=len(there) - done,
            votes_done=done,
            is_unblinded=is_unblinded,
            outcome=self._outcome(stored, items) if is_unblinded or done == len(there) else None,
        )

    def items(
        self, member: Member, evaluation_id: str, order: str = WORST, page: int = 1, size: int = 10, language: str = ""
    ) -> ItemPage:
        """Return held-out items by the candidate's lead, worst or best first.

        What the member may still vote on is held back until they have, or have opened the names with `unblind`.
        """
        founder(member)
        stored = evaluations.evaluation(self._database, evaluation_id)
        if not is_whole(stored):
            return ItemPage((), (), 0, 0)
        every = evaluations.items(self._database, evaluation_id)
        there, own = self._ballots(stored, every, member)
        hidden = set()
        if not votes.is_unblinded(self._database, member, evaluation_id):
            hidden = {item.row_id for item in there} - own
        leads = _leads(stored, every)
        shown = [
            item
            for item in every
            if item.row_id in leads and item.row_id not in hidden and (not language or item.language == language)
        ]
        shown.sort(key=lambda item: (leads[item.row_id] * (1 if order == WORST else -1), item.position))
        part = shown[(page - 1) * size : page * size]
        return ItemPage(tuple(part), tuple(leads[item.row_id] for item in part), len(shown), len(hidden))

    def keep(self, member: Member, artefact_id: str) -> None:
        """Note that the member looked at a candidate and keeps what serves; the candidate stays what it is."""
        founder(member)
        artefact = artefacts.artefact(self._database, artefact_id)
        audit.record(self._database, member, "kept what serves", artefact_id, name=artefact.name)

    def unblind(self, member: Member, evaluation_id: str) -> None:
        """Let the member see which weights gave which answer; they vote on this evaluation no more."""
        founder(member)
        evaluations.evaluation(self._database, evaluation_id)
        votes.unblind(self._database, member, evaluation_id)

    # Votes

    def ballot(self, member: Member, evaluation_id: str) -> Ballot | None:
        """Return the next two answers to choose from, or None where there are no more; raises NotYours."""
        reviewer(member)
        stored = evaluations.evaluation(self._database, evaluation_id)
        if not is_whole(stored) or votes.is_unblinded(self._database, member, evaluation_id):
            return None
        items = evaluations.items(self._database, evaluation_id)
        _, own = self._ballots(stored, items, member)
        return ballots.next_ballot(evaluation_id, items, stored.figures["rival"], member.member_id, frozenset(own))

    def vote(self, member: Member, evaluation_id: str, row_id: str, side: str) -> None:
        """Save the choice of a side: left, right or equal.

        Raises NotAChoice, NotYours, AlreadyReviewed for a member who has seen the names.
        """
        reviewer(member)
        if side not in ballots.SIDES:
            raise NotAChoice(choices=", ".join(ballots.SIDES))
        stored = evaluations.evaluation(self._database, evaluation_id)
        items = evaluations.items(self._database, evaluation_id)
        if row_id not in {item.row_id for item in self._ballots(stored, items, member)[0]}:
            raise NotYours(what="item to vote on")
        choice = ballots.choice_of(side, evaluation_id, row_id, member.member_id)
        votes.vote(self._database, member, evaluation_id, row_id, choice)

    def undo(self, member: Member, evaluation_id: str) -> str:
        """Take the member's last vote back and return its item's id, "" where there was none."""
        reviewer(member)
        return votes.take_back(self._database, member, evaluation_id)

    # Comparing again

    def start(self, member: Member, artefact_id: str) -> str:
        """Compare in the background with what serves now, on the newest dataset's held-out items; returns the job's id.

        Raises NotYours, EngineBusy, AlreadyReviewed for what serves itself.
        """
        founder(member)
        artefact = artefacts.artefact(self._database, artefact_id)
        if _serves(artefacts.live(self._database), artefact):
            raise AlreadyReviewed(what=f"{artefact.name} serves, so there is nothing to compare it with.")
        newest = next(iter(datasets.datasets(self._database, artefact.task, artefact.is_sample)), None)
        dataset_id = newest.dataset_id if newest is not None else artefact.dataset_id
        audit.record(self._database, member, "compared", artefact_id, name=artefact.name, dataset=dataset_id)

        def work(job: Job) -> str:
            from core.learning.evaluate import run

            return run(self._house, artefact, dataset_id, job)

        return self._board.start(member.member_id, artefact.task, work, lambda _job, _ending: None)

    def work(self, member: Member, job_id: str) -> JobView:
        """Return what `start` has come to; raises NotYours."""
        founder(member)
        return self._board.look(member.member_id, job_id)

    def stop(self, member: Member, job_id: str) -> None:
        """Stop comparing; nothing of it is kept."""
        founder(member)
        self._board.stop(member.member_id, job_id)

    def close(self) -> None:
        """Stop what runs."""
        if self._opened is not None:
            self._opened.close()

    # Thresholds

    def thresholds(self, member: Member) -> dict[str, tuple[float, Threshold]]:
        """Return each threshold by name: its value, its bounds and the reason that it ships with."""
        founder(member)
        now = Thresholds.of(evaluations.thresholds(self._database))
        return {one.name: (getattr(now, one.name), THRESHOLDS[one.name]) for one in fields(now)}

    def set_thresholds(self, member: Member, values: Mapping[str, float], reason: str) -> None:
        """Set thresholds, with a reason of 10 characters or more, and judge the newest comparisons by them.

        Raises OutOfRange, EmptyInput, InputTooLong.
        """
        founder(member)
        reason = check_text(reason.strip(), REASON_CHARACTERS[1], "reason")
        if len(reason) < REASON_CHARACTERS[0]:
            raise EmptyInput(what=f"reason of {REASON_CHARACTERS[0]} characters or more")
        for name, value in values.items():
            bounds = THRESHOLDS.get(name)
            if bounds is None:
                raise NotAChoice(choices=", ".join(THRESHOLDS))
            if not bounds.low <= value <= bounds.high:
                raise OutOfRange(what=bounds.label, value=value, low=bounds.low, high=bounds.high)
        new = Thresholds.of(evaluations.thresholds(self._database) | dict(values))
        live = artefacts.live(self._database)
        verdicts: dict[str, dict[str, Any]] = {}
        for artefact in artefacts.artefacts(self._database):
            stored = evaluations.latest(self._database, artefact.artefact_id)
            if stored is not None and is_whole(stored) and not _serves(live, artefact):
                items = evaluations.items(self._database, stored.evaluation_id)
                verdicts[stored.evaluation_id] = judge(stored, items, artefact, stored.live_id, new).plain()
        evaluations.judge_again(self._database, member, vars(new), reason, verdicts)

    # Inside

    @property
    def _board(self) -> JobBoard:
        with self._lock:
            if self._opened is None:
                self._opened = JobBoard(workers=1)
            return self._opened

    def _ballots(
        self, stored: Evaluation, items: tuple[EvaluationItem, ...], member: Member
    ) -> tuple[list[EvaluationItem], set[str]]:
        if not is_whole(stored):
            return [], set()
        there = ballots.open_to_vote(items, stored.figures["rival"])
        cast = votes.votes(self._database, stored.evaluation_id)
        return there, {vote.row_id for vote in cast if vote.member_id == member.member_id}

    def _outcome(self, stored: Evaluation, items: tuple[EvaluationItem, ...]) -> Outcome | None:
        cast = votes.votes(self._database, stored.evaluation_id)
        if not cast:
            return None
        margin = stored.figures["measure"]["margin"]
        leads = {row_id: lead if abs(lead) > margin else 0.0 for row_id, lead in _leads(stored, items).items()}
        return ballots.outcome_of(cast, leads)

    def _name(self, artefact_id: str) -> str:
        if not artefact_id:
            return "the weights that ship"
        try:
            return artefacts.artefact(self._database, artefact_id).name
        except NotYours:
            return "what served then"


def _live_id(live: Mapping[tuple[Task, str], Artefact], artefact: Artefact) -> str:
    """The id of what serves where this artefact would, "" for the weights that ship."""
    found = artefacts.live_for(live, artefact)
    return found.artefact_id if found else ""


def _serves(live: Mapping[tuple[Task, str], Artefact], artefact: Artefact) -> bool:
    return artefact.artefact_id in {one.artefact_id for one in live.values()}


def _leads(stored: Evaluation, items: tuple[EvaluationItem, ...]) -> dict[str, float]:
    """The candidate's score minus its rival's, by held-out item."""
    name, rival = stored.figures["measure"]["name"], stored.figures["rival"]
    return {
        item.row_id: item.scores[CANDIDATE][name] - item.scores[rival][name]
        for item in items
        if item.part == HELD_OUT and name in item.scores[CANDIDATE] and name in item.scores[rival]
    }
