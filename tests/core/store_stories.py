"""What the stories about the store share: one plausible interaction, varied by name."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, datetime
from typing import Any

from core.types import Consent, Ending, Interaction, Origin, Task, Turn


def an_interaction(**changes: Any) -> Interaction:
    """Return a finished, logged question to support by visitor "ada", with a fresh id."""
    told = Interaction(
        interaction_id=uuid.uuid4().hex,
        visitor_id="ada",
        task=Task.SUPPORT,
        started_at=datetime(2026, 5, 4, 3, 2, 1, 500, tzinfo=UTC),
        input_text="How long may I return a lamp?",
        request={"text": "How long may I return a lamp?", "history": []},
        output_text="30 days.",
        output={"text": "30 days.", "score": 0.75},
        language="en",
        ending=Ending.FINISHED,
        error="",
        origin=Origin("extracted", "minilm", "ab12", "", "support-1", {"threshold": 0.4}),
        first_seconds=0.1,
        total_seconds=0.25,
        messages=(Turn("user", "How long may I return a lamp?"), Turn("assistant", "30 days.")),
        passage_ids=("returns-3", "returns-1"),
        consent=Consent(log=True),
    )
    return dataclasses.replace(told, **changes)
