"""What Hearback promises (R1 to R19), and how tests say which of it they show.

A test that shows one is marked `@pytest.mark.promise("R5")`; with the fixture `found` it says what it measured:
`found("kills", 10)`, `found("lost", 0)`. `python3 hearback.py faults` runs them all and prints a row for each promise;
`python3 hearback.py faults --long` in the length that was promised, which takes hours.
"""

from __future__ import annotations

import os
from collections.abc import Callable

PROMISES = {
    "R1": "acknowledged feedback, consent and erasure survive a kill at any moment",
    "R2": "a database that is locked or stopped keeps nobody from answers, and loses no record",
    "R3": "a full disk is said, survived and recovered from",
    "R4": "a model that is missing, cut off, changed or broken is said in a sentence; the others work",
    "R5": "a worker that is killed or halted in mid-answer is an error in time, and comes back by itself",
    "R6": "bad input gets a clear sentence within a second, in bounded memory",
    "R7": "200 open sessions for a quarter of an hour: no error, flat memory; a closed tab stops its answer",
    "R8": "a rerun, a click elsewhere or another page lets the answer be finished, stored and found again",
    "R9": "one visitor's fifty requests leave the others their pace",
    "R10": "training that is killed leaves a whole artefact or none, and serving alone",
    "R11": "a bad adapter never serves, and a promoted one is taken back by a click",
    "R12": "poisoned feedback is capped, kept apart and listed",
    "R13": "nothing that a text or a document says makes anything leave, or tell of others",
    "R14": "nothing typed, written by a model, named or stored is ever run, fetched or opened as a path",
    "R15": "nobody reads another's data, and the company's pages are closed without a login",
    "R16": "export, consent, erasure and retention hold everywhere, and reach what was trained",
    "R17": "personal data is taken out before anything is stored for training",
    "R18": "migrations, copies and backups keep every row",
    "R19": "versions are pinned, licences listed, and nothing needs a network",
}

Found = Callable[[str, object], None]


def at(short: int, long: int) -> int:
    """Return the length of a test: `short` in every run, `long` as it was promised, with `--long`."""
    return long if os.environ.get("HEARBACK_FAULTS") == "long" else short
