"""What became of a correction, in words for the one who gave it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pages.parts.plain import plain_line

if TYPE_CHECKING:
    from core.store.queries import Receipt, ReceiptStep


@dataclass(frozen=True)
class Moment:
    """A line of a receipt, as Markdown: what happened, what that means, and the exact term for it."""

    at: datetime
    icon: str
    title: str
    meaning: str = ""
    term: str = ""


# For each step its icon, what happened, and what that means for who corrected.
STEPS = {
    "saved": ("save", "Saved; a person will look at it", ""),
    "approved": ("how_to_reg", "A person read it and approved it", ""),
    "rejected": ("block", "A person read it; it was not taken", "It is used for nobody."),
    "reopened": ("refresh", "Opened again", "A person will look at it once more."),
    "shared": ("groups", "It helps everybody now", ""),
    "dataset": ("inventory_2", "Chosen to learn from", "It is in a collection that stays as it is:"),
    "trained": ("school", "A new version has learned from it", "Before it answers anybody it is tried. It is called"),
    "better": ("trending_up", "The new version does better", "On texts that it had never seen:"),
    "not better": ("trending_flat", "The new version does not do better yet", "On texts that it had never seen:"),
    "live": ("bolt", "The new version answers", "Everybody is answered by it now. It is called"),
    "rolled back": (
        "undo",
        "The company went back to the version before",
        "What you wrote is used as it is. Taken out of use:",
    ),
    "replaced": ("edit", "Replaced by your newer one", ""),
    "withdrawn": ("delete", "Taken back", "Its words are deleted, and it is used no more."),
    "used": ("replay", "Used for a later answer", ""),
}
# Steps whose detail is an exact term or figure, which is told with what comes before it.
TERMS = {"dataset": "dataset ", "trained": "", "better": "", "not better": "", "live": "", "rolled back": ""}
RELEASED_BY = {
    "reviewer": "A person of the company released it.",
    "visitors": "A second visitor corrected the same in the same way.",
    "check": "An automatic check found it right.",
}
# Why a correction was not taken, where that can be said to the one who gave it.
WHY = {
    "wrong": "we could not confirm it",
    "unclear": "we did not understand it well enough",
    "personal data": "it held personal data, which we do not want to learn",
    "duplicate": "it was said before",
}


def moments(receipt: Receipt) -> tuple[Moment, ...]:
    """Return the lines of a receipt, oldest first; what happened several times in a row is one line."""
    lines = [_moment(steps) for steps in _in_a_row(receipt.steps)]
    if receipt.first_used_at is not None:
        lines.append(Moment(receipt.first_used_at, "replay", used(receipt), "What you wrote was taken into account."))
    return tuple(sorted(lines, key=lambda line: line.at))


def used(receipt: Receipt) -> str:
    """Return in how many answers a correction was used, and in whose."""
    own, others = receipt.own_uses, receipt.other_uses
    answers = "one answer" if own + others == 1 else f"{own + others:,} answers"
    if not others:
        return f"Used in {answers} of yours"
    whose = "of other people" if not own else f"{own:,} of them yours"
    return f"Used in {answers}, {whose}" if own else f"Used in {answers} {whose}"


def meaning(receipt: Receipt) -> str:
    """Return in a sentence what a correction does now."""
    status = receipt.correction.status
    if status == "withdrawn":
        return "You took it back. Its words are deleted."
    if status == "replaced":
        return "Your newer correction of the same answer stands in its place."
    if status == "rejected":
        return "It was read and not taken, so it is not used."
    names = [step.step for step in receipt.steps]
    served = [name for name in names if name in ("live", "rolled back")]
    if served and served[-1] == "live":
        return "Everybody is answered by a version that learned from it."
    if "shared" in names:
        return "It helps everybody who asks the same."
    if not receipt.may_help_others:
        return "It helps you alone, as you chose: you did not allow us to learn from your corrections."
    if status == "approved":
        return "It helps you whenever you ask the same, and can be learned from."
    return "It helps you whenever you ask the same. It helps others once a person, or a second visitor, agrees."


def step_of(step: ReceiptStep) -> str:
    """Return a step of a receipt in words for the visitor, with its reason where there is a kind one."""
    title = STEPS[step.step][1] if step.step in STEPS else plain_line(step.step)
    why = WHY.get(step.detail, "") if step.step == "rejected" else ""
    return f"{title}: {why}" if why else title


def _moment(steps: list[ReceiptStep]) -> Moment:
    last = steps[-1]
    icon, _, what = STEPS.get(last.step, ("circle", "", ""))
    if last.step == "shared":
        what = RELEASED_BY.get(last.detail, "")
    term = ""
    if last.step in TERMS and (details := [step.detail for step in steps if step.detail]):
        term = TERMS[last.step] + plain_line(", ".join(dict.fromkeys(details)), 200)
    return Moment(last.at, icon, step_of(last), what, term)


def _in_a_row(steps: tuple[ReceiptStep, ...]) -> Iterator[list[ReceiptStep]]:
    row: list[ReceiptStep] = []
    for step in steps:
        if row and row[-1].step != step.step:
            yield row
            row = []
        row.append(step)
    if row:
        yield row
