"""Who uses what and how good it is: everything behind the pages of figures."""

from __future__ import annotations

from core.office.room import Room, founder
from core.rates import Rate
from core.store import usage
from core.store.usage import Choices, Stock
from core.types import Member, Scope


class Usage(Room):
    """Counts what visitors did, for founders."""

    def stock(self, member: Member) -> Stock:
        """Return whether there are real uses enough to look at, and whether there are sample ones."""
        founder(member)
        return usage.stock(self._database)

    def has_sample(self, member: Member) -> bool:
        """Return whether the sample company's history is loaded."""
        return self.stock(member).has_sample

    def choices(self, member: Member, is_sample: bool = False) -> Choices:
        """Return the segments and weights that a scope can be narrowed to, and the day of the newest use."""
        founder(member)
        return usage.choices(self._database, is_sample)

    def repeat_use(self, member: Member, scope: Scope) -> tuple[int, int, Rate]:
        """Return uses, visitors, and the share of visitors with uses on two days or more."""
        founder(member)
        uses, visitors, returned = usage.repeat_use(self._database, scope)
        return uses, visitors, Rate(returned, visitors)
