"""Refusals of ids that are not of who asks: one way for all of them, which leaves a line in the log."""

from __future__ import annotations

import logging

from core.errors import NoReceipt, NotYours

_log = logging.getLogger(__name__)


def not_yours(what: str) -> NotYours:
    """Return the error to raise, and write down that somebody asked; by what id or for whom stays untold.

    One line may be a page from before a restart; many within a minute are somebody who tries.
    """
    _log.warning("an id was refused: there is no such %s in the visit that asked", what)
    return NotYours(what=what)


def no_receipt() -> NoReceipt:
    """Return the error for a receipt's link that was never given out, and write down that somebody tried it."""
    _log.warning("a receipt was refused: its link was not given out here")
    return NoReceipt()
