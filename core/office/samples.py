"""The sample company in this house: loaded and removed with one click, and never counted with real uses."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

from core.knowledge.library import HANDBOOK
from core.office.room import Room, founder
from core.progress import Progress
from core.samples.history import build
from core.store import queries, rollups, samples
from core.types import Member

ADD_UP_SECONDS = 60.0
_TURN_SECONDS = 0.5


class Samples(Room):
    """Lets founders look at every page before anybody has used the product."""

    def is_loaded(self) -> bool:
        """Return whether the sample company's history is here; raises StoreError."""
        return samples.is_loaded(self._database)

    def counted(self, member: Member | None) -> dict[str, int]:
        """Return how many sample visitors, interactions, gaps and monitors there are; empty where none are loaded.

        Raises NotAllowed, StoreError.
        """
        founder(member)
        return samples.count(self._database) if samples.is_loaded(self._database) else {}

    def load(self, member: Member | None, progress: Progress | None = None, until: date | None = None) -> bool:
        """Put the history in, all or nothing, and return False where it is here already.

        It ends with the day `until` (UTC), by default yesterday, the last whole day. Raises NotAllowed, StoreError,
        Stopped.
        """
        who = founder(member)
        progress = progress or Progress()
        if samples.is_loaded(self._database):
            return False
        progress.advance(0, 1, "writing the history")
        self._house.handbook.open()
        number, passages = queries.live_passages(self._database, HANDBOOK)
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        rows = build(
            self._house.settings.assets / "sample_data" / "history",
            {passage.passage_id: passage for passage in passages},
            number,
            until or yesterday,
        )

        def told(done: int, total: int, table: str) -> None:
            progress.check()
            progress.advance(done, total, table)

        is_loaded = samples.load(self._database, who, rows, told)
        self._add_up(progress)
        return is_loaded

    def remove(self, member: Member | None) -> bool:
        """Take everything out that came with the history, and return False where nothing was here.

        What hangs on it goes too, such as reviews of its corrections. Raises NotAllowed, StoreError.
        """
        is_removed = samples.remove(self._database, founder(member))
        self._add_up(Progress())
        return is_removed

    def _add_up(self, progress: Progress) -> None:
        """Count the days anew that have changed, so that the next page has all; what is left, it counts itself."""
        end, most = time.monotonic() + ADD_UP_SECONDS, 1
        while (left := rollups.refresh(self._database, _TURN_SECONDS)) and time.monotonic() < end:
            most = max(most, left)
            progress.advance(most - left, most, "adding up the days")
