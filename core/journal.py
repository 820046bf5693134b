"""How a job becomes an interaction to write down, and an interaction the result that was drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.engines.base import Fingerprint
from core.files import KINDS, kind_of, text_of
from core.jobs import Job
from core.types import (
    Ending,
    FileResult,
    Interaction,
    MemoryUse,
    Origin,
    Reading,
    Reply,
    Summary,
    TableReading,
    Task,
    Translation,
    Turn,
    Visitor,
    from_plain,
    to_plain,
)

PREVIEW_CHARACTERS = 2_000
_TRAINED = re.compile("[0-9a-f]{32}")  # an artefact's id; what ships has a name
Result = Reply | Translation | Summary | Reading | TableReading | FileResult
_KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (Reply, Translation, Summary, Reading, TableReading, FileResult)
}


@dataclass(frozen=True)
class HistoryItem:
    """An earlier use as its page draws it again; `result` is None where it stopped, failed, or was not to be kept.

    `rating` is 1, 0 or None.
    """

    interaction_id: str
    task: Task
    started_at: datetime
    input_text: str
    request: dict[str, Any]
    output_text: str
    result: Result | None
    ending: Ending
    error: str
    origin: Origin
    rating: int | None


def interaction_of(
    job: Job,
    ending: Ending,
    visitor: Visitor,
    started_at: datetime,
    input_text: str,
    request: dict[str, Any],
    turns: tuple[Turn, ...] = (),
) -> Interaction:
    """Return what is written down of a job that has ended, for whatever reason."""
    result: Result | None = job.result
    output_text = output_text_of(result) if result is not None else job.text
    messages = (*turns, Turn("user", input_text), Turn("assistant", output_text))
    return Interaction(
        interaction_id=job.interaction_id,
        visitor_id=visitor.visitor_id,
        task=job.task,
        started_at=started_at,
        input_text=input_text,
        request=request,
        output_text=output_text,
        output=pack(result) if result is not None else {},
        language=_language_of(result),
        ending=ending,
        error=job.sentence if ending is Ending.FAILED else "",
        origin=result.origin if result is not None else Origin(path=""),
        first_seconds=job.first_seconds,
        total_seconds=job.seconds,
        messages=messages,
        memory_id=result.origin.memory[0].memory_id if result is not None and result.origin.memory else "",
        passage_ids=tuple(c.passage.passage_id for c in result.citations) if isinstance(result, Reply) else (),
        is_abstained=isinstance(result, Reply) and result.is_abstained,
        segment=segment_of(visitor),
        consent=visitor.consent,
        knowledge_id=str(request.get("knowledge_id", "")),
        knowledge_revision=int(request.get("revision", 0)),
    )


def segment_of(visitor: Visitor) -> str:
    """Return the segment that a visitor's uses are counted in and served to, or empty where they said nothing."""
    return ", ".join(part for part in (visitor.role, visitor.company_size) if part)


def is_trained(origin: Origin) -> bool:
    """Return whether a head or adapter that was trained here gave the answer, not only the weights that ship."""
    return bool(_TRAINED.fullmatch(origin.adapter_id))


def item_of(kept: Interaction, rating: int | None) -> HistoryItem:
    """Return a recorded interaction as its page draws it again."""
    return HistoryItem(
        interaction_id=kept.interaction_id,
        task=kept.task,
        started_at=kept.started_at,
        input_text=kept.input_text,
        request=kept.request,
        output_text=kept.output_text,
        result=unpack(kept.output),
        ending=kept.ending,
        error=kept.error,
        origin=kept.origin,
        rating=rating,
    )


def pack(result: Result) -> dict[str, Any]:
    """Return a result as plain data with its kind.

    A file's bytes are left out, and of a table all texts and probabilities: labels and days draw its charts again.
    """
    if isinstance(result, FileResult):
        result = replace(result, content=b"")
    elif isinstance(result, TableReading):
        result = replace(result, texts=(), probabilities=())
    return {"kind": type(result).__name__, "value": to_plain(result)}


def unpack(output: dict[str, Any]) -> Result | None:
    """Return the result that `pack` made plain, or None where there is none."""
    kind = _KINDS.get(output.get("kind", ""))
    return from_plain(output["value"], kind) if kind else None


def file_result(name: str, content: bytes, weights: Fingerprint, memory: tuple[MemoryUse, ...] = ()) -> FileResult:
    """Return a translated file with its beginning as text, where it has one."""
    text = ""
    if kind_of(name) in KINDS:
        text = text_of(name, content)
    elif kind_of(name) == "csv":
        text = content.decode("utf-8-sig", "replace")
    origin = Origin("generated", weights.weights_id, weights.sha256, weights.adapter_id, memory=memory)
    return FileResult(name, content, text[:PREVIEW_CHARACTERS], origin)


def output_text_of(result: Result) -> str:
    """Return a result as the text that a person reads and may correct."""
    match result:
        case Reading():
            return result.label
        case TableReading():
            counts = {label: result.labels.count(label) for label in dict.fromkeys(result.labels) if label}
            return ", ".join(f"{count} {label}" for label, count in counts.items())
        case FileResult():
            return result.preview
        case _:
            return result.text


def asked_of(result: Result) -> dict[str, Any]:
    """Return what an answer depends on beside its input, read off the result: for a visitor whose uses are not kept."""
    match result:
        case Translation():
            return {"source": result.source, "target": result.target}
        case Summary():
            return {"length": result.length, "form": result.form}
        case Reply():
            return {"note": result.note}
        case TableReading():
            return {"text_column": result.text_column}
        case FileResult():
            return {"file": result.name}
        case _:
            return {}


def _language_of(result: Result | None) -> str:
    match result:
        case Reading():
            return result.language.code
        case Translation():
            return result.source
        case Reply() | Summary():
            return result.language
        case _:
            return ""
