"""What the sample visitors say of the answers that they got: thumbs, requests for a person, and corrections."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from core.edits import edit_share
from core.samples.story import (
    COMMENTED,
    CORRECTED,
    DISPUTED,
    DOWN_AFTER,
    HANDED_OFF,
    NEAR_COPIES,
    RATED,
    REASON_TO_WIN,
    REASONS,
    TO_WIN,
)
from core.samples.uses import Use
from core.types import Task

Row = dict[str, Any]
_DOWN_ELSEWHERE = 0.22
_WRONG_MORE = 2.6
_ABSTAINED_DOWN = 0.45
_MOST_DOWN = 0.85


def rating_of(chance: Random, use: Use, voices: dict[str, Any]) -> Row | None:
    """Return the rating of a use, or None where its visitor said nothing."""
    if not use.has_answer or chance.random() > RATED:
        return None
    score = 0 if chance.random() < _share_down(use) else 1
    said = voices["comments"][use.task.value][str(score)]
    at = use.at + timedelta(seconds=use.total_seconds + chance.randint(4, 90))
    return {
        "interaction_id": use.interaction_id,
        "visitor_id": use.person.visitor_id,
        "score": score,
        "reasons": _reasons(chance, use, score),
        "comment": chance.choice(said) if chance.random() < COMMENTED else "",
        "key": f"{use.interaction_id}_rating",
        "created_at": at,
        "changed_at": at,
    }


def hand_off_of(chance: Random, use: Use, voices: dict[str, Any]) -> Row | None:
    """Return a request for a person, or None; only support offers one."""
    if use.task is not Task.SUPPORT or not use.has_answer:
        return None
    kind = "abstained" if use.text.is_abstained else "answered"
    if chance.random() > HANDED_OFF[kind]:
        return None
    return {
        "hand_off_id": f"{use.interaction_id}_hand_off",
        "interaction_id": use.interaction_id,
        "visitor_id": use.person.visitor_id,
        "reason": chance.choice(voices["hand_offs"][kind]),
        "contact": "",
        "status": chance.choice(("closed", "closed", "answered", "open")),
        "created_at": use.at + timedelta(seconds=use.total_seconds + chance.randint(10, 120)),
    }


def correction_of(chance: Random, use: Use) -> Row | None:
    """Return what the visitor says the output should have been, or None."""
    if not use.has_answer or not use.text.better:
        if use.has_answer and use.task is Task.TRANSLATE and chance.random() < CORRECTED[use.task] * NEAR_COPIES:
            return correction_row(use, _near_copy(use.text.output_text))
        return None
    often = 2.2 if use.person.group.segment == TO_WIN.segment and use.task is TO_WIN.task else 1.0
    if chance.random() > CORRECTED[use.task] * often:
        return None
    better, *others = use.text.better
    if chance.random() < NEAR_COPIES and use.task is not Task.SENTIMENT:
        better = _near_copy(use.text.output_text)
    elif others and chance.random() < DISPUTED:
        better = others[0]
    return correction_row(use, better)


def correction_row(use: Use, corrected_text: str) -> Row:
    """Return the row of the table `corrections`, as it is when it has just been saved."""
    before = use.text.output_text
    return {
        "correction_id": f"{use.interaction_id}_correction",
        "interaction_id": use.interaction_id,
        "visitor_id": use.person.visitor_id,
        "task": use.task.value,
        "input_text": use.text.input_text,
        "output_text": before,
        "corrected_text": corrected_text,
        "approved_text": "",
        "edit_share": edit_share(before, corrected_text),
        "status": "saved",
        "key": f"{use.interaction_id}_correction",
        "consent_train": use.person.consent.train,
        "created_at": use.at + timedelta(seconds=use.total_seconds + 75),
    }


def _near_copy(text: str) -> str:
    """Return the text with nothing but a sign changed."""
    return text[:-1] + "!" if text.endswith((".", "。")) else text + "."


def _share_down(use: Use) -> float:
    is_main = use.task is next(iter(use.person.group.uses))
    share = use.person.group.down if is_main else _DOWN_ELSEWHERE
    if use.text.is_abstained:
        share = _ABSTAINED_DOWN
    elif not use.text.is_right and use.task is not Task.SUMMARIZE:
        share *= _WRONG_MORE
    if use.is_after and not _has_wrong_terms(use):
        share *= DOWN_AFTER.get(use.task, 1.0)
    return min(share, _MOST_DOWN)


def _has_wrong_terms(use: Use) -> bool:
    """Tell whether it is the trade's own terms that go wrong: better weights alone did not mend that."""
    return use.task is TO_WIN.task and use.text.kind == "marketing"


def _reasons(chance: Random, use: Use, score: int) -> list[str]:
    if chance.random() < 0.15:
        return []
    options = REASONS[use.task, score]
    if not score and _has_wrong_terms(use) and chance.random() < 0.72:
        found = [REASON_TO_WIN]
    elif not score and use.text.is_abstained:
        found = ["Should have answered"]
    else:
        found = [options[int(len(options) * chance.random() ** 1.6)]]
    if chance.random() < 0.2:
        found.append(chance.choice(options))
    return list(dict.fromkeys(found))
