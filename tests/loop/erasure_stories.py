"""What the stories about erasure share: a visitor who left something everywhere, and a look for what is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from core.loop import ArtefactKind, ArtefactState, RunState, Split
from core.store import members
from core.store.columns import now
from core.store.db import Database
from core.store.erasure import belongs, tables
from core.store.loop_tables import (
    ArtefactRow,
    DatasetItemRow,
    DatasetRow,
    EvaluationItemRow,
    EvaluationRow,
    MemoryRow,
    MemoryUseRow,
    RunRow,
    SplitRow,
)
from core.store.office_tables import GapQuestionRow, GapRow, ReviewItemRow, ReviewRow, SurveyInvitationRow
from core.store.record import Recorder
from core.store.tables import Base, SurveyRow
from core.store.usage_tables import PastUsesRow, UsagePassageRow, UsageVisitorDayRow, UsageVisitorRow
from core.types import Consent, Rating, Role, Task
from tests.core.store_stories import an_interaction

# Not a word of any language, so that wherever it is found it came from here.
MARK = "Zqforgottenvx"
ALL = Consent(log=True, train=True)


@dataclass(frozen=True)
class Life:
    """The ids of what a visitor left."""

    visitor_id: str
    interaction_id: str
    correction_id: str


def a_life(database: Database, recorder: Recorder, visitor_id: str, mark: str = MARK) -> Life:
    """Leave rows of a visitor, with the mark in every text, in each table that there is."""
    recorder.choose(visitor_id, ALL, f"{mark} founder", "2 to 10")
    use = an_interaction(
        visitor_id=visitor_id,
        consent=ALL,
        input_text=f"{mark} asks?",
        output_text=f"{mark} hears.",
        request={"text": f"{mark} asks?"},
        output={"text": f"{mark} hears."},
        error=f"{mark} failed",
    )
    recorder.interaction(use)
    assert recorder.flush()
    recorder.rate(Rating(use.interaction_id, 0, (f"{mark} reason",), f"{mark} comment"), visitor_id)
    correction = recorder.correct(use.interaction_id, visitor_id, f"{mark} is right.", "key")
    recorder.hand_off(use.interaction_id, visitor_id, f"{mark} wants a person", f"{mark}@example.org")
    life = Life(visitor_id, use.interaction_id, correction.correction_id)
    reviewer = members.add(database, f"Rita of {visitor_id}", Role.REVIEWER)
    with database.writing() as session:
        for row in (*_said(life, mark, reviewer.member_id), *_remembered(life, mark)):
            session.add(row)
            session.flush()
    return life


def a_dataset(
    database: Database, name: str, lives: list[tuple[Life, Split]], mark: str = MARK, task: Task = Task.SUPPORT
) -> str:
    """Freeze a dataset with a row of each life; return its id."""
    with database.writing() as session:
        number = len(session.scalars(select(DatasetRow).where(DatasetRow.task == task)).all()) + 1
        session.add(
            DatasetRow(
                dataset_id=name, task=task, number=number, sha256="ab", card={"rows": len(lives)}, created_by="m"
            )
        )
        session.flush()
        for position, (life, split) in enumerate(lives):
            session.add(
                DatasetItemRow(
                    dataset_id=name,
                    row_id=f"row {position}",
                    position=position,
                    split=split,
                    kind="supervised",
                    content={"messages": [f"{mark} asks?", f"{mark} is right."]},
                    source_kind="correction",
                    source_id=life.correction_id,
                    correction_id=life.correction_id,
                    visitor_id=life.visitor_id,
                )
            )
    return name


def a_run(database: Database, name: str, dataset_id: str, state: RunState, attempt: int = 1) -> str:
    """Add a run on a dataset; return its id."""
    with database.writing() as session:
        session.add(
            RunRow(
                run_id=name,
                task="support",
                dataset_id=dataset_id,
                training={},
                state=state,
                progress={},
                attempt=attempt,
                created_by="m",
                started_at=now() if attempt else None,
            )
        )
    return name


def an_artefact(database: Database, name: str, dataset_id: str, number: int, life: Life | None = None) -> str:
    """Add an artefact of a dataset, and where a life is given its evaluation on that; return its id."""
    with database.writing() as session:
        session.add(
            ArtefactRow(
                artefact_id=name,
                task="support",
                number=number,
                kind=ArtefactKind.ADAPTER,
                state=ArtefactState.CANDIDATE,
                dataset_id=dataset_id,
                base_id="smollm2",
                base_sha256="ab",
                sha256="cd",
                folder=name,
                card={},
            )
        )
        session.flush()
        if life is not None:
            session.add(
                EvaluationRow(
                    evaluation_id=f"e {name}", artefact_id=name, dataset_id=dataset_id, figures={}, verdict={}
                )
            )
            session.flush()
            session.add(
                EvaluationItemRow(
                    evaluation_id=f"e {name}",
                    row_id="row 0",
                    position=0,
                    input_text=f"{MARK} asks?",
                    reference=f"{MARK} is right.",
                    answers={"base": f"{MARK} hears."},
                    scores={"base": 0.5},
                    visitor_id=life.visitor_id,
                )
            )
    return name


def left(database: Database, *marks: str) -> list[str]:
    """Return every table and column in which one of the marks is still found."""
    found = []
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() for mark in marks if mark in str(value)]
    return found


def tables_with(database: Database, visitor_id: str) -> set[str]:
    """Return the tables in which there are rows of a visitor."""
    with database.reading() as session:
        return {one.name for one in tables() if session.execute(select(one).where(belongs(one, visitor_id))).first()}


def _said(life: Life, mark: str, member_id: str) -> Iterator[Base]:
    at = now()
    about = {"interaction_id": life.interaction_id, "correction_id": life.correction_id}
    yield ReviewRow(
        review_id=f"v {life.visitor_id}",
        deed_id=f"d {life.visitor_id}",
        member_id=member_id,
        verdict="approved",
        edited_text=f"{mark} is right, says Rita.",
        words=f"{mark} knows",
        **about,
    )
    yield ReviewItemRow(
        item_id=life.correction_id,
        visitor_id=life.visitor_id,
        task="support",
        input_key=f"{mark} key",
        text_key=f"{mark} text",
        findings=[["copied", mark]],
        created_at=at,
        last_at=at,
        **about,
    )
    yield SurveyRow(survey_id=f"s {life.visitor_id}", visitor_id=life.visitor_id, benefit=f"{mark} likes it")
    yield SurveyInvitationRow(visitor_id=life.visitor_id)
    yield GapRow(gap_id=f"g {life.visitor_id}", knowledge_id="handbook", title=f"{mark} asks?", document="returns")
    yield GapQuestionRow(gap_id=f"g {life.visitor_id}", interaction_id=life.interaction_id, answer=f"{mark} hears.")
    counted = {"is_sample": False, "visitor_id": life.visitor_id, "uses": 1, "visits": 1, "rated": 1, "corrected": 1}
    kind = {"task": "support", "segment": "*", "weights_id": "minilm"}
    yield UsageVisitorDayRow(day="2026-05-04", **kind, **counted)
    yield UsageVisitorRow(first_day="2026-05-04", days=1, tasks=1, **counted)
    cited = {"knowledge_id": "handbook", "passage_id": "returns-1", "number": 1, "segment": "*"}
    parts = dict.fromkeys(("answers", "rated", "good", "led", "led_rated", "led_good"), 1)
    yield UsagePassageRow(day="2026-05-04", is_sample=False, visitor_id=life.visitor_id, **cited, **parts)
    yield PastUsesRow(correction_id=life.correction_id, own_uses=1, other_uses=1, first_at=at, last_at=at)


def _remembered(life: Life, mark: str) -> Iterator[Base]:
    memory_id = f"m {life.visitor_id}"
    yield MemoryRow(
        memory_id=memory_id,
        correction_id=life.correction_id,
        visitor_id=life.visitor_id,
        task="support",
        input_text=f"{mark} asks?",
        output_text=f"{mark} is right.",
        input_key=f"{mark} asks",
        output_key=f"{mark} is right",
        vector=b"\0\1",
        state="shared",
        released_by="reviewer",
    )
    yield MemoryUseRow(memory_id=memory_id, interaction_id=life.interaction_id, how="answer", similarity=1.0)
    yield SplitRow(
        source_kind="correction",
        source_id=life.correction_id,
        task="support",
        visitor_id=life.visitor_id,
        input_key=f"{mark} asks",
        cluster="c1",
        split="train",
    )
