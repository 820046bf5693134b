"""The tables of the loop: what is remembered, what is trained on, what came of it, and what serves.

Whatever came from a visitor's words hangs on the visitor and goes with them; what was trained on them is flagged before
(see `core.store.erasure`), because weights cannot be deleted row by row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.columns import now
from core.store.tables import Base

_RUNNING = text("state = 'running'")


def _gone_with(column: str, **options: Any) -> Mapped[Any]:
    return mapped_column(ForeignKey(column, ondelete="CASCADE"), **options)


class MemoryRow(Base):
    """Something that is remembered: an input and its right output, whole or a sentence of it.

    `state` is own (its author's visits only), shared, retired (the live weights know it) or off. `released_by` says who
    made it shared: reviewer, visitors, check or import. `vector` is float16 of the encoder named beside it. Imported
    entries have neither correction nor visitor. `stamp` is the number of the change that made it what it is (see
    `MemoryStampRow`).
    """

    __tablename__ = "memory"
    __table_args__ = (
        Index(None, "task", "input_key"),
        Index(None, "task", "state"),
        Index(None, "correction_id"),
        Index(None, "visitor_id"),
        Index(None, "changed_at"),
        Index(None, "stamp"),
    )

    memory_id: Mapped[str] = mapped_column(primary_key=True)
    correction_id: Mapped[str | None] = _gone_with("corrections.correction_id")
    visitor_id: Mapped[str | None] = _gone_with("visitors.visitor_id")
    task: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    target: Mapped[str] = mapped_column(default="")
    knowledge_id: Mapped[str] = mapped_column(default="")
    knowledge_revision: Mapped[int] = mapped_column(default=0)
    unit: Mapped[str] = mapped_column(default="text")
    input_text: Mapped[str]
    output_text: Mapped[str]
    input_key: Mapped[str]
    output_key: Mapped[str]
    encoder: Mapped[str] = mapped_column(default="")
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    segment: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    released_by: Mapped[str] = mapped_column(default="")
    retired_by: Mapped[str] = mapped_column(default="")
    stamp: Mapped[int] = mapped_column(default=0)
    shared_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class MemoryStampRow(Base):
    """The number of the last change of memory or terms: held until its transaction ends, so numbers come in order.

    Whoever keeps a copy of the memory asks for what has a higher number than the last that it saw.
    """

    __tablename__ = "memory_stamps"

    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


class MemoryUseRow(Base):
    """That an answer used something remembered; `how` is answer, example, neighbour or wording."""

    __tablename__ = "memory_uses"
    __table_args__ = (Index(None, "interaction_id"),)

    memory_id: Mapped[str] = _gone_with("memory.memory_id", primary_key=True)
    interaction_id: Mapped[str] = _gone_with("interactions.interaction_id", primary_key=True)
    how: Mapped[str]
    similarity: Mapped[float] = mapped_column(Float(53))
    at: Mapped[datetime] = mapped_column(default=now)


class TermRow(Base):
    """A word of the glossary and its one right translation."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("source", "target", "source_term"),)

    term_id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    target: Mapped[str]
    source_term: Mapped[str]
    target_term: Mapped[str]
    created_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class SplitRow(Base):
    """Which split a text belongs to, decided when it was first in a dataset and never changed; see `core.loop.Split`.

    `source_kind` and `source_id` are those of `core.loop.Row`; `vector` is float16 of the encoder named beside it.
    """

    __tablename__ = "splits"
    __table_args__ = (Index(None, "task", "input_key"), Index(None, "visitor_id"), Index(None, "task", "cluster"))

    source_kind: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str]
    visitor_id: Mapped[str | None] = _gone_with("visitors.visitor_id")
    input_key: Mapped[str]
    cluster: Mapped[str]
    split: Mapped[str]
    encoder: Mapped[str] = mapped_column(default="")
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class DatasetRow(Base):
    """An immutable set of rows, numbered within its task; `sha256` is that of its rows, `card` what is in it and why.

    `erased` counts the rows that went with visitors who were forgotten, the last of them at `erased_at`: from then on
    the hash tells what it was.
    """

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("task", "number"),)

    dataset_id: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str]
    number: Mapped[int]
    sha256: Mapped[str]
    card: Mapped[dict[str, Any]]
    is_sample: Mapped[bool] = mapped_column(default=False)
    erased: Mapped[int] = mapped_column(default=0)
    erased_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class DatasetItemRow(Base):
    """A row of a dataset as `core.loop.Row` has it."""

    __tablename__ = "dataset_items"
    __table_args__ = (Index(None, "correction_id"), Index(None, "visitor_id"))

    dataset_id: Mapped[str] = _gone_with("datasets.dataset_id", primary_key=True)
    row_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    split: Mapped[str]
    kind: Mapped[str]
    content: Mapped[dict[str, Any]]
    source_kind: Mapped[str]
    source_id: Mapped[str]
    correction_id: Mapped[str | None] = _gone_with("corrections.correction_id")
    visitor_id: Mapped[str | None] = _gone_with("visitors.visitor_id")


