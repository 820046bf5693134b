"""The back office: what founders and reviewers can do, by room.

Every method takes the member who asks first, and refuses whoever is not one with the role for it; every deed is
written into the audit log in the transaction that does it.
"""

from __future__ import annotations

from collections.abc import Callable

from core import retention
from core.house import House
from core.office.access import Access
from core.office.comparison import Comparison
from core.office.datasets import Datasets
from core.office.door import Door
from core.office.knowledge import Knowledge
from core.office.market import Market
from core.office.memory import MemoryRoom
from core.office.monitors import Monitors
from core.office.registry import Registry
from core.office.review import Review
from core.office.samples import Samples
from core.office.training import TrainingRoom
from core.office.usage import Usage

FILL_SECONDS = 60.0
UPKEEP_SECONDS = 3_600.0


class Office:
    """The rooms of the back office; each is opened when it is first asked for."""

    def __init__(self, house: House) -> None:
        self.access = Access(house)
        self.comparison = Comparison(house)
        self.door = Door(house)
        self.monitors = Monitors(house)
        self.registry = Registry(house)
        self.review = Review(house)
        self.samples = Samples(house)
        self.market = Market(house)
        self.memory = MemoryRoom(house)
        self.usage = Usage(house)
        self.knowledge = Knowledge(house)
        self.datasets = Datasets(house)
        self.training = TrainingRoom(house)
        self._house = house

    def open(self) -> None:
        """Begin what goes on by itself: the queue of trainings, and what is looked after now and then."""
        self.training.open(self._duties())

    def close(self) -> None:
        """End what runs in the background; a training goes back into the queue with its last checkpoint."""
        self.training.close()
        self.registry.close()
        self.comparison.close()
        self.datasets.close()
        self.monitors.close()

    def _duties(self) -> list[tuple[str, float, Callable[[], object]]]:
        fill = ("filling the memory", FILL_SECONDS, lambda: self._house.memory.fill())
        house = self._house
        age = ("retention", retention.DUTY_SECONDS, lambda: retention.daily(house.settings, house.database))
        upkeep = ("upkeep of the database", UPKEEP_SECONDS, house.database.optimize)
        return [fill, age, upkeep, *self.registry.duties()]
