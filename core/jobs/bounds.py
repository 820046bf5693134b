"""How much may wait, for how long, and how much of it may be one visitor's: every number, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

# Jobs that are over stay this long in memory, so that their pages find them: at most so many, about 20 KB each.
KEPT_JOBS = 1_000
# A table that was read takes much more, some five bytes for each character of its texts: three of the largest stay.
KEPT_CHARACTERS = 30_000_000

# Beyond this much work of its own a job goes to the long lane: more than a person watches a progress bar for. Tables
# and files are there, and very long texts; a question or a review never is.
LONG_SECONDS = 15.0
# The long lane takes at most one of so many slots, so that nobody with a short text waits behind a table.
SLOTS_A_LONG_JOB = 4

# While others are there, a visitor's jobs run one at a time for every so many slots: on two cores, a second one would
# take from the others what they notice (with four others at work: 5 shares instead of 4, and a second makes it 6).
SLOTS_A_JOB_OF_ONE = 8
# A visitor who is alone may take a quarter: whoever comes next finds free slots, and notices little of what runs.
SLOTS_A_JOB_OF_ONE_ALONE = 4

# The keeper looks this often who has left and whose patience is over. An answer whose visitor has left is put down at
# its next look: R7 asks for a second, and the engine takes a token's time more.
KEEPER_SECONDS = 0.25
# What was put down waits for this long to be taken up again: a reload, a new address of a phone or a sleeping laptop's
# wake-up is back within it, and whoever is not has closed the tab. (A server hears at once that a tab was closed, and
# of a network that went without a word only when its pings fail, after up to 40 s.)
LEFT_SECONDS = 15.0
# After long work people come back later. Tables and files, which they walk away from, go on meanwhile until somebody
# waits for a place; a text, however long, is put down and taken up like any other.
LONG_LEFT_SECONDS = 120.0

# A forecast is reused for this long: a hundred pages that ask for their place cost one simulation.
FORECAST_SECONDS = 0.25


@dataclass(frozen=True)
class Bounds:
    """What a board lets wait: so many jobs, so many of one visitor, so many seconds of expected wait in each lane.

    What has waited for `patience` times its lane's seconds is ended with a sentence: the forecast was wrong, and
    nobody should hang. None sets no bound on time.
    """

    waiting_jobs: int = 100
    waiting_jobs_of_one: int = 5
    wait_seconds: float | None = None
    long_wait_seconds: float | None = None
    patience: float = 2.0

    def budget(self, is_long: bool) -> float | None:
        """Return the longest expected wait, in seconds, with which a job of this lane is let in."""
        return self.long_wait_seconds if is_long else self.wait_seconds

    def deadline(self, is_long: bool) -> float | None:
        """Return how many seconds a job of this lane waits at most."""
        budget = self.budget(is_long)
        return None if budget is None else self.patience * budget


# The company's own work: few people, who wait for as long as it takes.
PATIENT = Bounds()
# Visitors: half a minute before an answer begins is about what people bear for an answer of seconds; a table of
# minutes may wait for minutes.
VISITORS = Bounds(wait_seconds=30.0, long_wait_seconds=600.0)
