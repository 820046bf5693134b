"""The back office: what founders and reviewers can do, by room.

Every method takes the member who asks first, and refuses whoever is not one with the role for it; every deed is
written into the audit log in the transaction that does it.
"""

from __future__ import annotations

from core.house import House
from core.office.access import Access
from core.office.datasets import Datasets
from core.office.door import Door
from core.office.knowledge import Knowledge
from core.office.market import Market
from core.office.memory import MemoryRoom
from core.office.monitors import Monitors
from core.office.review import Review
from core.office.samples import Samples
from core.office.usage import Usage


class Office:
    """The rooms of the back office; each is opened when it is first asked for."""

    def __init__(self, house: House) -> None:
        self.access = Access(house)
        self.door = Door(house)
        self.monitors = Monitors(house)
        self.review = Review(house)
        self.samples = Samples(house)
        self.market = Market(house)
        self.memory = MemoryRoom(house)
        self.usage = Usage(house)
        self.knowledge = Knowledge(house)
        self.datasets = Datasets(house)
