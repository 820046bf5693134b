"""Sorting what visitors said into the review queue: found, checked, and given its place, beside whoever looks at it."""

from __future__ import annotations

import logging
import threading
from hashlib import sha256

from core.errors import HearbackError
from core.learning import checks
from core.learning.checks import Candidate, Finding
from core.store import review_arrivals, review_items
from core.store.db import Database

_log = logging.getLogger(__name__)

INFLUENCE = review_items.Influence(checks.MOST_SHARE, checks.MOST_ITEMS)
# How long a look at the queue waits for new items to be sorted in; what is left is sorted in the background.
PATIENCE_SECONDS = 1.5


class Sorting:
    """Sorts into the queue of one database, in one thread at a time; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stamp: tuple[object, ...] = ()

    def catch_up(self) -> bool:
        """Sort in what is new, and return whether all of it is; what takes longer goes on in the background."""
        stamp = review_arrivals.stamp(self._database)
        with self._lock:
            if stamp == self._stamp:
                return True
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self.sort_all, name="review", daemon=True)
                self._thread.start()
            sorting = self._thread
        sorting.join(PATIENCE_SECONDS)
        return not sorting.is_alive()

    def sort_all(self) -> None:
        """Sort in all that is new, and give every item its place anew that something happened to."""
        try:
            is_found = True
            while is_found:  # a walk that finds nothing: what came during one may lie before where it was
                is_found = False
                for page in review_arrivals.unseen(self._database):
                    review_items.add(self._database, [keyed(one) for one in page])
                    is_found = True
            # Taken before the places are worked out: what changes meanwhile is seen at the next look.
            stamp = review_arrivals.stamp(self._database)
            review_items.settle(self._database, INFLUENCE)
            self._stamp = stamp
        except HearbackError as error:
            _log.warning("the review queue is not sorted: %s", error)


def keyed(one: review_arrivals.Unseen) -> review_items.Keyed:
    """Return what the queue keeps of a new correction or rating: its keys, and what the checks find in it."""
    findings: tuple[Finding, ...] = ()
    if one.correction_id:
        findings = checks.check(Candidate(one.task, one.input_text, one.output_text, one.corrected_text, one.target))
    return review_items.Keyed(
        one,
        # The same text to be put into another language is another thing to decide.
        _digest(f"{one.task} {one.target} {checks.key_of(one.input_text)}"),
        _digest(checks.key_of(one.corrected_text)) if one.correction_id else "",
        tuple((finding.kind, finding.sentence) for finding in findings),
    )


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:24]
