"""The registry: what was trained, what serves, and the deeds that change it: promote, override, roll back, retrain."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from core.errors import ChangedMeanwhile, HearbackError, NothingBefore, NotPromotable, OutOfRange
from core.house import House
from core.insights.live_quality import BOUNDS, Standing
from core.jobs import Job, JobBoard, JobView
from core.limits import check_text
from core.loop import Artefact, ArtefactState, Training
from core.office.live_watch import LiveWatch
from core.office.promotable import check_fit, check_gate
from core.office.retiring import retire_known
from core.office.room import Room, founder
from core.serving import PASSING
from core.store import artefacts, evaluations, lineage, live_quality, retiring
from core.store.artefacts import OVERRIDDEN, PROMOTED, ROLLED_BACK, ROLLED_BACK_ALONE, Switch
from core.store.lineage import EvaluationPart, Lineage
from core.store.live_quality import RollbackRule
from core.store.retiring import MemoryCount
from core.types import Member, Role, Task, from_plain

__all__ = ["BOUNDS", "REASON_CHARACTERS", "Place", "Promoted", "Registry", "Retrained", "RollbackRule"]

REASON_CHARACTERS = (10, 500)
LOOK_SECONDS = 300.0
RETIRE_SECONDS = 5.0
_RETIRING = "retiring"
# Who is named in the audit log where nobody did it.
ITSELF = Member("", "Hearback itself", Role.FOUNDER)


@dataclass(frozen=True)
class Place:
    """What serves a task to everybody (segment "") or to one segment.

    `artefact` is None for the weights that ship; `switch` is the last one, None where there never was any. `problem`
    says why the artefact cannot be used here, so that what ships answers. `beneath` is what a roll-back would go to:
    its name, "" for the weights that ship, None where there is nothing to roll back. `standing` is None before the
    first switch.
    """

    task: Task
    segment: str
    artefact: Artefact | None
    switch: Switch | None
    problem: str
    beneath: str | None
    verdict: EvaluationPart | None
    standing: Standing | None


@dataclass(frozen=True)
class Promoted:
    """What a promotion came to."""

    artefact: Artefact
    segment: str
    revision: int


@dataclass(frozen=True)
class Retrained:
    """That a new run waits, on a dataset without those who have left since."""

    run_id: str
    dataset_number: int


class Registry(Room):
    """What a founder does with what was trained. Promoting and retraining are jobs, looked at with `work`."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.watch = LiveWatch(house)
        self._newest: dict[str, str] = {}

    # What is there

    def artefacts(self, member: Member, task: Task | None = None) -> tuple[Artefact, ...]:
        """Return every head and adapter, newest first."""
        founder(member)
        return artefacts.artefacts(self._database, task)

    def artefact(self, member: Member, artefact_id: str) -> Artefact:
        """Return one head or adapter; raises NotYours."""
        founder(member)
        return artefacts.artefact(self._database, artefact_id)

    def lineage(self, member: Member, artefact_id: str, start: int = 0) -> Lineage:
        """Return where an artefact comes from, from the visitors' clicks on; raises NotYours."""
        founder(member)
        return lineage.lineage(self._database, artefacts.artefact(self._database, artefact_id), start=start)

    def places(self, member: Member) -> tuple[Place, ...]:
        """Return what serves each task, everybody before the segments."""
        founder(member)
        live = artefacts.live(self._database)
        switches = artefacts.switches(self._database)
        verdicts = lineage.verdicts(self._database)
        found = []
        for task in Task:
            segments = {one.segment for one in switches if one.task is task and (task, one.segment) in live}
            for segment in ("", *sorted(segments - {""})):
                artefact = live.get((task, segment))
                last = next((one for one in switches if (one.task, one.segment) == (task, segment)), None)
                beneath = self._beneath(task, segment)
                found.append(
                    Place(
                        task=task,
                        segment=segment,
                        artefact=artefact,
                        switch=last,
                        problem=self._house.serving.problem(artefact.artefact_id) if artefact else "",
                        beneath=(beneath[0].name if beneath[0] else "") if beneath else None,
                        verdict=verdicts.get(artefact.artefact_id) if artefact else None,
                        standing=self.watch.standing(last, switches) if last else None,
                    )
                )
        return tuple(found)

    def history(self, member: Member, task: Task | None = None) -> tuple[Switch, ...]:
        """Return every switch, newest first."""
        founder(member)
        return artefacts.switches(self._database, task)

    def verdicts(self, member: Member) -> dict[str, EvaluationPart]:
        """Return the gate's newest word on each artefact, by the artefact's id."""
        founder(member)
        return lineage.verdicts(self._database)

    def memory(self, member: Member) -> dict[Task, MemoryCount]:
        """Return how much is remembered for each task, and how much of it the live weights know by themselves."""
        founder(member)
        return retiring.counts(self._database)

    def work(self, member: Member, job_id: str = "") -> JobView | None:
        """Return a job as it stands, the newest where no id is given; None where there is none of this member's."""
        founder(member)
        job_id = job_id or self._newest.get(member.member_id, "")
        try:
            return self._board.look(member.member_id, job_id) if job_id else None
        except HearbackError:
            return None

    # What changes it

    def promote(self, member: Member, artefact_id: str, evaluation_id: str) -> str:
        """Let a candidate serve, once it is loaded; returns the job's id at once, its result is `Promoted`.

        Raises NotYours, and NotPromotable unless the gate's newest verdict on it says promotable and still holds.
        """
        founder(member)
        artefact = artefacts.artefact(self._database, artefact_id)
        check_gate(self._house, artefact, evaluation_id)
        return self._start_serving(member, artefact, PROMOTED, "", evaluation_id)

    def override(self, member: Member, artefact_id: str, reason: str) -> str:
        """Let a candidate serve although the gate does not say so; the reason is logged. Returns the job's id.

        What comes from sample data or was trained on other weights, and what is damaged, is refused all the same.
        Raises NotYours, NotPromotable, EmptyInput, InputTooLong.
        """
        founder(member)
        reason = check_text(reason.strip(), REASON_CHARACTERS[1], "reason")
        artefact = artefacts.artefact(self._database, artefact_id)
        if len(reason) < REASON_CHARACTERS[0]:
            raise NotPromotable(name=artefact.name, why=f"write at least {REASON_CHARACTERS[0]} characters of reason.")
        check_fit(self._house, artefact)
        latest = evaluations.latest(self._database, artefact_id)
        return self._start_serving(member, artefact, OVERRIDDEN, reason, latest.evaluation_id if latest else "")

    def roll_back(self, member: Member, task: Task, segment: str = "", seen: int | None = None) -> Switch:
        """Let what served before serve again, from the next request on, and return the switch.

        What was withdrawn, must be trained anew or cannot be loaded is passed over, down to the weights that ship.
        `seen` is the serving_id that the member looked at: raises ChangedMeanwhile where there was another since, and
        NothingBefore where the weights that ship answer already.
        """
        founder(member)
        return self._roll_back(member, task, segment, ROLLED_BACK, "", seen)

    def withdraw(self, member: Member, artefact_id: str, reason: str) -> None:
        """Keep an artefact from ever serving again, with a reason; what serves must be rolled back first."""
        founder(member)
        reason = check_text(reason.strip(), REASON_CHARACTERS[1], "reason")
        with self._database.writing("withdrawing it") as session:
            artefacts.withdraw(session, member, artefact_id, reason)

    def retrain(self, member: Member, artefact_id: str) -> str:
        """Train it again, without whoever has left: a new dataset, then a run as it was; returns the job's id.

        The job's result is `Retrained`. Raises NotYours, NotPromotable for what has no run of its own.
        """
        founder(member)
        artefact = artefacts.artefact(self._database, artefact_id)
        run = lineage.lineage(self._database, artefact, limit=0).run
        if run is None:
            raise NotPromotable(name=artefact.name, why="nothing is known of how it was trained.")
        training = from_plain(run.training, Training)

        def work(job: Job) -> Retrained:
            from core.office.datasets import Datasets
            from core.office.training import TrainingRoom

            dataset = Datasets(self._house).build(member, artefact.task, artefact.is_sample, job)
            started = TrainingRoom(self._house).start(member, dataset.dataset_id, training)
            return Retrained(started.run_id, dataset.number)

        return self._start(member, artefact.task, work)

    # By itself

    def rule(self, member: Member) -> RollbackRule:
        """Return by which rule a promotion is taken back by itself."""
        founder(member)
        return live_quality.rule(self._database)

    def set_rule(self, member: Member, rule: RollbackRule) -> None:
        """Set the rule; raises OutOfRange."""
        founder(member)
        for name, bound in BOUNDS.items():
            if not bound.low <= (value := getattr(rule, name)) <= bound.high:
                raise OutOfRange(what=bound.label, value=value, low=bound.low, high=bound.high)
        live_quality.set_rule(self._database, member, rule)

    def duties(self) -> tuple[tuple[str, float, Callable[[], None]], ...]:
        """Return what goes on by itself: name, seconds between two times, and what is done."""
        return (
            ("looking at live quality", LOOK_SECONDS, self.take_back),
            ("retiring what is known", RETIRE_SECONDS, self.retire),
        )

    def take_back(self) -> None:
        """Roll back what visitors like less than what served before, where the rule says so."""
        for switch, sentence in self.watch.worse():
            with suppress(NothingBefore, ChangedMeanwhile):  # a member was faster
                self._roll_back(ITSELF, switch.task, switch.segment, ROLLED_BACK_ALONE, sentence, switch.serving_id)

    def retire(self) -> None:
        """Begin to retire from the memory what the live weights know without it, unless that goes on already."""
        if not self._retiring_board.is_busy(_RETIRING) and retiring.newest_unsettled(self._database):
            self._retiring_board.start(
                _RETIRING, Task.SUPPORT, lambda job: retire_known(self._house, job), lambda _job, _ending: None
            )

    def close(self) -> None:
        """Stop what runs."""
        for name in ("_board", "_retiring_board"):
            if name in self.__dict__:
                self.__dict__[name].close()

    # Inside

    @cached_property
    def _board(self) -> JobBoard:
        return JobBoard(workers=1)

    @cached_property
    def _retiring_board(self) -> JobBoard:
        return JobBoard(workers=1)

    def _start(self, member: Member, task: Task, work: Callable[[Job], object]) -> str:
        job_id = self._board.start(member.member_id, task, work, lambda _job, _ending: None)
        self._newest[member.member_id] = job_id
        return job_id

    def _start_serving(self, member: Member, artefact: Artefact, kind: str, reason: str, evaluation_id: str) -> str:
        place = artefact.task, artefact.segment
        last = next(iter(artefacts.switches(self._database, *place)), None)
        seen = last.serving_id if last else 0

        def work(job: Job) -> Promoted:
            self._house.serving.prepare(artefact, job)
            job.check()
            if kind == PROMOTED:  # loading took a while: what was true then must be true now
                check_gate(self._house, artefact, evaluation_id)
            with self._database.writing("letting it serve") as session:
                revision = artefacts.serve(
                    session, member, *place, artefact.artefact_id, kind, reason, evaluation_id, seen
                )
            self._house.live.refresh()
            return Promoted(artefact, artefact.segment, revision)

        return self._start(member, artefact.task, work)

    def _beneath(self, task: Task, segment: str) -> tuple[Artefact | None, ...]:
        """Return what a roll-back may go to, the first choice first; None is what ships, or serves everybody."""
        known = {one.artefact_id: one for one in artefacts.artefacts(self._database, task)}
        found = [known.get(one) for one in artefacts.before(self._database, task, segment)]
        return tuple(one for one in found if one is None or (one.state is not ArtefactState.WITHDRAWN and not one.flag))

    def _roll_back(self, member: Member, task: Task, segment: str, kind: str, reason: str, seen: int | None) -> Switch:
        for artefact in self._beneath(task, segment):
            try:
                if artefact is not None:
                    self._house.serving.task(task, artefact)
            except PASSING:
                pass  # it is whole, only busy
            except HearbackError:
                continue  # the serving has told of it
            with self._database.writing("rolling back") as session:
                to = artefact.artefact_id if artefact else ""
                artefacts.serve(session, member, task, segment, to, kind, reason, seen=seen)
            self._house.live.refresh()
            return artefacts.switches(self._database, task, segment)[0]
        raise NothingBefore(task=task)