class RunRow(Base):
    """A training run; `beat_at` is the last sign of life of its process, `attempt` counts how often it began."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "state", "created_at"),
        Index(None, "dataset_id"),
        # The database itself keeps two processes from training at once.
        Index("ix_runs_one_running", "state", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )

    run_id: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str]
    dataset_id: Mapped[str] = _gone_with("datasets.dataset_id")
    training: Mapped[dict[str, Any]]
    state: Mapped[str]
    progress: Mapped[dict[str, Any]]
    error: Mapped[str] = mapped_column(default="")
    artefact_id: Mapped[str] = mapped_column(default="")
    is_stopping: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[int] = mapped_column(default=0)
    process: Mapped[int | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ArtefactRow(Base):
    """A trained head or adapter, numbered within its task; the files lie in `folder` below the data folder.

    `flag` says in a sentence why it must be trained anew, such as a visitor who was forgotten.
    """

    __tablename__ = "artefacts"
    __table_args__ = (UniqueConstraint("task", "number"), Index(None, "dataset_id"))

    artefact_id: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str]
    number: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    segment: Mapped[str] = mapped_column(default="")
    run_id: Mapped[str] = mapped_column(default="")
    dataset_id: Mapped[str] = mapped_column(default="")
    base_id: Mapped[str]
    base_sha256: Mapped[str]
    sha256: Mapped[str]
    folder: Mapped[str]
    card: Mapped[dict[str, Any]]
    flag: Mapped[str] = mapped_column(default="")
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ArtefactFileRow(Base):
    """A file of an artefact, for servers that did not train it; see `core.store.artefact_files`."""

    __tablename__ = "artefact_files"

    artefact_id: Mapped[str] = mapped_column(ForeignKey("artefacts.artefact_id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class EvaluationRow(Base):
    """Base, live and candidate on the same held-out items: the figures, and what the gate says of them."""

    __tablename__ = "evaluations"
    __table_args__ = (Index(None, "artefact_id", "created_at"),)

    evaluation_id: Mapped[str] = mapped_column(primary_key=True)
    artefact_id: Mapped[str] = _gone_with("artefacts.artefact_id")
    live_id: Mapped[str] = mapped_column(default="")
    dataset_id: Mapped[str]
    figures: Mapped[dict[str, Any]]
    verdict: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class EvaluationItemRow(Base):
    """One held-out item with each system's answer and scores, by system: base, live, candidate.

    `part` is held_out, or shipped for the project's own sentences, on which forgetting is measured; `language` is a
    language or a pair of them ("de → en"); `source_kind` is that of the row.
    """

    __tablename__ = "evaluation_items"
    __table_args__ = (Index(None, "visitor_id"),)

    evaluation_id: Mapped[str] = _gone_with("evaluations.evaluation_id", primary_key=True)
    row_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    part: Mapped[str] = mapped_column(default="held_out")
    source_kind: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    segment: Mapped[str] = mapped_column(default="")
    input_text: Mapped[str]
    reference: Mapped[str]
    answers: Mapped[dict[str, Any]]
    scores: Mapped[dict[str, Any]]
    visitor_id: Mapped[str | None] = _gone_with("visitors.visitor_id")


class VoteRow(Base):
    """A member's blind choice between two answers to one held-out item; `choice` is candidate, live or equal."""

    __tablename__ = "votes"

    evaluation_id: Mapped[str] = _gone_with("evaluations.evaluation_id", primary_key=True)
    row_id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[str] = _gone_with("members.member_id", primary_key=True)
    choice: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class ServingRow(Base):
    """What serves a task (and, where named, a segment) from a moment on; the newest row holds, older ones are history.

    An empty `artefact_id` is the weights that ship. `kind` is promoted, overridden, rolled back or rolled back alone.
    `memory` tells how much of the memory the weights were asked for since, and how much of it was retired.
    """

    __tablename__ = "servings"
    __table_args__ = (Index(None, "task", "segment", "serving_id"),)

    serving_id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str]
    segment: Mapped[str] = mapped_column(default="")
    artefact_id: Mapped[str] = mapped_column(default="")
    before_id: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    evaluation_id: Mapped[str] = mapped_column(default="")
    member_id: Mapped[str] = mapped_column(default="")
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=now)


class ForgottenRow(Base):
    """That somebody was forgotten, by a digest that leads to nobody: nothing of theirs is to be written again."""

    __tablename__ = "forgotten"

    visitor_key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
