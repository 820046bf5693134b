"""A house with a founder and the registry's room, for every test of the loop that wants them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.house import House
from core.office.registry import Registry
from core.types import Member
from tests.loop.serving_stories import a_founder, a_house


@pytest.fixture
def house(tmp_path: Path, migrated_url: str) -> Iterator[House]:
    with a_house(tmp_path, migrated_url) as opened:
        yield opened


@pytest.fixture
def ada(house: House) -> Member:
    return a_founder(house)


@pytest.fixture
def room(house: House) -> Iterator[Registry]:
    opened = Registry(house)
    yield opened
    opened.close()
