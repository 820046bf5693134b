"""How what serves is liked, compared with what served before it; see `core.insights.live_quality` for the test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from core.house import House
from core.insights.live_quality import BEFORE_USES, SINCE_USES, Standing, compare
from core.store import artefacts, live_quality
from core.store.artefacts import Switch

_EVER, _NEVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class LiveWatch:
    """Compares the uses since a switch with those before it."""

    def __init__(self, house: House) -> None:
        self._database = house.database

    def standing(self, switch: Switch, switches: Sequence[Switch]) -> Standing:
        """Return how what serves since a switch, the last of its place, stands to what served before.

        Before is the time since the switch before it, so that only one thing served; a segment without a switch of its
        own shares everybody's.
        """
        task, segment = switch.task, switch.segment
        earlier = [
            one
            for one in switches
            if one.task is task and one.serving_id < switch.serving_id and one.segment in {segment, ""}
        ]
        own = {one.segment for one in switches if one.task is task and one.segment}
        start = earlier[0].at if earlier else _EVER
        count = partial(live_quality.course, self._database, task, segment, without=own)
        before = count(start=start, end=switch.at, newest=BEFORE_USES)
        since = count(start=switch.at, end=_NEVER, oldest=SINCE_USES)
        return compare(before, since, live_quality.rule(self._database))

    def worse(self) -> list[tuple[Switch, str]]:
        """Return the promotions that are to be taken back, each with what got worse.

        Only what came to serve forward is looked at: what was rolled back to has its own time before behind it, and
        nothing goes back twice in a row without a person.
        """
        if not live_quality.rule(self._database).is_on:
            return []
        switches = artefacts.switches(self._database)
        last: dict[tuple[str, str], Switch] = {}
        for one in switches:
            last.setdefault((one.task, one.segment), one)
        found = []
        for one in last.values():
            if one.is_forward and (sentence := self.standing(one, switches).worse):
                found.append((one, sentence))
        return found
