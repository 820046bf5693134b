"""The values of the loop, from a visitor's correction to weights that have learned from it: frozen, without behaviour.

A correction is remembered at once (`Recalled`), becomes a row of a dataset (`Row`), is trained on in a run (`Training`,
`Run`), and what comes of that is an artefact (`Artefact`): a head or an adapter that may serve, or may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from core.types import Task, Turn


class Split(StrEnum):
    """What a row may be used for; decided once for all that is nearly the same, and never changed."""

    TRAIN = "train"
    VALIDATION = "validation"
    HELD_OUT = "held_out"


class RowKind(StrEnum):
    """Supervised: what should be said. Preference: what should be said rather than what was said. Label: a class."""

    SUPERVISED = "supervised"
    PREFERENCE = "preference"
    LABEL = "label"


class ArtefactKind(StrEnum):
    """A head stands on frozen weights and takes seconds; an adapter (LoRA) changes how weights write."""

    HEAD = "head"
    ADAPTER = "adapter"


class ArtefactState(StrEnum):
    """Candidate: never served. Live: serves now. Retired: has served. Withdrawn: must not serve again."""

    CANDIDATE = "candidate"
    LIVE = "live"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class RunState(StrEnum):
    """Queued and running may still change; the others are over."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LeftOut(StrEnum):
    """Why something that a visitor or a member said is not in a dataset, in words for a data card."""

    NOT_ALLOWED = "not allowed for training"
    NOT_APPROVED = "waiting for a verdict"
    TURNED_DOWN = "turned down by a reviewer"
    HELD = "held back by a check"
    NOT_A_TEXT = "about a table, a file or no answer"
    NO_LANGUAGES = "languages not known"
    OWN_DOCUMENTS = "about a visitor's own documents"
    NO_PASSAGES = "its facts stand in no passage that was shown"
    PERSONAL = "personal data that the other side lacks"
    NOT_ALIGNED = "its sentences do not match those of the input"
    TOO_LONG = "too long to train on"
    DUPLICATE = "said before"
    CONTRADICTED = "another answer to the same input counts"
    OVER_CAP = "beyond one visitor's share"
    BETWEEN = "near both training and held-out texts"


@dataclass(frozen=True)
class Recalled:
    """What the memory knows of a text: a corrected input and what its output should have been.

    `similarity` is 1 for an exact hit, else the cosine of the encoder. `is_own` means that the visitor who asks wrote
    it. `kind` is exact or near.
    """

    memory_id: str
    input_text: str
    output_text: str
    similarity: float
    kind: str
    is_own: bool = False
    correction_id: str = ""


@dataclass(frozen=True)
class Term:
    """A word of the glossary with the only translation that is right in this house."""

    term_id: str
    source: str
    target: str
    source_term: str
    target_term: str


class Recall(Protocol):
    """What a task may ask of the memory, already bound to who asks for what: visitor, task, languages, documents."""

    def recall(self, texts: Sequence[str]) -> list[tuple[Recalled, ...]]:
        """Return for each text what is remembered of it and near enough to be used, best first."""

    def terms(self, texts: Sequence[str]) -> list[tuple[Term, ...]]:
        """Return for each text the glossary's terms that stand in it."""


@dataclass(frozen=True)
class Row:
    """One example of a dataset. The last of `messages` is the right answer (of a label: the label itself).

    `rejected` is what the weights had said, or empty. `context` is what the answer rests on beside the messages:
    the passages of support, length and form of a summary. `source_kind` is correction, rating, monitor or company,
    `source_id` the id there. Rows of one `cluster` are nearly the same and share a split. `weight` is its influence.

    Each input is in one row: a preference row is a supervised row that also knows what was said, so that supervised
    training takes both kinds. `context["text"]` is what the visitor typed, where the messages wrap it in a prompt.
    """

    row_id: str
    task: Task
    kind: RowKind
    split: Split
    messages: tuple[Turn, ...]
    rejected: str = ""
    language: str = ""
    source: str = ""
    target: str = ""
    segment: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    source_kind: str = "correction"
    source_id: str = ""
    correction_id: str = ""
    visitor_id: str = ""
    cluster: str = ""
    weight: float = 1.0

    @property
    def input_text(self) -> str:
        """What was asked."""
        return self.messages[-2].content

    @property
    def output_text(self) -> str:
        """What is right."""
        return self.messages[-1].content


@dataclass(frozen=True)
class Training:
    """How to train: `preset` quick, balanced or thorough; `method` head, supervised or preference (DPO).

    `epsilon` 0 is without differential privacy, else the promise that training keeps. `seed` makes it repeatable.
    `options` are what an expert changed of the preset, by name.
    """

    preset: str = "balanced"
    method: str = "supervised"
    segment: str = ""
    epsilon: float = 0.0
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunProgress:
    """How far a run is; `loss` is that of the last step, None before the first, `seconds_left` None where unknown.

    `losses` and `validation_losses` are the course so far, pairs of a step and a loss, thinned to what a chart needs.
    """

    doing: str = ""
    step: int = 0
    steps: int = 0
    loss: float | None = None
    validation_loss: float | None = None
    seconds_left: float | None = None
    losses: tuple[tuple[int, float], ...] = ()
    validation_losses: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Run:
    """One training, from the queue to its end; `error` is a sentence where it failed.

    `attempt` counts how often its process began; `is_sample` means that its dataset is the sample company's.
    """

    run_id: str
    task: Task
    dataset_id: str
    dataset_number: int
    training: Training
    state: RunState
    progress: RunProgress
    error: str
    artefact_id: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    is_stopping: bool = False
    attempt: int = 0
    is_sample: bool = False


@dataclass(frozen=True)
class Artefact:
    """A trained head or adapter: what it is, what it stands on, and whether it may serve.

    `name` is what people call it ("translate adapter 3"), `sha256` that of its numbers, `base_sha256` that of the
    weights that it was trained on and only fits. `flag` says in a sentence why it must be trained anew, or is empty.
    """

    artefact_id: str
    name: str
    task: Task
    kind: ArtefactKind
    state: ArtefactState
    number: int
    segment: str
    run_id: str
    dataset_id: str
    base_id: str
    base_sha256: str
    sha256: str
    folder: str
    card: dict[str, Any]
    flag: str
    created_at: datetime
    is_sample: bool = False


@dataclass(frozen=True)
class Adapter:
    """An adapter's files, checked: a LoRA in GGUF for llama.cpp, and PEFT's folder for transformers."""

    adapter_id: str
    base_sha256: str
    gguf: Path
    folder: Path
    scale: float = 1.0
