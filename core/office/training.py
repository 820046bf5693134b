"""Training as a founder starts it: what a run would take, the queue, and what became of each run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import CannotTrain, NotAChoice, NotReady
from core.house import House
from core.learning import replayed_sentences
from core.learning.adapters import PRESETS, expected_seconds
from core.learning.adapters.presets import METHODS, RANGES, chosen
from core.learning.foreman import Duty, Foreman, log_tail
from core.limits import clean_text
from core.loop import Row, Run, RunState, Split, Training
from core.office.room import Room, founder
from core.store import datasets, runs
from core.store.runs import RunEnd
from core.types import Member, Task

__all__ = ["Option", "Plan", "TrainingRoom"]

HEAD, SUPERVISED, PREFERENCE = "head", *METHODS
# A process starts, opens the weights and fits (3 s with 2,000 rows); what is compared is read twice, and once on each
# machine the sentences that ship. Two cores read about 40 texts a second.
_HEAD_SECONDS, _TEXTS_A_SECOND, _SHIPPED = 15.0, 40.0, 400
# Fewer pairs than this teach a preference less than the noise of their order does.
LEAST_PAIRS = 20
SEEDS = 2**31


@dataclass(frozen=True)
class Plan:
    """What a run on a dataset would take: rows by split that may still be used, and seconds by preset.

    `methods` are those that its rows allow; `pairs` are training rows that know what had been said. `segments` are
    those in the rows.
    """

    task: Task
    counts: Mapping[Split, int]
    pairs: int
    methods: tuple[str, ...]
    segments: tuple[str, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Option:
    """Something that an expert may change of a preset, with its bounds; `label` and `help` are for people."""

    name: str
    label: str
    help: str
    value: float
    low: float
    high: float
    is_whole: bool


_OPTIONS = {
    "epochs": ("Epochs", "How often each row is seen, at most: it ends before where nothing is gained any more."),
    "learning_rate": ("Learning rate", "How far one step goes, at its highest."),
    "rank": ("Rank", "How many directions each matrix may change in (LoRA)."),
    "replay": ("Replay", "The share of examples that ship, shown in between against forgetting."),
    "patience": ("Patience", "How often the validation loss may fail to fall before it ends."),
    "preference_strength": ("Strength of preferences", "Beta of DPO; only where preferences are learned."),
}


class TrainingRoom(Room):
    """What a founder does with training. The foreman, once it is opened, starts what is queued."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._foreman: Foreman | None = None

    def open(self, duties: Iterable[tuple[str, float, Callable[[], object]]] = ()) -> None:
        """Let the foreman begin: with the queue, and with what else goes on by itself (name, seconds, what is done)."""
        if self._foreman is None:
            self._foreman = Foreman(self._house, [Duty(*duty) for duty in duties])
            self._foreman.start()

    def close(self) -> None:
        """Put a running training back into the queue, and end."""
        foreman, self._foreman = self._foreman, None
        if foreman is not None:
            foreman.close()

    def plan(self, member: Member, dataset_id: str, training: Training | None = None) -> Plan:
        """Return what a run would take; `training` says with which method, segment and options. Raises NotYours."""
        founder(member)
        task = datasets.dataset(self._database, dataset_id).task
        every = datasets.rows(self._database, dataset_id)
        training = training or Training()
        rows = _of(every, training.segment)
        pairs = sum(bool(row.rejected.strip()) for row in rows if row.split is Split.TRAIN)
        return Plan(
            task=task,
            counts={split: sum(row.split is split for row in rows) for split in Split},
            pairs=pairs,
            methods=_methods(task, pairs),
            segments=tuple(sorted({row.segment for row in every if row.segment})),
            seconds={name: self._seconds(task, rows, replace(training, preset=name)) for name in PRESETS},
        )

    def options(self, member: Member, preset: str) -> tuple[Option, ...]:
        """Return what an expert may change of a preset; raises NotAChoice."""
        founder(member)
        values = vars(chosen(Training(preset=preset)))
        return tuple(
            Option(name, label, told, values[name], *RANGES[name], isinstance(values[name], int))
            for name, (label, told) in _OPTIONS.items()
        )

    def start(self, member: Member, dataset_id: str, training: Training) -> Run:
        """Queue a run and return it.

        Raises NotYours, NotReady (no rows are left), CannotTrain (a method that the rows do not allow), NotAChoice,
        OutOfRange, TooMany.
        """
        founder(member)
        dataset = datasets.dataset(self._database, dataset_id)
        training = replace(training, segment=clean_text(training.segment).strip())
        training = self._checked(member, dataset_id, dataset.task, training)
        run = runs.add(self._database, member, dataset.task, dataset_id, training)
        self._wake()
        return run

    def again(self, member: Member, run_id: str) -> Run:
        """Queue a run as an earlier one was, and return it; raises as `start`."""
        founder(member)
        earlier = runs.run(self._database, run_id)
        return self.start(member, earlier.dataset_id, earlier.training)

    def cancel(self, member: Member, run_id: str) -> RunState:
        """Take a run out of the queue, or ask a running one to stop, which takes about a second; raises NotYours."""
        state = runs.cancel(self._database, founder(member), run_id)
        self._wake()
        return state

    def runs(self, member: Member, limit: int = 50) -> tuple[Run, ...]:
        """Return the newest runs, newest first."""
        founder(member)
        return runs.runs(self._database, limit)

    def run(self, member: Member, run_id: str) -> Run:
        """Return one run; raises NotYours."""
        founder(member)
        return runs.run(self._database, run_id)

    def ends(self, member: Member, of: Sequence[Run]) -> dict[str, RunEnd]:
        """Return the gate's verdict on what runs brought forth, by the artefact's id, as far as there is one."""
        founder(member)
        return runs.ends(self._database, [run.artefact_id for run in of])

    def log(self, member: Member, run_id: str) -> str:
        """Return the last lines that a run's process wrote; raises NotYours."""
        founder(member)
        return log_tail(self._house.settings, runs.run(self._database, run_id).run_id)

    def _checked(self, member: Member, dataset_id: str, task: Task, training: Training) -> Training:
        """Return the training as it may be queued; raises as `start`."""
        if task is Task.SENTIMENT:
            if training.epsilon:
                raise CannotTrain(why="a head has no private training. Choose none.")
            training = replace(training, method=HEAD, preset="quick", options={})
        elif training.method == HEAD:
            raise NotAChoice(choices=", ".join(METHODS))
        else:
            chosen(training)
        if isinstance(training.seed, bool) or not 0 <= int(training.seed) < SEEDS:
            raise NotAChoice(choices=f"a seed from 0 to {SEEDS - 1:,}")
        plan = self.plan(member, dataset_id, training)
        if not plan.counts[Split.TRAIN]:
            raise NotReady(why="none of the rows of this dataset may be trained on any more. Build a new dataset.")
        if training.method not in plan.methods:
            raise CannotTrain(
                why=f"learning preferences takes {LEAST_PAIRS} rows that know what had been said; "
                f"here are {plan.pairs}. Choose supervised."
            )
        return training

    def _seconds(self, task: Task, rows: Sequence[Row], training: Training) -> float:
        if task is Task.SENTIMENT:
            held_out = sum(row.split is Split.HELD_OUT for row in rows)
            to_read = 2 * (held_out + _SHIPPED) + replayed_sentences.left_to_read(self._house.settings)
            return _HEAD_SECONDS + to_read / _TEXTS_A_SECOND * (self._house.settings.profile != "fake")
        method = training.method if training.method in METHODS else SUPERVISED
        return expected_seconds(task, rows, replace(training, method=method), self._house.settings)

    def _wake(self) -> None:
        if self._foreman is not None:
            self._foreman.wake()


def _of(rows: Sequence[Row], segment: str) -> list[Row]:
    return [row for row in rows if segment in ("", row.segment)]


def _methods(task: Task, pairs: int) -> tuple[str, ...]:
    if task is Task.SENTIMENT:
        return (HEAD,)
    return (SUPERVISED, PREFERENCE) if pairs >= LEAST_PAIRS else (SUPERVISED,)
