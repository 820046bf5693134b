"""From rows to the frozen values that leave this package."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from core.store.tables import CorrectionRow, DocumentRow, InteractionRow, PassageRow, RatingRow, VisitorRow
from core.types import Consent, Correction, Ending, Interaction, Origin, Passage, Rating, Task, Turn, Visitor


def visitor_of(row: VisitorRow) -> Visitor:
    """Return the visitor of a row."""
    consent = Consent(log=row.consent_log, train=row.consent_train)
    return Visitor(row.visitor_id, consent, row.has_chosen, row.role, row.company_size)


def interaction_of(row: InteractionRow, passage_ids: tuple[str, ...]) -> Interaction:
    """Return the interaction of a row and of the passages that it used."""
    built: dict[str, Any] = {
        "task": Task(row.task),
        "ending": Ending(row.ending),
        # Which memories it used stands in a table of its own; `memory_id` names the first of them.
        "origin": Origin(**{one.name: getattr(row, one.name) for one in fields(Origin) if one.name != "memory"}),
        "messages": tuple(Turn(**turn) for turn in row.messages),
        "passage_ids": passage_ids,
        "consent": Consent(log=row.consent_log, train=row.consent_train),
    }
    plain: dict[str, Any] = {
        field.name: getattr(row, field.name) for field in fields(Interaction) if field.name not in built
    }
    return Interaction(**plain, **built)


def rating_of(row: RatingRow) -> Rating:
    """Return the rating of a row."""
    return Rating(row.interaction_id, row.score, tuple(row.reasons), row.comment)


def correction_of(row: CorrectionRow) -> Correction:
    """Return the correction of a row."""
    return Correction(
        correction_id=row.correction_id,
        interaction_id=row.interaction_id,
        task=Task(row.task),
        input_text=row.input_text,
        output_text=row.output_text,
        corrected_text=row.corrected_text,
        status=row.status,
        created_at=row.created_at,
    )


def passage_of(document: DocumentRow, row: PassageRow) -> Passage:
    """Return the passage of a row and of its document's."""
    return Passage(
        passage_id=row.passage_id,
        document=document.document,
        title=document.title,
        heading=row.heading,
        text=row.text,
        position=row.position,
        language=row.language,
    )
