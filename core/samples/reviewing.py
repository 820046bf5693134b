"""What the sample reviewer has decided so far; the newest corrections wait for whoever looks at the queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.samples.story import REVIEWED
from core.samples.texts import Texts

Row = dict[str, Any]
REVIEWER = "sample_reviewer"
REVIEWER_NAME = "Sample reviewer"
_FRESH = timedelta(days=9)


def member_row(at: datetime) -> Row:
    """Return the row of the sample reviewer, who has no password and is not let in."""
    return {
        "member_id": REVIEWER,
        "name": REVIEWER_NAME,
        "role": "reviewer",
        "password_hash": "",
        "created_at": at,
        "disabled_at": at,
    }


def review(chance: Random, corrections: list[Row], texts: Texts, until: datetime) -> tuple[list[Row], list[Row]]:
    """Return the rows of `reviews` and of `correction_steps`, and write the verdicts into `corrections`.

    Corrections of one visitor of the same answer, and of a text already approved, are treated alike. Equal corrections
    of one input that had come by then are judged at once.
    """
    reviews: list[Row] = []
    steps: list[Row] = []
    deeds: dict[tuple[str, str, str], Row] = {}
    known = {text.input_text: text.better for kind in texts.of_task.values() for text in kind if text.better}
    for row in sorted(corrections, key=lambda one: (one["created_at"], one["correction_id"])):
        steps.append(_step(row, "saved", row["created_at"]))
        if row["created_at"] > until - _FRESH or chance.random() > REVIEWED:
            continue
        at = min(row["created_at"] + timedelta(hours=chance.randint(3, 150)), until)
        is_good = row["corrected_text"] in known.get(row["input_text"], ())[:1]
        verdict = "approved" if is_good else "rejected"
        reason = "" if is_good else chance.choice(texts.voices["rejections"])
        row["status"] = verdict
        row["approved_text"] = row["corrected_text"] if is_good else ""
        said = (row["task"], row["input_text"], row["corrected_text"])
        review_id = f"{row['correction_id']}_review"
        deed = deeds.get(said)
        if deed is None or deed["at"] < row["created_at"]:
            deed = deeds[said] = {"deed_id": review_id, "at": at, "reason": reason}
        at, reason = deed["at"], deed["reason"]
        reviews.append(
            {
                "review_id": review_id,
                "deed_id": deed["deed_id"],
                "interaction_id": row["interaction_id"],
                "correction_id": row["correction_id"],
                "member_id": REVIEWER,
                "verdict": verdict,
                "edited_text": "",
                "reason": reason,
                "at": at,
                "undone_at": None,
            }
        )
        steps.append(_step(row, verdict, at, reason))
    return reviews, steps


def _step(row: Row, step: str, at: datetime, detail: str = "") -> Row:
    return {"correction_id": row["correction_id"], "step": step, "detail": detail, "at": at}
