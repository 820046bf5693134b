"""The feedback at the front desk: what visitors say of their answers, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from core import limits
from core.credentials import Key
from core.errors import ReceiptGone
from core.house import House
from core.jobs import JobBoard
from core.journal import HistoryItem, asked_of, item_of, output_text_of
from core.limits import check_text
from core.refusals import no_receipt
from core.store import queries, receipts
from core.store.db import Database
from core.store.record import Recorder
from core.types import Correction, Rating, Task

RECEIPT = "receipt"
CORRECTION_ID_CHARACTERS = 32


class FeedbackDesk:
    """The part of the desk that hears visitors out. Every id is answered to its owner alone."""

    _board: JobBoard
    _database: Database
    _house: House
    _key: Key
    _recorder: Recorder

    def rate(
        self, visitor_id: str, interaction_id: str, score: int, reasons: Sequence[str] = (), comment: str = ""
    ) -> None:
        """Save a rating, replacing this visitor's earlier one of the same answer."""
        if comment:
            comment = check_text(comment, limits.COMMENT_CHARACTERS, "comment")
        self._recorder.rate(Rating(interaction_id, score, tuple(reasons), comment), visitor_id)

    def undo_rating(self, visitor_id: str, interaction_id: str) -> None:
        """Take a rating back."""
        self._recorder.undo_rating(interaction_id, visitor_id)

    def correct(self, visitor_id: str, interaction_id: str, corrected_text: str) -> Correction:
        """Save what the output should have been; saving the same text twice saves it once.

        The visitor's next answer knows it; what may take a moment, such as finding near inputs, is learned behind.
        """
        corrected_text = check_text(corrected_text, limits.CORRECTION_CHARACTERS, "correction")
        key = f"{interaction_id}:{sha256(corrected_text.encode()).hexdigest()[:16]}"
        seen = self._board.of_interaction(visitor_id, interaction_id)
        saved = self._recorder.correct(
            interaction_id,
            visitor_id,
            corrected_text,
            key,
            input_text=seen.input_text if seen else "",
            output_text=output_text_of(seen.result) if seen and seen.result is not None else "",
            request=asked_of(seen.result) if seen and seen.result is not None else None,
        )
        self._house.memory.learn_soon(saved.correction_id)
        return saved

    def withdraw_correction(self, visitor_id: str, correction_id: str) -> None:
        """Take a correction back; it is not used from then on."""
        self._recorder.withdraw_correction(correction_id, visitor_id)

    def hand_off(self, visitor_id: str, interaction_id: str, reason: str, contact: str = "") -> str:
        """Ask for a person; returns the id to quote. `contact` is optional."""
        reason = check_text(reason, limits.COMMENT_CHARACTERS, "reason")
        return self._recorder.hand_off(interaction_id, visitor_id, reason, contact[: limits.CONTACT_CHARACTERS])

    def history(self, visitor_id: str, task: Task, limit: int = 10) -> list[HistoryItem]:
        """Return the visitor's newest uses of a task, newest first, each with its result as it was drawn."""
        return [item_of(kept, score) for kept, score in queries.recent(self._database, visitor_id, task, limit)]

    def feedback(self, visitor_id: str) -> tuple[queries.FeedbackItem, ...]:
        """Return what the visitor rated and corrected, newest first, and what became of it."""
        return queries.feedback(self._database, visitor_id)

    # Receipts: what became of a correction, for its author and for whoever holds the link that they kept

    def uses(self, visitor_id: str, correction_id: str) -> tuple[receipts.Used, ...]:
        """Return the newest answers that used the visitor's correction; of other people's only day and use case."""
        return receipts.uses(self._database, visitor_id, correction_id)

    def receipt_key(self, visitor_id: str, correction_id: str) -> str:
        """Return what makes the link to the receipt of the visitor's correction: nobody can guess it, it never ends."""
        queries.receipt(self._database, visitor_id, correction_id)
        return correction_id + self._key.sign(RECEIPT, correction_id)

    def receipt(self, key: str) -> queries.Receipt:
        """Return the receipt that a link leads to; raises NoReceipt, and ReceiptGone where its author is forgotten."""
        return queries.receipt(self._database, *self._author_of(key))

    def withdraw_by_receipt(self, key: str) -> None:
        """Take the correction back that a link leads to; raises as `receipt` does.

        The holder may: the link is the author's own secret, it is all that is left to them without their browser, and
        taking back only ends a use. Nothing can be added or changed by it.
        """
        visitor_id, correction_id = self._author_of(key)
        self.withdraw_correction(visitor_id, correction_id)

    def _author_of(self, key: str) -> tuple[str, str]:
        """Return visitor and correction of a receipt's key."""
        correction_id, signature = key[:CORRECTION_ID_CHARACTERS], key[CORRECTION_ID_CHARACTERS:]
        if not self._key.is_signed(RECEIPT, correction_id, signature):
            raise no_receipt()
        if not (visitor_id := receipts.author(self._database, correction_id)):
            raise ReceiptGone()
        return visitor_id, correction_id
