"""PRIVACY.md says of every column what it is there for, as the tables are now (R16)."""

from __future__ import annotations

import pytest

from core.store import erasure
from core.store.tables import Base
from tests import data_map
from tests.promises import Found


@pytest.mark.promise("R16")
def test_every_column_has_a_purpose_and_every_purpose_a_column(found: Found) -> None:
    found("columns with a purpose", sum(len(table.columns) for table in Base.metadata.tables.values()))
    assert data_map.missing() == [], "say in tests/data_map.py what these are kept for"
    assert data_map.needless() == []


@pytest.mark.promise("R16")
def test_the_map_in_privacy_md_is_that_of_the_tables() -> None:
    assert data_map.written() == data_map.draw(), "run: python -m tests.data_map"


def test_no_name_has_two_purposes() -> None:
    names = [name for group in data_map.PURPOSES.values() for name in group.split()]
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})


@pytest.mark.promise("R16")
def test_whatever_names_a_visitor_goes_with_them() -> None:
    # The digest of who was forgotten, and counts by week, lead to nobody.
    named = {table.name for table in Base.metadata.tables.values() if "visitor_id" in table.columns}
    left = named - {table.name for table in erasure.tables()}
    assert left == set()


def test_what_people_are_asked_has_a_version_that_changes_with_the_words() -> None:
    """Consent holds for the words that were shown: who changes them raises `CONSENT_VERSION`, and then this."""
    from core.store.record import CONSENT_VERSION
    from pages.parts import visitor

    assert (CONSENT_VERSION, visitor.ASK) == ("1", "May we keep your texts and learn from your corrections?")
