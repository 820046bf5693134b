"""A database that is handed on is as a fresh one; one that a test changed otherwise is not handed on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url

from core.store.db import Database
from core.types import Task
from tests.loop import loop_stories as story
from tests.spare_databases import SpareDatabases

pytestmark = pytest.mark.postgres


@pytest.fixture
def spare(postgres_url: str, postgres_template: str) -> Iterator[SpareDatabases]:
    found = SpareDatabases(make_url(postgres_url).set(drivername="postgresql+psycopg"), postgres_template)
    yield found
    for name in found._spare:
        with found._admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    found.close()


def address(postgres_url: str, name: str) -> str:
    found = make_url(postgres_url).set(drivername="postgresql+psycopg", database=name)
    return found.render_as_string(hide_password=False)


def test_what_a_test_wrote_is_gone_and_numbers_begin_anew(spare: SpareDatabases, postgres_url: str) -> None:
    name = spare.lend()
    database = Database(address(postgres_url, name))
    story.corrected(database, Task.SENTIMENT, story.labels(20), story.visitors(database, 3))
    story.member(database)
    spare.take_back(name)  # while somebody is still connected, as after a test that forgot to close
    database.close()
    assert spare.lend() == name
    engine = create_engine(address(postgres_url, name))
    with engine.connect() as connection:
        for table in spare._tables:
            assert connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar() == 0, table
        used = connection.exec_driver_sql("SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL").scalar()
        assert used == 0
    engine.dispose()
    spare.take_back(name)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE visitors ADD COLUMN shoe_size integer",
        "DROP INDEX {index}",
        "CREATE TABLE left_behind (one integer)",
        "ALTER TABLE ratings DISABLE TRIGGER USER",
        "UPDATE alembic_version SET version_num = '0001'",
        "ANALYZE visitors",
    ],
)
def test_what_a_test_changed_beside_rows_is_not_handed_on(
    spare: SpareDatabases, postgres_url: str, change: str
) -> None:
    name = spare.lend()
    database = Database(address(postgres_url, name))
    story.visitors(database, 3)
    database.close()
    engine = create_engine(address(postgres_url, name))
    with engine.begin() as connection:
        index = connection.exec_driver_sql(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
            " WHERE NOT i.indisunique AND c.relnamespace = 'public'::regnamespace LIMIT 1"
        ).scalar()
        connection.exec_driver_sql(change.format(index=index))
    engine.dispose()
    spare.take_back(name)
    assert spare.lend() != name
