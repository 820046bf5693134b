"""The sample company's whole history, as plain rows by table: the same seed and last day give the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from core.samples.feedback import correction_of, hand_off_of, rating_of
from core.samples.people import Person, people
from core.samples.reviewing import member_row, review
from core.samples.reviews import monitor
from core.samples.special import special
from core.samples.story import SEED
from core.samples.survey import survey
from core.samples.texts import read_texts
from core.samples.uses import Use, Uses, row_of
from core.types import Passage

Row = dict[str, Any]
_CONSENT_VERSION = "1"


def build(
    folder: Path, passages: Mapping[str, Passage], revision: int, until: date, seed: int = SEED
) -> dict[str, list[Row]]:
    """Return the rows by table, parents before children; every row of a visitor or an answer leads to a sample one.

    `folder` holds the texts, `passages` are those of the live handbook by id and `revision` is its number; the
    history ends with the day `until` (UTC).
    """

    def chance(part: str) -> Random:
        # Each part draws for itself, so that a word more in one leaves the others as they are.
        return Random(f"{seed} {part}")  # noqa: S311 - a story, not a secret

    texts = read_texts(folder, passages, revision)
    end = datetime.combine(until + timedelta(days=1), time(), UTC) - timedelta(minutes=1)
    drawn = Uses(chance("uses"), texts, until)
    persons = people(chance("people"), until)
    uses = {person.visitor_id: [drawn.of(person, at, task) for at, task in person.uses] for person in persons}
    surveys, invitations = survey(chance("survey"), uses, persons, texts.voices, end)
    rated, handed, corrected = chance("ratings"), chance("hand-offs"), chance("corrections")
    corrections: list[Row] = []
    ratings: list[Row] = []
    hand_offs: list[Row] = []
    for use in [use for person in persons for use in uses[person.visitor_id]]:
        for rows, row in (
            (ratings, rating_of(rated, use, texts.voices)),
            (hand_offs, hand_off_of(handed, use, texts.voices)),
            (corrections, correction_of(corrected, use)),
        ):
            if row is not None:
                rows.append(row)
    for person, made, written in special(chance("special"), texts, drawn, until):
        persons.append(person)
        uses[person.visitor_id] = made
        corrections += written
    reviews, steps = review(chance("reviews"), corrections, texts, end)
    monitors, monitor_texts = monitor(chance("monitor"), texts.reviews, until)
    everything = sorted((use for made in uses.values() for use in made), key=lambda use: (use.at, use.interaction_id))
    return {
        "members": [member_row(min(person.created_at for person in persons))],
        "visitors": [_visitor(person, uses[person.visitor_id]) for person in persons],
        "consents": [_consent(person) for person in persons],
        "interactions": [row_of(use, revision) for use in everything],
        "used_passages": _used_passages(everything),
        "ratings": ratings,
        "corrections": corrections,
        "correction_steps": steps,
        "hand_offs": hand_offs,
        "reviews": reviews,
        "survey_invitations": invitations,
        "surveys": surveys,
        "monitors": monitors,
        "monitor_texts": monitor_texts,
    }


def _visitor(person: Person, uses: list[Use]) -> Row:
    return {
        "visitor_id": person.visitor_id,
        "consent_log": person.consent.log,
        "consent_train": person.consent.train,
        "consent_version": _CONSENT_VERSION,
        "consented_at": person.created_at,
        "has_chosen": True,
        "role": person.group.role,
        "company_size": person.group.company_size,
        "is_sample": True,
        "created_at": person.created_at,
        "seen_at": uses[-1].at,
    }


def _consent(person: Person) -> Row:
    return {
        "visitor_id": person.visitor_id,
        "log": person.consent.log,
        "train": person.consent.train,
        "version": _CONSENT_VERSION,
        "decided_at": person.created_at,
    }


def _used_passages(uses: list[Use]) -> list[Row]:
    return [
        {"interaction_id": use.interaction_id, "position": position, "passage_id": passage_id}
        for use in uses
        if use.has_answer and use.person.consent.log
        for position, passage_id in enumerate(use.text.passage_ids)
    ]
